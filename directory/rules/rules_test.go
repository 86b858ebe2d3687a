package rules_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/directory/rules"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

const (
	acting  = `forbid (principal, action, resource) when { context.acting };`
	judging = `forbid (principal, action in Action::"approves", resource) when { resource has amount && resource.amount > 5000 };`
)

// court is an organisation with two who keep its rules, boss and bea, one who may edit guardrails alone, and ann.
type court struct {
	*rules.Rules
	t      *testing.T
	db     *db.DB
	ledger *ledger.Ledger
	dir    *directory.Directory
	clock  time.Time
}

func in(t *testing.T, test func(t *testing.T, c *court)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := &court{t: t, db: d, clock: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
		now := func() time.Time { return c.clock }
		c.ledger = ledger.New(d, now)
		c.dir = directory.New(d, c.ledger, now)
		c.Rules = rules.New(d, c.ledger, c.dir, now)
		op := standin.OperatorCaller("acme", "test")
		c.must(second(c.dir.PutOrganisation(t.Context(), op, directory.Organisation{Name: "Acme", Settings: directory.DefaultSettings()})))
		for _, r := range []rights.Role{{ID: "super", Rank: 90, Allow: []string{"standin:*.*@org"}}, {ID: "guard", Rank: 40, Allow: []string{"standin:guardrail.edit@org"}},
			{ID: "staff", Allow: []string{}}} {
			c.must(second(c.dir.PutRole(t.Context(), op, r, 0)))
		}
		for id, role := range map[standin.PersonID]standin.RoleID{"boss": "super", "bea": "super", "gus": "guard", "ann": "staff"} {
			_, _, err := c.dir.PutPerson(t.Context(), op, directory.Person{ID: id, Name: string(id), Email: string(id) + "@acme.example"})
			c.must(err)
			c.must(second(c.dir.Hold(t.Context(), op, id, role, "")))
		}
		test(t, c)
		c.must(d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			walks := []ledger.Walk{{Kinds: []string{"proposal"}, Explain: c.Explain}}
			return c.ledger.Unexplained(ctx, tx, "acme", walks, func(d ledger.Difference) error {
				if strings.HasPrefix(d.Resource, "proposal:") {
					t.Errorf("unexplained: %+v", d)
				}
				return nil
			})
		}))
	})
}

func second[T any](_ T, err error) error { return err }

func (c *court) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func as(id standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: "acme", Actor: standin.PersonActor(id), Principal: id}
}

// instead is one who is acting for another.
func instead(actor, principal standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: "acme", Actor: standin.PersonActor(actor), Principal: principal, Session: "s-1", Delegation: "d-1"}
}

func (c *court) guardrails() string {
	c.t.Helper()
	var text string
	c.must(c.db.View(c.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		o, err := c.dir.Organisation(ctx, tx, "acme")
		text = o.Guardrails
		return err
	}))
	return text
}

func (c *court) put(who standin.Caller, text string) (rules.Saved, string) {
	saved, err := c.PutGuardrails(c.t.Context(), who, text, 0)
	return saved, standin.CodeOf(err)
}

// proposed lets boss propose what takes the guardrails away.
func (c *court) proposed() standin.ProposalID {
	c.t.Helper()
	if saved, code := c.put(as("boss"), acting+judging); !saved.Changed || code != "" {
		c.t.Fatalf("adding: %+v %s", saved, code)
	}
	saved, code := c.put(as("boss"), judging)
	if code != "" || saved.Changed || saved.Proposal == nil || c.guardrails() != acting+judging {
		c.t.Fatalf("proposing: %+v %s", saved, code)
	}
	return saved.Proposal.ID
}

