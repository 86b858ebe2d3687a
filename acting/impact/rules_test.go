package impact_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

func desk(actions ...string) application.Application {
	a := application.Application{Organisation: acme, ID: "desk", Name: "Desk", Catalogue: rights.Catalogue{Types: map[string]rights.Type{}}}
	t := rights.Type{Actions: map[string]rights.Action{}}
	for _, name := range actions {
		t.Actions[name] = rights.DefaultAction(name)
	}
	a.Catalogue.Types["expense"] = t
	return a
}

// What a catalogue without an action would take from roles and limits is told before it is saved.
func TestCataloguesAreShownBeforeTheyAreSaved(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		ctx, op := t.Context(), standin.OperatorCaller(acme, "test")
		apps := h.Applications
		counts, found := h.untouched(func() (impact.Outcome, error) { return h.PutApplication(ctx, as("boss"), desk("view")) })
		if len(counts) != 0 || !found.Changed {
			t.Errorf("a new one: got %v, changed %v", counts, found.Changed)
		}
		judged := desk("view", "edit")
		judged.Catalogue.Types["expense"].Actions["approve"] = rights.Action{Category: rights.General, Approves: true, Entry: true}
		h.Update(func(ctx context.Context, tx *db.Tx) error {
			_, err := apps.Put(ctx, tx, op, judged)
			return err
		})
		h.Must(h.Directory.PutRole(ctx, op, rights.Role{ID: "clerk", Name: "Clerk", Allow: []string{"desk:expense.view", "desk:expense.edit"}}, 0))
		h.Must(h.Directory.Hold(ctx, op, "ann", "clerk", ""))
		s := h.act(h.Appoint("bob", "ann", func(n *delegation.Naming) {
			n.Limits = rights.Limits{Allow: []string{"desk:expense.view", "desk:expense.edit"}, Deny: []string{"desk:expense.edit@own"}}
		}))
		next := desk("view")
		next.Catalogue.Types["expense"].Actions["approve"] = judged.Catalogue.Types["expense"].Actions["approve"]
		if _, err := h.PutApplication(ctx, as("boss"), desk("view")); standin.CodeOf(err) != "rules.nobody_else" {
			t.Errorf("what judges goes, and nobody else could confirm: got %v", err)
		}
		h.Must(h.Directory.Hold(ctx, op, "max", "super", ""))
		counts, found = h.untouched(func() (impact.Outcome, error) { return h.PutApplication(ctx, as("boss"), next) })
		if diff := cmp.Diff(counts, map[impact.Kind]int{impact.RoleLoses: 1, impact.AffectsPerson: 1, impact.AffectsSession: 1, impact.AffectsCover: 1,
			impact.LimitNamesGone: 2, impact.NeedsSecond: 1}); diff != "" {
			t.Errorf("without edit (-got +want):\n%s", diff)
		}
		if lost := found.Of(impact.RoleLoses).Some[0]; lost.RoleName != "Clerk" || lost.Permission != "desk:expense.edit" {
			t.Errorf("got %+v", lost)
		}
		if e := found.Of(impact.AffectsSession).Some[0]; e.Session != s.ID {
			t.Errorf("got %+v", e)
		}
		counts, _ = h.untouched(func() (impact.Outcome, error) { return h.PutApplication(ctx, as("boss"), desk("view", "edit")) })
		if diff := cmp.Diff(counts, map[impact.Kind]int{impact.NeedsSecond: 1}); diff != "" {
			t.Errorf("what judges goes (-got +want):\n%s", diff)
		}
		if counts, found := h.untouched(func() (impact.Outcome, error) { return h.PutApplication(ctx, as("boss"), judged) }); len(counts) != 0 || found.Changed {
			t.Errorf("the same: got %v, changed %v", counts, found.Changed)
		}
		if _, err := h.PutApplication(ctx, as("ann"), next); standin.KindOf(err) != standin.Denied {
			t.Errorf("one who may not: got %v", err)
		}
	})
}
