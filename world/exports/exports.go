// Package exports owns exports of an organisation's record that run behind: they are asked for, written part by part into
// the database, kept for a while, and fetched by who asked. It also owns the form in which a record leaves, as a line of
// JSON or a row of CSV.
//
// It refuses to write what the asker may not read at that instant, to give a part for the whole, and to keep anything for
// long. Exports that can be verified offline, with their proofs, are the ledger's.
package exports

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// Lasts is how long an export is kept after it was asked for.
const Lasts = 72 * time.Hour

// MostKept is how many exports one asker has at a time.
const MostKept = 5

// How an export ended.
const (
	Done     = "done"
	Stopped  = "stopped"   // whoever asked may not read any more what they could when they asked
	TooLarge = "too_large" // it would take more room than there is
	Failed   = "failed"
)

// Export is one export of the record.
type Export struct {
	Organisation standin.OrganisationID
	ID           string
	AskedBy      standin.Actor
	AskedAt      time.Time
	Form         Form
	Filter       ledger.Filter
	Records      int64 // written so far
	Bytes        int64 // as they are kept, compressed
	Reached      time.Time
	First        time.Time // of the oldest record that there is
	EndedAt      time.Time // zero while it runs, or waits to
	How          string    // it ended: Done, Stopped, TooLarge or Failed; "" while it runs
	ExpiresAt    time.Time

	scope string
	parts int64
	place ledger.Cursor
}

// Running reports whether the export has not ended.
func (e Export) Running() bool { return e.EndedAt.IsZero() }

// Progress returns which part of the record's time was gone through, from 0 to 1.
func (e Export) Progress() float64 {
	newest, oldest := e.AskedAt, e.First
	if !e.Filter.Until.IsZero() && e.Filter.Until.Before(newest) {
		newest = e.Filter.Until
	}
	if e.Filter.From.After(oldest) {
		oldest = e.Filter.From
	}
	switch whole := newest.Sub(oldest); {
	case e.How == Done:
		return 1
	case e.Reached.IsZero() || whole <= 0:
		return 0
	default:
		return min(max(float64(newest.Sub(e.Reached))/float64(whole), 0), 1)
	}
}

// Exports asks for exports, writes them and gives them out. It is safe for concurrent use.
type Exports struct {
	db           *db.DB
	ledger       *ledger.Ledger
	directory    *directory.Directory
	applications *application.Applications
	now          func() time.Time
	log          *slog.Logger
	asked        chan struct{}
	limits       limits
}

// limits are how much is written at once and kept.
type limits struct {
	part   int           // bytes of a part before it is compressed
	one    int64         // bytes of an export, as they are kept
	all    int64         // of all exports of an organisation
	turn   time.Duration // before another export has its turn
	atOnce int           // records that are read at once
}

// New returns the exports of the records in d.
func New(d *db.DB, l *ledger.Ledger, dir *directory.Directory, apps *application.Applications, now func() time.Time, log *slog.Logger) *Exports {
	return &Exports{db: d, ledger: l, directory: dir, applications: apps, now: now, log: log, asked: make(chan struct{}, 1),
		limits: limits{part: 1 << 20, one: 512 << 20, all: 2 << 30, turn: 3 * time.Second, atOnce: 200}}
}

// filter is a filter as it is kept. What it may show of whom is found out anew at each reading.
type filter struct {
	Person     standin.PersonID     `json:"person,omitempty"`
	Actor      standin.Actor        `json:"actor,omitempty"`
	Principal  standin.PersonID     `json:"principal,omitempty"`
	Session    standin.SessionID    `json:"session,omitempty"`
	Delegation standin.DelegationID `json:"delegation,omitempty"`
	Action     string               `json:"action,omitempty"`
	Resource   string               `json:"resource,omitempty"`
	Outcome    ledger.Outcome       `json:"outcome,omitempty"`
	OnBehalf   bool                 `json:"on_behalf,omitempty"`
	From       int64                `json:"from,omitempty"`
	Until      int64                `json:"until,omitempty"`
}

