package acting

import (
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// LiveIn returns the sessions of the organisation that are live at now, the oldest first; where a person is named, those in
// which they are the actor or the principal. It is for rooms that tell what a change would do.
func (a *Acting) LiveIn(ctx context.Context, tx *db.Tx, org standin.OrganisationID, person standin.PersonID, now time.Time) ([]Episode, error) {
	sql, args := selectSessions+` WHERE organisation = $1 AND ended_at IS NULL`, []any{string(org)}
	if person != "" {
		sql, args = sql+` AND (actor = $2 OR principal = $2)`, append(args, string(person))
	}
	sessions, err := query(ctx, tx, sql+` ORDER BY started_at, id`, args...)
	if err != nil {
		return nil, err
	}
	rows, err := a.delegations.LoadRows(ctx, tx, org, delegationsOf(sessions))
	if err != nil {
		return nil, err
	}
	var live []Episode
	for _, s := range sessions {
		live = append(live, episode(s, rows, now))
	}
	return slices.DeleteFunc(live, func(e Episode) bool { return !e.Live }), nil
}
