// Package provider measures what tokens cost: a refresh and a token exchange while acting, asked of the program as it is
// served, beside the example provider of zitadel/oidc, which keeps everything in memory, and the bare cost of signing. Both
// sign with ES256, each is a process of its own, and they take turns in one run. It refuses to be a test.
package provider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/standin-id/standin/db/dbtest"
)

const (
	connections = 64
	rounds      = 7
	round       = 2 * time.Second
)

func TestMain(m *testing.M) {
	if address := os.Getenv("STANDIN_BENCH_EXAMPLE"); address != "" {
		serveExample(address)
	}
	os.Exit(m.Run())
}

// BenchmarkTokens reports of each kind the median, smallest and largest ratio of tokens per second ("ratio": Standin's to
// the example's), Standin's tokens per second, the microseconds of the processors that one answer took of Standin and of
// the example, and those of the signatures in it.
func BenchmarkTokens(b *testing.B) {
	for name, source := range map[string]func(b *testing.B) []string{
		"sqlite":   func(b *testing.B) []string { return []string{"--data", b.TempDir()} },
		"postgres": func(b *testing.B) []string { return []string{"--database", dbtest.PostgresSchema(b)} },
	} {
		b.Run(name, func(b *testing.B) {
			standin, example := startStandin(b, source(b)), startExample(b)
			for _, kind := range []kind{refresh, exchange} {
				b.Run(kind.name, func(b *testing.B) { compare(b, kind, example, standin) })
			}
		})
	}
}

func compare(b *testing.B, k kind, example, standin *server) {
	load(b, example, k, round/4)
	load(b, standin, k, round/2)
	var ratios, rates, ours, theirs []float64
	for b.Loop() {
		for range rounds {
			of, is := load(b, example, k, round), load(b, standin, k, round)
			ratios, rates = append(ratios, is.rate/of.rate), append(rates, is.rate)
			ours, theirs = append(ours, is.work*1e6), append(theirs, of.work*1e6)
		}
	}
	for _, all := range [][]float64{ratios, rates, ours, theirs} {
		slices.Sort(all)
	}
	middle := rounds / 2
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ratios[middle], "ratio")
	b.ReportMetric(ratios[0], "smallest")
	b.ReportMetric(ratios[len(ratios)-1], "largest")
	b.ReportMetric(rates[middle], "tokens/s")
	b.ReportMetric(ours[middle], "µs/standin")
	b.ReportMetric(theirs[middle], "µs/example")
	b.ReportMetric(signing(b)*float64(k.signatures), "µs/signatures")
}

// signing returns what one ES256 signature takes of the processors, in microseconds.
func signing(b *testing.B) float64 {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	const times = 5000
	digest, before := sha256.Sum256([]byte("a token")), worked(b)
	for range times {
		if _, err := ecdsa.SignASN1(rand.Reader, key, digest[:]); err != nil {
			b.Fatal(err)
		}
	}
	return (worked(b) - before) * 1e6 / times
}

// worked returns how long the processors have worked for this process, in seconds.
func worked(b *testing.B) float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}
