package decision_test

import (
	"context"
	"slices"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/rights"
)

// TestPoliciesOfAnApplicationTakeThePlaceOfRoles: in one's own name Cedar alone decides; on behalf of somebody, limits and
// guardrails narrow it as they narrow roles.
func TestPoliciesOfAnApplicationTakeThePlaceOfRoles(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Update(func(ctx context.Context, tx *db.Tx) error {
			c := desk()
			c.Types = map[string]rights.Type{"task": {Actions: map[string]rights.Action{"view": rights.DefaultAction("view"),
				"close": rights.DefaultAction("close"), "settle": {Category: "general", Approves: true, Entry: true}}}}
			_, err := h.Applications.Put(ctx, tx, operator(acme), application.Application{Organisation: acme, ID: "todo", Name: "Todo", Catalogue: c,
				Policies: `@id("members") permit (principal in Team::"blue", action, resource);
					@id("archived") forbid (principal, action == Action::"todo:task.close", resource) when { resource.archived };`,
				Entities: `[{"uid": {"type": "Person", "id": "dee"}, "attrs": {}, "parents": [{"type": "Team", "id": "blue"}]}]`})
			return err
		})
		task := func(action string, archived bool, who func(*decision.Question)) decision.Question {
			q := decision.Question{Application: "todo", Type: "task", ID: "t-1", Action: action,
				Resource: decision.Resource{Owner: "cem", Unit: "sales", Properties: map[string]any{"archived": archived}}}
			who(&q)
			return q
		}
		h.permits(task("close", false, self("dee")))
		h.denies(task("close", true, self("dee")), guard.Forbidden)
		h.denies(task("close", false, self("hal")), guard.NotPermitted)
		h.denies(task("close", false, self("boss")), guard.NotPermitted)
		h.denies(task("fly", false, self("dee")), "rights.unknown_action")
		s, _ := h.act(h.name("ann", "dee", rights.Limits{Deny: []string{"todo:task.close"}}))
		explained := task("view", false, within(s))
		explained.Explain = true
		a := h.permits(explained)
		if !slices.Contains(a.Reasons, decision.Reason{Code: decision.PolicyPermits, For: true, From: "todo", Policy: "members"}) {
			t.Errorf("got the reasons %+v, want the policy among them", a.Reasons)
		}
		if a = h.denies(task("close", false, within(s)), "rights.denied"); slices.Contains(codes(a), "rights.no_role") {
			t.Error("a role is missed, though none is needed")
		}
		h.permits(task("settle", false, within(s)))
		mine := task("settle", false, within(s))
		mine.Owner = "ann"
		h.denies(mine, guard.OwnItem)
		h.denies(task("view", false, could("dee", "hal")), decision.NoDelegation)
		back, _ := h.act(h.name("dee", "hal", rights.Limits{}))
		h.denies(task("view", false, within(back)), guard.NotPermitted)
		h.permits(asks("approve", self("hal")))
	})
}

func TestDecideAll(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		yes, no := asks("approve", within(s)), asks("approve", within(s), about("ann", "finance"))
		for semantic, c := range map[decision.Semantic]struct {
			questions []decision.Question
			want      []bool
		}{
			"":                           {[]decision.Question{yes, no, asks("view", self("dee")), yes}, []bool{true, false, true, true}},
			decision.ExecuteAll:          {[]decision.Question{no, no, yes}, []bool{false, false, true}},
			decision.DenyOnFirstDeny:     {[]decision.Question{yes, no, yes}, []bool{true, false}},
			decision.PermitOnFirstPermit: {[]decision.Question{no, yes, no}, []bool{false, true}},
		} {
			before := len(h.records())
			answers, err := h.DecideAll(t.Context(), h.key, c.questions, semantic)
			if err != nil {
				t.Fatal(err)
			}
			var got []bool
			recorded := 0
			for _, a := range answers {
				if got = append(got, a.Permit); a.Record != "" {
					recorded++
				}
			}
			if !slices.Equal(got, c.want) || len(h.records())-before != recorded {
				t.Errorf("%q: got %v with %d records, want %v", semantic, got, len(h.records())-before, c.want)
			}
		}
		if _, err := h.DecideAll(t.Context(), h.key, make([]decision.Question, 1001), ""); standin.CodeOf(err) != "decision.too_many" {
			t.Errorf("too many: got %v", err)
		}
		if _, err := h.DecideAll(t.Context(), h.key, nil, "some"); standin.CodeOf(err) != "decision.semantic" {
			t.Errorf("an unknown semantic: got %v", err)
		}
	})
}

// TestWhatCannotBeRecordedIsMalformed: what is too long, too large or no JSON is refused before anything is decided.
func TestWhatCannotBeRecordedIsMalformed(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		long, large, strange, text := asks("approve", within(s)), asks("approve", within(s)), asks("approve", within(s)), asks("view", self("dee\x00"))
		long.ID = string(make([]byte, 300))
		large.Properties = map[string]any{"text": string(slices.Repeat([]byte("x"), 20_000))}
		strange.Properties = map[string]any{"f": func() {}}
		for what, q := range map[string]decision.Question{"decision.too_long": long, "decision.too_large": large, "decision.not_json": strange, "db.not_text": text} {
			if a, err := h.Decide(t.Context(), h.key, q); standin.KindOf(err) != standin.Invalid || standin.CodeOf(err) != what || a.Permit {
				t.Errorf("got %+v, %v, want %s", a, err, what)
			}
		}
		if got := len(h.records()); got != 0 {
			t.Errorf("%d answers were recorded, want none", got)
		}
	})
}
