package rights

import (
	"slices"
	"testing"

	"github.com/standin-id/standin"
)

// FuzzPermits lets any text be a line of a role and of limits, and any text be asked: nothing panics, what Explain refuses
// is not permitted, limits add nothing, and the naive implementation answers the same.
func FuzzPermits(f *testing.F) {
	f.Add("office:expense.view@own", "office:*.*/iban", "office:expense.edit/note@unit", "office", "expense", "view", "iban", "p-1", "sales/emea", uint8(0))
	f.Add("*:*.*/*", "", "nonsense", "office", "expense", "enter", "", "", "", uint8(7))
	f.Add("*:*.*/*@unit", "office:expense.enter", "", "office", "expense", "enter", "amount", "p-2", "sales", uint8(1))
	f.Add("office:expense.*", "*:expense.view@unit", "office:expense.view/*@own", "office", "expense", "view", "", "p-1", "salesforce", uint8(6))
	v, n := NewVocabulary(office), newNaive(office)
	f.Fuzz(func(t *testing.T, role, allow, deny, application, typ, action, field, owner, unit string, more uint8) {
		q := &Question{Application: standin.ApplicationID(application), Type: typ, Action: action, Field: field,
			Owner: standin.PersonID(owner), Unit: standin.UnitID(unit)}
		entry := more&1 != 0
		l := Limits{ReadOnly: more&2 != 0, Sealed: more&4 != 0}
		if allow != "" {
			l.Allow = []string{allow}
		}
		if deny != "" {
			l.Deny = []string{deny}
		}
		if more&8 != 0 {
			l.Units = []standin.UnitID{standin.UnitID(owner), "sales"}
		}
		held := []Holding{{Role: Role{ID: "role", Allow: []string{role}}, Unit: "sales"}}
		a, b := v.Authority("p-1", held), v.Bounds(l, entry)
		mine, theirs := a.Permits(nil, q), a.Permits(b, q)
		if theirs && (!mine || !a.Within(b, q)) {
			t.Fatalf("%+v by %q within %+v: limits add", q, role, l)
		}
		for within, permit := range map[*Bounds]bool{nil: mine, b: theirs} {
			e := a.Explain(within, q)
			if e.Permit != permit || permit == slices.ContainsFunc(e.Reasons, func(r Reason) bool { return !r.For }) {
				t.Fatalf("%+v by %q within %+v: permits %v, but %+v", q, role, l, permit, e)
			}
			for _, r := range e.Reasons {
				if got := r.Said().Code; got != r.Code {
					t.Fatalf("%s is said as %s", r.Code, got)
				}
			}
		}
		if len(n.lines) > 10_000 {
			n = newNaive(office)
		}
		if want := n.permits("p-1", held, &l, entry, q); theirs != want {
			t.Fatalf("%+v by %q within %+v (entry %v): got %v, want %v", q, role, l, entry, theirs, want)
		}
		if want := n.permits("p-1", held, nil, false, q); mine != want {
			t.Fatalf("%+v by %q in their own name: got %v, want %v", q, role, mine, want)
		}
	})
}
