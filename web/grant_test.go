package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/webtest"
)

// offers are the values that the page's form offers in inputs of the name.
func offers(p *webtest.Answer, name string) (values []string) {
	for _, n := range p.Find("main input[name=" + name + "]").EachIter() {
		values = append(values, n.AttrOr("value", ""))
	}
	return values
}

// TestB3LineByLine: only what the principal holds is offered, view and change apart; what is ticked is what is named.
func TestB3LineByLine(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("bilal")
		p := b.Get("/cover/name").Is(t, http.StatusOK).Says(t, "Decide and manage in your place", "Expense: approve", "General", "Sealed fields", "Bank account")
		for name, want := range map[string][]string{"for": {"desk:expense.approve"}, "line": {"desk:expense.approve", "desk:expense.view", "standin:audit.view"},
			"entry": {"desk:expense.enter"}, "field": {"desk:expense/bank_account"}, "in_unit": {"sales", "sales/emea"}} {
			if got := offers(p, name); !slices.Equal(got, want) {
				t.Errorf("got %q offered as %s, want %q", got, name, want)
			}
		}
		if got := p.Picked("for"); !slices.Equal(got, []string{"desk:expense.approve"}) {
			t.Errorf("got %v on, want every switch on at first", got)
		}
		if got := offers(h.As("ada").Get("/cover/name"), "line"); !slices.Equal(got, []string{"desk:expense.view"}) {
			t.Errorf("got %v offered to somebody who may only look, want that", got)
		}
		for i, c := range []struct {
			form []string
			want rights.Limits
			says []string
		}{
			{[]string{"asked", "desk:expense.approve"}, rights.Limits{Deny: []string{"desk:expense.approve"}}, []string{"Not: Workdesk: Expense, approve"}},
			{[]string{"asked", "desk:expense.approve", "for", "desk:expense.approve", "narrowed", "yes", "in_unit", "sales/emea"}, rights.Limits{Units: []standin.UnitID{"sales/emea"}},
				[]string{"View, approve in sales/emea"}},
			{[]string{"what", "areas", "line", "desk:expense.approve"}, rights.Limits{Allow: []string{"desk:expense.approve"}}, []string{"ExpenseApprove in sales"}},
			{[]string{"what", "view", "field", "desk:expense/bank_account"}, rights.Limits{Allow: []string{"*:*.*", "desk:expense.*/bank_account"}, ReadOnly: true},
				[]string{"They change nothing", "would see: Expense: Bank account"}},
		} {
			b.Get("/cover/name")
			b.Post("/cover/name", form(append([]string{"do", "check", "actor", []string{"ada", "chiara", "noor", "mallory"}[i], "when", "week"}, c.form...)...)...).
				Is(t, http.StatusOK).Says(t, c.says...)
			b.Confirmed().Leads(t, "/")
		}
		named := h.Named("bilal")
		for actor, want := range map[standin.PersonID]rights.Limits{"ada": {Deny: []string{"desk:expense.approve"}}, "chiara": {Units: []standin.UnitID{"sales/emea"}},
			"noor": {Allow: []string{"desk:expense.approve"}}, "mallory": {Allow: []string{"*:*.*", "desk:expense.*/bank_account"}, ReadOnly: true}} {
			found := false
			for _, d := range named {
				found = found || d.Actor == actor && cmp.Equal(d.Limits, want)
			}
			if !found {
				t.Errorf("nobody is named as %s with %+v", actor, want)
			}
		}
	})
}

// TestB3TickingWithoutScript: a button ticks a whole category, and everything else stays as it was.
func TestB3TickingWithoutScript(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("bilal")
		b.Get("/cover/name")
		p := b.Post("/cover/name", form("do", "tick.general", "actor", "ada", "when", "today", "line", "desk:expense.approve")...).Is(t, http.StatusOK)
		if got := strings.Join(append(p.Picked("line"), append(p.Picked("actor"), p.Picked("when")...)...), " "); got != "desk:expense.approve desk:expense.view standin:audit.view ada today" {
			t.Errorf("got %q ticked, want the category and what was", got)
		}
		p = b.Post("/cover/name", form("do", "clear.general", "line", "desk:expense.approve", "line", "desk:expense.view")...).Is(t, http.StatusOK)
		if got := p.Picked("line"); !slices.Equal(got, []string{"desk:expense.approve"}) {
			t.Errorf("got %v ticked, want the category cleared", got)
		}
		b.Get("/cover/d-bilal/edit")
		p = b.Post("/cover/d-bilal/edit", "do", "tick.general", "what", "full", "purpose", "kept").Is(t, http.StatusOK)
		if got := p.Picked("line"); len(got) != 2 || p.Value("purpose") != "kept" {
			t.Errorf("got %v ticked and purpose %q", got, p.Value("purpose"))
		}
	})
}

// TestB3WhatNoFormSaysIsKept: limits that no form can say stay as they are when something else is changed.
func TestB3WhatNoFormSaysIsKept(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("hanna")
		before := h.Delegation("d-limited").Limits
		p := b.Get("/cover/d-limited/edit").Is(t, http.StatusOK).Says(t, "As it is now")
		if got := p.Picked("what"); !slices.Equal(got, []string{"keep"}) {
			t.Errorf("got %v picked, want what is there", got)
		}
		b.Post("/cover/d-limited/edit", "what", "keep", "purpose", "Another fair", "start", p.Value("start"), "end", p.Value("end")).Leads(t, "/cover/d-limited")
		if diff := cmp.Diff(h.Delegation("d-limited").Limits, before); diff != "" {
			t.Errorf("limits changed (-got +before):\n%s", diff)
		}
	})
}
