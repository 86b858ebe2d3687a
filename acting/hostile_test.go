package acting_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// TestThreat2NestedActing: bob, acting for ann, is no stand-in of cem, whose stand-in ann is; nor is his own reach wider.
func TestThreat2NestedActing(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		bobs, anns := h.Appoint("bob", "ann"), h.Appoint("ann", "cem")
		s, forAnn := h.act(h.login("bob", "l-1"), bobs.ID)
		for _, c := range h.choices(forAnn) {
			if c.Delegation != bobs.ID {
				t.Errorf("while acting, bob is offered %+v", c)
			}
		}
		_, _, err := h.begin(forAnn, anns.ID)
		refused(t, err, standin.NotFound, "acting.no_delegation")
		if now, live := h.live("l-1"); !live.Live || now.ID != s.ID {
			t.Errorf("the refused start ended what went on: %+v", live)
		}
		h.recorded(record{"person:bob", "ann", "acting.start", ledger.Done, ""},
			record{"person:bob", "ann", "acting.start", ledger.Refused, "acting.no_delegation"})
		h.explained()
	})
}

// TestThreat3MutualDeputies: bob acts as ann while ann acts as bob. Each stop is that login's own, and everything is
// recorded with who was really there.
func TestThreat3MutualDeputies(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		ab, ba := h.Appoint("ann", "bob"), h.Appoint("bob", "ann")
		_, bob := h.act(h.login("bob", "l-bob"), ba.ID)
		// As ann, bob cannot begin what ann could: to act as himself.
		_, _, err := h.begin(bob, ab.ID)
		refused(t, err, standin.NotFound, "acting.no_delegation")
		_, ann := h.act(h.login("ann", "l-ann"), ab.ID)
		h.stop(bob)
		if err := h.check(ann); err != nil {
			t.Errorf("bob's stop reached ann's session: %v", err)
		}
		refused(t, h.check(bob), standin.Denied, "acting.over")
		h.stop(ann)
		h.recorded(record{"person:bob", "ann", "acting.start", ledger.Done, ""},
			record{"person:bob", "ann", "acting.start", ledger.Refused, "acting.no_delegation"},
			record{"person:ann", "bob", "acting.start", ledger.Done, ""},
			record{"person:bob", "ann", "acting.end", ledger.Done, "stopped"}, record{"person:ann", "bob", "acting.end", ledger.Done, "stopped"})
		h.explained()
	})
}

// TestThreat11PrincipalPromoted: under a delegation the session goes on, by the principal's rights of now; and back.
func TestThreat11PrincipalPromoted(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann")
		_, forAnn := h.act(h.login("bob", "l-1"), d.ID)
		reads := func() error {
			return h.DB.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				return h.Directory.MayRead(ctx, tx, forAnn, "delegation", "manage", "sales")
			})
		}
		if standin.KindOf(reads()) != standin.Denied {
			t.Fatal("ann may too much to begin with")
		}
		must(h.Directory.Hold(t.Context(), operator(acme), "ann", "hr", "sales"))(t)
		if err := reads(); err != nil {
			t.Errorf("promoted: %v", err)
		}
		if err := h.check(forAnn); err != nil {
			t.Errorf("promoted, the session is over: %v", err)
		}
		must(h.Directory.Release(t.Context(), operator(acme), "ann", "hr", "sales"))(t)
		if standin.KindOf(reads()) != standin.Denied {
			t.Error("demoted, ann's stand-in may what ann may not")
		}
	})
}

