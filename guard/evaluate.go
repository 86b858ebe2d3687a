package guard

import (
	"iter"

	"github.com/cedar-policy/cedar-go"

	"github.com/standin-id/standin"
)

// asked are the rules that one question concerns. They are a cedar.PolicyIterator whose ids are their places.
type asked []*rule

// All yields the policies.
func (a asked) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, r := range a {
			if !yield(cedar.PolicyID(r.name), r.policy) {
				return
			}
		}
	}
}

// one is a single rule as a cedar.PolicyIterator.
type one struct{ *rule }

// All yields the policy.
func (o one) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) { yield(cedar.PolicyID(o.name), o.policy) }
}

// Forbids reports whether any of the policies forbids, cannot be evaluated, or reads a property that is a fraction. Those
// whose scope names another action are not looked at. The built-in guardrails are not among these.
func (g Guardrails) Forbids(q *Question) bool { return forbids(q, g.index.concern(q)) }

// forbids asks all the rules at once.
func forbids(q *Question, rules []*rule) bool {
	if len(rules) == 0 {
		return false
	}
	s, faulty := newScene(q, rules, nil)
	if faulty != "" {
		return true
	}
	_, d := cedar.Authorize(asked(rules), s, s.request)
	return len(d.Reasons)+len(d.Errors) > 0
}

// Explain returns every objection: first the properties that cannot be read, then each policy that forbids or fails, in
// the order of the text. It returns none exactly where Forbids reports false. The reasons name no application.
func (g Guardrails) Explain(q *Question) []Reason {
	var reasons []Reason
	for _, r := range g.index.inOrder(q) {
		code, problem := r.ask(q, nil)
		if code == applies {
			code = Forbidden
		}
		if code != "" {
			reasons = append(reasons, r.reason(code, problem))
		}
	}
	return reasons
}

// Rules are all the guardrails of one organisation: its own, which concern every application, and those that each
// application brings, which concern its own questions alone. They are not changed after NewRules and may be shared. The
// zero Rules hold the built-in guardrails.
type Rules struct {
	organisation Guardrails
	applications map[standin.ApplicationID]Guardrails
}

// NewRules joins an organisation's guardrails and those of its applications, which it keeps.
func NewRules(organisation Guardrails, applications map[standin.ApplicationID]Guardrails) *Rules {
	return &Rules{organisation, applications}
}

// Forbids reports whether any guardrail objects, the built-in ones included. Where no policy concerns the action it
// allocates nothing.
func (r *Rules) Forbids(q *Question) bool {
	if BuiltIn(q) != "" {
		return true
	}
	of := r.applications[q.Application].index
	return forbids(q, append(of.concern(q), r.organisation.index.concern(q)...))
}

// Explain returns every objection: the built-in one, those of the application, those of the organisation. It returns none
// exactly where Forbids reports false.
func (r *Rules) Explain(q *Question) []Reason {
	var reasons []Reason
	if code := BuiltIn(q); code != "" {
		reasons = append(reasons, Reason{Code: code})
	}
	for _, reason := range r.applications[q.Application].Explain(q) {
		reason.Application = q.Application
		reasons = append(reasons, reason)
	}
	return append(reasons, r.organisation.Explain(q)...)
}
