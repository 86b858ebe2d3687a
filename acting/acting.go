package acting

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// Acting keeps acting sessions. It is safe for concurrent use.
type Acting struct {
	db          *db.DB
	ledger      *ledger.Ledger
	directory   *directory.Directory
	delegations *delegation.Delegations
	now         func() time.Time
}

// New returns the acting sessions in d.
func New(d *db.DB, l *ledger.Ledger, dir *directory.Directory, deleg *delegation.Delegations, now func() time.Time) *Acting {
	return &Acting{db: d, ledger: l, directory: dir, delegations: deleg, now: now}
}

// facts loads what decides about the session.
func (a *Acting) facts(ctx context.Context, tx *db.Tx, s Session) (Facts, error) {
	row, err := a.delegations.LoadRow(ctx, tx, s.Organisation, s.Delegation)
	if db.IsNotFound(err) {
		return Facts{Gone: true}, nil
	}
	return Facts{Row: row}, err
}

// Live returns the login's acting session and what it is at now: live, or how it ended. While it is live, its ExpiresAt
// and LimitAt are no later than its delegation lets it last by now. A session that ended stays in view until its actor
// turned away from it (Start, Stop); without one both results are zero. Nothing is written.
func (a *Acting) Live(ctx context.Context, tx *db.Tx, org standin.OrganisationID, login standin.LoginID, now time.Time) (Session, Liveness, error) {
	s, f, live, err := a.look(ctx, tx, org, login, now)
	if live.Live {
		s = s.within(f, now)
	}
	return s, live, err
}

// look is Live with the session as it is stored, and the facts.
func (a *Acting) look(ctx context.Context, tx *db.Tx, org standin.OrganisationID, login standin.LoginID, now time.Time) (Session, Facts, Liveness, error) {
	s, err := unseen(ctx, tx, org, login)
	if db.IsNotFound(err) {
		return Session{}, Facts{}, Liveness{}, nil
	}
	if err != nil {
		return Session{}, Facts{}, Liveness{}, err
	}
	f, err := a.facts(ctx, tx, s)
	if err != nil {
		return Session{}, Facts{}, Liveness{}, err
	}
	return s, f, s.LivenessAt(f, now), nil
}

// Settle is Live which also records the end of a session that ended unrecorded.
func (a *Acting) Settle(ctx context.Context, tx *db.Tx, org standin.OrganisationID, login standin.LoginID, now time.Time) (Session, Liveness, error) {
	s, f, live, err := a.look(ctx, tx, org, login, now)
	if live.Live {
		s = s.within(f, now)
	}
	if err != nil || live.Live || s.ID == "" || !s.EndedAt.IsZero() {
		return s, live, err
	}
	s, err = a.end(ctx, tx, a.clock(s.Organisation), s, live, now, false)
	return s, live, err
}

// Check refuses what is done while acting once the session is over: it is called inside every transaction that changes
// something for one who is acting, so that nothing slips between looking and doing (P5, THREATS 43, 51). In one's own
// name it allows.
func (a *Acting) Check(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time) error {
	if !caller.Acting() {
		return nil
	}
	_, _, err := a.mine(ctx, tx, caller, now)
	return err
}

// mine returns the caller's live session, as it is stored, and its facts. Whatever does not fit exactly is over.
func (a *Acting) mine(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time) (Session, Facts, error) {
	s, f, live, err := a.look(ctx, tx, caller.Organisation, caller.Login.ID, now)
	if err != nil {
		return Session{}, Facts{}, err
	}
	if caller.Session == "" || s.ID != caller.Session || s.Actor != caller.Actor.Person() || s.Principal != caller.Principal {
		return Session{}, Facts{}, over(Liveness{})
	}
	if !live.Live || !now.Before(caller.Login.Ends) {
		return Session{}, Facts{}, over(live)
	}
	return s, f, nil
}

// over is the refusal of what needs a session that ended.
func over(l Liveness) error {
	return standin.Refuse(standin.Denied, "acting.check", "acting.over",
		"You are no longer acting for this person. Nothing was done in their name.").With("how", l.How)
}

// end records that the session ended, as l says. seen tells that its actor knows.
func (a *Acting) end(ctx context.Context, tx *db.Tx, by standin.Caller, s Session, l Liveness, now time.Time, seen bool) (Session, error) {
	before := s
	s.EndedAt, s.EndedHow = l.At, l.How
	if seen {
		s.SeenAt = now
	}
	s.Version++
	if err := update(ctx, tx, s, before.Version); err != nil {
		return before, err
	}
	return s, a.record(ctx, tx, by, now, "acting.end", &before, s, string(l.How))
}

// record appends what happened to the session, naming actor, principal, session and delegation.
func (a *Acting) record(ctx context.Context, tx *db.Tx, by standin.Caller, now time.Time, action string, before *Session, after Session, reasons ...string) error {
	rec := ledger.By(by)
	rec.At, rec.Action, rec.Resource, rec.Reasons = now, action, resource(after.ID), reasons
	rec.Principal, rec.Session, rec.Delegation = after.Principal, after.ID, after.Delegation
	if before != nil {
		rec.Before = ledger.State(before.state())
	}
	rec.After = ledger.State(after.state())
	_, err := a.ledger.Append(ctx, tx, rec)
	return err
}

// clock is the caller for ends that nobody asked for: Standin itself writes them down.
func (a *Acting) clock(org standin.OrganisationID) standin.Caller {
	return standin.Caller{Organisation: org, Actor: standin.SystemActor("acting")}
}

func resource(id standin.SessionID) string { return "session:" + string(id) }
