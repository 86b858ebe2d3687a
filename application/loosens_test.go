package application

import (
	"context"
	"maps"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// changed returns the desk with something else about its expenses.
func changed(change func(a *Application, t *rights.Type)) Application {
	a := desk()
	t := a.Catalogue.Types["expense"]
	t.Actions, t.Fields = maps.Clone(t.Actions), maps.Clone(t.Fields)
	a.Catalogue.Types = map[string]rights.Type{"expense": t}
	change(&a, &t)
	if _, still := a.Catalogue.Types["expense"]; still {
		a.Catalogue.Types["expense"] = t
	}
	return a
}

// approving is a change of the action that judges.
func approving(change func(a *rights.Action)) func(*Application, *rights.Type) {
	return func(_ *Application, t *rights.Type) {
		a := t.Actions["approve"]
		change(&a)
		t.Actions["approve"] = a
	}
}

// loosenings are changes of the desk, and whether each loosens it.
func loosenings() map[string]struct {
	next    Application
	loosens bool
} {
	type row = struct {
		next    Application
		loosens bool
	}
	return map[string]row{
		"nothing": {changed(func(*Application, *rights.Type) {}), false},
		"a name":  {changed(func(a *Application, _ *rights.Type) { a.Name = "Desk" }), false},
		"a guardrail more": {changed(func(a *Application, _ *rights.Type) {
			a.Guardrails += `forbid (principal, action, resource) when { true };`
		}), false},
		"a guardrail less": {changed(func(a *Application, _ *rights.Type) { a.Guardrails = "" }), true},
		"a guardrail changed": {changed(func(a *Application, _ *rights.Type) {
			a.Guardrails = `forbid (principal, action, resource) when { false };`
		}), true},
		"policies":              {changed(func(a *Application, _ *rights.Type) { a.Policies = "permit (principal, action, resource);" }), true},
		"entities":              {changed(func(a *Application, _ *rights.Type) { a.Entities = "[]" }), true},
		"a label":               {changed(approving(func(a *rights.Action) { a.Label = "Approve" })), false},
		"a category":            {changed(approving(func(a *rights.Action) { a.Category = "report" })), false},
		"it judges no more":     {changed(approving(func(a *rights.Action) { a.Approves = false })), true},
		"it reads":              {changed(approving(func(a *rights.Action) { a.Reads = true })), true},
		"it is personal":        {changed(approving(func(a *rights.Action) { a.Personal = true })), true},
		"what judges goes":      {changed(func(_ *Application, t *rights.Type) { delete(t.Actions, "approve") }), true},
		"what is viewed goes":   {changed(func(_ *Application, t *rights.Type) { delete(t.Actions, "view") }), true},
		"the type goes":         {changed(func(a *Application, _ *rights.Type) { delete(a.Catalogue.Types, "expense") }), true},
		"an action more":        {changed(func(_ *Application, t *rights.Type) { t.Actions["print"] = rights.DefaultAction("print") }), false},
		"sealed no more":        {changed(func(_ *Application, t *rights.Type) { t.Fields["bank_account"] = rights.Field{} }), true},
		"a sealed field goes":   {changed(func(_ *Application, t *rights.Type) { delete(t.Fields, "bank_account") }), true},
		"a field is sealed":     {changed(func(_ *Application, t *rights.Type) { t.Fields["amount"] = rights.Field{Sealed: true} }), false},
		"guardrails are broken": {changed(func(a *Application, _ *rights.Type) { a.Guardrails = "forbid" }), true},
	}
}

func TestThreat17WhatLoosensAnApplication(t *testing.T) {
	for name, c := range loosenings() {
		if got := desk().Loosens(c.next); got != c.loosens {
			t.Errorf("%s: got %v, want %v", name, got, c.loosens)
		}
	}
}

// Nobody loosens an application alone, and two people do.
func TestThreat17LooseningIsAMatterOfTwo(t *testing.T) {
	keeping(t, func(s shed) {
		var version int64
		keep := func(a Application, proposer standin.Actor) string {
			a.Version = version
			err := s.d.Update(s.t.Context(), func(ctx context.Context, tx *db.Tx) error {
				_, err := s.Keep(ctx, tx, keeper, a, proposer)
				if stored, _ := s.Get(ctx, tx, "acme", "desk"); err == nil {
					version = stored.Version
				}
				return err
			})
			return standin.CodeOf(err)
		}
		if code := keep(desk(), ""); code != "" {
			t.Fatal(code)
		}
		for name, c := range loosenings() {
			want := ""
			if c.loosens {
				want = "application.second"
			}
			for _, alone := range []standin.Actor{"", keeper.Actor} {
				if got := keep(c.next, alone); got != want {
					t.Errorf("%s, alone: got %q, want %q", name, got, want)
				}
			}
			if want == "" {
				if code := keep(desk(), "person:another"); code != "" {
					t.Fatal(name, code)
				}
			}
		}
		if got := keep(loosenings()["a guardrail less"].next, "person:another"); got != "" {
			t.Errorf("of two: got %q", got)
		}
		version--
		if got := keep(desk(), ""); got != "application.changed" {
			t.Errorf("of an older version: got %q", got)
		}
		version = 0
		stranger := standin.Caller{Organisation: "acme", Actor: standin.PersonActor("stranger"), Principal: "stranger"}
		err := s.d.Update(s.t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := s.Keep(ctx, tx, stranger, desk(), "person:another")
			return err
		})
		if standin.KindOf(err) != standin.Denied {
			t.Errorf("a stranger: got %v", err)
		}
		if got := s.unexplained(); len(got) > 0 {
			t.Errorf("unexplained: %v", got)
		}
	})
}
