// Package lists owns how people and delegations come in by lists and go out as lists: it tells of each row what it would
// create, change or leave, and why it is refused; does it; and writes the same list again.
//
// It refuses no list for one of its rows: a row that is refused stops no other, and comes back with its reason, to be
// corrected and sent again. It lets nobody do by a list what they could not do one by one (THREATS 15), and removes
// nothing: an empty cell leaves what is there. A list that is sent again does nothing twice.
package lists

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/world/table"
)

// Kind says what a list is of.
type Kind string

const (
	People      Kind = "people"
	Delegations Kind = "delegations"
)

// Outcome says what becomes of a row.
type Outcome string

const (
	Create Outcome = "create"
	Change Outcome = "change"
	Skip   Outcome = "skip" // everything is so already
	Refuse Outcome = "refuse"
)

// Row is what becomes of one row of a list.
type Row struct {
	Line    int // in the file
	Who     string
	Outcome Outcome
	Changes []string // the columns that Change changes
	Refusal error    // why, where Outcome is Refuse
	Done    bool     // Apply did it

	cells table.Row
	tried bool // only trying tells whether it is refused
	try   func(ctx context.Context, tx *db.Tx, caller standin.Caller, trial bool) error
	note  func(ctx context.Context, caller standin.Caller, refusal error) error
}

// Counts are how many rows come to what.
type Counts struct {
	Create int `json:"create"`
	Change int `json:"change"`
	Skip   int `json:"skip"`
	Refuse int `json:"refuse"`
}

// MostTold is how many refused rows are told one by one. WriteRefused writes all of them.
const MostTold = 1000

// Plan is what applying a list would do, and once it is applied, what was done. It belongs to one caller at a time.
type Plan struct {
	Kind    Kind
	Name    string // of the file
	Rows    []*Row // in the order of the file
	Ignored []string

	organisation standin.OrganisationID
	actor        standin.Actor
	table        *table.Table
	order        []*Row // in which rows are done
}

// Counts returns how many rows come to what.
func (p *Plan) Counts() (c Counts) {
	for _, r := range p.Rows {
		switch r.Outcome {
		case Create:
			c.Create++
		case Change:
			c.Change++
		case Skip:
			c.Skip++
		case Refuse:
			c.Refuse++
		}
	}
	return c
}

// Empty reports whether there is nothing to apply.
func (p *Plan) Empty() bool {
	c := p.Counts()
	return c.Create+c.Change == 0
}

// Refused returns the refused rows in the order of the file, at most the first MostTold.
func (p *Plan) Refused() []*Row {
	var all []*Row
	for _, r := range p.Rows {
		if r.Outcome == Refuse && len(all) < MostTold {
			all = append(all, r)
		}
	}
	return all
}

// Lists plans, applies and writes lists. It is safe for concurrent use.
type Lists struct {
	db           *db.DB
	ledger       *ledger.Ledger
	applications *application.Applications
	directory    *directory.Directory
	delegations  *delegation.Delegations
	now          func() time.Time
	atOnce       int // rows done in one transaction
	runs         runs
}

// manyAtOnce is how many rows are done in one transaction.
const manyAtOnce = 100

// New returns the lists in d, over the rooms whose use cases they call.
func New(d *db.DB, l *ledger.Ledger, a *application.Applications, dir *directory.Directory, del *delegation.Delegations, now func() time.Time) *Lists {
	return &Lists{db: d, ledger: l, applications: a, directory: dir, delegations: del, now: now, atOnce: manyAtOnce}
}

// Options say how a list is read.
type Options struct {
	// IgnoreColumns passes over columns that are not known; the plan names them.
	IgnoreColumns bool
}

// Plan tells what each row of the list would do, for the caller. It writes nothing. Refused as a whole is a list whose
// columns are not understood, and a caller who may manage nobody, or is acting.
func (l *Lists) Plan(ctx context.Context, caller standin.Caller, kind Kind, t *table.Table, o Options) (*Plan, error) {
	var columns []table.Column
	switch kind {
	case People:
		columns = peopleColumns
	case Delegations:
		columns = delegationColumns
	default:
		return nil, unknownKind()
	}
	found, err := t.Match(columns, o.IgnoreColumns)
	if err != nil {
		return nil, err
	}
	p := &Plan{Kind: kind, Name: t.Name, Ignored: found.Ignored, organisation: caller.Organisation, actor: caller.Actor, table: t}
	err = l.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		p.Rows, p.order = nil, nil
		f, err := l.load(ctx, tx, caller, kind)
		if err != nil {
			return err
		}
		f.columns = found
		if kind == People {
			return f.planPeople(p)
		}
		return f.planDelegations(p)
	})
	if err != nil {
		return nil, err
	}
	return p, l.trial(ctx, caller, p)
}

// KindOf tells by its headings what a table is a list of.
func KindOf(t *table.Table) Kind {
	for _, c := range delegationColumns {
		if c.Required && !slices.ContainsFunc(t.Head, c.Called) {
			return People
		}
	}
	return Delegations
}

func unknownKind() error {
	return standin.Refuse(standin.NotFound, "list.plan", "list.kind", "There are lists of people and of delegations.").On("kind")
}

// refuse notes why the row is refused.
func (r *Row) refuse(err error) {
	r.Outcome, r.Refusal, r.Changes, r.try = Refuse, err, nil, nil
}

// row begins the plan's next row.
func (p *Plan) row(cells table.Row, who ...string) *Row {
	for i := range who {
		who[i] = brief(who[i])
	}
	r := &Row{Line: cells.Line, Who: strings.Join(who, " "), Outcome: Skip, cells: cells}
	p.Rows = append(p.Rows, r)
	return r
}

// brief shortens what a list says, so that a refusal stays readable.
func brief(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return text
}
