package delegation

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// oneHand refuses a naming for somebody above, or for a peer administrator, where the one who names could come in as the
// stand-in, or the stand-in as the one who names: with one hand that moves both, it would be naming oneself (P8, THREATS 9).
//
// Who could come in as whom is what directory.MayInvite says of a first password, for a second person is made in a minute and
// may be a peer. Whoever has such a hand must stand above the principal, as for naming themselves; beside them will do where
// the principal is no administrator. Super administrators may, and the principal is told. Names for oneself, the operator's
// and those of keys, which only super administrators make, are not asked about.
func (r *Delegations) oneHand(ctx context.Context, tx *db.Tx, caller standin.Caller, actor, principal directory.Person) error {
	me := caller.Actor.Person()
	if me == "" || me == principal.ID || me == actor.ID {
		return nil
	}
	names, err := r.directory.Person(ctx, tx, caller.Organisation, me)
	if err != nil {
		return err
	}
	theirs, err := r.directory.Powers(ctx, tx, principal.Organisation, principal.ID)
	if err != nil {
		return err
	}
	for _, pair := range [][2]directory.Person{{names, actor}, {actor, names}} {
		hand, held := pair[0], pair[1]
		mine, err := r.directory.Powers(ctx, tx, hand.Organisation, hand.ID)
		if err != nil {
			return err
		}
		if everywhere(mine) || !beyond(theirs, mine) {
			continue
		}
		as := standin.Caller{Organisation: hand.Organisation, Actor: standin.PersonActor(hand.ID), Principal: hand.ID}
		_, err = r.directory.MayInvite(ctx, tx, as, held.ID, false)
		switch standin.KindOf(err) {
		case "":
			return standin.Refuse(standin.Denied, "delegation.name", "delegation.one_hand",
				"{hand} could set the password of {held}, and is not above {name}. So {name}, or somebody above, must name this stand-in.").
				On("actors").With("hand", hand.Name).With("held", held.Name).With("name", principal.Name)
		case standin.Denied, standin.NotFound, standin.Conflict:
			continue // they could not
		}
		return err
	}
	return nil
}

// beyond reports whether theirs are the powers of somebody above who has mine, or of a peer administrator.
func beyond(theirs, mine rights.Powers) bool {
	return theirs.Rank() > mine.Rank() || theirs.Rank() == mine.Rank() && administrator(theirs)
}
