// Package trials owns trying guardrails before they bind: against questions that were answered and recorded, and against
// one that is made up. It says which answers would be others, by which guardrail, and how many live acting sessions that
// touches.
//
// It refuses to write anything, and to answer whether rights and limits would permit: decision knows.
package trials

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// Trials tries guardrails. It is safe for concurrent use.
type Trials struct {
	db           *db.DB
	ledger       *ledger.Ledger
	directory    *directory.Directory
	applications *application.Applications
	acting       *acting.Acting
	now          func() time.Time
}

// New returns trials of guardrails in d.
func New(d *db.DB, l *ledger.Ledger, dir *directory.Directory, apps *application.Applications, act *acting.Acting, now func() time.Time) *Trials {
	return &Trials{db: d, ledger: l, directory: dir, applications: apps, acting: act, now: now}
}

// Draft is a text of guardrails that could take the place of those in force.
type Draft struct {
	Application standin.ApplicationID // whose they are, "" for the organisation's own
	Guardrails  string
}

// mostly is how many recorded answers of each kind are tried, shown how many of those that would change are named.
const (
	mostly = 1000
	shown  = 50
)

// Change is a recorded answer that would be another.
type Change struct {
	Record    standin.RecordID
	At        time.Time
	Question  guard.Question
	ActorName string
	Name      string // of the principal
	Session   standin.SessionID
	// Opens says that guardrails objected and would no longer: then rights and limits decide. Otherwise a yes becomes a no.
	Opens   bool
	Reasons []guard.Reason // the objections that come or, where it opens, go
}

// Trial is what a draft would do.
type Trial struct {
	Tried   int // recorded answers
	Opened  int // objections that would go
	Closed  int // answers that would become a no
	Changes []Change
	// Sessions are the live acting sessions in which some answer would be another.
	Sessions []acting.Episode
}

// Recorded tries the draft against the newest recorded answers, a thousand of those that were given and a thousand of those
// that were asked for hypothetically. It needs standin:guardrail.edit, in one's own name. What is not Cedar, or does
// anything but forbid, is refused. Answers and sessions are counted whoever they are of, and named as far as the caller may
// read the record.
func (t *Trials) Recorded(ctx context.Context, caller standin.Caller, d Draft) (found Trial, err error) {
	now := standin.Now(t.now)
	err = t.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		found = Trial{}
		b, err := t.begin(ctx, tx, caller, d)
		if err != nil {
			return err
		}
		if err := t.gather(ctx, tx, b); err != nil {
			return err
		}
		found.Tried = len(b.tried)
		sees, err := t.sees(ctx, tx, caller)
		if err != nil {
			return err
		}
		touched := map[standin.SessionID]bool{}
		for _, c := range guard.Try(b.before, b.after, b.tried) {
			change := b.changes[c.Index]
			if change.Opens, change.Reasons = c.Opens, c.Reasons; c.Opens {
				found.Opened++
			} else {
				found.Closed++
			}
			touched[change.Session] = true
			if len(found.Changes) < shown && sees(change.Question.Actor, change.Question.Principal) {
				found.Changes = append(found.Changes, change)
			}
		}
		live, err := t.acting.LiveIn(ctx, tx, caller.Organisation, "", now)
		if err != nil {
			return err
		}
		found.Sessions = slices.DeleteFunc(live, func(e acting.Episode) bool { return !touched[e.ID] || !sees(e.Actor, e.Principal) })
		return t.name(ctx, tx, caller.Organisation, found.Changes)
	})
	return found, err
}

// sees returns who may be named: of whom the caller may read the record, as directory.Audit has it.
func (t *Trials) sees(ctx context.Context, tx *db.Tx, caller standin.Caller) (func(people ...standin.PersonID) bool, error) {
	all, units, err := t.directory.ScopesOf(ctx, tx, caller, "audit", "view")
	if err != nil || all {
		return func(...standin.PersonID) bool { return true }, err
	}
	among := map[standin.PersonID]bool{caller.Actor.Person(): true}
	if len(units) > 0 {
		within, err := t.directory.PeopleWithin(ctx, tx, caller.Organisation, units)
		if err != nil {
			return nil, err
		}
		for _, id := range within {
			among[id] = true
		}
	}
	delete(among, "")
	return func(people ...standin.PersonID) bool {
		return slices.ContainsFunc(people, func(id standin.PersonID) bool { return among[id] })
	}, nil
}

// Verdict is what guardrails say of one question, now and with a draft: the objections, none where they let it be.
type Verdict struct {
	Before, After []guard.Reason
}

// Question tries the draft with one question that is made up. It needs what Recorded needs. A type or an action that no
// catalogue knows is Invalid.
func (t *Trials) Question(ctx context.Context, caller standin.Caller, d Draft, q guard.Question) (v Verdict, err error) {
	err = t.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err := t.begin(ctx, tx, caller, d)
		if err != nil {
			return err
		}
		action, known := b.catalogues[q.Application].Types[q.Type].Actions[q.Action]
		if !known {
			return standin.Refuse(standin.Invalid, "trials.question", "trials.unknown_action", "No application knows this action.").On("action")
		}
		q.Flags = action
		if q.Principal == "" {
			q.Principal = q.Actor
		}
		v = Verdict{b.before.Explain(&q), b.after.Explain(&q)}
		return nil
	})
	return v, err
}

