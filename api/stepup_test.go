package api_test

import (
	"testing"
	"time"

	"github.com/standin-id/standin/api"
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

// TestThreat15NamingManyNeedsAFreshFactor: stand-ins that are named by a list, or by handing on, are named with no less than one by
// one.
func TestThreat15NamingManyNeedsAFreshFactor(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ada := h.signIn("ada")
		planned := func(kind, rows string) string {
			var l api.List
			ada.ask("POST", "/api/v1/lists/"+kind, list(rows)).into(t, 201, &l)
			if l.Counts.Create+l.Counts.Change != 1 {
				t.Fatalf("got %+v, want one row that does something", l)
			}
			return "/api/v1/lists/" + l.ID + "/apply"
		}
		h.Pass(signin.ProofLasts)
		named := planned("delegations", "actor,principal,purpose\nben@acme.example,cleo@acme.example,leave\n")
		ada.ask("POST", named, nil).problem(t, 403, "signin.proof_needed")
		d := h.cover("ben", "cleo")
		ada.ask("POST", "/api/v1/people/"+string(id("ben"))+"/hand-on", map[string]any{"pass": []any{map[string]any{"delegation": d, "to": id("ada")}}}).
			problem(t, 403, "signin.proof_needed")
		ada.ask("POST", planned("people", "name,email,unit\nEmil,emil@acme.example,sales\n"), nil).into(t, 202, nil)
		ada.ask("POST", "/api/v1/me/proof", map[string]any{"password": password}).into(t, 204, nil)
		ada.ask("POST", named, nil).into(t, 202, nil)
		h.Lists.Wait()
	})
}
