package guard

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin/rights"
)

func compile(t testing.TB, text string) Guardrails {
	t.Helper()
	g, err := Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func same(t *testing.T, got, want []Reason) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// forbid is a guardrail of one action under a condition.
func forbid(when string) string {
	return `forbid (principal, action == Action::"desk:expense.approve", resource) when { ` + when + ` };`
}

// TestWhatAPolicySees goes over everything that a question tells a policy, each both ways round.
func TestWhatAPolicySees(t *testing.T) {
	own := func(q *Question) { q.Actor = q.Principal }
	for _, c := range []struct {
		when   string
		change func(q *Question)
		want   bool
	}{
		{`true`, nil, true},
		{`false`, nil, false},
		{`context.acting`, nil, true},
		{`context.acting`, own, false},
		{`!context.acting`, own, true},
		{`context has acting && context has actor && !(context has other)`, nil, true},
		{`context == {acting: true, actor: Person::"p-2"}`, nil, true},
		{`context == {acting: true, actor: Person::"p-3"}`, nil, false},
		{`[context].contains({acting: false, actor: Person::"p-1"})`, own, true},
		{`context.actor == Person::"p-2"`, nil, true},
		{`context.actor == Person::"p-1"`, nil, false},
		{`context["actor"] == Person::"p-2" && context["acting"]`, nil, true},
		{`principal == Person::"p-1"`, nil, true},
		{`principal == Person::"p-2"`, nil, false},
		{`principal is Person && context.actor is Person && resource.owner is Person`, nil, true},
		{`action == Action::"desk:expense.approve"`, nil, true},
		{`action in Action::"approves" && !(action in Action::"reads") && !(action in Action::"personal")`, nil, true},
		{`action in Action::"reads" && action in Action::"personal"`, func(q *Question) { q.Flags = rights.Action{Reads: true, Personal: true} }, true},
		{`action in Action::"approves"`, func(q *Question) { q.Flags = rights.Action{Reads: true, Personal: true} }, false},
		{`resource == Resource::"desk:expense/x-1"`, nil, true},
		{`resource == Resource::"desk:expense/x-2"`, nil, false},
		{`resource == Resource::"desk:expense/"`, func(q *Question) { q.ID = "" }, true},
		{`resource.owner == Person::"p-3" && resource.entered_by == resource.owner`, nil, true},
		{`resource has owner`, func(q *Question) { q.Owner = "" }, false},
		{`resource has entered_by`, func(q *Question) { q.EnteredBy = "" }, false},
		{`resource.unit == "sales/emea"`, nil, true},
		{`resource.unit like "sales/*"`, nil, true},
		{`resource has unit`, func(q *Question) { q.Unit = "" }, false},
		{`resource.self_approval`, nil, false},
		{`resource.self_approval`, func(q *Question) { q.SelfApproval = true }, true},
		{`resource.amount == 4000 && resource.currency == "EUR"`, nil, true},
		{`resource.amount > 4000`, nil, false},
		{`resource has vat`, nil, false},
		{`resource.owner == principal || resource.owner == context.actor`, nil, false},
	} {
		q := approves()
		if c.change != nil {
			c.change(q)
		}
		g := compile(t, forbid(c.when))
		if got := g.Forbids(q); got != c.want {
			t.Errorf("%s: got %v, want %v", c.when, got, c.want)
		}
		var want []Reason
		if c.want {
			want = []Reason{{Code: Forbidden, Policy: "1", Line: 1, Column: 1}}
		}
		same(t, g.Explain(q), want)
	}
}

// TestThreat13DoubtDenies: what a policy cannot find, read or compare forbids, and says why.
func TestThreat13DoubtDenies(t *testing.T) {
	for _, c := range []struct {
		when    string
		change  func(q *Question)
		code    string
		problem string
	}{
		{`resource.vat > 5`, nil, Failed, "does not have the attribute `vat`"},
		{`resource.amount > 5`, func(q *Question) { q.Properties = nil }, Failed, "does not have the attribute `amount`"},
		{`resource.amount > 5`, func(q *Question) { q.Properties["amount"] = nil }, Failed, "does not have the attribute `amount`"},
		{`resource.amount > 5`, func(q *Question) { q.Properties["amount"] = "6" }, Failed, "expected"},
		{`resource.amount > 5`, func(q *Question) { q.Properties["amount"] = 4.5 }, Unreadable, "amount: a whole number is expected"},
		{`resource.amount + 9223372036854775807 > 5`, nil, Failed, "overflow"},
		{`resource.owner == context.actor`, func(q *Question) { q.Owner = "" }, Failed, "does not have the attribute `owner`"},
		{`resource has vat && resource.vat`, func(q *Question) { q.Properties["vat"] = 1.0 }, Failed, "expected"},
		{`principal.rank > 5`, nil, Failed, "does not exist"},
		{`resource.members.contains(context.actor)`, nil, Failed, "does not have the attribute `members`"},
		{`ip(resource.currency).isLoopback()`, nil, Failed, "EUR"},
	} {
		q := approves()
		if c.change != nil {
			c.change(q)
		}
		g := compile(t, "// cap\n  @id(\"cap\")\n  "+forbid(c.when))
		if !g.Forbids(q) {
			t.Errorf("%s: not forbidden", c.when)
		}
		reasons := g.Explain(q)
		if len(reasons) != 1 || reasons[0].Code != c.code || !strings.Contains(reasons[0].Problem, c.problem) {
			t.Errorf("%s: got %+v, want %s: %s", c.when, reasons, c.code, c.problem)
			continue
		}
		if r := reasons[0]; r.Policy != "cap" || r.Line != 2 || r.Column != 3 {
			t.Errorf("%s: got %s at %d:%d", c.when, r.Policy, r.Line, r.Column)
		}
	}
}

// TestOthersArePassedOver: a policy whose scope names another action is not evaluated, so that it cannot fail either, and
// a fraction that no policy reads does no harm.
func TestOthersArePassedOver(t *testing.T) {
	const failing = ` when { resource.vat > 5 };`
	for scope, concerned := range map[string]bool{
		`principal, action, resource`:                                                                                 true,
		`principal, action == Action::"desk:expense.approve", resource`:                                               true,
		`principal, action in Action::"desk:expense.approve", resource`:                                               true,
		`principal, action in [Action::"desk:expense.view", Action::"desk:expense.approve"], resource`:                true,
		`principal, action in Action::"approves", resource`:                                                           true,
		`principal, action in [Action::"reads", Action::"approves"], resource`:                                        true,
		`principal, action in [Action::"approves", Action::"desk:expense.approve", Action::"approves"], resource`:     true,
		`principal == Person::"p-1", action, resource`:                                                                true,
		`principal is Person, action, resource is Resource`:                                                           true,
		`principal in Person::"p-1", action, resource in Resource::"desk:expense/x-1"`:                                true,
		`principal, action == Action::"desk:expense.view", resource`:                                                  false,
		`principal, action == Action::"bank:expense.approve", resource`:                                               false,
		`principal, action == Action::"desk:invoice.approve", resource`:                                               false,
		`principal, action in [], resource`:                                                                           false,
		`principal, action in [Action::"desk:expense.view", Action::"desk:expense.enter"], resource`:                  false,
		`principal, action in Action::"reads", resource`:                                                              false,
		`principal, action in [Action::"reads", Action::"personal"], resource`:                                        false,
		`principal == Person::"p-2", action, resource`:                                                                false,
		`principal, action == Action::"desk:expense.approve", resource == Resource::"desk:expense/x-2"`:               false,
		`principal, action in Action::"approves", resource is Resource in Resource::"desk:expense/elsewhere"`:         false,
		`principal is Person in Person::"p-9", action in [Action::"approves", Action::"reads"], resource is Resource`: false,
	} {
		g := compile(t, "forbid ("+scope+")"+failing)
		q := approves(func(q *Question) { q.Properties["rate"] = 0.25 })
		if got := g.Forbids(q); got != concerned {
			t.Errorf("%s: got forbidden %v, want %v", scope, got, concerned)
		}
		if got := len(g.Explain(q)); got != map[bool]int{true: 1}[concerned] {
			t.Errorf("%s: got %d reasons", scope, got)
		}
	}
}

// TestInOnesOwnName: a policy that asks first whether somebody acts is passed over in one's own name, and costs nothing;
// every other is asked.
func TestInOnesOwnName(t *testing.T) {
	const failing = "resource.vat > 5"
	for conditions, asked := range map[string]bool{
		"when { context.acting }":                                         false,
		"when { context.acting && " + failing + " }":                      false,
		"when { (context.acting && " + failing + ") && " + failing + " }": false,
		"when { context[\"acting\"] } when { " + failing + " }":           false,
		"when { context.acting } unless { " + failing + " }":              false,
		"":                          true,
		"unless { context.acting }": true,
		"when { !context.acting }":  true,
		"when { " + failing + " && context.acting }":                          true,
		"when { " + failing + " } when { context.acting }":                    true,
		"when { context.acting || " + failing + " }":                          true,
		"when { resource.acting }":                                            true,
		"when { (if context.acting then true else true) && " + failing + " }": true,
	} {
		rules := NewRules(compile(t, "forbid (principal, action, resource) "+conditions+";"), nil)
		q := approves(func(q *Question) { q.Actor = q.Principal })
		if got := rules.Forbids(q); got != asked {
			t.Errorf("%s: got forbidden %v, want %v", conditions, got, asked)
		}
		if !asked {
			if got := testing.AllocsPerRun(100, func() { rules.Forbids(q) }); got != 0 {
				t.Errorf("%s: got %v allocations, want none", conditions, got)
			}
		}
	}
}

// TestExplainNamesEachPolicyOnce, in the order of the text, whatever it was filed under.
func TestExplainNamesEachPolicyOnce(t *testing.T) {
	g := compile(t, `forbid (principal, action in [Action::"approves", Action::"desk:expense.approve"], resource);
		@id("all") forbid (principal, action, resource);
		forbid (principal, action == Action::"desk:expense.view", resource);
		@id("cap") forbid (principal, action == Action::"desk:expense.approve", resource) when { resource.amount > 4000 };
		@note("no id") forbid (principal, action in Action::"approves", resource) when { resource.amount >= 4000 };
		forbid (principal, action in Action::"reads", resource);`)
	same(t, g.Explain(approves()), []Reason{
		{Code: Forbidden, Policy: "1", Line: 1, Column: 1},
		{Code: Forbidden, Policy: "all", Line: 2, Column: 3},
		{Code: Forbidden, Policy: "5", Line: 5, Column: 3},
	})
	if got := g.Len(); got != 6 {
		t.Errorf("got %d policies, want 6", got)
	}
}

func TestValues(t *testing.T) {
	deep := any(true)
	for range mostNested - 1 {
		deep = []any{deep}
	}
	person := map[string]any{"type": "person", "id": "p-2"}
	for _, c := range []struct {
		sent any
		when string // holds exactly where the value was understood so
	}{
		{true, `resource.v == true`},
		{"text", `resource.v == "text"`},
		{4.0, `resource.v == 4`},
		{-4.0, `resource.v == -4`},
		{float64(mostExact), `resource.v == 9007199254740992`},
		{-float64(mostExact), `resource.v == -9007199254740992`},
		{4, `resource.v == 4`},
		{int64(-5), `resource.v == -5`},
		{json.Number("4"), `resource.v == 4`},
		{json.Number("9223372036854775807"), `resource.v == 9223372036854775807`},
		{json.Number("4.0"), `resource.v == 4`},
		{json.Number("4e3"), `resource.v == 4000`},
		{[]any{}, `resource.v.isEmpty()`},
		{[]any{1.0, "a", 1.0}, `resource.v == ["a", 1]`},
		{[]any{person}, `resource.v.contains(context.actor)`},
		{person, `resource.v == context.actor`},
		{map[string]any{"type": "person", "id": "p-2", "name": "A"}, `resource.v.name == "A" && resource.v.id == "p-2"`},
		{map[string]any{"type": "group", "id": "p-2"}, `resource.v.type == "group"`},
		{map[string]any{"type": "person", "id": 2.0}, `resource.v.id == 2`},
		{map[string]any{"type": "person", "name": "A"}, `resource.v.name == "A"`},
		{map[string]any{"id": "p-2"}, `resource.v.id == "p-2"`},
		{map[string]any{}, `resource.v == {}`},
		{map[string]any{"a": nil, "b": []any{map[string]any{"c": 1.0}}}, `resource.v == {b: [{c: 1}]}`},
		{deep, `resource.v != 1`},
	} {
		q := approves(func(q *Question) { q.Properties["v"] = c.sent })
		same(t, compile(t, forbid(c.when)).Explain(q), []Reason{{Code: Forbidden, Policy: "1", Line: 1, Column: 1}})
	}
	for _, c := range []struct {
		sent any
		want string
	}{
		{4.5, noWhole},
		{float64(mostExact) + 2, noWhole},
		{-float64(mostExact) - 2, noWhole},
		{json.Number("4.5"), noWhole},
		{json.Number("9223372036854775808"), noWhole},
		{json.Number("1e400"), noWhole},
		{json.Number("four"), noWhole},
		{[]any{1.0, 0.5}, noWhole},
		{[]any{nil}, noNothing},
		{map[string]any{"a": 0.5, "b": uint(1)}, noWhole},
		{map[string]any{"a": 1.0, "b": []any{nil}, "c": 0.5}, noNothing},
		{[]any{deep}, tooDeep},
		{map[string]any{"a": deep}, tooDeep},
		{uint(4), noValue},
		{struct{}{}, noValue},
	} {
		q := approves(func(q *Question) { q.Properties["v"] = c.sent })
		g := compile(t, forbid(`resource has v && false`))
		same(t, g.Explain(q), []Reason{{Code: Unreadable, Policy: "1", Line: 1, Column: 1, Problem: "v: " + c.want}})
		if !g.Forbids(q) {
			t.Errorf("%v is not forbidden", c.sent)
		}
	}
}

// What is said of the record in words of its own cannot be said otherwise among its properties.
func TestPropertiesCannotSayOtherwise(t *testing.T) {
	for when, want := range map[string]bool{
		`resource has owner || resource has entered_by || resource has unit`: false,
		`resource.self_approval`: false,
	} {
		q := approves(func(q *Question) {
			q.Owner, q.EnteredBy, q.Unit = "", "", ""
			q.Properties = map[string]any{"owner": "p-9", "entered_by": 0.5, "unit": "finance", "self_approval": true}
		})
		if got := compile(t, forbid(when)).Forbids(q); got != want {
			t.Errorf("%s: got %v, want %v", when, got, want)
		}
	}
}

// TestManyPoliciesOfOneAction reads what each of them reads.
func TestManyPoliciesOfOneAction(t *testing.T) {
	var text strings.Builder
	for i := range 10 {
		fmt.Fprintln(&text, forbid(fmt.Sprintf("resource.p%d == %d", i, i)))
	}
	g := compile(t, text.String()+forbid("context.actor == principal"))
	q := approves(func(q *Question) {
		for i := range 10 {
			q.Properties[fmt.Sprint("p", i)] = 0.0
		}
		q.Properties["p0"] = 1.0
	})
	if g.Forbids(q) {
		t.Error("forbidden")
	}
	for i := range 10 {
		q.Properties[fmt.Sprint("p", i)] = float64(i)
		if got := g.Forbids(q); !got {
			t.Errorf("p%d: not forbidden", i)
		}
		q.Properties[fmt.Sprint("p", i)] = -1.0
	}
	q.Actor = q.Principal
	same(t, g.Explain(q), []Reason{{Code: Forbidden, Policy: "11", Line: 11, Column: 1}})
	if !g.Forbids(q) {
		t.Error("not forbidden")
	}
}

// Whoever asks may stop at any policy.
func TestAskedStops(t *testing.T) {
	g := compile(t, forbid("true")+forbid("false"))
	seen := 0
	for id, p := range asked(g.index.concern(approves())).All() {
		if seen++; id != "1" || p.Position().Column != 1 {
			t.Errorf("got policy %s at %v", id, p.Position())
		}
		break
	}
	if seen != 1 {
		t.Errorf("got %d policies after stopping at the first", seen)
	}
}
