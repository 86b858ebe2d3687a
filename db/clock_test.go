package db_test

import (
	"context"
	"testing"
	"time"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

func TestThreat41TheDatabasesClock(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		before := time.Now().Add(-time.Minute)
		got, err := d.Clock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if after := time.Now().Add(time.Minute); got.Before(before) || got.After(after) {
			t.Errorf("got %v, want an instant between %v and %v", got, before, after)
		}
	})
}

// TestATransactionHasOneInstant: every transaction that begins after another one ended has a later one.
func TestATransactionHasOneInstant(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var last time.Time
		for range 5 {
			err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				first, err := tx.Clock(ctx)
				if err != nil {
					return err
				}
				again, err := tx.Clock(ctx)
				if !again.Equal(first) || first.Before(last) {
					t.Errorf("got %v and %v after %v, want one instant that is not earlier", first, again, last)
				}
				last = first
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
