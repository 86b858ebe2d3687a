package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// TestFollowersNeitherMissNorDouble has sequencers die and take over, and followers of one name die and begin again,
// while records come from two programs. What the followers write holds each record once, in the order of the installation.
func TestFollowersNeitherMissNorDouble(t *testing.T) {
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
			working.Go(func() { dying(t, ctx, func(ctx context.Context) error { return l.Follow(ctx, "test", see) }) })
			appending.Go(func() {
				for n := range records / programs {
					add(t, l, sample([]standin.OrganisationID{"acme", "other"}[n%2], n))
				}
			})
		}
		appending.Wait()
		eventually(t, "all were seen", func() bool { return query1[int64](t, d, `SELECT COUNT(*) FROM seen`) == records })
		stop()
		working.Wait()
		wrong := query1[int64](t, d, `SELECT COUNT(*) FROM leaves l LEFT JOIN seen s ON s.position = l.position AND s.record = l.record
			WHERE s.record IS NULL`)
		if wrong != 0 {
			t.Errorf("got %d records that were not seen at their place", wrong)
		}
		if report := verified(t, d, key); len(report.Problems) > 0 {
			t.Errorf("got %v, want no problem", report.Problems)
		}
	})
}

// dying runs work again and again, a short while each time, until ctx ends.
func dying(t *testing.T, ctx context.Context, work func(context.Context) error) {
	for n := 0; ctx.Err() == nil; n++ {
		life, end := context.WithTimeout(ctx, time.Duration(50+37*(n%7))*time.Millisecond)
		if err := work(life); err != nil {
			t.Error(err)
		}
		end()
	}
}

// see writes down what a follower was given. A record that comes twice is against the key.
func see(ctx context.Context, tx *db.Tx, records []Record) error {
	for _, r := range records {
		if _, err := tx.Exec(ctx, `INSERT INTO seen (position, record) VALUES ($1, $2)`, r.Position, string(r.ID)); err != nil {
			return err
		}
	}
	return nil
}

// TestAFollowerThatFailsTriesAgain wants nothing of a failed attempt kept, and nothing skipped.
func TestAFollowerThatFailsTriesAgain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, _ := grown(t, d)
		execute(t, d, `CREATE TABLE seen (position BIGINT PRIMARY KEY, record TEXT NOT NULL UNIQUE)`)
		fault := errors.New("fault")
		err := l.Follow(t.Context(), "test", func(ctx context.Context, tx *db.Tx, records []Record) error {
			return errors.Join(see(ctx, tx, records), fault)
		})
		if !errors.Is(err, fault) {
			t.Errorf("got %v, want the follower's own error", err)
		}
		if n := query1[int64](t, d, `SELECT COUNT(*) FROM seen`); n != 0 {
			t.Errorf("got %d kept of what failed, want none", n)
		}
		ctx, stop := context.WithCancel(t.Context())
		err = l.Follow(ctx, "test", func(ctx context.Context, tx *db.Tx, records []Record) error {
			stop()
			return see(ctx, tx, records)
		})
		if n := query1[int64](t, d, `SELECT COUNT(*) FROM seen`); n != 41 || err != nil {
			t.Errorf("got %d, %v, want all 41", n, err)
		}
	})
}

// TestARecordRemovedIsNoGap: who follows hears of it instead of going on.
func TestARecordRemovedIsNoGap(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, _ := grown(t, d)
		execute(t, d, `DELETE FROM records WHERE id = (SELECT record FROM leaves WHERE position = 20)`)
		for what, err := range map[string]error{
			"Follow": l.Follow(t.Context(), "test", func(context.Context, *db.Tx, []Record) error { return nil }),
			"Tail":   l.Tail(t.Context(), 3, func(context.Context, []Record) error { return nil }),
		} {
			if got, want := standin.CodeOf(err), "ledger.damaged"; got != want {
				t.Errorf("%s: got %v, want %s", what, err, want)
			}
		}
	})
}