// bench is a draft beside what is in force.
type bench struct {
	org           standin.OrganisationID
	before, after *guard.Rules
	catalogues    rights.Catalogues
	tried         []guard.Answered
	changes       []Change // what each of tried would be, were it to change
}

// begin compiles what is in force, and the same with the draft.
func (t *Trials) begin(ctx context.Context, tx *db.Tx, caller standin.Caller, d Draft) (*bench, error) {
	if err := t.directory.Require(ctx, tx, caller, "guardrail", "edit", ""); err != nil {
		return nil, err
	}
	draft, err := guard.Compile(d.Guardrails)
	if err != nil {
		return nil, err
	}
	o, err := t.directory.Organisation(ctx, tx, caller.Organisation)
	if err != nil {
		return nil, err
	}
	own, err := guard.Compile(o.Guardrails)
	if err != nil {
		return nil, err
	}
	all, err := t.applications.List(ctx, tx, caller.Organisation)
	if err != nil {
		return nil, err
	}
	b := &bench{org: caller.Organisation, catalogues: rights.Catalogues{}}
	was, will := map[standin.ApplicationID]guard.Guardrails{}, map[standin.ApplicationID]guard.Guardrails{}
	known := d.Application == ""
	for _, a := range all {
		if was[a.ID], err = guard.Compile(a.Guardrails); err != nil {
			return nil, err
		}
		will[a.ID], b.catalogues[a.ID] = was[a.ID], a.Catalogue
		if a.ID == d.Application {
			will[a.ID], known = draft, true
		}
	}
	if !known {
		return nil, standin.Refuse(standin.NotFound, "trials.begin", "application.not_found", "There is no such application.")
	}
	then := own
	if d.Application == "" {
		then = draft
	}
	b.before, b.after = guard.NewRules(own, was), guard.NewRules(then, will)
	return b, nil
}

// gather reads recorded questions, the newest first, as far as the catalogues still know them.
func (t *Trials) gather(ctx context.Context, tx *db.Tx, b *bench) error {
	for _, action := range decision.RecordedActions() {
		var after ledger.Cursor
		for read := 0; read < mostly; {
			page, next, err := t.ledger.Page(ctx, tx, ledger.Filter{Organisation: b.org, Action: action}, after, min(200, mostly-read))
			if err != nil {
				return err
			}
			for _, r := range page {
				if err := b.add(r); err != nil {
					return err
				}
			}
			if read += len(page); next == (ledger.Cursor{}) || len(page) == 0 {
				break
			}
			after = next
		}
	}
	return nil
}

// add takes a record among those that are tried.
func (b *bench) add(r ledger.Record) error {
	if r.After == nil { // what it said was erased
		return nil
	}
	var said decision.Recorded
	exact := json.NewDecoder(bytes.NewReader(r.After))
	exact.UseNumber()
	if err := exact.Decode(&said); err != nil {
		return err
	}
	flags, known := b.catalogues[said.Application].Types[said.Type].Actions[said.Action]
	if !known {
		return nil
	}
	actor, principal := said.Actor, said.Principal
	if !said.Hypothetical && r.Actor.Person() != "" {
		actor = r.Actor.Person()
	}
	if principal == "" {
		principal = r.Principal
	}
	if actor == "" {
		actor = principal
	}
	q := guard.Question{Actor: actor, Principal: principal, Application: said.Application, Type: said.Type, Action: said.Action, ID: said.ID, Flags: flags,
		Owner: said.Owner, EnteredBy: said.EnteredBy, Unit: said.Unit, SelfApproval: said.SelfApproval, Properties: said.Properties}
	b.tried = append(b.tried, guard.Answered{Question: q, Permit: said.Permit})
	b.changes = append(b.changes, Change{Record: r.ID, At: r.At, Question: q, Session: r.Session})
	return nil
}

// name gives the changes the names of their people.
func (t *Trials) name(ctx context.Context, tx *db.Tx, org standin.OrganisationID, changes []Change) error {
	names := map[standin.PersonID]string{}
	of := func(id standin.PersonID) (string, error) {
		if name, known := names[id]; known {
			return name, nil
		}
		p, err := t.directory.Person(ctx, tx, org, id)
		if err != nil && !db.IsNotFound(err) {
			return "", err
		}
		names[id] = p.Name
		return p.Name, nil
	}
	for i := range changes {
		var err error
		if changes[i].ActorName, err = of(changes[i].Question.Actor); err != nil {
			return err
		}
		if changes[i].Name, err = of(changes[i].Question.Principal); err != nil {
			return err
		}
	}
	return nil
}
