package signin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/signin"
)

// chosen fails where the login of the token does not hold that choice; want "" is none.
func (w *porch) chosen(token string, want time.Time) {
	w.T.Helper()
	if got := w.Visit(token).Chosen; !got.Equal(want) {
		w.T.Errorf("chosen: got %v, want %v", got, want)
	}
}

func TestC1AChoiceIsRememberedUntilItEndsByItself(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		d := w.Cover("ann", "bob")
		token := w.enter("ann")
		w.chosen(token, time.Time{})
		w.Pass(time.Second)
		same, err := w.Myself(t.Context(), token, home)
		if err != nil || same != token {
			t.Fatalf("myself in one's own name: got %q, %v; want the same token", same, err)
		}
		w.chosen(token, w.Now())
		if got := w.told(acme, "login:%"); len(got) != 1 {
			t.Errorf("choosing oneself: got records %q, want the sign-in's alone", got)
		}
		w.Pass(time.Second)
		token = w.act(token, d)
		begun := w.Now()
		w.chosen(token, begun)
		w.Pass(20 * time.Minute)
		w.chosen(token, begun)
		token = w.enter("ann")
		w.chosen(token, time.Time{}) // another login chose nothing
		token = w.act(token, d)
		session := w.Visit(token).Session.ID
		w.Pass(time.Second)
		bob := standin.Caller{Organisation: acme, Actor: standin.PersonActor("bob"), Principal: "bob"}
		if err := w.Acting.EndByPrincipal(t.Context(), bob, session); err != nil {
			t.Fatal(err)
		}
		w.chosen(token, time.Time{})
		next, err := w.Myself(t.Context(), token, home)
		if err != nil || next == token {
			t.Fatalf("turning away from what ended: got the former token %v, %v", next == token, err)
		}
		w.chosen(next, w.Now())
	})
}

func TestC5TheViewIsAskedForAtTheStart(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		d := w.Cover("ann", "bob")
		token, plain, err := w.Act(t.Context(), w.enter("ann"), d, home)
		if err != nil || plain.View || w.Visit(token).Session.View {
			t.Fatalf("without the wish: got %+v, %v", plain, err)
		}
		token, begun, err := w.Act(t.Context(), token, d, home, acting.SeeView)
		if err != nil || !begun.View || !w.Visit(token).Session.View {
			t.Fatalf("with the wish: got %+v, %v", begun, err)
		}
		if got := w.unexplained(acme); len(got) > 0 {
			t.Errorf("not as recorded: %v", got)
		}
	})
}

// held is who acts in the login of the token, as an application's access token says it.
func (w *porch) held(token string) standin.Caller {
	c := w.Visit(token).Caller
	c.Login = standin.Login{ID: c.Login.ID}
	c.Origin = standin.Origin{Address: "192.0.2.9", Agent: "Workdesk/1"}
	return c
}

func TestAnApplicationStopsAndExtends(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		d := w.Cover("ann", "bob")
		token := w.act(w.enter("ann"), d)
		by := w.held(token)
		w.Pass(10 * time.Minute)
		before := w.Visit(token).Session.ExpiresAt
		extended, err := w.ExtendBy(t.Context(), by, "desk")
		if err != nil || !extended.ExpiresAt.After(before) {
			t.Fatalf("extend: got %v, %v; want later than %v", extended.ExpiresAt, err, before)
		}
		w.Pass(time.Second)
		if err := w.StopBy(t.Context(), by, "desk"); err != nil {
			t.Fatal(err)
		}
		v := w.Visit(token)
		if v.Caller.Acting() || v.Session.ID != "" || !v.Chosen.Equal(w.Now()) || !v.Renew {
			t.Errorf("after stopping: got acting %v, session %q, chosen %v, renew %v", v.Caller.Acting(), v.Session.ID, v.Chosen, v.Renew)
		}
		for _, action := range []string{"acting.extend", "acting.end"} {
			if n := w.Count(`SELECT count(*) FROM records WHERE action = '` + action + `' AND actor = 'person:ann' AND principal = 'bob'
				AND session = '` + string(by.Session) + `' AND outcome = 'done' AND agent = 'client:desk Workdesk/1' AND address = '192.0.2.9'`); n != 1 {
				t.Errorf("%s: got %d records that name both people and the client, want 1", action, n)
			}
		}
		if err := w.StopBy(t.Context(), by, "desk"); err != nil {
			t.Errorf("stopping again: %v", err)
		}
		_, err = w.ExtendBy(t.Context(), by, "desk")
		refused(t, err, standin.Denied, "acting.over")
		if got := w.unexplained(acme); len(got) > 0 {
			t.Errorf("not as recorded: %v", got)
		}
	})
}

