package delegation

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// Facts are what a spec is planned against: the organisation as it will be when the spec is put.
type Facts struct {
	Catalogues rights.Catalogues
	HasUnit    func(standin.UnitID) bool
	// Active reports whether there is such a person, and whether they are active.
	Active  func(standin.PersonID) (known, active bool)
	Longest time.Duration // the longest span, 0 for no cap
	Deleted bool          // a delegation of this id was deleted
	Now     time.Time
}

// Plan returns what PutIn will do with the spec where before is what is there, nil for nothing, or what it will refuse.
// It reads and writes nothing.
func Plan(before *Delegation, spec Spec, caller standin.Caller, f Facts) (Put, error) {
	want, err := planned(spec, caller, f)
	if err != nil {
		return Put{}, err
	}
	if before != nil {
		return planChange(*before, want, spec, f)
	}
	if f.Deleted {
		return Put{Kept: []string{"deleted"}}, nil
	}
	for _, party := range []struct {
		field string
		id    standin.PersonID
	}{{"actor", spec.Actor}, {"principal", spec.Principal}} {
		if err := planParty(party.id, party.field, f); err != nil {
			return Put{}, err
		}
	}
	want.StartsAt, want.EndsAt = spec.Start, spec.End
	if want.StartsAt.IsZero() {
		want.StartsAt = f.Now
	}
	if want.EndsAt, err = capped(want.Kind, want.StartsAt, want.EndsAt, f.Longest); err != nil {
		return Put{}, err
	}
	if err := want.checkWindow(f.Now); err != nil {
		return Put{}, err
	}
	if spec.EnabledFor != 0 {
		if err := checkSpan(spec.EnabledFor, f.Longest); err != nil {
			return Put{}, err.(*standin.Error).On("enabled_for")
		}
	}
	return Put{After: &want}, nil
}

func planParty(id standin.PersonID, field string, f Facts) error {
	known, active := f.Active(id)
	if !known {
		return unknownPerson(id, field)
	}
	if !active {
		return inactivePerson("delegation.put").(*standin.Error).On(field)
	}
	return nil
}

// planned is formOf against facts.
func planned(spec Spec, caller standin.Caller, f Facts) (Delegation, error) {
	d := Delegation{Organisation: caller.Organisation, ID: spec.ID, Actor: spec.Actor, Principal: spec.Principal, Kind: spec.Kind}
	if d.Kind == "" {
		d.Kind = Cover
	}
	var err error
	if d.Purpose, err = checkPurpose(spec.Purpose, caller); err != nil {
		return d, err
	}
	for _, unit := range spec.Limits.Units {
		if !f.HasUnit(unit) {
			return d, standin.Refuse(standin.Invalid, "delegation.limits", "delegation.unit_unknown", "There is no unit \"{unit}\".").
				On("limits.units").With("unit", cut(string(unit)))
		}
	}
	if err := spec.Limits.Check(f.Catalogues); err != nil {
		return d, err
	}
	if d.Kind == Entry {
		if err := checkEntry(spec.Limits.Allow, f.Catalogues); err != nil {
			return d, err
		}
	}
	d.Limits, err = spec.Limits.Canonical()
	return d, err
}

// planChange is apply without writing.
func planChange(before, want Delegation, spec Spec, f Facts) (Put, error) {
	if before.Actor != want.Actor || before.Principal != want.Principal || before.Kind != want.Kind {
		return Put{}, standin.Refuse(standin.Conflict, "delegation.put", "delegation.other",
			"\"{id}\" is a delegation of another kind or between other people. Give this one another id.").On("id").With("id", spec.ID)
	}
	var last said
	if before.Applied != "" {
		if err := json.Unmarshal([]byte(before.Applied), &last); err != nil {
			return Put{}, err
		}
	}
	next := want.saidIn(spec)
	next.Made = last.Made
	if same(next, last) {
		return Put{Before: &before, After: &before}, nil
	}
	after, kept, err := before.merge(last, &next, f.Longest)
	if err == nil && (after.StartsAt != before.StartsAt || after.EndsAt != before.EndsAt) {
		err = after.checkWindow(f.Now)
	}
	return Put{Before: &before, After: &after, Kept: kept}, err
}

// Every returns all delegations of the organisation by their ids.
func (r *Delegations) Every(ctx context.Context, tx *db.Tx, org standin.OrganisationID) (map[standin.DelegationID]Delegation, error) {
	rows, err := query(ctx, tx, selectRows, string(org))
	if err != nil {
		return nil, err
	}
	all := make(map[standin.DelegationID]Delegation, len(rows))
	for _, row := range rows {
		all[row.ID] = row.Delegation
	}
	return all, nil
}

// Elsewhere returns those of the ids that other organisations have. It is for the operator's commands; nobody else
// learns of other organisations.
func (r *Delegations) Elsewhere(ctx context.Context, tx *db.Tx, org standin.OrganisationID, ids []standin.DelegationID) (
	map[standin.DelegationID]bool, error) {
	found := map[standin.DelegationID]bool{}
	for part := range slices.Chunk(ids, 400) {
		args := []any{string(org)}
		places := make([]string, len(part))
		for i, id := range part {
			args = append(args, string(id))
			places[i] = "$" + strconv.Itoa(len(args))
		}
		rows, err := tx.Query(ctx, `SELECT id FROM delegations WHERE organisation <> $1 AND id IN (`+strings.Join(places, ", ")+`)`, args...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var id standin.DelegationID
			if err := rows.Scan((*string)(&id)); err != nil {
				rows.Close()
				return nil, err
			}
			found[id] = true
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return found, nil
}
