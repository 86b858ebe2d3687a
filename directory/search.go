package directory

import (
	"context"
	"fmt"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
	"github.com/standin-id/standin/rights"
)

// Candidate is what everybody may see of a colleague, to name them.
type Candidate struct {
	ID    standin.PersonID
	Name  string
	Email string
	Unit  standin.UnitID
}

const (
	mostResults = 100
	mostWords   = 6
	longestWord = 64
)

// SearchPeople returns active colleagues of the caller, excluding some, by name or address: each word of the query begins
// a word of the name or the address, whatever its case and diacritics. An empty query finds everybody. They come in order
// of name; next continues after the last, "" where there are no more. Not while acting, and to an API key only where it was
// made for people.
func (d *Directory) SearchPeople(ctx context.Context, caller standin.Caller, query string, exclude []standin.PersonID, limit int, after string) (
	found []Candidate, next string, err error) {
	if caller.Acting() {
		return nil, "", notWhileActing()
	}
	if caller.Actor.Person() == "" && !unbound(caller, "person", "manage") {
		return nil, "", notEntitled("person", "manage")
	}
	err = d.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		w := where{conditions: []string{"organisation = $1", "inactive_at IS NULL"}, args: []any{string(caller.Organisation)}}
		w.words(query)
		for _, id := range exclude[:min(len(exclude), mostResults)] {
			w.add("id <> $%d", string(id))
		}
		people, more, err := d.page(ctx, tx, w, limit, after)
		found, next = make([]Candidate, len(people)), more
		for i, p := range people {
			found[i] = Candidate{p.ID, p.Name, p.Email, p.Unit}
		}
		return err
	})
	return found, next, err
}

// PeopleFilter narrows a list of people. The zero filter is everybody who is active.
type PeopleFilter struct {
	Query    string
	Unit     standin.UnitID // at or below
	Manager  standin.PersonID
	Role     standin.RoleID // held at whatever unit
	Inactive bool           // those too
	// OnlyInactive leaves out who is active, where Inactive lets the others in.
	OnlyInactive bool
	// NeverSignedIn leaves out who has signed in.
	NeverSignedIn bool
}

// People returns the people of the units where the caller may manage people or delegations, in order of name. While
// acting, the principal's units count. With neither, nobody is found but the caller's own
// principal, and while acting not even they where limits hide them.
func (d *Directory) People(ctx context.Context, caller standin.Caller, f PeopleFilter, limit int, after string) (people []Person, next string, err error) {
	err = d.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		w := where{conditions: []string{"organisation = $1"}, args: []any{string(caller.Organisation)}}
		sees, err := d.visible(ctx, tx, caller)
		if err != nil {
			return err
		}
		self := caller.Principal
		if !sees.Own {
			self = ""
		}
		if !sees.All {
			w.within(sees.Units, self)
		}
		if f.Unit != "" {
			w.within([]standin.UnitID{f.Unit}, "")
		}
		if f.Manager != "" {
			w.add("manager = $%d", string(f.Manager))
		}
		if !f.Inactive {
			w.conditions = append(w.conditions, "inactive_at IS NULL")
		}
		if f.Role != "" {
			w.add("EXISTS (SELECT 1 FROM holdings h WHERE h.organisation = people.organisation AND h.person = people.id AND h.role = $%d)", string(f.Role))
		}
		if f.OnlyInactive {
			w.conditions = append(w.conditions, "inactive_at IS NOT NULL")
		}
		if f.NeverSignedIn {
			w.conditions = append(w.conditions, "last_sign_in IS NULL")
		}
		w.words(f.Query)
		people, next, err = d.page(ctx, tx, w, limit, after)
		return err
	})
	return people, next, err
}

// Detail is a person with the roles they hold.
type Detail struct {
	Person
	ManagerName string
	Holdings    []rights.Holding
}

