package guard

import (
	"encoding/json"
	"slices"

	"github.com/cedar-policy/cedar-go"

	"github.com/standin-id/standin"
)

// MaxEntities bounds the text of the entities registered beside an application's own policies, in bytes.
const MaxEntities = 256 << 10

// Policies are plain Cedar of an organisation's own application: they say, in the stead of roles, what a person may do in
// their own name. On behalf of a principal, limits and guardrails narrow what they permit, and they lift neither. The zero
// Policies permit nothing. They are not changed after CompilePolicies and may be shared.
type Policies struct {
	index    *index // nil where there are none
	entities cedar.EntityMap
}

// CompilePolicies reads policies, of which there may be none, and the entities that they look at: an array in Cedar's JSON
// form, or nothing. It refuses what Compile refuses, a permit apart.
func CompilePolicies(policies, entities string) (Policies, error) {
	list, err := parse(policies)
	if err != nil {
		return Policies{}, err
	}
	if len(entities) > MaxEntities {
		return Policies{}, standin.Refuse(standin.Invalid, "guard.compile", "guard.entities_too_long",
			"the entities are longer than {most} bytes").With("most", MaxEntities).On("entities")
	}
	p := Policies{index: newIndex(list, true)}
	if entities == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(entities), &p.entities); err != nil {
		return Policies{}, standin.Refuse(standin.Invalid, "guard.compile", "guard.entities_form",
			"the entities are no array in Cedar's JSON form: {problem}").
			With("problem", shortened(err.Error())).Because(err).On("entities")
	}
	return p, nil
}

// Len returns how many policies there are.
func (p Policies) Len() int { return len(p.index.all()) }

// Verdict is what an application's own policies say of one question. The zero Verdict denies.
type Verdict struct {
	// Permit says that a policy permits, none forbids, and none failed.
	Permit bool
	// By are the names of the policies that permit, also where another forbids.
	By []string
	// Reasons are the objections: what forbids, what failed, and where nothing permits, NotPermitted. They name no
	// application.
	Reasons []Reason
}

// Decide asks every policy, in the order of the text. A policy that cannot be evaluated, or that reads a property which is
// a fraction, denies: unlike Cedar alone, which would pass it over. On behalf of a principal they must permit twice: as it
// is asked, and to the principal themselves, so that no policy gives somebody more because they act (DESIGN.md P2).
func (p Policies) Decide(q *Question) Verdict {
	v := p.decide(q)
	if !q.Acting() {
		return v
	}
	own := *q
	own.Actor = q.Principal
	theirs := p.decide(&own)
	for _, r := range theirs.Reasons {
		if !slices.Contains(v.Reasons, r) {
			v.Reasons = append(v.Reasons, r)
		}
	}
	v.Permit = v.Permit && theirs.Permit
	return v
}

func (p Policies) decide(q *Question) Verdict {
	rules := p.index.inOrder(q)
	if v := p.allow(q, rules); v.Permit {
		return v
	}
	var v Verdict
	for _, r := range rules {
		effect := r.policy.Effect()
		switch code, problem := r.ask(q, p.entities); {
		case code == "":
		case code == applies && effect == cedar.Permit:
			v.By = append(v.By, r.name)
		case code == applies:
			v.Reasons = append(v.Reasons, r.reason(Forbidden, ""))
		default:
			v.Reasons = append(v.Reasons, r.reason(code, problem))
		}
	}
	if len(v.By) == 0 {
		v.Reasons = append(v.Reasons, Reason{Code: NotPermitted})
	}
	v.Permit = len(v.Reasons) == 0
	return v
}

// allow asks all the rules at once, which is quick. Only a yes counts: who is to be told why not asks them one by one.
func (p Policies) allow(q *Question, rules []*rule) (v Verdict) {
	s, faulty := newScene(q, rules, p.entities)
	if faulty != "" {
		return Verdict{}
	}
	decision, d := cedar.Authorize(asked(rules), s, s.request)
	v.Permit = decision == cedar.Allow && len(d.Errors) == 0
	for _, r := range d.Reasons {
		v.By = append(v.By, string(r.PolicyID))
	}
	return v
}

// applies is what ask answers for a policy whose conditions hold.
const applies = "applies"

// ask evaluates the one policy: applies where its conditions hold, "" where they do not, else Failed or Unreadable.
func (r *rule) ask(q *Question, registered cedar.EntityMap) (code, problem string) {
	s, faulty := newScene(q, []*rule{r}, registered)
	if faulty != "" {
		return Unreadable, faulty
	}
	_, d := cedar.Authorize(one{r}, s, s.request)
	switch {
	case len(d.Errors) > 0:
		return Failed, d.Errors[0].Message
	case len(d.Reasons) > 0:
		return applies, ""
	}
	return "", ""
}
