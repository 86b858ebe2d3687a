package delegation

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// Idle returns those lines of the limits' allow that open nothing, for the principal may do nothing of what they name as
// things are: harmless, and perhaps a mistake, so that whoever names or edits is told (B3). It is for whoever may name
// stand-ins for the principal.
func (r *Delegations) Idle(ctx context.Context, caller standin.Caller, principal standin.PersonID, kind Kind, limits rights.Limits) (lines []string, err error) {
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		lines = nil
		if _, err := r.principal(ctx, tx, caller, principal); err != nil || len(limits.Allow) == 0 {
			return err
		}
		kind, err := kindOf(kind)
		if err != nil {
			return err
		}
		if limits, err = r.checkLimits(ctx, tx, caller.Organisation, kind, limits); err != nil {
			return err
		}
		catalogues, err := r.applications.Catalogues(ctx, tx, caller.Organisation)
		if err != nil {
			return err
		}
		held, err := r.directory.Holdings(ctx, tx, caller.Organisation, principal)
		if err != nil {
			return err
		}
		vocabulary := rights.NewVocabulary(catalogues)
		authority := vocabulary.Authority(principal, held)
		for _, line := range limits.Allow {
			alone := rights.Limits{Allow: []string{line}}
			if len(authority.List(vocabulary.Bounds(alone, kind == Entry))) == 0 {
				lines = append(lines, line)
			}
		}
		return nil
	})
	return lines, err
}
