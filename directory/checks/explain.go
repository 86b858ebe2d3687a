package checks

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Explain yields the state of every check of the organisation, as the last record of its resource should tell it. yield
// must not use the transaction.
func (c *Checks) Explain(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM record_checks WHERE organisation = $1`, string(org))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		check, err := scan(rows)
		if err == nil {
			err = yield("check:"+check.ID, stateOf(check))
		}
		if err != nil {
			return err
		}
	}
	return rows.Err()
}
