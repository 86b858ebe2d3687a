package ledger

import (
	"context"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

func openAt(t testing.TB, source string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain for: %s", what)
		case <-tick.C:
		}
	}
}

// TestRootsAreThoseOfRFC6962 computes every tree's hash from its leaves by the definition.
func TestRootsAreThoseOfRFC6962(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		_, key := grown(t, d)
		for organisation, want := range map[standin.OrganisationID]int64{"acme": 30, "other": 10, "standin": 1, order: 41} {
			var leaves [][]byte
			note := view(t, d, func(ctx context.Context, tx *db.Tx) (string, error) {
				leaves = nil
				query := `SELECT ` + recordColumns + ` FROM leaves l JOIN records r ON r.organisation = l.organisation AND r.id = l.record `
				if organisation == order {
					query += `WHERE $1 = '' ORDER BY l.position`
				} else {
					query += `WHERE l.organisation = $1 ORDER BY l.sequence`
				}
				records, err := readStored(ctx, tx, query, string(organisation))
				if err != nil {
					return "", err
				}
				for _, s := range records {
					b := leaf(&s.Record, s.commitment)
					if organisation == order {
						b = orderLeaf(s.Organisation, s.Sequence, tlog.RecordHash(b))
					}
					leaves = append(leaves, b)
				}
				return lastCheckpoint(ctx, tx, organisation)
			})
			c, err := openCheckpoint(note, key.Verifier())
			if err != nil {
				t.Fatal(err)
			}
			if c.Size != want || int64(len(leaves)) != want || c.Root != naive(leaves) {
				t.Errorf("%q: got %d leaves, a checkpoint of %d with %s; want %d with %s", organisation, len(leaves), c.Size, c.Root, want, naive(leaves))
			}
		}
	})
}

func TestTwoSequencersAtOnce(t *testing.T) { sequenceTogether(t, 0) }

// TestThreat41SequencersWhoseClocksDisagree lets each think that the other's lease is void, so that they take turns at
// random.
func TestThreat41SequencersWhoseClocksDisagree(t *testing.T) { sequenceTogether(t, time.Hour) }

// sequenceTogether has two sequencers, whose clocks are so far apart, and two programs that append.
func sequenceTogether(t *testing.T, apart time.Duration) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		key := newKey(t)
		ctx, stop := context.WithCancel(t.Context())
		var running, appending sync.WaitGroup
		var ledgers []*Ledger
		for i := range 2 {
			ledgers = append(ledgers, New(openAt(t, source), func() time.Time { return time.Now().Add(time.Duration(i) * apart) }))
		}
		for i, l := range ledgers {
			running.Go(func() {
				if err := NewSequencer(l, key, quiet).Run(ctx); err != nil {
					t.Error(err)
				}
			})
			appending.Go(func() {
				for n := range 40 {
					add(t, l, sample([]standin.OrganisationID{"acme", "other"}[n%2], 100*i+n))
				}
			})
		}
		appending.Wait()
		eventually(t, "all records have their places", func() bool {
			return query1[int64](t, ledgers[0].db, `SELECT COUNT(*) FROM leaves`) == 80
		})
		stop()
		running.Wait()
		report := verified(t, ledgers[0].db, key)
		if len(report.Problems) > 0 || report.Trees[2].Size != 80 {
			t.Errorf("got %+v, want 80 records and no problem", report)
		}
	})
}

func TestADeadSequencersLeaseEnds(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := noon
		l, key := New(d, func() time.Time { return now }), newKey(t)
		add(t, l, sample("acme", 1))
		dead := NewSequencer(l, key, quiet)
		if placed, held, err := dead.step(t.Context()); placed != 1 || !held || err != nil {
			t.Fatalf("the first: got %d, %v, %v, want 1, true", placed, held, err)
		}
		add(t, l, sample("acme", 2))
		heir := NewSequencer(l, key, quiet)
		for at, want := range map[time.Duration]int{0: 0, lease - time.Microsecond: 0} {
			now = noon.Add(at)
			if placed, held, err := heir.step(t.Context()); placed != want || held || err != nil {
				t.Errorf("after %v: got %d, %v, %v, want %d, false", at, placed, held, err, want)
			}
		}
		now = noon.Add(lease)
		if placed, held, err := heir.step(t.Context()); placed != 1 || !held || err != nil {
			t.Errorf("after the lease: got %d, %v, %v, want 1, true", placed, held, err)
		}
		// The first was not dead but slow: it must not go on as if nothing had happened.
		add(t, l, sample("acme", 3))
		if placed, held, err := dead.step(t.Context()); placed != 0 || held || err != nil {
			t.Errorf("the slow one: got %d, %v, %v, want 0, false", placed, held, err)
		}
		now = noon.Add(3 * lease)
		if placed, held, err := dead.step(t.Context()); placed != 1 || !held || err != nil {
			t.Errorf("the slow one, later: got %d, %v, %v, want 1, true", placed, held, err)
		}
		if report := verified(t, d, key); len(report.Problems) > 0 {
			t.Error(report.Problems)
		}
	})
}

