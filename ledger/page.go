package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Cursor is a place between two records of a list. The zero Cursor is before the newest.
type Cursor struct {
	At time.Time
	ID standin.RecordID
}

// Page returns at most limit records, newest first, that come after the cursor, with those that have no place in the tree
// yet. next is the cursor for the page that follows; it is zero where nothing does.
func (l *Ledger) Page(ctx context.Context, tx *db.Tx, f Filter, after Cursor, limit int) (records []Record, next Cursor, err error) {
	people, restricted := f.people()
	var keys []key
	switch {
	case !restricted:
		keys, err = f.keys(ctx, tx, after, limit+1)
	case len(people) <= fewPeople:
		keys, err = f.keysOfEach(ctx, tx, people, after, limit+1)
	default:
		keys, err = f.keysAmong(ctx, tx, people, after, limit+1)
	}
	if err != nil {
		return nil, Cursor{}, err
	}
	if len(keys) > limit {
		keys = keys[:limit]
		next = keys[limit-1].Cursor
	}
	records, err = f.load(ctx, tx, keys)
	return records, next, err
}

// A key is what is needed to choose a record.
type key struct {
	Cursor
	actor     standin.Actor
	principal standin.PersonID
}

// keys finds the newest records after the cursor.
func (f *Filter) keys(ctx context.Context, tx *db.Tx, after Cursor, limit int) ([]key, error) {
	by, actions, _, err := f.leads(ctx, tx, after)
	if err != nil {
		return nil, err
	}
	return f.keysBy(ctx, tx, by, actions, after, limit)
}

// keysBy finds them by the index of the lead, once for each of the actions where those lead.
func (f *Filter) keysBy(ctx context.Context, tx *db.Tx, by lead, actions []string, after Cursor, limit int) ([]key, error) {
	if by != byAction || !f.beginning() {
		return f.read(ctx, tx, by, after, limit)
	}
	var all []key
	for _, action := range actions {
		g := *f
		g.Action = action
		found, err := g.read(ctx, tx, by, after, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return newest(all, limit), nil
}

func (f *Filter) read(ctx context.Context, tx *db.Tx, by lead, after Cursor, limit int) ([]key, error) {
	c := f.conditions(by, after)
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT r.at, r.id, r.actor, r.principal FROM records r WHERE %s
		ORDER BY r.at DESC, r.id DESC LIMIT %d`, c, limit), c.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []key
	for rows.Next() {
		var k key
		var at db.Time
		if err := rows.Scan(&at, &k.ID, &k.actor, &k.principal); err != nil {
			return nil, err
		}
		k.At = at.Time
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// newest sorts the keys as a page has them and keeps each once, at most the limit.
func newest(all []key, limit int) []key {
	slices.SortFunc(all, func(a, b key) int { return b.compare(a.Cursor) })
	all = slices.CompactFunc(all, func(a, b key) bool { return a.ID == b.ID })
	return all[:min(limit, len(all))]
}

// compare orders cursors by time.
func (c Cursor) compare(d Cursor) int { return cmp.Or(c.At.Compare(d.At), cmp.Compare(c.ID, d.ID)) }

// load reads the records with these keys, in their order.
func (f *Filter) load(ctx context.Context, tx *db.Tx, keys []key) ([]Record, error) {
	const most = 200
	records := make([]Record, 0, len(keys))
	for len(keys) > 0 {
		n := min(most, len(keys))
		args := []any{string(f.Organisation)}
		for _, k := range keys[:n] {
			args = append(args, string(k.ID))
		}
		found, err := readStored(ctx, tx, `SELECT `+recordColumns+` FROM records r
			LEFT JOIN leaves l ON l.organisation = r.organisation AND l.record = r.id
			WHERE r.organisation = $1 AND r.id IN (`+placeholders(2, n)+`)`, args...)
		if err != nil {
			return nil, err
		}
		byID := make(map[standin.RecordID]Record, n)
		for _, s := range found {
			byID[s.ID] = s.Record
		}
		for _, k := range keys[:n] {
			records = append(records, byID[k.ID])
		}
		keys = keys[n:]
	}
	return records, nil
}
