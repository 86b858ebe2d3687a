package rules_test

import (
	"context"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// Whoever ever held the secret of the key that proposes, or of a key that made it, is no second person.
func TestThreat16WhoeverHeldTheKeyIsNoSecondPerson(t *testing.T) {
	in(t, func(t *testing.T, c *court) {
		op := standin.OperatorCaller("acme", "test")
		_, _, err := c.dir.PutPerson(t.Context(), op, person("cy"))
		c.must(err)
		c.must(second(c.dir.Hold(t.Context(), op, "cy", "super", "")))
		apps := application.New(c.db, c.ledger, func() time.Time { return c.clock }).With(c.dir.MayKeepAccess)
		by := func(id standin.KeyID) standin.Caller {
			return standin.Caller{Organisation: "acme", Actor: standin.KeyActor(id), May: []string{"admin"}}
		}
		wish := application.KeepKeys{Name: "key", May: []string{"admin"}}
		first, _, err := apps.MakeKey(t.Context(), as("boss"), wish)
		c.must(err)
		made, _, err := apps.MakeKey(t.Context(), by(first.ID), wish)
		c.must(err)
		rotated, _, err := apps.MakeKey(t.Context(), as("cy"), wish)
		c.must(err)
		c.must(third(apps.RotateKey(t.Context(), as("boss"), rotated.ID, 0)))
		for name, key := range map[string]standin.KeyID{"made by a key of boss's": made.ID, "rotated by boss": rotated.ID} {
			if _, code := c.put(as("cy"), acting); code != "" {
				t.Fatal(name, code)
			}
			saved, code := c.put(by(key), "")
			if code != "" || saved.Proposal == nil {
				t.Fatalf("%s: got %+v %q", name, saved, code)
			}
			if _, err := c.Confirm(t.Context(), as("boss"), saved.Proposal.ID); standin.CodeOf(err) != "rules.own_proposal" {
				t.Errorf("%s: boss confirms: got %v", name, err)
			}
			if c.guardrails() != acting {
				t.Fatalf("%s: it holds", name)
			}
			if _, err := c.Confirm(t.Context(), as("bea"), saved.Proposal.ID); err != nil {
				t.Errorf("%s: bea confirms: got %v", name, err)
			}
		}
		if _, code := c.put(as("cy"), acting); code != "" {
			t.Fatal(code)
		}
		for _, id := range []standin.PersonID{"bea", "cy", "gus"} {
			c.must(c.dir.Deactivate(t.Context(), op, id))
		}
		if _, code := c.put(by(made.ID), ""); code != "rules.nobody_else" {
			t.Errorf("where boss alone is left: got %q", code)
		}
	})
}

func third[T, U any](_ T, _ U, err error) error { return err }

// What goes and comes again with other marks is not what it was: taking it away is the first half of loosening it.
func TestThreat17AnActionThatGoesIsAMatterOfTwo(t *testing.T) {
	in(t, func(t *testing.T, c *court) {
		a := desk()
		a.Catalogue.Types["expense"].Actions["edit"] = rights.Action{Category: "general", Entry: true}
		if saved, err := c.PutApplication(t.Context(), as("boss"), a); err != nil || !saved.Changed {
			t.Fatalf("making it: %+v %v", saved, err)
		}
		for _, name := range []string{"edit", "view"} {
			without := desk()
			without.Catalogue.Types["expense"].Actions["edit"] = rights.Action{Category: "general", Entry: true}
			delete(without.Catalogue.Types["expense"].Actions, name)
			saved, err := c.PutApplication(t.Context(), as("boss"), without)
			if err != nil || saved.Changed || saved.Proposal == nil {
				t.Fatalf("%s goes: %+v %v", name, saved, err)
			}
			_, err = c.Decline(t.Context(), as("boss"), saved.Proposal.ID, "")
			c.must(err)
		}
	})
}

func person(id standin.PersonID) directory.Person {
	return directory.Person{ID: id, Name: string(id), Email: string(id) + "@acme.example"}
}

// A key of the operator's is nobody's in person: whoever knows its secret could propose by it and confirm as themselves.
func TestThreat16AKeyThatNobodyAnswersForProposesNothing(t *testing.T) {
	in(t, func(t *testing.T, c *court) {
		apps := application.New(c.db, c.ledger, func() time.Time { return c.clock })
		c.must(c.db.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := apps.PutKey(ctx, tx, standin.OperatorCaller("acme", "test"),
				application.Key{Organisation: "acme", ID: "operators", May: []string{"admin"}}, "a-secret-of-the-operator's")
			return err
		}))
		key := standin.Caller{Organisation: "acme", Actor: standin.KeyActor("operators"), May: []string{"admin"}}
		if _, code := c.put(key, acting); code != "" {
			t.Errorf("what only adds: got %q", code)
		}
		if saved, code := c.put(key, ""); code != "rules.nobody_answers" || saved.Proposal != nil || c.guardrails() != acting {
			t.Errorf("what loosens: got %+v %q, in force %q", saved, code, c.guardrails())
		}
	})
}
