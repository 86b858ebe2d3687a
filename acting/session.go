// Package acting owns acting sessions: whom somebody may act for now, and the one time that they do, from its start to
// its end.
//
// It refuses to start without a usable delegation between two active people, to start while acting except to switch, to
// let a session outlive its delegation, its login or the organisation's bound, and to go on once any of them ended.
// Whether a session is live is decided by the clock and the facts at the instant of use, in the transaction of what is
// done by it; recording an end comes after and decides nothing.
package acting

import (
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
)

// Session is one time that an actor uses a delegation, within one login of theirs.
type Session struct {
	Organisation standin.OrganisationID
	ID           standin.SessionID
	Login        standin.LoginID
	Actor        standin.PersonID
	Principal    standin.PersonID
	Delegation   standin.DelegationID
	StartedAt    time.Time
	ExpiresAt    time.Time // ends then, unless extended
	View         bool      // the principal's tabs, searches and reports were asked for (C5)
	LimitAt      time.Time // no extension goes beyond; nor beyond the end of the delegation, which it follows (within)
	EndedAt      time.Time // zero while no end is recorded
	EndedHow     How
	SeenAt       time.Time // its actor turned away from it, or read that it had ended
	Version      int64
}

// How says how a session ended.
type How string

const (
	Stopped           How = "stopped"           // by its actor
	Switched          How = "switched"          // its actor went on as somebody else
	SignedOut         How = "signed_out"        // its login ended
	TimeUp            How = "time_up"           // its time ran out unanswered
	LimitReached      How = "limit_reached"     // it lasted as long as any session may
	Withdrawn         How = "withdrawn"         // ended by its principal or an administrator
	Revoked           How = "revoked"           // the delegation was revoked
	LaidDown          How = "laid_down"         // the delegation was laid down
	DelegationOver    How = "delegation_over"   // the delegation's window is over
	DelegationPaused  How = "delegation_paused" // the delegation is inactive, not enabled, moved, or waits for an answer
	ActorInactive     How = "actor_inactive"
	PrincipalInactive How = "principal_inactive"
)

// Liveness says whether a session is live at an instant, or how and when it ended. The zero Liveness is not live.
type Liveness struct {
	Live bool
	How  How       // "" while live, and where there is no session
	At   time.Time // when it really ended
}

// Facts are what decides about a session: the delegation as it is now and its two people, or that it is gone.
type Facts struct {
	delegation.Row
	Gone bool
}

// LivenessAt returns what the session is at now. Of several ends the first in time counts; an end that is recorded counts
// above all.
func (s Session) LivenessAt(f Facts, now time.Time) Liveness {
	if s.ID == "" {
		return Liveness{}
	}
	if !s.EndedAt.IsZero() {
		return Liveness{How: s.EndedHow, At: s.EndedAt}
	}
	end := Liveness{Live: true}
	first := func(how How, at time.Time) {
		if at.Before(s.StartedAt) {
			at = s.StartedAt
		}
		if at.After(now) {
			at = now
		}
		if end.Live || at.Before(end.At) {
			end = Liveness{How: how, At: at}
		}
	}
	if !now.Before(s.ExpiresAt) {
		first(s.howTimeEnds(f), s.ExpiresAt)
	}
	s.endWith(f, now, first)
	return end
}

// within returns the session, live at now, with no more time than its delegation has by now.
func (s Session) within(f Facts, now time.Time) Session {
	if until, _ := f.UsableUntil(now); !until.IsZero() {
		s.ExpiresAt, s.LimitAt = earlier(s.ExpiresAt, until), earlier(s.LimitAt, until)
	}
	return s
}

// howTimeEnds says what the session's time ended with: the delegation, the bound of every session, or no answer.
func (s Session) howTimeEnds(f Facts) How {
	if f.EndsAt.Equal(s.ExpiresAt) || f.Kind == delegation.Standby && f.EnabledUntil.Equal(s.ExpiresAt) {
		return DelegationOver
	}
	if s.ExpiresAt.Before(s.LimitAt) {
		return TimeUp
	}
	return LimitReached
}

// endWith calls end for each of the facts under the session that has ended it by now. What was unusable meanwhile has
// ended it too, for a session never comes back.
func (s Session) endWith(f Facts, now time.Time, end func(How, time.Time)) {
	if f.Gone || f.Actor != s.Actor || f.Principal != s.Principal {
		end(DelegationOver, now)
		return
	}
	since := func(how How, at time.Time) {
		if !at.IsZero() {
			end(how, at)
		}
	}
	meanwhile := func(how How, at time.Time) {
		if at.After(s.StartedAt) {
			end(how, at)
		}
	}
	since(ActorInactive, f.ActorPerson.InactiveAt)
	meanwhile(ActorInactive, f.ActorPerson.ActiveSince)
	since(PrincipalInactive, f.PrincipalPerson.InactiveAt)
	meanwhile(PrincipalInactive, f.PrincipalPerson.ActiveSince)
	if f.EndedHow == delegation.EndedLaidDown {
		since(LaidDown, f.EndedAt)
	} else {
		since(Revoked, f.EndedAt)
	}
	if !f.EndsAt.IsZero() && !now.Before(f.EndsAt) {
		end(DelegationOver, f.EndsAt)
	}
	since(DelegationPaused, f.InactiveAt)
	meanwhile(DelegationPaused, f.ResumedAt)
	meanwhile(DelegationPaused, f.AskedAt)
	if f.Kind == delegation.Standby {
		meanwhile(DelegationPaused, f.EnabledAt)
		if !now.Before(f.EnabledUntil) {
			end(DelegationPaused, f.EnabledUntil)
		}
	}
	if f.StartsAt.After(s.StartedAt) {
		end(DelegationPaused, f.ChangedAt)
	}
	if begun, _ := f.SpanAt(now); f.StateAt(now) != delegation.Active || begun.After(s.StartedAt) {
		end(DelegationPaused, now) // whatever the delegation may yet come to be
	}
}

// limitAt returns until when a session that started then may last at most: its login, and the organisation's bound from its
// start (P7, THREATS 36). Its delegation bounds it as well, as it is at each use.
func limitAt(started, loginEnds time.Time, most time.Duration) time.Time {
	return earlier(started.Add(min(most, longest)), loginEnds).Truncate(time.Microsecond)
}

// longest is the most that any session lasts, whatever is set.
const longest = 24 * time.Hour
