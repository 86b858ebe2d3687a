package ledger

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Status is how far an organisation's tree has come.
type Status struct {
	Size    int64     // records in the tree, all covered by the last checkpoint
	At      time.Time // when that was signed; zero where none was
	Note    string    // that checkpoint
	Waiting int64     // records that have no place yet
	Oldest  time.Time // since when the oldest of them waits; zero where none does
}

// Status reads how far the organisation's tree has come.
func (l *Ledger) Status(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) (Status, error) {
	var s Status
	var at, oldest db.Time
	err := tx.QueryRow(ctx, `SELECT size, at, note FROM checkpoints WHERE organisation = $1 ORDER BY size DESC LIMIT 1`,
		string(organisation)).Scan(&s.Size, &at, &s.Note)
	if err != nil && !db.IsNotFound(err) {
		return Status{}, err
	}
	err = tx.QueryRow(ctx, `SELECT COUNT(*), MIN(at) FROM waiting WHERE organisation = $1`, string(organisation)).Scan(&s.Waiting, &oldest)
	s.At, s.Oldest = at.Time, oldest.Time
	return s, err
}

// Checkpoint returns the last checkpoint of the whole installation's order, "" where nothing was recorded yet. Kept
// elsewhere, it proves any organisation's record altered, forked or rolled back that it covers.
func (l *Ledger) Checkpoint(ctx context.Context, tx *db.Tx) (string, error) {
	return lastCheckpoint(ctx, tx, order)
}

// First returns when the organisation's oldest record was made, zero where it has none.
func (l *Ledger) First(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) (time.Time, error) {
	var at db.Time
	err := tx.QueryRow(ctx, `SELECT MIN(at) FROM records WHERE organisation = $1`, string(organisation)).Scan(&at)
	return at.Time, err
}
