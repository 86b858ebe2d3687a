package session_test

import (
	"net/http"
	"testing"

	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/token"
)

// TestServicesDoNotExtend: a service behind an application, which no person looks at, does not prolong acting with the token that
// it exchanged; it can end it, as whoever holds a token can (P6).
func TestServicesDoNotExtend(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		h.Client(application.Client{ID: "desk", StandIns: true, Exchange: true, Initiate: "https://desk.example/login"})
		held, _ := h.acting()
		who, err := h.Tokens.Exchange(t.Context(), held.Client, token.Exchanging{SubjectToken: held.access, SubjectType: token.AccessTokenType, Origin: home})
		if err != nil {
			t.Fatal(err)
		}
		raw, _, err := h.Tokens.Mint(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.ask("POST", "/.standin/extend", raw); got.Status != http.StatusUnauthorized {
			t.Errorf("got %d: %s, want 401", got.Status, got.Body)
		}
		if got := h.ask("POST", "/.standin/extend", held.access); got.Status != http.StatusOK {
			t.Errorf("got %d: %s for the application's own", got.Status, got.Body)
		}
		if got := h.ask("POST", "/.standin/stop", raw); got.Status != http.StatusOK {
			t.Errorf("got %d: %s, want it stopped", got.Status, got.Body)
		}
		if got := h.ask("GET", "/.standin/state", held.access); got.Status != http.StatusUnauthorized {
			t.Errorf("got %d: %s after that", got.Status, got.Body)
		}
	})
}
