package decision

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// bare reports whether the question says nothing of the record but its name.
func (q *Question) bare() bool {
	return q.ID != "" && q.Owner == "" && q.EnteredBy == "" && q.Unit == "" && !q.SelfApproval && len(q.Properties) == 0
}

// complete lets a question that says nothing of its record have what is registered of it, so that what a search found is
// answered alike. An organisation that registered nothing, half a second ago, is not asked again.
func (d *Decisions) complete(ctx context.Context, org standin.OrganisationID, q *Question) error {
	if !q.bare() {
		return nil
	}
	if seen := d.office(org).seen.Load(); seen != nil && !seen.registered && d.since(seen.at) <= viewLasts {
		return nil
	}
	return d.read(ctx, func(ctx context.Context, tx *db.Tx) error { return d.completeIn(ctx, tx, org, q) })
}

func (d *Decisions) completeIn(ctx context.Context, tx *db.Tx, org standin.OrganisationID, q *Question) error {
	if !q.bare() {
		return nil
	}
	rows, err := itemsNamed(ctx, tx, org, q.Application, q.Type, []string{q.ID})
	if row, ok := rows[q.ID]; ok {
		item, err := row.item()
		q.Resource = item.Resource
		return err
	}
	return err
}

// anyRegistered reports whether the organisation registered any record.
func anyRegistered(ctx context.Context, tx *db.Tx, org standin.OrganisationID) (bool, error) {
	var one int64
	err := tx.QueryRow(ctx, `SELECT 1 FROM resources WHERE organisation = $1 LIMIT 1`, string(org)).Scan(&one)
	if db.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}
