package world

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/world/source"
)

// delegationsOf plans delegations.
func (p *planner) delegationsOf(o *Organisation, f *facts) error {
	ids := make([]standin.DelegationID, len(o.Delegations))
	for i, d := range o.Delegations {
		ids[i] = d.ID
	}
	deleted, err := p.deleted(f, ids)
	if err != nil {
		return err
	}
	elsewhere, err := p.World.delegations.Elsewhere(p.ctx, p.tx, o.ID, ids)
	if err != nil {
		return err
	}
	caller := standin.OperatorCaller(o.ID, operator)
	p.dates(o, f)
	against := delegation.Facts{Catalogues: f.catalogues, HasUnit: func(id standin.UnitID) bool { return f.units[id] },
		Longest: f.settings.Delegation.Max, Now: p.now,
		Active: func(id standin.PersonID) (bool, bool) {
			person, known := f.people[id]
			return known, known && person.Active()
		}}
	for i := range o.Delegations {
		d := &o.Delegations[i]
		if elsewhere[d.ID] {
			p.problems.Add(d.Of("id"), `the id "%s" is taken by another organisation; another is expected`, source.Excerpt(string(d.ID)))
			continue
		}
		against.Deleted = deleted["delegation:"+string(d.ID)]
		p.delegation(f, d, caller, against)
		if p.problems.Full() {
			return nil
		}
	}
	return nil
}

// deleted returns of which delegations that are not there it is because somebody deleted them, by the names in records.
func (p *planner) deleted(f *facts, ids []standin.DelegationID) (map[string]bool, error) {
	var missing []string
	for _, id := range ids {
		if _, exists := f.delegations[id]; !exists && f.is != nil {
			missing = append(missing, "delegation:"+string(id))
		}
	}
	return p.ledger.Befell(p.ctx, p.tx, f.id, "delegation.delete", missing)
}

func (p *planner) delegation(f *facts, d *Delegation, caller standin.Caller, against delegation.Facts) {
	if d.Limits != nil {
		p.limits(f, d)
	}
	var before *delegation.Delegation
	if is, exists := f.delegations[d.ID]; exists {
		before = &is
	}
	spec := d.spec()
	put, err := delegation.Plan(before, spec, caller, against)
	if err != nil {
		p.refusedDelegation(d, err)
		return
	}
	for _, what := range put.Kept {
		p.kept(f, "delegation", string(d.ID), what)
	}
	if put.After == nil {
		return
	}
	c := Change{Organisation: f.id, Kind: "delegation", ID: string(d.ID), Created: before == nil}
	switch {
	case before == nil:
		c.Note = string(d.Actor) + " for " + string(d.Principal)
	case !put.Changed():
		if len(put.Kept) == 0 {
			p.same()
		}
		return
	default:
		c.Fields = differences(shownDelegation(*before), shownDelegation(*put.After))
	}
	p.then(c, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
		_, err := p.World.delegations.PutIn(ctx, tx, caller, spec)
		return err
	})
}

// refusedDelegation notes a refusal at the key that it is about. What was noted of limits is not said twice.
func (p *planner) refusedDelegation(d *Delegation, err error) {
	at := d.Of(source.FieldOf(err))
	switch source.FieldOf(err) {
	case "actors":
		at = d.Of("actor")
	case "limits.allow", "limits.deny", "limits.units":
		at = d.Of("limits")
		if d.noted {
			return
		}
	}
	p.problems.AddError(at, err)
}

// limits notes each permission and unit that there is not, where it stands.
func (p *planner) limits(f *facts, d *Delegation) {
	before := len(p.problems)
	p.permissions(d.Limits.Allow, d.allowAt, f.catalogues)
	p.permissions(d.Limits.Deny, d.denyAt, f.catalogues)
	for i, u := range d.Limits.Units {
		if !f.units[u] {
			p.problems.Add(d.unitsAt[i], `there is no unit "%s"; expected is one of %s`, source.Excerpt(string(u)), list(f.units))
		}
	}
	d.noted = len(p.problems) > before
}

// spec returns the delegation as its room takes it.
func (d *Delegation) spec() delegation.Spec {
	s := delegation.Spec{ID: d.ID, Actor: d.Actor, Principal: d.Principal, Kind: delegation.Kind(d.Kind), EnabledFor: d.EnabledFor}
	set(&s.Start, d.Start)
	set(&s.End, d.End)
	set(&s.Purpose, d.Purpose)
	set(&s.Limits, d.Limits)
	return s
}
