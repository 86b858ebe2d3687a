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
// as U+FFFD, and texts of more than 512 are cut, so that what a browser sends can never keep its deed out of the record.
func (l *Ledger) Append(ctx context.Context, tx *db.Tx, r Record) (standin.RecordID, error) {
	ids, err := l.AppendAll(ctx, tx, []Record{r})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// newID returns an id that is greater than that of every record whose effects the transaction can have seen, whatever the
// clocks of the programs that wrote them say: its instant is the database's, and later than all that this program, or the
// one before it on this database, gave out.
func (l *Ledger) newID(ctx context.Context, tx *db.Tx) (standin.RecordID, error) {
	at, err := tx.Clock(ctx)
	if err != nil {
		return "", err
	}
	if l.last.Load() == 0 {
		if err := l.resume(ctx, tx, at); err != nil {
			return "", err
		}
	}
	return l.idAt(standin.Micros(at)), nil
}

// resume goes on after the newest record that waits, should the clock have gone back since it was written. What already
// has its place comes first anyway.
func (l *Ledger) resume(ctx context.Context, tx *db.Tx, at time.Time) error {
	var newest standin.RecordID
	err := tx.QueryRow(ctx, `SELECT id FROM waiting ORDER BY id DESC LIMIT 1`).Scan(&newest)
	if err != nil && !db.IsNotFound(err) {
		return err
	}
	last := int64(1)
	if micros, ok := instantOf(newest); ok && micros < standin.Micros(at.Add(trustedAhead)) {
		last = micros
	}
	l.last.CompareAndSwap(0, last)
	return nil
}

// trustedAhead is how far ahead of the clock an id may be that a database holds; one further ahead was not given out.
const trustedAhead = 24 * time.Hour

// idAt returns an id of the instant, or of the first one after all that were given out: 12 characters for the
// microsecond, 16 from crypto/rand. The order of ids is that of their bytes, in every collation.
func (l *Ledger) idAt(micros int64) standin.RecordID {
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

// instantOf returns the microsecond in an id.
func instantOf(id standin.RecordID) (int64, bool) {
	text, ok := strings.CutPrefix(string(id), "r-")
	if !ok || len(text) != 28 {
		return 0, false
	}
	b, err := base32.HexEncoding.DecodeString(strings.ToUpper(text[:12]) + "0===")
	if err != nil {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(b) >> 4), true
}

// clean makes every text of the record valid UTF-8 without NUL, which PostgreSQL cannot store, and cuts what is too long
// to be looked up, or to be what it says.
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

// longestText is how many bytes a text of a record may have. PostgreSQL's indexes take no more than some 2,700 in all.
const longestText = 512

func text[S ~string](s S) S {
	t := string(s)
	if len(t) > longestText {
		t = strings.ToValidUTF8(t[:longestText-len("…")], "") + "…"
	}
	if utf8.ValidString(t) && !strings.Contains(t, "\x00") {
		return S(t)
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
