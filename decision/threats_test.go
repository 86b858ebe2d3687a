package decision_test

import (
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/rights"
)

// TestThreat1NobodyHandsOn: whatever the principal may do in Standin itself, nobody does for them.
func TestThreat1NobodyHandsOn(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		s, _ := h.act(h.name("ann", "boss", rights.Limits{}))
		for typ, of := range rights.StandinCatalogue().Types {
			for action, flags := range of.Actions {
				q := decision.Question{Application: rights.Standin, Type: typ, Action: action}
				own := q
				self("boss")(&own)
				h.permits(own)
				if within(s)(&q); flags.Personal {
					h.denies(q, "rights.personal")
				}
			}
		}
	})
}

// TestThreat2NoSecondHop: ann acts for hal, and hal could act for boss; ann reaches no further than hal.
func TestThreat2NoSecondHop(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		onward := h.name("hal", "boss", rights.Limits{})
		q := asks("approve", within(s))
		q.Principal = "boss"
		h.denies(q, decision.OtherSession)
		q.Principal, q.Delegation = "hal", onward.ID
		h.denies(q, decision.OtherSession)
		h.denies(asks("approve", could("ann", "boss")), decision.NoDelegation)
	})
}

// TestThreat3EachSessionIsItsOwn: two people act for each other; neither session answers for the other.
func TestThreat3EachSessionIsItsOwn(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		back, _ := h.act(h.name("hal", "ann", rights.Limits{}))
		q := asks("approve", within(s))
		q.Session = back.ID
		h.denies(q, decision.OtherSession)
		h.permits(asks("approve", within(s)))
		h.denies(asks("approve", within(back)), "rights.no_role")
	})
}

// TestThreat4ACircleReachesNowhere: ann for hal, hal for boss, boss for ann: each reaches one step.
func TestThreat4ACircleReachesNowhere(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.name("ann", "hal", rights.Limits{})
		h.name("hal", "boss", rights.Limits{})
		h.name("boss", "ann", rights.Limits{})
		finance := about("bob", "finance")
		h.permits(asks("approve", could("hal", "boss"), finance))
		h.denies(asks("approve", could("ann", "hal"), finance), "rights.outside_unit")
		h.denies(asks("approve", could("boss", "ann"), finance), "rights.no_role")
		h.denies(asks("approve", could("ann", "boss"), finance), decision.NoDelegation)
	})
}

// TestThreat5MutualDeputies: two managers who stand in for each other approve neither their own items nor each other's.
func TestThreat5MutualDeputies(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		must(h.Directory.Hold(t.Context(), operator(acme), "ann", "manager", "sales"))(t)
		one, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		two, _ := h.act(h.name("hal", "ann", rights.Limits{}))
		anns, hals := about("ann", "sales"), about("hal", "sales")
		h.denies(asks("approve", within(one), anns), guard.OwnItem)
		h.denies(asks("approve", within(one), hals), guard.PrincipalsItem)
		h.denies(asks("approve", within(two), hals), guard.OwnItem)
		h.denies(asks("approve", within(two), anns), guard.PrincipalsItem)
		h.denies(asks("approve", self("ann"), anns), guard.OwnItem)
		h.permits(asks("approve", self("ann"), hals))
		h.permits(asks("approve", within(one)))
	})
}

// TestThreat6ApprovingWhatOneEntered: what somebody entered for another, they approve neither as themselves nor for
// anybody.
func TestThreat6ApprovingWhatOneEntered(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		must(h.Directory.Hold(t.Context(), operator(acme), "ann", "manager", "sales"))(t)
		entry := h.name("ann", "dee", rights.Limits{Allow: []string{"desk:expense.enter"}}, func(n *delegation.Naming) { n.Kind = delegation.Entry })
		h.permits(asks("enter", could("ann", "dee"), func(q *decision.Question) { q.Delegation = entry.ID }))
		h.denies(asks("view", could("ann", "dee"), func(q *decision.Question) { q.Delegation = entry.ID }), "rights.entry_only")
		entered := func(q *decision.Question) { q.EnteredBy = "ann" }
		h.denies(asks("approve", self("ann"), entered), guard.OwnItem)
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		h.denies(asks("approve", within(s), entered), guard.OwnItem)
		h.permits(asks("approve", self("hal"), entered))
		h.permits(asks("approve", self("ann"), entered, func(q *decision.Question) { q.SelfApproval = true }))
		h.denies(asks("terms", within(s), about("hal", "sales")), "rights.personal")
	})
}

// TestThreat7TheActorsRightsAddNothing: boss, who may everything, does for dee what dee may.
func TestThreat7TheActorsRightsAddNothing(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		s, _ := h.act(h.name("boss", "dee", rights.Limits{}))
		h.permits(asks("approve", self("boss")))
		h.denies(asks("approve", within(s)), "rights.no_role")
		h.permits(asks("view", within(s)))
	})
}

