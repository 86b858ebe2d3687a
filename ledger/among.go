package ledger

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// fewPeople are looked up one by one.
const fewPeople = 32

// keysOfEach looks for each person's records as actor and as principal and merges them.
func (f *Filter) keysOfEach(ctx context.Context, tx *db.Tx, people []standin.PersonID, after Cursor, limit int) (seen, error) {
	var all seen
	for _, p := range people {
		if p == "" {
			continue
		}
		for _, g := range []*Filter{f.asActor(p), f.asPrincipal(p)} {
			if g == nil {
				continue
			}
			found, err := g.keys(ctx, tx, after, limit)
			if err != nil {
				return seen{}, err
			}
			all.add(found)
		}
	}
	return all.newest(limit), nil
}

// asActor is the filter for what the person did, nil where it wants another actor; asPrincipal is the same for what was
// done for them.
func (f *Filter) asActor(p standin.PersonID) *Filter {
	g := *f
	g.Actor = standin.PersonActor(p)
	if f.Actor != "" && f.Actor != g.Actor {
		return nil
	}
	return &g
}

func (f *Filter) asPrincipal(p standin.PersonID) *Filter {
	g := *f
	g.Principal = p
	if f.Principal != "" && f.Principal != p {
		return nil
	}
	return &g
}

// readThrough is how many records are looked at for those of many people, before each person is looked up; no more than
// looking them up would cost. Where the people do much, a page is full long before.
const (
	readThrough   = 4000
	readForPerson = 4
)

// keysAmong finds the records of many people: by looking at all records that the filter wants, where soon enough of them
// are theirs or there are few; else by looking up who of them has the newest.
func (f *Filter) keysAmong(ctx context.Context, tx *db.Tx, people []standin.PersonID, after Cursor, limit int) (seen, error) {
	wanted := make(map[standin.PersonID]bool, len(people))
	for _, p := range people {
		wanted[p] = p != ""
	}
	by, actions, count, err := f.leads(ctx, tx, after)
	if err != nil {
		return seen{}, err
	}
	const atOnce = 500
	var found []key
	at := after
	for read := 0; read < min(readThrough, readForPerson*len(people)); read += atOnce {
		next, err := f.keysBy(ctx, tx, by, actions, count >= min(plenty, f.most()), at, atOnce)
		if err != nil {
			return seen{}, err
		}
		for _, k := range next.keys {
			if wanted[k.actor.Person()] || wanted[k.principal] {
				if found = append(found, k); len(found) == limit {
					return seen{keys: found}, nil
				}
			}
		}
		if len(next.keys) < atOnce {
			return seen{found, next.floor}, nil
		}
		at = next.keys[atOnce-1].Cursor
	}
	rest, err := f.keysOfMany(ctx, tx, people, at, limit-len(found))
	return seen{append(found, rest.keys...), rest.floor}, err
}

// A run is one person's records, as actor or as principal, of which the first is the newest.
type run struct {
	first  Cursor
	filter *Filter
}

// keysOfMany looks up the newest record of each person. A page can only have records of those of them who are first: no
// more of them than it has records.
func (f *Filter) keysOfMany(ctx context.Context, tx *db.Tx, people []standin.PersonID, after Cursor, limit int) (seen, error) {
	var first []run
	for part := range slices.Chunk(people, 400) {
		for _, column := range []lead{"actor", "principal"} {
			found, err := f.firstOf(ctx, tx, column, part, after)
			if err != nil {
				return seen{}, err
			}
			first = append(first, found...)
		}
		slices.SortFunc(first, func(a, b run) int { return b.first.compare(a.first) })
		first = slices.Clip(first[:min(limit*2, len(first))]) // a record may be the first of its actor and of its principal
	}
	var all seen
	for _, s := range first {
		found, err := s.filter.keys(ctx, tx, after, limit)
		if err != nil {
			return seen{}, err
		}
		all.add(found)
	}
	return all.newest(limit), nil
}

// firstOf finds the newest record of each of the people in the column.
func (f *Filter) firstOf(ctx context.Context, tx *db.Tx, column lead, people []standin.PersonID, after Cursor) ([]run, error) {
	c := f.conditions(column, after)
	switch {
	case column == "actor" && f.Actor != "" || column == "principal" && f.Principal != "":
		// the value that the filter wants itself
	case lacked[column]:
		c.text = append(c.text, fmt.Sprintf("r.%s <> ''", column))
	}
	var values []string
	of := map[string]*Filter{}
	for _, p := range people {
		g, value := f.asPrincipal(p), string(p)
		if column == "actor" {
			g, value = f.asActor(p), string(standin.PersonActor(p))
		}
		if p == "" || g == nil || of[value] != nil {
			continue
		}
		of[value] = g
		c.args = append(c.args, value)
		values = append(values, fmt.Sprintf("(CAST($%d AS TEXT))", len(c.args)))
	}
	if len(values) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`WITH one(of) AS (VALUES %s)
		SELECT one.of, (SELECT CAST(r.at AS TEXT) || ' ' || r.id FROM records r WHERE %s AND r.%s = one.of
			ORDER BY r.at DESC, r.id DESC LIMIT 1) FROM one`, strings.Join(values, ", "), c, column), c.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []run
	for rows.Next() {
		var value string
		var first *string
		if err := rows.Scan(&value, &first); err != nil {
			return nil, err
		}
		if first == nil {
			continue
		}
		at, id, _ := strings.Cut(*first, " ")
		micros, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, err
		}
		found = append(found, run{Cursor{standin.Instant(micros), standin.RecordID(id)}, of[value]})
	}
	return found, rows.Err()
}
