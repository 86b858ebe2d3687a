package db_test

import (
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
