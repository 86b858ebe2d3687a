package ledger

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Ledger appends to the record and reads it. It is safe for concurrent use.
type Ledger struct {
	db   *db.DB
	now  func() time.Time
	last atomic.Int64 // the instant in the newest id, in microseconds
}

// New returns the ledger in d.
func New(d *db.DB, now func() time.Time) *Ledger { return &Ledger{db: d, now: now} }

// Append writes the record within the caller's transaction: change and record are durable together or not at all. It
// returns the record's id. r.At must be set; the outcome is Done where none is given. Bytes that are no text are written
// as U+FFFD, so that what a browser sends can never keep its deed out of the record.
func (l *Ledger) Append(ctx context.Context, tx *db.Tx, r Record) (standin.RecordID, error) {
	r.ID = l.newID()
	if r.Outcome == "" {
		r.Outcome = Done
	}
	if r.At.IsZero() || r.Organisation == "" || r.Actor == "" || r.Action == "" {
		return "", standin.Refuse(standin.Internal, "ledger.append", "ledger.incomplete", "A record lacks its instant, organisation, actor or action.")
	}
	if !state(r.Before) || !state(r.After) {
		return "", standin.Refuse(standin.Internal, "ledger.append", "ledger.no_state", "The state before or after is not JSON.")
	}
	r.At = r.At.UTC().Truncate(time.Microsecond)
	r.clean()
	salt := standin.NewSecret()
	committed := commitment(&r, salt)
	_, err := tx.Exec(ctx, `INSERT INTO records (organisation, id, at, actor, principal, session, delegation, action, resource,
			outcome, reasons, commitment, salt, address, agent, before_state, after_state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		string(r.Organisation), string(r.ID), standin.Micros(r.At), string(r.Actor), string(r.Principal), string(r.Session),
		string(r.Delegation), r.Action, r.Resource, string(r.Outcome), reasonsText(r.Reasons), committed, salt,
		r.Origin.Address, r.Origin.Agent, nullable(r.Before), nullable(r.After))
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO waiting (id, organisation, at, hash) VALUES ($1, $2, $3, $4)`,
		string(r.ID), string(r.Organisation), standin.Micros(r.At), tlog.RecordHash(leaf(&r, committed)).String())
	return r.ID, err
}

// newID returns an id that is greater than all that this process made before, in the order of bytes: 12 characters for
// the microsecond, 16 from crypto/rand. A record that was appended after reading what another one did comes after it.
func (l *Ledger) newID() standin.RecordID {
	micros := standin.Micros(l.now())
	for {
		last := l.last.Load()
		micros = max(micros, last+1)
		if l.last.CompareAndSwap(last, micros) {
			break
		}
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(micros)<<4) // 60 bits are 12 characters
	instant := base32.HexEncoding.EncodeToString(b[:])[:12]
	return standin.RecordID("r-" + strings.ToLower(instant) + strings.TrimPrefix(standin.NewID(""), "-")[:16])
}

// clean makes every text of the record valid UTF-8 without NUL, which PostgreSQL cannot store.
func (r *Record) clean() {
	r.Organisation = text(r.Organisation)
	r.Actor, r.Principal = text(r.Actor), text(r.Principal)
	r.Session, r.Delegation = text(r.Session), text(r.Delegation)
	r.Action, r.Resource = text(r.Action), text(r.Resource)
	r.Origin = standin.Origin{Address: text(r.Origin.Address), Agent: text(r.Origin.Agent)}
	reasons := make([]string, len(r.Reasons))
	for i, reason := range r.Reasons {
		reasons[i] = text(reason)
	}
	r.Reasons = reasons
}

func text[S ~string](s S) S {
	t := string(s)
	if utf8.ValidString(t) && !strings.Contains(t, "\x00") {
		return s
	}
	return S(strings.ReplaceAll(strings.ToValidUTF8(t, "\uFFFD"), "\x00", "\uFFFD"))
}

// state reports whether s may be stored: nothing, or JSON in UTF-8.
func state(s json.RawMessage) bool { return s == nil || json.Valid(s) && utf8.Valid(s) }

func nullable(state json.RawMessage) any {
	if state == nil {
		return nil
	}
	return string(state)
}
