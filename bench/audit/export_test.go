package audit

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/world/exports"
)

// BenchmarkExport writes the whole record as CSV behind, and fetches it. The record has 100,000 entries; on SQLite it is the
// one that BenchmarkPage kept, where STANDIN_BENCH_KEEP and STANDIN_BENCH_RECORDS say so.
//
// It reports records per second, how much is kept for each record, and what fetching takes beside writing.
func BenchmarkExport(b *testing.B) {
	const n = 100_000
	b.Run("sqlite", func(b *testing.B) {
		kept := filepath.Join(os.Getenv("STANDIN_BENCH_KEEP"), "audit-"+os.Getenv("STANDIN_BENCH_RECORDS")+".db")
		if _, err := os.Stat(kept); err == nil {
			export(b, open(b, kept))
			return
		}
		export(b, filled(b, filepath.Join(b.TempDir(), "audit.db"), n))
	})
	b.Run("postgres", func(b *testing.B) { export(b, filled(b, dbtest.PostgresSchema(b), n)) })
}

func export(b *testing.B, d *db.DB) {
	l := ledger.New(d, time.Now)
	x := exports.New(d, l, directory.New(d, l, time.Now), application.New(d, l, time.Now), time.Now, slog.New(slog.DiscardHandler))
	who := standin.OperatorCaller(acme, "bench")
	for b.Loop() {
		began := time.Now()
		e, err := x.Ask(b.Context(), who, exports.CSV, ledger.Filter{})
		for did := true; did && err == nil; {
			did, err = x.Step(b.Context())
		}
		if err == nil {
			e, err = x.Open(b.Context(), who, e.ID)
		}
		if err != nil {
			b.Fatal(err)
		}
		wrote := time.Since(began)
		began = time.Now()
		if err := x.Write(b.Context(), e, io.Discard, nil); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(e.Records)/wrote.Seconds(), "records/s")
		b.ReportMetric(float64(e.Bytes)/float64(e.Records), "kept-bytes/record")
		b.ReportMetric(float64(time.Since(began))/float64(wrote), "fetch/write")
		b.ReportMetric(float64(e.Records), "records")
		if err := x.Delete(b.Context(), who, e.ID); err != nil {
			b.Fatal(err)
		}
	}
}
