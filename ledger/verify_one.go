package ledger

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// VerifyOrganisation recomputes one organisation's records, tree and checkpoints, as Verify does for all. It tells, about
// every thousand records, how many it has done; that may begin anew. The order of the installation, which is not the
// organisation's, it leaves out. A nil problem says that all is well.
func VerifyOrganisation(ctx context.Context, d *db.DB, by Verifier, organisation standin.OrganisationID, told func(done int64)) (Tree, *Problem, error) {
	var report Report
	err := d.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		report = Report{}
		r := &reader{walk: newWalk(organisation, by, nil), tx: tx, told: told}
		return report.take(r, r.verifyOrganisation(ctx))
	})
	if err != nil {
		return Tree{}, nil, err
	}
	if len(report.Problems) > 0 {
		return report.Trees[0], &report.Problems[0], nil
	}
	return report.Trees[0], nil, nil
}
