package decision

import (
	"context"
	"reflect"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/rights"
)

// rulebook is what decides in one organisation at one version of its rules, compiled. It is not changed once made.
type rulebook struct {
	version    int64
	vocabulary *rights.Vocabulary
	catalogues rights.Catalogues
	guards     *guard.Rules
	texts      map[standin.ApplicationID]string // of the guardrails, "" for the organisation's
	broken     bool                             // something of it cannot be read: then nothing is permitted
	recordOwn  bool
}

// standing is what one person may do by a rulebook.
type standing struct {
	book      *rulebook
	known     bool
	active    bool
	authority *rights.Authority
}

// book returns the organisation's rulebook as the transaction sees it. The transaction must see one consistent state.
func (d *Decisions) book(ctx context.Context, tx *db.Tx, org standin.OrganisationID) (*rulebook, error) {
	version, err := d.applications.RulesVersion(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	of := d.office(org)
	kept := of.book.Load()
	if kept != nil && kept.version == version {
		return kept, nil
	}
	o, err := d.directory.Organisation(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	applications, err := d.applications.List(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	b := newBook(version, o.Guardrails, applications, kept)
	b.recordOwn = o.Settings.Decisions.RecordOwn
	if kept == nil || kept.version < version {
		of.book.Store(b)
	}
	return b, nil
}

// newBook compiles the rules. What is as it was in the book before is taken from there.
func newBook(version int64, guardrails string, applications []application.Application, before *rulebook) *rulebook {
	b := &rulebook{version: version, catalogues: rights.Catalogues{}, texts: map[standin.ApplicationID]string{"": guardrails}}
	for _, a := range applications {
		b.catalogues[a.ID], b.texts[a.ID] = a.Catalogue, a.Guardrails
	}
	if before != nil && reflect.DeepEqual(before.catalogues, b.catalogues) {
		b.vocabulary = before.vocabulary
	} else {
		b.vocabulary = rights.NewVocabulary(b.catalogues)
	}
	if before != nil && reflect.DeepEqual(before.texts, b.texts) {
		b.guards, b.broken = before.guards, before.broken
		return b
	}
	compiled := map[standin.ApplicationID]guard.Guardrails{}
	for id, text := range b.texts {
		g, err := guard.Compile(text)
		b.broken = b.broken || err != nil
		compiled[id] = g
	}
	own := compiled[""]
	delete(compiled, "")
	b.guards = guard.NewRules(own, compiled)
	return b
}

// standing returns what the person may do in their own name, as the transaction sees it.
func (d *Decisions) standing(ctx context.Context, tx *db.Tx, book *rulebook, org standin.OrganisationID, id standin.PersonID) (*standing, error) {
	key := personKey{org, id}
	if st, ok := d.standings.get(key); ok && st.book == book {
		return st, nil
	}
	p, err := d.directory.Person(ctx, tx, org, id)
	if db.IsNotFound(err) {
		return &standing{book: book}, nil
	}
	if err != nil {
		return nil, err
	}
	held, err := d.directory.Holdings(ctx, tx, org, id)
	if err != nil {
		return nil, err
	}
	st := &standing{book: book, known: true, active: p.Active(), authority: book.vocabulary.Authority(id, held)}
	d.standings.put(key, st)
	return st, nil
}

// asked is a question in the words of rights and guard.
type asked struct {
	rights rights.Question
	guard  guard.Question
}

// ask puts the question to the rulebook: actor is who is really there.
func (b *rulebook) ask(q *Question, actor, principal standin.PersonID) (a asked) {
	a.rights = rights.Question{Application: q.Application, Type: q.Type, Action: q.Action, Field: q.Field, Owner: q.Owner,
		EnteredBy: q.EnteredBy, Unit: q.Unit, SelfApproval: q.SelfApproval}
	a.guard = guard.Question{Actor: actor, Principal: principal, Application: q.Application, Type: q.Type, Action: q.Action,
		ID: q.ID, Owner: q.Owner, EnteredBy: q.EnteredBy, Unit: q.Unit, SelfApproval: q.SelfApproval, Properties: q.Properties}
	a.guard.Flags, _ = b.vocabulary.Action(&a.rights)
	return a
}

// permits reports whether the authority, within the bounds, may do what is asked, and no guardrail objects.
func (b *rulebook) permits(authority *rights.Authority, bounds *rights.Bounds, a *asked) bool {
	return !b.broken && authority.Permits(bounds, &a.rights) && !b.guards.Forbids(&a.guard)
}

// reasons returns everything that speaks for and against, whatever permits said.
func (b *rulebook) reasons(authority *rights.Authority, bounds *rights.Bounds, a *asked) []Reason {
	var all []Reason
	if b.broken {
		all = append(all, Reason{Code: Unreadable})
	}
	for _, r := range authority.Explain(bounds, &a.rights).Reasons {
		all = append(all, Reason{Code: r.Code, For: r.For, Role: r.Role, At: r.At, Permission: r.Permission})
	}
	for _, r := range b.guards.Explain(&a.guard) {
		all = append(all, Reason{Code: r.Code, From: r.Application, Policy: r.Policy, Line: r.Line, Column: r.Column, Problem: r.Problem})
	}
	return all
}
