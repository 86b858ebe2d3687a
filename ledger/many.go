package ledger

import (
	"context"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// AppendAll is Append for many records, in their order, at far less than the cost of each: rooms that answer many at once
// write them with a few statements. All are written or none.
func (l *Ledger) AppendAll(ctx context.Context, tx *db.Tx, records []Record) ([]standin.RecordID, error) {
	ids := make([]standin.RecordID, len(records))
	rows, waiting := make([]any, 0, len(records)*recordValues), make([]any, 0, len(records)*waitingValues)
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
	if err := insertRows(ctx, tx, `INSERT INTO records (organisation, id, at, actor, principal, session, delegation, action, resource,
			outcome, reasons, commitment, salt, address, agent, before_state, after_state) VALUES `, recordValues, rows); err != nil {
		return nil, err
	}
	return ids, insertRows(ctx, tx, `INSERT INTO waiting (id, organisation, at, hash) VALUES `, waitingValues, waiting)
}

const (
	recordValues  = 17
	waitingValues = 4
	// mostRows bounds the rows of one statement, so that its parameters stay within what both databases take.
	mostRows = 32
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

// insertRows inserts the rows, whose values follow one another. Statements are of 1, 2, 4 … rows, so that there are few
// different texts for a database to prepare.
func insertRows(ctx context.Context, tx *db.Tx, insert string, columns int, values []any) error {
	for size := mostRows; size > 0; size /= 2 {
		for len(values) >= size*columns {
			if _, err := tx.Exec(ctx, insert+places(size, columns), values[:size*columns]...); err != nil {
				return err
			}
			values = values[size*columns:]
		}
	}
	return nil
}

// places returns "($1, $2), ($3, $4)" for two rows of two columns.
func places(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteString("($")
		case i%columns == 0:
			b.WriteString("), ($")
		default:
			b.WriteString(", $")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteByte(')')
	return b.String()
}
