package guard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// amount is the guardrail that DESIGN.md shows, among others that other actions have.
func amount(others int) string {
	var b strings.Builder
	b.WriteString(`forbid (principal, action == Action::"desk:expense.approve", resource)
		when { context.acting && resource.amount > 5000 };`)
	for i := range others {
		fmt.Fprintf(&b, "forbid (principal, action == Action::\"desk:type%d.approve\", resource) when { resource.amount > %d };\n", i, i)
	}
	return b.String()
}

func expense() *Question {
	return &Question{
		Actor: "p-2", Principal: "p-1", Application: "desk", Type: "expense", Action: "approve", ID: "x-1",
		Flags: rights.Action{Category: "cost_centre", Approves: true, Entry: true}, Owner: "p-3", EnteredBy: "p-3", Unit: "sales/emea",
		Properties: map[string]any{"amount": 4000.0, "owner": "p-3", "entered_by": "p-3", "unit": "sales/emea", "currency": "EUR"},
	}
}

// bare is the question as cedar-go alone would be asked: the request and the entities made beforehand.
func bare(q *Question) (cedar.Request, cedar.EntityMap) {
	action := cedar.NewEntityUID("Action", cedar.String(fmt.Sprintf("%s:%s.%s", q.Application, q.Type, q.Action)))
	resource := cedar.NewEntityUID("Resource", cedar.String(fmt.Sprintf("%s:%s/%s", q.Application, q.Type, q.ID)))
	var in []cedar.EntityUID
	for name, is := range map[string]bool{"approves": q.Flags.Approves, "personal": q.Flags.Personal, "reads": q.Flags.Reads} {
		if is {
			in = append(in, cedar.NewEntityUID("Action", cedar.String(name)))
		}
	}
	attributes := cedar.RecordMap{"self_approval": cedar.Boolean(q.SelfApproval)}
	for name, id := range map[cedar.String]standin.PersonID{"owner": q.Owner, "entered_by": q.EnteredBy} {
		if id != "" {
			attributes[name] = cedar.NewEntityUID("Person", cedar.String(id))
		}
	}
	if q.Unit != "" {
		attributes["unit"] = cedar.String(q.Unit)
	}
	for name, sent := range q.Properties {
		if _, ours := attributes[cedar.String(name)]; ours {
			continue
		}
		switch sent := sent.(type) {
		case float64:
			attributes[cedar.String(name)] = cedar.Long(sent)
		case string:
			attributes[cedar.String(name)] = cedar.String(sent)
		case bool:
			attributes[cedar.String(name)] = cedar.Boolean(sent)
		}
	}
	return cedar.Request{
			Principal: cedar.NewEntityUID("Person", cedar.String(q.Principal)),
			Action:    action,
			Resource:  resource,
			Context: cedar.NewRecord(cedar.RecordMap{
				"actor":  cedar.NewEntityUID("Person", cedar.String(q.Actor)),
				"acting": cedar.Boolean(q.Actor != q.Principal),
			}),
		}, cedar.EntityMap{
			action:   {UID: action, Parents: cedar.NewEntityUIDSet(in...)},
			resource: {UID: resource, Attributes: cedar.NewRecord(attributes)},
		}
}

// BenchmarkForbids compares one question, from what the application sent to the answer, with what cedar-go alone needs for
// those policies that concern the action: "bare" from the question to the answer, "prepared" once the question stands in
// Cedar's own form.
func BenchmarkForbids(b *testing.B) {
	for name, text := range map[string]string{
		"amount": amount(0),
		"people": `forbid (principal, action in Action::"approves", resource)
			when { resource.owner == context.actor || (context.acting && resource.owner == principal) };`,
		"of 20": amount(20),
	} {
		b.Run(name, func(b *testing.B) { compare(b, text, expense()) })
	}
	for name, g := range map[string]Guardrails{"built in": {}, "others": compile(b, strings.ReplaceAll(amount(20), "desk:", "bank:"))} {
		rules, q := NewRules(g, nil), expense()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if rules.Forbids(q) {
					b.Fatal("forbidden")
				}
			}
		})
	}
}

// compare takes turns, so that what else the machine does meanwhile falls on all alike.
func compare(b *testing.B, text string, q *Question) {
	g, err := Compile(text)
	if err != nil {
		b.Fatal(err)
	}
	whole, err := cedar.NewPolicySetFromBytes("", []byte(text))
	if err != nil {
		b.Fatal(err)
	}
	sliced := cedar.NewPolicySet()
	for _, r := range g.index.inOrder(q) {
		sliced.Add(cedar.PolicyID(r.name), whole.Get(cedar.PolicyID("policy"+strconv.Itoa(r.number-1))))
	}
	request, entities := bare(q)
	const turn = 200
	var ours, alone, prepared []time.Duration
	measure := func(list *[]time.Duration, forbids func() bool) {
		began := time.Now()
		for range turn {
			if forbids() {
				b.Fatal("forbidden")
			}
		}
		*list = append(*list, time.Since(began)/turn)
	}
	for b.Loop() {
		measure(&ours, func() bool { return g.Forbids(q) })
		measure(&alone, func() bool {
			request, entities := bare(q)
			_, d := cedar.Authorize(sliced, entities, request)
			return len(d.Reasons)+len(d.Errors) > 0
		})
		measure(&prepared, func() bool {
			_, d := cedar.Authorize(sliced, entities, request)
			return len(d.Reasons)+len(d.Errors) > 0
		})
	}
	b.ReportMetric(float64(median(ours)), "guard-ns")
	b.ReportMetric(float64(median(alone)), "bare-ns")
	b.ReportMetric(float64(median(ours))/float64(median(alone)), "x-bare")
	b.ReportMetric(float64(median(ours))/float64(median(prepared)), "x-prepared")
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}
