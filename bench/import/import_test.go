package imports_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world/lists"
	"github.com/standin-id/standin/world/table"
)

// BenchmarkImport imports 10,000 people and 50,000 delegations, each list once more, where nothing changes, and fetches
// both. STANDIN_BENCH_PEOPLE sets another number of people; there are five times as many delegations.
func BenchmarkImport(b *testing.B) {
	n := 10_000
	if text := os.Getenv("STANDIN_BENCH_PEOPLE"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	who, cover := people(b, n), delegations(b, n, 5*n)
	b.Run("sqlite", func(b *testing.B) {
		for b.Loop() {
			measure(b, filepath.Join(b.TempDir(), "standin.db"), who, cover)
		}
	})
	b.Run("postgres", func(b *testing.B) {
		for b.Loop() {
			measure(b, dbtest.PostgresSchema(b), who, cover)
		}
	})
}

// house is the lists over one database, in an organisation with units and roles and nobody in it.
type house struct {
	*lists.Lists
	db *db.DB
	l  *ledger.Ledger
}

func furnish(t testing.TB, source string) *house {
	t.Helper()
	d, err := db.Open(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := ledger.New(d, time.Now)
	dir := directory.New(d, l, time.Now)
	operator := standin.OperatorCaller(acme, "bench")
	if err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		if _, err := dir.PutOrganisationIn(ctx, tx, operator, directory.Organisation{ID: acme, Name: "Acme", Settings: directory.DefaultSettings()}); err != nil {
			return err
		}
		for _, u := range units {
			if _, err := dir.PutUnitIn(ctx, tx, operator, u); err != nil {
				return err
			}
		}
		_, err := dir.PutRoleIn(ctx, tx, operator, rights.Role{ID: "staff", Name: "Staff"}, 0)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return &house{lists.New(d, l, application.New(d, l, time.Now), dir, delegation.New(d, l, dir, time.Now), time.Now), d, l}
}

func measure(b *testing.B, source, who, cover string) {
	h := furnish(b, source)
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Log("the peak of memory counts from the start of the process:", err)
	}
	rows := 0
	for _, round := range []string{"", "again-"} {
		for _, path := range []string{who, cover} {
			name := round + strings.TrimSuffix(filepath.Base(path), ".csv")
			began, busy := time.Now(), used(b)
			p := h.plan(b, path)
			planned := time.Now()
			if c := p.Counts(); c.Refuse > 0 || (round == "") != (c.Create == len(p.Rows)) || (round != "") != (c.Skip == len(p.Rows)) {
				b.Fatalf("%s comes to %+v: %v", name, c, first(p))
			}
			if err := h.Apply(b.Context(), standin.OperatorCaller(acme, "bench"), p, nil); err != nil {
				b.Fatal(err)
			}
			if c := p.Counts(); c.Refuse > 0 {
				b.Fatalf("%s came to %+v: %v", name, c, first(p))
			}
			b.ReportMetric(planned.Sub(began).Seconds(), name+"-plan-s")
			if round == "" {
				b.ReportMetric(time.Since(planned).Seconds(), name+"-apply-s")
				b.ReportMetric((used(b) - busy).Seconds(), name+"-cpu-s")
				rows += len(p.Rows)
			}
		}
		b.ReportMetric(peak(b), round+"peak-MB")
	}
	began := time.Now()
	for _, kind := range []lists.Kind{lists.People, lists.Delegations} {
		var out bytes.Buffer
		if err := h.Export(b.Context(), standin.OperatorCaller(acme, "bench"), kind, table.CSV, &out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(time.Since(began).Seconds(), "export-s")
	b.ReportMetric(h.bare(b, rows).Seconds(), "bare-rows-s")
}

// bare returns how long the database takes to insert as many rows of one small table, a hundred a transaction.
func (h *house) bare(b *testing.B, rows int) time.Duration {
	if err := h.db.Update(b.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `CREATE TABLE bare (id TEXT PRIMARY KEY, said TEXT NOT NULL)`)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for from := 0; from < rows; from += 100 {
		if err := h.db.Update(b.Context(), func(ctx context.Context, tx *db.Tx) error {
			for i := from; i < min(from+100, rows); i++ {
				if _, err := tx.Exec(ctx, `INSERT INTO bare (id, said) VALUES ($1, $2)`, fmt.Sprint("row-", i), "something of a length"); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began)
}

func (h *house) plan(t testing.TB, path string) *lists.Plan {
	t.Helper()
	from, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	list, err := table.Read(path, from)
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.Plan(t.Context(), standin.OperatorCaller(acme, "bench"), lists.KindOf(list), list, lists.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// first tells of the first refused row.
func first(p *lists.Plan) string {
	for _, r := range p.Refused() {
		return fmt.Sprintf("line %d: %s", r.Line, lists.Said(r.Refusal))
	}
	return "none is refused"
}

// used returns the processor's time that this process took so far, which other programs beside it do not change.
func used(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak returns the most memory that was resident so far, in megabytes.
func peak(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("this system does not tell how much memory a process has")
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			var kB float64
			if _, err := fmt.Sscan(rest, &kB); err != nil {
				b.Fatal(err)
			}
			return kB / 1024
		}
	}
	return 0
}
