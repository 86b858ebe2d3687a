package lists

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
)

// TestAnImportEndsWithThePowerOfItsSender: what runs behind stops at the next transaction, and the rest is not done; signing
// out stops nothing, for a sign-in is none of its facts.
func TestAnImportEndsWithThePowerOfItsSender(t *testing.T) {
	var b strings.Builder
	b.WriteString("email,name,unit\n")
	for i := range 9 {
		fmt.Fprintf(&b, "p%d@acme.example,Person %d,sales\n", i, i)
	}
	in(t, func(h *house) {
		h.atOnce = 3
		key, _, err := h.applications.With(h.directory.MayKeepAccess).MakeKey(t.Context(), operator, application.KeepKeys{Name: "HR", May: []string{"people"}})
		h.must(err)
		machine := standin.Caller{Organisation: acme, Actor: standin.KeyActor(key.ID), May: key.May}
		for name, c := range map[string]struct {
			sender     standin.Caller
			take, give func() error
		}{
			"the role": {lead,
				func() error { _, err := h.directory.Release(t.Context(), root, "lead", "lead", ""); return err },
				func() error { _, err := h.directory.Hold(t.Context(), root, "lead", "lead", ""); return err }},
			"activity": {lead,
				func() error { return h.directory.Deactivate(t.Context(), root, "lead") },
				func() error { return h.directory.Reactivate(t.Context(), root, "lead") }},
			"the key": {machine, func() error { return h.applications.EndKey(t.Context(), operator, key.ID) }, func() error { return nil }},
		} {
			text := strings.ReplaceAll(b.String(), "@", "-"+strings.ReplaceAll(name, " ", "-")+"@")
			id := h.Keep(h.plan(c.sender, People, text))
			p := h.runs.all[id].Plan
			p.order[3].try = func(context.Context, *db.Tx, standin.Caller, bool) error {
				t.Errorf("%s: a row was tried after it was lost", name)
				return nil
			}
			var taken error
			err := h.Apply(t.Context(), c.sender, p, func(done, _ int) {
				if done == 3 {
					taken = c.take()
				}
			})
			h.must(taken)
			if standin.CodeOf(err) != "list.stopped" {
				t.Errorf("%s lost: got %v, want it stopped", name, err)
			}
			h.must(c.give())
			var n int
			h.must(h.db.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				return tx.QueryRow(ctx, `SELECT COUNT(*) FROM people WHERE email LIKE $1`, "p%-"+strings.ReplaceAll(name, " ", "-")+"@acme.example").Scan(&n)
			}))
			if n != 3 {
				t.Errorf("%s lost: got %d people, want those of the first transaction", name, n)
			}
		}
	})
}
