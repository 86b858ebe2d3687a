package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Filter says which records are wanted; an empty field wants all.
type Filter struct {
	Organisation standin.OrganisationID // always needed
	Person       standin.PersonID       // is the actor or the principal
	Actor        standin.Actor
	Principal    standin.PersonID
	Session      standin.SessionID
	Delegation   standin.DelegationID
	Action       string // "delegation.create", or "delegation." for all that begin so
	Resource     string
	Outcome      Outcome
	OnBehalf     bool      // only what somebody did in another's place
	From         time.Time // included
	Until        time.Time // excluded
	// Among keeps to records whose actor or principal is one of these people: what the reader may see. nil keeps all,
	// an empty list none.
	Among []standin.PersonID
}

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

// fewPeople are looked up by their own indexes; for more of them the records are read through.
const fewPeople = 32

// people returns whom the actor or the principal must be among, and whether it must.
func (f *Filter) people() (people []standin.PersonID, restricted bool) {
	switch {
	case f.Person == "":
		return f.Among, f.Among != nil
	case f.Among == nil || slices.Contains(f.Among, f.Person):
		return []standin.PersonID{f.Person}, true
	}
	return nil, true
}

// A key is what is needed to choose a record.
type key struct {
	Cursor
	actor     standin.Actor
	principal standin.PersonID
}

// conditions are the WHERE clause of a query on records r.
type conditions struct {
	text []string
	args []any
}

// and adds a condition in which ? stands for each of args in turn.
func (c *conditions) and(condition string, args ...any) {
	for _, arg := range args {
		c.args = append(c.args, arg)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(c.args)), 1)
	}
	c.text = append(c.text, condition)
}

func (f *Filter) conditions(after Cursor) *conditions {
	c := &conditions{}
	c.and("r.organisation = ?", string(f.Organisation))
	for _, equal := range []struct{ column, value string }{{"actor", string(f.Actor)}, {"principal", string(f.Principal)},
		{"session", string(f.Session)}, {"delegation", string(f.Delegation)}, {"resource", f.Resource}, {"outcome", string(f.Outcome)}} {
		if equal.value != "" {
			c.and("r."+equal.column+" = ?", equal.value)
		}
	}
	switch {
	case strings.HasSuffix(f.Action, "."):
		c.and(fmt.Sprintf("substr(r.action, 1, %d) = ?", utf8.RuneCountInString(f.Action)), f.Action)
	case f.Action != "":
		c.and("r.action = ?", f.Action)
	}
	if f.OnBehalf {
		c.and("r.principal <> ?", "")
	}
	if !f.From.IsZero() {
		c.and("r.at >= ?", standin.Micros(f.From))
	}
	if !f.Until.IsZero() {
		c.and("r.at < ?", standin.Micros(f.Until))
	}
	if after != (Cursor{}) {
		c.and("(r.at, r.id) < (?, ?)", standin.Micros(after.At), string(after.ID))
	}
	return c
}

// keys finds the newest records after the cursor; more adds conditions.
func (f *Filter) keys(ctx context.Context, tx *db.Tx, after Cursor, limit int, more ...func(*conditions)) ([]key, error) {
	c := f.conditions(after)
	for _, add := range more {
		add(c)
	}
	rows, err := tx.Query(ctx, `SELECT r.at, r.id, r.actor, r.principal FROM records r WHERE `+strings.Join(c.text, " AND ")+
		fmt.Sprintf(` ORDER BY r.at DESC, r.id DESC LIMIT %d`, limit), c.args...)
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

// keysOfEach looks for each person's records as actor and as principal and merges them.
func (f *Filter) keysOfEach(ctx context.Context, tx *db.Tx, people []standin.PersonID, after Cursor, limit int) ([]key, error) {
	var all []key
	for _, p := range people {
		asActor, err := f.keys(ctx, tx, after, limit, func(c *conditions) { c.and("r.actor = ?", string(standin.PersonActor(p))) })
		if err != nil {
			return nil, err
		}
		asPrincipal, err := f.keys(ctx, tx, after, limit, func(c *conditions) { c.and("r.principal = ?", string(p)) })
		if err != nil {
			return nil, err
		}
		all = append(append(all, asActor...), asPrincipal...)
	}
	slices.SortFunc(all, func(a, b key) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	all = slices.CompactFunc(all, func(a, b key) bool { return a.ID == b.ID })
	return all[:min(limit, len(all))], nil
}

// keysAmong reads through the records until enough of them are of these people.
func (f *Filter) keysAmong(ctx context.Context, tx *db.Tx, people []standin.PersonID, after Cursor, limit int) ([]key, error) {
	const atOnce = 500
	wanted := make(map[standin.PersonID]bool, len(people))
	for _, p := range people {
		wanted[p] = p != ""
	}
	var found []key
	for {
		keys, err := f.keys(ctx, tx, after, atOnce)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			if wanted[k.actor.Person()] || wanted[k.principal] {
				if found = append(found, k); len(found) == limit {
					return found, nil
				}
			}
		}
		if len(keys) < atOnce {
			return found, nil
		}
		after = keys[atOnce-1].Cursor
	}
}

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