// TestTailTellsWhatComes begins in the middle and sees what is appended afterwards.
func TestTailTellsWhatComes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, key := grown(t, d)
		end := view(t, d, l.End)
		if end != 41 {
			t.Fatalf("got the end at %d, want 41", end)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var mu sync.Mutex
		var got []int64
		ended := make(chan error)
		go func() {
			ended <- l.Tail(ctx, end-2, func(_ context.Context, records []Record) error {
				mu.Lock()
				defer mu.Unlock()
				for _, r := range records {
					got = append(got, r.Position)
				}
				return nil
			})
		}()
		flush(t, l, key) // the three that wait
		eventually(t, "the tail has them", func() bool { mu.Lock(); defer mu.Unlock(); return len(got) == 5 })
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if want := []int64{39, 40, 41, 42, 43}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got positions %v, want %v", got, want)
		}
	})
}

// TestThreat41OrderDespiteClocks has two programs, one of whose clocks is wrong by an hour, change one thing in turn: the
// record tells the changes in the order in which they happened.
func TestThreat41OrderDespiteClocks(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		ahead := New(openAt(t, source), func() time.Time { return time.Now().Add(time.Hour) })
		right := New(openAt(t, source), time.Now)
		var want []standin.RecordID
		for n := range 10 {
			l := []*Ledger{ahead, right}[n%2]
			r := sample("acme", n)
			r.At = l.now()
			want = append(want, add(t, l, r)...)
		}
		// A program that is started anew after its clock went back goes on behind what waits.
		later := []byte(want[9])
		for i := 10; ; i-- { // the least digit of the time that can be greater
			if later[i] < 'v' {
				later[i] = 'v'
				break
			}
		}
		execute(t, right.db, `UPDATE waiting SET id = $1 WHERE id = $2`, string(later), string(want[9]))
		restarted := New(openAt(t, source), time.Now)
		if next := add(t, restarted, sample("acme", 11))[0]; next <= standin.RecordID(later) {
			t.Errorf("got id %s after %s, want a later one", next, later)
		}
		execute(t, right.db, `UPDATE waiting SET id = $1 WHERE id = $2`, string(want[9]), string(later))

		key := newKey(t)
		flush(t, right, key)
		for n, id := range want {
			if got := query1[standin.RecordID](t, right.db, `SELECT record FROM leaves WHERE sequence = $1`, n); got != id {
				t.Errorf("place %d: got %s, want %s", n, got, id)
			}
		}
	})
}

// TestALeaseOfAWrongClockBindsNobody has a sequencer take its lease when its clock is years ahead, and die.
func TestALeaseOfAWrongClockBindsNobody(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := noon.AddDate(5, 0, 0)
		l, key := New(d, func() time.Time { return now }), newKey(t)
		add(t, l, sample("acme", 1))
		if placed, held, err := NewSequencer(l, key, quiet).step(t.Context()); placed != 1 || !held || err != nil {
			t.Fatalf("got %d, %v, %v, want 1, true", placed, held, err)
		}
		now = noon
		add(t, l, sample("acme", 2))
		if placed, held, err := NewSequencer(l, key, quiet).step(t.Context()); placed != 1 || !held || err != nil {
			t.Errorf("got %d, %v, %v, want 1, true", placed, held, err)
		}
		if report := verified(t, d, key); len(report.Problems) > 0 {
			t.Error(report.Problems)
		}
	})
}

// TestThreat78LongTextsAreCut appends what is longer than an index takes.
func TestThreat78LongTextsAreCut(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, key := New(d, ticking()), newKey(t)
		var long string
		for len(long) < 20_000 {
			long += standin.NewSecret() + "ü" // not to be compressed
		}
		r := sample("acme", 1)
		r.Actor, r.Principal, r.Session, r.Delegation = standin.Actor(long), standin.PersonID(long), standin.SessionID(long), standin.DelegationID(long)
		r.Action, r.Resource, r.Origin.Address, r.Origin.Agent = long, long, long, long
		id := add(t, l, r)[0]
		flush(t, l, key)
		got := view(t, d, func(ctx context.Context, tx *db.Tx) (Record, error) { return l.ByID(ctx, tx, "acme", id) })
		for _, text := range []string{string(got.Actor), got.Action, got.Resource, got.Origin.Agent} {
			if len(text) > longestText || text[:200] != long[:200] || text[len(text)-len("…"):] != "…" {
				t.Errorf("got %d bytes, %q, want the beginning and that it was cut", len(text), text)
			}
		}
		if report := verified(t, d, key); len(report.Problems) > 0 {
			t.Error(report.Problems)
		}
	})
}
