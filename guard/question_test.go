package guard

import (
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// approves is a question about judging an item, changed as told.
func approves(change ...func(q *Question)) *Question {
	q := expense()
	for _, c := range change {
		c(q)
	}
	return q
}

func TestB7TheBuiltInGuardrails(t *testing.T) {
	const ann, bob, cem = "ann", "bob", "cem"
	for _, c := range []struct {
		name                     string
		actor, principal         standin.PersonID
		owner, enteredBy         standin.PersonID
		selfApproval, judgesNone bool
		want                     string
	}{
		{name: "somebody else's", actor: ann, principal: ann, owner: cem, enteredBy: cem},
		{name: "somebody else's, acting", actor: ann, principal: bob, owner: cem, enteredBy: cem},
		{name: "one's own", actor: ann, principal: ann, owner: ann, enteredBy: cem, want: OwnItem},
		{name: "entered oneself", actor: ann, principal: ann, owner: cem, enteredBy: ann, want: OwnItem},
		{name: "one's own, acting", actor: ann, principal: bob, owner: ann, enteredBy: ann, want: OwnItem},
		{name: "entered oneself, acting", actor: ann, principal: bob, owner: cem, enteredBy: ann, want: OwnItem},
		{name: "the principal's", actor: ann, principal: bob, owner: bob, enteredBy: bob, want: PrincipalsItem},
		{name: "the principal's, entered by another", actor: ann, principal: bob, owner: bob, enteredBy: cem, want: PrincipalsItem},
		{name: "entered by the principal", actor: ann, principal: bob, owner: cem, enteredBy: bob, want: PrincipalsItem},
		{name: "nobody's", actor: ann, principal: ann, enteredBy: cem, want: NoOwner},
		{name: "nobody's, with self-approval", actor: ann, principal: ann, enteredBy: cem, selfApproval: true, want: NoOwner},
		{name: "nobody knows who entered it", actor: ann, principal: bob, owner: cem},
		{name: "self-approval of one's own", actor: ann, principal: ann, owner: ann, enteredBy: ann, selfApproval: true},
		{name: "self-approval of what one entered", actor: ann, principal: bob, owner: cem, enteredBy: ann, selfApproval: true},
		{name: "self-approval is the owner's", actor: ann, principal: bob, owner: bob, enteredBy: bob, selfApproval: true, want: PrincipalsItem},
		{name: "self-approval of what the principal entered", actor: ann, principal: bob, owner: cem, enteredBy: bob, selfApproval: true},
		{name: "an action that judges nobody", actor: ann, principal: bob, owner: ann, enteredBy: ann, judgesNone: true},
		{name: "an action that judges nobody, on nobody's", actor: ann, principal: bob, judgesNone: true},
	} {
		q := &Question{Actor: c.actor, Principal: c.principal, Owner: c.owner, EnteredBy: c.enteredBy, SelfApproval: c.selfApproval,
			Flags: rights.Action{Approves: !c.judgesNone, Personal: true, Reads: true}}
		if got := BuiltIn(q); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestThreat5RealActorsAreCompared: in whatever order two who cover for each other enter, act and judge, neither judges
// what either owns, nor what they entered themselves.
func TestThreat5RealActorsAreCompared(t *testing.T) {
	people := []standin.PersonID{"ann", "bob", "cem"}
	for _, actor := range people {
		for _, principal := range people {
			for _, owner := range people {
				for _, enteredBy := range people {
					q := &Question{Actor: actor, Principal: principal, Owner: owner, EnteredBy: enteredBy, Flags: rights.Action{Approves: true}}
					theirs := owner == actor || owner == principal || enteredBy == actor || enteredBy == principal
					if refused := BuiltIn(q) != ""; refused != theirs {
						t.Errorf("%s for %s, of %s, entered by %s: got refused %v, want %v", actor, principal, owner, enteredBy, refused, theirs)
					}
				}
			}
		}
	}
}

// TestActingIsNeverMoreThanOneself: what the built-in guardrails refuse to somebody, they refuse to whoever acts for them.
func TestActingIsNeverMoreThanOneself(t *testing.T) {
	people := []standin.PersonID{"", "ann", "bob", "cem"}
	for _, owner := range people {
		for _, enteredBy := range people {
			for _, selfApproval := range []bool{false, true} {
				q := Question{Actor: "bob", Principal: "bob", Owner: owner, EnteredBy: enteredBy, SelfApproval: selfApproval,
					Flags: rights.Action{Approves: true}}
				acting := q
				acting.Actor = "ann"
				if BuiltIn(&q) != "" && BuiltIn(&acting) == "" {
					t.Errorf("of %q, entered by %q, self-approval %v: refused to bob, and not to ann for bob", owner, enteredBy, selfApproval)
				}
			}
		}
	}
}

func TestWhereNoPolicyAppliesNothingIsAllocated(t *testing.T) {
	rules := NewRules(compile(t, amount(3)), map[standin.ApplicationID]Guardrails{"desk": compile(t, amount(3))})
	q := approves(func(q *Question) { q.Action = "reimburse" })
	if got := testing.AllocsPerRun(100, func() {
		if rules.Forbids(q) {
			t.Error("forbidden")
		}
	}); got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}

func TestRulesJoinThree(t *testing.T) {
	const text = `@id("mine") forbid (principal, action == Action::"desk:expense.approve", resource) when { resource.amount > 100 };`
	rules := NewRules(compile(t, text), map[standin.ApplicationID]Guardrails{"desk": compile(t, "\n"+text), "bank": compile(t, "forbid (principal, action, resource);")})
	q := approves(func(q *Question) { q.Owner = "p-1" })
	want := []Reason{
		{Code: PrincipalsItem},
		{Code: Forbidden, Application: "desk", Policy: "mine", Line: 2, Column: 1},
		{Code: Forbidden, Policy: "mine", Line: 1, Column: 1},
	}
	same(t, rules.Explain(q), want)
	for name, c := range map[string]struct {
		rules *Rules
		want  bool
	}{
		"built in":         {&Rules{}, true},
		"an application's": {NewRules(Guardrails{}, map[standin.ApplicationID]Guardrails{"desk": compile(t, text)}), true},
		"another's":        {NewRules(Guardrails{}, map[standin.ApplicationID]Guardrails{"bank": compile(t, text)}), false},
		"the organisation": {NewRules(compile(t, text), nil), true},
		"none":             {NewRules(Guardrails{}, nil), false},
	} {
		q := approves()
		if name == "built in" {
			q.Owner = "p-1"
		}
		if got := c.rules.Forbids(q); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
		if got := len(c.rules.Explain(q)) > 0; got != c.want {
			t.Errorf("%s: explained as %v, want %v", name, got, c.want)
		}
	}
}

func TestSaid(t *testing.T) {
	long := strings.Repeat("x", 300)
	for want, r := range map[string]Reason{
		"guard.own_item":                 {Code: OwnItem},
		"guard.principals_item":          {Code: PrincipalsItem},
		"guard.no_owner":                 {Code: NoOwner},
		"guard.not_permitted":            {Code: NotPermitted},
		"guard.forbidden":                {Code: Forbidden, Policy: "cap", Line: 2, Column: 3},
		"guard.forbidden_by_application": {Code: Forbidden, Policy: "cap", Line: 2, Column: 3, Application: "desk"},
		"guard.failed":                   {Code: Unreadable, Policy: "cap", Line: 2, Column: 3, Problem: long},
		"guard.failed_by_application":    {Code: Failed, Policy: "cap", Line: 2, Column: 3, Problem: long, Application: "desk"},
	} {
		said := r.Said()
		if said.Code != want || said.Kind != standin.Denied {
			t.Errorf("%+v is said as %s, want %s", r, said.Code, want)
		}
		text := said.Text()
		if strings.ContainsAny(text, "{}") || len(text) > 500 {
			t.Errorf("%+v is said as %q", r, text)
		}
		for _, part := range []string{r.Policy, string(r.Application)} {
			if !strings.Contains(text, part) {
				t.Errorf("%q does not name %q", text, part)
			}
		}
		if r.Line > 0 && !strings.Contains(text, "(line 2, column 3)") {
			t.Errorf("%q does not say where", text)
		}
		if r.Problem != "" && !strings.Contains(text, "xxx…") {
			t.Errorf("%q does not say what is wrong", text)
		}
	}
}
