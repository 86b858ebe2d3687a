package lists

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// planNames plans whom the rows name. The operator's are checked against what is known; everybody else's are tried.
func (f *facts) planNames(rows []*covering, now time.Time) error {
	if !f.caller.Actor.IsOperator() {
		for _, r := range rows {
			f.planName(r)
		}
		return nil
	}
	var ids []standin.DelegationID
	var resources []string
	for _, r := range rows {
		if r.id != "" {
			ids, resources = append(ids, r.id), append(resources, "delegation:"+string(r.id))
		}
	}
	elsewhere, err := f.Lists.delegations.Elsewhere(f.ctx, f.tx, f.caller.Organisation, ids)
	if err != nil {
		return err
	}
	deleted, err := f.ledger.Befell(f.ctx, f.tx, f.caller.Organisation, "delegation.delete", resources)
	if err != nil {
		return err
	}
	against := delegation.Facts{Catalogues: f.catalogues, HasUnit: func(u standin.UnitID) bool { return f.units[u] },
		Longest: f.organisation.Settings.Delegation.Max, Now: now,
		Active: func(id standin.PersonID) (bool, bool) {
			p, known := f.people[id]
			return known, known && p.Active()
		}}
	for _, r := range rows {
		if r.id != "" && (elsewhere[r.id] || deleted["delegation:"+string(r.id)]) {
			r.refuse(standin.Refuse(standin.Conflict, "list.plan", "list.id_used", "The id \"{id}\" was used already. Ids are never used twice.").On("id").With("id", r.id))
			continue
		}
		f.planPut(r, against)
	}
	return nil
}

// planName plans naming somebody as the caller would one by one.
func (f *facts) planName(r *covering) {
	wish := delegation.Naming{Actors: []standin.PersonID{r.actor}, Principal: r.principal, Kind: r.kind}
	r.fill(&wish.Start, &wish.End, &wish.Purpose, &wish.Limits)
	r.tried = true
	r.try = func(ctx context.Context, tx *db.Tx, caller standin.Caller, _ bool) error {
		_, err := f.Lists.delegations.NameIn(ctx, tx, caller, wish)
		return err
	}
	r.note = func(ctx context.Context, caller standin.Caller, refusal error) error {
		return f.Lists.delegations.NoteRefusal(ctx, caller, wish.Principal, "", refusal)
	}
}

// planPut plans a delegation as the operator's files say them: windows may have begun, and nobody is asked to accept.
func (f *facts) planPut(r *covering, against delegation.Facts) {
	spec := delegation.Spec{ID: r.id, Actor: r.actor, Principal: r.principal, Kind: r.kind}
	if spec.ID == "" {
		spec.ID = standin.DelegationID(standin.NewID("d"))
	}
	r.fill(&spec.Start, &spec.End, &spec.Purpose, &spec.Limits)
	if _, err := delegation.Plan(nil, spec, f.caller, against); err != nil {
		r.refuse(err)
		return
	}
	r.try = func(ctx context.Context, tx *db.Tx, caller standin.Caller, _ bool) error {
		put, err := f.Lists.delegations.PutIn(ctx, tx, caller, spec)
		if err == nil && (put.Before != nil || len(put.Kept) > 0) {
			err = standin.Refuse(standin.Conflict, "list.apply", "list.meanwhile", "Somebody did this meanwhile. Send the row again.").On("id")
		}
		return err
	}
}

func (r *covering) fill(start, end *time.Time, purpose *string, limits *rights.Limits) {
	if r.start != nil {
		*start = *r.start
	}
	if r.end != nil {
		*end = *r.end
	}
	if r.purpose != nil {
		*purpose = *r.purpose
	}
	if r.limits != nil {
		*limits = *r.limits
	}
}
