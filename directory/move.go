package directory

import (
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
	"github.com/standin-id/standin/rights"
)

// MoveUnitIn gives the unit, with every unit below it, another path: another name, or another parent, or both. People,
// roles held there and groups go along; limits of delegations follow in delegation.MoveUnit, which is what callers want.
// The old paths lead to the new ones and are nobody else's; a unit may come back to a path that it had.
//
// It needs standin:settings.manage at both parents. Refused are a unit that would be below itself, a path that is another
// unit's or was, and a move by which the caller could do more, themselves or for whom they stand in (THREATS 16). was is the path that it had, wherever
// from led; changed is false where it is there already.
func (d *Directory) MoveUnitIn(ctx context.Context, tx *db.Tx, caller standin.Caller, from, to standin.UnitID) (was standin.UnitID, changed bool, err error) {
	now := standin.Now(d.now)
	if err := names.Unit(from); err != nil {
		return from, false, err
	}
	if err := names.Unit(to); err != nil {
		return from, false, onField(err, "to")
	}
	for _, above := range []standin.UnitID{names.Parent(from), names.Parent(to)} {
		if err := d.Require(ctx, tx, caller, "settings", "manage", above); err != nil {
			return from, false, err
		}
	}
	if from, err = d.living(ctx, tx, caller.Organisation, from); err != nil || from == to {
		return from, false, err
	}
	if err := d.Require(ctx, tx, caller, "settings", "manage", names.Parent(from)); err != nil { // where it is by now
		return from, false, err
	}
	if to.Within(from) {
		return from, false, standin.Refuse(standin.Invalid, "directory.move_unit", "directory.unit_cycle", "A unit cannot be moved under itself.").On("to")
	}
	if err := d.roomBelow(ctx, tx, caller.Organisation, names.Parent(to)); err != nil {
		return from, false, onField(err, "to")
	}
	if err := d.gainsByMove(ctx, tx, caller, from, to); err != nil {
		return from, false, err
	}
	if err := d.mayRaiseByMove(ctx, tx, caller, from, to); err != nil {
		return from, false, err
	}
	all, err := d.EveryUnit(ctx, tx, caller.Organisation)
	if err != nil {
		return from, false, err
	}
	known := map[standin.UnitID]Unit{}
	for _, u := range all {
		known[u.ID] = u
	}
	for _, u := range all {
		if !u.Living() || !u.ID.Within(from) {
			continue
		}
		if err := d.moveOne(ctx, tx, caller, now, u, u.ID.Moved(from, to), known); err != nil {
			return from, false, err
		}
	}
	return from, true, nil
}

// moveOne moves what is at the unit itself to another path; units below it are moved each by itself.
func (d *Directory) moveOne(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, u Unit, to standin.UnitID, known map[standin.UnitID]Unit) error {
	const action = "unit.move"
	if err := names.Unit(to); err != nil {
		return onField(err, "to")
	}
	target, there := known[to]
	switch {
	case there && target.Living():
		return standin.Refuse(standin.Conflict, "directory.move_unit", "directory.unit_exists", `There is a unit "{unit}" already.`).With("unit", names.Excerpt(string(to))).On("to")
	case there && leadsTo(known, to) != u.ID:
		return onField(unitUsed(to), "to")
	case !there:
		target = Unit{Organisation: u.Organisation, ID: to}
	}
	if err := d.createUnit(ctx, tx, caller, now, action, target); err != nil {
		return err
	}
	if err := d.movePeople(ctx, tx, caller, now, action, u, to); err != nil {
		return err
	}
	if err := d.moveHoldings(ctx, tx, caller, now, u, to); err != nil {
		return err
	}
	if err := d.moveGroups(ctx, tx, caller, now, action, u, to); err != nil {
		return err
	}
	return d.endUnit(ctx, tx, caller, now, action, u, to)
}

// leadsTo returns the living unit that a path leads to, "" where it ended.
func leadsTo(known map[standin.UnitID]Unit, id standin.UnitID) standin.UnitID {
	for range mostMoves {
		if u := known[id]; u.Living() || u.MovedTo == "" {
			break
		}
		id = known[id].MovedTo
	}
	if !known[id].Living() {
		return ""
	}
	return id
}