// TestThreat8DelegationsAreNotMerged: one delegation is for viewing and one for approving alone; a session by the one does
// nothing by the other.
func TestThreat8DelegationsAreNotMerged(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		view := h.name("ann", "hal", rights.Limits{ReadOnly: true})
		approve := h.name("ann", "hal", rights.Limits{Allow: []string{"desk:expense.approve"}})
		by := func(d delegation.Delegation) func(*decision.Question) {
			return func(q *decision.Question) { q.Delegation = d.ID }
		}
		h.permits(asks("view", could("ann", "hal"), by(view)))
		h.permits(asks("approve", could("ann", "hal"), by(approve)))
		h.denies(asks("approve", could("ann", "hal"), by(view)), "rights.read_only")
		h.denies(asks("view", could("ann", "hal"), by(approve)), "rights.not_in_allow")
		s, _ := h.act(view)
		h.denies(asks("approve", within(s)), "rights.read_only")
		h.denies(asks("approve", within(s), by(approve)), decision.OtherSession)
	})
}

// TestThreat11TheRightsAreThoseOfNow: what the principal comes to hold or to lose while somebody acts for them counts from
// the next question on.
func TestThreat11TheRightsAreThoseOfNow(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		finance := about("bob", "finance")
		h.denies(asks("approve", within(s), finance), "rights.outside_unit")
		must(h.Directory.Hold(t.Context(), operator(acme), "hal", "manager", "finance"))(t)
		h.permits(asks("approve", within(s), finance))
		must(h.Directory.Release(t.Context(), operator(acme), "hal", "manager", "finance"))(t)
		h.denies(asks("approve", within(s), finance), "rights.outside_unit")
		must(h.Directory.PutRole(t.Context(), operator(acme), rights.Role{ID: "manager", Rank: 10, Allow: []string{"desk:expense.view@unit"}}, 0))(t)
		h.denies(asks("approve", within(s)), "rights.no_role")
	})
}

// TestThreat13WhatIsNotSaidOrFailsDenies: missing owners, units and properties, and guardrails that cannot be evaluated.
func TestThreat13WhatIsNotSaidOrFailsDenies(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		h.denies(asks("approve", within(s), func(q *decision.Question) { q.Owner = "" }), guard.NoOwner)
		h.denies(asks("approve", within(s), func(q *decision.Question) { q.Unit = "" }), "rights.no_unit")
		h.denies(asks("fly", within(s)), "rights.unknown_action")
		h.denies(asks("view", within(s), func(q *decision.Question) { q.Type = "plane" }), "rights.unknown_type")
		h.denies(asks("view", within(s), func(q *decision.Question) { q.Application = "air" }), "rights.unknown_application")
		h.denies(asks("view", within(s), func(q *decision.Question) { q.Field = "wings" }), "rights.unknown_field")
		h.desk(acme, `forbid (principal, action == Action::"desk:expense.approve", resource) when { context.acting && resource.amount > 5000 };`)
		amount := func(v any) func(*decision.Question) {
			return func(q *decision.Question) { q.Properties = map[string]any{"amount": v} }
		}
		h.permits(asks("approve", within(s), amount(float64(5000))))
		h.denies(asks("approve", within(s), amount(float64(5001))), guard.Forbidden)
		h.denies(asks("approve", within(s)), guard.Failed)
		h.denies(asks("approve", within(s), amount("many")), guard.Failed)
		h.denies(asks("approve", within(s), amount(12.5)), guard.Unreadable)
	})
}

// TestThreat44InactivePeople: where either of the two is inactive nothing is permitted any more, by no form of question, and
// what was begun does not come back with them.
func TestThreat44InactivePeople(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		for _, gone := range []standin.PersonID{"hal", "ann"} {
			d := h.name("ann", "hal", rights.Limits{})
			s, _ := h.act(d)
			h.permits(asks("approve", within(s)))
			if err := h.Directory.Deactivate(t.Context(), operator(acme), gone); err != nil {
				t.Fatal(err)
			}
			h.denies(asks("approve", within(s)), decision.SessionOver)
			h.denies(asks("approve", could("ann", "hal")), decision.Inactive)
			h.Pass(501 * time.Millisecond)
			h.denies(asks("view", self(gone), about(gone, "sales")), decision.Inactive)
			if err := h.Directory.Reactivate(t.Context(), operator(acme), gone); err != nil {
				t.Fatal(err)
			}
			h.denies(asks("approve", within(s)), decision.SessionOver)
			must(h.Delegations.Revoke(t.Context(), as(acme, "hal"), d.ID))(t)
		}
	})
}

