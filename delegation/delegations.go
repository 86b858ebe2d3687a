package delegation

import (
	"context"
	"errors"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// Delegations keeps delegations. It is safe for concurrent use. A use case that returned nil is durable, with its record.
type Delegations struct {
	db           *db.DB
	ledger       *ledger.Ledger
	directory    *directory.Directory
	applications *application.Applications
	now          func() time.Time
}

// New returns the delegations in d, and tells the directory by which limits somebody acts, and for whom people stand in.
func New(d *db.DB, l *ledger.Ledger, dir *directory.Directory, now func() time.Time) *Delegations {
	r := &Delegations{db: d, ledger: l, directory: dir, applications: application.New(d, l, now), now: now}
	dir.BoundBy(r.mandate)
	dir.ToldBy(r.principalsOf)
	return r
}

// mandate returns the limits by which the caller acts, as they are now, and whether it is by an entry delegation. It is
// Denied where that is not theirs, or cannot be used any more.
func (r *Delegations) mandate(ctx context.Context, tx *db.Tx, caller standin.Caller) (rights.Limits, bool, error) {
	row, err := r.LoadRow(ctx, tx, caller.Organisation, caller.Delegation)
	if err != nil && !db.IsNotFound(err) {
		return rights.Limits{}, false, err
	}
	theirs := err == nil && row.Actor == caller.Actor.Person() && row.Principal == caller.Principal
	if !theirs || row.active("delegation.mandate") != nil || row.StateAt(standin.Now(r.now)) != Active {
		return rights.Limits{}, false, standin.Refuse(standin.Denied, "delegation.mandate", "delegation.not_in_force",
			"You can no longer act for this person.")
	}
	return row.Limits, row.Kind == Entry, nil
}

// matter is one delegation as somebody meets it: what it is, what they are to it, and the organisation's settings.
type matter struct {
	Row
	party    Party
	settings directory.Settings
}

// meet loads the delegation for the caller. Whoever has no part in it does not learn that it exists: NotFound.
func (r *Delegations) meet(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.DelegationID) (matter, error) {
	row, err := r.LoadRow(ctx, tx, caller.Organisation, id)
	if err != nil {
		return matter{}, err
	}
	party, err := r.party(ctx, tx, caller, row)
	if err != nil {
		return matter{}, err
	}
	if party&^AsGuest == 0 {
		return matter{}, unknown(id)
	}
	org, err := r.directory.Organisation(ctx, tx, caller.Organisation)
	return matter{row, party, org.Settings}, err
}

// party returns what the caller is to the delegation.
func (r *Delegations) party(ctx context.Context, tx *db.Tx, caller standin.Caller, row Row) (Party, error) {
	reach, err := r.directory.Reach(ctx, tx, caller, "delegation", "manage")
	return partyWithin(caller, row, reach), err
}

// partyWithin returns what a caller is to the delegation who manages delegations within reach. While acting it is what the
// principal is, as a guest; the actor's own part adds nothing (THREATS 7). Where limits hide the principal's own stand-ins,
// the delegation by which the caller acts is still known to them.
func partyWithin(caller standin.Caller, row Row, reach rights.Reach) Party {
	var p Party
	switch me := caller.Principal; {
	case me == "" || !reach.Own && row.ID != caller.Delegation:
	case me == row.Actor:
		p |= AsActor
	case me == row.Principal:
		p |= AsPrincipal
	}
	if caller.Acting() {
		p |= AsGuest
	}
	if reach.Covers(row.PrincipalPerson.Unit) {
		p |= AsManager
	}
	return p
}

// may refuses verb as the rules do.
func (m matter) may(caller standin.Caller, verb Verb, now time.Time) error {
	return m.Refusal(verb, caller.Principal, m.party, now, m.settings.Delegation.Max)
}

// active refuses where one of the two people is inactive (THREATS 44).
func (m Row) active(op string) error {
	if m.ActorPerson.InactiveAt.IsZero() && m.PrincipalPerson.InactiveAt.IsZero() {
		return nil
	}
	return inactivePerson(op)
}

func inactivePerson(op string) error {
	return standin.Refuse(standin.Invalid, op, "delegation.inactive_person", "One of the two people is inactive.")
}

// change is the frame of every use case that changes one delegation: load, apply the rule, write, record. rule returns
// what the delegation becomes; a nil result changes nothing and is no error.
func (r *Delegations) change(ctx context.Context, caller standin.Caller, id standin.DelegationID, verb Verb,
	rule func(m matter, now time.Time) (*Delegation, error)) (Delegation, error) {
	now := standin.Now(r.now)
	var after Delegation
	err := r.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		after = Delegation{}
		if caller.Acting() {
			return notWhileActing()
		}
		m, err := r.meet(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		after = m.Delegation
		changed, err := rule(m, now)
		if err != nil || changed == nil {
			return err
		}
		after, err = r.save(ctx, tx, caller, now, "delegation."+string(verb), m.Delegation, *changed)
		return err
	})
	if err != nil {
		return Delegation{}, r.refused(ctx, caller, now, "delegation."+string(verb), resource(id), "", err)
	}
	return after, nil
}

// save writes after over before, with a new version and a record.
func (r *Delegations) save(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, action string,
	before, after Delegation, reasons ...string) (Delegation, error) {
	after.ChangedAt = now
	after.Version = before.Version + 1
	if before.StateAt(now) == Expired && after.StateAt(now) != Expired {
		after.ResumedAt = now // what could not go on does not come back
	}
	if how := edited(before, after); how != "" && (action == "delegation.edit" || action == "delegation.renew") {
		after.EditedAt, after.EditedBy, after.EditedHow = now, caller.Actor, how
	}
	if err := update(ctx, tx, after, before.Version); err != nil {
		return Delegation{}, err
	}
	return after, r.record(ctx, tx, caller, now, action, &before, &after, reasons...)
}

// record appends what happened to the delegation; before is nil where it is new, after where it is gone. reasons say what
// it was part of.
func (r *Delegations) record(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, action string,
	before, after *Delegation, reasons ...string) error {
	rec := ledger.By(caller)
	rec.At, rec.Action, rec.Reasons = now, action, reasons
	if before != nil {
		rec.Resource, rec.Before = resource(before.ID), ledger.State(before.state())
	}
	if after != nil {
		rec.Resource, rec.After = resource(after.ID), ledger.State(after.state())
	}
	_, err := r.ledger.Append(ctx, tx, rec)
	return err
}

// refused records a refusal that matters, in a transaction of its own, and returns cause. principal is whom it was about,
// where that is known. Where the record cannot be written the caller learns both.
func (r *Delegations) refused(ctx context.Context, caller standin.Caller, now time.Time, action, about string,
	principal standin.PersonID, cause error) error {
	if kind := standin.KindOf(cause); kind != standin.Denied && kind != standin.NotFound {
		return cause
	}
	rec := ledger.By(caller)
	rec.At, rec.Action, rec.Resource = now, action, about
	rec.Outcome, rec.Reasons = ledger.Refused, []string{standin.CodeOf(cause)}
	if rec.Principal == "" {
		rec.Principal = principal
	}
	err := r.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := r.ledger.Append(ctx, tx, rec)
		return err
	})
	if err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

func unknown(id standin.DelegationID) error {
	return standin.Refuse(standin.NotFound, "delegation.load", "delegation.unknown", "There is no such delegation.").
		With("delegation", cut(string(id)))
}

func resource(id standin.DelegationID) string { return "delegation:" + cut(string(id)) }
