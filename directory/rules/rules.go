// Package rules owns how an organisation changes what binds everybody in it: its guardrails, and its applications with
// their catalogues, guardrails and policies. What only binds more holds at once. What takes something away waits as a
// proposal for a second person who may edit guardrails (THREATS 16, 17).
//
// It refuses to let anybody confirm what they proposed themselves, or what a key of theirs proposed, and to begin what
// nobody else could confirm.
package rules

import (
	"context"
	"encoding/json"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// Rules changes what binds. It is safe for concurrent use.
type Rules struct {
	db           *db.DB
	ledger       *ledger.Ledger
	directory    *directory.Directory
	applications *application.Applications
	now          func() time.Time
}

// New returns the rules of the organisations in d.
func New(d *db.DB, l *ledger.Ledger, dir *directory.Directory, now func() time.Time) *Rules {
	return &Rules{db: d, ledger: l, directory: dir, applications: application.New(d, l, now).With(dir.MayKeepAccess), now: now}
}

// Saved is what became of a change.
type Saved struct {
	Changed  bool      // it holds
	Proposal *Proposal // it waits for a second person
}

// content is what a proposal would put into force, and what a record and a page compare.
type content struct {
	Guardrails  string           `json:"guardrails"`
	Application *applicationForm `json:"application,omitempty"`
}

type applicationForm struct {
	ID        standin.ApplicationID `json:"id"`
	Name      string                `json:"name"`
	Catalogue rights.Catalogue      `json:"catalogue"`
	Policies  string                `json:"policies"`
	Entities  string                `json:"entities"`
}

func contentOf(a application.Application) content {
	return content{a.Guardrails, &applicationForm{a.ID, a.Name, a.Catalogue, a.Policies, a.Entities}}
}

func (c content) text() string { return string(ledger.State(c)) }

func (c content) application() application.Application {
	return application.Application{ID: c.Application.ID, Name: c.Application.Name, Catalogue: c.Application.Catalogue, Guardrails: c.Guardrails,
		Policies: c.Application.Policies, Entities: c.Application.Entities}
}

// guardrails is the subject of proposals about the organisation's own.
const guardrails = "guardrails"

func subjectOf(id standin.ApplicationID) string { return "application:" + string(id) }

// PutGuardrails replaces the organisation's guardrails, which needs standin:guardrail.edit and that the caller is not
// acting. Where every guardrail stays, they hold at once; else a proposal waits. What is not Cedar, or does anything but
// forbid, is refused. Where version is not 0 and no longer the organisation's, Conflict.
func (r *Rules) PutGuardrails(ctx context.Context, caller standin.Caller, text string, version int64) (saved Saved, err error) {
	err = r.change(ctx, caller, "guardrail.change", "organisation:"+string(caller.Organisation), func(ctx context.Context, tx *db.Tx) error {
		saved = Saved{}
		if err := r.directory.Require(ctx, tx, caller, "guardrail", "edit", ""); err != nil {
			return err
		}
		o, err := r.directory.Organisation(ctx, tx, caller.Organisation)
		if err != nil {
			return err
		}
		next, err := guard.Compile(text)
		if err != nil || caller.Actor.IsOperator() || version != 0 && version != o.Version || !directory.LoosensGuardrails(o.Guardrails, next) {
			saved.Changed, err = r.directory.PutGuardrailsIn(ctx, tx, caller, text, version)
			return err
		}
		saved.Proposal, err = r.propose(ctx, tx, caller, guardrails, content{Guardrails: o.Guardrails}, content{Guardrails: text})
		return err
	})
	return saved, err
}

// PutApplication creates or changes an application of the caller's organisation, which needs standin:settings.manage for
// all of it and that the caller is not acting. What loosens it needs standin:guardrail.edit as well and waits as a proposal;
// all else holds at once. Where a.Version is not 0 and no longer the application's, Conflict.
func (r *Rules) PutApplication(ctx context.Context, caller standin.Caller, a application.Application) (saved Saved, err error) {
	err = r.change(ctx, caller, "application.change", subjectOf(a.ID), func(ctx context.Context, tx *db.Tx) error {
		saved, err = r.PutApplicationIn(ctx, tx, caller, a)
		return err
	})
	return saved, err
}

// PutApplicationIn is PutApplication in a transaction.
func (r *Rules) PutApplicationIn(ctx context.Context, tx *db.Tx, caller standin.Caller, a application.Application) (saved Saved, err error) {
	if err := r.directory.Require(ctx, tx, caller, "settings", "manage", ""); err != nil {
		return saved, err
	}
	if err := a.Check(); err != nil {
		return saved, err
	}
	a.Organisation = caller.Organisation
	old, err := r.applications.Get(ctx, tx, caller.Organisation, a.ID)
	if err != nil && !db.IsNotFound(err) {
		return saved, err
	}
	if err != nil || caller.Actor.IsOperator() || a.Version != 0 && a.Version != old.Version || !old.Loosens(a) {
		saved.Changed, err = r.applications.Keep(ctx, tx, caller, a, "")
		return saved, err
	}
	if err := r.directory.Require(ctx, tx, caller, "guardrail", "edit", ""); err != nil {
		return saved, err
	}
	saved.Proposal, err = r.propose(ctx, tx, caller, subjectOf(a.ID), contentOf(old), contentOf(a))
	return saved, err
}

// KeptApplications returns the applications of the caller's organisation in order of their ids. It needs
// standin:settings.manage for the whole organisation.
func (r *Rules) KeptApplications(ctx context.Context, caller standin.Caller) (list []application.Application, err error) {
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := r.directory.Require(ctx, tx, caller, "settings", "manage", ""); err != nil {
			return err
		}
		list, err = r.applications.List(ctx, tx, caller.Organisation)
		return err
	})
	return list, err
}

// apply puts what was confirmed into force.
func (r *Rules) apply(ctx context.Context, tx *db.Tx, caller standin.Caller, p Proposal) error {
	var wish content
	if err := json.Unmarshal([]byte(p.wish), &wish); err != nil {
		return err
	}
	if wish.Application == nil {
		_, err := r.directory.BindGuardrailsIn(ctx, tx, caller, wish.Guardrails, 0, p.By)
		return err
	}
	_, err := r.applications.Keep(ctx, tx, caller, wish.application(), p.By)
	return err
}

// inForce returns what the proposal's subject is now.
func (r *Rules) inForce(ctx context.Context, tx *db.Tx, p Proposal) (content, error) {
	if p.Application == "" {
		o, err := r.directory.Organisation(ctx, tx, p.Organisation)
		return content{Guardrails: o.Guardrails}, err
	}
	a, err := r.applications.Get(ctx, tx, p.Organisation, p.Application)
	return contentOf(a), err
}

// change runs fn as one transaction. Where it is denied, the refusal is recorded in a transaction of its own.
func (r *Rules) change(ctx context.Context, caller standin.Caller, action, resource string, fn func(ctx context.Context, tx *db.Tx) error) error {
	err := r.db.Update(ctx, fn)
	if standin.KindOf(err) != standin.Denied {
		return err
	}
	refused := ledger.By(caller)
	refused.At, refused.Action, refused.Resource, refused.Outcome = standin.Now(r.now), action, resource, ledger.Refused
	refused.Reasons = []string{standin.CodeOf(err)}
	if recorded := r.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := r.ledger.Append(ctx, tx, refused)
		return err
	}); recorded != nil {
		return recorded
	}
	return err
}
