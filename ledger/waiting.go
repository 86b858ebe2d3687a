package ledger

import (
	"context"
	"time"

	"github.com/standin-id/standin/db"
)

// Waiting returns how many records of all organisations have no place in a tree yet, and since when the oldest of them
// waits; zero where none does. One that waits for long says that no sequencer works.
func (l *Ledger) Waiting(ctx context.Context, tx *db.Tx) (count int64, oldest time.Time, err error) {
	var since db.Time
	err = tx.QueryRow(ctx, `SELECT COUNT(*), MIN(at) FROM waiting`).Scan(&count, &since)
	return count, since.Time, err
}
