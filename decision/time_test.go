package decision_test

import (
	"context"
	"testing"
	"time"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// TestThreat42NothingIsLate: a window, a session and a standby's span end at their instant, whoever writes that down when.
func TestThreat42NothingIsLate(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		end := h.Now().Add(30 * time.Minute)
		short := h.name("ann", "hal", rights.Limits{}, func(n *delegation.Naming) { n.End = end })
		s, _ := h.act(short)
		long, _ := h.act(h.name("bob", "hal", rights.Limits{}))
		h.Set(end.Add(-time.Microsecond))
		h.permits(asks("approve", within(s)))
		h.permits(asks("approve", could("ann", "hal")))
		h.Set(end)
		h.denies(asks("approve", within(s)), decision.SessionOver)
		h.denies(asks("approve", could("ann", "hal")), decision.NoDelegation)
		h.permits(asks("approve", within(long)))
		h.Set(long.ExpiresAt)
		h.denies(asks("approve", within(long)), decision.SessionOver)
	})
}

// TestP7AnExtensionIsSeen: a session that was extended goes on, and not beyond what it was extended to.
func TestP7AnExtensionIsSeen(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		s, caller := h.act(h.name("ann", "hal", rights.Limits{}))
		h.permits(asks("approve", within(s)))
		h.Set(s.ExpiresAt.Add(-time.Minute))
		h.Update(func(ctx context.Context, tx *db.Tx) (err error) {
			s, err = h.Acting.Extend(ctx, tx, caller, h.Now())
			return err
		})
		h.Pass(2 * time.Minute)
		h.permits(asks("approve", within(s)))
		h.Set(s.ExpiresAt)
		h.denies(asks("approve", within(s)), decision.SessionOver)
	})
}
