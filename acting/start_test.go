package acting_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

func TestC3StartAndStop(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann")
		me := h.login("bob", "l-1")
		s, forAnn := h.act(me, d.ID)
		want := acting.Session{Organisation: acme, ID: s.ID, Login: "l-1", Actor: "bob", Principal: "ann", Delegation: d.ID,
			StartedAt: h.Now(), ExpiresAt: h.Now().Add(time.Hour), LimitAt: s.LimitAt, Version: 1}
		if diff := cmp.Diff(want, s); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		stored, live := h.live("l-1")
		if diff := cmp.Diff(s, stored); diff != "" || !live.Live {
			t.Errorf("live: %v; -returned +stored:\n%s", live, diff)
		}
		if err := h.check(forAnn); err != nil {
			t.Error(err)
		}
		h.Pass(time.Minute)
		h.stop(forAnn)
		if s, live := h.live("l-1"); s.ID != "" || live != (acting.Liveness{}) {
			t.Errorf("stopped, there is %+v, %+v", s, live)
		}
		refused(t, h.check(forAnn), standin.Denied, "acting.over")
		h.stop(me) // again, as a second tab does: nothing happens
		h.stop(h.login("cem", "l-other"))
		h.recorded(record{"person:bob", "ann", "acting.start", ledger.Done, ""}, record{"person:bob", "ann", "acting.end", ledger.Done, "stopped"})
		h.View(func(ctx context.Context, tx *db.Tx) error {
			used, err := h.Delegations.Load(ctx, tx, acme, d.ID)
			if used.UsedAt != s.StartedAt {
				t.Errorf("the delegation's first use is %v", used.UsedAt)
			}
			return err
		})
		h.explained()
	})
}

func TestC2Switch(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		a, c := h.Appoint("bob", "ann"), h.Appoint("bob", "cem")
		first, forAnn := h.act(h.login("bob", "l-1"), a.ID)
		h.Pass(time.Minute)
		second, forCem := h.act(forAnn, c.ID)
		if first.ID == second.ID {
			t.Error("the session kept its identifier")
		}
		refused(t, h.check(forAnn), standin.Denied, "acting.over")
		if err := h.check(forCem); err != nil {
			t.Error(err)
		}
		h.recorded(record{"person:bob", "ann", "acting.start", ledger.Done, ""}, record{"person:bob", "ann", "acting.end", ledger.Done, "switched"},
			record{"person:bob", "cem", "acting.start", ledger.Done, ""})
		h.explained()
	})
}

// TestC4Spans: a session ends with whichever comes first.
func TestC4Spans(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		start := h.Now()
		for i, c := range []struct {
			name                  string
			first, most           time.Duration // the organisation's
			delegation, login     time.Duration
			wantExpires, wantEnds time.Duration
		}{
			{"as the organisation sets it", time.Hour, 8 * time.Hour, 30 * day, 12 * time.Hour, time.Hour, 8 * time.Hour},
			{"two hours at first", 2 * time.Hour, 4 * time.Hour, 30 * day, 12 * time.Hour, 2 * time.Hour, 4 * time.Hour},
			{"the delegation ends first", time.Hour, 8 * time.Hour, 40 * time.Minute, 12 * time.Hour, 40 * time.Minute, 40 * time.Minute},
			{"the login ends first", time.Hour, 8 * time.Hour, 30 * day, 30 * time.Minute, 30 * time.Minute, 30 * time.Minute},
			{"a day at most", 24 * time.Hour, 24 * time.Hour, 30 * day, 100 * day, 24 * time.Hour, 24 * time.Hour},
		} {
			h.Settings(acme, func(s *directory.Settings) { s.Acting.Default, s.Acting.Max = c.first, c.most })
			d := h.Appoint("bob", "ann", until(start.Add(c.delegation)))
			me := h.login("bob", standin.LoginID(string(rune('a'+i))))
			me.Login.Ends = start.Add(c.login)
			s, _ := h.act(me, d.ID)
			if got := s.ExpiresAt.Sub(start); got != c.wantExpires {
				t.Errorf("%s: it lasts %v, want %v", c.name, got, c.wantExpires)
			}
			if got := s.LimitAt.Sub(start); got != c.wantEnds {
				t.Errorf("%s: at most %v, want %v", c.name, got, c.wantEnds)
			}
			must(h.Delegations.Revoke(t.Context(), as(acme, "ann"), d.ID))(t)
		}
	})
}

