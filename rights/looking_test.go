package rights

import (
	"slices"
	"testing"

	"github.com/standin-id/standin"
)

// TestP2LookingIsWithinWhatPermitsSays: what lists of Standin itself show to one who acts, Permits would permit them record
// by record. Denials that no catalogue knows are left out: lists do not ask the catalogues.
func TestP2LookingIsWithinWhatPermitsSays(t *testing.T) {
	seed := seedOf(t)
	shown := 0
	for number := range uint64(5_000) {
		tr := newTrace(seed, number, 0)
		for i := range tr.held {
			tr.held[i].Role.Allow = append(tr.held[i].Role.Allow, pick(tr, []string{"standin:audit.view", "standin:audit.view@unit", "standin:audit.view@own"}))
		}
		v, l := NewVocabulary(tr.catalogues), tr.limits[0]
		if tr.chance(2) {
			l.Allow = append(l.Allow, pick(tr, []string{"standin:audit.view", "standin:*.*@unit", "*:audit.view@own"}))
		}
		l.Deny = slices.DeleteFunc(l.Deny, func(text string) bool { _, known := v.understood(text); return !known })
		a, b := v.Authority(tr.person, tr.held), v.Bounds(l, tr.entry)
		home := tr.unit()
		org, units := Compile(tr.held).Scopes("audit", "view")
		got := l.Looking(tr.entry, "audit", "view", Represented{Unit: home, Holds: a.units},
			Reach{All: org, Units: units, Own: Compile(tr.held).Covers("audit", "view", home, true)})
		q := Question{Application: Standin, Type: "audit", Action: "view", Owner: "somebody"}
		for _, q.Unit = range append([]standin.UnitID{""}, traceUnits...) {
			if got.Covers(q.Unit) {
				shown++
				if !a.Permits(b, &q) {
					t.Fatalf("%+v is shown by %+v\n%v", q, got, tr)
				}
			}
		}
		q.Owner, q.Unit = tr.person, home
		if got.Own && !a.Permits(b, &q) {
			t.Fatalf("their own of %q is shown by %+v\n%v", home, got, tr)
		}
	}
	if shown == 0 {
		t.Error("nothing was shown")
	}
}
