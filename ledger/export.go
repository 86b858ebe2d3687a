package ledger

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// exportVersion is the version of the export's form, which docs/ledger.md describes.
const exportVersion = 1

// Selection says what to export; the zero Selection is everything.
type Selection struct {
	Organisations []standin.OrganisationID // all where empty
	From          time.Time                // included
	Until         time.Time                // excluded
}

func (s *Selection) whole() bool { return s.From.IsZero() && s.Until.IsZero() }

// A line of an export has one of these fields, and Proof or Hash beside Record.
type line struct {
	Export     *header   `json:"standin_export,omitempty"`
	Tree       *string   `json:"tree,omitempty"` // what follows is of this organisation
	Checkpoint string    `json:"checkpoint,omitempty"`
	Record     *exported `json:"record,omitempty"`
	Hash       string    `json:"hash,omitempty"`  // of the record's leaf
	Proof      []string  `json:"proof,omitempty"` // in a part: of the record, in the tree of the checkpoint before
	End        *int64    `json:"end,omitempty"`   // how many records the export holds
}

type header struct {
	Version int    `json:"version"`
	Key     string `json:"key"`
	Whole   bool   `json:"whole"`
}

// exported is a record as version 1 of the export writes it.
type exported struct {
	Organisation standin.OrganisationID `json:"organisation"`
	Sequence     int64                  `json:"sequence"`
	ID           standin.RecordID       `json:"id"`
	At           int64                  `json:"at"`
	Actor        standin.Actor          `json:"actor"`
	Principal    standin.PersonID       `json:"principal"`
	Session      standin.SessionID      `json:"session"`
	Delegation   standin.DelegationID   `json:"delegation"`
	Action       string                 `json:"action"`
	Resource     string                 `json:"resource"`
	Outcome      Outcome                `json:"outcome"`
	Reasons      []string               `json:"reasons"`
	Address      string                 `json:"address"`
	Agent        string                 `json:"agent"`
	Before       *string                `json:"before"`
	After        *string                `json:"after"`
	Salt         string                 `json:"salt"`
	Commitment   string                 `json:"commitment"`
}

func tell(s *stored) *exported {
	return &exported{s.Organisation, s.Sequence, s.ID, standin.Micros(s.At), s.Actor, s.Principal, s.Session, s.Delegation, s.Action,
		s.Resource, s.Outcome, s.Reasons, s.Origin.Address, s.Origin.Agent, pointer(s.Before), pointer(s.After), s.salt, s.commitment}
}

func (t *exported) stored() *stored {
	return &stored{Record: Record{Organisation: t.Organisation, ID: t.ID, At: standin.Instant(t.At), Actor: t.Actor,
		Principal: t.Principal, Session: t.Session, Delegation: t.Delegation, Action: t.Action, Resource: t.Resource,
		Outcome: t.Outcome, Reasons: t.Reasons, Origin: standin.Origin{Address: t.Address, Agent: t.Agent},
		Before: raw(t.Before), After: raw(t.After), Sequence: t.Sequence, Position: -1},
		reasons: reasonsText(t.Reasons), commitment: t.Commitment, salt: t.Salt}
}

func pointer(state json.RawMessage) *string {
	if state == nil {
		return nil
	}
	s := string(state)
	return &s
}

func raw(s *string) json.RawMessage {
	if s == nil {
		return nil
	}
	return json.RawMessage(*s)
}

// encode returns the line, with its end.
func (l *line) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(l)
	return b.Bytes(), err
}

// Export writes records as JSON lines that VerifyExport and other tools can check without the database; docs/ledger.md
// describes them. Whole trees are checked by recomputing them; a selection by time carries a proof for each record. It
// reads one consistent state, organisation by organisation.
func Export(ctx context.Context, d *db.DB, by Verifier, s Selection, w io.Writer) error {
	return d.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		e := &exporter{w: bufio.NewWriter(w), tx: tx, selection: s}
		if err := e.write(line{Export: &header{exportVersion, by.String(), s.whole()}}); err != nil {
			return err
		}
		all := s.Organisations
		if len(all) == 0 {
			var err error
			if all, err = organisations(ctx, tx); err != nil {
				return err
			}
		}
		for _, organisation := range all {
			if err := e.tree(ctx, newWalk(organisation, by, nil)); err != nil {
				return err
			}
		}
		if err := e.write(line{End: &e.records}); err != nil {
			return err
		}
		return e.w.Flush()
	})
}

type exporter struct {
	w         *bufio.Writer
	tx        *db.Tx
	selection Selection
	records   int64
}

func (e *exporter) write(l line) error {
	b, err := l.encode()
	if err != nil {
		return err
	}
	_, err = e.w.Write(b)
	return err
}

