package directory

import (
	"context"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// PutRole is PutRoleIn in a transaction of its own.
func (d *Directory) PutRole(ctx context.Context, caller standin.Caller, r rights.Role, version int64) (changed bool, err error) {
	err = d.change(ctx, caller, "role.change", Role{Role: r}.resource(), func(ctx context.Context, tx *db.Tx) error {
		changed, err = d.PutRoleIn(ctx, tx, caller, r, version)
		return err
	})
	return changed, err
}

// PutRoleIn creates or changes a role of the caller's organisation, which needs standin:settings.manage. A person cannot
// put into it what they do not hold themselves, nor change a role that they hold or that is above them, nor add to one that
// somebody holds for whom they stand in (THREATS 16), nor lower one by which somebody is an administrator as high as they are (P8).
// Permissions that no catalogue of the organisation knows are refused. An empty name keeps the role's. Its id stays,
// whatever it is called, so who holds it goes on holding it. Where version is not 0 and no longer the role's,
// Conflict. changed is false where everything was so already.
func (d *Directory) PutRoleIn(ctx context.Context, tx *db.Tx, caller standin.Caller, r rights.Role, version int64) (changed bool, err error) {
	now := standin.Now(d.now)
	if err := d.Require(ctx, tx, caller, "settings", "manage", ""); err != nil {
		return false, err
	}
	if _, err := d.Organisation(ctx, tx, caller.Organisation); err != nil {
		return false, err
	}
	catalogues, err := d.applications.Catalogues(ctx, tx, caller.Organisation)
	if err != nil {
		return false, err
	}
	if err := r.Check(catalogues); err != nil {
		return false, err
	}
	if r.Name != "" {
		if r.Name, err = names.Check(r.Name); err != nil {
			return false, err
		}
	}
	next := Role{Organisation: caller.Organisation, Role: r, CreatedAt: now, Version: 1}
	next.Allow = append([]string{}, r.Allow...)
	old, err := d.Role(ctx, tx, caller.Organisation, r.ID)
	exists := !db.IsNotFound(err)
	if err != nil && exists {
		return false, err
	}
	if err := d.mayShape(ctx, tx, caller, old, next); err != nil {
		return false, err
	}
	if !exists {
		_, err := tx.Exec(ctx, `INSERT INTO roles (organisation, id, name, rank, allow, created_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			string(next.Organisation), string(next.ID), next.Name, next.Rank, string(ledger.State(next.Allow)), standin.Micros(now), next.Version)
		if err != nil {
			return false, err
		}
		return true, d.record(ctx, tx, caller, now, "role.create", next.resource(), nil, next.state())
	}
	if err := sameVersion(version, old.Version); err != nil {
		return false, err
	}
	if next.Name == "" {
		next.Name = old.Name
	}
	if next.Name == old.Name && next.Rank == old.Rank && slices.Equal(next.Allow, old.Allow) {
		return false, nil
	}
	if err := d.mayRaiseHolders(ctx, tx, caller, old, next); err != nil {
		return false, err
	}
	next.CreatedAt, next.Version = old.CreatedAt, old.Version+1
	return true, d.keepAdministrator(ctx, tx, caller.Organisation, func() error {
		if _, err := tx.Exec(ctx, `UPDATE roles SET name = $3, rank = $4, allow = $5, version = $6 WHERE organisation = $1 AND id = $2`,
			string(next.Organisation), string(next.ID), next.Name, next.Rank, string(ledger.State(next.Allow)), next.Version); err != nil {
			return err
		}
		return d.record(ctx, tx, caller, now, "role.change", next.resource(), old.state(), next.state())
	})
}

// mayShape refuses what a person may not do to a role.
func (d *Directory) mayShape(ctx context.Context, tx *db.Tx, caller standin.Caller, old, next Role) error {
	if person := caller.Actor.Person(); person != "" {
		held, err := d.Holdings(ctx, tx, caller.Organisation, person)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(held, func(h rights.Holding) bool { return h.Role.ID == next.ID }) {
			return standin.Refuse(standin.Denied, "directory.put_role", "directory.own_role", "You hold this role yourself. Somebody else must change it.")
		}
	}
	for _, r := range []Role{old, next} {
		if err := d.mayGive(ctx, tx, caller, rights.Holding{Role: r.Role}, true); err != nil {
			return err
		}
	}
	return d.mayLowerHolders(ctx, tx, caller, old.Role, next.Role)
}

// mayGive refuses to hand out what the caller does not hold: a higher rank, or a power of Standin that is wider than
// theirs. anywhere says that the role could be held at any unit.
func (d *Directory) mayGive(ctx context.Context, tx *db.Tx, caller standin.Caller, h rights.Holding, anywhere bool) error {
	mine, limited, err := d.bound(ctx, tx, caller)
	if err != nil || !limited {
		return err
	}
	if anywhere {
		h.Unit = "any"
	}
	if h.Role.Rank > mine.Rank() || widens(rights.Compile([]rights.Holding{h}), anywhere, mine) {
		return goesBeyond(h.Role.ID)
	}
	return nil
}

// mayMove refuses to bring a person to a unit where a role that they hold at their own unit, whichever that is, would
// give them what the caller does not hold and they did not have (THREATS 16).
func (d *Directory) mayMove(ctx context.Context, tx *db.Tx, caller standin.Caller, p Person, to standin.UnitID) error {
	mine, limited, err := d.bound(ctx, tx, caller)
	if err != nil || !limited || p.ID == "" || to == "" {
		return err
	}
	held, err := d.Holdings(ctx, tx, p.Organisation, p.ID)
	if err != nil {
		return err
	}
	had := rights.Compile(held)
	var own []standin.RoleID
	if err := each(ctx, tx, func(row scanner) error {
		var id standin.RoleID
		err := row.Scan((*string)(&id))
		own = append(own, id)
		return err
	}, `SELECT role FROM holdings WHERE organisation = $1 AND person = $2 AND unit = '' ORDER BY role`, string(p.Organisation), string(p.ID)); err != nil {
		return err
	}
	for _, id := range own {
		role, err := d.Role(ctx, tx, p.Organisation, id)
		if err != nil {
			return err
		}
		there := rights.Compile([]rights.Holding{{Role: role.Role, Unit: to}})
		if widens(there, false, had, mine) {
			return goesBeyond(id)
		}
	}
	return nil
}

// widens reports whether some power of Standin that is given reaches where none of the others does.
func widens(given rights.Powers, anywhere bool, others ...rights.Powers) bool {
	for typ, t := range rights.StandinCatalogue().Types {
		for action := range t.Actions {
			all, units := given.Scopes(typ, action)
			reached := func(u standin.UnitID) bool {
				return slices.ContainsFunc(others, func(o rights.Powers) bool {
					everywhere, within := o.Scopes(typ, action)
					return everywhere || u != "" && !anywhere && slices.ContainsFunc(within, u.Within)
				})
			}
			if all && !reached("") || slices.ContainsFunc(units, func(u standin.UnitID) bool { return !reached(u) }) {
				return true
			}
		}
	}
	return false
}

func goesBeyond(role standin.RoleID) error {
	return standin.Refuse(standin.Denied, "directory.give", "directory.more_than_own", "The role {role} goes beyond yours. Nobody gives what they do not hold.").
		With("role", role)
}

// administers reports whether who holds the role has every power of Standin in the whole organisation.
func (r Role) administers() bool {
	powers := rights.Compile([]rights.Holding{{Role: r.Role}})
	for typ, t := range rights.StandinCatalogue().Types {
		for action := range t.Actions {
			if all, _ := powers.Scopes(typ, action); !all {
				return false
			}
		}
	}
	return true
}

// Roles returns the organisation's roles in order of rank, the lowest first.
func (d *Directory) Roles(ctx context.Context, tx *db.Tx, org standin.OrganisationID) (roles []Role, err error) {
	err = each(ctx, tx, func(row scanner) error {
		r, err := scanRole(row)
		roles = append(roles, r)
		return err
	}, `SELECT `+roleColumns+` FROM roles WHERE organisation = $1 ORDER BY rank, id`, string(org))
	return roles, err
}

// Hold is HoldIn in a transaction of its own.
func (d *Directory) Hold(ctx context.Context, caller standin.Caller, person standin.PersonID, role standin.RoleID, unit standin.UnitID) (changed bool, err error) {
	h := Holding{Organisation: caller.Organisation, Person: person, Role: role, Unit: unit}
	err = d.change(ctx, caller, "role.hold", h.resource(), func(ctx context.Context, tx *db.Tx) error {
		changed, err = d.HoldIn(ctx, tx, caller, person, role, unit)
		return err
	})
	return changed, err
}

// HoldIn gives the person the role at the unit; "" stands for their own unit, whichever that is, and a path that the unit
// had once for the unit where it is now. It needs standin:person.manage at the person's unit, and the caller must hold
// what they give. Nobody changes their own roles, nor adds to those of somebody for whom they stand in (THREATS 16).
func (d *Directory) HoldIn(ctx context.Context, tx *db.Tx, caller standin.Caller, person standin.PersonID, role standin.RoleID, unit standin.UnitID) (changed bool, err error) {
	present, err := d.living(ctx, tx, caller.Organisation, unit)
	if unitOver(err) && caller.Actor.IsOperator() {
		return false, nil // a file does not revive what somebody ended
	}
	h := Holding{Organisation: caller.Organisation, Person: person, Role: role, Unit: present, CreatedAt: standin.Now(d.now)}
	if err != nil {
		h.Unit = unit // whoever may not give it at all learns nothing of units
	}
	if refused := d.mayHand(ctx, tx, caller, h); refused != nil {
		return false, refused
	}
	if err != nil {
		return false, err
	}
	if held, err := d.holds(ctx, tx, h); err != nil || held {
		return false, err
	}
	if err := d.mayRaise(ctx, tx, caller, person); err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `INSERT INTO holdings (organisation, person, role, unit, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		string(h.Organisation), string(h.Person), string(h.Role), string(h.Unit), standin.Micros(h.CreatedAt))
	if err != nil || n == 0 {
		return false, err
	}
	return true, d.record(ctx, tx, caller, h.CreatedAt, "role.hold", h.resource(), nil, h.state())
}

// Release is ReleaseIn in a transaction of its own.
func (d *Directory) Release(ctx context.Context, caller standin.Caller, person standin.PersonID, role standin.RoleID, unit standin.UnitID) (changed bool, err error) {
	h := Holding{Organisation: caller.Organisation, Person: person, Role: role, Unit: unit}
	err = d.change(ctx, caller, "role.release", h.resource(), func(ctx context.Context, tx *db.Tx) error {
		changed, err = d.ReleaseIn(ctx, tx, caller, person, role, unit)
		return err
	})
	return changed, err
}

// ReleaseIn takes the role at the unit from the person. It needs what HoldIn needs, is not done to an administrator
// who is as high as the caller (P8), and leaves the organisation an administrator. changed is false where they did not hold it.
func (d *Directory) ReleaseIn(ctx context.Context, tx *db.Tx, caller standin.Caller, person standin.PersonID, role standin.RoleID, unit standin.UnitID) (changed bool, err error) {
	h := Holding{Organisation: caller.Organisation, Person: person, Role: role, Unit: unit}
	if err := d.mayHand(ctx, tx, caller, h); err != nil {
		return false, err
	}
	var created db.Time
	err = tx.QueryRow(ctx, `SELECT created_at FROM holdings WHERE organisation = $1 AND person = $2 AND role = $3 AND unit = $4`,
		string(h.Organisation), string(h.Person), string(h.Role), string(h.Unit)).Scan(&created)
	if db.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h.CreatedAt = created.Time
	if err := d.mayTake(ctx, tx, caller, h); err != nil {
		return false, err
	}
	return true, d.keepAdministrator(ctx, tx, caller.Organisation, func() error {
		if _, err := tx.Exec(ctx, `DELETE FROM holdings WHERE organisation = $1 AND person = $2 AND role = $3 AND unit = $4`,
			string(h.Organisation), string(h.Person), string(h.Role), string(h.Unit)); err != nil {
			return err
		}
		return d.record(ctx, tx, caller, standin.Now(d.now), "role.release", h.resource(), h.state(), nil)
	})
}

// mayHand refuses where the caller may not give or take the role.
func (d *Directory) mayHand(ctx context.Context, tx *db.Tx, caller standin.Caller, h Holding) error {
	p, err := d.managed(ctx, tx, caller, h.Person)
	if err != nil {
		return err
	}
	if caller.Actor.Person() == h.Person {
		return standin.Refuse(standin.Denied, "directory.hold", "directory.own_roles", "Nobody changes their own roles. Ask another administrator.").On("role")
	}
	role, err := d.Role(ctx, tx, caller.Organisation, h.Role)
	if err != nil {
		return err
	}
	at := h.Unit
	if at == "" {
		at = p.Unit
	}
	if err := d.Require(ctx, tx, caller, "person", "manage", at); err != nil {
		return err
	}
	return d.mayGive(ctx, tx, caller, rights.Holding{Role: role.Role, Unit: at}, false)
}
