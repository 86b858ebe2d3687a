package provider_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/standin-id/standin/provider"
)

// TestWhatIsRefusedKeepsNoSignInAlive: a token that was copied and whose key is missing does not keep its person signed in.
func TestWhatIsRefusedKeepsNoSignInAlive(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo, p, thief := h.person("cleo@acme.example"), h.prover(), h.prover()
		got := h.redeem("bound", redemption("bound", cleo.code("bound")), p.proof("POST", provider.TokenPath, ""))
		access, _ := got.json["access_token"].(string)
		info := func(scheme, proof string) int {
			r := httptest.NewRequest("GET", issuer+provider.UserInfo, nil)
			r.Header.Set("Authorization", scheme+" "+access)
			if proof != "" {
				r.Header.Set("DPoP", proof)
			}
			return h.send(r).StatusCode
		}
		seen := func() string {
			return h.Lines(`SELECT CAST(MAX(seen_at) AS TEXT) FROM logins WHERE person = 'p-cleo'`)[0]
		}
		before := seen()
		h.Pass(5 * time.Minute)
		for name, status := range map[string]int{"no proof": info("DPoP", ""), "a bearer": info("Bearer", ""), "another key": info("DPoP", thief.proof("GET", provider.UserInfo, access))} {
			if status != http.StatusUnauthorized || seen() != before {
				t.Errorf("%s: got %d, last seen %s, want it refused and %s", name, status, seen(), before)
			}
		}
		if status := info("DPoP", p.proof("GET", provider.UserInfo, access)); status != http.StatusOK || seen() == before {
			t.Errorf("got %d, last seen %s, want its use noted", status, seen())
		}
	})
}