// TestThreat27And30ServerState: whatever session a request claims, what its login really does decides.
func TestThreat27And30ServerState(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		a, c := h.Appoint("bob", "ann"), h.Appoint("bob", "cem")
		me := h.login("bob", "l-1")
		former, forAnn := h.act(me, a.ID)
		_, forCem := h.act(forAnn, c.ID)
		for name, forged := range map[string]standin.Caller{
			"the session before":          forAnn,
			"its id for the new one's":    {Organisation: acme, Actor: forCem.Actor, Principal: "cem", Session: former.ID, Delegation: c.ID, Login: me.Login},
			"another principal":           {Organisation: acme, Actor: forCem.Actor, Principal: "ann", Session: forCem.Session, Delegation: c.ID, Login: me.Login},
			"another actor":               {Organisation: acme, Actor: "person:dan", Principal: "cem", Session: forCem.Session, Delegation: c.ID, Login: me.Login},
			"another login":               {Organisation: acme, Actor: forCem.Actor, Principal: "cem", Session: forCem.Session, Login: standin.Login{ID: "l-2", Ends: me.Login.Ends}},
			"another organisation":        {Organisation: rival, Actor: forCem.Actor, Principal: "cem", Session: forCem.Session, Login: me.Login},
			"a login that has ended":      {Organisation: acme, Actor: forCem.Actor, Principal: "cem", Session: forCem.Session, Login: standin.Login{ID: "l-1", Ends: h.Now()}},
			"a session that was not made": {Organisation: acme, Actor: forCem.Actor, Principal: "cem", Session: "s-forged", Login: me.Login},
		} {
			if err := h.check(forged); standin.CodeOf(err) != "acting.over" {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if err := h.check(forCem); err != nil {
			t.Errorf("none of that should matter: %v", err)
		}
		// Stop reads nothing from the caller but the login: after it bob is bob.
		forged := forCem
		forged.Principal, forged.Session = "boss", "s-forged"
		h.stop(forged)
		if s, _ := h.live("l-1"); s.ID != "" {
			t.Errorf("stopped, there is %+v", s)
		}
		h.explained()
	})
}

// TestThreat29ThePrincipalInheritsNothing: the session lives in the actor's login alone.
func TestThreat29ThePrincipalInheritsNothing(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "boss")
		s, forBoss := h.act(h.login("bob", "l-bob"), d.ID)
		boss := h.login("boss", "l-boss")
		if got, live := h.live("l-boss"); got.ID != "" || live.Live {
			t.Errorf("the principal's new login has %+v", got)
		}
		claimed := within(boss, s)
		refused(t, h.check(claimed), standin.Denied, "acting.over")
		h.stop(boss)
		h.stop(claimed)
		if err := h.check(forBoss); err != nil {
			t.Errorf("the principal's stop ended the actor's session, unrecorded as theirs: %v", err)
		}
	})
}

// TestThreat32And35StopHoldsAtOnce: one microsecond after Stop nothing goes in the principal's name.
func TestThreat32And35StopHoldsAtOnce(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann")
		me := h.login("bob", "l-1")
		_, forAnn := h.act(me, d.ID)
		h.stop(forAnn)
		h.Pass(time.Microsecond)
		refused(t, h.check(forAnn), standin.Denied, "acting.over")
		_, err := h.extend(forAnn)
		refused(t, err, standin.Denied, "acting.over")
		// A page from before Stop may start again only what bob may choose.
		_, again := h.act(me, d.ID)
		refused(t, h.check(forAnn), standin.Denied, "acting.over")
		if err := h.check(again); err != nil {
			t.Error(err)
		}
	})
}

// TestThreat38ParallelStarts: eight starts in one login at once leave exactly one session and one record of it.
func TestThreat38ParallelStarts(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		a, c := h.Appoint("bob", "ann"), h.Appoint("bob", "cem")
		me := h.login("bob", "l-1")
		codes := map[string]int{}
		var mu sync.Mutex
		var wait sync.WaitGroup
		for i := range 8 {
			id := []standin.DelegationID{a.ID, c.ID}[i%2]
			wait.Go(func() {
				_, _, err := h.begin(me, id)
				mu.Lock()
				defer mu.Unlock()
				codes[standin.CodeOf(err)]++
			})
		}
		wait.Wait()
		if diff := cmp.Diff(map[string]int{"": 1, "acting.identity_changed": 7}, codes); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		done, refusals := 0, 0
		for _, r := range h.records() {
			switch r.Outcome {
			case ledger.Done:
				done++
			case ledger.Refused:
				refusals++
			}
		}
		if done != 1 || refusals != 7 {
			t.Errorf("%d starts and %d refusals are recorded", done, refusals)
		}
		if _, live := h.live("l-1"); !live.Live {
			t.Error("none is live")
		}
		h.explained()
	})
}

