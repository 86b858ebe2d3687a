package ledger

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// stored is a record with what only the proof needs.
type stored struct {
	Record
	reasons    string // as stored
	commitment string
	salt       string
	leaf       string // the hash that is stored of the leaf, where it was asked for
}

// recordColumns are what readStored scans: of records r and, where it has a place, leaves l.
const recordColumns = `r.organisation, r.id, r.at, r.actor, r.principal, r.session, r.delegation, r.action, r.resource, r.outcome,
	r.reasons, r.address, r.agent, r.before_state, r.after_state, r.commitment, r.salt,
	COALESCE(l.sequence, -1), COALESCE(l.position, -1)`

// readStored runs a query for recordColumns.
func readStored(ctx context.Context, tx *db.Tx, query string, args ...any) ([]stored, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []stored
	for rows.Next() {
		var s stored
		if err := s.scan(rows); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// scan reads recordColumns, and others into more.
func (s *stored) scan(rows *db.Rows, more ...any) error {
	var at db.Time
	var before, after sql.NullString
	err := rows.Scan(append([]any{&s.Organisation, &s.ID, &at, &s.Actor, &s.Principal, &s.Session, &s.Delegation, &s.Action,
		&s.Resource, &s.Outcome, &s.reasons, &s.Origin.Address, &s.Origin.Agent, &before, &after, &s.commitment, &s.salt,
		&s.Sequence, &s.Position}, more...)...)
	if err != nil {
		return err
	}
	s.At = at.Time
	if s.Reasons = nil; json.Unmarshal([]byte(s.reasons), &s.Reasons) != nil {
		s.Reasons = nil // what is stored was altered; verify compares
	}
	if before.Valid {
		s.Before = json.RawMessage(before.String)
	}
	if after.Valid {
		s.After = json.RawMessage(after.String)
	}
	return nil
}

// ByID reads one record of the organisation. It is NotFound where there is none.
func (l *Ledger) ByID(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, id standin.RecordID) (Record, error) {
	found, err := readStored(ctx, tx, `SELECT `+recordColumns+` FROM records r
		LEFT JOIN leaves l ON l.organisation = r.organisation AND l.record = r.id
		WHERE r.organisation = $1 AND r.id = $2`, string(organisation), string(id))
	if err != nil {
		return Record{}, err
	}
	if len(found) == 0 {
		return Record{}, standin.Refuse(standin.NotFound, "ledger.read", "ledger.no_record", "There is no such record.")
	}
	return found[0].Record, nil
}
