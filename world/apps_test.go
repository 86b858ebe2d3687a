package world

import (
	"context"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// What an administrator made an application bind more stays, whatever the file says; what the file leaves out stays, too.
func TestApplicationsKeepWhatBindsByHand(t *testing.T) {
	in(t, func(h *house) {
		h.apply(company(t))
		ctx, root := t.Context(), as("acme", "root")
		keep := h.applications.With(h.directory.MayKeepAccess)
		change := func(do func(a *application.Application)) {
			h.must(h.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
				a, err := keep.Get(ctx, tx, "acme", "desk")
				if err != nil {
					return err
				}
				a.Catalogue.Types["expense"].Actions["view"] = rights.DefaultAction("view")
				do(&a)
				_, err = keep.Keep(ctx, tx, root, a, standin.PersonActor("another"))
				return err
			}))
		}
		change(func(a *application.Application) {
			a.Name = "By hand"
			a.Guardrails = "forbid (principal, action, resource) when { context.acting };"
			a.Policies, a.Entities = "permit (principal, action, resource);", "[]"
			f := a.Catalogue.Types["expense"].Fields["amount"]
			f.Sealed = true
			a.Catalogue.Types["expense"].Fields["amount"] = f
		})
		if p := h.apply(company(t)); len(p.Kept) != 2 {
			t.Errorf("kept %v", p.Kept)
		}
		h.must(h.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
			a, err := keep.Get(ctx, tx, "acme", "desk")
			if !a.Catalogue.Types["expense"].Fields["amount"].Sealed || !strings.Contains(a.Guardrails, "context.acting") || a.Policies == "" || a.Entities == "" {
				t.Errorf("got %+v", a)
			}
			if a.Name != "Workdesk" { // which binds nobody
				t.Errorf("got the name %q", a.Name)
			}
			return err
		}))
	})
}
