package decision_test

import (
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/rights"
)

// TestA10ARoleIsTriedBeforeItIsSaved: what a role would answer as it is drafted, and by which line; nothing is saved or
// recorded.
func TestA10ARoleIsTriedBeforeItIsSaved(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		before := len(h.records())
		try := func(draft rights.Role, q decision.Question) decision.TriedRole {
			t.Helper()
			tried, err := h.TryRole(t.Context(), as(acme, "boss"), draft, q)
			if err != nil {
				t.Fatal(err)
			}
			return tried
		}
		manager := rights.Role{ID: "manager", Rank: 10, Allow: []string{"desk:expense.view@unit"}}
		got := try(manager, asks("approve", self("hal")))
		if got.Permit || !got.Now || !got.Held || got.Decisive.Code != "rights.no_role" {
			t.Errorf("a line taken away: got %+v", got)
		}
		manager.Allow = append(manager.Allow, "desk:expense.edit@unit")
		got = try(manager, asks("edit", self("hal")))
		if !got.Permit || got.Now || got.Decisive.Role != "manager" || got.Decisive.Permission != "desk:expense.edit@unit" || got.Decisive.At != "sales" {
			t.Errorf("a line added: got %+v", got)
		}
		if got := try(manager, asks("edit", self("hal"), about("bob", "finance"))); got.Permit {
			t.Errorf("beyond where it is held: got %+v", got)
		}
		got = try(rights.Role{ID: "auditor", Allow: []string{"desk:expense.view@unit"}}, asks("view", self("bob"), about("ann", "finance")))
		if !got.Permit || got.Now || got.Held || got.Decisive.Role != "auditor" {
			t.Errorf("one that bob does not hold: got %+v", got)
		}
		got = try(rights.Role{ID: "manager", Allow: []string{"desk:expense.approve@org"}}, asks("approve", self("hal"), about("hal", "sales")))
		if got.Permit || got.Decisive.Code != "guard.own_item" {
			t.Errorf("a guardrail: got %+v", got)
		}
		h.permits(asks("approve", self("hal"))) // trying took nothing away
		if after := len(h.records()); after != before {
			t.Errorf("got %d records, want %d", after, before)
		}
	})
}

// TestA10TryingARoleTellsNobodyMore: it is for those who may change the role, in their own name, about people whom they
// may know.
func TestA10TryingARoleTellsNobodyMore(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		keeper := rights.Role{ID: "keeper", Rank: 3, Allow: []string{"standin:settings.manage@org", "standin:person.manage@unit"}}
		must(h.Directory.PutRole(t.Context(), operator(acme), keeper, 0))(t)
		must(h.Directory.Hold(t.Context(), operator(acme), "dee", "keeper", ""))(t)
		_, acting := h.act(h.name("ann", "dee", rights.Limits{}))
		draft := rights.Role{ID: "manager", Allow: []string{"desk:expense.view@unit"}}
		for name, c := range map[string]struct {
			caller standin.Caller
			draft  rights.Role
			q      decision.Question
			code   string
		}{
			"one who may not change roles": {as(acme, "hal"), draft, asks("view", self("hal")), "directory.not_entitled"},
			"one who acts for who may":     {acting, draft, asks("view", self("dee")), "directory.not_while_acting"},
			"about themselves":             {as(acme, "dee"), draft, asks("view", self("dee")), ""},
			"out of their scope":           {as(acme, "dee"), draft, asks("view", self("bob")), "decision.nobody"},
			"nobody":                       {as(acme, "dee"), draft, asks("view", self("none")), "decision.nobody"},
			"another organisation's":       {as(rival, "rita"), draft, asks("view", self("hal")), "decision.nobody"},
			"on behalf":                    {as(acme, "boss"), draft, asks("view", could("ann", "hal")), "decision.own_name"},
			"a line of no catalogue":       {as(acme, "boss"), rights.Role{ID: "manager", Allow: []string{"desk:nothing.view"}}, asks("view", self("hal")), "rights.unknown_type"},
		} {
			if _, err := h.TryRole(t.Context(), c.caller, c.draft, c.q); standin.CodeOf(err) != c.code {
				t.Errorf("%s: got %v, want %q", name, err, c.code)
			}
		}
	})
}
