package signin_test

import (
	"testing"
	"time"

	"github.com/standin-id/standin"
)

// TestSignInsOfOthers: who manages a person sees where they are signed in and ends that; the person is told by whom.
func TestSignInsOfOthers(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		first := w.enter("ann")
		w.Pass(time.Second)
		second := w.enter("ann")
		if err := w.SetPassword(ctx, operator(), "bob", good); err != nil {
			t.Fatal(err)
		}
		acts := w.act(w.enter("bob"), w.Cover("bob", "ann"))
		all, err := w.BrowsersOf(ctx, as("boss"), "ann")
		if err != nil || len(all) != 2 || all[0].From != home || all[0].Here {
			t.Fatalf("got %+v (%v), want both sign-ins of ann", all, err)
		}
		if err := w.OutOf(ctx, as("boss"), "ann", all[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Resolve(ctx, first, home); standin.KindOf(err) != standin.Unauthenticated {
			t.Errorf("got %v of the sign-in that was ended", err)
		}
		w.Visit(second)
		if err := w.OutOf(ctx, as("boss"), "ann", all[0].ID); standin.CodeOf(err) != "signin.no_sign_in" {
			t.Errorf("got %v of ending it twice", err)
		}
		told, err := w.Ended(ctx, w.Visit(second).Caller)
		if err != nil || len(told) != 1 || told[0].By != "person:boss" || told[0].ByName != "Name boss" || told[0].From != home || told[0].ID != all[0].ID {
			t.Errorf("got %+v (%v), want her told who it was", told, err)
		}
		bob, err := w.BrowsersOf(ctx, as("boss"), "bob")
		if err != nil || len(bob) != 1 {
			t.Fatalf("got %+v (%v)", bob, err)
		}
		if err := w.OutOf(ctx, as("boss"), "bob", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Resolve(ctx, acts, home); standin.KindOf(err) != standin.Unauthenticated {
			t.Errorf("got %v of who acted", err)
		}
		if n := w.Count(`SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL`); n != 0 {
			t.Errorf("got %d acting sessions that live on", n)
		}
		if told := w.told(acme, "login:"+string(all[0].ID)); len(told) < 2 {
			t.Errorf("got records %q, want the end by the boss", told)
		}
		for range 8 { // for a week, and no longer
			w.Pass(24 * time.Hour)
		}
		if told, err := w.Ended(ctx, as("ann")); err != nil || len(told) != 0 {
			t.Errorf("got %+v (%v) after a week", told, err)
		}
		if got := w.unexplained(acme); len(got) > 0 {
			t.Errorf("unexplained %q", got)
		}
	})
}

// TestThreat10SignInsOfOthersAreForWhoManagesThem: nobody else learns of them or ends one.
func TestThreat10SignInsOfOthersAreForWhoManagesThem(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		w.give("bob", 10, "standin:person.manage@org")
		token := w.enter("boss")
		w.enter("ann")
		acting := as("boss")
		acting.Principal, acting.Session = "ann", "s-1"
		for name, c := range map[string]struct {
			by   standin.Caller
			of   standin.PersonID
			kind standin.Kind
			code string
		}{
			"a colleague":          {as("ann"), "boss", standin.Denied, "directory.not_entitled"},
			"somebody below":       {as("bob"), "boss", standin.Denied, "directory.above"},
			"one who acts":         {acting, "ann", standin.Denied, "directory.not_while_acting"},
			"another organisation": {standin.OperatorCaller(rival, "test"), "boss", standin.NotFound, "directory.person_unknown"},
			"nobody there":         {as("boss"), "nobody", standin.NotFound, "directory.person_unknown"},
		} {
			all, err := w.BrowsersOf(t.Context(), c.by, c.of)
			refused(t, err, c.kind, c.code)
			if len(all) > 0 {
				t.Errorf("%s: got %+v", name, all)
			}
			refused(t, w.OutOf(t.Context(), c.by, c.of, ""), c.kind, c.code)
		}
		w.Visit(token)
		if told, err := w.Ended(t.Context(), acting); err != nil || told != nil {
			t.Errorf("got %+v (%v) while acting", told, err)
		}
	})
}
