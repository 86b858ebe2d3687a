package db

import (
	"context"
	"time"

	"github.com/standin-id/standin"
)

// Clock returns what the database's clock says now, to compare the program's with; rules never use it.
func (d *DB) Clock(ctx context.Context) (time.Time, error) {
	var micros int64
	err := d.read.QueryRowContext(ctx, d.dialect.clock).Scan(&micros)
	return standin.Instant(micros), d.dialect.classify(err)
}

// Clock returns what the database's clock said when the transaction first asked: for what several programs must agree on,
// the order of what they do. Rules take the program's. An embedded database has this machine's clock.
func (tx *Tx) Clock(ctx context.Context) (time.Time, error) {
	switch {
	case !tx.clock.IsZero():
	case tx.dialect.singleWriter:
		tx.clock = standin.Now(time.Now)
	default:
		var micros int64
		if err := tx.QueryRow(ctx, tx.dialect.clock).Scan(&micros); err != nil {
			return time.Time{}, err
		}
		tx.clock = standin.Instant(micros)
	}
	return tx.clock, nil
}
