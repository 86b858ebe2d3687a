package lists

import (
	"context"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/directory/names"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world/table"
)

// facts are what a list is planned against.
type facts struct {
	*Lists
	ctx          context.Context
	tx           *db.Tx
	caller       standin.Caller
	columns      *table.Columns
	organisation directory.Organisation
	people       map[standin.PersonID]directory.Person
	byEmail      map[string]standin.PersonID // by names.EmailKey
	units        map[standin.UnitID]bool     // those that live
	roles        map[standin.RoleID]bool
	holdings     map[directory.Holding]bool // without their instants
	delegations  map[standin.DelegationID]delegation.Delegation
	catalogues   rights.Catalogues
	all          bool             // the caller manages everybody, or
	within       []standin.UnitID // who is in these units
}

// load reads the organisation as the caller's list needs it. It refuses callers who manage nobody.
func (l *Lists) load(ctx context.Context, tx *db.Tx, caller standin.Caller, kind Kind) (f *facts, err error) {
	f = &facts{Lists: l, ctx: ctx, tx: tx, caller: caller, people: map[standin.PersonID]directory.Person{}, byEmail: map[string]standin.PersonID{},
		units: map[standin.UnitID]bool{}, roles: map[standin.RoleID]bool{}, holdings: map[directory.Holding]bool{}, catalogues: rights.Catalogues{}}
	if f.all, f.within, err = l.scope(ctx, tx, caller, kind); err != nil {
		return nil, err
	}
	if f.organisation, err = l.directory.Organisation(ctx, tx, caller.Organisation); err != nil {
		return nil, err
	}
	if err := l.directory.EachPerson(ctx, tx, caller.Organisation, func(p directory.Person) error {
		f.people[p.ID] = p
		if key, ok := names.EmailKey(p.Email); ok {
			f.byEmail[key] = p.ID
		}
		return nil
	}); err != nil {
		return nil, err
	}
	units, err := l.directory.Units(ctx, tx, caller.Organisation)
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		f.units[u.ID] = true
	}
	if kind == Delegations {
		return f, f.loadDelegations()
	}
	return f, f.loadRoles()
}

// scope returns whom the caller manages. It refuses callers who manage nobody, and all who are acting.
func (l *Lists) scope(ctx context.Context, tx *db.Tx, caller standin.Caller, kind Kind) (all bool, units []standin.UnitID, err error) {
	if caller.Acting() {
		return false, nil, standin.Refuse(standin.Denied, "list.plan", "list.not_while_acting", "Lists are sent and fetched in one's own name. Switch back to yourself first.")
	}
	typ, action := "person", "manage"
	if kind == Delegations {
		typ = "delegation"
	}
	all, units, err = l.directory.ScopesOf(ctx, tx, caller, typ, action)
	if err == nil && !all && len(units) == 0 {
		err = standin.Refuse(standin.Denied, "list.plan", "list.not_entitled", "Lists are for those who manage the people or delegations in them.")
	}
	return all, units, err
}

func (f *facts) loadRoles() error {
	roles, err := f.directory.Roles(f.ctx, f.tx, f.caller.Organisation)
	if err != nil {
		return err
	}
	for _, r := range roles {
		f.roles[r.ID] = true
	}
	return f.directory.EachHolding(f.ctx, f.tx, f.caller.Organisation, func(h directory.Holding) error {
		f.holdings[directory.Holding{Person: h.Person, Role: h.Role, Unit: h.Unit}] = true
		return nil
	})
}

func (f *facts) loadDelegations() error {
	applications, err := f.applications.List(f.ctx, f.tx, f.caller.Organisation)
	if err != nil {
		return err
	}
	for _, a := range applications {
		f.catalogues[a.ID] = a.Catalogue
	}
	f.delegations, err = f.Lists.delegations.Every(f.ctx, f.tx, f.caller.Organisation)
	return err
}

// manages reports whether the person is one whom the caller manages. Nobody else is known to the list (THREATS 10).
func (f *facts) manages(p directory.Person) bool {
	return f.all || p.Unit != "" && slices.ContainsFunc(f.within, p.Unit.Within)
}

// person returns the person whom a cell names by id or address.
func (f *facts) person(cell string) (standin.PersonID, bool) {
	if strings.Contains(cell, "@") {
		key, ok := names.EmailKey(cell)
		if !ok {
			return "", false
		}
		id, known := f.byEmail[key]
		return id, known
	}
	_, known := f.people[standin.PersonID(cell)]
	return standin.PersonID(cell), known
}

func unknownPerson(column, cell string) error {
	return standin.Refuse(standin.NotFound, "list.plan", "list.person_unknown", "There is nobody \"{person}\" in your organisation.").
		On(column).With("person", brief(cell))
}

func unknownUnit(column, cell string) error {
	return standin.Refuse(standin.NotFound, "list.plan", "list.unit_unknown", "There is no unit \"{unit}\".").On(column).With("unit", brief(cell))
}

func twice(line int) error {
	return standin.Refuse(standin.Conflict, "list.plan", "list.twice", "Line {line} is about the same already.").With("line", line)
}

// words returns the several things that a cell holds, between spaces, commas or semicolons.
func words(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\n' || r == '\t' || r == '\u00A0' })
}
