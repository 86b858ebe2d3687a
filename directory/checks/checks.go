// Package checks owns the verifications of an organisation's record that somebody who may see all of it asks for: they run
// behind, and what they found stays to be seen. It refuses to repair anything, and to run two at a time for one
// organisation.
package checks

import (
	"context"
	"log/slog"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// Check is one verification of an organisation's whole record.
type Check struct {
	Organisation standin.OrganisationID
	ID           string
	AskedBy      standin.Actor
	AskedAt      time.Time
	Done, Total  int64     // records that were recomputed so far, and how many there are
	EndedAt      time.Time // zero while it runs, or waits to
	Size         int64     // records that the last good checkpoint covers
	// Finding is "" where all is well, and Undone where the check could not be done.
	Finding ledger.Finding
	// Sequence is the first bad record, -1 where it has no place. Where one proof covers several, the bad one is among
	// those up to Last.
	Sequence, Last int64
	Record         standin.RecordID // "" where it is not known which it was
	Detail         string
}

// Undone is the finding of a check that could not be done: it says nothing of the record.
const Undone ledger.Finding = "undone"

// Running reports whether the check has not ended.
func (c Check) Running() bool { return c.ID != "" && c.EndedAt.IsZero() }

// Good reports whether the check found the whole record as it was signed.
func (c Check) Good() bool { return c.ID != "" && !c.EndedAt.IsZero() && c.Finding == "" }

// Checks asks for verifications and runs them. It is safe for concurrent use.
type Checks struct {
	db        *db.DB
	ledger    *ledger.Ledger
	directory *directory.Directory
	by        ledger.Verifier
	now       func() time.Time
	log       *slog.Logger
	asked     chan struct{}
}

// New returns the checks of what the holder of by's key signed.
func New(d *db.DB, l *ledger.Ledger, dir *directory.Directory, by ledger.Verifier, now func() time.Time, log *slog.Logger) *Checks {
	return &Checks{db: d, ledger: l, directory: dir, by: by, now: now, log: log, asked: make(chan struct{}, 1)}
}

// state is a check as its record has it; how far it came is no part of it.
type state struct {
	ID       string         `json:"id"`
	AskedBy  string         `json:"asked_by"`
	AskedAt  int64          `json:"asked_at"`
	Ended    bool           `json:"ended"`
	Size     int64          `json:"size"`
	Finding  ledger.Finding `json:"finding"`
	Sequence int64          `json:"sequence"`
	Record   string         `json:"record"`
}

func stateOf(c Check) state {
	return state{c.ID, string(c.AskedBy), standin.Micros(c.AskedAt), !c.EndedAt.IsZero(), c.Size, c.Finding, c.Sequence, string(c.Record)}
}

// Ask begins a verification of the caller's organisation, which Run does behind. Where one runs already it returns that.
// It needs standin:audit.view for the whole organisation, in one's own name.
func (c *Checks) Ask(ctx context.Context, caller standin.Caller) (check Check, err error) {
	now := standin.Now(c.now)
	err = c.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		check = Check{}
		if err := c.directory.Require(ctx, tx, caller, "audit", "view", ""); err != nil {
			return err
		}
		last, err := latest(ctx, tx, caller.Organisation)
		if err != nil || last.Running() {
			check = last
			return err
		}
		status, err := c.ledger.Status(ctx, tx, caller.Organisation)
		if err != nil {
			return err
		}
		check = Check{Organisation: caller.Organisation, ID: standin.NewID("check"), AskedBy: caller.Actor, AskedAt: now, Total: status.Size, Sequence: -1, Last: -1}
		if _, err := tx.Exec(ctx, `INSERT INTO record_checks (organisation, id, asked_by, asked_at, until, done, total, ended_at,
				size, finding, sequence, last, record, detail)
			VALUES ($1, $2, $3, $4, 0, 0, $5, CAST(NULL AS BIGINT), 0, '', -1, -1, '', '')`,
			string(check.Organisation), check.ID, string(check.AskedBy), standin.Micros(now), check.Total); err != nil {
			return err
		}
		r := ledger.By(caller)
		r.At, r.Action, r.Resource, r.After = now, "audit.verify", "check:"+check.ID, ledger.State(stateOf(check))
		_, err = c.ledger.Append(ctx, tx, r)
		return err
	})
	if err != nil {
		return Check{}, err
	}
	select {
	case c.asked <- struct{}{}:
	default: // it is known already
	}
	return check, nil
}

// Latest returns the organisation's newest check, the zero Check where there never was one. It needs standin:audit.view
// for the whole organisation; while acting, the principal's.
func (c *Checks) Latest(ctx context.Context, caller standin.Caller) (check Check, err error) {
	err = c.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := c.directory.MayRead(ctx, tx, caller, "audit", "view", ""); err != nil {
			return err
		}
		check, err = latest(ctx, tx, caller.Organisation)
		return err
	})
	return check, err
}

const columns = `organisation, id, asked_by, asked_at, done, total, ended_at, size, finding, sequence, last, record, detail`

func latest(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) (Check, error) {
	c, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM record_checks WHERE organisation = $1
		ORDER BY asked_at DESC, id DESC LIMIT 1`, string(organisation)))
	if db.IsNotFound(err) {
		return Check{}, nil
	}
	return c, err
}

func scan(row interface{ Scan(...any) error }) (Check, error) {
	var c Check
	var asked, ended db.Time
	err := row.Scan(&c.Organisation, &c.ID, &c.AskedBy, &asked, &c.Done, &c.Total, &ended, &c.Size, &c.Finding, &c.Sequence, &c.Last, &c.Record, &c.Detail)
	if err != nil {
		return Check{}, err
	}
	c.AskedAt, c.EndedAt = asked.Time, ended.Time
	return c, nil
}
