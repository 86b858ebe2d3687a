package ledger

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// some are the actions that the tests below want.
var some = []string{"wanted.", "also.this"}

// TestFollowersOfSomeNeitherMissNorDouble is TestFollowersNeitherMissNorDouble for those who want few of many records.
func TestFollowersOfSomeNeitherMissNorDouble(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		const records, programs = 120, 2
		key := newKey(t)
		var ledgers []*Ledger
		for range programs {
			ledgers = append(ledgers, New(openAt(t, source), time.Now))
		}
		d := ledgers[0].db
		execute(t, d, `CREATE TABLE seen (position BIGINT PRIMARY KEY, record TEXT NOT NULL UNIQUE)`)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var working, appending sync.WaitGroup
		for _, l := range ledgers {
			working.Go(func() { dying(t, ctx, func(ctx context.Context) error { return NewSequencer(l, key, quiet).Run(ctx) }) })
			working.Go(func() { dying(t, ctx, func(ctx context.Context) error { return l.FollowSome(ctx, "test", some, see) }) })
			appending.Go(func() {
				for n := range records / programs {
					r := sample([]standin.OrganisationID{"acme", "other"}[n%2], n)
					r.Action = []string{"wanted.one", "unwanted.one", "also.this", "also.this_not", "wanted"}[n%5]
					add(t, l, r)
				}
			})
		}
		appending.Wait()
		eventually(t, "all were seen", func() bool { return query1[int64](t, d, `SELECT COUNT(*) FROM seen`) == records/5*2 })
		stop()
		working.Wait()
		wrong := query1[int64](t, d, `SELECT COUNT(*) FROM seen s JOIN records r ON r.id = s.record WHERE r.action NOT IN ('wanted.one', 'also.this')`)
		if wrong != 0 {
			t.Errorf("got %d records that were not wanted", wrong)
		}
		if missed := query1[int64](t, d, `SELECT COUNT(*) FROM seen s LEFT JOIN leaves l ON s.position = l.position AND s.record = l.record
			WHERE l.record IS NULL`); missed != 0 {
			t.Errorf("got %d records that were not seen at their place", missed)
		}
	})
}

// TestAFollowerOfSomeThatFailsTriesAgain wants nothing of a failed attempt kept, nothing skipped, and no more at once than a
// follower gets.
func TestAFollowerOfSomeThatFailsTriesAgain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, fault := New(d, time.Now), errors.New("fault")
		const records = 2*followed + 7
		for n := range records {
			r := sample("acme", n)
			r.Action = "wanted." + strconv.Itoa(n)
			add(t, l, r)
		}
		if err := NewSequencer(l, newKey(t), quiet).Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		execute(t, d, `CREATE TABLE seen (position BIGINT PRIMARY KEY, record TEXT NOT NULL UNIQUE)`)
		err := l.FollowSome(t.Context(), "test", some, func(ctx context.Context, tx *db.Tx, records []Record) error {
			return errors.Join(see(ctx, tx, records), fault)
		})
		if !errors.Is(err, fault) || query1[int64](t, d, `SELECT COUNT(*) FROM seen`) != 0 {
			t.Errorf("got %v, want the follower's own error and nothing kept", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		seen := 0
		err = l.FollowSome(ctx, "test", some, func(ctx context.Context, tx *db.Tx, got []Record) error {
			if len(got) > followed {
				t.Errorf("got %d at once", len(got))
			}
			if seen += len(got); seen >= records {
				stop()
			}
			return see(ctx, tx, got)
		})
		if n := query1[int64](t, d, `SELECT COUNT(*) FROM seen`); n != records || err != nil {
			t.Errorf("got %d, %v, want all %d", n, err, records)
		}
	})
}

// TestTailOfSome begins in the middle and sees what is wanted of what comes afterwards.
func TestTailOfSome(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, key := grown(t, d)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		end, got, ended := view(t, d, l.End), make(chan Record, 10), make(chan error)
		go func() {
			ended <- l.TailSome(ctx, end, some, func(_ context.Context, records []Record) error {
				for _, r := range records {
					got <- r
				}
				return nil
			})
		}()
		for n, action := range []string{"unwanted.one", "wanted.one", "unwanted.two", "also.this"} {
			r := sample("acme", n)
			r.Action = action
			add(t, l, r)
		}
		if err := NewSequencer(l, key, quiet).Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"wanted.one", "also.this"} {
			select {
			case r := <-got:
				if r.Action != want {
					t.Errorf("got %s, want %s", r.Action, want)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("%s did not come", want)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
