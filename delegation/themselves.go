package delegation

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// mayNameThemselves refuses an administrator who names themselves for the principal against the rules of impersonation:
// nobody above them, no administrator of their own rank, nobody who has not accepted the privacy notice, and only super administrators
// where the organisation says so (P8, THREATS 9). The principal is known to be in their scope.
func (r *Delegations) mayNameThemselves(ctx context.Context, tx *db.Tx, me, principal directory.Person, settings directory.Settings) error {
	mine, err := r.directory.Powers(ctx, tx, me.Organisation, me.ID)
	if err != nil {
		return err
	}
	theirs, err := r.directory.Powers(ctx, tx, principal.Organisation, principal.ID)
	if err != nil {
		return err
	}
	const op = "delegation.name"
	switch {
	case settings.Impersonation.SuperAdminsOnly && !everywhere(mine):
		return standin.Refuse(standin.Denied, op, "delegation.super_only",
			"In your organisation only super administrators name themselves for somebody else.").On("actors")
	case theirs.Rank() > mine.Rank():
		return standin.Refuse(standin.Denied, op, "delegation.above",
			"{name} has a higher role than yours, so you cannot name yourself for them.").On("actors").With("name", principal.Name)
	case theirs.Rank() == mine.Rank() && administrator(theirs):
		return standin.Refuse(standin.Denied, op, "delegation.peer",
			"{name} is an administrator as you are, so you cannot name yourself for them.").On("actors").With("name", principal.Name)
	case principal.AcceptedAt.IsZero():
		return standin.Refuse(standin.Denied, op, "delegation.never_accepted",
			"{name} has not signed in and accepted the privacy notice yet.").On("actors").With("name", principal.Name)
	}
	return nil
}

// administrator reports whether the powers are more than one has over one's own, wherever they reach and whatever they are.
func administrator(p rights.Powers) bool {
	for typ, t := range rights.StandinCatalogue().Types {
		for action := range t.Actions {
			if org, units := p.Scopes(typ, action); org || len(units) > 0 {
				return true
			}
		}
	}
	return false
}

// everywhere reports whether the powers are a super administrator's: all that there are, in the whole organisation.
func everywhere(p rights.Powers) bool {
	for typ, t := range rights.StandinCatalogue().Types {
		for action := range t.Actions {
			if org, _ := p.Scopes(typ, action); !org {
				return false
			}
		}
	}
	return true
}
