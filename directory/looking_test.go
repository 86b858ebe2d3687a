package directory_test

import (
	"context"
	"slices"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// TestP2PeopleAndRecordsObeyLimits: ann acts for hr, who manages the people of sales. Lists, single people, groups and
// records are as narrow as the limits, and single records are not shown where lists hide them.
func TestP2PeopleAndRecordsObeyLimits(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx, caller := t.Context(), acting(acme, "ann", "hr")
		group, _, err := w.PutGroup(ctx, as(acme, "hr"), directory.Group{Name: "On call", Unit: "sales"})
		if err != nil {
			t.Fatal(err)
		}
		w.fine(w.AddMember(ctx, operator(acme), group.ID, "hr"))
		done, _, err := w.Audit(ctx, as(acme, "hr"), ledger.Filter{Resource: "group:" + string(group.ID)}, ledger.Cursor{}, 1)
		if err != nil || len(done) != 1 {
			t.Fatal(done, err)
		}
		for _, c := range []struct {
			what                string
			limits              rights.Limits
			entry               bool
			self, others, audit bool
		}{
			{"none", rights.Limits{}, false, true, true, true},
			{"read only", rights.Limits{ReadOnly: true}, false, true, true, true},
			{"people", rights.Limits{Allow: []string{"standin:person.manage"}}, false, true, true, false},
			{"an application", rights.Limits{Allow: []string{"desk:*.*"}}, false, false, false, false},
			{"their own", rights.Limits{Allow: []string{"standin:*.*@own"}}, false, true, false, true},
			{"not Standin", rights.Limits{Deny: []string{"standin:*.*"}}, false, false, false, false},
			{"elsewhere", rights.Limits{Units: []standin.UnitID{"finance"}}, false, false, false, false},
			{"below", rights.Limits{Units: []standin.UnitID{"sales/emea"}}, false, false, true, false},
			{"entry", rights.Limits{Allow: []string{"desk:time.enter"}}, true, false, false, false},
		} {
			w.limits, w.entry = c.limits, c.entry
			people, _, err := w.People(ctx, caller, directory.PeopleFilter{}, 50, "")
			if err != nil {
				t.Errorf("%s: %v", c.what, err)
			}
			for id, want := range map[standin.PersonID]bool{"hr": c.self, "ann": c.others, "fin": false} {
				listed := slices.ContainsFunc(people, func(p directory.Person) bool { return p.ID == id })
				_, single := w.PersonDetail(ctx, caller, id)
				_, groups := w.GroupsOf(ctx, caller, id)
				if listed != want || (single == nil) != want || (groups == nil) != want {
					t.Errorf("%s: %s is listed %v, shown %v, with groups %v; want %v", c.what, id, listed, single, groups, want)
				}
			}
			if _, err := w.Group(ctx, caller, group.ID); (err == nil) != c.self {
				t.Errorf("%s: the group: %v, want it shown: %v", c.what, err, c.self)
			}
			_, _, err = w.Audit(ctx, caller, ledger.Filter{}, ledger.Cursor{}, 10)
			if (err == nil) != c.audit || err != nil && standin.CodeOf(err) != "directory.beyond_limits" {
				t.Errorf("%s: the record: %v, want %v", c.what, err, c.audit)
			}
			if _, err := w.AuditRecord(ctx, caller, done[0].ID); (err == nil) != c.audit {
				t.Errorf("%s: what hr did: %v, want it shown: %v", c.what, err, c.audit)
			}
			w.view(func(ctx context.Context, tx *db.Tx) error {
				if err := w.MayRead(ctx, tx, caller, "person", "manage", "sales/emea"); (err == nil) != c.others {
					t.Errorf("%s: may read: %v", c.what, err)
				}
				return nil
			})
		}
	})
}

// TestP6NobodyKnowsTheLimits: a house that cannot say by which limits somebody acts shows them nothing.
func TestP6NobodyKnowsTheLimits(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		w.BoundBy(nil)
		_, _, err := w.People(t.Context(), acting(acme, "ann", "hr"), directory.PeopleFilter{}, 50, "")
		refused(t, err, standin.Denied, "directory.not_while_acting")
		if people, _, err := w.People(t.Context(), as(acme, "hr"), directory.PeopleFilter{}, 50, ""); err != nil || len(people) == 0 {
			t.Errorf("in their own name: %v, %v", people, err)
		}
	})
}
