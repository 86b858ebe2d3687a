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

// ending is one way in which a session ends: what is done to it, and how it should have ended when.
type ending struct {
	name string
	wish func(h *house) []func(*delegation.Naming) // of the delegation; a plain cover where there is none
	do   func(h *house, d delegation.Delegation, s acting.Session)
	how  acting.How
	at   time.Duration // since the start
}

// step lets ten minutes pass.
func step(h *house) { h.Pass(10 * time.Minute) }

func endings() []ending {
	change := func(d delegation.Delegation, h *house, c delegation.Change) {
		must(h.Delegations.Edit(h.T.Context(), as(acme, "ann"), d.ID, c))(h.T)
	}
	person := func(h *house, err error) {
		if err != nil {
			h.T.Fatal(err)
		}
	}
	ofStandby := func(*house) []func(*delegation.Naming) { return []func(*delegation.Naming){standby} }
	short := func(h *house) []func(*delegation.Naming) {
		return []func(*delegation.Naming){until(h.Now().Add(20 * time.Minute))}
	}
	ann, bob := as(acme, "ann"), as(acme, "bob")
	const ten = 10 * time.Minute
	return []ending{
		{"revoked", nil, func(h *house, d delegation.Delegation, _ acting.Session) {
			must(h.Delegations.Revoke(h.T.Context(), ann, d.ID))(h.T)
		}, acting.Revoked, ten},
		{"laid down in another browser", nil, func(h *house, d delegation.Delegation, _ acting.Session) {
			must(h.Delegations.LayDown(h.T.Context(), bob, d.ID))(h.T)
		}, acting.LaidDown, ten},
		{"paused", nil, func(h *house, d delegation.Delegation, _ acting.Session) {
			must(h.Delegations.Deactivate(h.T.Context(), ann, d.ID))(h.T)
		}, acting.DelegationPaused, ten},
		{"paused, then revoked", nil, func(h *house, d delegation.Delegation, _ acting.Session) {
			must(h.Delegations.Deactivate(h.T.Context(), ann, d.ID))(h.T)
			step(h)
			must(h.Delegations.Revoke(h.T.Context(), ann, d.ID))(h.T)
		}, acting.DelegationPaused, ten},
		{"paused and active again", nil, func(h *house, d delegation.Delegation, _ acting.Session) {
			must(h.Delegations.Deactivate(h.T.Context(), ann, d.ID))(h.T)
			step(h)
			must(h.Delegations.Reactivate(h.T.Context(), ann, d.ID))(h.T)
		}, acting.DelegationPaused, 2 * ten},
		{"the window over", short, func(h *house, _ delegation.Delegation, _ acting.Session) { step(h) }, acting.DelegationOver, 2 * ten},
		{"the end brought forward", nil, func(h *house, d delegation.Delegation, s acting.Session) {
			end := h.Now().Add(5 * time.Minute)
			change(d, h, delegation.Change{End: &end})
			step(h)
		}, acting.DelegationOver, 15 * time.Minute},
		{"the end put off, and not extended", short, func(h *house, d delegation.Delegation, s acting.Session) {
			end := d.EndsAt.Add(time.Hour)
			change(d, h, delegation.Change{End: &end})
			step(h)
		}, acting.TimeUp, 2 * ten},
		{"a standby disabled", ofStandby, func(h *house, d delegation.Delegation, _ acting.Session) {
			must(h.Delegations.Disable(h.T.Context(), ann, d.ID))(h.T)
		}, acting.DelegationPaused, ten},
		{"a standby run out", ofStandby, func(h *house, _ delegation.Delegation, _ acting.Session) { h.Pass(time.Hour) },
			acting.DelegationOver, 30 * time.Minute},
		{"a standby disabled and enabled again", ofStandby, func(h *house, d delegation.Delegation, _ acting.Session) {
			must(h.Delegations.Disable(h.T.Context(), ann, d.ID))(h.T)
			step(h)
			must(h.Delegations.Enable(h.T.Context(), ann, d.ID, time.Hour))(h.T)
		}, acting.DelegationPaused, 2 * ten},
		{"widened, which waits for a yes", nil, func(h *house, d delegation.Delegation, _ acting.Session) {
			h.Settings(acme, func(s *directory.Settings) { s.Delegation.Accept = true })
			end := d.EndsAt.Add(time.Hour)
			must(h.Delegations.Edit(h.T.Context(), ann, d.ID, delegation.Change{End: &end}))(h.T)
			step(h)
			must(h.Delegations.Accept(h.T.Context(), bob, d.ID, 0))(h.T)
		}, acting.DelegationPaused, ten},
		{"the actor inactive", nil, func(h *house, _ delegation.Delegation, _ acting.Session) {
			person(h, h.Directory.Deactivate(h.T.Context(), operator(acme), "bob"))
		}, acting.ActorInactive, ten},
		{"the principal inactive", nil, func(h *house, _ delegation.Delegation, _ acting.Session) {
			person(h, h.Directory.Deactivate(h.T.Context(), operator(acme), "ann"))
		}, acting.PrincipalInactive, ten},
		{"the principal inactive and back", nil, func(h *house, _ delegation.Delegation, _ acting.Session) {
			person(h, h.Directory.Deactivate(h.T.Context(), operator(acme), "ann"))
			step(h)
			person(h, h.Directory.Reactivate(h.T.Context(), operator(acme), "ann"))
		}, acting.PrincipalInactive, 2 * ten},
		{"ended by the principal", nil, func(h *house, _ delegation.Delegation, s acting.Session) {
			person(h, h.EndByPrincipal(h.T.Context(), ann, s.ID))
		}, acting.Withdrawn, ten},
		{"ended by an administrator", nil, func(h *house, _ delegation.Delegation, s acting.Session) {
			person(h, h.EndByPrincipal(h.T.Context(), as(acme, "hr"), s.ID))
		}, acting.Withdrawn, ten},
		{"the login ended", nil, func(h *house, _ delegation.Delegation, _ acting.Session) {
			h.Update(func(ctx context.Context, tx *db.Tx) error {
				return h.EndLogin(ctx, tx, h.login("bob", "l-1"), "l-1", h.Now())
			})
		}, acting.SignedOut, ten},
		{"the question unanswered", nil, func(h *house, _ delegation.Delegation, _ acting.Session) { h.Pass(50 * time.Minute) },
			acting.TimeUp, time.Hour},
		{"the longest reached", nil, func(h *house, _ delegation.Delegation, s acting.Session) {
			h.Settings(acme, func(s *directory.Settings) { s.Acting.Max = 3 * time.Hour })
			for {
				h.Pass(40 * time.Minute)
				if _, err := h.extend(within(h.login("bob", "l-1"), s)); err != nil {
					refused(h.T, err, standin.Denied, "acting.at_limit")
					break
				}
			}
			h.Pass(5 * time.Hour)
		}, acting.LimitReached, 3 * time.Hour},
	}
}

