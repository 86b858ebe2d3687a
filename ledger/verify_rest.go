package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
)

// verifyRest checks the records that have no place: they wait, or they do not belong here.
func (r *reader) verifyRest(ctx context.Context) error {
	id, found, err := r.orphan(ctx)
	if err != nil {
		return err
	}
	if found {
		return r.problem(-1, id, Inserted, "the record has no place in the tree and does not wait for one")
	}
	if err := r.verifyWaiting(ctx); err != nil {
		return err
	}
	return r.verifyWaitingRecords(ctx)
}

// verifyWaiting checks the list of records that wait.
func (r *reader) verifyWaiting(ctx context.Context) error {
	rows, err := r.tx.Query(ctx, `SELECT w.id, w.at, COALESCE(r.at, -1), COALESCE(l.sequence, -1) FROM waiting w
		LEFT JOIN records r ON r.organisation = w.organisation AND r.id = w.id
		LEFT JOIN leaves l ON l.organisation = w.organisation AND l.record = w.id
		WHERE w.organisation = $1 ORDER BY w.id`, string(r.organisation))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id standin.RecordID
		var at, recorded, sequence int64
		if err := rows.Scan(&id, &at, &recorded, &sequence); err != nil {
			return err
		}
		switch {
		case sequence >= 0:
			return r.problem(sequence, id, Inserted, "it has its place and yet waits for one")
		case recorded < 0:
			return r.problem(-1, id, Removed, "it waits for a place, and the record is gone")
		case at != recorded:
			return r.problem(-1, id, Altered, "it waits under another instant")
		}
		r.waiting++
	}
	return rows.Err()
}

// verifyWaitingRecords checks that the records that wait are the ones whose hashes wait. Nothing signed covers them yet.
func (r *reader) verifyWaitingRecords(ctx context.Context) error {
	rows, err := r.tx.Query(ctx, `SELECT `+recordColumns+`, w.hash FROM waiting w
		JOIN records r ON r.organisation = w.organisation AND r.id = w.id
		LEFT JOIN leaves l ON l.organisation = r.organisation AND l.record = r.id
		WHERE w.organisation = $1 ORDER BY w.id`, string(r.organisation))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s stored
		var waits string
		if err := s.scan(rows, &waits); err != nil {
			return err
		}
		hash, bad := r.record(&s)
		if bad != nil {
			return bad
		}
		if hash.String() != waits {
			return r.problem(-1, s.ID, Altered, "the record, which waits for a place, is not what it was when it was written")
		}
	}
	return rows.Err()
}

// orphan returns the first record that has no place and does not wait for one, if there is one.
func (r *reader) orphan(ctx context.Context) (id standin.RecordID, found bool, err error) {
	rows, err := r.tx.Query(ctx, `SELECT r.id FROM records r WHERE r.organisation = $1
		AND NOT EXISTS (SELECT 1 FROM leaves l WHERE l.organisation = r.organisation AND l.record = r.id)
		AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.organisation = r.organisation AND w.id = r.id)
		ORDER BY r.at, r.id LIMIT 1`, string(r.organisation))
	if err != nil {
		return "", false, err
	}
	defer rows.Close()
	if found = rows.Next(); found {
		err = rows.Scan(&id)
	}
	return id, found, errors.Join(err, rows.Err())
}

// open starts reading what is stored of the tree.
func (r *reader) open(ctx context.Context) {
	r.hashes = &stream[node]{fill: func(last *node) ([]node, error) {
		after := int64(math.MinInt64)
		if last != nil {
			after = last.place
		}
		rows, err := r.tx.Query(ctx, `SELECT place, hash FROM hashes WHERE organisation = $1 AND place > $2
			ORDER BY place LIMIT 1000`, string(r.organisation), after)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var all []node
		for rows.Next() {
			var n node
			var text string
			if err := rows.Scan(&n.place, &text); err != nil {
				return nil, err
			}
			if n.hash, err = tlog.ParseHash(text); err != nil || n.hash.String() != text {
				return nil, r.problem(-1, "", Altered, "the hash at place %d of the tree cannot be read", n.place)
			}
			all = append(all, n)
		}
		return all, rows.Err()
	}}
	r.checkpoints = &stream[checkpointRow]{fill: func(last *checkpointRow) ([]checkpointRow, error) {
		after := int64(math.MinInt64)
		if last != nil {
			after = last.size
		}
		rows, err := r.tx.Query(ctx, `SELECT size, at, note FROM checkpoints WHERE organisation = $1 AND size > $2
			ORDER BY size LIMIT 1000`, string(r.organisation), after)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var all []checkpointRow
		for rows.Next() {
			var c checkpointRow
			if err := rows.Scan(&c.size, &c.at, &c.note); err != nil {
				return nil, err
			}
			all = append(all, c)
		}
		return all, rows.Err()
	}}
}

func (r *reader) leaves(ctx context.Context, query string, args ...any) ([]leafRow, error) {
	rows, err := r.tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []leafRow
	for rows.Next() {
		var l leafRow
		if err := rows.Scan(&l.organisation, &l.sequence, &l.position, &l.record, &l.hash); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, rows.Err()
}

// A stream reads rows in order, some at a time.
type stream[T any] struct {
	fill func(last *T) ([]T, error) // the rows after last, nil for the first; none at the end
	rows []T
	last *T
	done bool
}

// peek returns the next row without taking it, nil at the end.
func (s *stream[T]) peek() (*T, error) {
	if len(s.rows) == 0 && !s.done {
		var err error
		if s.rows, err = s.fill(s.last); err != nil {
			return nil, err
		}
		s.done = len(s.rows) == 0
	}
	if len(s.rows) == 0 {
		return nil, nil
	}
	return &s.rows[0], nil
}

// next takes the next row, nil at the end.
func (s *stream[T]) next() (*T, error) {
	row, err := s.peek()
	if row != nil {
		s.rows, s.last = s.rows[1:], row
	}
	return row, err
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
