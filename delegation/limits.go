package delegation

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

const (
	mostLines = 500 // in each list of limits
	mostUnits = 200
)

// checkLimits returns the limits in canonical form, checked against the organisation's catalogues and units.
func (r *Delegations) checkLimits(ctx context.Context, tx *db.Tx, org standin.OrganisationID, kind Kind, l rights.Limits) (rights.Limits, error) {
	if kind != Entry && l.Empty() {
		return rights.Limits{}, nil
	}
	catalogues, err := r.applications.Catalogues(ctx, tx, org)
	if err != nil {
		return l, err
	}
	return limitsWithin(kind, l, catalogues, func(unit standin.UnitID) (bool, error) {
		_, err := r.directory.Unit(ctx, tx, org, unit)
		if db.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
}

// limitsWithin returns the limits in canonical form. It refuses what the catalogues and the units do not know, and an
// entry delegation that names no personal action it could open (DESIGN.md §5).
func limitsWithin(kind Kind, l rights.Limits, catalogues rights.Catalogues, has func(standin.UnitID) (bool, error)) (rights.Limits, error) {
	if len(l.Allow) > mostLines || len(l.Deny) > mostLines || len(l.Units) > mostUnits {
		return l, standin.Refuse(standin.Invalid, "delegation.limits", "delegation.too_many_limits",
			"These are too many limits. At most {lines} lines and {units} units are kept.").On("limits").
			With("lines", mostLines).With("units", mostUnits)
	}
	if err := l.Check(catalogues); err != nil {
		return l, err
	}
	for _, unit := range l.Units {
		there := false
		if known(unit) {
			var err error
			if there, err = has(unit); err != nil {
				return l, err
			}
		}
		if !there {
			return l, standin.Refuse(standin.Invalid, "delegation.limits", "delegation.unit_unknown", "There is no unit \"{unit}\".").
				On("limits.units").With("unit", cut(string(unit)))
		}
	}
	if kind == Entry {
		if err := checkEntry(l.Allow, catalogues); err != nil {
			return l, err
		}
	}
	return l.Canonical()
}

// checkEntry refuses an entry delegation that opens nothing, or a line that names anything but one personal action which
// its catalogue lets an entry delegation open.
func checkEntry(allow []string, catalogues rights.Catalogues) error {
	if len(allow) == 0 {
		return standin.Refuse(standin.Invalid, "delegation.limits", "delegation.entry_nothing",
			"An entry delegation names the actions that it opens.").On("limits.allow")
	}
	for _, line := range allow {
		p, err := rights.Parse(line)
		if err != nil {
			return err
		}
		action, ok := catalogues[p.Application].Types[p.Type].Actions[p.Action]
		if !ok || !action.Personal || !action.Entry {
			return standin.Refuse(standin.Invalid, "delegation.limits", "delegation.entry_line",
				"\"{permission}\" is not a personal action that an entry delegation can open.").On("limits.allow").
				With("permission", cut(line))
		}
	}
	return nil
}
