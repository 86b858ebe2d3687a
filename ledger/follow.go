package ledger

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// followed is how many records a follower gets at once.
const followed = 100

// Read returns at most limit records from the position on, in the order of the whole installation. The position after
// the last of them is that record's plus one. Where a record is gone from among them it is an error, not a gap.
func (l *Ledger) Read(ctx context.Context, tx *db.Tx, from int64, limit int) ([]Record, error) {
	from = max(from, 0)
	found, err := readStored(ctx, tx, `SELECT `+recordColumns+` FROM leaves l
		JOIN records r ON r.organisation = l.organisation AND r.id = l.record
		WHERE l.position >= $1 ORDER BY l.position LIMIT $2`, from, limit)
	if err != nil {
		return nil, err
	}
	records := make([]Record, len(found))
	for i := range found {
		if records[i] = found[i].Record; records[i].Position != from+int64(i) {
			return nil, damaged("position %d is missing", from+int64(i))
		}
	}
	return records, nil
}

// End returns the position after the last record that has one.
func (l *Ledger) End(ctx context.Context, tx *db.Tx) (int64, error) {
	var end int64
	err := tx.QueryRow(ctx, `SELECT COALESCE(MAX(position), -1) + 1 FROM leaves`).Scan(&end)
	return end, err
}

// Tail calls do with the records from the position on, as they get their places, in order, until ctx ends; then it
// returns nil. Nothing of it is stored: it is for what a process keeps in memory. An error of do ends it.
func (l *Ledger) Tail(ctx context.Context, from int64, do func(ctx context.Context, records []Record) error) error {
	return l.each(ctx, func(ctx context.Context) (bool, error) {
		var records []Record
		err := l.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			records, err = l.Read(ctx, tx, from, followed)
			return err
		})
		if err != nil || len(records) == 0 {
			return false, err
		}
		if err := do(ctx, records); err != nil {
			return false, err
		}
		from = records[len(records)-1].Position + 1
		return true, nil
	})
}

// Follow calls do with all records, from the first that the follower of this name has not seen, as they get their places,
// in order, until ctx ends; then it returns nil. What do writes with tx and how far the follower came are durable
// together, so that each record takes effect there once, however many processes follow under the name. do may run more
// than once for the same records, so it must have no other effects: what leaves the database goes by a row that do writes.
// An error of do ends Follow, which tries the same records again when it is called again; a database that does not answer
// is waited out.
func (l *Ledger) Follow(ctx context.Context, name string, do func(ctx context.Context, tx *db.Tx, records []Record) error) error {
	return l.each(ctx, func(ctx context.Context) (bool, error) {
		more, err := l.behind(ctx, name)
		if err != nil || !more {
			return false, err
		}
		err = l.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
			var from int64 // the row is locked from here on
			err := tx.QueryRow(ctx, `INSERT INTO followers (name, position) VALUES ($1, 0)
				ON CONFLICT (name) DO UPDATE SET position = followers.position RETURNING position`, name).Scan(&from)
			if err != nil {
				return err
			}
			records, err := l.Read(ctx, tx, from, followed)
			if err != nil || len(records) == 0 {
				return err
			}
			if err := do(ctx, tx, records); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `UPDATE followers SET position = $1 WHERE name = $2`, records[len(records)-1].Position+1, name)
			return err
		})
		return err == nil, err
	})
}

// behind reports whether there are records that the follower has not seen.
func (l *Ledger) behind(ctx context.Context, name string) (more bool, err error) {
	err = l.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		var position int64
		err := tx.QueryRow(ctx, `SELECT position FROM leaves
			WHERE position >= (SELECT COALESCE(MAX(position), 0) FROM followers WHERE name = $1) LIMIT 1`, name).Scan(&position)
		more = err == nil
		if db.IsNotFound(err) {
			return nil
		}
		return err
	})
	return more, err
}

// each calls step again and again: at once while it says that there was something, else when something was committed
// here or, for what others commit, soon.
func (l *Ledger) each(ctx context.Context, step func(context.Context) (bool, error)) error {
	told, stop := l.db.Committed()
	defer stop()
	for ctx.Err() == nil {
		more, err := step(ctx)
		pause := poll
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && standin.KindOf(err) != standin.Unavailable:
			return err
		case err != nil:
			pause = time.Second
		case more:
			continue
		}
		select {
		case <-ctx.Done():
		case <-told:
		case <-time.After(pause):
		}
	}
	return nil
}