func TestC4Extend(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Settings(acme, func(s *directory.Settings) { s.Acting.Default, s.Acting.Max = time.Hour, 3*time.Hour })
		start := h.Now()
		d := h.Appoint("bob", "ann")
		_, me := h.act(h.login("bob", "l-1"), d.ID)
		for _, c := range []struct {
			at, want time.Duration
		}{{50 * time.Minute, 2 * time.Hour}, {51 * time.Minute, 171 * time.Minute}, {time.Hour, 3 * time.Hour}} {
			h.Set(start.Add(c.at))
			s, err := h.extend(me)
			if err != nil || s.ExpiresAt.Sub(start) != c.want {
				t.Errorf("at %v: until %v, %v; want %v", c.at, s.ExpiresAt.Sub(start), err, c.want)
			}
		}
		_, err := h.extend(me)
		refused(t, err, standin.Denied, "acting.at_limit")
		h.Set(start.Add(3*time.Hour - time.Microsecond))
		if err := h.check(me); err != nil {
			t.Error(err)
		}
		h.Set(start.Add(3 * time.Hour))
		refused(t, h.check(me), standin.Denied, "acting.over")
		_, err = h.extend(me)
		refused(t, err, standin.Denied, "acting.over")
		if got := len(h.records()); got != 4 {
			t.Errorf("%d records, want a start and three extensions", got)
		}
		h.explained()
	})
}

// TestThreat36SlidingPastCap: extending follows the delegation, the login and the settings as they are by now.
func TestThreat36SlidingPastCap(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		start := h.Now()
		d := h.Appoint("bob", "ann")
		_, me := h.act(h.login("bob", "l-1"), d.ID)
		end := start.Add(90 * time.Minute)
		must(h.Delegations.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{End: &end}))(t)
		if s, err := h.extend(me); err != nil || !s.ExpiresAt.Equal(end) || !s.LimitAt.Equal(end) {
			t.Errorf("until %v of at most %v, %v; want the delegation's end %v", s.ExpiresAt, s.LimitAt, err, end)
		}
		sooner := start.Add(20 * time.Minute)
		must(h.Delegations.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{End: &sooner}))(t)
		if s, live := h.live("l-1"); !live.Live || !s.ExpiresAt.Equal(sooner) || !s.LimitAt.Equal(sooner) {
			t.Errorf("the countdown runs until %v (%+v), want %v", s.ExpiresAt, live, sooner)
		}
		_, err := h.extend(me)
		refused(t, err, standin.Denied, "acting.at_limit")
		h.Set(sooner)
		refused(t, h.check(me), standin.Denied, "acting.over")

		other := h.Appoint("dan", "ann")
		dan := h.login("dan", "l-2")
		dan.Login.Ends = h.Now().Add(70 * time.Minute)
		_, forAnn := h.act(dan, other.ID)
		if s, err := h.extend(forAnn); err != nil || !s.ExpiresAt.Equal(dan.Login.Ends) {
			t.Errorf("until %v, %v; want the login's end %v", s.ExpiresAt, err, dan.Login.Ends)
		}
		h.Settings(acme, func(s *directory.Settings) { s.Acting.Default, s.Acting.Max = time.Hour, time.Hour })
		_, err = h.extend(forAnn)
		refused(t, err, standin.Denied, "acting.at_limit")
		h.explained()
	})
}

