package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Walk is a room's account of its rows: Explain yields each with its resource and state, Kinds are the resources' kinds,
// "person" for "person:p-1", and Tables where the rows are. A kind that is not named is not compared.
type Walk struct {
	Kinds   []string
	Tables  []string
	Explain func(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, yield func(resource string, state any) error) error
}

// Difference is a row and its last record that do not agree.
type Difference struct {
	Resource string
	Record   standin.RecordID // the last that tells a state; "" where there is none
	What     string
}

// What a Difference can be.
const (
	Unrecorded = "no record explains it"
	Differs    = "it is not as its last record left it"
	Missing    = "its last record says that it is there, and it is not"
	Remains    = "its last record says that it was deleted, and it is there"
)

// Unexplained compares the organisation's rows with the state that the last record of each left behind, and calls found
// for each that does not agree: somebody changed the database past Standin. A field that a record of an older version
// lacks may have its zero value. It keeps a few dozen bytes for each resource in memory.
func (l *Ledger) Unexplained(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, walks []Walk, found func(Difference) error) error {
	kinds := map[string]bool{}
	for _, w := range walks {
		for _, kind := range w.Kinds {
			kinds[kind] = true
		}
	}
	last, err := lastStates(ctx, tx, organisation, kinds)
	if err != nil {
		return err
	}
	for _, w := range walks {
		err := w.Explain(ctx, tx, organisation, func(resource string, state any) error {
			if !kinds[kindOf(resource)] {
				return fmt.Errorf("a walk yields %q, whose kind it does not name", resource)
			}
			told, ok := last[resource]
			delete(last, resource)
			now, err := digest(State(state))
			switch {
			case err != nil:
				return err
			case !ok:
				return found(Difference{resource, "", Unrecorded})
			case told.deleted:
				return found(Difference{resource, told.record, Remains})
			case told.state != now:
				return found(Difference{resource, told.record, Differs})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, resource := range slices.Sorted(maps.Keys(last)) {
		if told := last[resource]; !told.deleted {
			if err := found(Difference{resource, told.record, Missing}); err != nil {
				return err
			}
		}
	}
	return nil
}

func kindOf(resource string) string {
	kind, _, _ := strings.Cut(resource, ":")
	return kind
}

// told is the state that a record left behind.
type told struct {
	state   [16]byte
	deleted bool
	record  standin.RecordID
}

// lastStates reads what the last record of each resource of these kinds says, in the order of the tree and then of those
// that wait. A record without states, and one of a refusal, tells none.
func lastStates(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, kinds map[string]bool) (map[string]told, error) {
	last := map[string]told{}
	for _, query := range []string{`SELECT r.id, r.resource, r.after_state FROM leaves l
			JOIN records r ON r.organisation = l.organisation AND r.id = l.record
			WHERE l.organisation = $1 AND r.outcome <> 'refused' AND (r.before_state IS NOT NULL OR r.after_state IS NOT NULL)
			ORDER BY l.sequence`,
		`SELECT r.id, r.resource, r.after_state FROM waiting w
			JOIN records r ON r.organisation = w.organisation AND r.id = w.id
			WHERE w.organisation = $1 AND r.outcome <> 'refused' AND (r.before_state IS NOT NULL OR r.after_state IS NOT NULL)
			ORDER BY w.id`} {
		if err := readStates(ctx, tx, query, organisation, kinds, last); err != nil {
			return nil, err
		}
	}
	return last, nil
}

func readStates(ctx context.Context, tx *db.Tx, query string, organisation standin.OrganisationID, kinds map[string]bool, last map[string]told) error {
	rows, err := tx.Query(ctx, query, string(organisation))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var resource string
		var after *string
		var t told
		if err := rows.Scan(&t.record, &resource, &after); err != nil {
			return err
		}
		if !kinds[kindOf(resource)] {
			continue
		}
		if t.deleted = after == nil; !t.deleted {
			if t.state, err = digest([]byte(*after)); err != nil {
				return damaged("the state after record %s cannot be read", t.record)
			}
		}
		last[resource] = t
	}
	return rows.Err()
}

// digest returns a hash of a state that does not depend on the order of its fields, nor on fields that have their zero
// value.
func digest(state json.RawMessage) ([16]byte, error) {
	d := json.NewDecoder(bytes.NewReader(state))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return [16]byte{}, err
	}
	b, err := json.Marshal(dense(v))
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16]), err
}

// dense returns v without the fields that have their zero value, nil where nothing is left.
func dense(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			if v[name] = dense(field); v[name] == nil {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
		return v
	case []any:
		for i := range v {
			v[i] = dense(v[i])
		}
		if len(v) == 0 {
			return nil
		}
		return v
	case string:
		if v == "" {
			return nil
		}
	case json.Number:
		if v == "0" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}