// movePeople writes the new path of their unit to everybody in it. They stay where they are; only its name changes.
func (d *Directory) movePeople(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, action string, u Unit, to standin.UnitID) error {
	people, err := d.peopleAt(ctx, tx, u)
	if err != nil {
		return err
	}
	for _, old := range people {
		next := old
		next.Unit = to
		next.Version++
		if _, err := tx.Exec(ctx, `UPDATE people SET unit = $3, version = $4 WHERE organisation = $1 AND id = $2`,
			string(next.Organisation), string(next.ID), string(to), next.Version); err != nil {
			return err
		}
		if err := d.record(ctx, tx, caller, now, action, next.resource(), old.state(), next.state()); err != nil {
			return err
		}
	}
	return nil
}

// peopleAt returns who belongs to the unit itself, active or not.
func (d *Directory) peopleAt(ctx context.Context, tx *db.Tx, u Unit) (people []Person, err error) {
	return d.people(ctx, tx, `WHERE organisation = $1 AND unit = $2 ORDER BY id`, string(u.Organisation), string(u.ID))
}

// holdingsAt returns the roles that are held at the unit by its name, not as anybody's own unit.
func (d *Directory) holdingsAt(ctx context.Context, tx *db.Tx, u Unit) (held []Holding, err error) {
	err = each(ctx, tx, func(row scanner) error {
		h := Holding{Organisation: u.Organisation, Unit: u.ID}
		var created db.Time
		err := row.Scan((*string)(&h.Person), (*string)(&h.Role), &created)
		h.CreatedAt = created.Time
		held = append(held, h)
		return err
	}, `SELECT person, role, created_at FROM holdings WHERE organisation = $1 AND unit = $2 ORDER BY person, role`, string(u.Organisation), string(u.ID))
	return held, err
}

