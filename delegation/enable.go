package delegation

import (
	"context"
	"time"

	"github.com/standin-id/standin"
)

// shortestSpan is the least for which a standby is enabled.
const shortestSpan = time.Minute

// Enable lets the actor of a standby act for the duration, from now. The organisation's longest span bounds it, counted
// from each enabling; the delegation's own end, where it has one, comes first. One that is enabled gets a new end, and
// what goes on by it goes on.
func (r *Delegations) Enable(ctx context.Context, caller standin.Caller, id standin.DelegationID, duration time.Duration) (Delegation, error) {
	return r.change(ctx, caller, id, DoEnable, func(m matter, now time.Time) (*Delegation, error) {
		if err := m.may(caller, DoEnable, now); err != nil {
			return nil, err
		}
		if err := m.active("delegation.enable"); err != nil {
			return nil, err
		}
		if err := checkSpan(duration, m.settings.Delegation.Max); err != nil {
			return nil, err
		}
		d := m.Delegation
		if !d.enabledAt(now) {
			d.EnabledAt = now
		}
		d.EnabledUntil = now.Add(duration).Truncate(time.Microsecond)
		return &d, nil
	})
}

// checkSpan refuses a span for which a standby cannot be enabled.
func checkSpan(duration, limit time.Duration) error {
	if limit <= 0 {
		limit = farthest
	}
	switch {
	case duration < shortestSpan:
		return standin.Refuse(standin.Invalid, "delegation.enable", "delegation.span_short", "Enable it for at least a minute.").On("duration")
	case duration > limit:
		return standin.Refuse(standin.Invalid, "delegation.enable", "delegation.span_long",
			"Your organisation allows at most {span} at a time.").On("duration").With("span", limit)
	}
	return nil
}

// Disable ends the present span of a standby at once. It stays named.
func (r *Delegations) Disable(ctx context.Context, caller standin.Caller, id standin.DelegationID) (Delegation, error) {
	return r.change(ctx, caller, id, DoDisable, func(m matter, now time.Time) (*Delegation, error) {
		if err := m.may(caller, DoDisable, now); err != nil {
			return nil, err
		}
		d := m.Delegation
		d.EnabledUntil = now
		return &d, nil
	})
}
