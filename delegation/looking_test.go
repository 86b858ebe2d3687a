package delegation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// TestP2LookingObeysLimits: ann acts for hr2, who manages the people of sales and audits nobody else. What ann sees in
// Standin itself is no more than the limits leave of it, in every list and of every single thing.
func TestP2LookingObeysLimits(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		theirs := h.name(cover("bob", "hr")) // hr is somebody else of sales
		own := h.name(cover("bob", "hr2"))
		for _, c := range []struct {
			what            string
			kind            delegation.Kind
			limits          rights.Limits
			own, all, audit bool // sees hr2's own stand-ins, those that hr2 manages, hr2's record
		}{
			{"no limits", delegation.Cover, rights.Limits{}, true, true, true},
			{"read only", delegation.Cover, rights.Limits{ReadOnly: true}, true, true, true},
			{"only expenses", delegation.Cover, rights.Limits{Allow: []string{"desk:expense.view"}}, false, false, false},
			{"only the record", delegation.Cover, rights.Limits{Allow: []string{"standin:audit.view"}}, false, false, true},
			{"only stand-ins", delegation.Cover, rights.Limits{Allow: []string{"standin:delegation.manage"}}, true, true, false},
			{"only their own", delegation.Cover, rights.Limits{Allow: []string{"standin:*.*@own"}}, true, false, true},
			{"nothing of Standin", delegation.Cover, rights.Limits{Deny: []string{"standin:*.*"}}, false, false, false},
			{"not the record", delegation.Cover, rights.Limits{Deny: []string{"standin:audit.view@own"}}, true, true, false},
			{"of finance", delegation.Cover, rights.Limits{Units: []standin.UnitID{"finance"}}, false, false, false},
			{"of sales", delegation.Cover, rights.Limits{Units: []standin.UnitID{"sales"}}, true, true, true},
			{"entering", delegation.Entry, rights.Limits{Allow: []string{"desk:expense.enter"}}, false, false, false},
		} {
			wish := cover("ann", "hr2")
			wish.Kind, wish.Limits, wish.Purpose = c.kind, c.limits, c.what
			d := h.name(wish)
			caller := by(d)
			seen := func(views []delegation.View, err error) (ids []standin.DelegationID) {
				t.Helper()
				if err != nil && standin.KindOf(err) != standin.Denied && standin.KindOf(err) != standin.NotFound {
					t.Error(c.what, err)
				}
				for _, v := range views {
					ids = append(ids, v.ID)
				}
				return ids
			}
			mine := seen(h.ListForPrincipal(t.Context(), caller, "hr2", false))
			if !slices.Contains(mine, d.ID) || slices.Contains(mine, own.ID) != c.own {
				t.Errorf("%s: of hr2's stand-ins, ann sees %v", c.what, mine)
			}
			managed, _, err := h.ListManaged(t.Context(), caller, delegation.Query{})
			if got := seen(managed, err); slices.Contains(got, theirs.ID) != c.all {
				t.Errorf("%s: of those that hr2 manages, ann sees %v, %v", c.what, got, err)
			}
			for id, want := range map[standin.DelegationID]bool{own.ID: c.own || c.all, theirs.ID: c.all, d.ID: true} {
				if _, err := h.Get(t.Context(), caller, id); (err == nil) != want {
					t.Errorf("%s: ann looks at %s: %v, want it seen: %v", c.what, id, err, want)
				}
			}
			alerts, err := h.Alerts(t.Context(), caller)
			if told := slices.ContainsFunc(alerts, func(a delegation.Alert) bool { return a.View.ID == own.ID }); told != (c.own || c.all) {
				t.Errorf("%s: ann is told of hr2's stand-in: %v, %v", c.what, told, err)
			}
			if _, _, err := h.Directory.Audit(t.Context(), caller, ledger.Filter{}, ledger.Cursor{}, 10); (err == nil) != c.audit {
				t.Errorf("%s: ann reads the record: %v, want %v", c.what, err, c.audit)
			}
			must(h.Revoke(t.Context(), as(acme, "hr2"), d.ID))(t)
		}
	})
}

// TestP5LookingEndsWithTheDelegation: whatever was open stays on the screen, and nothing more is shown by it.
func TestP5LookingEndsWithTheDelegation(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name(cover("ann", "hr"))
		see := func() error { return err(h.Get(t.Context(), by(d), d.ID)) }
		if e := see(); e != nil {
			t.Fatal(e)
		}
		somebody := by(d)
		somebody.Actor = standin.PersonActor("bob")
		refused(t, err(h.Get(t.Context(), somebody, d.ID)), standin.Denied, "delegation.not_in_force")
		must(h.Revoke(t.Context(), as(acme, "hr"), d.ID))(t)
		for _, c := range []struct {
			what string
			end  func()
		}{
			{"paused", func() { must(h.Deactivate(t.Context(), as(acme, "hr"), d.ID))(t) }},
			{"inactive", func() { must(0, h.Directory.Deactivate(t.Context(), operator(acme), "ann"))(t) }},
			{"over", func() { h.Pass(100 * 24 * time.Hour) }},
		} {
			d = h.name(cover("ann", "hr"))
			if e := see(); e != nil {
				t.Errorf("%s: %v before", c.what, e)
			}
			if c.end(); standin.CodeOf(see()) != "delegation.not_in_force" {
				t.Errorf("%s: got %v", c.what, see())
			}
			must(h.Revoke(t.Context(), as(acme, "hr"), d.ID))(t)
			must(0, h.Directory.Reactivate(t.Context(), operator(acme), "ann"))(t)
		}
	})
}
