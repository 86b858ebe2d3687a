package decision

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

const (
	// viewLasts is how old a view may be that answers in somebody's own name, and how long after the reading on which it
	// rests a permit may be answered.
	viewLasts = 500 * time.Millisecond
	// patience is how long a question waits for the database before it is denied (THREATS 74).
	patience = 2 * time.Second

	mostStandings = 20_000
	mostSessions  = 20_000
)

// Decisions answers questions. It is safe for concurrent use.
type Decisions struct {
	db           *db.DB
	ledger       *ledger.Ledger
	directory    *directory.Directory
	applications *application.Applications
	delegations  *delegation.Delegations
	acting       *acting.Acting
	now          func() time.Time

	entrance  sync.RWMutex // to the offices
	offices   map[standin.OrganisationID]*office
	standings *cache[personKey, *standing]
	sessions  *cache[standin.SessionID, *entry]
	writer    writer
	apart     atomic.Bool // the clocks are
}

type personKey struct {
	organisation standin.OrganisationID
	person       standin.PersonID
}

// office is what is kept of one organisation.
type office struct {
	book atomic.Pointer[rulebook]
	seen atomic.Pointer[sighting]
	// looking holds at most one: who looks anew.
	looking chan struct{}
}

// sighting says which version the organisation's rules had, and when one began to look.
type sighting struct {
	version    int64
	registered bool // some record of an application is
	at         time.Time
}

// New returns the decisions in d.
func New(d *db.DB, l *ledger.Ledger, dir *directory.Directory, apps *application.Applications, deleg *delegation.Delegations,
	act *acting.Acting, now func() time.Time) *Decisions {
	r := &Decisions{db: d, ledger: l, directory: dir, applications: apps, delegations: deleg, acting: act, now: now,
		offices: map[standin.OrganisationID]*office{}, standings: newCache[personKey, *standing](mostStandings), sessions: newCache[standin.SessionID, *entry](mostSessions)}
	r.writer.decisions = r
	return r
}

func (d *Decisions) office(org standin.OrganisationID) *office {
	d.entrance.RLock()
	of := d.offices[org]
	d.entrance.RUnlock()
	if of != nil {
		return of
	}
	d.entrance.Lock()
	defer d.entrance.Unlock()
	if of = d.offices[org]; of == nil {
		of = &office{looking: make(chan struct{}, 1)}
		d.offices[org] = of
	}
	return of
}

// Decide answers the question for the caller's organisation. It takes an API key made for "decide", or the operator; else
// the error is Denied. What is unknown is denied, what is malformed Invalid. An error denies; where the answer could not
// be recorded, or the database not asked, it is Unavailable, after two seconds at most.
func (d *Decisions) Decide(ctx context.Context, caller standin.Caller, q Question) (Answer, error) {
	if err := d.mayAsk(caller); err != nil {
		return Answer{}, err
	}
	return d.answer(ctx, caller, q, nil)
}

func (d *Decisions) mayAsk(caller standin.Caller) error {
	if caller.Entitled("decide") || caller.Actor.IsOperator() {
		return nil
	}
	return standin.Refuse(standin.Denied, "decision.decide", "decision.not_entitled",
		`This needs an API key that was made for "decide".`)
}

// answer takes the question by value, for what is registered of its record may come to stand in it. It says in g what a
// permit rests on, where g is not nil.
func (d *Decisions) answer(ctx context.Context, caller standin.Caller, asked Question, g *ground) (Answer, error) {
	q := &asked
	if err := q.check(); err != nil {
		return Answer{}, err
	}
	if err := d.complete(ctx, caller.Organisation, q); err != nil {
		return Answer{}, err
	}
	switch {
	case q.Session != "":
		return d.onBehalf(ctx, caller, q, g)
	case q.Actor == "" && q.Delegation != "", q.Actor == q.Principal && q.Delegation != "":
		return denied(Reason{Code: DelegationAlone}), nil
	case q.Actor == "" || q.Actor == q.Principal:
		return d.own(ctx, caller, q, g)
	}
	return d.hypothetical(ctx, caller, q)
}

// longest is how many bytes each text of a question may have.
const longest = 256

// check refuses a question that could not be recorded whole.
func (q *Question) check() error {
	if max(len(q.Actor), len(q.Principal), len(q.Session), len(q.Delegation), len(q.Application), len(q.Type), len(q.ID), len(q.Action),
		len(q.Field), len(q.Owner), len(q.EnteredBy), len(q.Unit)) > longest {
		return standin.Refuse(standin.Invalid, "decision.decide", "decision.too_long",
			"No text of a question may be longer than {most} bytes.").With("most", longest)
	}
	return nil
}

func denied(reasons ...Reason) Answer { return Answer{Reasons: reasons} }