// tree writes what is wanted of one organisation.
func (e *exporter) tree(ctx context.Context, w *walk) error {
	name := string(w.organisation)
	if err := e.write(line{Tree: &name}); err != nil {
		return err
	}
	r := &reader{walk: w, tx: e.tx}
	r.open(ctx)
	write := e.covered
	if !e.selection.whole() {
		write = e.proved
	}
	if err := write(ctx, r); err != nil {
		return err
	}
	return e.waiting(ctx, w.organisation)
}

// covered writes all records that have a place, each checkpoint after the records that it covers.
func (e *exporter) covered(ctx context.Context, r *reader) error {
	for last := int64(-1); ; {
		records, err := e.placed(ctx, r.organisation, last)
		if err != nil || len(records) == 0 {
			return err
		}
		for _, s := range records {
			if err := e.record(line{Record: tell(&s), Hash: s.leaf}); err != nil {
				return err
			}
			last = s.Sequence
			c, err := r.checkpoints.peek()
			if err != nil {
				return err
			}
			if c == nil || c.size != last+1 {
				continue
			}
			if err := e.write(line{Checkpoint: c.note}); err != nil {
				return err
			}
			if _, err := r.checkpoints.next(); err != nil {
				return err
			}
		}
	}
}

// proved writes the last checkpoint and the wanted records, each with its proof.
func (e *exporter) proved(ctx context.Context, r *reader) error {
	note, err := lastCheckpoint(ctx, e.tx, r.organisation)
	if err != nil || note == "" {
		return err
	}
	c, err := openCheckpoint(note, r.by)
	if err != nil {
		return damaged("the last checkpoint of organisation %s cannot be trusted: %v", r.organisation, err)
	}
	if err := e.write(line{Checkpoint: note}); err != nil {
		return err
	}
	seen := map[int64]tlog.Hash{}
	hashes := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			h, ok := seen[index]
			if !ok {
				read, err := readHashes(ctx, e.tx, r.organisation, []int64{index})
				if err != nil {
					return nil, err
				}
				h, seen[index] = read[0], read[0]
			}
			found[i] = h
		}
		return found, nil
	})
	for last := int64(-1); ; {
		records, err := e.placed(ctx, r.organisation, last)
		if err != nil || len(records) == 0 {
			return err
		}
		for _, s := range records {
			last = s.Sequence
			proof, err := tlog.ProveRecord(c.Size, s.Sequence, hashes)
			if err != nil {
				return err
			}
			l := line{Record: tell(&s), Hash: s.leaf}
			for _, h := range proof {
				l.Proof = append(l.Proof, h.String())
			}
			if err := e.record(l); err != nil {
				return err
			}
		}
		if len(seen) > 1<<18 {
			clear(seen)
		}
	}
}

// waiting writes the wanted records that have no place yet.
func (e *exporter) waiting(ctx context.Context, organisation standin.OrganisationID) error {
	from, until := e.window()
	rows, err := e.tx.Query(ctx, `SELECT `+recordColumns+`, w.hash FROM waiting w
		JOIN records r ON r.organisation = w.organisation AND r.id = w.id
		LEFT JOIN leaves l ON l.organisation = r.organisation AND l.record = r.id
		WHERE w.organisation = $1 AND r.at >= $2 AND r.at < $3 ORDER BY w.id`, string(organisation), from, until)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s stored
		if err := s.scan(rows, &s.leaf); err != nil {
			return err
		}
		if err := e.record(line{Record: tell(&s), Hash: s.leaf}); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (e *exporter) record(l line) error {
	e.records++
	return e.write(l)
}

// placed reads the next wanted records that have a place after last.
func (e *exporter) placed(ctx context.Context, organisation standin.OrganisationID, last int64) ([]stored, error) {
	from, until := e.window()
	rows, err := e.tx.Query(ctx, `SELECT `+recordColumns+`, l.hash FROM leaves l
		JOIN records r ON r.organisation = l.organisation AND r.id = l.record
		WHERE l.organisation = $1 AND l.sequence > $2 AND r.at >= $3 AND r.at < $4 ORDER BY l.sequence LIMIT 500`,
		string(organisation), last, from, until)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []stored
	for rows.Next() {
		var s stored
		if err := s.scan(rows, &s.leaf); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

func (e *exporter) window() (from, until int64) {
	from, until = -1<<63, 1<<63-1
	if !e.selection.From.IsZero() {
		from = standin.Micros(e.selection.From)
	}
	if !e.selection.Until.IsZero() {
		until = standin.Micros(e.selection.Until)
	}
	return from, until
}
