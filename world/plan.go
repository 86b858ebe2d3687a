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
	"github.com/standin-id/standin/rights"
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
}

// New returns the world in d, over the rooms whose use cases it calls.
func New(d *db.DB, l *ledger.Ledger, a *application.Applications, dir *directory.Directory, del *delegation.Delegations,
	s *signin.Signin, now func() time.Time) *World {
	return &World{db: d, ledger: l, applications: a, directory: dir, delegations: del, signin: s, now: now}
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
	if err := p.problems.refuse(f.Name); err != nil {
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

// facts are an organisation as it will be: what is there, and over it what the file brings.
type facts struct {
	id           standin.OrganisationID
	is           *directory.Organisation // nil where it is to be created
	settings     directory.Settings
	units        map[standin.UnitID]bool
	applications map[standin.ApplicationID]application.Application
	catalogues   rights.Catalogues
	roles        map[standin.RoleID]directory.Role
	people       map[standin.PersonID]directory.Person
	holdings     map[directory.Holding]bool // without their instants
	delegations  map[standin.DelegationID]delegation.Delegation
	deleted      map[standin.DelegationID]bool
}

func (p *planner) file(f *File) error {
	for i := range f.Organisations {
		if err := p.organisation(&f.Organisations[i]); err != nil || p.problems.full() {
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

// load reads what is there of an organisation.
func (p *planner) load(id standin.OrganisationID) (*facts, error) {
	f := &facts{id: id, settings: directory.DefaultSettings(), units: map[standin.UnitID]bool{},
		applications: map[standin.ApplicationID]application.Application{}, catalogues: rights.Catalogues{},
		roles: map[standin.RoleID]directory.Role{}, people: map[standin.PersonID]directory.Person{},
		holdings: map[directory.Holding]bool{}, deleted: map[standin.DelegationID]bool{}}
	p.facts[id] = f
	is, err := p.directory.Organisation(p.ctx, p.tx, id)
	if db.IsNotFound(err) {
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	f.is, f.settings = &is, is.Settings
	return f, p.loadRest(f)
}

func (p *planner) loadRest(f *facts) error {
	units, err := p.directory.Units(p.ctx, p.tx, f.id)
	if err != nil {
		return err
	}
	for _, u := range units {
		f.units[u.ID] = true
	}
	applications, err := p.applications.List(p.ctx, p.tx, f.id)
	if err != nil {
		return err
	}
	for _, a := range applications {
		f.applications[a.ID], f.catalogues[a.ID] = a, a.Catalogue
	}
	roles, err := p.directory.Roles(p.ctx, p.tx, f.id)
	if err != nil {
		return err
	}
	for _, r := range roles {
		f.roles[r.ID] = r
	}
	if err := p.directory.EachPerson(p.ctx, p.tx, f.id, func(person directory.Person) error {
		f.people[person.ID] = person
		return nil
	}); err != nil {
		return err
	}
	if err := p.directory.EachHolding(p.ctx, p.tx, f.id, func(h directory.Holding) error {
		h.CreatedAt = time.Time{}
		f.holdings[h] = true
		return nil
	}); err != nil {
		return err
	}
	if f.delegations, err = p.delegations.Every(p.ctx, p.tx, f.id); err != nil {
		return err
	}
	return p.eachRecord(ledger.Filter{Organisation: f.id, Action: "delegation.delete", Outcome: ledger.Done}, func(r ledger.Record) bool {
		f.deleted[standin.DelegationID(strings.TrimPrefix(r.Resource, "delegation:"))] = true
		return true
	})
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

// same counts a thing that is as the file says.
func (p *planner) same() { p.plan.Same++ }

// kept tells that the file would revive or widen what somebody ended or narrowed.
func (p *planner) kept(f *facts, kind, id, what string) {
	p.plan.Kept = append(p.plan.Kept, Kept{f.id, kind, id, what})
}

func (p *planner) organisation(o *Organisation) error {
	f, err := p.load(o.ID)
	if err != nil {
		return err
	}
	if err := p.settings(o, f); err != nil {
		return err
	}
	p.units(o, f)
	p.appsOf(o, f)
	if err := p.roles(o, f); err != nil {
		return err
	}
	if err := p.guardrails(o, f); err != nil {
		return err
	}
	if err := p.people(o, f); err != nil || p.problems.full() {
		return err
	}
	return p.delegationsOf(o, f)
}

// settings plans the organisation itself.
func (p *planner) settings(o *Organisation, f *facts) error {
	want := directory.Organisation{ID: o.ID, Name: string(o.ID)}
	if f.is != nil {
		want = *f.is
	}
	set(&want.Name, o.Name)
	want.Settings = o.Settings.Over(f.settings)
	if f.is != nil {
		var err error
		if want.Settings, err = p.keepSettings(f, want.Settings); err != nil {
			return err
		}
	}
	if err := want.Check(); err != nil {
		at := o.Settings.of(strings.TrimPrefix(fieldOf(err), "settings."))
		if !strings.HasPrefix(fieldOf(err), "settings") || at == (Position{}) {
			at = o.of(fieldOf(err))
		}
		p.problems.addError(at, err)
	}
	f.settings = want.Settings
	c := Change{Organisation: o.ID, Kind: "organisation", ID: string(o.ID), Created: f.is == nil}
	if f.is != nil {
		if c.Fields = differences(*f.is, want); len(c.Fields) == 0 {
			p.same()
			return nil
		}
	}
	p.then(c, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
		_, err := p.World.directory.PutOrganisationIn(ctx, tx, caller, want)
		return err
	})
	return nil
}

// units plans units, each after its parent.
func (p *planner) units(o *Organisation, f *facts) {
	units := slices.Clone(o.Units)
	slices.SortStableFunc(units, func(a, b Unit) int { return strings.Count(string(a.ID), "/") - strings.Count(string(b.ID), "/") })
	for _, u := range units {
		if f.units[u.ID] {
			p.same()
			continue
		}
		if at := strings.LastIndexByte(string(u.ID), '/'); at >= 0 && !f.units[u.ID[:at]] {
			p.problems.add(u.self, `there is no unit "%s" for "%s" to be in; it is expected among the units`, u.ID[:at], u.ID)
			continue
		}
		f.units[u.ID] = true
		p.then(Change{Organisation: o.ID, Kind: "unit", ID: string(u.ID), Created: true},
			func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
				_, err := p.World.directory.PutUnitIn(ctx, tx, caller, u.ID)
				return err
			})
	}
}

// appsOf plans applications.
func (p *planner) appsOf(o *Organisation, f *facts) {
	for i := range o.Applications {
		want := o.Applications[i].Application
		want.Organisation = o.ID
		is, exists := f.applications[want.ID]
		f.applications[want.ID], f.catalogues[want.ID] = want, want.Catalogue
		c := Change{Organisation: o.ID, Kind: "application", ID: string(want.ID), Created: !exists}
		if exists {
			if c.Fields = differences(is, want); len(c.Fields) == 0 {
				p.same()
				continue
			}
		}
		p.then(c, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
			_, err := p.applications.Put(ctx, tx, caller, want)
			return err
		})
	}
}

// roles plans roles. What somebody took out of one by hand is not put back.
func (p *planner) roles(o *Organisation, f *facts) error {
	for i := range o.Roles {
		r := &o.Roles[i]
		p.problems.addAt(r.place, rights.Role{ID: r.ID, Rank: r.Rank}.Check(f.catalogues))
		p.permissions(r.Allow, r.allowAt, f.catalogues)
		is, exists := f.roles[r.ID]
		want := r.Role
		if exists {
			var err error
			if want, err = p.keepRole(f, is.Role, want); err != nil {
				return err
			}
		}
		f.roles[r.ID] = directory.Role{Organisation: o.ID, Role: want}
		c := Change{Organisation: o.ID, Kind: "role", ID: string(r.ID), Created: !exists}
		if exists {
			if c.Fields = differences(is.Role, want); len(c.Fields) == 0 {
				p.same()
				continue
			}
		}
		p.then(c, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
			_, err := p.World.directory.PutRoleIn(ctx, tx, caller, want, is.Version)
			return err
		})
	}
	return nil
}

// permissions notes each one that is malformed or unknown, where it stands.
func (p *planner) permissions(texts []string, at []Position, catalogues rights.Catalogues) {
	for i, text := range texts {
		p.problems.addError(at[i], catalogues.Check(text))
	}
}

// guardrails plans the organisation's own guardrails. What somebody changed by hand may forbid more, and stays.
func (p *planner) guardrails(o *Organisation, f *facts) error {
	is := ""
	if f.is != nil {
		is = f.is.Guardrails
	}
	if o.Guardrails == nil || *o.Guardrails == is {
		return nil
	}
	if touched, err := p.touched(f, "organisation:"+string(o.ID), "guardrails"); err != nil || touched {
		if touched {
			p.kept(f, "organisation", string(o.ID), "guardrails")
		}
		return err
	}
	want := *o.Guardrails
	c := Change{Organisation: o.ID, Kind: "guardrails", ID: string(o.ID), Created: is == "", Fields: []Field{{"guardrails", is, want}}}
	p.then(c, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
		_, err := p.World.directory.PutGuardrailsIn(ctx, tx, caller, want, 0)
		return err
	})
	return nil
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
