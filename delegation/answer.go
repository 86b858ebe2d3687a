package delegation

import (
	"context"
	"time"

	"github.com/standin-id/standin"
)

// Accept says yes: the actor's to standing in, or the principal's to an administrator who named themselves. Version is the
// one that was read, 0 for whichever is there; Conflict where it says something else by now.
func (r *Delegations) Accept(ctx context.Context, caller standin.Caller, id standin.DelegationID, version int64) (Delegation, error) {
	return r.change(ctx, caller, id, DoAccept, func(m matter, now time.Time) (*Delegation, error) {
		if err := m.may(caller, DoAccept, now); err != nil {
			return nil, err
		}
		if version != 0 && version != m.Version {
			return nil, changedMeanwhile(m.Version)
		}
		if err := m.active("delegation.accept"); err != nil {
			return nil, err
		}
		d := m.Delegation
		d.AcceptedAt = now
		return &d, nil
	})
}

// Decline says no, with a reason or without. What was declined is over.
func (r *Delegations) Decline(ctx context.Context, caller standin.Caller, id standin.DelegationID, reason string) (Delegation, error) {
	return r.change(ctx, caller, id, DoDecline, func(m matter, now time.Time) (*Delegation, error) {
		if err := m.may(caller, DoDecline, now); err != nil {
			return nil, err
		}
		reason, err := clean(reason, "reason")
		if err != nil {
			return nil, err
		}
		d := m.Delegation
		d.DeclinedAt, d.DeclineReason = now, reason
		return &d, nil
	})
}

// LayDown ends the delegation for good, by its actor, at any time.
func (r *Delegations) LayDown(ctx context.Context, caller standin.Caller, id standin.DelegationID) (Delegation, error) {
	return r.change(ctx, caller, id, DoLayDown, r.ending(caller, DoLayDown, EndedLaidDown))
}

// Revoke ends the delegation for good, at any time. When it returns nil the end is durable and holds everywhere; what was
// revoked already stays so.
func (r *Delegations) Revoke(ctx context.Context, caller standin.Caller, id standin.DelegationID) (Delegation, error) {
	return r.change(ctx, caller, id, DoRevoke, r.ending(caller, DoRevoke, EndedRevoked))
}

func (r *Delegations) ending(caller standin.Caller, verb Verb, how string) func(m matter, now time.Time) (*Delegation, error) {
	return func(m matter, now time.Time) (*Delegation, error) {
		if err := m.whoMay(verb, caller.Principal, m.party); err != nil {
			return nil, err
		}
		if !m.EndedAt.IsZero() {
			return nil, nil // ended already: there is nothing left to do
		}
		d := m.Delegation
		d.EndedAt, d.EndedBy, d.EndedHow = now, caller.Actor, how
		return &d, nil
	}
}

// Deactivate pauses the delegation: nothing can be done by it until somebody makes it active again.
func (r *Delegations) Deactivate(ctx context.Context, caller standin.Caller, id standin.DelegationID) (Delegation, error) {
	return r.change(ctx, caller, id, DoDeactivate, func(m matter, now time.Time) (*Delegation, error) {
		if err := m.may(caller, DoDeactivate, now); err != nil {
			return nil, err
		}
		d := m.Delegation
		d.InactiveAt = now
		return &d, nil
	})
}

// Reactivate makes a paused delegation what it would be had it never been paused; sessions from before stay ended.
func (r *Delegations) Reactivate(ctx context.Context, caller standin.Caller, id standin.DelegationID) (Delegation, error) {
	return r.change(ctx, caller, id, DoReactivate, func(m matter, now time.Time) (*Delegation, error) {
		if err := m.may(caller, DoReactivate, now); err != nil {
			return nil, err
		}
		if err := m.active("delegation.reactivate"); err != nil {
			return nil, err
		}
		d := m.Delegation
		d.InactiveAt, d.ResumedAt = time.Time{}, now
		return &d, nil
	})
}
