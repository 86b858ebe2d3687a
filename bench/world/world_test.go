package world_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	bench "github.com/standin-id/standin/bench/world"

	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/world"
)

// BenchmarkApply applies a company of 10,000 people and 50,000 delegations, once more, where nothing changes, and then
// does the whole job in it.
// STANDIN_BENCH_PEOPLE sets another number of people; there are five times as many delegations.
func BenchmarkApply(b *testing.B) {
	people := 10_000
	if text := os.Getenv("STANDIN_BENCH_PEOPLE"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		people = n
	}
	path := filepath.Join(b.TempDir(), "large.yaml")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := (bench.Company{People: people, Delegations: 5 * people, Start: time.Now()}).Write(file); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("sqlite", func(b *testing.B) {
		for b.Loop() {
			apply(b, filepath.Join(b.TempDir(), "standin.db"), path)
		}
	})
	b.Run("postgres", func(b *testing.B) {
		for b.Loop() {
			apply(b, dbtest.PostgresSchema(b), path)
		}
	})
}

// apply applies the file to a fresh database and reports how long each part took and how much memory was resident at most.
func apply(b *testing.B, source, path string) {
	ctx := b.Context()
	d, err := db.Open(ctx, source)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if _, _, err := d.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	h := furnish(d)
	w := h.world
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Log("the peak of memory counts from the start of the process:", err)
	}
	for _, round := range []string{"", "again-"} {
		began := time.Now()
		file := load(b, path)
		loaded := time.Now()
		plan, err := w.Plan(ctx, file)
		if err != nil {
			b.Fatal(err)
		}
		planned := time.Now()
		if err := w.Apply(ctx, plan, nil); err != nil {
			b.Fatal(err)
		}
		if round != "" && len(plan.Changes) > 0 {
			b.Fatalf("applying again changes %d things", len(plan.Changes))
		}
		b.ReportMetric(loaded.Sub(began).Seconds(), round+"load-s")
		b.ReportMetric(planned.Sub(loaded).Seconds(), round+"plan-s")
		b.ReportMetric(time.Since(planned).Seconds(), round+"apply-s")
		b.ReportMetric(peak(b), round+"peak-MB")
	}
	h.job(b)
}

func load(b *testing.B, path string) *world.File {
	text, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer text.Close()
	file, err := world.Load("large.yaml", text)
	if err != nil {
		b.Fatal(err)
	}
	return file
}

// house is the rooms over one database.
type house struct {
	directory   *directory.Directory
	delegations *delegation.Delegations
	acting      *acting.Acting
	signin      *signin.Signin
	world       *world.World
}

func furnish(d *db.DB) *house {
	l := ledger.New(d, time.Now)
	h := &house{directory: directory.New(d, l, time.Now)}
	h.delegations = delegation.New(d, l, h.directory, time.Now)
	h.acting = acting.New(d, l, h.directory, h.delegations, time.Now)
	h.signin = signin.New(d, l, h.directory, h.acting, time.Now, signin.Options{})
	h.world = world.New(d, l, application.New(d, l, time.Now), h.directory, h.delegations, h.signin, time.Now)
	return h
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

// TestTheCompanyIsAWorld keeps the generator true to the format, and the same for the same arguments.
func TestTheCompanyIsAWorld(t *testing.T) {
	var one, two bytes.Buffer
	company := bench.Company{People: 120, Delegations: 300, Start: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)}
	for _, to := range []*bytes.Buffer{&one, &two} {
		if err := company.Write(to); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same company is written differently")
	}
	file, err := world.Load("large.yaml", &one)
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		plan, err := furnish(d).world.Plan(context.Background(), file)
		if err != nil {
			t.Fatal(err)
		}
		if o := file.Organisations[0]; len(o.People) != 120 || len(o.Delegations) != 300 || plan.Created() < 420 {
			t.Errorf("%d people, %d delegations, %d to create", len(o.People), len(o.Delegations), plan.Created())
		}
	})
}
