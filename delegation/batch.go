package delegation

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// NameIn is Name within somebody's transaction, for lists of many. A refusal is not recorded there; NoteRefusal does.
func (r *Delegations) NameIn(ctx context.Context, tx *db.Tx, caller standin.Caller, wish Naming) ([]Delegation, error) {
	now := standin.Now(r.now)
	drafts, err := r.draft(ctx, tx, caller, wish, now)
	if err != nil {
		return nil, err
	}
	for i := range drafts {
		drafts[i].ID = standin.DelegationID(standin.NewID("d"))
		if err := insert(ctx, tx, drafts[i]); err != nil {
			return nil, err
		}
		if err := r.record(ctx, tx, caller, now, "delegation.name", nil, &drafts[i]); err != nil {
			return nil, err
		}
	}
	return drafts, nil
}

// EditIn is Edit within somebody's transaction, for lists of many. A refusal is not recorded there; NoteRefusal does.
func (r *Delegations) EditIn(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.DelegationID, change Change) (Delegation, error) {
	return r.edit(ctx, tx, caller, id, change, standin.Now(r.now))
}

// NoteRefusal records that NameIn or EditIn was refused, in a transaction of its own, where Name or Edit would, and
// returns the refusal. id is "" for NameIn.
func (r *Delegations) NoteRefusal(ctx context.Context, caller standin.Caller, principal standin.PersonID, id standin.DelegationID, refusal error) error {
	if id != "" {
		return r.refused(ctx, caller, standin.Now(r.now), "delegation.edit", resource(id), "", refusal)
	}
	return r.refused(ctx, caller, standin.Now(r.now), "delegation.name", "person:"+cut(string(principal)), "", refusal)
}
