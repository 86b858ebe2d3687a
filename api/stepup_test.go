package api_test

import (
	"testing"
	"time"

	"github.com/standin-id/standin/signin"
)

// TestThreat25NamingNeedsAFreshFactor: whoever finds somebody's sign-in open, or holds a token of theirs, names no stand-in for
// them by which they would come back later; a factor has to be proved within 15 minutes, as on the page.
func TestThreat25NamingNeedsAFreshFactor(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		b := h.signIn("ben")
		wish := map[string]any{"actors": []any{id("ada")}, "purpose": "holiday"}
		h.Pass(signin.ProofLasts - time.Minute)
		raw, _ := b.given("tools", "", "standin")
		h.Pass(time.Minute)
		b.ask("POST", "/api/v1/delegations", wish).problem(t, 403, "signin.proof_needed")
		h.ask(raw, "POST", "/api/v1/delegations", wish).problem(t, 403, "signin.proof_needed")
		b.ask("POST", "/api/v1/me/proof", map[string]any{"password": password}).into(t, 204, nil)
		b.ask("POST", "/api/v1/delegations", wish).into(t, 201, nil)
	})
}