// TestThreat45APausedDelegation permits nothing while it is paused; made active again, it takes a new session.
func TestThreat45APausedDelegation(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name("ann", "hal", rights.Limits{})
		s, _ := h.act(d)
		h.permits(asks("approve", within(s)))
		h.Pass(time.Minute)
		must(h.Delegations.Deactivate(t.Context(), as(acme, "hal"), d.ID))(t)
		h.denies(asks("approve", within(s)), decision.SessionOver)
		h.denies(asks("approve", could("ann", "hal")), decision.NoDelegation)
		must(h.Delegations.Reactivate(t.Context(), as(acme, "hal"), d.ID))(t)
		h.denies(asks("approve", within(s)), decision.SessionOver)
		h.permits(asks("approve", could("ann", "hal")))
	})
}

// TestThreat49ARevocationThatCouldNotBeSaved is told as a failure, and nothing is permitted meanwhile; the session goes on
// when the database does, for nothing was revoked.
func TestThreat49ARevocationThatCouldNotBeSaved(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name("ann", "hal", rights.Limits{})
		s, _ := h.act(d)
		h.permits(asks("approve", within(s)))
		mend := h.breakRecord()
		if _, err := h.Delegations.Revoke(t.Context(), as(acme, "hal"), d.ID); err == nil {
			t.Error("the revocation is told as done")
		}
		if a, err := h.Decide(t.Context(), h.key, asks("approve", within(s))); err == nil || a.Permit {
			t.Errorf("meanwhile: got %+v, %v, want an error", a, err)
		}
		mend()
		h.permits(asks("approve", within(s)))
		must(h.Delegations.Revoke(t.Context(), as(acme, "hal"), d.ID))(t)
		h.denies(asks("approve", within(s)), decision.SessionOver)
	})
}

// TestP12AnotherOrganisationsAreUnknown: its people, its sessions, its key.
func TestP12AnotherOrganisationsAreUnknown(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		h.permits(asks("approve", within(s)))
		theirs := h.key
		theirs.Organisation = rival
		for what, c := range map[string]struct {
			q    decision.Question
			code string
		}{
			"a session that this program knows": {asks("approve", within(s)), decision.NoSession},
			"a person":                          {asks("approve", self("hal")), decision.Unknown},
			"two people":                        {asks("approve", could("ann", "hal")), decision.Unknown},
		} {
			a, err := h.Decide(t.Context(), theirs, c.q)
			if err != nil || a.Permit || len(a.Reasons) != 1 || a.Reasons[0].Code != c.code {
				t.Errorf("%s: got %+v, %v, want %s", what, a, err, c.code)
			}
		}
	})
}

// TestWhoMayAsk: an API key made for it, and the operator.
func TestWhoMayAsk(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		for _, caller := range []standin.Caller{as(acme, "boss"), {Organisation: acme, Actor: "key:k", May: []string{"admin", "record", "people", "scim"}}, {}} {
			if a, err := h.Decide(t.Context(), caller, asks("view", self("dee"))); standin.KindOf(err) != standin.Denied || a.Permit {
				t.Errorf("%s: got %+v, %v, want it denied", caller.Actor, a, err)
			}
			if _, err := h.DecideAll(t.Context(), caller, []decision.Question{asks("view", self("dee"))}, ""); standin.KindOf(err) != standin.Denied {
				t.Errorf("%s, several: got %v, want it denied", caller.Actor, err)
			}
		}
		if a, err := h.Decide(t.Context(), operator(acme), asks("view", self("dee"))); err != nil || !a.Permit {
			t.Errorf("the operator: got %+v, %v", a, err)
		}
	})
}

// TestOwnNameIsRecordedWhereTheOrganisationAsks: permits and refusals alike, as done by the person in their own name.
func TestOwnNameIsRecordedWhereTheOrganisationAsks(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Settings(acme, func(s *directory.Settings) { s.Decisions.RecordOwn = true })
		a := h.permits(asks("approve", self("hal")))
		b := h.denies(asks("approve", self("dee")), "rights.no_role")
		h.denies(asks("approve", self("nobody")), decision.Unknown)
		got := h.records()
		if len(got) != 3 || got[0].ID != a.Record || got[0].Actor != "person:hal" || got[0].Principal != "" || got[1].ID != b.Record ||
			got[1].Actor != "person:dee" || got[2].Actor != h.key.Actor {
			t.Errorf("got %+v", got)
		}
		mend := h.breakRecord()
		if a, err := h.Decide(t.Context(), h.key, asks("approve", self("hal"))); err == nil || a.Permit {
			t.Errorf("unrecorded: got %+v, %v, want an error", a, err)
		}
		mend()
	})
}
