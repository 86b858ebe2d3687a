package decision_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

func TestInOnesOwnName(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.permits(asks("approve", self("hal")))
		h.permits(asks("approve", self("hal"), func(q *decision.Question) { q.Actor = "hal" }))
		h.permits(asks("view", self("dee")))
		h.denies(asks("approve", self("dee")), "rights.no_role")
		h.denies(asks("approve", self("hal"), about("ann", "finance")), "rights.outside_unit")
		h.denies(asks("approve", self("nobody")), decision.Unknown)
		h.denies(asks("approve", self("rita")), decision.Unknown)
		h.denies(asks("approve", self("hal"), func(q *decision.Question) { q.Delegation = "d-1" }), decision.DelegationAlone)
		if got := h.records(); len(got) != 0 {
			t.Errorf("answers in one's own name were recorded: %+v", got)
		}
	})
}

func TestWithinASession(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name("ann", "hal", rights.Limits{Deny: []string{"desk:expense.reimburse"}})
		s, _ := h.act(d)
		a := h.permits(asks("approve", within(s)))
		b := h.denies(asks("reimburse", within(s)), "rights.denied")
		other := asks("approve", within(s))
		other.Principal = "boss"
		c := h.denies(other, decision.OtherSession)
		e := h.denies(asks("approve", within(s), func(q *decision.Question) { q.Session = "s-none" }), decision.NoSession)
		got := h.records()
		type row struct {
			ID        standin.RecordID
			Actor     standin.Actor
			Principal standin.PersonID
			Session   standin.SessionID
			Outcome   ledger.Outcome
			Resource  string
		}
		var rows []row
		for _, r := range got {
			rows = append(rows, row{r.ID, r.Actor, r.Principal, r.Session, r.Outcome, r.Resource})
		}
		const item = "item:desk:expense/e-1"
		want := []row{
			{a.Record, "person:ann", "hal", s.ID, ledger.Done, item},
			{b.Record, "person:ann", "hal", s.ID, ledger.Refused, item},
			{c.Record, "key:desk-pdp", "", "", ledger.Refused, item},
			{e.Record, "key:desk-pdp", "", "", ledger.Refused, item},
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("records: -want +got:\n%s", diff)
		}
	})
}

func TestHypothetical(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.denies(asks("approve", could("ann", "hal")), decision.NoDelegation)
		one := h.name("ann", "hal", rights.Limits{})
		a := h.permits(asks("approve", could("ann", "hal")))
		if !a.Hypothetical {
			t.Error("the answer does not say that it is hypothetical")
		}
		h.name("ann", "hal", rights.Limits{ReadOnly: true})
		h.denies(asks("approve", could("ann", "hal")), decision.SeveralOfThem)
		named := func(id standin.DelegationID) func(*decision.Question) {
			return func(q *decision.Question) { q.Delegation = id }
		}
		h.permits(asks("approve", could("ann", "hal"), named(one.ID)))
		theirs := h.name("bob", "hal", rights.Limits{})
		h.denies(asks("approve", could("ann", "hal"), named(theirs.ID)), decision.NoDelegation)
		h.denies(asks("approve", could("rita", "hal")), decision.Unknown)
		for _, r := range h.records() {
			if r.Action != "decision.hypothetical" || r.Actor != h.key.Actor || r.Principal != "" {
				t.Errorf("got %+v, want it recorded as asked by the key and done by nobody", r)
			}
		}
	})
}
