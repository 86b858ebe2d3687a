package decision_test

import (
	"testing"
	"time"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/rights"
)

// TestThreat41AClockThatIsWrongStopsGrants: a replica whose clock is more than two seconds from the database's permits
// nothing on behalf of anybody, until they agree again.
func TestThreat41AClockThatIsWrongStopsGrants(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := settle(t, d)
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		h.permits(asks("approve", within(s)))
		if err := h.CompareClocks(t.Context()); err != nil { // the tests' clock is not that of the database
			t.Fatal(err)
		}
		h.denies(asks("approve", within(s)), decision.ClocksApart)
		h.permits(asks("approve", self("hal")))
		h.Set(time.Now())
		if err := h.CompareClocks(t.Context()); err != nil {
			t.Fatal(err)
		}
		again, _ := h.act(h.name("bob", "hal", rights.Limits{}))
		h.permits(asks("approve", within(again)))
	})
}