// TestStartRefusals: what cannot be started says why, starts nothing, and is recorded with both names.
func TestStartRefusals(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		upcoming := h.Appoint("bob", "ann", func(n *delegation.Naming) { n.Start = h.Now().Add(day) })
		dormant := h.Appoint("bob", "ann", standby)
		paused := h.Appoint("bob", "cem")
		must(h.Delegations.Deactivate(t.Context(), as(acme, "cem"), paused.ID))(t)
		revoked := h.Appoint("bob", "dan")
		must(h.Delegations.Revoke(t.Context(), as(acme, "dan"), revoked.ID))(t)
		down := h.Appoint("bob", "dan")
		must(h.Delegations.LayDown(t.Context(), as(acme, "bob"), down.ID))(t)
		expired := h.Appoint("bob", "hr", until(h.Now().Add(time.Minute)))
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Accept = true })
		waiting := h.Appoint("bob", "dan")
		asked, err := h.Delegations.Name(t.Context(), as(acme, "boss"), delegation.Naming{Actors: []standin.PersonID{"boss"}, Principal: "ann", Purpose: "x"})
		if err != nil {
			t.Fatal(err)
		}
		h.Pass(time.Minute)
		me := h.login("bob", "l-1")
		for _, c := range []struct {
			id        standin.DelegationID
			principal standin.PersonID
			kind      standin.Kind
			code      string
		}{
			{upcoming.ID, "ann", standin.Denied, "acting.not_begun"}, {dormant.ID, "ann", standin.Denied, "acting.not_enabled"},
			{paused.ID, "cem", standin.Denied, "acting.paused"},
			{revoked.ID, "dan", standin.Denied, "acting.ended"}, {down.ID, "dan", standin.Denied, "acting.ended"},
			{expired.ID, "hr", standin.Denied, "acting.expired"}, {waiting.ID, "dan", standin.Denied, "acting.waits_for_you"},
			{"d-nothing", "bob", standin.NotFound, "acting.no_delegation"}, {"", "bob", standin.NotFound, "acting.no_delegation"},
			{"d-\x00\u202e", "bob", standin.NotFound, "acting.no_delegation"},
		} {
			_, _, err := h.begin(me, c.id)
			refused(t, err, c.kind, c.code)
			all := h.records() // the delegation is bob's, so the record names whom it is about
			principal := c.principal
			if principal == "bob" {
				principal = "" // in one's own name nobody is represented
			}
			if got, want := all[len(all)-1], (record{"person:bob", principal, "acting.start", ledger.Refused, c.code}); got != want {
				t.Errorf("%q: recorded as %+v, want %+v", c.id, got, want)
			}
		}
		_, _, err = h.begin(h.login("boss", "l-1"), asked[0].ID)
		refused(t, err, standin.Denied, "acting.waits_for_principal")
		if s, _ := h.live("l-1"); s.ID != "" {
			t.Errorf("one of them started %+v", s)
		}
		h.explained()
	})
}

// TestC6ThePrincipalIsUntouched: nothing of the principal's moves, neither their own sign-in nor whom they act for.
func TestC6ThePrincipalIsUntouched(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d, own := h.Appoint("bob", "ann"), h.Appoint("ann", "cem")
		annsSession, forCem := h.act(h.login("ann", "l-ann"), own.ID)
		var before, after directory.Detail
		h.Update(func(ctx context.Context, tx *db.Tx) error { return h.Directory.SignedIn(ctx, tx, acme, "ann", h.Now()) })
		detail := func() directory.Detail {
			got, err := h.Directory.PersonDetail(t.Context(), operator(acme), "ann")
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		before = detail()
		h.Pass(time.Minute)
		_, forAnn := h.act(h.login("bob", "l-bob"), d.ID)
		must(h.extend(forAnn))(t)
		h.stop(forAnn)
		after = detail()
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("the principal: -before +after:\n%s", diff)
		}
		if s, live := h.live("l-ann"); !live.Live || s != annsSession {
			t.Errorf("the principal's own session is %+v, %+v", s, live)
		}
		if err := h.check(forCem); err != nil {
			t.Error(err)
		}
	})
}
