package acting_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// TestThreat51RevokeWins races starts and what is done while acting in four logins against one revocation, stop or
// deactivation, many times: whatever began after the end was acknowledged is refused, and afterwards nothing is live.
func TestThreat51RevokeWins(t *testing.T) {
	ends := map[string]func(h *house, id standin.DelegationID) error{
		"revoked": func(h *house, id standin.DelegationID) error {
			_, err := h.Delegations.Revoke(h.T.Context(), as(acme, "ann"), id)
			return err
		},
		"laid down": func(h *house, id standin.DelegationID) error {
			_, err := h.Delegations.LayDown(h.T.Context(), as(acme, "bob"), id)
			return err
		},
		"paused": func(h *house, id standin.DelegationID) error {
			_, err := h.Delegations.Deactivate(h.T.Context(), as(acme, "ann"), id)
			return err
		},
		"principal inactive": func(h *house, _ standin.DelegationID) error {
			return h.Directory.Deactivate(h.T.Context(), operator(acme), "ann")
		},
	}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := settle(t, d)
		for name, end := range ends {
			for round := range 8 {
				race(t, h, fmt.Sprintf("%s %d", name, round), end)
			}
		}
		h.explained()
	})
}

const racers = 4

func race(t *testing.T, h *house, name string, end func(h *house, id standin.DelegationID) error) {
	t.Helper()
	d := h.Appoint("bob", "ann")
	var acknowledged atomic.Bool
	var begun, wait sync.WaitGroup
	begun.Add(racers)
	for i := range racers {
		wait.Go(func() {
			me := h.login("bob", standin.LoginID(fmt.Sprint("l-", name, i)))
			for try := 0; ; try++ {
				late := acknowledged.Load()
				_, acts, err := h.begin(me, d.ID)
				if try == 0 {
					begun.Done()
				}
				if late && err == nil {
					t.Errorf("%s: it started after the end was acknowledged", name)
				}
				if err == nil {
					for late, err = acknowledged.Load(), h.check(acts); err == nil; late, err = acknowledged.Load(), h.check(acts) {
						if late {
							t.Errorf("%s: it was allowed after the end was acknowledged", name)
							return
						}
					}
				}
				if late {
					return
				}
			}
		})
	}
	begun.Wait()
	if err := end(h, d.ID); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	acknowledged.Store(true)
	wait.Wait()
	for i := range racers {
		if s, live := h.live(standin.LoginID(fmt.Sprint("l-", name, i))); live.Live {
			t.Errorf("%s: %s is live after the end was acknowledged", name, s.ID)
		}
	}
	h.Pass(time.Minute)
	h.Update(func(ctx context.Context, tx *db.Tx) error { // ann may be asked for again in the next round
		person, err := h.Directory.Person(ctx, tx, acme, "ann")
		if err != nil || person.Active() {
			return err
		}
		_, err = h.Directory.ReactivateIn(ctx, tx, operator(acme), "ann")
		return err
	})
	if _, err := h.Delegations.Revoke(t.Context(), as(acme, "ann"), d.ID); err != nil {
		t.Error(err)
	}
	h.Pass(time.Minute)
}
