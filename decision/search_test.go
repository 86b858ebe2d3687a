package decision_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// expense is one of the application's, as it registers them.
func expense(id string, owner standin.PersonID, unit standin.UnitID) decision.Item {
	return decision.Item{ItemName: decision.ItemName{Application: "desk", Type: "expense", ID: id},
		Resource: decision.Resource{Owner: owner, EnteredBy: owner, Unit: unit, Properties: map[string]any{"amount": float64(20)}}}
}

func (h *house) register(items ...decision.Item) int {
	h.T.Helper()
	n, err := h.Register(h.T.Context(), h.key, items)
	if err != nil {
		h.T.Fatal(err)
	}
	return n
}

func TestRegister(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		items := []decision.Item{expense("e-1", "dee", "sales/emea"), expense("e-2", "hal", "sales"), expense("e-3", "ann", "finance")}
		if got := h.register(items...); got != 3 {
			t.Errorf("registered %d, want 3", got)
		}
		if got := h.register(items...); got != 0 {
			t.Errorf("again: registered %d, want none", got)
		}
		items[1].Owner = "dee"
		if got := h.register(items[1], items[2]); got != 1 {
			t.Errorf("one of two changed: got %d", got)
		}
		removed, err := h.Unregister(t.Context(), h.key, []decision.ItemName{items[0].ItemName, items[0].ItemName, {Application: "desk", Type: "expense", ID: "e-9"}})
		if err != nil || removed != 1 {
			t.Errorf("removed %d, %v, want 1", removed, err)
		}
		var got []string
		for after := ""; ; {
			page, next, err := h.Registered(t.Context(), h.key, "desk", "expense", after, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range page {
				got = append(got, fmt.Sprint(i.ID, " ", i.Owner, " ", i.Version, " ", i.Properties["amount"]))
			}
			if after = next; next == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{"e-2 dee 2 20", "e-3 ann 1 20"}, got); diff != "" {
			t.Errorf("registered: -want +got:\n%s", diff)
		}
		h.View(func(ctx context.Context, tx *db.Tx) error {
			return h.Ledger.Unexplained(ctx, tx, acme, []ledger.Walk{{Kinds: []string{"resource"}, Explain: h.Walk}}, func(d ledger.Difference) error {
				t.Errorf("%s: %s (%s)", d.Resource, d.What, d.Record)
				return nil
			})
		})
	})
}

func TestRegisterRefuses(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		good := expense("e-1", "dee", "sales")
		unknown, nameless, strange := good, good, good
		unknown.Type, nameless.ID, strange.Properties = "invoice", "", map[string]any{"f": func() {}}
		many := make([]decision.Item, 1001)
		acting := as(acme, "boss")
		acting.Session = "s-1"
		for what, c := range map[string]struct {
			caller standin.Caller
			items  []decision.Item
			kind   standin.Kind
		}{
			"unknown type":           {h.key, []decision.Item{good, unknown}, standin.Invalid},
			"no id":                  {h.key, []decision.Item{good, nameless}, standin.Invalid},
			"properties, not JSON":   {h.key, []decision.Item{good, strange}, standin.Invalid},
			"too many":               {h.key, many, standin.Invalid},
			"a key for other things": {standin.Caller{Organisation: acme, Actor: "key:k", May: []string{"record"}}, []decision.Item{good}, standin.Denied},
			"somebody":               {as(acme, "hal"), []decision.Item{good}, standin.Denied},
			"one who is acting":      {acting, []decision.Item{good}, standin.Denied},
		} {
			if _, err := h.Register(t.Context(), c.caller, c.items); standin.KindOf(err) != c.kind {
				t.Errorf("%s: got %v, want %s", what, err, c.kind)
			}
		}
		list, _, err := h.Registered(t.Context(), as(acme, "boss"), "desk", "expense", "", 10)
		if err != nil || len(list) != 0 {
			t.Errorf("got %v, %v, want nothing registered", list, err)
		}
	})
}

