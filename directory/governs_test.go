package directory_test

import (
	"context"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// TestRulesVersion shows that the version grows with each change that can decide something, and with nothing else.
func TestRulesVersion(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx, op := t.Context(), operator(acme)
		apps := application.New(w.db, ledger.New(w.db, w.now), w.now)
		version := func(org standin.OrganisationID) (v int64) {
			if err := w.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
				v, err = apps.RulesVersion(ctx, tx, org)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return v
		}
		person := func(change func(*directory.Person)) func() error {
			return func() error {
				return w.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
					p, err := w.Person(ctx, tx, acme, "ann")
					if err != nil {
						return err
					}
					change(&p)
					_, _, err = w.PutPersonIn(ctx, tx, op, p)
					return err
				})
			}
		}
		put := func(a application.Application) func() error {
			return func() error {
				return w.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
					_, err := apps.Put(ctx, tx, op, a)
					return err
				})
			}
		}
		desk := application.Application{Organisation: acme, ID: "desk", Name: "Desk", Catalogue: rights.Catalogue{Types: map[string]rights.Type{
			"expense": {Actions: map[string]rights.Action{"view": rights.DefaultAction("view")}}}}}
		other := version(rival)
		for _, step := range []struct {
			what  string
			do    func() error
			grows bool
		}{
			{"a role", func() error { _, err := w.PutRole(ctx, op, rights.Role{ID: "clerk", Allow: []string{}}, 0); return err }, true},
			{"the same role", func() error { _, err := w.PutRole(ctx, op, rights.Role{ID: "clerk", Allow: []string{}}, 0); return err }, false},
			{"a role's list", func() error {
				_, err := w.PutRole(ctx, op, rights.Role{ID: "clerk", Allow: []string{"standin:audit.view"}}, 0)
				return err
			}, true},
			{"a role given", func() error { _, err := w.Hold(ctx, op, "ann", "clerk", ""); return err }, true},
			{"a role taken", func() error { _, err := w.Release(ctx, op, "ann", "clerk", ""); return err }, true},
			{"a name", person(func(p *directory.Person) { p.Name = "Anna Müller" }), false},
			{"another unit", person(func(p *directory.Person) { p.Unit = "finance" }), true},
			{"inactive", func() error { return w.Deactivate(ctx, op, "ann") }, true},
			{"active", func() error { return w.Reactivate(ctx, op, "ann") }, true},
			{"a new unit", func() error { _, err := w.PutUnit(ctx, op, "law"); return err }, true},
			{"a moved unit", func() error {
				return w.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
					_, _, err := w.MoveUnitIn(ctx, tx, op, "law", "legal")
					return err
				})
			}, true},
			{"an ended unit", func() error { _, err := w.EndUnit(ctx, op, "legal", ""); return err }, true},
			{"guardrails", func() error {
				_, err := w.PutGuardrails(ctx, op, "forbid (principal, action, resource);", 0)
				return err
			}, true},
			{"a catalogue", put(desk), true},
			{"the same catalogue", put(desk), false},
			{"a group", func() error {
				_, _, err := w.PutGroup(ctx, op, directory.Group{ID: "choir", Name: "Choir"})
				return err
			}, false},
		} {
			before := version(acme)
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.what, err)
			}
			if grew := version(acme) > before; grew != step.grows {
				t.Errorf("%s: got grown %v, want %v", step.what, grew, step.grows)
			}
		}
		if got := version(rival); got != other {
			t.Errorf("the other organisation's: got %d, want %d", got, other)
		}
	})
}
