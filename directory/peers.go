package directory

import (
	"context"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// mayLower refuses a change after which an administrator who is not below the caller would have a lower rank, or a power of
// Standin less: whoever could lower a peer could then set their password, and come in as them (P8). Somebody above may, and
// one who holds standin:*.*@org, so that super administrators can replace one another. after returns what they would hold.
func (d *Directory) mayLower(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID, after func(held []rights.Holding) []rights.Holding) error {
	mine, limited, err := d.bound(ctx, tx, caller)
	if err != nil || !limited || everything(mine) || id == caller.Actor.Person() {
		return err
	}
	held, err := d.Holdings(ctx, tx, caller.Organisation, id)
	if err != nil {
		return err
	}
	had, has := rights.Compile(held), rights.Compile(after(slices.Clone(held)))
	administrator := widens(had, false)
	if !administrator || had.Rank() < mine.Rank() || has.Rank() >= had.Rank() && !widens(had, false, has) {
		return nil
	}
	p, err := d.Person(ctx, tx, caller.Organisation, id)
	if err != nil {
		return err
	}
	return standin.Refuse(standin.Denied, "directory.lower", "directory.peer",
		"{name} is an administrator as high as you are, so somebody above you must take this from them.").With("name", p.Name)
}

// mayLowerHolders is mayLower for all who hold the role that is to change.
func (d *Directory) mayLowerHolders(ctx context.Context, tx *db.Tx, caller standin.Caller, old, next rights.Role) error {
	had, has := rights.Compile([]rights.Holding{{Role: old, Unit: "any"}}), rights.Compile([]rights.Holding{{Role: next, Unit: "any"}})
	if has.Rank() >= had.Rank() && !widens(had, false, has) {
		return nil
	}
	holders, err := d.holders(ctx, tx, caller.Organisation, old.ID)
	if err != nil {
		return err
	}
	for _, id := range holders {
		if err := d.mayLower(ctx, tx, caller, id, func(held []rights.Holding) []rights.Holding {
			for i := range held {
				if held[i].Role.ID == old.ID {
					held[i].Role = next
				}
			}
			return held
		}); err != nil {
			return err
		}
	}
	return nil
}

// mayTake is mayLower for taking the role that somebody holds.
func (d *Directory) mayTake(ctx context.Context, tx *db.Tx, caller standin.Caller, h Holding) error {
	p, err := d.Person(ctx, tx, h.Organisation, h.Person)
	if err != nil {
		return err
	}
	at := h.Unit
	if at == "" {
		at = p.Unit
	}
	return d.mayLower(ctx, tx, caller, h.Person, func(held []rights.Holding) []rights.Holding {
		if i := slices.IndexFunc(held, func(x rights.Holding) bool { return x.Role.ID == h.Role && x.Unit == at }); i >= 0 {
			return slices.Delete(held, i, i+1)
		}
		return held
	})
}
