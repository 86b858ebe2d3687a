package delegation

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// MoveUnit is directory.MoveUnitIn in a transaction of its own, in which the limits that name the unit, or one below it,
// follow to the new path: what a stand-in may do stays as narrow as it was. What is over stays as it was written. Nobody brings a
// unit below one to which they are limited themselves (THREATS 16).
func (r *Delegations) MoveUnit(ctx context.Context, caller standin.Caller, from, to standin.UnitID) (changed bool, err error) {
	now := standin.Now(r.now)
	err = r.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		changed, err = r.MoveUnitIn(ctx, tx, caller, from, to)
		return err
	})
	if err != nil {
		return false, r.refused(ctx, caller, now, "unit.move", "unit:"+cut(string(from)), "", err)
	}
	return changed, nil
}

// MoveUnitIn is MoveUnit in the caller's transaction.
func (r *Delegations) MoveUnitIn(ctx context.Context, tx *db.Tx, caller standin.Caller, from, to standin.UnitID) (changed bool, err error) {
	now := standin.Now(r.now)
	was, changed, err := r.directory.MoveUnitIn(ctx, tx, caller, from, to)
	if err != nil || !changed {
		return false, err
	}
	if err := r.mayReach(ctx, tx, caller, was, to); err != nil {
		return false, err
	}
	rows, err := r.LimitedTo(ctx, tx, caller.Organisation, was, now)
	if err != nil {
		return false, err
	}
	for _, row := range rows {
		d := row.Delegation
		d.Limits.Units = nil
		for _, u := range row.Limits.Units {
			d.Limits.Units = append(d.Limits.Units, u.Moved(was, to))
		}
		if d.Limits, err = d.Limits.Canonical(); err != nil {
			return false, err
		}
		if _, err := r.save(ctx, tx, caller, now, "unit.move", row.Delegation, d); err != nil {
			return false, err
		}
	}
	return true, nil
}

// LimitedTo returns the delegations, not over at now, whose limits name the unit or one below it.
func (r *Delegations) LimitedTo(ctx context.Context, tx *db.Tx, org standin.OrganisationID, unit standin.UnitID, now time.Time) ([]Row, error) {
	rows, err := query(ctx, tx, selectRows+` AND d.ended_at IS NULL AND d.declined_at IS NULL AND d.limits LIKE '%"units"%' ORDER BY d.id`, string(org))
	if err != nil {
		return nil, err
	}
	var named []Row
	for _, row := range rows {
		if !row.StateAt(now).Over() && row.names(unit) {
			named = append(named, row)
		}
	}
	return named, nil
}

func (d Delegation) names(unit standin.UnitID) bool {
	for _, u := range d.Limits.Units {
		if u.Within(unit) {
			return true
		}
	}
	return false
}
