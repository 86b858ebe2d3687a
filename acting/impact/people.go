package impact

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// Deactivate returns what directory.Deactivate would do: sessions that end, delegations that stop, people without a
// manager, and the roles that the person goes on holding in vain. The last administrator is refused.
func (p *Previews) Deactivate(ctx context.Context, caller standin.Caller, person standin.PersonID) (Outcome, error) {
	return p.try(ctx, caller, func(ctx context.Context, t *trial) error {
		return t.person(ctx, person, func() (bool, error) {
			changed, err := t.directory.DeactivateIn(ctx, t.tx, caller, person)
			if err != nil || !changed {
				return false, err
			}
			return true, t.leaves(ctx, person)
		})
	})
}

// leaves adds what hangs on one who became inactive.
func (t *trial) leaves(ctx context.Context, person standin.PersonID) error {
	reports, err := t.directory.ReportsOf(ctx, t.tx, t.org, person)
	if err != nil {
		return err
	}
	for _, r := range reports {
		t.add(LosesManager, thingOfPerson(r))
	}
	held, err := t.directory.Holdings(ctx, t.tx, t.org, person)
	for _, h := range held {
		t.add(HoldsRole, Thing{Person: person, Role: h.Role.ID, RoleName: h.Role.Label(), Unit: h.Unit})
	}
	return err
}

// Reactivate returns what directory.Reactivate would do: delegations that work again, and permissions that count again.
func (p *Previews) Reactivate(ctx context.Context, caller standin.Caller, person standin.PersonID) (Outcome, error) {
	return p.try(ctx, caller, func(ctx context.Context, t *trial) error {
		return t.person(ctx, person, func() (bool, error) { return t.directory.ReactivateIn(ctx, t.tx, caller, person) })
	})
}

// PutPerson returns what directory.PutPerson would do: the permissions that come and go with the person's unit.
func (p *Previews) PutPerson(ctx context.Context, caller standin.Caller, put directory.Person) (Outcome, error) {
	return p.try(ctx, caller, func(ctx context.Context, t *trial) error {
		return t.person(ctx, put.ID, func() (bool, error) {
			_, changed, err := t.directory.PutPersonIn(ctx, t.tx, caller, put)
			return changed, err
		})
	})
}

// Hold returns what directory.Hold would do: the permissions that the person gains, and the sessions in their place.
func (p *Previews) Hold(ctx context.Context, caller standin.Caller, person standin.PersonID, role standin.RoleID, unit standin.UnitID) (Outcome, error) {
	return p.try(ctx, caller, func(ctx context.Context, t *trial) error {
		return t.person(ctx, person, func() (bool, error) { return t.directory.HoldIn(ctx, t.tx, caller, person, role, unit) })
	})
}

// Release returns what directory.Release would do: the permissions that the person loses, and the sessions in their place.
// The last administrator is refused.
func (p *Previews) Release(ctx context.Context, caller standin.Caller, person standin.PersonID, role standin.RoleID, unit standin.UnitID) (Outcome, error) {
	return p.try(ctx, caller, func(ctx context.Context, t *trial) error {
		return t.person(ctx, person, func() (bool, error) { return t.directory.ReleaseIn(ctx, t.tx, caller, person, role, unit) })
	})
}

// person compares what rests on the person before and after the change.
func (t *trial) person(ctx context.Context, person standin.PersonID, change func() (bool, error)) error {
	before, err := t.stands(ctx, person)
	if err != nil {
		return err
	}
	if t.Changed, err = change(); err != nil || !t.Changed {
		return err
	}
	after, err := t.stands(ctx, person)
	if err != nil {
		return err
	}
	t.compare(person, before, after)
	return nil
}

// PutRole returns what directory.PutRole would do: the permissions that come and go, the people who hold the role, and the
// live sessions in their places.
func (p *Previews) PutRole(ctx context.Context, caller standin.Caller, role rights.Role, version int64) (Outcome, error) {
	return p.try(ctx, caller, func(ctx context.Context, t *trial) error {
		holders, err := t.directory.HoldersOf(ctx, t.tx, t.org, role.ID)
		if err != nil {
			return err
		}
		old, err := t.directory.Role(ctx, t.tx, t.org, role.ID)
		if err != nil && standin.KindOf(err) != standin.NotFound {
			return err
		}
		if t.Changed, err = t.directory.PutRoleIn(ctx, t.tx, caller, role, version); err != nil || !t.Changed {
			return err
		}
		next, err := t.directory.Role(ctx, t.tx, t.org, role.ID)
		if err != nil {
			return err
		}
		before, after := lines([]rights.Holding{{Role: old.Role}}), lines([]rights.Holding{{Role: next.Role}})
		t.compare("", standing{lines: before}, standing{lines: after})
		if len(t.Effects) == 0 && old.Rank == next.Rank {
			return nil // another name changes nobody's rights
		}
		return t.affects(ctx, holders)
	})
}

// affects adds the people whose permissions change, and the sessions and delegations in their places.
func (t *trial) affects(ctx context.Context, people []directory.Person) error {
	holds := map[standin.PersonID]bool{}
	for _, h := range people {
		holds[h.ID] = true
		t.add(AffectsPerson, thingOfPerson(h))
	}
	if len(people) == 0 {
		return nil
	}
	live, err := t.acting.LiveIn(ctx, t.tx, t.org, "", t.now)
	if err != nil {
		return err
	}
	for _, e := range live {
		if holds[e.Principal] {
			t.add(AffectsSession, thingOf(e))
		}
	}
	return t.delegations.Each(ctx, t.tx, t.org, func(r delegation.Row) error {
		if holds[r.Principal] && works(r, t.now) {
			t.add(AffectsCover, thingOfRow(r))
		}
		return nil
	})
}
