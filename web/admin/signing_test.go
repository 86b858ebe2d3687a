package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/token/keys"
	"github.com/standin-id/standin/web/webtest"
)

// TestSigningKeysAreSeenByThoseWhoKeepSettings: the page shows what signs and no secret; where the keys are more than one
// organisation's, it offers nobody to replace them, and who sends that all the same is refused.
func TestSigningKeysAreSeenByThoseWhoKeepSettings(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		h.As("ada").Get("/signing-keys").Is(t, http.StatusForbidden)
		b := h.As("boss")
		if p := b.Get("/signing-keys").Is(t, http.StatusOK); p.Find("main ul.rows li").Length() != 0 {
			t.Error("there is a key before any was needed")
		}
		kid, _, err := h.Signing.Signer(t.Context(), keys.ES256)
		if err != nil {
			t.Fatal(err)
		}
		p := b.Get("/signing-keys").Is(t, http.StatusOK)
		if rows := p.Find("main ul.rows li"); rows.Length() != 2 || !strings.Contains(rows.First().Text(), kid) {
			t.Errorf("got %q, want the key that signs first, and the next", rows.Text())
		}
		if p.Find("main form").Length() != 0 {
			t.Error("the page offers to replace keys that are not this organisation's alone")
		}
		b.Post("/signing-keys", "do", "rotate").Is(t, http.StatusForbidden)
		b.Post("/signing-keys", "do", "stolen").Is(t, http.StatusUnprocessableEntity)
		b.Post("/signing-keys", "do", "stolen", "sure", "yes").Is(t, http.StatusForbidden)
		if still, _, err := h.Signing.Signer(t.Context(), keys.ES256); still != kid || err != nil {
			t.Errorf("%s signs (%v), want %s still", still, err, kid)
		}
	})
}

// TestHowAnApplicationIsToldIsItsOrganisationsAlone: who keeps settings sees it; of another organisation's nothing is known.
func TestHowAnApplicationIsToldIsItsOrganisationsAlone(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		c, _, err := h.Applications.RegisterClient(t.Context(), standin.OperatorCaller(webtest.Acme, "test"), application.Client{Name: "Work",
			RedirectURIs: []string{"https://work.example/callback"}, BackChannel: "https://work.example/logout", StandIns: true})
		if err != nil {
			t.Fatal(err)
		}
		at := "/apps/" + string(c.ID) + "/told"
		h.As("ada").Get(at).Is(t, http.StatusForbidden)
		if p := h.As("boss").Get(at).Is(t, http.StatusOK); !strings.Contains(p.Find("main").Text(), c.BackChannel) {
			t.Errorf("got %q, want the address", p.Find("main").Text())
		}
		h.As("boss").Get("/apps/nothing/told").Is(t, http.StatusNotFound)
		h.As("rita@rival.example").Get(at).Is(t, http.StatusNotFound)
	})
}