func TestThreat17AnotherPersonConfirms(t *testing.T) {
	in(t, func(t *testing.T, c *court) {
		id := c.proposed()
		if again, code := c.put(as("boss"), judging); code != "" || again.Proposal.ID != id {
			t.Errorf("the same again: got %+v %s", again, code)
		}
		for who, want := range map[string]struct {
			caller standin.Caller
			code   string
		}{
			"who proposed it":          {as("boss"), "rules.own_proposal"},
			"who may not":              {as("ann"), "directory.not_entitled"},
			"one acting for another":   {instead("ann", "bea"), "directory.not_while_acting"},
			"one acting, of their own": {instead("bea", "ann"), "directory.not_while_acting"},
			"a key":                    {standin.Caller{Organisation: "acme", Actor: standin.KeyActor("k"), May: []string{"admin"}}, "rules.own_proposal"},
			"somebody elsewhere":       {standin.Caller{Organisation: "rival", Actor: standin.PersonActor("bea"), Principal: "bea"}, "directory.not_entitled"},
		} {
			if _, err := c.Confirm(t.Context(), want.caller, id); standin.CodeOf(err) != want.code {
				t.Errorf("%s: got %v, want %s", who, err, want.code)
			}
		}
		if c.guardrails() != acting+judging {
			t.Fatal("it holds unconfirmed")
		}
		for range 2 { // twice is once
			p, err := c.Confirm(t.Context(), as("gus"), id)
			if err != nil || p.Outcome != rules.Confirmed || p.AnsweredBy != standin.PersonActor("gus") {
				t.Errorf("confirming: %+v %v", p, err)
			}
		}
		if c.guardrails() != judging {
			t.Errorf("got %q", c.guardrails())
		}
		if _, err := c.Decline(t.Context(), as("bea"), id, ""); standin.CodeOf(err) != "rules.answered" {
			t.Errorf("declining what was confirmed: got %v", err)
		}
	})
}

func TestThreat17NobodyEditsWhatBindsThemWhileActing(t *testing.T) {
	in(t, func(t *testing.T, c *court) {
		for _, who := range []standin.Caller{instead("boss", "ann"), instead("ann", "boss"), instead("boss", "bea")} {
			if _, code := c.put(who, acting); code != "directory.not_while_acting" {
				t.Errorf("%v: got %q", who, code)
			}
			if _, err := c.PutApplication(t.Context(), who, desk()); standin.CodeOf(err) != "directory.not_while_acting" {
				t.Errorf("%v: got %v", who, err)
			}
			if _, err := c.Proposals(t.Context(), who); standin.CodeOf(err) != "directory.not_while_acting" {
				t.Errorf("%v: got %v", who, err)
			}
		}
	})
}

func TestThreat17WhereNobodyElseCouldConfirm(t *testing.T) {
	in(t, func(t *testing.T, c *court) {
		if _, code := c.put(as("boss"), acting); code != "" {
			t.Fatal(code)
		}
		for _, id := range []standin.PersonID{"bea", "gus"} {
			c.must(c.dir.Deactivate(t.Context(), standin.OperatorCaller("acme", "test"), id))
		}
		if _, code := c.put(as("boss"), ""); code != "rules.nobody_else" {
			t.Errorf("got %q", code)
		}
		if saved, code := c.put(as("boss"), acting+judging); code != "" || !saved.Changed {
			t.Errorf("adding: got %+v %q", saved, code)
		}
		if saved, code := c.put(standin.OperatorCaller("acme", "apply"), ""); code != "" || !saved.Changed {
			t.Errorf("the operator: got %+v %q", saved, code)
		}
	})
}