// TestEveryEnd: however a session ends, it is over at once, says how and since when, its end is recorded once with both
// names, whoever writes it down, and it never comes back.
func TestEveryEnd(t *testing.T) {
	for _, e := range endings() {
		t.Run(e.name, func(t *testing.T) {
			in(t, func(t *testing.T, h *house) { e.test(t, h) })
		})
	}
}

func (e ending) test(t *testing.T, h *house) {
	var wish []func(*delegation.Naming)
	if e.wish != nil {
		wish = e.wish(h)
	} else {
		wish = []func(*delegation.Naming){until(h.Now().Add(30 * day))}
	}
	d := h.Appoint("bob", "ann", wish...)
	if d.Kind == delegation.Standby {
		must(h.Delegations.Enable(t.Context(), as(acme, "ann"), d.ID, 30*time.Minute))(t)
	}
	start := h.Now()
	s, forAnn := h.act(h.login("bob", "l-1"), d.ID)
	step(h)
	if _, live := h.live("l-1"); !live.Live {
		t.Fatalf("before anything it is %+v", live)
	}
	e.do(h, d, s)
	want := acting.Liveness{How: e.how, At: start.Add(e.at)}
	if e.how == acting.SignedOut { // who signs out turns away from it
		want = acting.Liveness{}
	}
	if _, live := h.live("l-1"); live != want {
		t.Errorf("it is %+v, want %+v", live, want)
	}
	refused(t, h.check(forAnn), standin.Denied, "acting.over")
	_, err := h.extend(forAnn)
	refused(t, err, standin.Denied, "acting.over")
	for range 2 {
		must(h.CloseExpired(t.Context()))(t)
		h.Update(func(ctx context.Context, tx *db.Tx) error {
			_, _, err := h.Settle(ctx, tx, acme, "l-1", h.Now())
			return err
		})
	}
	var ends []record
	for _, r := range h.records() {
		if r.Action == "acting.end" {
			ends = append(ends, r)
		}
	}
	if len(ends) != 1 || ends[0].Principal != "ann" || ends[0].Reason != string(e.how) {
		t.Errorf("its end is recorded as %+v, want once, as %s", ends, e.how)
	}
	h.Pass(time.Minute)
	if _, live := h.live("l-1"); live != want {
		t.Errorf("written down, it is %+v, want %+v", live, want)
	}
	h.stop(forAnn) // its actor saw it
	if s, live := h.live("l-1"); s.ID != "" || live.How != "" {
		t.Errorf("turned away from, it is still there: %+v", live)
	}
	if e.how != acting.PrincipalInactive && e.how != acting.ActorInactive {
		episodes, err := h.InNameOf(t.Context(), as(acme, "ann"), "ann", 10)
		if err != nil || len(episodes) != 1 || episodes[0].Live || episodes[0].How != e.how || !episodes[0].At.Equal(start.Add(e.at)) {
			t.Errorf("the principal is told %+v, %v", episodes, err)
		}
	}
	h.explained()
}

