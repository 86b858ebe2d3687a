// Package groupcommit owns the measurement of what durable changes cost: how many per second each database acknowledges to
// 1, 16 and 64 clients, beside plain INSERT commits on the same disk in the same minute. It refuses to be a test: figures
// depend on the disk, so only ratios are worth keeping.
package groupcommit

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/ledger"
)

const (
	rounds = 7                      // of which the median counts
	span   = 700 * time.Millisecond // of each measurement
	warmup = 30                     // changes before the first
)

// A way is one way to make a change durable: change does one and returns when it is.
type way struct {
	name   string
	change func(ctx context.Context, client, n int) error
}

// BenchmarkDurableChanges measures every way in turn, round after round, so that what else the machine does meets them all.
// It ignores b.N: one call is the whole measurement.
func BenchmarkDurableChanges(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { compare(b, sqliteWays(b)) })
	b.Run("postgres", func(b *testing.B) { compare(b, postgresWays(b)) })
}

func compare(b *testing.B, ways []way) {
	for _, w := range ways {
		for range warmup {
			if err := w.change(b.Context(), 0, int(unique.Add(1))); err != nil {
				b.Fatalf("%s: %v", w.name, err)
			}
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%s\n%-38s %8s %10s %21s %9s\n", b.Name(), "", "clients", "changes/s", "lowest to highest", "ratio")
	for _, clients := range []int{1, 16, 64} {
		rates := make([][]float64, len(ways))
		for range rounds {
			for i, w := range ways {
				rates[i] = append(rates[i], measure(b, w, clients))
			}
		}
		for i, w := range ways {
			ratios := make([]float64, rounds) // within each round
			for r := range ratios {
				ratios[r] = rates[i][r] / rates[0][r]
			}
			fmt.Fprintf(&table, "%-38s %8d %10.0f %10.0f%11.0f %8.2fx\n", w.name, clients, median(rates[i]), slices.Min(rates[i]), slices.Max(rates[i]), median(ratios))
			b.ReportMetric(median(ratios), fmt.Sprintf("%s@%d/plain", strings.ReplaceAll(w.name, " ", "-"), clients))
		}
	}
	b.ReportMetric(0, "ns/op")
	fmt.Print(table.String())
}

var unique atomic.Int64

// measure returns how many changes a second so many clients get acknowledged.
func measure(b *testing.B, w way, clients int) float64 {
	var all sync.WaitGroup
	var done atomic.Int64
	begun := time.Now()
	for client := range clients {
		all.Go(func() {
			for time.Since(begun) < span {
				if err := w.change(context.Background(), client, int(unique.Add(1))); err != nil {
					b.Error(w.name, err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(begun).Seconds()
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

const (
	table  = `CREATE TABLE changes (id TEXT PRIMARY KEY, client BIGINT NOT NULL, at BIGINT NOT NULL, purpose TEXT NOT NULL)`
	insert = `INSERT INTO changes (id, client, at, purpose) VALUES ($1, $2, $3, $4)`
)

func row(client, n int) []any {
	return []any{fmt.Sprintf("c-%d-%d", os.Getpid(), n), client, time.Now().UnixMicro(), "annual leave"}
}

// throughDB are the ways through db: the same INSERT, and one with its record, as every change of Standin is; the latter
// also one at a time, which leaves nothing to commit together.
func throughDB(b *testing.B, source string) []way {
	d, err := db.Open(b.Context(), source)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	if _, _, err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := d.UpdateReadCommitted(b.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, table)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	l := ledger.New(d, time.Now)
	change := func(ctx context.Context, tx *db.Tx, client, n int) error {
		_, err := tx.Exec(ctx, insert, row(client, n)...)
		return err
	}
	recorded := func(ctx context.Context, client, n int) error {
		return d.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
			if err := change(ctx, tx, client, n); err != nil {
				return err
			}
			_, err := l.Append(ctx, tx, ledger.Record{Organisation: "acme", At: time.Now(), Actor: standin.PersonActor("p-1"),
				Principal: "p-2", Session: "s-1", Delegation: "d-1", Action: "delegation.change", Resource: fmt.Sprintf("delegation:d-%d", n),
				Origin: standin.Origin{Address: "192.0.2.1", Agent: "bench"}, After: ledger.State(map[string]int{"version": n})})
			return err
		})
	}
	var alone sync.Mutex
	return []way{
		{"db.Update", func(ctx context.Context, client, n int) error {
			return d.Update(ctx, func(ctx context.Context, tx *db.Tx) error { return change(ctx, tx, client, n) })
		}},
		{"change and record, one at a time", func(ctx context.Context, client, n int) error {
			alone.Lock()
			defer alone.Unlock()
			return recorded(ctx, client, n)
		}},
		{"change and record", recorded},
	}
}

// sqliteWays has as its first the plain one: one connection, one commit for each change, at the same settings.
func sqliteWays(b *testing.B) []way {
	plain, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "plain.db")+
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { plain.Close() })
	plain.SetMaxOpenConns(1)
	if _, err := plain.Exec(table); err != nil {
		b.Fatal(err)
	}
	commit := way{"INSERT and COMMIT, one at a time", func(ctx context.Context, client, n int) error { return commitOne(ctx, plain, client, n) }}
	return append([]way{commit}, throughDB(b, filepath.Join(b.TempDir(), "standin.db"))...)
}

// postgresWays has as its first the plain one: a connection for each of the clients, as many as db has.
func postgresWays(b *testing.B) []way {
	source := dbtest.PostgresSchema(b)
	plain, err := sql.Open("pgx", source)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { plain.Close() })
	plain.SetMaxOpenConns(24)
	plain.SetMaxIdleConns(24)
	commit := way{"INSERT and COMMIT, 24 connections", func(ctx context.Context, client, n int) error { return commitOne(ctx, plain, client, n) }}
	return append([]way{commit}, throughDB(b, source)...) // in the table that is made here
}

func commitOne(ctx context.Context, plain *sql.DB, client, n int) error {
	tx, err := plain.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, insert, row(client, n)...); err != nil {
		return err
	}
	return tx.Commit()
}
