package authzen

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
)

// mostQuestions is how many questions one request may hold.
const mostQuestions = 1000

// person is the type of subjects, and of actors.
const person = "person"

// tongue says in whose words a request speaks: with an application's id in its address, that application's, whose types
// need no prefix and whose subjects may be called as enforcement points that know nothing of Standin call them.
type tongue struct{ application standin.ApplicationID }

// someone reports whether the type is that of people.
func (t tongue) someone(typ string) bool {
	return typ == person || t.application != "" && (typ == "user" || typ == "identity")
}

// kind splits a resource's type into its application and its name there. What names no application has none.
func (t tongue) kind(typ string) (standin.ApplicationID, string) {
	if t.application != "" {
		return t.application, typ
	}
	application, name, ok := strings.Cut(typ, ":")
	if !ok {
		return "", typ
	}
	return standin.ApplicationID(application), name
}

// question returns what the decision room is asked; ok is false where somebody in it is of no type that is known, which no
// right is ever found for.
func (q *asked) question(in tongue) (asks decision.Question, ok bool) {
	asks = decision.Question{Principal: standin.PersonID(q.subject.id), Session: q.context.session, Delegation: q.context.delegation,
		ID: q.resource.id, Action: q.action, Field: q.known.field, Explain: q.context.explain,
		Resource: decision.Resource{Owner: q.known.owner, EnteredBy: q.known.enteredBy, Unit: q.known.unit, SelfApproval: q.known.selfApproval,
			Properties: q.said()}}
	asks.Application, asks.Type = in.kind(q.resource.typ)
	if actor := q.context.actor; actor != nil {
		if asks.Actor = standin.PersonID(actor.id); !in.someone(actor.typ) {
			return asks, false
		}
	}
	return asks, in.someone(q.subject.typ)
}

// said returns what was said of the resource, and beside it, as "subject" and "action", what was said of these: policies and
// guardrails find it there. A property of the resource's own goes before.
func (q *asked) said() map[string]any {
	all := q.resource.properties
	for name, of := range map[string]map[string]any{"subject": q.subject.properties, "action": q.actionProperties} {
		if _, own := all[name]; len(of) == 0 || own {
			continue
		}
		if all = maps.Clone(all); all == nil {
			all = map[string]any{}
		}
		all[name] = of
	}
	return all
}

// unknownType is the answer where a subject or an actor is of a type that nobody is of.
func unknownType(q *asked) answered {
	a := answered{explain: q.context.explain}
	a.Reasons = []decision.Reason{{Code: UnknownType}}
	return a
}

// evaluation answers one question (§6).
func (a *authzen) evaluation(ctx context.Context, from standin.Caller, in tongue, sent map[string]any) ([]byte, error) {
	q, err := question(sent, ofQuestion)
	if err != nil {
		return nil, err
	}
	asks, ok := q.question(in)
	if !ok {
		return unknownType(&q).append(nil), nil
	}
	got, err := a.Decisions.Decide(ctx, from, asks)
	if err != nil {
		return nil, err
	}
	return answered{Answer: got, explain: q.context.explain}.append(nil), nil
}

// evaluations answers a list of questions (§7), or the one that there is without a list.
func (a *authzen) evaluations(ctx context.Context, from standin.Caller, in tongue, sent map[string]any) ([]byte, error) {
	list, ok := sent["evaluations"].([]any)
	switch {
	case sent["evaluations"] != nil && !ok:
		return nil, malformed("evaluations is no array")
	case len(list) > mostQuestions:
		return nil, malformed("more than " + strconv.Itoa(mostQuestions) + " evaluations are too many")
	}
	semantic, err := semanticOf(sent)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return a.evaluation(ctx, from, in, sent)
	}
	b := batch{semantic: semantic}
	for _, one := range list {
		m, ok := one.(map[string]any)
		if !ok {
			return nil, malformed("evaluations has an element that is no object")
		}
		b.add(in, m, sent)
	}
	if len(b.asks) > 0 {
		if b.got, err = a.Decisions.DecideAll(ctx, from, b.asks, semantic); err != nil {
			return nil, err
		}
	}
	return appendAll(make([]byte, 0, 24*len(list)), b.answers()), nil
}

func semanticOf(sent map[string]any) (decision.Semantic, error) {
	r := reader{}
	options := r.object(sent, "options", false)
	semantic := decision.Semantic(r.text(options, "options.", "evaluations_semantic", false))
	switch semantic {
	case "":
		return decision.ExecuteAll, r.err
	case decision.ExecuteAll, decision.DenyOnFirstDeny, decision.PermitOnFirstPermit:
		return semantic, r.err
	}
	return "", errors.Join(r.err, malformed("options.evaluations_semantic is none of the three that there are"))
}

// batch is a list of questions. Those that cannot be asked, for they are malformed or about nobody, are answered with no
// where they stand, and the others are asked (§7.2.1).
type batch struct {
	semantic decision.Semantic
	items    []item
	asks     []decision.Question
	got      []decision.Answer
}

// item is one place in the list: a question that is asked, or its answer where it cannot be.
type item struct {
	answered
	asked bool
}

func (b *batch) add(in tongue, m, sent map[string]any) {
	if n := len(b.items); n > 0 && !b.items[n-1].asked && b.semantic == decision.DenyOnFirstDeny {
		return // it ends there, at the latest
	}
	q, err := question(defaults(m, sent), ofQuestion)
	if err != nil {
		b.items = append(b.items, item{answered: answered{err: err}})
		return
	}
	asks, ok := q.question(in)
	if !ok {
		b.items = append(b.items, item{answered: unknownType(&q)})
		return
	}
	b.asks, b.items = append(b.asks, asks), append(b.items, item{answered: answered{explain: q.context.explain}, asked: true})
}

// answers returns what was answered, up to where the semantic ends it.
func (b *batch) answers() []answered {
	all, left := make([]answered, 0, len(b.items)), b.got
	for _, i := range b.items {
		if i.asked {
			if len(left) == 0 {
				return all
			}
			i.Answer, left = left[0], left[1:]
		}
		all = append(all, i.answered)
		if i.Permit && b.semantic == decision.PermitOnFirstPermit || !i.Permit && b.semantic == decision.DenyOnFirstDeny {
			return all
		}
	}
	return all
}

// defaults returns the question with what the whole request says wherever the question itself says nothing (§7.1.1). An
// entity of its own takes the place of the whole request's, but for a type, an id or a name that it does not have. For whom
// somebody acts stays said where a context of its own does not say it: leaving that out must not widen the question.
func defaults(m, sent map[string]any) map[string]any {
	whole := make(map[string]any, 4)
	for _, name := range []string{"subject", "action", "resource", "context"} {
		own, general := m[name], sent[name]
		if own == nil {
			own = general
		}
		inner, ok := own.(map[string]any)
		outer, fits := general.(map[string]any)
		if ok && fits && m[name] != nil {
			own = filled(inner, outer, required[name])
		}
		if own != nil {
			whole[name] = own
		}
	}
	return whole
}

var required = map[string][]string{"subject": {"type", "id"}, "action": {"name"}, "resource": {"type", "id"},
	"context": {"actor", "acting_session", "delegation"}}

// filled returns inner with the members of outer that it lacks among these.
func filled(inner, outer map[string]any, names []string) map[string]any {
	missing := false
	for _, name := range names {
		_, has := inner[name]
		_, could := outer[name]
		missing = missing || !has && could
	}
	if !missing {
		return inner
	}
	inner = maps.Clone(inner)
	for _, name := range names {
		if _, has := inner[name]; !has && outer[name] != nil {
			inner[name] = outer[name]
		}
	}
	return inner
}
