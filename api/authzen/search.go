package authzen

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
)

// subjects answers who may do something with a resource (§8.4).
func (a *authzen) subjects(ctx context.Context, from standin.Caller, in tongue, sent map[string]any) ([]byte, error) {
	return a.search(from, in, sent, "subject", ofSubjects, func(q decision.Question, typ string, p page) (f found, err error) {
		people, next, err := a.Decisions.SearchSubjects(ctx, from, q, standin.PersonID(p.after), p.limit)
		for _, id := range people {
			f.results = append(f.results, `{"type":`+quote(typ)+`,"id":`+quote(string(id))+"}")
		}
		f.after = string(next)
		return f, err
	})
}

// resources answers with which of the registered resources of a type a subject may do something (§8.5).
func (a *authzen) resources(ctx context.Context, from standin.Caller, in tongue, sent map[string]any) ([]byte, error) {
	return a.search(from, in, sent, "resource", ofResources, func(q decision.Question, typ string, p page) (f found, err error) {
		items, next, err := a.Decisions.SearchResources(ctx, from, q, p.after, p.limit)
		for _, i := range items {
			f.results = append(f.results, `{"type":`+quote(typ)+`,"id":`+quote(i.ID)+"}")
		}
		f.after = next
		return f, err
	})
}

// actions answers what a subject may do with a resource (§8.6).
func (a *authzen) actions(ctx context.Context, from standin.Caller, in tongue, sent map[string]any) ([]byte, error) {
	return a.search(from, in, sent, "action", ofActions, func(q decision.Question, _ string, p page) (f found, err error) {
		names, next, err := a.Decisions.SearchActions(ctx, from, q, p.after, p.limit)
		for _, name := range names {
			f.results = append(f.results, `{"name":`+quote(name)+"}")
		}
		f.after = next
		return f, err
	})
}

// search is the frame of every search. find is given the type that the results are of, as the request calls it. What is of
// a type that is not known is found nowhere.
func (a *authzen) search(from standin.Caller, in tongue, sent map[string]any, kind string, needs part,
	find func(q decision.Question, typ string, p page) (found, error)) ([]byte, error) {
	q, err := question(sent, needs)
	if err != nil {
		return nil, err
	}
	p, err := pageOf(from, kind, in, sent)
	if err != nil {
		return nil, err
	}
	asks, ok := q.question(in)
	typ := q.resource.typ
	if kind == "subject" {
		typ = q.subject.typ
	}
	var f found
	switch {
	case !ok:
	case p.limit == 0:
		f.after, f.more = p.after, true
	default:
		if f, err = find(asks, typ, p); err != nil {
			return nil, err
		}
		f.more = f.after != ""
	}
	f.hypothetical = asks.Session == "" && asks.Actor != "" && asks.Actor != asks.Principal
	return p.write(f), nil
}
