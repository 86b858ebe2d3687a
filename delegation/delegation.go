// Package delegation owns who may stand in for whom, when, for what purpose and within which limits: naming, accepting,
// changing, enabling, ending, and what a delegation is at an instant.
//
// It refuses to let anybody name a stand-in for somebody else without the power to, to carry a delegation across
// organisations, to change anything while acting, to outlast the organisation's longest span, and to widen anything
// without a record. Whether a delegation is usable is decided by the instant of use; nothing turns it off late.
package delegation

import (
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// Kind says what a delegation is for.
type Kind string

const (
	Cover   Kind = "cover"   // usable within its window
	Standby Kind = "standby" // named ahead, usable only while enabled
	Entry   Kind = "entry"   // opens the personal actions that its limits name, and nothing else
)

// Known reports whether the kind is one that can be named.
func (k Kind) Known() bool { return k == Cover || k == Standby || k == Entry }

// How a delegation was ended for good.
const (
	EndedRevoked  = "revoked"
	EndedLaidDown = "laid_down"
)

// What a change of the window or the limits did: let its actor do more, or do it earlier or longer; or not.
const (
	EditedWidened  = "widened"
	EditedNarrowed = "narrowed"
)

// Delegation lets its actor act for its principal. Windows are half-open: StartsAt is included, EndsAt is not. A zero
// time says that it did not happen, or that there is no such end.
type Delegation struct {
	Organisation  standin.OrganisationID
	ID            standin.DelegationID
	Actor         standin.PersonID
	Principal     standin.PersonID
	Kind          Kind
	Purpose       string
	Limits        rights.Limits
	StartsAt      time.Time
	EndsAt        time.Time
	CreatedAt     time.Time
	CreatedBy     standin.Actor
	AskedAt       time.Time        // an answer was asked for
	AskedOf       standin.PersonID // from its actor; from its principal where the actor named themselves
	AcceptedAt    time.Time
	DeclinedAt    time.Time
	DeclineReason string
	EnabledAt     time.Time // the beginning of a standby's present or last span
	EnabledUntil  time.Time
	InactiveAt    time.Time
	ResumedAt     time.Time // made usable again after a pause; what had begun before is over
	EndedAt       time.Time
	EndedBy       standin.Actor
	EndedHow      string
	UsedAt        time.Time // first used
	EditedAt      time.Time // its window or its limits were last changed
	EditedBy      standin.Actor
	EditedHow     string // EditedWidened or EditedNarrowed
	ChangedAt     time.Time
	Version       int64
	// Applied is what a world file last said of it, so that applying again changes only what the file changed.
	Applied string
}

// State is what a delegation is at an instant.
type State string

const (
	Upcoming State = "upcoming"  // its window has not begun
	Active   State = "active"    // usable
	Dormant  State = "dormant"   // a standby that is not enabled
	Waiting  State = "waiting"   // an answer was asked for and not given
	Declined State = "declined"  // the answer was no
	Inactive State = "inactive"  // paused; can be made active again
	Expired  State = "expired"   // its window is over
	Revoked  State = "revoked"   // ended by its principal or an administrator
	LaidDown State = "laid_down" // ended by its actor
)

// Over reports whether nothing can bring a delegation in this state back.
func (s State) Over() bool { return s == Declined || s == Expired || s == Revoked || s == LaidDown }

// StateAt returns what the delegation is at now. Of several states the one that lasts wins: what was ended is not also
// paused.
func (d Delegation) StateAt(now time.Time) State {
	switch {
	case !d.EndedAt.IsZero() && d.EndedHow == EndedLaidDown:
		return LaidDown
	case !d.EndedAt.IsZero():
		return Revoked
	case !d.DeclinedAt.IsZero():
		return Declined
	case !d.EndsAt.IsZero() && !now.Before(d.EndsAt):
		return Expired
	case !d.InactiveAt.IsZero():
		return Inactive
	case !d.AskedAt.IsZero() && d.AcceptedAt.IsZero():
		return Waiting
	case now.Before(d.StartsAt):
		return Upcoming
	case d.Kind == Standby && !d.enabledAt(now):
		return Dormant
	case d.Kind.Known():
		return Active
	}
	return Revoked // a kind that this version does not know permits nothing
}

func (d Delegation) enabledAt(now time.Time) bool {
	return !d.EnabledAt.IsZero() && !now.Before(d.EnabledAt) && now.Before(d.EnabledUntil)
}

// SpanAt returns since when the delegation is what it is at now, and until when it stays so if nobody does anything; zero
// where it has no end. For an active one the span is that of unbroken use: what began before it is over.
func (d Delegation) SpanAt(now time.Time) (since, until time.Time) {
	switch d.StateAt(now) {
	case Upcoming:
		return d.CreatedAt, d.StartsAt
	case Active:
		since = latest(d.StartsAt, d.AcceptedAt, d.ResumedAt)
		if d.Kind == Standby {
			return latest(since, d.EnabledAt), earliest(d.EnabledUntil, d.EndsAt)
		}
		return since, d.EndsAt
	case Dormant:
		since = latest(d.StartsAt, d.AcceptedAt, d.ResumedAt)
		if d.EnabledUntil.After(since) && !now.Before(d.EnabledUntil) {
			since = d.EnabledUntil
		}
		return since, d.EndsAt
	case Waiting:
		return d.AskedAt, d.EndsAt
	case Declined:
		return d.DeclinedAt, time.Time{}
	case Inactive:
		return d.InactiveAt, d.EndsAt
	case Expired:
		return d.EndsAt, time.Time{}
	}
	return d.EndedAt, time.Time{}
}

// UsableUntil returns the instant at which the delegation stops being usable if nobody does anything, zero where it has
// no end, and whether it is usable at now at all.
func (d Delegation) UsableUntil(now time.Time) (time.Time, bool) {
	if d.StateAt(now) != Active {
		return time.Time{}, false
	}
	_, until := d.SpanAt(now)
	return until, true
}

// overlaps reports whether some instant lies in both windows.
func (d Delegation) overlaps(e Delegation) bool {
	return (e.EndsAt.IsZero() || d.StartsAt.Before(e.EndsAt)) && (d.EndsAt.IsZero() || e.StartsAt.Before(d.EndsAt))
}

// latest returns the latest of the instants; zero ones are none.
func latest(instants ...time.Time) (t time.Time) {
	for _, i := range instants {
		if i.After(t) {
			t = i
		}
	}
	return t
}

// earliest returns the earliest of the instants; zero ones are no bound.
func earliest(instants ...time.Time) (t time.Time) {
	for _, i := range instants {
		if !i.IsZero() && (t.IsZero() || i.Before(t)) {
			t = i
		}
	}
	return t
}
