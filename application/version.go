package application

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// RulesVersion returns the version of what decides in the organisation: it grew with every committed change of roles, who
// holds them, people's units and whether they are active, units, settings, catalogues and guardrails. It is 0 before the
// first.
func (r *Applications) RulesVersion(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) (version int64, err error) {
	err = tx.QueryRow(ctx, `SELECT version FROM rules WHERE organisation = $1`, string(organisation)).Scan(&version)
	if db.IsNotFound(err) {
		return 0, nil
	}
	return version, err
}

// RulesChanged lets the organisation's RulesVersion grow, in the transaction of the change. A transaction may call it
// often. Of two transactions that do so at once, one runs again after the other.
func (r *Applications) RulesChanged(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) error {
	_, err := tx.Exec(ctx, `INSERT INTO rules (organisation, version) VALUES ($1, 1)
		ON CONFLICT (organisation) DO UPDATE SET version = rules.version + 1`, string(organisation))
	return err
}
