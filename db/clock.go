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
