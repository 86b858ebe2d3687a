package decision

import (
	"context"
	"maps"
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
	// policies are those of the applications for which Cedar of the organisation's own takes the place of roles.
	policies  map[standin.ApplicationID]guard.Policies
	texts     map[standin.ApplicationID]texts // "" for the organisation's own
	broken    bool                            // something of it cannot be read: then nothing is permitted
	recordOwn bool
}

// texts are what is written of one application, or of the organisation.
type texts struct{ guardrails, policies, entities string }

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
	b := &rulebook{version: version, catalogues: rights.Catalogues{}, texts: map[standin.ApplicationID]texts{"": {guardrails: guardrails}}}
	for _, a := range applications {
		b.catalogues[a.ID], b.texts[a.ID] = a.Catalogue, texts{a.Guardrails, a.Policies, a.Entities}
	}
	if before != nil && reflect.DeepEqual(before.catalogues, b.catalogues) {
		b.vocabulary = before.vocabulary
	} else {
		b.vocabulary = rights.NewVocabulary(b.catalogues)
	}
	if before != nil && maps.Equal(before.texts, b.texts) {
		b.guards, b.policies, b.broken = before.guards, before.policies, before.broken
		return b
	}
	b.compile()
	return b
}

// compile reads the texts. They were read before they were stored; should one be unreadable all the same, nothing is
// permitted.
func (b *rulebook) compile() {
	guards := map[standin.ApplicationID]guard.Guardrails{}
	b.policies = map[standin.ApplicationID]guard.Policies{}
	for id, of := range b.texts {
		g, err := guard.Compile(of.guardrails)
		b.broken = b.broken || err != nil
		guards[id] = g
		if of.policies == "" {
			continue
		}
		p, err := guard.CompilePolicies(of.policies, of.entities)
		b.broken = b.broken || err != nil
		b.policies[id] = p
	}
	own := guards[""]
	delete(guards, "")
	b.guards = guard.NewRules(own, guards)
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
