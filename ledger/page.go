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
//
// Where many records meet one condition and few meet all, Page looks at some tens of thousands and returns what it found:
// fewer than limit, or none, and yet a next, from where the caller may look further.
func (l *Ledger) Page(ctx context.Context, tx *db.Tx, f Filter, after Cursor, limit int) (records []Record, next Cursor, err error) {
	people, restricted := f.people()
	var s seen
	switch {
	case !restricted:
		s, err = f.keys(ctx, tx, after, limit+1)
	case len(people) <= fewPeople:
		s, err = f.keysOfEach(ctx, tx, people, after, limit+1)
	default:
		s, err = f.keysAmong(ctx, tx, people, after, limit+1)
	}
	if err != nil {
		return nil, Cursor{}, err
	}
	if next = s.floor; len(s.keys) > limit {
		s.keys = s.keys[:limit]
		next = s.keys[limit-1].Cursor
	}
	records, err = f.load(ctx, tx, s.keys)
	return records, next, err
}

// A key is what is needed to choose a record.
type key struct {
	Cursor
	actor     standin.Actor
	principal standin.PersonID
}

// seen is what was found, newest first, and how far was looked: floor is the oldest place that was looked at, zero where
// nothing is left.
type seen struct {
	keys  []key
	floor Cursor
}

// keys finds the newest records after the cursor.
func (f *Filter) keys(ctx context.Context, tx *db.Tx, after Cursor, limit int) (seen, error) {
	by, actions, count, err := f.leads(ctx, tx, after)
	if err != nil {
		return seen{}, err
	}
	return f.keysBy(ctx, tx, by, actions, count >= min(plenty, f.most()), after, limit)
}

// keysBy finds them by the index of the lead, once for each of the actions where those lead, or stand in its index. many says that more may have
// to be looked at than a page should take.
func (f *Filter) keysBy(ctx context.Context, tx *db.Tx, by lead, actions []string, many bool, after Cursor, limit int) (seen, error) {
	if !f.beginning() || by != byAction && by != byRefusal {
		return f.read(ctx, tx, by, many, after, limit)
	}
	if by == byRefusal {
		var err error
		if actions, err = f.actions(ctx, tx); err != nil {
			return seen{}, err
		}
	}
	var all seen
	for _, action := range actions {
		g := *f
		g.Action = action
		found, err := g.read(ctx, tx, by, many, after, limit)
		if err != nil {
			return seen{}, err
		}
		all.add(found)
	}
	return all.newest(limit), nil
}

// lookAt is how many records are looked at for one page that meet its lead and perhaps nothing else.
const lookAt = 20_000

func (f *Filter) most() int {
	if f.lookAt > 0 {
		return f.lookAt
	}
	return lookAt
}

// read finds them by one index.
func (f *Filter) read(ctx context.Context, tx *db.Tx, by lead, many bool, after Cursor, limit int) (s seen, err error) {
	if many && f.others(by) {
		if s.floor, err = f.place(ctx, tx, by, after, f.most()); err != nil {
			return seen{}, err
		}
	}
	c := f.conditions(by, after)
	if s.floor != (Cursor{}) {
		c.and("(r.at, r.id) >= (?, ?)", standin.Micros(s.floor.At), string(s.floor.ID))
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT r.at, r.id, r.actor, r.principal FROM records r WHERE %s
		ORDER BY r.at DESC, r.id DESC LIMIT %d`, c, limit), c.args...)
	if err != nil {
		return seen{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var k key
		var at db.Time
		if err := rows.Scan(&at, &k.ID, &k.actor, &k.principal); err != nil {
			return seen{}, err
		}
		k.At = at.Time
		s.keys = append(s.keys, k)
	}
	return s, rows.Err()
}

// place returns the n-th place after the cursor among those that meet the lead, zero where there are fewer. It reads the
// lead's index alone.
func (f *Filter) place(ctx context.Context, tx *db.Tx, by lead, after Cursor, n int) (Cursor, error) {
	led := Filter{Organisation: f.Organisation, From: f.From, Until: f.Until}
	c := led.conditions(by, after)
	both := by == byRefusal && f.exact()
	if both {
		c.refusal(f)
	}
	for _, e := range f.equals() {
		if e.column == by && !both {
			c.equal(e, true)
		}
	}
	if by == byBehalf {
		c.and("r.principal <> ''")
	}
	var at db.Time
	var id standin.RecordID
	err := tx.QueryRow(ctx, fmt.Sprintf(`SELECT r.at, r.id FROM records r WHERE %s ORDER BY r.at DESC, r.id DESC LIMIT 1 OFFSET %d`, c, n-1),
		c.args...).Scan(&at, &id)
	if db.IsNotFound(err) {
		return Cursor{}, nil
	}
	return Cursor{at.Time, id}, err
}

// add adds what was found apart. What is older than either floor is not known from both.
func (s *seen) add(other seen) {
	s.keys = append(s.keys, other.keys...)
	if s.floor.compare(other.floor) < 0 {
		s.floor = other.floor
	}
}

// newest sorts what was added as a page has it, keeps each record once and at most the limit, and nothing that is older
// than the floor.
func (s seen) newest(limit int) seen {
	all := slices.DeleteFunc(s.keys, func(k key) bool { return k.compare(s.floor) < 0 })
	slices.SortFunc(all, func(a, b key) int { return b.compare(a.Cursor) })
	all = slices.CompactFunc(all, func(a, b key) bool { return a.ID == b.ID })
	if len(all) >= limit {
		return seen{keys: all[:limit]}
	}
	return seen{all, s.floor}
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
