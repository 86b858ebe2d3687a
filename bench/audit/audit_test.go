package audit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/ledger"
)

// BenchmarkPage reads pages of 20 under each filter, the first, and one from the middle of the record. The record has a
// million entries, or as many as STANDIN_BENCH_RECORDS says.
//
// It reports the median page in milliseconds and as a multiple of the median reading of one record by its id ("keys"),
// and the slowest page. Where STANDIN_BENCH_KEEP names a directory, the SQLite database is kept there and read again by
// the next run.
func BenchmarkPage(b *testing.B) {
	n := int64(1_000_000)
	if text := os.Getenv("STANDIN_BENCH_RECORDS"); text != "" {
		var err error
		if n, err = strconv.ParseInt(text, 10, 64); err != nil || n < 100_000 {
			b.Fatalf("STANDIN_BENCH_RECORDS is %q, want a number from 100000", text)
		}
	}
	b.Run("sqlite", func(b *testing.B) {
		keep := os.Getenv("STANDIN_BENCH_KEEP")
		if keep == "" {
			keep = b.TempDir()
		}
		source := filepath.Join(keep, fmt.Sprintf("audit-%d.db", n))
		info, err := os.Stat(source)
		if err != nil {
			part := source + ".part"
			for _, left := range []string{part, part + "-wal", part + "-shm"} {
				os.Remove(left)
			}
			if err := filled(b, part, n).Close(); err != nil {
				b.Fatal(err)
			}
			if err := os.Rename(part, source); err != nil {
				b.Fatal(err)
			}
			if info, err = os.Stat(source); err != nil {
				b.Fatal(err)
			}
		}
		b.Logf("%d MB", info.Size()>>20)
		pages(b, open(b, source), n)
	})
	b.Run("postgres", func(b *testing.B) { pages(b, filled(b, dbtest.PostgresSchema(b), n), n) })
}

// open opens a database of this version's schema.
func open(b *testing.B, source string) *db.DB {
	d, err := db.Open(b.Context(), source)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	if _, _, err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	return d
}

// filled opens a new database and writes the records.
func filled(b *testing.B, source string, n int64) *db.DB {
	d := open(b, source)
	begin := time.Now()
	if err := fill(b.Context(), d, n); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d records in %v", n, time.Since(begin).Round(time.Second))
	return d
}

func pages(b *testing.B, d *db.DB, n int64) {
	l := ledger.New(d, time.Now)
	middle := ledger.Cursor{At: standin.Instant(at(n / 2)), ID: "r-"}
	for _, c := range filters(n) {
		c.filter.Organisation = acme
		b.Run(c.about+"/first", func(b *testing.B) { page(b, d, l, n, c.filter, ledger.Cursor{}) })
		b.Run(c.about+"/middle", func(b *testing.B) { page(b, d, l, n, c.filter, middle) })
	}
}

type about struct {
	about  string
	filter ledger.Filter
}

func filters(n int64) []about {
	day := standin.Instant(at(n / 3))
	some := func(from, until int) (all []standin.PersonID) {
		for i := from; i < until; i++ {
			all = append(all, person(i))
		}
		return all
	}
	return []about{
		{"nothing", ledger.Filter{}},
		{"actor", ledger.Filter{Actor: standin.PersonActor(person(17))}},
		{"principal", ledger.Filter{Principal: person(17)}},
		{"session", ledger.Filter{Session: standin.SessionID(fmt.Sprintf("s-%d", n/300))}},
		{"delegation", ledger.Filter{Delegation: "d-rare"}},
		{"action", ledger.Filter{Action: "delegation.create"}},
		{"action-rare", ledger.Filter{Action: "guardrail.change"}},
		{"action-none", ledger.Filter{Action: "review.decide"}},
		{"actions", ledger.Filter{Action: "delegation."}},
		{"actions-rare", ledger.Filter{Action: "guardrail."}},
		{"resource", ledger.Filter{Resource: "delegation:d-7"}},
		{"refused", ledger.Filter{Outcome: ledger.Refused}},
		{"failed-none", ledger.Filter{Outcome: ledger.Failed}},
		{"on-behalf", ledger.Filter{OnBehalf: true}},
		{"one-day", ledger.Filter{From: day, Until: day.AddDate(0, 0, 1)}},
		{"actor+action", ledger.Filter{Actor: standin.PersonActor(person(17)), Action: "delegation.create"}},
		{"actor+action-none", ledger.Filter{Actor: "person:p-09500", Action: "delegation.create"}},
		{"actor+principal", ledger.Filter{Actor: standin.PersonActor(person(17)), Principal: person(18)}},
		{"actions+on-behalf-none", ledger.Filter{Action: "login.", OnBehalf: true, Principal: person(17)}},
		{"refused+day+actions", ledger.Filter{Outcome: ledger.Refused, From: day, Until: day.AddDate(0, 0, 1), Action: "login."}},
		{"all-at-once", ledger.Filter{Actor: "person:p-09500", Principal: "p-09501", Delegation: "d-rare", Action: "guardrail.", OnBehalf: true,
			Outcome: ledger.Refused, From: standin.Instant(at(0))}},
		{"frequent-and-never-together", ledger.Filter{Action: "acting.start", Outcome: ledger.Refused}},
		{"own", ledger.Filter{Among: some(17, 18)}},
		{"unit-of-50", ledger.Filter{Among: some(100, 150)}},
		{"unit-of-500-silent", ledger.Filter{Among: some(9_502, 10_002)}},
		{"unit-of-500-nearly-silent", ledger.Filter{Among: some(9_500, 10_000)}},
		{"unit-of-500", ledger.Filter{Among: some(100, 600)}},
		{"unit-of-500+action-rare", ledger.Filter{Among: some(100, 600), Action: "guardrail."}},
		{"unit-of-500+refused", ledger.Filter{Among: some(9_500, 10_000), Outcome: ledger.Refused}},
		{"unit-of-5000", ledger.Filter{Among: some(0, 5_000)}},
	}
}

// page reads one page again and again, and one record by its id each time.
func page(b *testing.B, d *db.DB, l *ledger.Ledger, n int64, f ledger.Filter, after ledger.Cursor) {
	var took, keys []time.Duration
	found := 0
	read := func(do func(ctx context.Context, tx *db.Tx) error) time.Duration {
		began := time.Now()
		if err := d.View(b.Context(), do); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	for i := int64(1); b.Loop(); i++ {
		took = append(took, read(func(ctx context.Context, tx *db.Tx) error {
			records, _, err := l.Page(ctx, tx, f, after, 20)
			found = len(records)
			return err
		}))
		key := standin.RecordID(fmt.Sprintf("r-%09d", i*7_919_777%n))
		keys = append(keys, read(func(ctx context.Context, tx *db.Tx) error {
			_, err := l.ByID(ctx, tx, acme, key)
			return err
		}))
	}
	worst := slices.Max(took)
	slices.Sort(took)
	slices.Sort(keys)
	median := took[len(took)/2]
	ms := func(t time.Duration) float64 { return float64(t) / float64(time.Millisecond) }
	b.ReportMetric(0, "ns/op") // holds the reading by id, too
	b.ReportMetric(ms(median), "ms/page")
	b.ReportMetric(ms(worst), "ms-worst")
	b.ReportMetric(float64(median)/float64(keys[len(keys)/2]), "keys")
	b.ReportMetric(float64(found), "records")
}
