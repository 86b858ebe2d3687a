package decision_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// TestThreat53WhatIsRememberedChangesNoAnswer asks one program, which remembers, and one that was just started, which
// cannot, the same questions while everything changes beneath: every answer is the same, reasons and all.
func TestThreat53WhatIsRememberedChangesNoAnswer(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		rng := rand.New(rand.NewPCG(seed, 0))
		pick := func(from ...string) string { return from[rng.IntN(len(from))] }
		full, narrow := h.name("ann", "hal", rights.Limits{}), h.name("bob", "hal", rights.Limits{ReadOnly: true})
		var sessions []acting.Session
		for _, d := range []delegation.Delegation{full, narrow, full} {
			s, _ := h.act(d)
			sessions = append(sessions, s)
		}
		changes := []func(){
			func() { h.Directory.Hold(t.Context(), operator(acme), "hal", "manager", "finance") },
			func() { h.Directory.Release(t.Context(), operator(acme), "hal", "manager", "finance") },
			func() {
				h.desk(acme, `forbid (principal, action in Action::"approves", resource) when { context.acting };`)
			},
			func() { h.desk(acme, "") },
			func() {
				h.Delegations.Edit(t.Context(), as(acme, "hal"), narrow.ID, delegation.Change{Limits: &rights.Limits{Deny: []string{"desk:expense.view"}}})
			},
			func() {
				h.Delegations.Edit(t.Context(), as(acme, "hal"), narrow.ID, delegation.Change{Limits: &rights.Limits{ReadOnly: true}})
			},
			func() { h.Acting.EndByPrincipal(t.Context(), as(acme, "hal"), sessions[2].ID) },
		}
		for round := range 40 {
			if round%3 == 0 {
				changes[rng.IntN(len(changes))]()
				h.Pass(501 * time.Millisecond)
			}
			q := asks(pick("view", "approve", "edit", "enter", "fly"), about(standin.PersonID(pick("dee", "hal", "ann", "")), standin.UnitID(pick("sales", "sales/emea", "finance", ""))))
			q.Field, q.Explain = pick("", "", "amount", "bank_account"), rng.IntN(2) == 0
			switch rng.IntN(4) {
			case 0:
				self(standin.PersonID(pick("hal", "dee", "boss")))(&q)
			case 1:
				could(standin.PersonID(pick("ann", "bob", "cem")), "hal")(&q)
			default:
				within(sessions[rng.IntN(len(sessions))])(&q)
				q.Principal = standin.PersonID(pick("hal", "hal", "hal", "boss"))
			}
			got, want := h.ask(q), join(t, h.DB, h.Clock).ask(q)
			got.Record, want.Record = "", ""
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("round %d, %+v: -fresh +remembered:\n%s", round, q, diff)
			}
		}
	})
}

// TestP2NeverMoreThanThePrincipal: whatever the limits, what is permitted on behalf of somebody they may do themselves, and
// nobody's else rights count.
func TestP2NeverMoreThanThePrincipal(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		limits := []rights.Limits{{}, {Sealed: true}, {Allow: []string{"desk:*.*/*"}}, {Allow: []string{"desk:expense.approve@own"}, Deny: []string{"desk:expense.view"}},
			{Units: []standin.UnitID{"sales"}, ReadOnly: true}}
		permitted := 0
		for i, l := range limits {
			for _, actor := range []standin.PersonID{"boss", "ann"} {
				d := h.name(actor, "hal", l)
				for typ, of := range desk().Types {
					for action := range of.Actions {
						for _, field := range []string{"", "amount", "bank_account"} {
							q := asks(action, about("dee", "sales/emea"))
							q.Type, q.Field, q.Actor, q.Principal, q.Delegation = typ, field, actor, "hal", d.ID
							behalf := h.explain(operator(acme), q, h.Now())
							q.Actor, q.Delegation = "", ""
							own := h.explain(operator(acme), q, h.Now())
							if behalf.Permit {
								permitted++
							}
							if behalf.Permit && !own.Permit {
								t.Errorf("limits %d: %s/%s for hal by %s is permitted, and not to hal", i, action, field, actor)
							}
						}
					}
				}
			}
		}
		if permitted == 0 {
			t.Error("nothing was permitted at all")
		}
	})
}

// TestTheCacheIsBounded keeps far fewer sessions and people than are asked about, and every answer stays right.
func TestTheCacheIsBounded(t *testing.T) {
	c := decision.NewCache[string, int](100)
	for i := range 10_000 {
		c.Put(fmt.Sprint(i), i)
		if got, ok := c.Get(fmt.Sprint(i)); !ok || got != i {
			t.Fatalf("%d: got %d, %v", i, got, ok)
		}
		c.Get("0")
		if n := c.Len(); n > 100 {
			t.Fatalf("%d values are kept, want at most 100", n)
		}
	}
	if _, ok := c.Get("9999"); !ok {
		t.Error("the last is gone")
	}
	if _, ok := c.Get("0"); !ok {
		t.Error("what is asked for all the time is gone")
	}
	c.Drop("0")
	if _, ok := c.Get("0"); ok {
		t.Error("what was dropped is there")
	}
}

// TestOnesOwnNameIsAnsweredWithoutAllocating: from memory, with the built-in guardrails, nothing is left for the collector.
func TestOnesOwnNameIsAnsweredWithoutAllocating(t *testing.T) {
	h := settle(t, migrated(t))
	q := asks("approve", self("hal"))
	h.permits(q)
	got := testing.AllocsPerRun(1000, func() {
		if a, err := h.Decide(context.Background(), h.key, q); err != nil || !a.Permit {
			t.Fatalf("got %+v, %v", a, err)
		}
	})
	if got != 0 {
		t.Errorf("an answer allocates %v times, want never", got)
	}
}
