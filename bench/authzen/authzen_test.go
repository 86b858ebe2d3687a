// Package authzen measures what a decision costs over HTTP on loopback, beside a bare handler that decodes the same JSON
// with the standard library and answers it: the program as it is served, in a process of its own, as the bare handler is.
// It refuses to be a test.
package authzen

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/standin-id/standin/db/dbtest"
)

const (
	connections = 256
	rounds      = 7
	round       = 2 * time.Second
)

func TestMain(m *testing.M) {
	if address := os.Getenv("STANDIN_BENCH_BARE"); address != "" {
		serveBare(address)
	}
	os.Exit(m.Run())
}

// BenchmarkDecisions asks over 256 connections at once, in rounds that alternate between the bare handler and Standin. It
// reports the median of the rounds' ratios ("ratio"), their smallest and largest, the median ratio of what one answer took
// of the processors ("work"), and the decisions per second of the median round; "own" in somebody's own name, which nothing is recorded of, "behalf" within acting sessions, where every
// answer is durable before it is given.
func BenchmarkDecisions(b *testing.B) {
	for name, source := range map[string]func(b *testing.B) []string{
		"sqlite":   func(b *testing.B) []string { return []string{"--data", b.TempDir()} },
		"postgres": func(b *testing.B) []string { return []string{"--database", dbtest.PostgresSchema(b)} },
	} {
		b.Run(name, func(b *testing.B) {
			s := start(b, source(b))
			bare := startBare(b)
			for kind, requests := range map[string][][]byte{"own": s.own(), "behalf": s.behalf(b)} {
				b.Run(kind, func(b *testing.B) { compare(b, bare, s, requests) })
			}
		})
	}
}

func compare(b *testing.B, bare, standin *server, requests [][]byte) {
	load(b, bare, requests, round/4)
	load(b, standin, requests, round/2)
	var ratios, works, rates []float64
	for b.Loop() {
		for range rounds {
			of, is := load(b, bare, requests, round), load(b, standin, requests, round)
			ratios, works, rates = append(ratios, is.rate/of.rate), append(works, of.work/is.work), append(rates, is.rate)
		}
	}
	for _, all := range [][]float64{ratios, works, rates} {
		slices.Sort(all)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(ratios[0], "smallest")
	b.ReportMetric(ratios[len(ratios)-1], "largest")
	b.ReportMetric(works[len(works)/2], "work")
	b.ReportMetric(rates[len(rates)/2], "decisions/s")
}

// request returns the bytes of a question whether the head may plan a project, with that context.
func request(context string) []byte {
	body := `{"subject":{"type":"person","id":"p-head"},"action":{"name":"plan"},"resource":{"type":"desk:project","id":"bridge-7",` +
		`"properties":{"owner":"p-other","unit":"bridges","stage":"design","budget":120000}}` + context + `}`
	return fmt.Appendf(nil, "POST /access/v1/evaluation HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", key, len(body), body)
}
