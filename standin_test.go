package standin

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestUnitsContainWhatIsBelowThem(t *testing.T) {
	for _, c := range []struct {
		unit, scope UnitID
		want        bool
	}{
		{"sales", "sales", true},
		{"sales/emea", "sales", true},
		{"sales/emea/north", "sales/emea", true},
		{"sales", "sales/emea", false},
		{"salesforce", "sales", false},
		{"finance", "sales", false},
		{"sales", "", false},
		{"", "", false},
		{"", "sales", false},
	} {
		if got := c.unit.Within(c.scope); got != c.want {
			t.Errorf("%q within %q: %v, want %v", c.unit, c.scope, got, c.want)
		}
	}
}

// THREATS 47: identifiers are not used again.
func TestThreat47IdentifiersAreNeverTheSame(t *testing.T) {
	seen := map[string]bool{}
	for range 10_000 {
		id := NewID("d")
		if len(id) != 28 || seen[id] {
			t.Fatalf("%q has %d characters, or was given before", id, len(id))
		}
		seen[id] = true
	}
}

func TestInstantsSurviveStoring(t *testing.T) {
	clock := func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.FixedZone("x", 3600)) }
	now := Now(clock)
	if got := Instant(Micros(now)); !got.Equal(now) || got.Location() != time.UTC {
		t.Errorf("stored %v, read %v", now, got)
	}
}

func TestCallersAreWhoTheySayTheyAre(t *testing.T) {
	person := Caller{Actor: PersonActor("p-1"), Principal: "p-1"}
	if person.Acting() || person.Actor.Person() != "p-1" || person.Actor.Key() != "" || person.Actor.IsOperator() {
		t.Errorf("a person in their own name: %+v", person)
	}
	key := Caller{Actor: KeyActor("k-1"), May: []string{"admin"}}
	if !key.Entitled("admin") || key.Entitled("scim") || key.Actor.Person() != "" {
		t.Errorf("an API key: %+v", key)
	}
	forged := Caller{Actor: PersonActor("p-1"), May: []string{"admin"}}
	if forged.Entitled("admin") {
		t.Error("a person is entitled to what only keys are")
	}
}

func TestErrorsKeepTheirKindThroughWrapping(t *testing.T) {
	cause := errors.New("disk")
	err := fmt.Errorf("outer: %w", Refuse(Invalid, "room.do", "room.code", "At most {most}.").With("most", 3).On("field").Because(cause))
	if KindOf(err) != Invalid || CodeOf(err) != "room.code" || !errors.Is(err, cause) {
		t.Errorf("got %v, %v", KindOf(err), CodeOf(err))
	}
	if got, want := err.Error(), "outer: room.do: At most 3.: disk"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if KindOf(cause) != Internal || KindOf(nil) != "" {
		t.Error("an error of no kind is Internal, none has none")
	}
}

func TestMovedUnits(t *testing.T) {
	for _, c := range []struct{ unit, from, to, want UnitID }{
		{"sales", "sales", "vertrieb", "vertrieb"},
		{"sales/emea", "sales", "head/sales", "head/sales/emea"},
		{"salesforce", "sales", "vertrieb", "salesforce"},
		{"finance", "sales", "vertrieb", "finance"},
		{"", "sales", "vertrieb", ""},
		{"sales", "", "vertrieb", "sales"},
	} {
		if got := c.unit.Moved(c.from, c.to); got != c.want {
			t.Errorf("%q once %q is %q: got %q, want %q", c.unit, c.from, c.to, got, c.want)
		}
	}
}
