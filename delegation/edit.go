package delegation

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// Change says what becomes of a delegation; what is nil stays. Version is the one that was looked at, 0 for whichever is
// there. Widening, where it is not nil, refuses a change that would let the actor do more, and no other: whoever asks for it
// has to prove a factor first.
type Change struct {
	Version  int64
	Start    *time.Time
	End      *time.Time // a zero end is the longest that the organisation allows
	Purpose  *string
	Limits   *rights.Limits
	Widening error
}

// Edit changes dates, purpose and limits. Narrowing holds at once. Widening is refused to the actor themselves, and where
// the organisation asks for acceptance it is asked for again, of the actor or, where the actor named themselves, of the
// principal; until the answer nothing can be done by it. A changed end may be as late as a new delegation's, and so may the
// end of one that is to start earlier.
//
// Conflict where somebody changed it since Version; nothing is lost, for nothing was written.
func (r *Delegations) Edit(ctx context.Context, caller standin.Caller, id standin.DelegationID, change Change) (Delegation, error) {
	now := standin.Now(r.now)
	var after Delegation
	err := r.db.Update(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		after, err = r.edit(ctx, tx, caller, id, change, now)
		return err
	})
	if err != nil {
		return Delegation{}, r.refused(ctx, caller, now, "delegation.edit", resource(id), "", err)
	}
	return after, nil
}

// PreviewEdit returns what Edit would make of the delegation, or its refusal; nothing is written.
func (r *Delegations) PreviewEdit(ctx context.Context, caller standin.Caller, id standin.DelegationID, change Change) (before, after Delegation, err error) {
	now := standin.Now(r.now)
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		m, err := r.meet(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		before = m.Delegation
		after, err = r.changed(ctx, tx, caller, m, change, now)
		return err
	})
	return before, after, err
}

func (r *Delegations) edit(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.DelegationID, change Change, now time.Time) (Delegation, error) {
	if caller.Acting() {
		return Delegation{}, notWhileActing()
	}
	m, err := r.meet(ctx, tx, caller, id)
	if err != nil {
		return Delegation{}, err
	}
	after, err := r.changed(ctx, tx, caller, m, change, now)
	if err != nil || sameState(m.Delegation, after) {
		return after, err
	}
	return r.save(ctx, tx, caller, now, "delegation.edit", m.Delegation, after)
}

// changed returns what the change makes of the delegation.
func (r *Delegations) changed(ctx context.Context, tx *db.Tx, caller standin.Caller, m matter, change Change, now time.Time) (Delegation, error) {
	if err := m.may(caller, DoEdit, now); err != nil {
		return m.Delegation, err
	}
	if change.Version != 0 && change.Version != m.Version {
		return m.Delegation, changedMeanwhile(m.Version)
	}
	d, err := m.rewindow(change, now, m.settings.Delegation.Max)
	if err != nil {
		return d, err
	}
	if change.Purpose != nil {
		if d.Purpose, err = checkPurpose(*change.Purpose, caller); err != nil {
			return d, err
		}
	}
	if change.Limits != nil {
		if d.Limits, err = r.checkLimits(ctx, tx, d.Organisation, d.Kind, *change.Limits); err != nil {
			return d, err
		}
	}
	if !widens(m.Delegation, d) {
		return d, nil // what narrows is never refused, whatever else there is
	}
	return r.widened(ctx, tx, caller, m, d, change.Widening, now)
}

// widened returns d, which lets its actor do more than m does, with the yes that it waits for. Whoever may not do so is not asked
// for the factor that is missing.
func (r *Delegations) widened(ctx context.Context, tx *db.Tx, caller standin.Caller, m matter, d Delegation, missing error, now time.Time) (Delegation, error) {
	if m.party.is(AsActor) {
		return d, ownGain()
	}
	if missing != nil {
		return d, missing
	}
	if err := m.active("delegation.edit"); err != nil {
		return d, err
	}
	if m.settings.Delegation.Accept {
		d.AskedAt, d.AskedOf, d.AcceptedAt = now, d.askedOf(caller.Principal), time.Time{}
	}
	existing, err := query(ctx, tx, selectRows+` AND d.principal = $2 AND d.ended_at IS NULL`, string(d.Organisation), string(d.Principal))
	if err != nil {
		return d, err
	}
	return d, d.refuseDuplicate(existing, now)
}

// rewindow returns the delegation with the window that the change wants. Forms show minutes, so an instant in the minute
// of the present one leaves it as it is; so does a past start of what has begun.
func (d Delegation) rewindow(change Change, now time.Time, limit time.Duration) (Delegation, error) {
	start, end := d.StartsAt, d.EndsAt
	newStart := change.Start != nil && !sameMinute(*change.Start, start) && (change.Start.After(now) || start.After(now))
	newEnd := change.End != nil && !sameMinute(*change.End, end)
	switch {
	case newStart && change.Start.Before(now.Add(-justNow)):
		_, _, err := window(d.Kind, *change.Start, end, now, limit)
		return d, err
	case newStart:
		start = latest(*change.Start, now)
	}
	if newEnd {
		end = *change.End
	}
	if !newStart && !newEnd {
		return d, nil
	}
	if err := checkEnd(start, end, now); err != nil {
		return d, err
	}
	if newEnd || start.Before(d.StartsAt) {
		var err error
		if end, err = capped(d.Kind, latest(start, now), end, limit); err != nil {
			return d, err
		}
	}
	d.StartsAt, d.EndsAt = start.UTC().Truncate(time.Microsecond), end.UTC().Truncate(time.Microsecond)
	return d, nil
}

func sameMinute(a, b time.Time) bool {
	if a.IsZero() || b.IsZero() {
		return a.IsZero() && b.IsZero()
	}
	return a.Truncate(time.Minute).Equal(b.Truncate(time.Minute))
}

// edited says what the change did, "" where neither the window nor the limits changed.
func edited(before, after Delegation) string {
	switch {
	case widens(before, after):
		return EditedWidened
	case !before.StartsAt.Equal(after.StartsAt) || !before.EndsAt.Equal(after.EndsAt) || limitsText(before) != limitsText(after):
		return EditedNarrowed
	}
	return ""
}

func sameState(a, b Delegation) bool { return same(a.state(), b.state()) }

// Renew lets the delegation last as long as if it were named now: the organisation's longest span from now, or from a
// start still to come; 90 days more where there is no cap. The actor's acceptance stands; where the actor named
// themselves, an administrator's renewal waits for the principal's yes if the organisation asks.
func (r *Delegations) Renew(ctx context.Context, caller standin.Caller, id standin.DelegationID) (Delegation, error) {
	return r.change(ctx, caller, id, DoRenew, func(m matter, now time.Time) (*Delegation, error) {
		if err := m.may(caller, DoRenew, now); err != nil {
			return nil, err
		}
		if err := m.active("delegation.renew"); err != nil {
			return nil, err
		}
		d := m.Delegation
		d.EndsAt = d.renewedEnd(now, m.settings.Delegation.Max)
		if err := checkEnd(d.StartsAt, d.EndsAt, now); err != nil {
			return nil, err
		}
		if asked := d.askedOf(caller.Principal); m.settings.Delegation.Accept && asked == d.Principal {
			d.AskedAt, d.AskedOf, d.AcceptedAt = now, asked, time.Time{}
		}
		return &d, nil
	})
}
