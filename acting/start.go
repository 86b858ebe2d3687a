package acting

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
)

// Wish is what somebody asks for with a start.
type Wish string

// SeeView asks to see the principal's tabs, searches and reports, laid under one's own (C5).
const SeeView Wish = "view"

// Start lets the caller act by the delegation from now, within the caller's login. It needs caller.Login with its id and
// end. One who is acting switches: the former session ends in the same transaction. Of parallel starts in one login one
// succeeds; the others get Conflict, for the identity they were made under has changed (THREATS 38). The delegation must
// be the real actor's own, so that nobody reaches further through whom they act for (THREATS 2-4).
//
// Errors are Denied where the delegation cannot be used now, NotFound where the caller has no such delegation. The caller
// of Start records a refusal with Refused.
func (a *Acting) Start(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.DelegationID, now time.Time, wishes ...Wish) (Session, error) {
	me := caller.Actor.Person()
	if me == "" {
		return Session{}, standin.Refuse(standin.Denied, "acting.start", "acting.people_only", "Only people act for people here.")
	}
	if caller.Login.ID == "" || !now.Before(caller.Login.Ends) {
		return Session{}, standin.Refuse(standin.Unauthenticated, "acting.start", "acting.signed_out", "Your sign-in has ended. Sign in again.")
	}
	row, err := a.delegations.LoadRow(ctx, tx, caller.Organisation, id)
	if db.IsNotFound(err) || err == nil && row.Actor != me {
		err = standin.Refuse(standin.NotFound, "acting.start", "acting.no_delegation", "There is no such person for you to act for.")
	}
	if err != nil {
		return Session{}, err
	}
	if err := Startable(row, now); err != nil {
		return Session{}, err
	}
	org, err := a.directory.Organisation(ctx, tx, caller.Organisation)
	if err != nil {
		return Session{}, err
	}
	if err := a.leave(ctx, tx, caller, now); err != nil {
		return Session{}, err
	}
	s := Session{Organisation: caller.Organisation, ID: standin.SessionID(standin.NewID("s")), Login: caller.Login.ID,
		Actor: me, Principal: row.Principal, Delegation: row.ID, StartedAt: now, Version: 1,
		View: slices.Contains(wishes, SeeView)}
	s.LimitAt = limitAt(now, caller.Login.Ends, org.Settings.Acting.Max)
	s.ExpiresAt = earlier(now.Add(org.Settings.Acting.Default), s.LimitAt)
	s.ExpiresAt = s.within(Facts{Row: row}, now).ExpiresAt
	if !now.Before(s.ExpiresAt) {
		return Session{}, standin.Refuse(standin.Denied, "acting.start", "acting.no_time", "There is no time left to act for this person.")
	}
	if err := insert(ctx, tx, s); standin.KindOf(err) == standin.Conflict {
		return Session{}, identityChanged().Because(err) // started meanwhile by another transaction
	} else if err != nil {
		return Session{}, err
	}
	own := asThemselves(caller)
	if err := a.delegations.Use(ctx, tx, own, row.ID, now); err != nil {
		return Session{}, err
	}
	return s.within(Facts{Row: row}, now), a.record(ctx, tx, own, now, "acting.start", nil, s)
}

// Startable refuses where the delegation cannot be acted by at now, and says why.
func Startable(row delegation.Row, now time.Time) error {
	const op = "acting.start"
	switch {
	case !row.ActorPerson.InactiveAt.IsZero():
		return standin.Refuse(standin.Denied, op, "acting.actor_inactive", "Your account is inactive.")
	case !row.PrincipalPerson.InactiveAt.IsZero():
		return standin.Refuse(standin.Denied, op, "acting.principal_inactive", "{name} is inactive at the moment.").
			With("name", row.PrincipalPerson.Name)
	}
	switch row.StateAt(now) {
	case delegation.Active:
		return nil
	case delegation.Upcoming:
		return standin.Refuse(standin.Denied, op, "acting.not_begun", "This has not begun yet.").
			With("start", row.StartsAt.Format(time.RFC3339))
	case delegation.Dormant:
		return standin.Refuse(standin.Denied, op, "acting.not_enabled", "This is a standby. {name} has not enabled it.").
			With("name", row.PrincipalPerson.Name)
	case delegation.Waiting:
		if row.AskedOf == row.Principal {
			return standin.Refuse(standin.Denied, op, "acting.waits_for_principal", "{name} has not said yes to this yet.").
				With("name", row.PrincipalPerson.Name)
		}
		return standin.Refuse(standin.Denied, op, "acting.waits_for_you", "You have not accepted this yet.")
	case delegation.Inactive:
		return standin.Refuse(standin.Denied, op, "acting.paused", "This is inactive at the moment.")
	case delegation.Expired:
		return standin.Refuse(standin.Denied, op, "acting.expired", "This ended on its end date.")
	}
	return standin.Refuse(standin.Denied, op, "acting.ended", "This was ended.")
}

