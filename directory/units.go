package directory

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
)

const unitColumns = `organisation, id, created_at, ended_at, moved_to`

func scanUnit(row scanner) (u Unit, err error) {
	var created, ended db.Time
	err = row.Scan((*string)(&u.Organisation), (*string)(&u.ID), &created, &ended, (*string)(&u.MovedTo))
	u.CreatedAt, u.EndedAt = created.Time, ended.Time
	return u, err
}

// Unit returns the unit, living or not; NotFound where the organisation never had one.
func (d *Directory) Unit(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.UnitID) (Unit, error) {
	u, err := scanUnit(tx.QueryRow(ctx, `SELECT `+unitColumns+` FROM units WHERE organisation = $1 AND id = $2`, string(org), string(id)))
	if db.IsNotFound(err) {
		return Unit{Organisation: org, ID: id}, standin.Refuse(standin.NotFound, "directory.unit", "directory.unit_unknown", `There is no unit "{unit}".`).
			With("unit", names.Excerpt(string(id))).On("unit")
	}
	return u, err
}

// Units returns the organisation's living units, each after its parent.
func (d *Directory) Units(ctx context.Context, tx *db.Tx, org standin.OrganisationID) ([]Unit, error) {
	return d.units(ctx, tx, org, ` AND ended_at IS NULL`)
}

// EveryUnit returns the organisation's units, those that moved or ended too, each after its parent.
func (d *Directory) EveryUnit(ctx context.Context, tx *db.Tx, org standin.OrganisationID) ([]Unit, error) {
	return d.units(ctx, tx, org, "")
}

func (d *Directory) units(ctx context.Context, tx *db.Tx, org standin.OrganisationID, which string) (units []Unit, err error) {
	err = each(ctx, tx, func(row scanner) error {
		u, err := scanUnit(row)
		units = append(units, u)
		return err
	}, `SELECT `+unitColumns+` FROM units WHERE organisation = $1`+which+` ORDER BY length(id), id`, string(org))
	return units, err
}

// mostMoves bounds how often a unit is looked for where it moved.
const mostMoves = 100

// living returns the unit where it is now, following its moves. It refuses one that there never was, or that ended.
func (d *Directory) living(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.UnitID) (standin.UnitID, error) {
	if id == "" {
		return "", nil
	}
	for range mostMoves {
		u, err := d.Unit(ctx, tx, org, id)
		if err != nil || u.Living() {
			return u.ID, err
		}
		if u.MovedTo == "" {
			break
		}
		id = u.MovedTo
	}
	return "", standin.Refuse(standin.Conflict, "directory.unit", "directory.unit_ended", `The unit "{unit}" was ended.`).With("unit", names.Excerpt(string(id))).On("unit")
}

// unitOver reports whether err says that the unit ended.
func unitOver(err error) bool { return standin.CodeOf(err) == "directory.unit_ended" }

// PutUnit is PutUnitIn in a transaction of its own.
func (d *Directory) PutUnit(ctx context.Context, caller standin.Caller, id standin.UnitID) (changed bool, err error) {
	err = d.change(ctx, caller, "unit.create", Unit{ID: id}.resource(), func(ctx context.Context, tx *db.Tx) error {
		changed, err = d.PutUnitIn(ctx, tx, caller, id)
		return err
	})
	return changed, err
}

// PutUnitIn creates the unit below its parent, which must live. It needs standin:settings.manage at the parent. changed is
// false where the unit existed; a path whose unit moved or ended is not used again (THREATS 47), which the operator's
// files pass over.
func (d *Directory) PutUnitIn(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.UnitID) (changed bool, err error) {
	now := standin.Now(d.now)
	if err := names.Unit(id); err != nil {
		return false, err
	}
	if err := d.Require(ctx, tx, caller, "settings", "manage", names.Parent(id)); err != nil {
		return false, err
	}
	if _, err := d.Organisation(ctx, tx, caller.Organisation); err != nil {
		return false, err
	}
	old, err := d.Unit(ctx, tx, caller.Organisation, id)
	switch {
	case err == nil && !old.Living() && !caller.Actor.IsOperator():
		return false, unitUsed(id)
	case !db.IsNotFound(err):
		return false, err
	}
	if err := d.roomBelow(ctx, tx, caller.Organisation, names.Parent(id)); err != nil {
		return false, err
	}
	return true, d.createUnit(ctx, tx, caller, now, "unit.create", Unit{Organisation: caller.Organisation, ID: id})
}

// roomBelow refuses a parent that does not live.
func (d *Directory) roomBelow(ctx context.Context, tx *db.Tx, org standin.OrganisationID, above standin.UnitID) error {
	if above == "" {
		return nil
	}
	u, err := d.Unit(ctx, tx, org, above)
	if err == nil && !u.Living() {
		return standin.Refuse(standin.Conflict, "directory.unit", "directory.unit_ended", `The unit "{unit}" was ended.`).With("unit", names.Excerpt(string(above))).On("unit")
	}
	return err
}

// createUnit writes a new unit, or revives one that comes back to its old path.
func (d *Directory) createUnit(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, action string, old Unit) error {
	next, before := old, any(nil)
	next.CreatedAt, next.EndedAt, next.MovedTo = now, time.Time{}, ""
	if !old.CreatedAt.IsZero() {
		next.CreatedAt, before = old.CreatedAt, old.state()
	}
	if _, err := tx.Exec(ctx, `INSERT INTO units (organisation, id, created_at, moved_to) VALUES ($1, $2, $3, '')
		ON CONFLICT (organisation, id) DO UPDATE SET ended_at = NULL, moved_to = ''`,
		string(next.Organisation), string(next.ID), standin.Micros(next.CreatedAt)); err != nil {
		return err
	}
	return d.record(ctx, tx, caller, now, action, next.resource(), before, next.state())
}

// endUnit writes that the unit is over, or goes on at another path.
func (d *Directory) endUnit(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, action string, old Unit, to standin.UnitID) error {
	next := old
	next.EndedAt, next.MovedTo = now, to
	if _, err := tx.Exec(ctx, `UPDATE units SET ended_at = $3, moved_to = $4 WHERE organisation = $1 AND id = $2`,
		string(next.Organisation), string(next.ID), standin.Micros(now), string(to)); err != nil {
		return err
	}
	return d.record(ctx, tx, caller, now, action, next.resource(), old.state(), next.state())
}

func unitUsed(id standin.UnitID) error {
	return standin.Refuse(standin.Conflict, "directory.unit", "directory.unit_used",
		`"{unit}" was another unit's once. Choose another name, so that nothing old comes to mean the new one.`).With("unit", names.Excerpt(string(id))).On("unit")
}
