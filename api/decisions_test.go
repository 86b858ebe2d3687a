package api_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// clerk lets cleo view expenses in sales, the amount, which is sealed, among them.
func (h *house) clerk() {
	h.T.Helper()
	h.update("acme", func(ctx context.Context, tx *db.Tx, op standin.Caller) error {
		if _, err := h.Directory.PutRoleIn(ctx, tx, op, rights.Role{ID: "clerk", Allow: []string{"desk:expense.view/*@unit"}}, 0); err != nil {
			return err
		}
		_, err := h.Directory.HoldIn(ctx, tx, op, "p-cleo", "clerk", "sales")
		return err
	})
}

// view is the question whether the actor may view an expense for cleo.
func view(actor string, more map[string]any) map[string]any {
	q := map[string]any{"principal": "p-cleo", "application": "desk", "type": "expense", "id": "e-1", "action": "view",
		"properties": map[string]any{"unit": "sales", "owner": "p-dora"}}
	if actor != "" {
		q["actor"] = actor
	}
	for name, v := range more {
		q[name] = v
	}
	return q
}

func TestB9AnAnswerIsExplained(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		h.clerk()
		d := h.named(map[string]any{"actors": []any{"p-ben"}, "principal": "p-cleo", "purpose": "leave", "limits": map[string]any{"deny": []any{"desk:expense.view"}}})
		var e api.Explanation
		h.ask(adminKey, "POST", "/api/v1/explain", view("", nil)).into(t, 200, &e)
		if !e.Permit || e.Hypothetical || e.Decisive == nil || e.Decisive.Role != "clerk" || e.Decisive.Permission != "desk:expense.view/*@unit" || e.Decisive.Text == "" {
			t.Errorf("got %+v, want that clerk permits it", e)
		}
		h.ask(adminKey, "POST", "/api/v1/explain", view("p-ben", nil)).into(t, 200, &e)
		if e.Permit || e.Delegation != d || e.Decisive == nil || e.Decisive.Code != "rights.denied" || e.Decisive.For {
			t.Errorf("got %+v, want that the limits deny it", e)
		}
		var codes []string
		for _, c := range e.Changes {
			codes = append(codes, c.Code)
			if c.Text == "" {
				t.Errorf("%s says nothing", c.Code)
			}
		}
		if !strings.Contains(strings.Join(codes, " "), "decision.without_deny") {
			t.Errorf("got changes %q, want that the line goes", codes)
		}
		h.ask(adminKey, "POST", "/api/v1/explain", view("p-ben", map[string]any{"at": "2026-01-01T00:00:00Z"})).into(t, 200, &e)
		if e.Permit || e.Decisive == nil || e.Decisive.Code != "decision.no_delegation" {
			t.Errorf("got %+v, want that there was no delegation then", e)
		}
		for name, want := range map[string]int{"cleo": 200, "ben": 200, "ada": 200} {
			h.signIn(name).ask("POST", "/api/v1/explain", view("p-ben", nil)).into(t, want, nil)
		}
		h.signIn("ben").ask("POST", "/api/v1/explain", view("", nil)).problem(t, 404, "decision.nobody") // what she may herself is not his to know
		h.ask(otherKey, "POST", "/api/v1/explain", view("p-ben", nil)).problem(t, 404, "decision.nobody")
		h.ask(adminKey, "POST", "/api/v1/explain", view("", map[string]any{"properties": map[string]any{"owner": 7}})).problem(t, 422, "api.property_text")
		h.ask(adminKey, "POST", "/api/v1/explain", view("", map[string]any{"properties": map[string]any{"self_approval": "no"}})).problem(t, 422, "api.property_flag")
		h.ask(adminKey, "POST", "/api/v1/explain", view("", map[string]any{"action": ""})).problem(t, 422, "api.invalid")
	})
}

func TestB10WhatSomebodyCouldDo(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		h.clerk()
		all := api.Area{Units: []string{"sales"}}
		line := func(amount api.Area) api.Line {
			return api.Line{Application: "desk", Type: "expense", Action: "view", Category: "general", Reads: true, Own: all, Others: all,
				Fields: []api.LineField{{Field: "amount", Sealed: true, Own: amount, Others: amount}}}
		}
		see := func(r answer, want ...api.Line) {
			t.Helper()
			var got api.Whole[api.Line]
			r.into(t, 200, &got)
			if diff := cmp.Diff(append([]api.Line{}, got.Items...), append([]api.Line{}, want...)); diff != "" {
				t.Errorf("got otherwise: %s", diff)
			}
		}
		cleo := h.signIn("cleo")
		see(cleo.ask("GET", "/api/v1/people/p-cleo/could", nil), line(all))
		see(cleo.ask("POST", "/api/v1/people/p-cleo/could", map[string]any{}), line(api.Area{}))
		see(cleo.ask("POST", "/api/v1/people/p-cleo/could", map[string]any{"limits": map[string]any{"sealed": true}}), line(all))
		see(cleo.ask("POST", "/api/v1/people/p-cleo/could", map[string]any{"limits": map[string]any{"units": []any{"finance"}}}))
		cleo.ask("POST", "/api/v1/people/p-cleo/could", map[string]any{"limits": map[string]any{"allow": []any{"desk:nothing.view"}}}).problem(t, 422, "rights.unknown_type")
		d := h.named(map[string]any{"actors": []any{"p-ben"}, "principal": "p-cleo", "purpose": "leave"})
		ben := h.signIn("ben")
		see(ben.ask("GET", "/api/v1/delegations/"+d+"/could", nil), line(api.Area{}))
		ben.ask("GET", "/api/v1/people/p-cleo/could", nil).problem(t, 404, "decision.nobody")
		var as api.Seen
		h.ask(adminKey, "POST", "/api/v1/people/p-cleo/see-as", map[string]any{"limits": map[string]any{"read_only": true}}).into(t, 200, &as)
		if as.Person.ID != "p-cleo" || len(as.Own) != 1 || cmp.Diff(as.Own[0], line(all)) != "" || len(as.Lines) != 1 || cmp.Diff(as.Lines[0], line(api.Area{})) != "" {
			t.Errorf("got %+v, want cleo's, and the amount closed", as)
		}
		cleo.ask("POST", "/api/v1/people/p-cleo/see-as", map[string]any{}).problem(t, 404, "decision.nobody")
	})
}
