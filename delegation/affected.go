package delegation

import (
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// ForPerson returns the delegations, not over at now, whose actor or principal the person is.
func (r *Delegations) ForPerson(ctx context.Context, tx *db.Tx, org standin.OrganisationID, person standin.PersonID, now time.Time) ([]Row, error) {
	rows, err := query(ctx, tx, selectRows+` AND (d.actor = $2 OR d.principal = $2) AND d.ended_at IS NULL ORDER BY d.created_at DESC, d.id`,
		string(org), string(person))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(row Row) bool { return row.StateAt(now).Over() }), nil
}

// Each calls do for every delegation of the organisation that was not ended, in no order. do must not use the transaction.
func (r *Delegations) Each(ctx context.Context, tx *db.Tx, org standin.OrganisationID, do func(Row) error) error {
	rows, err := tx.Query(ctx, selectRows+` AND d.ended_at IS NULL`, string(org))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return err
		}
		if err := do(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Exceeds reports whether the delegation lasts longer, from now or from a start still to come, than a longest span of limit
// allows: of a standby, the span for which it is enabled.
func (d Delegation) Exceeds(limit time.Duration, now time.Time) bool {
	end := d.EndsAt
	if d.Kind == Standby {
		if !d.enabledAt(now) {
			return false
		}
		end = d.EnabledUntil
	}
	return limit > 0 && (end.IsZero() || end.After(latest(d.StartsAt, now).Add(limit)))
}
