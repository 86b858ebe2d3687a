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

// checkLimits returns the limits in canonical form. It refuses what the organisation's catalogues and units do not know,
// and an entry delegation that names no personal action it could open (DESIGN.md §5).
func (r *Delegations) checkLimits(ctx context.Context, tx *db.Tx, org standin.OrganisationID, kind Kind, l rights.Limits) (rights.Limits, error) {
	if kind != Entry && l.Empty() {
		return rights.Limits{}, nil
	}
	if len(l.Allow) > mostLines || len(l.Deny) > mostLines || len(l.Units) > mostUnits {
		return l, standin.Refuse(standin.Invalid, "delegation.limits", "delegation.too_many_limits",
			"These are too many limits. At most {lines} lines and {units} units are kept.").On("limits").
			With("lines", mostLines).With("units", mostUnits)
	}
	catalogues, err := r.applications.Catalogues(ctx, tx, org)
	if err != nil {
		return l, err
	}
	if err := l.Check(catalogues); err != nil {
		return l, err
	}
	for _, unit := range l.Units {
		if err := r.checkUnit(ctx, tx, org, unit); err != nil {
			return l, err
		}
	}
	if kind == Entry {
		if err := checkEntry(l.Allow, catalogues); err != nil {
			return l, err
		}
	}
	return l.Canonical()
}

func (r *Delegations) checkUnit(ctx context.Context, tx *db.Tx, org standin.OrganisationID, unit standin.UnitID) error {
	unknown := standin.Refuse(standin.Invalid, "delegation.limits", "delegation.unit_unknown", "There is no unit \"{unit}\".").
		On("limits.units").With("unit", cut(string(unit)))
	if !known(unit) {
		return unknown
	}
	_, err := r.directory.Unit(ctx, tx, org, unit)
	if db.IsNotFound(err) {
		return unknown
	}
	return err
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
