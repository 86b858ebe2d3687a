package api_test

import (
	"testing"
	"time"

	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/directory"
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

// TestThreat25LettingAStandInDoMoreNeedsAFreshFactor: a delegation is widened, enabled, renewed and made active again with no less
// than a new one is named with, also in one's own name and by a token; and so is the yes to who named themselves. What takes away
// asks for nothing.
func TestThreat25LettingAStandInDoMoreNeedsAFreshFactor(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cover := "/api/v1/delegations/" + h.cover("ada", "ben")
		standby := "/api/v1/delegations/" + h.named(map[string]any{"actors": []any{id("cleo")}, "principal": id("ben"), "kind": "standby", "purpose": "on call"})
		b := h.signIn("ben")
		h.Pass(signin.ProofLasts - time.Minute)
		raw, _ := b.given("tools", "", "standin")
		h.Pass(time.Minute)
		var d api.Delegation
		b.ask("GET", cover, nil).into(t, 200, &d)
		sooner, later := d.End.Add(-48*time.Hour), d.End.Add(-24*time.Hour)
		b.ask("PATCH", cover, map[string]any{"end": sooner, "limits": map[string]any{"read_only": true}}).into(t, 200, nil)
		b.ask("POST", cover+"/deactivate", nil).into(t, 200, nil)
		gives := []struct {
			method, path string
			in           any
		}{
			{"POST", cover + "/reactivate", nil}, {"PATCH", cover, map[string]any{"end": later}}, {"PATCH", cover, map[string]any{"limits": map[string]any{}}},
			{"POST", cover + "/renew", nil}, {"POST", standby + "/enable", map[string]any{"duration": "2h"}},
		}
		for _, g := range gives {
			b.ask(g.method, g.path, g.in).problem(t, 403, "signin.proof_needed")
			h.ask(raw, g.method, g.path, g.in).problem(t, 403, "signin.proof_needed")
		}
		b.ask("POST", "/api/v1/me/proof", map[string]any{"password": password}).into(t, 204, nil)
		for _, g := range gives {
			b.ask(g.method, g.path, g.in).into(t, 200, nil)
		}
		h.Settings("acme", func(s *directory.Settings) { s.Delegation.Accept = true })
		var asked api.Whole[api.Delegation]
		h.signIn("ada").ask("POST", "/api/v1/delegations", map[string]any{"actors": []any{id("ada")}, "principal": id("ben"), "kind": "standby", "purpose": "fair"}).
			into(t, 201, &asked)
		h.Pass(signin.ProofLasts)
		yes := "/api/v1/delegations/" + asked.Items[0].ID + "/accept"
		b.ask("POST", yes, nil).problem(t, 403, "signin.proof_needed")
		b.ask("POST", "/api/v1/me/proof", map[string]any{"password": password}).into(t, 204, nil)
		b.ask("POST", yes, nil).into(t, 200, nil)
	})
}
