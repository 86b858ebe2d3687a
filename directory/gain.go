package directory

import (
	"context"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// Principals returns the people for whom somebody stands in, or could once a delegation begins, is enabled, goes on or is
// accepted: of every delegation that is not over.
type Principals func(ctx context.Context, tx *db.Tx, org standin.OrganisationID, actor standin.PersonID) ([]standin.PersonID, error)

// ToldBy tells the directory who knows for whom people stand in; delegation.New does. Where nobody does, nobody stands in.
func (d *Directory) ToldBy(p Principals) { d.principals = p }

// gainers returns, in order, whose rights the caller could use when they are more: those of the people for whom they stand in;
// and for an API key those of whoever the key may be, and of the people for whom they stand in. The caller's own are no matter
// of this: nobody changes those in any case.
func (d *Directory) gainers(ctx context.Context, tx *db.Tx, caller standin.Caller) (all []standin.PersonID, err error) {
	if d.principals == nil || caller.Actor.IsOperator() {
		return nil, nil
	}
	actors := []standin.PersonID{caller.Actor.Person()}
	if key := caller.Actor.Key(); key != "" {
		if actors, err = d.keepers(ctx, tx, caller.Organisation, key); err != nil {
			return nil, err
		}
		all = slices.Clone(actors)
	}
	for _, actor := range actors {
		if actor == "" {
			continue
		}
		principals, err := d.principals(ctx, tx, caller.Organisation, actor)
		if err != nil {
			return nil, err
		}
		all = append(all, principals...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// mayRaise refuses a change that could let one of the people do more, where the caller could then do it in their stead
// (THREATS 16).
func (d *Directory) mayRaise(ctx context.Context, tx *db.Tx, caller standin.Caller, people ...standin.PersonID) error {
	gain, err := d.gainers(ctx, tx, caller)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(people, func(id standin.PersonID) bool { return slices.Contains(gain, id) }); i >= 0 {
		return d.raises(ctx, tx, caller, people[i])
	}
	return nil
}

// raises is the refusal of mayRaise.
func (d *Directory) raises(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID) error {
	p, err := d.Person(ctx, tx, caller.Organisation, id)
	if err != nil {
		return err
	}
	if caller.Actor.Key() != "" {
		return standin.Refuse(standin.Denied, "directory.raise", "directory.key_gain",
			"Whose key this is would gain by what it gives {name}, so somebody else must do it.").With("name", p.Name)
	}
	return standin.Refuse(standin.Denied, "directory.raise", "directory.stands_in",
		"You stand in for {name}, so somebody else must give them more. Another administrator can do it.").With("name", p.Name)
}

// mayRaiseHolders is mayRaise for all who hold the role, where what it becomes is not shown to let them do no more.
func (d *Directory) mayRaiseHolders(ctx context.Context, tx *db.Tx, caller standin.Caller, old, next Role) error {
	if !rights.Adds(old.Allow, next.Allow) {
		return nil
	}
	holders, err := d.holders(ctx, tx, caller.Organisation, old.ID)
	if err != nil {
		return err
	}
	return d.mayRaise(ctx, tx, caller, holders...)
}

// mayRaiseByMove refuses a move after which somebody reaches the unit by a role that is held above it, and did not before, where
// the caller could then do it in their stead.
func (d *Directory) mayRaiseByMove(ctx context.Context, tx *db.Tx, caller standin.Caller, from, to standin.UnitID) error {
	gain, err := d.gainers(ctx, tx, caller)
	if err != nil {
		return err
	}
	for _, id := range gain {
		held, err := d.Holdings(ctx, tx, caller.Organisation, id)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(held, func(h rights.Holding) bool { return to.Within(h.Unit.Moved(from, to)) && !from.Within(h.Unit) }) {
			return d.raises(ctx, tx, caller, id)
		}
	}
	return nil
}

// holders returns who holds the role, inactive people too.
func (d *Directory) holders(ctx context.Context, tx *db.Tx, org standin.OrganisationID, role standin.RoleID) (people []standin.PersonID, err error) {
	err = each(ctx, tx, func(row scanner) error {
		var id standin.PersonID
		err := row.Scan((*string)(&id))
		people = append(people, id)
		return err
	}, `SELECT DISTINCT person FROM holdings WHERE organisation = $1 AND role = $2 ORDER BY person`, string(org), string(role))
	return people, err
}

// holds reports whether the person holds just this already.
func (d *Directory) holds(ctx context.Context, tx *db.Tx, h Holding) (bool, error) {
	var n int64
	err := tx.QueryRow(ctx, `SELECT count(*) FROM holdings WHERE organisation = $1 AND person = $2 AND role = $3 AND unit = $4`,
		string(h.Organisation), string(h.Person), string(h.Role), string(h.Unit)).Scan(&n)
	return n > 0, err
}
