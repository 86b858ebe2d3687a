package directory

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// keepers returns everybody whose the key may be: who made it or gave it another secret, in person or by a key that is
// theirs in turn. The first of them answers for what it does. Nobody of them is a second person.
func (d *Directory) keepers(ctx context.Context, tx *db.Tx, org standin.OrganisationID, key standin.KeyID) (people []standin.PersonID, err error) {
	seen := map[standin.Actor]bool{}
	for waiting := []standin.KeyID{key}; len(waiting) > 0; waiting = waiting[1:] {
		k, err := d.applications.KeyByID(ctx, tx, waiting[0])
		if err != nil {
			return nil, err
		}
		rotated, err := d.rotators(ctx, tx, org, k.ID)
		if err != nil {
			return nil, err
		}
		for _, who := range append([]standin.Actor{k.MadeBy}, rotated...) {
			if seen[who] {
				continue
			}
			seen[who] = true
			if person := who.Person(); person != "" {
				people = append(people, person)
			} else if by := who.Key(); by != "" && by != key {
				waiting = append(waiting, by)
			}
		}
	}
	return people, nil
}

// rotators returns who gave the key another secret, as the record has it.
func (d *Directory) rotators(ctx context.Context, tx *db.Tx, org standin.OrganisationID, key standin.KeyID) (all []standin.Actor, err error) {
	const together = 200
	f := ledger.Filter{Organisation: org, Action: "key.rotate", Resource: "key:" + string(key), Outcome: ledger.Done}
	for after, more := (ledger.Cursor{}), true; more; more = after != (ledger.Cursor{}) {
		records, next, err := d.ledger.Page(ctx, tx, f, after, together)
		if err != nil {
			return nil, err
		}
		for _, rec := range records {
			all = append(all, rec.Actor)
		}
		after = next
	}
	return all, nil
}

// Responsible returns the people who answer for what the actor does: themselves, or whose the key may be, the one who made it
// first; nobody for the operator and for a key of the operator's.
func (d *Directory) Responsible(ctx context.Context, tx *db.Tx, org standin.OrganisationID, by standin.Actor) ([]standin.PersonID, error) {
	if key := by.Key(); key != "" {
		return d.keepers(ctx, tx, org, key)
	}
	if person := by.Person(); person != "" {
		return []standin.PersonID{person}, nil
	}
	return nil, nil
}