// TestFlushFinishes has more records wait than one batch holds, and another sequencer in the way.
func TestFlushFinishes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, key := New(d, time.Now), newKey(t)
		add(t, l, samples("acme", 0, batchLimit+10)...)
		other := NewSequencer(l, key, quiet)
		if placed, _, err := other.step(t.Context()); placed != batchLimit || err != nil {
			t.Fatalf("got %d, %v, want a whole batch", placed, err)
		}
		flush(t, l, key) // waits for the other's lease to end
		report := verified(t, d, key)
		if len(report.Problems) > 0 || report.Trees[0].Size != batchLimit+10 {
			t.Errorf("got %+v, want %d records", report, batchLimit+10)
		}
		if n := query1[int64](t, d, `SELECT COUNT(*) FROM sequencer`); n != 0 {
			t.Errorf("got %d leases after Flush, want none", n)
		}
	})
}

// TestTheSequencerStopsAtDamage wants nothing signed over what was altered, and nothing lost.
func TestTheSequencerStopsAtDamage(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		for name, c := range map[string]struct{ statement, code string }{
			"a hash altered":      {`UPDATE hashes SET hash = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' WHERE organisation = 'acme'`, "ledger.damaged"},
			"a hash removed":      {`DELETE FROM hashes WHERE organisation = 'acme'`, "ledger.damaged"},
			"the order altered":   {`UPDATE hashes SET hash = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' WHERE organisation = ''`, "ledger.damaged"},
			"a leaf inserted":     {`INSERT INTO leaves VALUES ('acme', 32, 43, 'r-x', 'x')`, "db.conflict"}, // in the middle of the next batch
			"a checkpoint forged": {`UPDATE checkpoints SET note = 'forged'`, "ledger.other_key"},
			"another's tree":      {`UPDATE checkpoints SET note = (SELECT MAX(note) FROM checkpoints WHERE organisation = 'other') WHERE organisation = 'acme'`, "ledger.damaged"},
		} {
			t.Run(name, func(t *testing.T) {
				if source[0] == 'p' {
					source = dbtest.PostgresSchema(t)
				} else {
					source = t.TempDir() + "/standin.db"
				}
				d := openAt(t, source)
				l, key := grown(t, d)
				execute(t, d, c.statement)
				before := query1[int64](t, d, `SELECT COUNT(*) FROM leaves`)
				err := NewSequencer(l, key, quiet).Run(t.Context())
				if got := standin.CodeOf(err); got != c.code {
					t.Errorf("got %v, want %s", err, c.code)
				}
				if got := query1[int64](t, d, `SELECT COUNT(*) FROM leaves`); got != before {
					t.Errorf("got %d leaves, want %d as before", got, before)
				}
				if got := query1[int64](t, d, `SELECT COUNT(*) FROM waiting`); got != 3 {
					t.Errorf("got %d records that wait, want 3 as before", got)
				}
			})
		}
	})
}

func TestTheSequencerRefusesAnotherKey(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, _ := grown(t, d)
		if got, want := standin.CodeOf(NewSequencer(l, newKey(t), quiet).Run(t.Context())), "ledger.other_key"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// TestTheSequencerStopsWhenTheRecordGoesBack puts an older state in place beneath a running sequencer.
func TestTheSequencerStopsWhenTheRecordGoesBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, key := New(d, ticking()), newKey(t)
		s := NewSequencer(l, key, quiet)
		for i := range 2 {
			add(t, l, samples("acme", 10*i, 5)...)
			if err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		goBack(t, d, "acme", 5, 5)
		add(t, l, sample("acme", 30))
		if got, want := standin.CodeOf(s.Flush(t.Context())), "ledger.damaged"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// goBack makes the database what it was when the organisation had size records and the installation whole.
func goBack(t testing.TB, d *db.DB, organisation standin.OrganisationID, size, whole int64) {
	t.Helper()
	execute(t, d, `DELETE FROM records WHERE id IN (SELECT record FROM leaves WHERE position >= $1)`, whole)
	execute(t, d, `DELETE FROM leaves WHERE position >= $1`, whole)
	for o, n := range map[standin.OrganisationID]int64{organisation: size, order: whole} {
		execute(t, d, `DELETE FROM checkpoints WHERE organisation = $1 AND size > $2`, string(o), n)
		execute(t, d, `DELETE FROM hashes WHERE organisation = $1 AND place >= $2`, string(o), tlog.StoredHashCount(n))
	}
}