// A key is no second person: who made it answers for what it proposes.
func TestThreat17AKeyIsNoSecondPerson(t *testing.T) {
	in(t, func(t *testing.T, c *court) {
		apps := application.New(c.db, c.ledger, func() time.Time { return c.clock }).With(c.dir.MayKeepAccess)
		made, _, err := apps.MakeKey(t.Context(), as("boss"), application.KeepKeys{Name: "boss's", May: []string{"admin"}})
		c.must(err)
		key := standin.Caller{Organisation: "acme", Actor: standin.KeyActor(made.ID), May: []string{"admin"}}
		if _, code := c.put(as("bea"), acting); code != "" {
			t.Fatal(code)
		}
		saved, code := c.put(key, "")
		if code != "" || saved.Proposal == nil || saved.Proposal.Person != "boss" {
			t.Fatalf("got %+v %q", saved, code)
		}
		if _, err := c.Confirm(t.Context(), as("boss"), saved.Proposal.ID); standin.CodeOf(err) != "rules.own_proposal" {
			t.Errorf("its maker: got %v", err)
		}
		if _, err := c.Confirm(t.Context(), as("bea"), saved.Proposal.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestAProposalThatWasOvertaken(t *testing.T) {
	in(t, func(t *testing.T, c *court) {
		id := c.proposed()
		if _, code := c.put(as("bea"), acting); code != "rules.open" {
			t.Errorf("another: got %q", code)
		}
		if saved, code := c.put(as("bea"), acting+judging+judging); code != "" || !saved.Changed {
			t.Errorf("adding meanwhile: got %+v %q", saved, code)
		}
		list, err := c.Proposals(t.Context(), as("gus"))
		if err != nil || len(list) != 1 || !list[0].Outdated || list[0].Wish.Guardrails != judging || list[0].Was.Guardrails != acting+judging {
			t.Errorf("got %+v %v", list, err)
		}
		if _, err := c.Confirm(t.Context(), as("bea"), id); standin.CodeOf(err) != "rules.outdated" {
			t.Errorf("got %v", err)
		}
		if _, err := c.Decline(t.Context(), as("bea"), id, strings.Repeat("x", 501)); standin.CodeOf(err) != "rules.reason" {
			t.Errorf("got %v", err)
		}
		p, err := c.Decline(t.Context(), as("boss"), id, " taken back ")
		if err != nil || p.Outcome != rules.Declined || p.Reason != "taken back" {
			t.Errorf("got %+v %v", p, err)
		}
		if _, err := c.Confirm(t.Context(), as("bea"), "pr-none"); standin.CodeOf(err) != "rules.proposal_unknown" {
			t.Errorf("got %v", err)
		}
	})
}

// Who lost the right to propose something no longer gets it.
func TestThreat16AProposerWhoMayNoMore(t *testing.T) {
	in(t, func(t *testing.T, c *court) {
		id := c.proposed()
		_, err := c.dir.Release(t.Context(), standin.OperatorCaller("acme", "test"), "boss", "super", "")
		c.must(err)
		if _, err := c.Confirm(t.Context(), as("bea"), id); standin.CodeOf(err) != "rules.proposer_gone" {
			t.Errorf("got %v", err)
		}
	})
}

func desk() application.Application {
	return application.Application{ID: "desk", Name: "Desk", Catalogue: rights.Catalogue{Types: map[string]rights.Type{"expense": {
		Actions: map[string]rights.Action{"view": rights.DefaultAction("view"), "approve": {Category: "cost_centre", Approves: true, Entry: true}}}}}}
}

func TestThreat17ApplicationsAreLoosenedByTwo(t *testing.T) {
	in(t, func(t *testing.T, c *court) {
		if saved, err := c.PutApplication(t.Context(), as("boss"), desk()); err != nil || !saved.Changed {
			t.Fatalf("making it: %+v %v", saved, err)
		}
		if _, err := c.PutApplication(t.Context(), as("gus"), desk()); standin.KindOf(err) != standin.Denied {
			t.Errorf("one who edits guardrails alone: got %v", err)
		}
		loose := desk()
		loose.Catalogue.Types["expense"].Actions["approve"] = rights.Action{Category: "cost_centre", Entry: true}
		saved, err := c.PutApplication(t.Context(), as("boss"), loose)
		if err != nil || saved.Changed || saved.Proposal == nil || saved.Proposal.Application != "desk" {
			t.Fatalf("loosening it: %+v %v", saved, err)
		}
		if _, err := c.Confirm(t.Context(), as("gus"), saved.Proposal.ID); standin.KindOf(err) != standin.Denied {
			t.Errorf("one who may not change applications: got %v", err)
		}
		if _, err := c.Confirm(t.Context(), as("bea"), saved.Proposal.ID); err != nil {
			t.Error(err)
		}
		list, err := c.KeptApplications(t.Context(), as("bea"))
		if err != nil || len(list) != 1 || list[0].Catalogue.Types["expense"].Actions["approve"].Approves {
			t.Errorf("got %+v %v", list, err)
		}
		stale := desk()
		stale.Version = list[0].Version - 1
		if _, err := c.PutApplication(t.Context(), as("boss"), stale); standin.CodeOf(err) != "application.changed" {
			t.Errorf("of an older version: got %v", err)
		}
	})
}
