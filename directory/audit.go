package directory

import (
	"context"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

const longestPage = 200

// Audit returns the records that the caller may see, newest first: everybody sees what they did and what was done in
// their name; who holds standin:audit.view, what the people of those units did or had done for them; who holds it for
// the whole organisation, everything. While acting, that is what the principal sees, as far as the limits of the delegation
// let it be seen; Denied where they leave nothing. next is zero on the last page.
func (d *Directory) Audit(ctx context.Context, caller standin.Caller, f ledger.Filter, after ledger.Cursor, limit int) (
	records []ledger.Record, next ledger.Cursor, err error) {
	err = d.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		f.Organisation = caller.Organisation
		if f.Among, err = d.audience(ctx, tx, caller); err != nil {
			return err
		}
		records, next, err = d.ledger.Page(ctx, tx, f, after, max(1, min(limit, longestPage)))
		return err
	})
	return records, next, err
}

// AuditRecord returns one record; NotFound where it does not exist or the caller may not see it.
func (d *Directory) AuditRecord(ctx context.Context, caller standin.Caller, id standin.RecordID) (r ledger.Record, err error) {
	err = d.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		among, err := d.audience(ctx, tx, caller)
		if err != nil {
			return err
		}
		r, err = d.ledger.ByID(ctx, tx, caller.Organisation, id)
		seen := among == nil || slices.Contains(among, r.Actor.Person()) || slices.Contains(among, r.Principal)
		if db.IsNotFound(err) || err == nil && !seen {
			r = ledger.Record{}
			return standin.Refuse(standin.NotFound, "directory.audit", "directory.record_unknown", "There is no such record.")
		}
		return err
	})
	return r, err
}

// AuditStatus returns how far the organisation's record has come: its size, its last checkpoint, what still waits.
// Whoever may sign in may see it, for it says nothing of anybody and lets them keep a checkpoint.
func (d *Directory) AuditStatus(ctx context.Context, caller standin.Caller) (s ledger.Status, err error) {
	err = d.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := d.audience(ctx, tx, caller); err != nil {
			return err
		}
		s, err = d.ledger.Status(ctx, tx, caller.Organisation)
		return err
	})
	return s, err
}

// audience returns whose records the caller may see, nil for everybody's. An API key needs to be made for admin.
func (d *Directory) audience(ctx context.Context, tx *db.Tx, caller standin.Caller) ([]standin.PersonID, error) {
	reach, err := d.Reach(ctx, tx, caller, "audit", "view")
	if err != nil || reach.All {
		return nil, err
	}
	var people []standin.PersonID
	switch {
	case caller.Principal == "":
		return nil, notEntitled("audit", "view")
	case reach.Own:
		people = append(people, caller.Principal)
	case len(reach.Units) == 0:
		return nil, beyondLimits("audit", "view")
	}
	if len(reach.Units) == 0 {
		return people, nil
	}
	within, err := d.PeopleWithin(ctx, tx, caller.Organisation, reach.Units)
	if people = append(people, within...); people == nil {
		people = []standin.PersonID{} // nobody's, which is not everybody's
	}
	return people, err
}
