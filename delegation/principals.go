package delegation

import (
	"context"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// principalsOf returns for whom the person stands in, or could: of every delegation of theirs that is not over.
func (r *Delegations) principalsOf(ctx context.Context, tx *db.Tx, org standin.OrganisationID, actor standin.PersonID) (all []standin.PersonID, err error) {
	rows, err := r.heldBy(ctx, tx, org, actor)
	for _, row := range rows {
		all = append(all, row.Principal)
	}
	return all, err
}

// heldBy returns the delegations, not over now, whose actor the person is.
func (r *Delegations) heldBy(ctx context.Context, tx *db.Tx, org standin.OrganisationID, actor standin.PersonID) ([]Row, error) {
	rows, err := query(ctx, tx, selectRows+` AND d.actor = $2 AND d.ended_at IS NULL ORDER BY d.id`, string(org), string(actor))
	now := standin.Now(r.now)
	return slices.DeleteFunc(rows, func(row Row) bool { return row.StateAt(now).Over() }), err
}

// mayReach refuses a move of a unit by which it comes below another that limits of a delegation name by which the caller could
// act, for these would reach more then (THREATS 16).
func (r *Delegations) mayReach(ctx context.Context, tx *db.Tx, caller standin.Caller, was, to standin.UnitID) error {
	people, err := r.directory.Responsible(ctx, tx, caller.Organisation, caller.Actor)
	if err != nil {
		return err
	}
	for _, person := range people {
		rows, err := r.heldBy(ctx, tx, caller.Organisation, person)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if slices.ContainsFunc(row.Limits.Units, func(u standin.UnitID) bool { return to.Within(u.Moved(was, to)) && !was.Within(u) }) {
				return ownGain()
			}
		}
	}
	return nil
}
