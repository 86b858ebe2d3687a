package decision_test

import (
	"slices"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// explain explains at an instant, and fails on an error.
func (h *house) explain(caller standin.Caller, q decision.Question, at time.Time) decision.Explanation {
	h.T.Helper()
	e, err := h.Explain(h.T.Context(), caller, q, at)
	if err != nil {
		h.T.Fatal(err)
	}
	return e
}

// changes fails unless exactly these are what would change the answer.
func changes(t *testing.T, what string, e decision.Explanation, want ...string) {
	t.Helper()
	var got []string
	for _, c := range e.Changes {
		got = append(got, c.Code)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v would change the answer, want %v", what, got, want)
	}
}

func TestB10ExplainWhatWouldChange(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		boss, now := as(acme, "boss"), h.Now()
		changes(t, "no delegation", h.explain(boss, asks("approve", could("ann", "hal")), now), decision.ByThemselves)
		d := h.name("ann", "hal", rights.Limits{}, func(n *delegation.Naming) { n.Start, n.End = now.Add(day), now.Add(3*day) })
		q := asks("approve", could("ann", "hal"))
		e := h.explain(boss, q, now)
		if changes(t, "before it begins", e, decision.WhenBegun, decision.ByThemselves); e.Changes[0].At != d.StartsAt || e.Decisive.Code != decision.NoDelegation {
			t.Errorf("got %+v, want it to begin at %v", e, d.StartsAt)
		}
		e = h.explain(boss, q, now.Add(day))
		if !e.Permit || e.Changes[0].Code != decision.WhenOver || e.Changes[0].At != d.EndsAt || e.Decisive.Code != "rights.role_allows" {
			t.Errorf("within the window: got %+v", e)
		}
		changes(t, "after its end", h.explain(boss, q, now.Add(3*day)), decision.ByThemselves)
		changes(t, "nobody's own", h.explain(boss, asks("approve", self("hal"), about("", "sales")), now), decision.WithAnOwner)
		changes(t, "no role", h.explain(boss, asks("approve", self("bob")), now), decision.WithRole, decision.WithRole)
		if len(h.records()) > 0 {
			t.Error("explanations were recorded")
		}
	})
}

func TestExplainLimits(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		boss, now := as(acme, "boss"), h.Now()
		for _, c := range []struct {
			limits  rights.Limits
			action  string
			field   string
			changes []string
		}{
			{rights.Limits{Deny: []string{"desk:expense.approve", "desk:expense.reimburse"}}, "approve", "", []string{decision.WithoutDeny, decision.ByThemselves}},
			{rights.Limits{Allow: []string{"desk:expense.view"}}, "approve", "", []string{decision.WithAllow, decision.ByThemselves}},
			{rights.Limits{ReadOnly: true}, "approve", "", []string{decision.WithoutReadOnly, decision.ByThemselves}},
			{rights.Limits{Units: []standin.UnitID{"finance"}}, "view", "", []string{decision.WithoutUnits, decision.ByThemselves}},
		} {
			d := h.name("ann", "hal", c.limits)
			q := asks(c.action, could("ann", "hal"))
			q.Delegation, q.Field = d.ID, c.field
			e := h.explain(boss, q, now)
			if e.Delegation != d.ID {
				t.Errorf("%+v: got the delegation %q, want %q", c.limits, e.Delegation, d.ID)
			}
			changes(t, c.action, e, c.changes...)
		}
	})
}

// TestWhoMayHaveItExplained: what somebody may do is for themselves, their stand-ins and those who manage them.
func TestWhoMayHaveItExplained(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name("ann", "hal", rights.Limits{})
		_, acting := h.act(d)
		for _, c := range []struct {
			who    string
			caller standin.Caller
			actor  standin.PersonID
			fine   bool
		}{
			{"the principal", as(acme, "hal"), "ann", true},
			{"the actor", as(acme, "ann"), "ann", true},
			{"somebody else", as(acme, "bob"), "ann", false},
			{"an actor who was given nothing", as(acme, "bob"), "bob", false},
			{"an administrator", as(acme, "boss"), "ann", true},
			{"another organisation's", as(rival, "rita"), "ann", false},
			{"the operator", operator(acme), "ann", true},
			{"the application's key", h.key, "ann", false},
			{"one who is acting, outside of the session", acting, "ann", false},
		} {
			_, err := h.Explain(t.Context(), c.caller, asks("approve", could(c.actor, "hal")), h.Now())
			if (err == nil) != c.fine || !c.fine && standin.KindOf(err) != standin.NotFound {
				t.Errorf("%s: got %v, want fine %v", c.who, err, c.fine)
			}
			_, err = h.Could(t.Context(), c.caller, "hal", rights.Limits{}, delegation.Cover)
			if fine := c.fine && c.who != "the actor"; (err == nil) != fine {
				t.Errorf("%s asks what could be done: got %v, want fine %v", c.who, err, fine)
			}
			if _, err = h.CouldBy(t.Context(), c.caller, d.ID); c.who == "the actor" && err != nil {
				t.Errorf("%s: %v", c.who, err)
			}
			_, err = h.AsPerson(t.Context(), c.caller, "hal", rights.Limits{})
			if fine := c.who == "an administrator" || c.who == "the operator"; (err == nil) != fine {
				t.Errorf("%s sees as the person: got %v, want fine %v", c.who, err, fine)
			}
		}
		q := asks("approve", could("ann", "hal"))
		q.Session = acting.Session
		if e := h.explain(acting, q, h.Now()); !e.Permit || e.Hypothetical {
			t.Errorf("one who is acting asks about their session: got %+v", e)
		}
	})
}

func TestCouldListsWhatDecideAnswers(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		limits := rights.Limits{Deny: []string{"desk:expense.reimburse"}}
		h.name("ann", "hal", limits)
		lines, err := h.Could(t.Context(), as(acme, "hal"), "hal", limits, delegation.Cover)
		if err != nil {
			t.Fatal(err)
		}
		listed := map[string]bool{}
		for _, l := range lines {
			listed[l.Type+"."+l.Action] = l.Reach.Others.Contains("sales/emea")
		}
		for typ, actions := range desk().Types {
			for action := range actions.Actions {
				q := asks(action, could("ann", "hal"))
				q.Type = typ
				if a := h.ask(q); a.Permit != listed[typ+"."+action] {
					t.Errorf("%s.%s: listed %v, permitted %v (%v)", typ, action, listed[typ+"."+action], a.Permit, codes(a))
				}
			}
		}
		if _, err := h.Could(t.Context(), as(acme, "hal"), "hal", rights.Limits{Deny: []string{"desk:nothing.view"}}, delegation.Cover); standin.KindOf(err) != standin.Invalid {
			t.Errorf("unknown limits: got %v, want them refused", err)
		}
	})
}