// PersonDetail returns the person where the caller may manage them or their delegations, and the caller's own principal
// (while acting, where limits let it be seen); else NotFound, as if there were nobody (THREATS 10).
func (d *Directory) PersonDetail(ctx context.Context, caller standin.Caller, id standin.PersonID) (detail Detail, err error) {
	err = d.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := d.Person(ctx, tx, caller.Organisation, id)
		if err != nil {
			return err
		}
		sees, err := d.visible(ctx, tx, caller)
		if err != nil {
			return err
		}
		if !sees.Covers(p.Unit) && !(sees.Own && id == caller.Principal) {
			return unknownPerson(id)
		}
		detail = Detail{Person: p}
		if p.Manager != "" {
			manager, err := d.Person(ctx, tx, caller.Organisation, p.Manager)
			if err != nil {
				return err
			}
			detail.ManagerName = manager.Name
		}
		detail.Holdings, err = d.Holdings(ctx, tx, caller.Organisation, id)
		return err
	})
	return detail, err
}

// visible returns where the caller may look at people, and whether at their own principal.
func (d *Directory) visible(ctx context.Context, tx *db.Tx, caller standin.Caller) (sees rights.Reach, err error) {
	if sees, err = d.Reach(ctx, tx, caller, "person", "manage"); err != nil {
		return rights.Reach{}, err
	}
	named, err := d.Reach(ctx, tx, caller, "delegation", "manage")
	sees.All, sees.Units = sees.All || named.All, append(sees.Units, named.Units...)
	return sees, err
}

// PeopleWithin returns the ids of the people at or below the units, active or not, for lists that are filtered by whom
// they are about.
func (d *Directory) PeopleWithin(ctx context.Context, tx *db.Tx, org standin.OrganisationID, units []standin.UnitID) (ids []standin.PersonID, err error) {
	w := where{conditions: []string{"organisation = $1"}, args: []any{string(org)}}
	w.within(units, "")
	err = each(ctx, tx, func(row scanner) error {
		var id standin.PersonID
		err := row.Scan((*string)(&id))
		ids = append(ids, id)
		return err
	}, `SELECT id FROM people WHERE `+w.String()+` ORDER BY id`, w.args...)
	return ids, err
}

// page returns the people of w in order of name, and where the next page begins.
func (d *Directory) page(ctx context.Context, tx *db.Tx, w where, limit int, after string) (people []Person, next string, err error) {
	limit = max(1, min(limit, mostResults))
	if key, id, ok := strings.Cut(after, "."); ok {
		w.args = append(w.args, key, id)
		n := len(w.args)
		w.conditions = append(w.conditions, fmt.Sprintf("(sort_key > $%d OR (sort_key = $%d AND id > $%d))", n-1, n-1, n))
	}
	err = each(ctx, tx, func(row scanner) error {
		p, _, err := scanPerson(row)
		people = append(people, p)
		return err
	}, `SELECT `+personColumns+` FROM people WHERE `+w.String()+fmt.Sprintf(` ORDER BY sort_key, id LIMIT %d`, limit+1), w.args...)
	if len(people) > limit {
		people = people[:limit]
		last := people[limit-1]
		next = names.SortKey(last.Name) + "." + string(last.ID)
	}
	return people, next, err
}

// where gathers conditions and their arguments.
type where struct {
	conditions []string
	args       []any
}

func (w where) String() string { return strings.Join(w.conditions, " AND ") }

// add adds a condition with one argument, whose number stands as %d.
func (w *where) add(condition string, arg any) {
	w.args = append(w.args, arg)
	w.conditions = append(w.conditions, fmt.Sprintf(condition, len(w.args)))
}

func (w *where) words(query string) {
	found := names.Words(query)
	for _, word := range found[:min(len(found), mostWords)] {
		word = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word[:min(len(word), longestWord)])
		w.add(`search LIKE $%d ESCAPE '\'`, "% "+strings.ToValidUTF8(word, "")+"%")
	}
}

// within keeps people at or below the units, and that one person; nobody without either.
func (w *where) within(units []standin.UnitID, or standin.PersonID) {
	some := w.below("unit", units)
	if or != "" {
		w.args = append(w.args, string(or))
		some = append(some, fmt.Sprintf("id = $%d", len(w.args)))
	}
	w.conditions = append(w.conditions, "("+strings.Join(some, " OR ")+")")
}

// below returns conditions of which one holds where the column is at or below one of the units.
func (w *where) below(column string, units []standin.UnitID) []string {
	some := []string{"1 = 0"}
	for _, u := range units {
		w.args = append(w.args, string(u), string(u)+"/", len(u)+1)
		n := len(w.args)
		some = append(some, fmt.Sprintf("%s = $%d OR substr(%s, 1, $%d) = $%d", column, n-2, column, n, n-1))
	}
	return some
}
