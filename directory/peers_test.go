package directory_test

import (
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// TestP8NobodyLowersAPeerAdministrator: a link for a new password is refused for a peer; neither is it had by taking or
// lowering their roles first.
func TestP8NobodyLowersAPeerAdministrator(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx, hr, boss := t.Context(), as(acme, "hr"), as(acme, "boss")
		for _, r := range []rights.Role{
			{ID: "plain", Rank: 50, Allow: []string{}},
			{ID: "keeper", Rank: 50, Allow: []string{"standin:settings.manage@org", "standin:person.manage@org"}},
			{ID: "minor", Rank: 10, Allow: []string{"standin:person.manage@unit"}},
		} {
			w.fine(w.PutRole(ctx, operator(acme), r, 0))
		}
		w.settlePerson(acme, "hr2", "Hugo Rank", "sales", "hr")
		w.fine(w.Hold(ctx, operator(acme), "hr2", "staff", ""))
		w.settlePerson(acme, "two", "Tua Two", "sales", "plain") // whose rank and powers come of two roles
		w.fine(w.Hold(ctx, operator(acme), "two", "minor", "sales"))
		w.settlePerson(acme, "plain", "Pla In", "sales", "plain")
		w.settlePerson(acme, "small", "Sma Ll", "sales", "minor")
		w.settlePerson(acme, "keep", "Kea Per", "sales", "keeper")
		keep := as(acme, "keep")

		refused(t, second(w.Release(ctx, hr, "hr2", "hr", "")), standin.Denied, "directory.peer")
		refused(t, second(w.Release(ctx, hr, "two", "plain", "")), standin.Denied, "directory.peer")
		refused(t, second(w.Release(ctx, hr, "two", "minor", "sales")), standin.Denied, "directory.peer")
		refused(t, second(w.PutRole(ctx, keep, rights.Role{ID: "hr", Rank: 40, Allow: []string{"standin:person.manage@unit"}}, 0)), standin.Denied, "directory.peer")
		refused(t, second(w.PutRole(ctx, keep, rights.Role{ID: "hr", Rank: 50, Allow: []string{}}, 0)), standin.Denied, "directory.peer")
		refused(t, second(w.PutRole(ctx, keep, rights.Role{ID: "plain", Rank: 0, Allow: []string{}}, 0)), standin.Denied, "directory.peer")
		if err := w.Deactivate(ctx, hr, "hr2"); err != nil {
			t.Fatal(err)
		}
		refused(t, second(w.Release(ctx, hr, "hr2", "hr", "")), standin.Denied, "directory.peer") // inactive, they are one still
		refused(t, second(w.Release(ctx, program("people"), "hr2", "hr", "")), standin.Denied, "directory.more_than_own")

		w.fine(w.Release(ctx, hr, "hr2", "staff", "")) // which lowers nobody
		w.fine(w.Release(ctx, hr, "plain", "plain", ""))
		w.fine(w.Release(ctx, hr, "small", "minor", ""))
		w.fine(w.PutRole(ctx, keep, rights.Role{ID: "hr", Rank: 50, Name: "Personnel", Allow: []string{"standin:person.manage@org"}}, 0))
		w.fine(w.Release(ctx, boss, "hr2", "hr", "")) // somebody above
		w.fine(w.PutRole(ctx, boss, rights.Role{ID: "plain", Rank: 0, Allow: []string{}}, 0))
	})
}

// TestP8EndingAUnitLowersNoPeer: the roles that are held at a unit go with it.
func TestP8EndingAUnitLowersNoPeer(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		w.fine(w.PutRole(ctx, operator(acme), rights.Role{ID: "keeper", Rank: 50, Allow: []string{"standin:settings.manage@org", "standin:person.manage@org"}}, 0))
		w.settlePerson(acme, "keep", "Kea Per", "sales", "keeper")
		w.settlePerson(acme, "hr2", "Hugo Rank", "sales", "staff")
		w.fine(w.Hold(ctx, operator(acme), "hr2", "hr", "finance"))
		refused(t, second(w.EndUnit(ctx, as(acme, "keep"), "finance", "sales")), standin.Denied, "directory.peer")
		w.fine(w.EndUnit(ctx, as(acme, "boss"), "finance", "sales"))
	})
}

// TestP8SuperAdministratorsReplaceOneAnother: equals who hold everything may, but for the last.
func TestP8SuperAdministratorsReplaceOneAnother(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		w.fine(w.PutRole(ctx, operator(acme), rights.Role{ID: "super2", Rank: 90, Allow: []string{"standin:*.*@org"}}, 0))
		w.settlePerson(acme, "chief", "Chia Chief", "sales", "super2")
		w.fine(w.PutRole(ctx, as(acme, "boss"), rights.Role{ID: "super2", Rank: 80, Allow: []string{"standin:*.*@org"}}, 0))
		w.fine(w.PutRole(ctx, as(acme, "boss"), rights.Role{ID: "super2", Rank: 90, Allow: []string{"standin:*.*@org"}}, 0))
		w.fine(w.Release(ctx, as(acme, "chief"), "boss", "super", ""))
		refused(t, second(w.Release(ctx, operator(acme), "chief", "super2", "")), standin.Denied, "directory.last_administrator")
	})
}
