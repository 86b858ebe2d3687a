package directory

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// ActiveAfter returns the ids of active people of the organisation that follow the id in the database's order, at most
// limit, for rooms that go through all of them a part at a time. "" begins.
func (d *Directory) ActiveAfter(ctx context.Context, tx *db.Tx, org standin.OrganisationID, after standin.PersonID, limit int) (ids []standin.PersonID, err error) {
	err = each(ctx, tx, func(row scanner) error {
		var id standin.PersonID
		err := row.Scan((*string)(&id))
		ids = append(ids, id)
		return err
	}, `SELECT id FROM people WHERE organisation = $1 AND id > $2 AND inactive_at IS NULL ORDER BY id LIMIT $3`, string(org), string(after), limit)
	return ids, err
}
