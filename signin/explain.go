package signin

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// ExplainSetUp yields the state of every set-up link, as the last record of its resource in the operator's tree should tell
// it; nothing for other organisations. yield must not use the transaction.
func (s *Signin) ExplainSetUp(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	if org != standin.Operator {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT `+setUpColumns+` FROM setup_links`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		k, err := scanSetUp(rows)
		if err == nil {
			err = yield(k.resource(), k.state())
		}
		if err != nil {
			return err
		}
	}
	return rows.Err()
}
