package acting_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

func limited(l rights.Limits) func(*delegation.Naming) {
	return func(n *delegation.Naming) { n.Limits = l }
}

// resting returns the limits on which the session rests now, as whoever decides reads them.
func (h *house) resting(id standin.SessionID) (l rights.Limits, live bool) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) error {
		s, f, err := h.ByID(ctx, tx, acme, id)
		l, live = f.Limits, err == nil && s.LivenessAt(f, h.Now()).Live
		return err
	})
	return l, live
}

// TestB3WhatHasLimitsCanBeStarted: each kind of limit alone, and the choice says which.
func TestB3WhatHasLimitsCanBeStarted(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		me := h.login("bob", "l-1")
		for name, limits := range map[string]rights.Limits{"read only": {ReadOnly: true}, "units": {Units: []standin.UnitID{"sales"}},
			"deny": {Deny: []string{"standin:audit.view"}}, "allow": {Allow: []string{"standin:audit.view"}}, "sealed": {Sealed: true}} {
			d := h.Appoint("bob", "ann", limited(limits))
			choices := h.choices(as(acme, "bob"))
			i := slices.IndexFunc(choices, func(c acting.Choice) bool { return c.Delegation == d.ID })
			if i < 0 || choices[i].Refusal != nil || cmp.Diff(limits, choices[i].Limits) != "" {
				t.Errorf("%s: offered as %+v", name, choices)
			}
			s, now := h.act(me, d.ID)
			if got, live := h.resting(s.ID); !live || cmp.Diff(limits, got) != "" {
				t.Errorf("%s: the session rests on %+v, live %v", name, got, live)
			}
			me = now
		}
		h.explained()
	})
}

// TestA2NarrowingHoldsInLiveSessions: the session goes on with what is left, by the very next look; so it does with what
// the principal adds, where nobody need say yes to it.
func TestA2NarrowingHoldsInLiveSessions(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann")
		s, caller := h.act(h.login("bob", "l-1"), d.ID)
		for _, l := range []rights.Limits{{ReadOnly: true}, {ReadOnly: true, Units: []standin.UnitID{"sales"}}, {ReadOnly: true}, {}, {Deny: []string{"standin:*.*"}}} {
			h.Pass(time.Minute)
			must(h.Delegations.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Limits: &l}))(t)
			if got, live := h.resting(s.ID); !live || cmp.Diff(l, got) != "" {
				t.Errorf("the session rests on %+v, live %v; want %+v", got, live, l)
			}
			if err := h.check(caller); err != nil {
				t.Errorf("%+v: %v", l, err)
			}
		}
		// What was narrowed hides the principal's own stand-ins from whoever acts, this delegation apart.
		h.Appoint("cem", "ann")
		if list, err := h.Delegations.ListForPrincipal(t.Context(), caller, "ann", true); err != nil || len(list) != 1 || list[0].ID != d.ID {
			t.Errorf("got %+v, %v", list, err)
		}
		if list, err := h.InNameOf(t.Context(), caller, "ann", 10); err != nil || len(list) != 1 || list[0].ID != s.ID {
			t.Errorf("got the sessions %+v, %v", list, err)
		}
		h.explained()
	})
}

// TestA2WideningWaitsForAYes: where the organisation asks, what is widened cannot be used until its actor has accepted it,
// and what went on before is over.
func TestA2WideningWaitsForAYes(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann", limited(rights.Limits{ReadOnly: true}))
		s, caller := h.act(h.login("bob", "l-1"), d.ID)
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Accept = true })
		h.Pass(time.Minute)
		narrower, wider := rights.Limits{ReadOnly: true, Units: []standin.UnitID{"sales"}}, rights.Limits{}
		must(h.Delegations.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Limits: &narrower}))(t)
		if _, live := h.resting(s.ID); !live {
			t.Error("what narrows waits for nobody")
		}
		must(h.Delegations.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Limits: &wider}))(t)
		if _, live := h.resting(s.ID); live {
			t.Error("it goes on with more than bob accepted")
		}
		refused(t, h.check(caller), standin.Denied, "acting.over")
		_, _, err := h.begin(h.login("bob", "l-2"), d.ID)
		refused(t, err, standin.Denied, "acting.waits_for_you")
		h.Pass(time.Minute)
		must(h.Delegations.Accept(t.Context(), as(acme, "bob"), d.ID, 0))(t)
		refused(t, h.check(caller), standin.Denied, "acting.over")
		if s, _ := h.act(h.login("bob", "l-3"), d.ID); s.ID == "" {
			t.Error("what was accepted cannot be started")
		}
		h.explained()
	})
}

// TestP7TheBoundFollowsTheDelegation: an end that is put off lets the session be extended beyond it, never past its login; one that is brought forward ends it, whatever was extended.
func TestP7TheBoundFollowsTheDelegation(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		begun := h.Now()
		d := h.Appoint("bob", "ann", until(begun.Add(30*time.Minute)))
		move := func(end time.Time) {
			t.Helper()
			must(h.Delegations.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{End: &end}))(t)
		}
		s, caller := h.act(h.login("bob", "l-1"), d.ID)
		if end := begun.Add(30 * time.Minute); !s.ExpiresAt.Equal(end) || !s.LimitAt.Equal(end) {
			t.Errorf("begun until %v, at most %v; want the delegation's end %v", s.ExpiresAt, s.LimitAt, end)
		}
		h.Pass(10 * time.Minute)
		move(begun.Add(3 * time.Hour))
		if s, _ = h.live("l-1"); !s.ExpiresAt.Equal(begun.Add(30*time.Minute)) || !s.LimitAt.Equal(begun.Add(3*time.Hour)) {
			t.Errorf("put off: until %v, at most %v; want the old end, and the new one as the bound", s.ExpiresAt, s.LimitAt)
		}
		if s, err := h.extend(caller); err != nil || !s.ExpiresAt.Equal(begun.Add(90*time.Minute)) || !s.LimitAt.Equal(begun.Add(3*time.Hour)) {
			t.Errorf("extended: %v, at most %v, %v", s.ExpiresAt, s.LimitAt, err)
		}
		move(begun.Add(20 * time.Minute))
		if s, _ = h.live("l-1"); !s.ExpiresAt.Equal(begun.Add(20*time.Minute)) || !s.LimitAt.Equal(begun.Add(20*time.Minute)) {
			t.Errorf("brought forward: until %v, at most %v", s.ExpiresAt, s.LimitAt)
		}
		_, err := h.extend(caller)
		refused(t, err, standin.Denied, "acting.at_limit")
		move(begun.Add(48 * time.Hour))
		if s, _ = h.live("l-1"); !s.LimitAt.Equal(caller.Login.Ends) {
			t.Errorf("at most until %v, want the login's end", s.LimitAt)
		}
		move(begun.Add(15 * time.Minute))
		h.Set(begun.Add(15 * time.Minute))
		if _, live := h.live("l-1"); live.Live || live.How != acting.DelegationOver {
			t.Errorf("at the end brought forward it is %+v", live)
		}
		h.explained()
	})
}
