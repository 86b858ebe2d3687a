package web

import (
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/web/webtest"
)

// TestThreat35GrantingForOthersAsksForAProof: who has acted since the last proof makes nobody else's delegation allow more
// before they prove themselves again. Ending one asks for nothing (P6).
func TestThreat35GrantingForOthersAsksForAProof(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("hanna")
		named, err := h.Delegations.Name(t.Context(), h.Caller("noor"), delegation.Naming{Principal: "noor", Actors: []standin.PersonID{"hanna"}, Purpose: "Leave"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Delegations.Deactivate(t.Context(), h.Caller("hanna"), "d-bilal"); err != nil {
			t.Fatal(err)
		}
		b.Act(string(named[0].ID))
		h.Pass(20 * time.Minute)
		b.Get("/")
		b.Post("/stop").Leads(t, "/")
		b.Get("/")
		b.Get("/cover/d-bilal/edit").Leads(t, "/prove?return=%2Fcover%2Fd-bilal%2Fedit")
		for _, verb := range []string{"edit", "reactivate", "renew", "enable"} {
			b.Post("/cover/d-bilal/"+verb, "what", "full").Leads(t, "/prove")
		}
		if state := h.Delegation("d-bilal").State; state != "inactive" {
			t.Errorf("got %s, want it paused still", state)
		}
		b.Post("/cover/d-bilal/end").Leads(t, "/cover/d-bilal")
	})
}
