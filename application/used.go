package application

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Used notes, to the minute, that the API key asked for something. It is no change of the key and not recorded; where it
// cannot be written now, nothing is refused for it.
func (r *Applications) Used(ctx context.Context, caller standin.Caller) error {
	now := standin.Now(r.now)
	org, id := string(caller.Organisation), string(caller.Actor.Key())
	var last db.Time
	err := r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT used_at FROM api_keys WHERE organisation = $1 AND id = $2`, org, id).Scan(&last)
	})
	if err != nil || now.Sub(last.Time) < time.Minute {
		return err
	}
	err = r.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE api_keys SET used_at = $3 WHERE organisation = $1 AND id = $2 AND (used_at IS NULL OR used_at < $3)`,
			org, id, standin.Micros(now))
		return err
	})
	if standin.KindOf(err) == standin.Unavailable {
		return nil
	}
	return err
}

// LastUses returns when each of the organisation's API keys was last used, to the minute. Those that never were are not
// among them.
func (r *Applications) LastUses(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) (map[standin.KeyID]time.Time, error) {
	uses := map[standin.KeyID]time.Time{}
	err := each(ctx, tx, `SELECT id, used_at FROM api_keys WHERE organisation = $1 AND used_at IS NOT NULL`, organisation, func(row scanner) error {
		var id standin.KeyID
		var at db.Time
		if err := row.Scan(&id, &at); err != nil {
			return err
		}
		uses[id] = at.Time
		return nil
	})
	return uses, err
}
