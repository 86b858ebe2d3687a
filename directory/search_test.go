package directory_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
)

func TestA1FindAColleague(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		w.settlePerson(acme, "jose", "José María Ñandú", "", "staff")
		w.settlePerson(acme, "wolf", "Wolfgang Groß", "sales", "staff")
		w.settlePerson(acme, "pct", "100% Pure_Name", "", "staff")
		w.settlePerson(acme, "rtl", "יוסי כהן", "", "staff")
		w.settlePerson(acme, "old", "Wolfgang Gone", "", "staff")
		if err := w.Deactivate(t.Context(), operator(acme), "old"); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string][]standin.PersonID{
			"muller":      {"ann"},
			"MÜLLER":      {"ann"},
			"mü an":       {"ann"},
			"üller":       nil, // words are looked for from their beginning
			"nandu jose":  {"jose"},
			"gross":       {"wolf"},
			"Wolfgang":    {"wolf"},
			"wolf@acme":   {"wolf"},
			"100%":        {"pct"},
			"%":           nil,
			"_":           nil,
			"pure_":       {"pct"},
			"כהן":         {"rtl"},
			"rita":        nil,
			`\`:           nil,
			"' OR 1=1 --": nil,
			"fi":          {"fin"},
			"Hanna":       {"hr"},
			"":            {"pct", "ann", "boss", "fin", "hr", "jose", "wolf", "rtl"},
		} {
			found, next, err := w.SearchPeople(t.Context(), as(acme, "ann"), query, nil, 50, "")
			if err != nil || next != "" {
				t.Errorf("%q: got %v, %q", query, err, next)
			}
			var ids []standin.PersonID
			for _, c := range found {
				ids = append(ids, c.ID)
			}
			if diff := cmp.Diff(want, ids); diff != "" {
				t.Errorf("%q: %s", query, diff)
			}
		}
		found, _, err := w.SearchPeople(t.Context(), as(acme, "ann"), "wolf", []standin.PersonID{"wolf"}, 50, "")
		if len(found) != 0 || err != nil {
			t.Errorf("got %v, %v, want the excluded left out", found, err)
		}
		_, _, err = w.SearchPeople(t.Context(), acting(acme, "ann", "boss"), "wolf", nil, 50, "")
		refused(t, err, standin.Denied, "directory.not_while_acting")
	})
}

func TestPeopleInPages(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		for i := range 30 {
			w.settlePerson(acme, standin.PersonID(fmt.Sprintf("same%02d", i)), "Same Name", "sales", "staff")
		}
		var seen []standin.PersonID
		after := ""
		for pages := 0; pages < 20; pages++ {
			people, next, err := w.People(t.Context(), as(acme, "hr"), directory.PeopleFilter{Unit: "sales"}, 7, after)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range people {
				seen = append(seen, p.ID)
			}
			if after = next; next == "" {
				break
			}
		}
		slices.Sort(seen)
		if len(seen) != 32 || len(slices.Compact(seen)) != 32 {
			t.Errorf("got %d people: %v, want the 32 of sales once each", len(seen), seen)
		}
	})
}

func TestWhatOneSeesOfPeople(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		for _, c := range []struct {
			caller standin.Caller
			want   []standin.PersonID
		}{
			{as(acme, "boss"), []standin.PersonID{"ann", "boss", "fin", "hr"}},
			{as(acme, "hr"), []standin.PersonID{"ann", "hr"}},
			{as(acme, "fin"), []standin.PersonID{"fin"}},
			{acting(acme, "fin", "hr"), []standin.PersonID{"ann", "hr"}}, // what the principal sees
			{acting(acme, "boss", "fin"), []standin.PersonID{"fin"}},     // and nothing of the actor's
		} {
			people, _, err := w.People(t.Context(), c.caller, directory.PeopleFilter{}, 100, "")
			var ids []standin.PersonID
			for _, p := range people {
				ids = append(ids, p.ID)
				if _, err := w.PersonDetail(t.Context(), c.caller, p.ID); err != nil {
					t.Errorf("%v: %v", c.caller, err)
				}
			}
			if diff := cmp.Diff(c.want, ids); diff != "" || err != nil {
				t.Errorf("%v: %v %s", c.caller, err, diff)
			}
		}
		_, err := w.PersonDetail(t.Context(), acting(acme, "boss", "fin"), "ann")
		refused(t, err, standin.NotFound, "directory.person_unknown")
	})
}
