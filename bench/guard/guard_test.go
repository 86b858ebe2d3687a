// Package guard_test measures what it costs to ask guardrails, beside cedar-go alone in the same run.
package guard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/rights"
)

const (
	amount = `forbid (principal, action == Action::"desk:expense.approve", resource)
		when { context.acting && resource.amount > 5000 };`
	people = `forbid (principal, action in Action::"approves", resource)
		when { resource.owner == context.actor || (context.acting && resource.owner == principal) };`
)

// others are guardrails of as many other actions.
func others(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "forbid (principal, action == Action::\"desk:type%d.approve\", resource) when { resource.amount > %d };\n", i, i)
	}
	return b.String()
}

func question() *guard.Question {
	return &guard.Question{
		Actor: "p-2", Principal: "p-1", Application: "desk", Type: "expense", Action: "approve", ID: "x-1",
		Flags: rights.Action{Category: "cost_centre", Approves: true, Entry: true}, Owner: "p-3", EnteredBy: "p-3", Unit: "sales/emea",
		Properties: map[string]any{"amount": 4000.0, "owner": "p-3", "entered_by": "p-3", "unit": "sales/emea", "currency": "EUR"},
	}
}

// told is the question as cedar-go is asked it: the request, and the two entities of the question.
func told(q *guard.Question) (cedar.Request, cedar.EntityMap) {
	action := cedar.NewEntityUID("Action", cedar.String(string(q.Application)+":"+q.Type+"."+q.Action))
	resource := cedar.NewEntityUID("Resource", cedar.String(string(q.Application)+":"+q.Type+"/"+q.ID))
	attributes := cedar.RecordMap{
		"owner":         cedar.NewEntityUID("Person", cedar.String(q.Owner)),
		"entered_by":    cedar.NewEntityUID("Person", cedar.String(q.EnteredBy)),
		"unit":          cedar.String(q.Unit),
		"self_approval": cedar.Boolean(q.SelfApproval),
		"amount":        cedar.Long(q.Properties["amount"].(float64)),
		"currency":      cedar.String(q.Properties["currency"].(string)),
	}
	return cedar.Request{
			Principal: cedar.NewEntityUID("Person", cedar.String(q.Principal)),
			Action:    action,
			Resource:  resource,
			Context: cedar.NewRecord(cedar.RecordMap{
				"actor":  cedar.NewEntityUID("Person", cedar.String(q.Actor)),
				"acting": cedar.Boolean(q.Acting()),
			}),
		}, cedar.EntityMap{
			action:   {UID: action, Parents: cedar.NewEntityUIDSet(cedar.NewEntityUID("Action", "approves"))},
			resource: {UID: resource, Attributes: cedar.NewRecord(attributes)},
		}
}

// BenchmarkForbids compares one question, from what an application sent to the answer, with cedar-go alone and those
// policies that concern the action: "bare" from the same question to the answer, "prepared" where the question stands in
// Cedar's own form already, which no question does that came over a wire.
func BenchmarkForbids(b *testing.B) {
	for _, c := range []struct{ name, concerned, others string }{
		{"amount", amount, ""},
		{"people", people, ""},
		{"both of 22", amount + people, others(20)},
	} {
		b.Run(c.name, func(b *testing.B) { compare(b, c.concerned, c.others) })
	}
	for name, text := range map[string]string{"built in alone": "", "none of 20 applies": others(20)} {
		b.Run(name, func(b *testing.B) { alone(b, text) })
	}
}

func rules(b *testing.B, text string) *guard.Rules {
	g, err := guard.Compile(text)
	if err != nil {
		b.Fatal(err)
	}
	return guard.NewRules(g, nil)
}

// alone fails where anything is allocated.
func alone(b *testing.B, text string) {
	r, q := rules(b, text), question()
	ask := func() {
		if r.Forbids(q) {
			b.Fatal("forbidden")
		}
	}
	if n := testing.AllocsPerRun(100, ask); n > 0 {
		b.Errorf("%v allocations, want none", n)
	}
	for b.Loop() {
		ask()
	}
}

// compare takes turns, so that what else the machine does meanwhile falls on all alike.
func compare(b *testing.B, concerned, others string) {
	r, q := rules(b, concerned+others), question()
	policies, err := cedar.NewPolicySetFromBytes("", []byte(concerned))
	if err != nil {
		b.Fatal(err)
	}
	request, entities := told(q)
	authorize := func(entities cedar.EntityMap, request cedar.Request) bool {
		_, d := cedar.Authorize(policies, entities, request)
		return len(d.Reasons)+len(d.Errors) > 0
	}
	var ours, bare, prepared turns
	for b.Loop() {
		ours.take(b, func() bool { return r.Forbids(q) })
		bare.take(b, func() bool {
			request, entities := told(q)
			return authorize(entities, request)
		})
		prepared.take(b, func() bool { return authorize(entities, request) })
	}
	b.ReportMetric(ours.median(), "guard-ns")
	b.ReportMetric(bare.median(), "bare-ns")
	b.ReportMetric(prepared.median(), "prepared-ns")
	b.ReportMetric(ours.median()/bare.median(), "x-bare")
	b.ReportMetric(ours.median()/prepared.median(), "x-prepared")
}

// turns are how long one question took in each turn, in nanoseconds.
type turns []float64

func (t *turns) take(b *testing.B, forbids func() bool) {
	const questions = 200
	began := time.Now()
	for range questions {
		if forbids() {
			b.Fatal("forbidden")
		}
	}
	*t = append(*t, float64(time.Since(began).Nanoseconds())/questions)
}

func (t turns) median() float64 {
	slices.Sort(t)
	return t[len(t)/2]
}
