package ledger

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin/db"
)

const (
	// span is how many places are looked through at once for records that are wanted.
	span = 2000
	// unsaved is how many places a follower may have passed without a wanted record before it writes down how far it came.
	unsaved = 10 * span
	// glance is how often it is looked at most.
	glance = 20 * time.Millisecond
)

// TailSome is Tail for the records of some actions: "delegation.create", or "delegation." for all that begin so. What else
// there is costs little: it is passed without being read.
func (l *Ledger) TailSome(ctx context.Context, from int64, actions []string, do func(ctx context.Context, records []Record) error) error {
	return l.each(ctx, calm(func(ctx context.Context) (bool, error) {
		var records []Record
		var next int64
		err := l.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			records, next, err = l.some(ctx, tx, from, actions)
			return err
		})
		if err != nil || next == from {
			return false, err
		}
		if len(records) > 0 {
			if err := do(ctx, records); err != nil {
				return false, err
			}
		}
		from = next
		return true, nil
	}))
}

// FollowSome is Follow for the records of some actions, as TailSome takes them. How far it came without finding one is
// written down only now and then.
func (l *Ledger) FollowSome(ctx context.Context, name string, actions []string, do func(ctx context.Context, tx *db.Tx, records []Record) error) error {
	passed := int64(0) // none of those before is wanted that nobody has seen
	return l.each(ctx, calm(func(ctx context.Context) (bool, error) {
		found, saved, next, err := l.ahead(ctx, name, actions, passed)
		if err != nil {
			return false, err
		}
		from := max(saved, passed)
		if !found {
			passed = next
			if next-saved < unsaved {
				return next > from, nil
			}
		}
		err = l.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
			var at int64 // the row is locked from here on
			err := tx.QueryRow(ctx, `INSERT INTO followers (name, position) VALUES ($1, 0)
				ON CONFLICT (name) DO UPDATE SET position = followers.position RETURNING position`, name).Scan(&at)
			if err != nil {
				return err
			}
			records, next, err := l.some(ctx, tx, max(at, passed), actions)
			if err != nil {
				return err
			}
			if len(records) > 0 {
				if err := do(ctx, tx, records); err != nil {
					return err
				}
			}
			_, err = tx.Exec(ctx, `UPDATE followers SET position = $1 WHERE name = $2`, next, name)
			return err
		})
		return err == nil, err
	}))
}

// calm lets step be called only so often: where much is recorded, of which little is wanted, what came since is looked through
// together.
func calm(step func(context.Context) (bool, error)) func(context.Context) (bool, error) {
	var last time.Time
	return func(ctx context.Context) (bool, error) {
		if wait := glance - time.Since(last); wait > 0 {
			select {
			case <-ctx.Done():
				return false, nil
			case <-time.After(wait):
			}
		}
		last = time.Now()
		return step(ctx)
	}
}

// ahead reports whether a wanted record comes within the next places that the follower of the name has not seen, how far it
// has come, and the place after those that were looked through.
func (l *Ledger) ahead(ctx context.Context, name string, actions []string, passed int64) (found bool, saved, next int64, err error) {
	err = l.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		err := tx.QueryRow(ctx, `SELECT COALESCE(MAX(position), 0) FROM followers WHERE name = $1`, name).Scan(&saved)
		if err != nil {
			return err
		}
		from := max(saved, passed)
		if next, err = l.until(ctx, tx, from); err != nil || next == from {
			return err
		}
		where, args := wanted(actions, from, next)
		var position int64
		err = tx.QueryRow(ctx, `SELECT l.position FROM leaves l JOIN records r ON r.organisation = l.organisation AND r.id = l.record`+where+
			` ORDER BY l.position LIMIT 1`, args...).Scan(&position)
		found = err == nil
		if db.IsNotFound(err) {
			return nil
		}
		return err
	})
	return found, saved, next, err
}

// some reads wanted records from the position on, at most as many as a follower gets at once, and returns the position to
// go on from.
func (l *Ledger) some(ctx context.Context, tx *db.Tx, from int64, actions []string) (records []Record, next int64, err error) {
	next, err = l.until(ctx, tx, from)
	if err != nil || next == from {
		return nil, next, err
	}
	where, args := wanted(actions, from, next)
	found, err := readStored(ctx, tx, `SELECT `+recordColumns+` FROM leaves l JOIN records r ON r.organisation = l.organisation AND r.id = l.record`+
		where+` ORDER BY l.position LIMIT `+strconv.Itoa(followed), args...)
	if err != nil {
		return nil, from, err
	}
	for _, s := range found {
		records = append(records, s.Record)
	}
	if len(records) == followed {
		next = records[followed-1].Position + 1
	}
	return records, next, nil
}

// until returns the end of the places from the position on that are looked through at once.
func (l *Ledger) until(ctx context.Context, tx *db.Tx, from int64) (int64, error) {
	end, err := l.End(ctx, tx)
	return min(max(end, from), from+span), err
}

// wanted returns which places are looked through for the actions.
func wanted(actions []string, from, next int64) (where string, args []any) {
	args = []any{from, next}
	var any []string
	for _, a := range actions {
		args = append(args, a)
		n := strconv.Itoa(len(args))
		if strings.HasSuffix(a, ".") {
			any = append(any, `SUBSTR(r.action, 1, `+strconv.Itoa(len(a))+`) = $`+n)
		} else {
			any = append(any, `r.action = $`+n)
		}
	}
	return ` WHERE l.position >= $1 AND l.position < $2 AND (` + strings.Join(any, ` OR `) + `)`, args
}
