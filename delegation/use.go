package delegation

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// Use marks the delegation's first use at now, with its record; later uses change nothing. What was used can never be
// deleted (A9). It does not ask whether the delegation is usable: acting does, in the same transaction.
func (r *Delegations) Use(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.DelegationID, now time.Time) error {
	before, err := r.Load(ctx, tx, caller.Organisation, id)
	if err != nil || !before.UsedAt.IsZero() {
		return err
	}
	after := before
	after.UsedAt = now
	// The version stays: nobody who has a form open is disturbed by a use.
	if err := update(ctx, tx, after, before.Version); err != nil {
		return err
	}
	rec := ledger.By(caller)
	rec.At, rec.Action, rec.Resource = now, "delegation.use", resource(id)
	rec.Principal, rec.Delegation = after.Principal, after.ID
	rec.Before, rec.After = ledger.State(before.state()), ledger.State(after.state())
	_, err = r.ledger.Append(ctx, tx, rec)
	return err
}

// Delete removes a delegation that was never used. Its record stays.
func (r *Delegations) Delete(ctx context.Context, caller standin.Caller, id standin.DelegationID) error {
	now := standin.Now(r.now)
	err := r.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if caller.Acting() {
			return notWhileActing()
		}
		m, err := r.meet(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if err := m.may(caller, DoDelete, now); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `DELETE FROM delegations WHERE organisation = $1 AND id = $2 AND used_at IS NULL`,
			string(m.Organisation), string(m.ID))
		if err != nil {
			return err
		}
		if n == 0 {
			return changedMeanwhile(m.Version)
		}
		return r.record(ctx, tx, caller, now, "delegation.delete", &m.Delegation, nil)
	})
	if err != nil {
		return r.refused(ctx, caller, now, "delegation.delete", resource(id), "", err)
	}
	return nil
}
