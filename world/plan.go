package world

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
)

// World plans and applies world files. It is safe for concurrent use.
type World struct {
	db           *db.DB
	ledger       *ledger.Ledger
	applications *application.Applications
	directory    *directory.Directory
	delegations  *delegation.Delegations
	signin       *signin.Signin
	now          func() time.Time
	atOnce       int // things done in one transaction
}

// New returns the world in d, over the rooms whose use cases it calls.
func New(d *db.DB, l *ledger.Ledger, a *application.Applications, dir *directory.Directory, del *delegation.Delegations,
	s *signin.Signin, now func() time.Time) *World {
	return &World{db: d, ledger: l, applications: a, directory: dir, delegations: del, signin: s, now: now, atOnce: manyAtOnce}
}

// Plan is what applying a file would do. It is made by World.Plan and holds for the state that it was made from.
type Plan struct {
	Difference
	steps []step
}

// step does one thing of a plan and writes its record.
type step struct {
	organisation standin.OrganisationID
	// password is to be hashed before the step's transaction begins, "" for none.
	password string
	do       func(ctx context.Context, tx *db.Tx, caller standin.Caller, hash signin.PasswordHash) error
}

// Plan compares a file with what is there and returns the difference. It writes nothing. Everything that could refuse to
// be applied is looked for: a refusal lists up to 20 problems with line and column, and wraps them as Problems.
func (w *World) Plan(ctx context.Context, f *File) (*Plan, error) {
	var p *planner
	err := w.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		p = &planner{World: w, ctx: ctx, tx: tx, now: standin.Now(w.now), plan: &Plan{}, facts: map[standin.OrganisationID]*facts{}}
		return p.file(f)
	})
	if err != nil {
		return nil, err
	}
	if err := refuse(p.problems, f.Name); err != nil {
		return nil, err
	}
	return p.plan, nil
}

// planner makes one plan within one reading transaction.
type planner struct {
	*World
	ctx      context.Context
	tx       *db.Tx
	now      time.Time
	problems Problems
	plan     *Plan
	facts    map[standin.OrganisationID]*facts
}

func (p *planner) file(f *File) error {
	for i := range f.Organisations {
		if err := p.organisation(&f.Organisations[i]); err != nil || p.problems.Full() {
			return err
		}
	}
	for i := range f.Clients {
		if err := p.client(&f.Clients[i]); err != nil {
			return err
		}
	}
	for i := range f.Keys {
		if err := p.key(&f.Keys[i]); err != nil {
			return err
		}
	}
	return nil
}

// then adds a change to the difference and the step that makes it.
func (p *planner) then(c Change, do func(ctx context.Context, tx *db.Tx, caller standin.Caller) error) {
	p.thenHash(c, "", func(ctx context.Context, tx *db.Tx, caller standin.Caller, _ signin.PasswordHash) error {
		return do(ctx, tx, caller)
	})
}

func (p *planner) thenHash(c Change, password string, do func(context.Context, *db.Tx, standin.Caller, signin.PasswordHash) error) {
	p.plan.Changes = append(p.plan.Changes, c)
	p.plan.steps = append(p.plan.steps, step{c.Organisation, password, do})
}

// noVersion is what somebody changes who expects that there is nothing yet.
const noVersion = -1

// orNew returns the version, or noVersion where there is none.
func orNew(version int64) int64 {
	if version == 0 {
		return noVersion
	}
	return version
}

// same counts a thing that is as the file says.
func (p *planner) same() { p.plan.Same++ }

// kept tells that the file would revive or widen what somebody ended or narrowed.
func (p *planner) kept(f *facts, kind, id, what string) {
	p.plan.Kept = append(p.plan.Kept, Kept{f.id, kind, id, what})
}

// list returns the keys of a set in order, for what is expected.
func list[K ~string, V any](m map[K]V) string {
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		names = append(names, string(name))
	}
	const most = 12
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return strings.Join(names, ", ")
}
