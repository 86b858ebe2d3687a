package checks

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

const (
	lease = time.Minute     // how long a check waits for a program that was stopped in its midst
	pace  = time.Second     // how often it is said how far a check came
	poll  = 5 * time.Second // how often checks are looked for that were asked of another program
)

// Run does what is asked for, one check after the other, until ctx ends; then it returns nil. Any number of programs may
// run on one database. A check that is broken off is begun anew, here or elsewhere.
func (c *Checks) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		did, err := c.Step(ctx)
		if err != nil && ctx.Err() == nil {
			c.log.Warn("a check of the record has to wait", "error", err)
		}
		if did && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-c.asked:
		case <-time.After(poll):
		}
	}
	return nil
}

// Step does one check, if one waits that nobody else does.
func (c *Checks) Step(ctx context.Context) (did bool, err error) {
	check, err := c.take(ctx)
	if err != nil || check.ID == "" {
		return false, err
	}
	begun := time.Now()
	said := begun
	tree, bad, err := ledger.VerifyOrganisation(ctx, c.db, c.by, check.Organisation, func(done int64) {
		if time.Since(said) >= pace {
			said = time.Now()
			if err := c.say(ctx, check, done); err != nil {
				c.log.Warn("cannot say how far a check came", "error", err)
			}
		}
	})
	check.Done, check.Size = tree.Size, tree.Size
	switch {
	case ctx.Err() != nil || standin.KindOf(err) == standin.Unavailable:
		return false, err // the lease runs out, and it is begun anew
	case err != nil:
		c.log.Error("a check of the record could not be done", "organisation", check.Organisation, "error", err)
		check.Finding = Undone
	case bad != nil:
		c.log.Error("the record is damaged", "organisation", check.Organisation, "problem", bad.String())
		check.Finding, check.Sequence, check.Last, check.Record, check.Detail = bad.Finding, bad.Sequence, bad.Last, bad.Record, bad.Detail
	}
	c.log.Info("the record was checked", "organisation", check.Organisation, "records", check.Size, "took", time.Since(begun).Round(time.Millisecond))
	return true, c.end(ctx, check)
}

// take takes the oldest check that nobody does.
func (c *Checks) take(ctx context.Context) (check Check, err error) {
	now := standin.Now(c.now)
	waits := false
	err = c.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		check, err = free(ctx, tx, now)
		waits = check.ID != ""
		return err
	})
	if err != nil || !waits {
		return Check{}, err
	}
	err = c.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if check, err = free(ctx, tx, now); err != nil || check.ID == "" {
			return err
		}
		status, err := c.ledger.Status(ctx, tx, check.Organisation)
		if err != nil {
			return err
		}
		check.Total = status.Size
		_, err = tx.Exec(ctx, `UPDATE record_checks SET until = $3, done = 0, total = $4 WHERE organisation = $1 AND id = $2`,
			string(check.Organisation), check.ID, standin.Micros(now.Add(lease)), check.Total)
		return err
	})
	return check, err
}

func free(ctx context.Context, tx *db.Tx, now time.Time) (Check, error) {
	check, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM record_checks WHERE ended_at IS NULL AND until <= $1
		ORDER BY asked_at, id LIMIT 1`, standin.Micros(now)))
	if db.IsNotFound(err) {
		return Check{}, nil
	}
	return check, err
}

// say writes down how far a check came, and keeps others from it.
func (c *Checks) say(ctx context.Context, check Check, done int64) error {
	until := standin.Micros(standin.Now(c.now).Add(lease))
	return c.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE record_checks SET until = $3, done = $4 WHERE organisation = $1 AND id = $2 AND ended_at IS NULL`,
			string(check.Organisation), check.ID, until, done)
		return err
	})
}

// end writes down what was found, with its record.
func (c *Checks) end(ctx context.Context, check Check) error {
	now := standin.Now(c.now)
	check.EndedAt = now
	return c.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE record_checks SET ended_at = $3, done = $4, size = $5, finding = $6, sequence = $7, last = $8,
				record = $9, detail = $10
			WHERE organisation = $1 AND id = $2 AND ended_at IS NULL`, string(check.Organisation), check.ID, standin.Micros(now),
			check.Done, check.Size, string(check.Finding), check.Sequence, check.Last, string(check.Record), check.Detail)
		if err != nil || n == 0 { // another program was quicker
			return err
		}
		r := ledger.Record{Organisation: check.Organisation, Actor: standin.SystemActor("audit"), At: now, Action: "audit.verified",
			Resource: "check:" + check.ID, After: ledger.State(stateOf(check))}
		if check.Finding != "" {
			r.Outcome, r.Reasons = ledger.Failed, []string{"ledger." + string(check.Finding)}
		}
		_, err = c.ledger.Append(ctx, tx, r)
		return err
	})
}
