package ledger

import (
	"context"
	"encoding/json"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Ledger appends to the record and reads it. It is safe for concurrent use.
type Ledger struct {
	db  *db.DB
	now func() time.Time
}

// New returns the ledger in d.
func New(d *db.DB, now func() time.Time) *Ledger { return &Ledger{db: d, now: now} }

// Append writes the record within the caller's transaction: change and record are durable together or not at all. It
// returns the record's id. r.At must be set; the outcome is Done where none is given.
func (l *Ledger) Append(ctx context.Context, tx *db.Tx, r Record) (standin.RecordID, error) {
	r.ID = standin.RecordID(standin.NewID("r"))
	if r.Outcome == "" {
		r.Outcome = Done
	}
	if r.At.IsZero() || r.Organisation == "" || r.Actor == "" || r.Action == "" {
		return "", standin.Refuse(standin.Internal, "ledger.append", "ledger.incomplete", "A record lacks its instant, organisation, actor or action.")
	}
	r.At = r.At.UTC().Truncate(time.Microsecond)
	reasons, err := json.Marshal(append([]string{}, r.Reasons...))
	if err != nil {
		return "", err
	}
	salt := standin.NewSecret()
	_, err = tx.Exec(ctx, `INSERT INTO records (organisation, id, at, actor, principal, session, delegation, action, resource,
			outcome, reasons, commitment, salt, address, agent, before_state, after_state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		string(r.Organisation), string(r.ID), standin.Micros(r.At), string(r.Actor), string(r.Principal), string(r.Session),
		string(r.Delegation), r.Action, r.Resource, string(r.Outcome), string(reasons), commitment(salt, r), salt,
		r.Origin.Address, r.Origin.Agent, text(r.Before), text(r.After))
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO waiting (organisation, id, at) VALUES ($1, $2, $3)`,
		string(r.Organisation), string(r.ID), standin.Micros(r.At))
	return r.ID, err
}

func text(state json.RawMessage) any {
	if state == nil {
		return nil
	}
	return string(state)
}
