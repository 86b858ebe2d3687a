package revoked

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/standin-id/standin/db/dbtest"
)

// thefts is how often the signing keys are called stolen.
const thefts = 100

// BenchmarkStolen calls the signing keys stolen, and asks with an access token that one of them signed until it is refused
// (THREATS 66); then refreshes, until what comes of that is good. It prints both as the median and the worst. Run it with
// -benchtime=1x.
func BenchmarkStolen(b *testing.B) {
	for name, start := range map[string]func(b *testing.B) *house{
		"sqlite": func(b *testing.B) *house { return begin(b, false, "--data", b.TempDir()) },
		"postgres, asked of another replica": func(b *testing.B) *house {
			return begin(b, true, "--database", dbtest.PostgresSchema(b))
		},
	} {
		b.Run(name, func(b *testing.B) {
			h := start(b)
			for b.Loop() {
				h.steal()
			}
		})
	}
}

func (h *house) steal() {
	userinfo := uses[0]
	var refused, good []time.Duration
	held := h.hold(0)
	for range thefts {
		if !userinfo.ask(h, held) {
			h.b.Fatal("refused before anything was stolen")
		}
		h.call(http.DefaultClient, "POST", "/api/v1/signing-keys/rotate", adminKey, map[string]any{"stolen": true}, nil)
		said := time.Now()
		_, at := h.until(userinfo, held, said)
		refused = append(refused, at)
		for !userinfo.ask(h, held) {
			if !h.token(held, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {held.Refresh}}) || time.Since(said) > 20*time.Second {
				h.b.Fatal("the application cannot go on")
			}
		}
		good = append(good, time.Since(said))
	}
	for name, all := range map[string][]time.Duration{"refused": refused, "good again": good} {
		slices.Sort(all)
		fmt.Printf("stolen key: %-10s median %6.1f ms   worst of %d %7.1f ms\n", name, ms(all[len(all)/2]), len(all), ms(all[len(all)-1]))
	}
}
