package delegation

import (
	"context"
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
	if !caller.Actor.IsOperator() {
		return Put{}, operatorOnly()
	}
	want, err := planned(spec, caller, f)
	if err != nil {
		return Put{}, err
	}
	if before != nil {
		put, _, err := before.follow(want, spec, f.Now, f.Longest)
		return put, err
	}
	if f.Deleted {
		return Put{Kept: []string{"deleted"}}, nil
	}
	for _, party := range spec.parties() {
		known, active := f.Active(party.id)
		if !known {
			return Put{}, unknownPerson(party.id, party.field)
		}
		if !active {
			return Put{}, inactivePerson("delegation.put").(*standin.Error).On(party.field)
		}
	}
	if err := want.begin(spec, caller, f.Now, f.Longest); err != nil {
		return Put{}, err
	}
	return Put{After: &want}, nil
}

// planned is formOf against facts.
func planned(spec Spec, caller standin.Caller, f Facts) (Delegation, error) {
	d, err := spec.form(caller)
	if err != nil || d.Kind != Entry && spec.Limits.Empty() {
		return d, err
	}
	d.Limits, err = limitsWithin(d.Kind, spec.Limits, f.Catalogues, func(unit standin.UnitID) (bool, error) {
		return f.HasUnit(unit), nil
	})
	return d, err
}

// Every returns all delegations of the organisation by their ids.
func (r *Delegations) Every(ctx context.Context, tx *db.Tx, org standin.OrganisationID) (map[standin.DelegationID]Delegation, error) {
	rows, err := tx.Query(ctx, selectRows, string(org))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[standin.DelegationID]Delegation{}
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all[row.ID] = row.Delegation
	}
	return all, rows.Err()
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