func TestAnApplicationStopsOnlyItsOwnSession(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		d := w.Cover("ann", "bob")
		token := w.act(w.enter("ann"), d)
		former := w.held(token)
		token = w.act(token, d)
		if err := w.StopBy(t.Context(), former, "desk"); err != nil {
			t.Fatal(err)
		}
		if v := w.Visit(token); !v.Caller.Acting() || v.Renew {
			t.Error("stopping a session that was switched away from ended the present one")
		}
		for name, change := range map[string]func(c *standin.Caller){
			"another person":       func(c *standin.Caller) { c.Actor = standin.PersonActor("boss") },
			"another organisation": func(c *standin.Caller) { c.Organisation = rival },
			"another login":        func(c *standin.Caller) { c.Login.ID = "l-none" },
		} {
			c := w.held(token)
			change(&c)
			if err := w.StopBy(t.Context(), c, "desk"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := w.ExtendBy(t.Context(), c, "desk"); standin.KindOf(err) != standin.Unauthenticated {
				t.Errorf("%s extends: got %v, want Unauthenticated", name, err)
			}
			if !w.Visit(token).Caller.Acting() {
				t.Fatalf("%s stopped it", name)
			}
		}
	})
}

func TestThreat27TheTokenIsReplacedAfterAnApplicationStopped(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		token := w.act(w.enter("ann"), w.Cover("ann", "bob"))
		if next, err := w.Renew(t.Context(), token, home); err != nil || next != "" {
			t.Fatalf("with nothing to replace: got %q, %v", next, err)
		}
		if err := w.StopBy(t.Context(), w.held(token), "desk"); err != nil {
			t.Fatal(err)
		}
		next, err := w.Renew(t.Context(), token, home)
		if err != nil || next == "" {
			t.Fatalf("got %q, %v; want another token", next, err)
		}
		if again, err := w.Renew(t.Context(), token, home); err != nil || again != "" {
			t.Errorf("a request beside it: got %q, %v; want no token and no error", again, err)
		}
		if _, err := w.Resolve(t.Context(), token, home); standin.CodeOf(err) != "signin.switched" {
			t.Errorf("the former token: got %v, want signin.switched", err)
		}
		if v := w.Visit(next); v.Renew || v.Caller.Principal != "ann" {
			t.Errorf("got renew %v as %q, want ann in her own name", v.Renew, v.Caller.Principal)
		}
	})
}

func TestALoginIsUsedByItsApplications(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		token := w.enter("ann")
		id := w.Visit(token).Caller.Login.ID
		use := func() (l signin.LoginState, err error) {
			err = w.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
				if l, err = w.LoginByID(ctx, tx, acme, id, w.Now()); err != nil {
					return err
				}
				return w.UseLogin(ctx, tx, acme, id, w.Now())
			})
			return l, err
		}
		for range 4 {
			w.Pass(20 * time.Minute)
			if l, err := use(); err != nil || l.Person.ID != "ann" || l.ID != id {
				t.Fatalf("got %+v, %v", l, err)
			}
		}
		w.Visit(token)
		w.Pass(30 * time.Minute)
		_, err := use()
		refused(t, err, standin.Unauthenticated, "signin.expired")
		id = "l-none"
		_, err = use()
		refused(t, err, standin.Unauthenticated, "signin.signed_out")
	})
}

func TestThreat42LoginsThatEndedByThemselvesAreRecorded(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		used, unused := w.enter("ann"), w.act(w.enter("ann"), w.Cover("ann", "bob"))
		id, session := w.Visit(unused).Caller.Login.ID, w.Visit(unused).Session.ID
		w.Pass(20 * time.Minute)
		w.Visit(used)
		if n, err := w.CloseExpired(t.Context()); n != 0 || err != nil {
			t.Fatalf("while all live: got %d, %v", n, err)
		}
		w.Pass(15 * time.Minute)
		if n, err := w.CloseExpired(t.Context()); n != 1 || err != nil {
			t.Fatalf("got %d ended, %v; want 1", n, err)
		}
		if got := w.told(acme, "login:"+string(id)); !strings.HasPrefix(got[0], "system:signin  login.end done") {
			t.Errorf("got %q first, want the end by the clock", got[0])
		}
		if n := w.Count(`SELECT count(*) FROM sessions WHERE id = '` + string(session) + `' AND ended_how = 'signed_out'`); n != 1 {
			t.Error("what was acted in it went on")
		}
		w.Visit(used)
		for range 30 {
			w.Pass(25 * time.Minute)
			if _, err := w.Glance(t.Context(), used); err != nil {
				break
			}
			if _, err := w.Resolve(t.Context(), used, home); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := w.CloseExpired(t.Context()); n != 1 || err != nil {
			t.Fatalf("at the limit: got %d ended, %v; want 1", n, err)
		}
		if got := w.unexplained(acme); len(got) > 0 {
			t.Errorf("not as recorded: %v", got)
		}
	})
}