// TestThreat44InactivePeople: neither starts, and what goes on ends; being active again revives nothing.
func TestThreat44InactivePeople(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann")
		me := h.login("bob", "l-1")
		for who, code := range map[standin.PersonID]string{"ann": "acting.principal_inactive", "bob": "acting.actor_inactive"} {
			_, acts := h.act(me, d.ID)
			h.Pass(time.Minute)
			if err := h.Directory.Deactivate(t.Context(), operator(acme), who); err != nil {
				t.Fatal(err)
			}
			refused(t, h.check(acts), standin.Denied, "acting.over")
			_, _, err := h.begin(me, d.ID)
			refused(t, err, standin.Denied, code)
			if got := h.choices(me); len(got) != 1 || standin.CodeOf(got[0].Refusal) != code {
				t.Errorf("%s inactive: the choice says %+v", who, got)
			}
			h.Pass(time.Minute)
			if err := h.Directory.Reactivate(t.Context(), operator(acme), who); err != nil {
				t.Fatal(err)
			}
			refused(t, h.check(acts), standin.Denied, "acting.over")
			h.Pass(time.Minute)
		}
		h.act(me, d.ID)
		h.explained()
	})
}

// TestThreat43RevokedBetweenLookingAndDoing: what was seen to be live a moment ago is asked again where it is used.
func TestThreat43RevokedBetweenLookingAndDoing(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann")
		_, forAnn := h.act(h.login("bob", "l-1"), d.ID)
		if _, live := h.live("l-1"); !live.Live {
			t.Fatal(live)
		}
		must(h.Delegations.Revoke(t.Context(), as(acme, "ann"), d.ID))(t)
		wrote := h.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			if err := h.Check(ctx, tx, forAnn, h.Now()); err != nil {
				return err
			}
			t.Error("the change went on")
			return nil
		})
		refused(t, wrote, standin.Denied, "acting.over")
	})
}

// TestIsolation: a person of another organisation starts, sees and ends nothing.
func TestIsolation(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann")
		s, _ := h.act(h.login("bob", "l-1"), d.ID)
		rita := as(rival, "rita")
		rita.Login = standin.Login{ID: "l-1", Ends: h.Now().Add(time.Hour)}
		_, _, err := h.begin(rita, d.ID)
		refused(t, err, standin.NotFound, "acting.no_delegation")
		refused(t, h.EndByPrincipal(t.Context(), rita, s.ID), standin.NotFound, "acting.session_unknown")
		h.stop(rita)
		h.View(func(ctx context.Context, tx *db.Tx) error {
			got, live, err := h.Live(ctx, tx, rival, "l-1", h.Now())
			if got.ID != "" || live.Live {
				t.Errorf("rival sees %+v", got)
			}
			return err
		})
		if _, live := h.live("l-1"); !live.Live {
			t.Error("rival stopped it")
		}
	})
}

// TestOnlyPeopleAct: keys, operators and those whose login is over start nothing.
func TestOnlyPeopleAct(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann")
		over := h.login("bob", "l-1")
		over.Login.Ends = h.Now()
		for _, c := range []struct {
			caller standin.Caller
			kind   standin.Kind
			code   string
		}{
			{standin.Caller{Organisation: acme, Actor: standin.KeyActor("k-1"), May: []string{"admin"}, Login: over.Login}, standin.Denied, "acting.people_only"},
			{operator(acme), standin.Denied, "acting.people_only"},
			{as(acme, "bob"), standin.Unauthenticated, "acting.signed_out"},
			{over, standin.Unauthenticated, "acting.signed_out"},
		} {
			_, _, err := h.begin(c.caller, d.ID)
			refused(t, err, c.kind, c.code)
		}
		if err := h.check(as(acme, "bob")); err != nil {
			t.Errorf("in one's own name: %v", err)
		}
	})
}
