package rights

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/standin-id/standin"
)

func TestLimitsEmpty(t *testing.T) {
	if !(Limits{}).Empty() {
		t.Error("no limits are not empty")
	}
	for _, l := range []Limits{{Allow: []string{"a:b.c"}}, {Deny: []string{"a:b.c"}}, {Units: []standin.UnitID{"sales"}},
		{ReadOnly: true}, {Sealed: true}} {
		if l.Empty() {
			t.Errorf("%+v is empty", l)
		}
	}
}

func TestLimitsCheckNamesTheField(t *testing.T) {
	for want, l := range map[string]Limits{
		"limits.allow": {Allow: []string{"desk:expense.view", "desk:expense.fly"}, Deny: []string{"x"}},
		"limits.deny":  {Allow: []string{"desk:expense.view"}, Deny: []string{"x"}},
	} {
		err := l.Check(sample)
		if err == nil || err.(*standin.Error).Field != want {
			t.Errorf("Check(%+v) = %v, want a refusal of %s", l, err, want)
		}
		if _, err := l.Canonical(); want == "limits.deny" && (err == nil || err.(*standin.Error).Field != want) {
			t.Errorf("Canonical(%+v) = %v", l, err)
		}
	}
	if err := (Limits{Deny: []string{"desk:expense.approve@own"}}).Check(sample); err != nil {
		t.Error(err)
	}
}

func TestLimitsCanonical(t *testing.T) {
	got, err := Limits{Allow: []string{"desk:b.c@org", "desk:a.c", "desk:b.c"}, Deny: []string{"a:b.c"},
		Units: []standin.UnitID{"z", "a", "z"}, Sealed: true}.Canonical()
	want := Limits{Allow: []string{"desk:a.c", "desk:b.c"}, Deny: []string{"a:b.c"}, Units: []standin.UnitID{"a", "z"},
		Sealed: true}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	text, _ := json.Marshal(got)
	if want := `{"allow":["desk:a.c","desk:b.c"],"deny":["a:b.c"],"units":["a","z"],"sealed":true}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	if _, err := (Limits{Allow: []string{"nonsense"}}).Canonical(); err.(*standin.Error).Field != "limits.allow" {
		t.Error(err)
	}
}

func TestWidens(t *testing.T) {
	allow := func(p ...string) Limits { return Limits{Allow: p} }
	deny := func(p ...string) Limits { return Limits{Deny: p} }
	units := func(u ...standin.UnitID) Limits { return Limits{Units: u} }
	for name, c := range map[string]struct {
		old, new Limits
		want     bool
	}{
		"nothing to nothing":         {Limits{}, Limits{}, false},
		"read only added":            {Limits{}, Limits{ReadOnly: true}, false},
		"read only taken away":       {Limits{ReadOnly: true}, Limits{}, true},
		"sealed opened":              {Limits{}, Limits{Sealed: true}, true},
		"sealed closed":              {Limits{Sealed: true}, Limits{}, false},
		"a list where all was":       {Limits{}, allow("a:b.c"), false},
		"all where a list was":       {allow("a:b.c"), Limits{}, true},
		"a field where all was":      {Limits{}, allow("a:b.c", "a:b.c/d"), true},
		"sealed fields where all":    {Limits{}, allow("a:b.c/*"), true},
		"a field where all was open": {Limits{Sealed: true}, allow("a:b.c/d"), false},
		"nothing where all was":      {Limits{}, allow("b.c/d"), false},
		"a line more":                {allow("a:b.c"), allow("a:b.c", "a:b.d"), true},
		"a line less":                {allow("a:b.c", "a:b.d"), allow("a:b.d"), false},
		"a line of a wildcard":       {allow("a:b.*"), allow("a:b.c@own"), false},
		"a wildcard for a line":      {allow("a:b.c"), allow("a:b.*"), true},
		"unit for own":               {allow("a:b.c@own"), allow("a:b.c@unit"), true},
		"own for unit":               {allow("a:b.c@unit"), allow("a:b.c@own"), true},
		"a field for its record":     {allow("a:b.c"), allow("a:b.c/d"), true},
		"sealed fields for a record": {allow("a:b.c"), allow("a:b.c/*"), true},
		"a record for sealed fields": {allow("a:b.c/*"), allow("a:b.c", "a:b.c/d"), false},
		"allow that does not parse":  {allow("a:b.c"), allow("b.c"), true},
		"denied more":                {deny("a:b.c"), deny("a:b.c", "a:b.d"), false},
		"denied less":                {deny("a:b.c", "a:b.d"), deny("a:b.d"), true},
		"denied by a wildcard":       {deny("a:b.c@own", "a:b.d/x"), deny("a:*.*"), false},
		"record denied, then fields": {deny("a:b.c"), deny("a:b.c/*"), true},
		"field denied, then fields":  {deny("a:b.c/x"), deny("a:b.c/*"), false},
		"deny that does not parse":   {deny("b.c"), deny("b.c"), true},
		"units where all were":       {Limits{}, units("a"), false},
		"all where units were":       {units("a"), Limits{}, true},
		"a unit below":               {units("a"), units("a/b", "a"), false},
		"a unit beside":              {units("a"), units("a", "ab"), true},
		"a unit above":               {units("a/b"), units("a"), true},
		"a unit of no name":          {units(""), units("a"), true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Widens(c.old, c.new); got != c.want {
				t.Errorf("Widens = %v", got)
			}
		})
	}
}

func limits() *rapid.Generator[Limits] {
	return rapid.Custom(func(t *rapid.T) Limits {
		texts := rapid.SliceOfN(rapid.Map(permissions(), Permission.String), 0, 2)
		return Limits{Allow: texts.Draw(t, "allow"), Deny: texts.Draw(t, "deny"),
			Units:    rapid.SliceOfN(rapid.SampledFrom([]standin.UnitID{"a", "a/b", "c"}), 0, 2).Draw(t, "units"),
			ReadOnly: rapid.Bool().Draw(t, "read only"), Sealed: rapid.Bool().Draw(t, "sealed")}
	})
}

// That what does not widen opens nothing is shown in TestP2WithinLimitsIsWithinThePrincipalsRights; this shows that it is
// not for want of cases.
func TestNarrowingIsNoWidening(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, more := limits().Draw(t, "old"), limits().Draw(t, "more")
		new := Limits{Allow: old.Allow, Deny: append(slices.Clone(old.Deny), more.Deny...), Units: old.Units, ReadOnly: true}
		if Widens(old, new) {
			t.Fatalf("narrowing %+v to %+v is taken for widening", old, new)
		}
	})
}

func TestCanonicalLimitsMeanTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := limits().Draw(t, "limits")
		c, err := l.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if Widens(l, c) || Widens(c, l) {
			t.Fatalf("%+v and its canonical form %+v differ", l, c)
		}
		if again, _ := c.Canonical(); !cmp.Equal(c, again) {
			t.Fatalf("%+v becomes %+v", c, again)
		}
	})
}