func (d *Directory) moveHoldings(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, u Unit, to standin.UnitID) error {
	const action = "unit.move"
	held, err := d.holdingsAt(ctx, tx, u)
	if err != nil || len(held) == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE holdings SET unit = $3 WHERE organisation = $1 AND unit = $2`, string(u.Organisation), string(u.ID), string(to)); err != nil {
		return err
	}
	for _, old := range held {
		next := old
		next.Unit = to
		if err := d.record(ctx, tx, caller, now, action, old.resource(), old.state(), nil); err != nil {
			return err
		}
		if err := d.record(ctx, tx, caller, now, action, next.resource(), nil, next.state()); err != nil {
			return err
		}
	}
	return nil
}

// moveGroups brings the unit's groups to another unit, "" for the whole organisation's.
func (d *Directory) moveGroups(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, action string, u Unit, to standin.UnitID) error {
	var groups []Group
	if err := each(ctx, tx, func(row scanner) error {
		g, err := scanGroup(row)
		groups = append(groups, g)
		return err
	}, `SELECT `+groupColumns+` FROM named_groups g WHERE g.organisation = $1 AND g.unit = $2 ORDER BY g.id`, string(u.Organisation), string(u.ID)); err != nil {
		return err
	}
	for _, old := range groups {
		next := old
		next.Unit = to
		next.Version++
		if err := d.saveGroup(ctx, tx, caller, now, action, old, next); err != nil {
			return err
		}
	}
	return nil
}

// gainsByMove refuses a move after which the caller's own roles give them a power of Standin over the unit that they did
// not have: nobody gives themselves more (THREATS 16).
func (d *Directory) gainsByMove(ctx context.Context, tx *db.Tx, caller standin.Caller, from, to standin.UnitID) error {
	person := caller.Actor.Person()
	if person == "" {
		return nil
	}
	held, err := d.Holdings(ctx, tx, caller.Organisation, person)
	if err != nil {
		return err
	}
	after := slices.Clone(held)
	for i := range after {
		after[i].Unit = after[i].Unit.Moved(from, to)
	}
	before, then := rights.Compile(held), rights.Compile(after)
	for typ, t := range rights.StandinCatalogue().Types {
		for action := range t.Actions {
			if then.Covers(typ, action, to, false) && !before.Covers(typ, action, from, false) {
				return standin.Refuse(standin.Denied, "directory.move_unit", "directory.own_gain",
					"By this move you could do more yourself. Another administrator must do it.").On("to")
			}
		}
	}
	return nil
}

// EndUnit is EndUnitIn in a transaction of its own.
func (d *Directory) EndUnit(ctx context.Context, caller standin.Caller, id, heir standin.UnitID) (changed bool, err error) {
	err = d.change(ctx, caller, "unit.end", Unit{ID: id}.resource(), func(ctx context.Context, tx *db.Tx) error {
		changed, err = d.EndUnitIn(ctx, tx, caller, id, heir)
		return err
	})
	return changed, err
}

// EndUnitIn ends the unit for good, which needs standin:settings.manage at its parent. Its people go to the unit heir, by
// the rules of PutPersonIn; where heir is "", it is refused while somebody active is in it. Units below it must have been
// ended or moved. Roles that are held there by its name are taken, which needs that the caller holds as much, and leaves
// the organisation an administrator; its groups go to the heir, or to the unit above. Limits that name it go on naming it,
// and then let nothing through. changed is false where it had ended.
func (d *Directory) EndUnitIn(ctx context.Context, tx *db.Tx, caller standin.Caller, id, heir standin.UnitID) (changed bool, err error) {
	now := standin.Now(d.now)
	if err := d.Require(ctx, tx, caller, "settings", "manage", names.Parent(id)); err != nil {
		return false, err
	}
	u, err := d.Unit(ctx, tx, caller.Organisation, id)
	if err != nil || !u.Living() {
		return false, err
	}
	if err := d.nothingBelow(ctx, tx, u); err != nil {
		return false, err
	}
	if heir, err = d.living(ctx, tx, u.Organisation, heir); err != nil {
		return false, onField(err, "heir")
	}
	if heir == id {
		return false, standin.Refuse(standin.Invalid, "directory.end_unit", "directory.unit_own_heir", "People of a unit that ends need another unit.").On("heir")
	}
	if err := d.leaveUnit(ctx, tx, caller, u, heir); err != nil {
		return false, err
	}
	if err := d.keepAdministrator(ctx, tx, u.Organisation, func() error { return d.releaseAt(ctx, tx, caller, now, u) }); err != nil {
		return false, err
	}
	groupsTo := heir
	if groupsTo == "" {
		groupsTo = names.Parent(id)
	}
	if err := d.moveGroups(ctx, tx, caller, now, "unit.end", u, groupsTo); err != nil {
		return false, err
	}
	return true, d.endUnit(ctx, tx, caller, now, "unit.end", u, "")
}

func (d *Directory) nothingBelow(ctx context.Context, tx *db.Tx, u Unit) error {
	all, err := d.Units(ctx, tx, u.Organisation)
	if err != nil {
		return err
	}
	for _, below := range all {
		if below.ID != u.ID && below.ID.Within(u.ID) {
			return standin.Refuse(standin.Conflict, "directory.end_unit", "directory.unit_below", `"{unit}" is below it. End or move that first.`).With("unit", below.ID).On("unit")
		}
	}
	return nil
}

// leaveUnit brings the unit's people to the heir. Without one, only inactive people may be left in it.
func (d *Directory) leaveUnit(ctx context.Context, tx *db.Tx, caller standin.Caller, u Unit, heir standin.UnitID) error {
	people, err := d.peopleAt(ctx, tx, u)
	if err != nil {
		return err
	}
	if heir == "" {
		people = slices.DeleteFunc(people, func(p Person) bool { return !p.Active() })
		if len(people) == 0 {
			return nil
		}
		return standin.Refuse(standin.Conflict, "directory.end_unit", "directory.unit_people",
			"{count} people are in this unit. Say which unit they go to.").With("count", len(people)).On("heir")
	}
	for _, p := range people {
		p.Unit = heir
		if _, _, err := d.PutPersonIn(ctx, tx, caller, p); err != nil {
			return err
		}
	}
	return nil
}

// releaseAt takes every role that is held at the unit by its name.
func (d *Directory) releaseAt(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, u Unit) error {
	held, err := d.holdingsAt(ctx, tx, u)
	if err != nil {
		return err
	}
	for _, h := range held {
		role, err := d.Role(ctx, tx, u.Organisation, h.Role)
		if err != nil {
			return err
		}
		if err := d.mayGive(ctx, tx, caller, rights.Holding{Role: role.Role, Unit: u.ID}, false); err != nil {
			return err
		}
		if err := d.mayTake(ctx, tx, caller, h); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM holdings WHERE organisation = $1 AND person = $2 AND role = $3 AND unit = $4`,
			string(h.Organisation), string(h.Person), string(h.Role), string(h.Unit)); err != nil {
			return err
		}
		if err := d.record(ctx, tx, caller, now, "unit.end", h.resource(), h.state(), nil); err != nil {
			return err
		}
	}
	return nil
}
