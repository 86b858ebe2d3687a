// Package ledger owns the measurement of how fast the record is sequenced, verified and exported. It refuses to be a test.
package ledger

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/ledger"
)

// records is how many the measured ledger has, in ten organisations.
const records = 20_000

// BenchmarkRecord measures a ledger of 20,000 records on each database; records/s is what counts.
func BenchmarkRecord(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { measure(b, filepath.Join(b.TempDir(), "standin.db")) })
	b.Run("postgres", func(b *testing.B) { measure(b, dbtest.PostgresSchema(b)) })
}

func measure(b *testing.B, source string) {
	d, err := db.Open(b.Context(), source)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if _, _, err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	key, err := ledger.NewKey("bench.example")
	if err != nil {
		b.Fatal(err)
	}
	l := ledger.New(d, time.Now)
	appendAll(b, d, l)
	begun := time.Now()
	if err := ledger.NewSequencer(l, key, slog.New(slog.DiscardHandler)).Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	took := time.Since(begun)
	b.Run("sequence", func(b *testing.B) { // once, for a record gets its place once
		b.ReportMetric(records/took.Seconds(), "records/s")
		b.ReportMetric(0, "ns/op")
	})
	b.Run("verify", func(b *testing.B) {
		repeat(b, func() error {
			report, err := ledger.Verify(b.Context(), d, key.Verifier(), nil)
			return whole(report, err)
		})
	})
	b.Run("export", func(b *testing.B) {
		repeat(b, func() error { return ledger.Export(b.Context(), d, key.Verifier(), ledger.Selection{}, io.Discard) })
	})
	var export bytes.Buffer
	if err := ledger.Export(b.Context(), d, key.Verifier(), ledger.Selection{}, &export); err != nil {
		b.Fatal(err)
	}
	b.Run("verify-export", func(b *testing.B) {
		repeat(b, func() error {
			report, err := ledger.VerifyExport(b.Context(), bytes.NewReader(export.Bytes()), key.Verifier(), nil)
			return whole(report, err)
		})
	})
}

func repeat(b *testing.B, once func() error) {
	n := 0
	for b.Loop() {
		if err := once(); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(n*records)/b.Elapsed().Seconds(), "records/s")
}

func whole(report ledger.Report, err error) error {
	if err == nil && len(report.Problems) > 0 {
		err = fmt.Errorf("%v", report.Problems)
	}
	return err
}

func appendAll(b *testing.B, d *db.DB, l *ledger.Ledger) {
	const atOnce = 500
	for from := 0; from < records; from += atOnce {
		err := d.Update(b.Context(), func(ctx context.Context, tx *db.Tx) error {
			for n := from; n < from+atOnce; n++ {
				_, err := l.Append(ctx, tx, ledger.Record{Organisation: standin.OrganisationID(fmt.Sprintf("o-%d", n%10)), At: time.Now(),
					Actor: standin.PersonActor("p-1"), Principal: "p-2", Session: "s-1", Delegation: standin.DelegationID(fmt.Sprintf("d-%d", n)),
					Action: "delegation.change", Resource: fmt.Sprintf("delegation:d-%d", n),
					Origin: standin.Origin{Address: "192.0.2.1", Agent: "Mozilla/5.0 (X11; Linux x86_64)"},
					Before: ledger.State(map[string]any{"version": n, "purpose": "annual leave", "actor": "p-1", "principal": "p-2"}),
					After:  ledger.State(map[string]any{"version": n + 1, "purpose": "annual leave", "actor": "p-1", "principal": "p-2"})})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