// leave ends whatever session the login has, for its actor turns away from it. One that the caller does not know of was
// started meanwhile: Conflict.
func (a *Acting) leave(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time) error {
	s, _, live, err := a.look(ctx, tx, caller.Organisation, caller.Login.ID, now)
	switch {
	case err != nil || s.ID == "":
		return err
	case live.Live && s.ID != caller.Session:
		return identityChanged()
	case live.Live:
		live = Liveness{How: Switched, At: now}
	}
	return a.turnAway(ctx, tx, caller, s, live, now)
}

func identityChanged() *standin.Error {
	return standin.Refuse(standin.Conflict, "acting.start", "acting.identity_changed",
		"You are acting as somebody else by now, perhaps in another tab. Look again and choose once more.")
}

// turnAway records the end of s where that is still to be done, and that its actor has seen it.
func (a *Acting) turnAway(ctx context.Context, tx *db.Tx, caller standin.Caller, s Session, l Liveness, now time.Time) error {
	if s.EndedAt.IsZero() {
		by := a.clock(s.Organisation)
		if l.How == Stopped || l.How == Switched || l.How == SignedOut {
			by = caller
		}
		_, err := a.end(ctx, tx, by, s, l, now, true)
		return err
	}
	s.SeenAt = now
	return update(ctx, tx, s, s.Version)
}

// Extend lets the caller's session last one span longer, but no more than two from now, and never beyond its limit, which
// follows the delegation as it is now. It is refused once the session is over or lasts as long as it may.
func (a *Acting) Extend(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time) (Session, error) {
	s, f, err := a.mine(ctx, tx, caller, now)
	if err != nil {
		return Session{}, err
	}
	org, err := a.directory.Organisation(ctx, tx, s.Organisation)
	if err != nil {
		return Session{}, err
	}
	span := org.Settings.Acting.Default
	before := s
	s.LimitAt = limitAt(s.StartedAt, caller.Login.Ends, org.Settings.Acting.Max)
	s.ExpiresAt = earlier(s.ExpiresAt.Add(span), earlier(now.Add(2*span), s.LimitAt))
	s.ExpiresAt = s.within(f, now).ExpiresAt
	if !s.ExpiresAt.After(before.ExpiresAt) {
		return before, standin.Refuse(standin.Denied, "acting.extend", "acting.at_limit",
			"This session lasts as long as it may and cannot be extended.").With("until", before.within(f, now).ExpiresAt.Format(time.RFC3339))
	}
	s.Version++
	if err := update(ctx, tx, s, before.Version); err != nil {
		return before, err
	}
	return s.within(f, now), a.record(ctx, tx, caller, now, "acting.extend", &before, s)
}

// Stop ends the login's acting session, if it has one, and marks one that ended before as seen. It needs no permission,
// only the login, and doing it again changes nothing (P6).
func (a *Acting) Stop(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time) error {
	return a.finish(ctx, tx, caller, Stopped, now)
}

// EndLogin ends the acting session of a login that ends, in the transaction that ends it. caller is who ends the login;
// its Login need not be that one.
func (a *Acting) EndLogin(ctx context.Context, tx *db.Tx, caller standin.Caller, login standin.LoginID, now time.Time) error {
	caller.Login.ID = login
	return a.finish(ctx, tx, caller, SignedOut, now)
}

func (a *Acting) finish(ctx context.Context, tx *db.Tx, caller standin.Caller, how How, now time.Time) error {
	s, _, live, err := a.look(ctx, tx, caller.Organisation, caller.Login.ID, now)
	if err != nil || s.ID == "" {
		return err
	}
	if live.Live {
		live = Liveness{How: how, At: now}
	}
	return a.turnAway(ctx, tx, caller, s, live, now)
}

// Refused records that the caller was refused, by a transaction of its own, with both names where the delegation is the
// caller's, and returns cause. action is "acting.start" or "acting.extend". What is no refusal (the database is away) is
// returned unrecorded.
func (a *Acting) Refused(ctx context.Context, caller standin.Caller, action string, id standin.DelegationID, cause error) error {
	switch standin.KindOf(cause) {
	case standin.Denied, standin.NotFound, standin.Conflict, standin.Unauthenticated:
	default:
		return cause
	}
	now := standin.Now(a.now)
	err := a.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		rec := ledger.By(caller)
		rec.At, rec.Action, rec.Resource = now, action, "delegation:"+shown(string(id))
		rec.Outcome, rec.Reasons = ledger.Refused, []string{standin.CodeOf(cause)}
		row, err := a.delegations.LoadRow(ctx, tx, caller.Organisation, id)
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		if err == nil && row.Actor == caller.Actor.Person() {
			rec.Principal, rec.Delegation = row.Principal, row.ID
		}
		_, err = a.ledger.Append(ctx, tx, rec)
		return err
	})
	if err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

// asThemselves returns the caller in their own name, in which a session starts.
func asThemselves(caller standin.Caller) standin.Caller {
	caller.Session, caller.Delegation, caller.Principal = "", "", caller.Actor.Person()
	return caller
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// shown cuts an id that somebody sent to what a record may hold.
func shown(id string) string {
	var kept []rune
	for _, r := range id {
		if r > ' ' && unicode.IsGraphic(r) && r != unicode.ReplacementChar && len(kept) < 100 {
			kept = append(kept, r)
		}
	}
	return string(kept)
}
