package impact

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/directory/rules"
	"github.com/standin-id/standin/rights"
)

// PutApplication returns what rules.PutApplication would do once it holds: permissions of roles and of limits that no
// longer speak of anything, the people and sessions that touches, and whether a second person must confirm it.
func (p *Previews) PutApplication(ctx context.Context, caller standin.Caller, a application.Application) (Outcome, error) {
	applications := application.New(p.db, p.ledger, p.now)
	binding := rules.New(p.db, p.ledger, p.directory, p.now)
	return p.try(ctx, caller, func(ctx context.Context, t *trial) error {
		before, err := applications.Catalogues(ctx, t.tx, t.org)
		if err != nil {
			return err
		}
		_, err = applications.Get(ctx, t.tx, t.org, a.ID)
		exists := err == nil
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		saved, err := binding.PutApplicationIn(ctx, t.tx, caller, a)
		if t.Changed = saved.Changed || saved.Proposal != nil; err != nil || !t.Changed || !exists {
			return err
		}
		if saved.Proposal != nil {
			t.add(NeedsSecond, Thing{})
		}
		after := rights.Catalogues{}
		for id, c := range before {
			after[id] = c
		}
		after[a.ID] = a.Catalogue
		gone := func(permission string) bool { return before.Check(permission) == nil && after.Check(permission) != nil }
		if err := t.rolesOf(ctx, gone); err != nil {
			return err
		}
		return t.limitsOf(ctx, gone)
	})
}

// rolesOf adds what the roles lose by permissions that speak of nothing any more.
func (t *trial) rolesOf(ctx context.Context, gone func(permission string) bool) error {
	roles, err := t.directory.Roles(ctx, t.tx, t.org)
	if err != nil {
		return err
	}
	var touched []directory.Person
	seen := map[standin.PersonID]bool{}
	for _, r := range roles {
		lost := false
		for _, permission := range r.Allow {
			if gone(permission) {
				lost = true
				t.add(RoleLoses, Thing{Role: r.ID, RoleName: r.Label(), Permission: permission})
			}
		}
		if !lost {
			continue
		}
		holders, err := t.directory.HoldersOf(ctx, t.tx, t.org, r.ID)
		if err != nil {
			return err
		}
		for _, p := range holders {
			if !seen[p.ID] {
				seen[p.ID], touched = true, append(touched, p)
			}
		}
	}
	return t.affects(ctx, touched)
}

// limitsOf adds the delegations whose limits name what is gone.
func (t *trial) limitsOf(ctx context.Context, gone func(permission string) bool) error {
	return t.delegations.Each(ctx, t.tx, t.org, func(r delegation.Row) error {
		if !works(r, t.now) {
			return nil
		}
		for _, permission := range append(append([]string{}, r.Limits.Allow...), r.Limits.Deny...) {
			if gone(permission) {
				thing := thingOfRow(r)
				thing.Permission = permission
				t.add(LimitNamesGone, thing)
			}
		}
		return nil
	})
}
