package guard

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

func TestB11GuardrailsAreTriedBeforeTheyBind(t *testing.T) {
	before := NewRules(compile(t, `@id("cap") `+forbid("resource.amount > 5000")), nil)
	after := NewRules(compile(t, `@id("lower") `+forbid("resource.amount > 3000 && resource.amount <= 6000")), nil)
	asked := func(amount float64, permit bool, owner standin.PersonID) Answered {
		q := approves(func(q *Question) { q.Properties["amount"], q.Owner = amount, owner })
		return Answered{*q, permit}
	}
	got := Try(before, after, []Answered{
		asked(1000, true, "p-3"),  // nobody minds
		asked(4000, true, "p-3"),  // would be forbidden
		asked(4000, false, "p-3"), // would be forbidden, and is refused for another reason
		asked(5500, false, "p-3"), // forbidden by both
		asked(5500, true, "p-3"),  // forbidden by both, and was permitted once
		asked(7000, false, "p-3"), // would no longer be forbidden
		asked(7000, false, "p-1"), // the principal's: the built-in guardrail stays
		asked(4000, true, "p-1"),  // the same
	})
	want := []Change{
		{Index: 1, Reasons: []Reason{{Code: Forbidden, Policy: "lower", Line: 1, Column: 1}}},
		{Index: 5, Opens: true, Reasons: []Reason{{Code: Forbidden, Policy: "cap", Line: 1, Column: 1}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestThreat17OnlyAdds(t *testing.T) {
	const a, b = `forbid (principal, action == Action::"desk:expense.approve", resource) when { resource.amount > 5000 };`,
		`forbid (principal, action, resource) when { context.acting };`
	for name, c := range map[string]struct {
		before, after string
		want          bool
	}{
		"nothing to nothing":   {"", "", true},
		"the first":            {"", a, true},
		"another":              {a, a + b, true},
		"in another order":     {a + b, b + a, true},
		"laid out otherwise":   {a, "// why\n@id(\"cap\")\nforbid(principal,action==Action::\"desk:expense.approve\",resource)\nwhen {(resource.amount)>5000};", true},
		"renamed":              {"@id(\"x\") " + a, "@id(\"y\") " + a, true},
		"twice, then once":     {a + a, a, true},
		"removed":              {a + b, a, false},
		"the last":             {a, "", false},
		"a higher amount":      {a, `forbid (principal, action == Action::"desk:expense.approve", resource) when { resource.amount > 6000 };`, false},
		"another action":       {a, `forbid (principal, action == Action::"desk:expense.view", resource) when { resource.amount > 5000 };`, false},
		"an action less":       {`forbid (principal, action in [Action::"a:b.c", Action::"a:b.d"], resource);`, `forbid (principal, action in [Action::"a:b.c"], resource);`, false},
		"unless instead":       {b, `forbid (principal, action, resource) unless { context.acting };`, false},
		"one person less":      {b, `forbid (principal == Person::"p", action, resource) when { context.acting };`, false},
		"a condition more":     {b, `forbid (principal, action, resource) when { context.acting } when { resource.amount > 1 };`, false},
		"a broader one beside": {a + b, `forbid (principal, action, resource);`, false},
	} {
		if got := OnlyAdds(compile(t, c.before), compile(t, c.after)); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// What only adds objects wherever the guardrails before did.
func TestOnlyAddsNeverOpens(t *testing.T) {
	conditions := []string{"resource.amount > 3000", "context.acting", "resource.owner == principal", "resource.vat == 1"}
	for old := range 1 << len(conditions) {
		for more := range 1 << len(conditions) {
			var before, after string
			for i, when := range conditions {
				if old&(1<<i) != 0 {
					before += forbid(when)
				}
				if (old|more)&(1<<i) != 0 {
					after = forbid(when) + after
				}
			}
			was, will := compile(t, before), compile(t, after)
			if !OnlyAdds(was, will) {
				t.Fatalf("%s is not seen in %s", before, after)
			}
			for _, actor := range []standin.PersonID{"p-1", "p-2"} {
				for _, amount := range []float64{1000, 4000} {
					q := approves(func(q *Question) {
						q.Actor, q.Flags = actor, rights.Action{}
						q.Properties["amount"], q.Properties["vat"] = amount, 0.0
					})
					if was.Forbids(q) && !will.Forbids(q) {
						t.Errorf("%s forbids what %s does not", before, after)
					}
				}
			}
		}
	}
}