// TestEndsByTheClockAreTheSystems: what nobody asked for is not put down to anybody.
func TestEndsByTheClockAreTheSystems(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann")
		h.act(h.login("bob", "l-1"), d.ID)
		h.act(h.login("bob", "l-2"), d.ID)
		h.Pass(time.Hour)
		if n, err := h.CloseExpired(t.Context()); err != nil || n != 2 {
			t.Errorf("closed %d, %v", n, err)
		}
		if n, err := h.CloseExpired(t.Context()); err != nil || n != 0 {
			t.Errorf("closed %d more, %v", n, err)
		}
		want := record{"person:bob", "ann", "acting.start", ledger.Done, ""}
		end := record{"system:acting", "ann", "acting.end", ledger.Done, "time_up"}
		h.recorded(want, want, end, end)
		h.explained()
	})
}

// TestThreat31OthersSessions: an administrator ends a session by name; nobody else learns that it exists.
func TestThreat31OthersSessions(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann")
		s, forAnn := h.act(h.login("bob", "l-1"), d.ID)
		for _, c := range []standin.Caller{as(acme, "cem"), as(acme, "bob"), as(rival, "rita")} {
			refused(t, h.EndByPrincipal(t.Context(), c, s.ID), standin.NotFound, "acting.session_unknown")
			_, err := h.InNameOf(t.Context(), c, "ann", 10)
			refused(t, err, standin.NotFound, "acting.person_unknown")
		}
		refused(t, h.EndByPrincipal(t.Context(), forAnn, s.ID), standin.Denied, "acting.not_while_acting")
		refused(t, h.EndByPrincipal(t.Context(), as(acme, "ann"), "s-nothing"), standin.NotFound, "acting.session_unknown")
		refused(t, h.EndByPrincipal(t.Context(), as(acme, "ann"), "s-\x00"), standin.NotFound, "acting.session_unknown")
		// Another administrator cannot go on with the session, not even with its id and in their own login.
		boss := h.login("boss", "l-boss")
		boss.Principal, boss.Session, boss.Delegation = "ann", s.ID, d.ID
		refused(t, h.check(boss), standin.Denied, "acting.over")
		_, err := h.extend(boss)
		refused(t, err, standin.Denied, "acting.over")
		if err := h.EndByPrincipal(t.Context(), as(acme, "boss"), s.ID); err != nil {
			t.Fatal(err)
		}
		if err := h.EndByPrincipal(t.Context(), as(acme, "boss"), s.ID); err != nil {
			t.Errorf("again: %v", err)
		}
		all := h.records()
		if diff := cmp.Diff(record{"person:boss", "ann", "acting.end", ledger.Done, "withdrawn"}, all[len(all)-1]); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		h.explained()
	})
}
