// Package revoked measures how soon what was revoked is refused: the program as it is served, and on PostgreSQL a second one
// on the same database that is asked what the first one was told. It refuses to be a test.
package revoked

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin/db/dbtest"
)

// times is how often something is revoked.
const times = 1000

// BenchmarkRevoked revokes delegations while an application holds tokens by them and uses them: it asks for each use, at once
// from when the revocation was acknowledged, until it is refused. For each it prints when the refusal was there, as the median
// and the worst, and how many were still let through; for "told", when the application had its logout token. Run it with
// -benchtime=1x.
func BenchmarkRevoked(b *testing.B) {
	for name, start := range map[string]func(b *testing.B) *house{
		"sqlite": func(b *testing.B) *house { return begin(b, false, "--data", b.TempDir()) },
		"postgres, asked of another replica": func(b *testing.B) *house {
			return begin(b, true, "--database", dbtest.PostgresSchema(b))
		},
	} {
		b.Run(name, func(b *testing.B) {
			h := start(b)
			for b.Loop() {
				h.measure()
			}
		})
	}
}

// measure revokes again and again and prints what came of it.
func (h *house) measure() {
	took, through := map[string][]time.Duration{}, map[string]int{}
	for i := range times {
		held := h.hold(i)
		for _, u := range uses {
			if !u.ask(h, held) {
				h.b.Fatalf("%s is refused before anything was revoked", u.name)
			}
		}
		told := h.tells(held.sid)
		h.revoke(i)
		said := time.Now()
		var mu sync.Mutex
		var all sync.WaitGroup
		for _, u := range uses {
			all.Go(func() {
				passed, at := h.until(u, held, said)
				mu.Lock()
				defer mu.Unlock()
				took[u.name] = append(took[u.name], at)
				through[u.name] += passed
			})
		}
		all.Go(func() {
			at := h.await(told).Sub(said)
			mu.Lock()
			defer mu.Unlock()
			took["told"] = append(took["told"], at)
		})
		all.Wait()
	}
	for _, name := range append(names(), "told") {
		slices.Sort(took[name])
		n := len(took[name])
		fmt.Printf("%-14s median %6.1f ms   worst of %d %7.1f ms   let through %d\n", name, ms(took[name][n/2]), n, ms(took[name][n-1]), through[name])
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func names() (all []string) {
	for _, u := range uses {
		all = append(all, u.name)
	}
	return all
}

// until asks until it is refused, and returns how often it was not, and when the refusal was there.
func (h *house) until(u use, held *tokens, said time.Time) (passed int, at time.Duration) {
	mine := *held
	for u.ask(h, &mine) {
		if passed++; time.Since(said) > 20*time.Second {
			h.b.Errorf("%s goes on", u.name)
			break
		}
	}
	return passed, time.Since(said)
}