// TestSearchFindsWhatIsPermitted goes through all pages and compares with the answer to each question.
func TestSearchFindsWhatIsPermitted(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		var items []decision.Item
		for i, owner := range []standin.PersonID{"dee", "hal", "ann", "bob", "dee", "cem", "hal"} {
			unit := map[standin.PersonID]standin.UnitID{"dee": "sales/emea", "hal": "sales"}[owner]
			if unit == "" {
				unit = "finance"
			}
			items = append(items, expense(fmt.Sprintf("e-%d", i), owner, unit))
		}
		h.register(items...)
		s, _ := h.act(h.name("ann", "hal", rights.Limits{Deny: []string{"desk:expense.reimburse"}}))
		for what, who := range map[string]func(*decision.Question){"own": self("hal"), "session": within(s), "hypothetical": could("ann", "hal")} {
			for _, action := range []string{"view", "approve", "reimburse", "terms"} {
				q := decision.Question{Application: "desk", Type: "expense", Action: action}
				who(&q)
				var found, want []string
				for after := ""; ; {
					page, next, err := h.SearchResources(t.Context(), h.key, q, after, 2)
					if err != nil {
						t.Fatal(err)
					}
					for _, i := range page {
						found = append(found, i.ID)
					}
					if after = next; next == "" {
						break
					}
				}
				for _, i := range items {
					asked := q
					asked.ID = i.ID
					if h.ask(asked).Permit {
						want = append(want, i.ID)
					}
				}
				if diff := cmp.Diff(want, found); diff != "" {
					t.Errorf("%s, %s: -permitted +found:\n%s", what, action, diff)
				}
			}
		}
	})
}

func TestSearchSubjects(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		h.name("ann", "bob", rights.Limits{})
		all := func(q decision.Question) (found []standin.PersonID) {
			t.Helper()
			for after := standin.PersonID(""); ; {
				page, next, err := h.SearchSubjects(t.Context(), h.key, q, after, 1)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, page...)
				if after = next; next == "" {
					return found
				}
			}
		}
		q := asks("approve")
		for what, c := range map[string]struct {
			q    decision.Question
			want []standin.PersonID
		}{
			"in their own name": {q, []standin.PersonID{"boss", "hal"}},
			"for whom she could": {func() decision.Question { p := q; p.Actor = "ann"; return p }(),
				[]standin.PersonID{"hal"}},
			"for whom she does":   {func() decision.Question { p := q; p.Session = s.ID; return p }(), []standin.PersonID{"hal"}},
			"in no session":       {func() decision.Question { p := q; p.Session = "s-none"; return p }(), nil},
			"what is nobody's":    {func() decision.Question { p := q; p.Action = "fly"; return p }(), nil},
			"for whom nobody can": {func() decision.Question { p := q; p.Actor = "cem"; return p }(), nil},
		} {
			if got := all(c.q); !slices.Equal(got, c.want) {
				t.Errorf("%s: found %v, want %v", what, got, c.want)
			}
		}
	})
}

func TestSearchActions(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.name("ann", "hal", rights.Limits{Deny: []string{"desk:expense.reimburse"}})
		for what, c := range map[string]struct {
			who  func(*decision.Question)
			want []string
		}{
			"own":          {self("hal"), []string{"approve", "reimburse", "view"}},
			"hypothetical": {could("ann", "hal"), []string{"approve", "view"}},
			"unknown":      {self("nobody"), nil},
		} {
			var got []string
			for after := ""; ; {
				page, next, err := h.SearchActions(t.Context(), h.key, asks("", c.who), after, 1)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, page...)
				if after = next; next == "" {
					break
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: found %v, want %v", what, got, c.want)
			}
		}
		if _, _, err := h.SearchActions(t.Context(), as(acme, "boss"), asks("", self("hal")), "", 1); standin.KindOf(err) != standin.Denied {
			t.Errorf("a person searches: got %v, want it denied", err)
		}
	})
}
