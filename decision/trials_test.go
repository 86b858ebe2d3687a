package decision_test

import (
	"context"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/decision/trials"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

const (
	costly = `@id("costly") forbid (principal, action == Action::"desk:expense.approve", resource) when { resource has amount && resource.amount > 5000 };`
	idle   = `@id("idle") forbid (principal, action, resource) when { context.acting };`
)

func amount(n int) func(*decision.Question) {
	return func(q *decision.Question) { q.Properties = map[string]any{"amount": n} }
}

// TestB11GuardrailsAreTriedAgainstWhatWasAsked: which recorded answers would be others, by which rule, in which sessions.
func TestB11GuardrailsAreTriedAgainstWhatWasAsked(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Settings(acme, func(s *directory.Settings) { s.Decisions.RecordOwn = true })
		tries := h.Trials
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		h.permits(asks("approve", within(s), amount(9000)))
		h.permits(asks("approve", within(s), amount(10)))
		h.permits(asks("approve", self("hal"), amount(9000)))
		h.denies(asks("approve", self("bob"), amount(9000)), "rights.no_role")
		recorded := func(text string) trials.Trial {
			t.Helper()
			found, err := tries.Recorded(t.Context(), as(acme, "boss"), trials.Draft{Guardrails: text})
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		found := recorded(costly)
		if found.Tried != 4 || found.Closed != 2 || found.Opened != 0 || len(found.Sessions) != 1 || found.Sessions[0].ID != s.ID {
			t.Errorf("costly ones: got %+v", found)
		}
		for _, c := range found.Changes {
			if c.Opens || len(c.Reasons) != 1 || c.Reasons[0].Policy != "costly" || c.Name != "hal" {
				t.Errorf("got %+v", c)
			}
		}
		if found := recorded(idle); found.Closed != 2 || len(found.Sessions) != 1 || found.Changes[0].ActorName != "ann" {
			t.Errorf("everything while acting: got %+v", found)
		}
		if found := recorded(""); found.Closed+found.Opened != 0 || len(found.Sessions) != 0 {
			t.Errorf("nothing: got %+v", found)
		}
		h.desk(acme, idle)
		h.denies(asks("approve", within(s), amount(10)), "guard.forbidden")
		without, err := tries.Recorded(t.Context(), as(acme, "boss"), trials.Draft{Application: "desk"})
		if err != nil || without.Opened != 3 || without.Closed != 0 {
			t.Errorf("without the application's: got %+v %v", without, err)
		}
		var after int
		if err := h.DB.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			page, _, err := h.Ledger.Page(ctx, tx, ledger.Filter{Organisation: acme, Action: "decision."}, ledger.Cursor{}, 100)
			after = len(page)
			return err
		}); err != nil || after != 5 {
			t.Errorf("trying was recorded: %d records, %v", after, err)
		}
	})
}

func TestB11GuardrailsAreTriedWithAQuestionOfOnesOwn(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		tries := h.Trials
		q := guard.Question{Actor: "ann", Principal: "hal", Application: "desk", Type: "expense", Action: "approve", Owner: "dee", Properties: map[string]any{"amount": 9000}}
		v, err := tries.Question(t.Context(), as(acme, "boss"), trials.Draft{Guardrails: costly}, q)
		if err != nil || len(v.Before) != 0 || len(v.After) != 1 || v.After[0].Policy != "costly" || v.After[0].Line != 1 {
			t.Errorf("got %+v %v", v, err)
		}
		q.Owner = "ann"
		if v, err := tries.Question(t.Context(), as(acme, "boss"), trials.Draft{}, q); err != nil || len(v.Before) != 1 || v.Before[0].Code != guard.OwnItem {
			t.Errorf("their own: got %+v %v", v, err)
		}
		q.Action = "devour"
		for who, want := range map[string]struct {
			caller standin.Caller
			draft  trials.Draft
			code   string
		}{
			"an unknown action":        {as(acme, "boss"), trials.Draft{}, "trials.unknown_action"},
			"an unknown application":   {as(acme, "boss"), trials.Draft{Application: "none"}, "application.not_found"},
			"what permits":             {as(acme, "boss"), trials.Draft{Guardrails: "permit (principal, action, resource);"}, "guard.not_forbid"},
			"one who may not":          {as(acme, "hal"), trials.Draft{}, "directory.not_entitled"},
			"one who acts (THREAT 17)": {standin.Caller{Organisation: acme, Actor: "person:ann", Principal: "boss", Session: "s-1"}, trials.Draft{}, "directory.not_while_acting"},
		} {
			if _, err := tries.Question(t.Context(), want.caller, want.draft, q); standin.CodeOf(err) != want.code {
				t.Errorf("%s: got %v, want %s", who, err, want.code)
			}
			if want.code == "trials.unknown_action" {
				continue
			}
			if _, err := tries.Recorded(t.Context(), want.caller, want.draft); standin.CodeOf(err) != want.code {
				t.Errorf("%s, recorded: got %v, want %s", who, err, want.code)
			}
		}
	})
}
