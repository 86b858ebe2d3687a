package decision

import (
	"context"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// mostSearched bounds how many candidates one call of a search looks at. Where that finds fewer than were wanted, the call
// returns what it found and where to go on.
const mostSearched = 1000

// mostPeople is the same for people, each of whom takes two queries where they are not remembered.
const mostPeople = 300

// SearchSubjects returns people who may do what the question asks, in the order of the database, a page at a time; next is
// what after wants for the following page, "" on the last. The question names no principal. With a Session that is at most
// the session's; with an Actor alone, those of their principals for whom they could; else everybody in their own name.
//
// Searches look at a state that is at most half a second old, permit nothing, and are not recorded. They take what Decide
// takes.
func (d *Decisions) SearchSubjects(ctx context.Context, caller standin.Caller, q Question, after standin.PersonID, limit int) (found []standin.PersonID, next standin.PersonID, err error) {
	err = d.search(ctx, caller, &q, func(ctx context.Context, tx *db.Tx) error {
		found, next = nil, ""
		if err := d.completeIn(ctx, tx, caller.Organisation, &q); err != nil {
			return err
		}
		people, err := d.candidates(ctx, tx, caller.Organisation, &q, after)
		if err != nil {
			return err
		}
		limit := pageOf(limit)
		for i, id := range people {
			q.Principal = id
			permit, err := d.supposed(ctx, tx, caller.Organisation, &q)
			if err != nil {
				return err
			}
			if permit {
				found = append(found, id)
			}
			if more := i+1 < len(people) || len(people) == mostPeople; len(found) == limit && more || i+1 == mostPeople {
				next = id
				return nil
			}
		}
		return nil
	})
	return found, next, err
}

// candidates returns who may be found, after the id.
func (d *Decisions) candidates(ctx context.Context, tx *db.Tx, org standin.OrganisationID, q *Question, after standin.PersonID) ([]standin.PersonID, error) {
	var people []standin.PersonID
	switch {
	case q.Session != "":
		s, _, err := d.acting.ByID(ctx, tx, org, q.Session)
		if err != nil && !db.IsNotFound(err) {
			return nil, err
		}
		people = []standin.PersonID{s.Principal}
	case q.Actor != "":
		rows, err := d.delegations.ForActor(ctx, tx, org, q.Actor, standin.Now(d.now))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			people = append(people, r.Principal)
		}
		slices.Sort(people)
		people = slices.Compact(people)
	default:
		return d.directory.ActiveAfter(ctx, tx, org, after, mostPeople)
	}
	people = slices.DeleteFunc(people, func(id standin.PersonID) bool { return id == "" || id <= after })
	return people[:min(len(people), mostPeople)], nil
}

// SearchResources returns the registered records of the question's type with which the principal may do what it asks, as
// SearchSubjects returns people. The question names no record.
func (d *Decisions) SearchResources(ctx context.Context, caller standin.Caller, q Question, after string, limit int) (found []Item, next string, err error) {
	err = d.search(ctx, caller, &q, func(ctx context.Context, tx *db.Tx) error {
		found, next = nil, ""
		c, err := d.caseOf(ctx, tx, caller.Organisation, &q, standin.Now(d.now))
		if err != nil || c.refusal != "" {
			return err
		}
		rows, err := itemsAfter(ctx, tx, caller.Organisation, q.Application, q.Type, after, mostSearched)
		if err != nil {
			return err
		}
		limit, bounds := pageOf(limit), c.bounds()
		for i, row := range rows {
			item, err := row.item()
			if err != nil {
				return err
			}
			if q.ID, q.Resource = item.ID, item.Resource; c.permits(&q, bounds) {
				found = append(found, item)
			}
			if more := i+1 < len(rows) || len(rows) == mostSearched; len(found) == limit && more || i+1 == mostSearched {
				next = item.ID
				return nil
			}
		}
		return nil
	})
	return found, next, err
}

// SearchActions returns the names of the actions that the principal may do with the record, in order, as SearchSubjects
// returns people. The question names no action.
func (d *Decisions) SearchActions(ctx context.Context, caller standin.Caller, q Question, after string, limit int) (found []string, next string, err error) {
	err = d.search(ctx, caller, &q, func(ctx context.Context, tx *db.Tx) error {
		found, next = nil, ""
		c, err := d.caseOf(ctx, tx, caller.Organisation, &q, standin.Now(d.now))
		if err != nil || c.refusal != "" {
			return err
		}
		if err := d.completeIn(ctx, tx, caller.Organisation, &q); err != nil {
			return err
		}
		limit, bounds := pageOf(limit), c.bounds()
		for _, action := range c.book.actions(q.Application, q.Type) {
			if q.Action = action; action <= after || !c.permits(&q, bounds) {
				continue
			}
			if len(found) == limit {
				next = found[limit-1]
				return nil
			}
			found = append(found, action)
		}
		return nil
	})
	return found, next, err
}

// actions returns the names of the type's actions, in order.
func (b *rulebook) actions(application standin.ApplicationID, typ string) []string {
	catalogue := b.catalogues[application]
	if application == rights.Standin {
		catalogue = rights.StandinCatalogue()
	}
	var names []string
	for name := range catalogue.Types[typ].Actions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// permits answers another question of the same people by the same delegation.
func (c *dispute) permits(q *Question, bounds *rights.Bounds) bool {
	a := ask(q, c.actor, q.Principal)
	return c.refusal == "" && c.book.permits(c.authority, bounds, &a)
}

// supposed answers whether the question would be permitted now.
func (d *Decisions) supposed(ctx context.Context, tx *db.Tx, org standin.OrganisationID, q *Question) (bool, error) {
	if q.Session == "" && (q.Actor == "" || q.Actor == q.Principal) {
		book, err := d.book(ctx, tx, org)
		if err != nil {
			return false, err
		}
		st, err := d.standing(ctx, tx, book, org, q.Principal)
		return err == nil && st.answer(q).Permit, err
	}
	c, err := d.caseOf(ctx, tx, org, q, standin.Now(d.now))
	return err == nil && c.permits(q, c.bounds()), err
}

// search is the frame of every search.
func (d *Decisions) search(ctx context.Context, caller standin.Caller, q *Question, fn func(ctx context.Context, tx *db.Tx) error) error {
	if err := d.mayAsk(caller); err != nil {
		return err
	}
	if err := q.check(); err != nil {
		return err
	}
	return d.read(ctx, fn)
}