func filterOf(f ledger.Filter) filter {
	kept := filter{f.Person, f.Actor, f.Principal, f.Session, f.Delegation, f.Action, f.Resource, f.Outcome, f.OnBehalf, 0, 0}
	if !f.From.IsZero() {
		kept.From = standin.Micros(f.From)
	}
	if !f.Until.IsZero() {
		kept.Until = standin.Micros(f.Until)
	}
	return kept
}

func (k filter) filter(organisation standin.OrganisationID) ledger.Filter {
	f := ledger.Filter{Organisation: organisation, Person: k.Person, Actor: k.Actor, Principal: k.Principal, Session: k.Session,
		Delegation: k.Delegation, Action: k.Action, Resource: k.Resource, Outcome: k.Outcome, OnBehalf: k.OnBehalf}
	if k.From != 0 {
		f.From = standin.Instant(k.From)
	}
	if k.Until != 0 {
		f.Until = standin.Instant(k.Until)
	}
	return f
}

// state is an export as its record has it; how far it came is no part of it before it has ended.
type state struct {
	ID      string        `json:"id"`
	AskedBy standin.Actor `json:"asked_by"`
	AskedAt int64         `json:"asked_at"`
	Form    Form          `json:"form"`
	Filter  filter        `json:"filter"`
	Ended   string        `json:"ended"`
	Records int64         `json:"records"`
}

func (e Export) state() state {
	s := state{e.ID, e.AskedBy, standin.Micros(e.AskedAt), e.Form, filterOf(e.Filter), e.How, 0}
	if !e.Running() {
		s.Records = e.Records
	}
	return s
}

func (e Export) resource() string { return "export:" + e.ID }

// scope returns what the caller may see of the record now, as text, in which all is "*" and one's own is "".
func (x *Exports) scope(ctx context.Context, tx *db.Tx, caller standin.Caller) (string, error) {
	all, units, err := x.directory.ScopesOf(ctx, tx, caller, "audit", "view")
	if err != nil || all {
		return "*", err
	}
	texts := make([]string, len(units))
	for i, u := range units {
		texts[i] = string(u)
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), " "), nil
}

// within reports whether who sees now still sees all of then.
func within(then, now string) bool {
	if now == "*" {
		return true
	}
	units := strings.Fields(now)
	return then != "*" && !slices.ContainsFunc(strings.Fields(then), func(u string) bool { return !slices.Contains(units, u) })
}

const columns = `organisation, id, asked_by, asked_at, form, filter, scope, records, parts, bytes, place_at, place, first_at, ended_at, ended_how, expires_at`

func scan(row interface{ Scan(...any) error }) (Export, error) {
	var e Export
	var asked, place, first, ended, expires db.Time
	var kept string
	err := row.Scan(&e.Organisation, &e.ID, &e.AskedBy, &asked, &e.Form, &kept, &e.scope, &e.Records, &e.parts, &e.Bytes, &place,
		&e.place.ID, &first, &ended, &e.How, &expires)
	if err != nil {
		return Export{}, err
	}
	var f filter
	if err := json.Unmarshal([]byte(kept), &f); err != nil {
		return Export{}, err
	}
	e.AskedAt, e.First, e.EndedAt, e.ExpiresAt, e.Filter = asked.Time, first.Time, ended.Time, expires.Time, f.filter(e.Organisation)
	if e.place.ID != "" {
		e.place.At, e.Reached = place.Time, place.Time
	}
	return e, nil
}

// read returns the organisation's export, NotFound where there is none.
func read(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, id string) (Export, error) {
	e, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM record_exports WHERE organisation = $1 AND id = $2`, string(organisation), id))
	if db.IsNotFound(err) {
		return Export{}, unknown()
	}
	return e, err
}

func unknown() error {
	return standin.Refuse(standin.NotFound, "export.read", "export.unknown", "There is no such export, or it is not kept any more.")
}

// Explain yields the state of every export of the organisation, as the last record of its resource should tell it. yield
// must not use the transaction.
func (x *Exports) Explain(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	return each(ctx, tx, func(e Export) error { return yield(e.resource(), e.state()) },
		`SELECT `+columns+` FROM record_exports WHERE organisation = $1`, string(org))
}

func each(ctx context.Context, tx *db.Tx, do func(Export) error, query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scan(rows)
		if err == nil {
			err = do(e)
		}
		if err != nil {
			return err
		}
	}
	return rows.Err()
}
