package ledger

import (
	"context"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// AppendAll is Append for many records, in their order, at far less than the cost of each: rooms that answer many at once
// write them with a few statements. All are written or none.
func (l *Ledger) AppendAll(ctx context.Context, tx *db.Tx, records []Record) ([]standin.RecordID, error) {
	ids := make([]standin.RecordID, len(records))
	rows, waiting := make([]any, 0, 17*len(records)), make([]any, 0, 4*len(records))
	for i := range records {
		r := records[i]
		if err := r.complete(); err != nil {
			return nil, err
		}
		var err error
		if r.ID, err = l.newID(ctx, tx); err != nil {
			return nil, err
		}
		ids[i] = r.ID
		salt := standin.NewSecret()
		committed := commitment(&r, salt)
		at := standin.Micros(r.At)
		rows = append(rows, string(r.Organisation), string(r.ID), at, string(r.Actor), string(r.Principal), string(r.Session),
			string(r.Delegation), r.Action, r.Resource, string(r.Outcome), reasonsText(r.Reasons), committed, salt,
			r.Origin.Address, r.Origin.Agent, nullable(r.Before), nullable(r.After))
		waiting = append(waiting, string(r.ID), string(r.Organisation), at, tlog.RecordHash(leaf(&r, committed)).String())
	}
	if err := tx.Insert(ctx, intoRecords, rows); err != nil {
		return nil, err
	}
	return ids, tx.Insert(ctx, intoWaiting, waiting)
}

var (
	intoRecords = db.NewInto("records", `organisation TEXT, id TEXT, at BIGINT, actor TEXT, principal TEXT, session TEXT, delegation TEXT,
		action TEXT, resource TEXT, outcome TEXT, reasons TEXT, commitment TEXT, salt TEXT, address TEXT, agent TEXT,
		before_state TEXT, after_state TEXT`)
	intoWaiting = db.NewInto("waiting", "id TEXT, organisation TEXT, at BIGINT, hash TEXT")
)

// complete gives the record its canonical form, and refuses one that lacks what every record has.
func (r *Record) complete() error {
	if r.Outcome == "" {
		r.Outcome = Done
	}
	if r.At.IsZero() || r.Organisation == "" || r.Actor == "" || r.Action == "" {
		return standin.Refuse(standin.Internal, "ledger.append", "ledger.incomplete", "A record lacks its instant, organisation, actor or action.")
	}
	if !state(r.Before) || !state(r.After) {
		return standin.Refuse(standin.Internal, "ledger.append", "ledger.no_state", "The state before or after is not JSON.")
	}
	r.At = r.At.UTC().Truncate(time.Microsecond)
	r.clean()
	return nil
}
