package acting_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// TestNeverComesBack does anything to a delegation under a session, in any order, without ever writing its end down: the
// session is live only while the delegation is usable and its time lasts, and once it is over it stays over, with the
// same cause, whatever is undone.
func TestNeverComesBack(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		fewer(t)
		run, lived, ended := 0, 0, map[acting.How]int{}
		rapid.Check(t, func(rt *rapid.T) {
			run++
			accept := rapid.Bool().Draw(rt, "accept")
			h.Settings(acme, func(s *directory.Settings) {
				s.Acting.Default, s.Acting.Max, s.Delegation.Accept = 24*time.Hour, 24*time.Hour, accept
			})
			x := underway(h, rt, run)
			rt.Repeat(map[string]func(*rapid.T){
				"change": x.change, "later": x.later,
				"": func(rt *rapid.T) {
					s, live := h.live(x.login)
					if s.ID != x.session.ID {
						rt.Fatalf("the session is gone: %+v", s)
					}
					if live.Live {
						lived++
					}
					x.compare(rt, live)
				},
			})
			ended[x.was.How]++
			_ = h.Directory.Reactivate(t.Context(), operator(acme), x.actor)
			_ = h.Directory.Reactivate(t.Context(), operator(acme), x.principal)
		})
		t.Log("live after", lived, "steps; ended", ended)
		if lived < 50 || len(ended) < 4 {
			t.Error("these histories show too little")
		}
		h.explained()
	})
}

// fewer lets rapid try half as often as usual, unless it was told how often: each of its tries is a story of many commits.
func fewer(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if before := checks.Value.String(); before == checks.DefValue {
		if err := checks.Value.Set("50"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = checks.Value.Set(before) })
	}
}

// ongoing is a session with what it was when it was last looked at.
type ongoing struct {
	*house
	actor, principal standin.PersonID
	login            standin.LoginID
	delegation       standin.DelegationID
	session          acting.Session
	was              acting.Liveness
}

func underway(h *house, rt *rapid.T, run int) *ongoing {
	x := &ongoing{house: h, login: standin.LoginID(fmt.Sprint("l-", run)), actor: standin.PersonID(fmt.Sprint("a", run)),
		principal: standin.PersonID(fmt.Sprint("p", run)), was: acting.Liveness{Live: true}}
	h.person(acme, x.actor, "Ac Tor", "sales", "staff")
	h.person(acme, x.principal, "Prin Cipal", "sales", "staff")
	wish := until(h.Now().Add(2 * day))
	if rapid.Bool().Draw(rt, "standby") {
		wish = standby
	}
	d := h.Appoint(x.actor, x.principal, wish)
	x.delegation = d.ID
	if !d.AskedAt.IsZero() {
		must(h.Delegations.Accept(h.T.Context(), as(acme, x.actor), d.ID, 0))(h.T)
	}
	if d.Kind == delegation.Standby {
		must(h.Delegations.Enable(h.T.Context(), as(acme, x.principal), d.ID, 12*time.Hour))(h.T)
	}
	me := h.login(x.actor, x.login)
	me.Login.Ends = h.Now().Add(30 * day)
	x.session, _ = h.act(me, d.ID)
	x.later(rt)
	return x
}

// change tries one thing that may happen to a delegation or its people. What is refused is no matter here.
func (x *ongoing) change(rt *rapid.T) {
	ctx, principal, actor, id := x.T.Context(), as(acme, x.principal), as(acme, x.actor), x.delegation
	end := x.Now().Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "hours")) * time.Hour)
	limited, free := delegation.Change{Limits: &rights.Limits{ReadOnly: true}}, delegation.Change{Limits: &rights.Limits{}}
	things := []func(){
		func() { _, _ = x.Delegations.Edit(ctx, principal, id, limited) },
		func() { _, _ = x.Delegations.Edit(ctx, principal, id, free) },
		func() { _, _ = x.Delegations.Edit(ctx, principal, id, delegation.Change{End: &end}) },
		func() { _, _ = x.Delegations.Edit(ctx, principal, id, delegation.Change{Purpose: new("else")}) },
		func() { _, _ = x.Delegations.Deactivate(ctx, principal, id) },
		func() { _, _ = x.Delegations.Reactivate(ctx, principal, id) },
		func() { _, _ = x.Delegations.Enable(ctx, principal, id, 10*time.Hour) },
		func() { _, _ = x.Delegations.Disable(ctx, principal, id) },
		func() { _, _ = x.Delegations.Accept(ctx, actor, id, 0) },
		func() { _, _ = x.Delegations.Renew(ctx, principal, id) },
		func() { _ = x.Directory.Deactivate(ctx, operator(acme), x.actor) },
		func() { _ = x.Directory.Reactivate(ctx, operator(acme), x.actor) },
		func() { _ = x.Directory.Deactivate(ctx, operator(acme), x.principal) },
		func() { _ = x.Directory.Reactivate(ctx, operator(acme), x.principal) },
		func() {
			x.put(delegation.Spec{ID: id, Actor: x.actor, Principal: x.principal, End: end, Purpose: "from a file"})
		},
		func() { _, _ = x.Delegations.LayDown(ctx, actor, id) },
		func() { _, _ = x.Delegations.Revoke(ctx, principal, id) },
	}
	things[rapid.IntRange(0, len(things)-1).Draw(rt, "thing")]()
}

func (x *ongoing) later(rt *rapid.T) {
	x.Pass(time.Duration(rapid.IntRange(1, 200).Draw(rt, "minutes")) * time.Minute)
}

func (x *ongoing) compare(rt *rapid.T, live acting.Liveness) {
	d, err := x.Delegations.Get(x.T.Context(), as(acme, x.principal), x.delegation)
	if err != nil {
		rt.Fatal(err)
	}
	usable := d.State == delegation.Active && d.ActorPerson.InactiveAt.IsZero() && d.PrincipalPerson.InactiveAt.IsZero()
	if live.Live && (!usable || !x.Now().Before(x.session.ExpiresAt)) {
		rt.Fatalf("it is live, and at %v %+v is %s", x.Now(), d.Delegation, d.State)
	}
	if !x.was.Live && live.Live {
		rt.Fatalf("it came back: it was %+v; %+v", x.was, d.Delegation)
	}
	if !live.Live && (live.How == "" || live.At.Before(x.session.StartedAt) || live.At.After(x.Now())) {
		rt.Fatalf("it ended %+v, and now is %v", live, x.Now())
	}
	x.was = live
}

// put applies a file's delegation, whose refusal is no matter here.
func (x *ongoing) put(spec delegation.Spec) {
	_ = x.DB.Update(x.T.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := x.Delegations.PutIn(ctx, tx, operator(acme), spec)
		return err
	})
}
