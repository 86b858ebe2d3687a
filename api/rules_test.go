package api_test

import (
	"context"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
)

// deskForm is the desk with an action more, which binds nobody less.
var deskForm = map[string]any{"name": "Workdesk", "types": map[string]any{"expense": map[string]any{
	"label": "Expense", "actions": map[string]any{"view": map[string]any{}, "edit": map[string]any{"category": "cost_centre"}}, "fields": map[string]any{"amount": map[string]any{"sealed": true}}}}}

// openDesk is the desk without its seal, which is a matter of two people.
var openDesk = map[string]any{"name": "Workdesk", "types": map[string]any{"expense": map[string]any{
	"actions": map[string]any{"view": map[string]any{}}, "fields": map[string]any{"amount": map[string]any{}}}}}

// keyOf lets the person administer acme, and returns the secret of a key that they made for that.
func (h *house) keyOf(name string) string {
	h.T.Helper()
	h.update("acme", func(ctx context.Context, tx *db.Tx, op standin.Caller) error {
		_, err := h.Directory.HoldIn(ctx, tx, op, id(name), "super_admin", "sales")
		return err
	})
	_, secret, err := h.Applications.MakeKey(h.T.Context(), standin.Caller{Organisation: "acme", Actor: standin.PersonActor(id(name)), Principal: id(name)},
		application.KeepKeys{Name: "of " + name, May: []string{"admin"}})
	if err != nil {
		h.T.Fatal(err)
	}
	return secret
}

// TestB11RulesOverTheInterface changes a catalogue and the guardrails by programs and people: what takes something away
// holds once somebody else confirmed it.
func TestB11RulesOverTheInterface(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ada := h.signIn("ada")
		var saved api.RulesSaved
		h.ask(adminKey, "PUT", "/api/v1/applications/desk", deskForm).into(t, 200, &saved)
		if !saved.Changed || saved.Proposal != nil {
			t.Errorf("an action more: got %+v", saved)
		}
		var apps api.Whole[api.Application]
		h.ask(adminKey, "GET", "/api/v1/applications", nil).into(t, 200, &apps)
		desk := apps.Items[0]
		if edit := desk.Catalogue.Types["expense"].Actions["edit"]; desk.Version != 2 || edit.Category != "cost_centre" || !edit.Entry || desk.Catalogue.Types["expense"].Label != "Expense" {
			t.Errorf("got %+v", desk)
		}
		ada.ask("PUT", "/api/v1/applications/desk", openDesk).problem(t, 403, "rules.nobody_else")
		h.ask(adminKey, "PUT", "/api/v1/applications/desk", openDesk).problem(t, 403, "rules.nobody_answers")
		cleos := h.keyOf("cleo")
		h.ask(cleos, "PUT", "/api/v1/applications/desk", openDesk).into(t, 200, &saved)
		if saved.Changed || saved.Proposal == nil || saved.Proposal.Outcome != "open" || saved.Proposal.Application != "desk" {
			t.Fatalf("without the seal: got %+v", saved)
		}
		confirm := "/api/v1/proposals/" + saved.Proposal.ID + "/confirm"
		h.ask(cleos, "POST", confirm, nil).problem(t, 403, "rules.own_proposal")
		h.signIn("ben").ask("POST", confirm, nil).problem(t, 403, "directory.not_entitled")
		var p api.Proposal
		ada.ask("POST", confirm, nil).into(t, 200, &p)
		if p.Outcome != "confirmed" || p.AnsweredBy != "person:p-ada" || p.Wish.Catalogue.Types["expense"].Fields["amount"].Sealed {
			t.Errorf("got %+v", p)
		}
		var found api.GuardrailAnswer
		ada.ask("POST", "/api/v1/guardrails/ask", map[string]any{"guardrails": `@id("never") forbid (principal, action, resource) when { resource.amount > 5 };`,
			"actor": "p-ben", "asked": "desk", "type": "expense", "action": "view", "properties": map[string]any{"amount": 6}}).into(t, 200, &found)
		if len(found.Before) != 0 || len(found.After) != 1 || found.After[0].Policy != "never" || found.After[0].Text == "" {
			t.Errorf("got %+v", found)
		}
		var trial api.GuardrailTrial
		ada.ask("POST", "/api/v1/guardrails/try", map[string]any{"guardrails": "forbid (principal, action, resource);"}).into(t, 200, &trial)
		if trial.Tried != 0 || trial.Closed != 0 {
			t.Errorf("got %+v", trial)
		}
		ada.ask("PUT", "/api/v1/organisation/guardrails", map[string]any{"text": "forbid (principal, action, resource"}).problem(t, 422, "guard.syntax")
	})
}
