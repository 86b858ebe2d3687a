package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token"
)

// TestWhatIsRefusedKeepsNoSignInAlive: only a token that the API took counts as its person's doing.
func TestWhatIsRefusedKeepsNoSignInAlive(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		b := h.signIn("ben")
		elsewhere, _ := b.given("desk2", "")
		bound, _ := b.given("tools2", "x6vMPPPSuYHkMoDLpOZ_0kJvRLLpgJwGOFVNWIv5lf0", "standin")
		own, _ := b.given("tools", "", "standin")
		seen := func() string { return h.Lines(`SELECT CAST(MAX(seen_at) AS TEXT) FROM logins`)[0] }
		before := seen()
		h.Pass(5 * time.Minute)
		h.ask(elsewhere, "GET", "/api/v1/me", nil).problem(t, 401, "api.token_audience")
		h.ask(bound, "GET", "/api/v1/me", nil).problem(t, 401, "api.token_proof")
		if got := seen(); got != before {
			t.Errorf("last seen %s, want %s: what was refused is no use", got, before)
		}
		h.ask(own, "GET", "/api/v1/me", nil).into(t, 200, nil)
		if seen() == before {
			t.Error("what was answered is not noted as use")
		}
	})
}

// TestThreat57ATokenForOthersTooOpensNothingHere: whoever else a token is for could present it; from a database of before there
// may be applications that are registered so.
func TestThreat57ATokenForOthersTooOpensNothingHere(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		b := h.signIn("ben")
		b.given("tools", "", "standin")
		b.update("acme", func(ctx context.Context, tx *db.Tx, _ standin.Caller) error {
			_, err := tx.Exec(ctx, `UPDATE clients SET audiences = $1 WHERE id = 'tools'`, `["https://api.example","standin"]`)
			return err
		})
		_, cookie, _ := cut(b.cookie)
		v, err := b.Signin.Resolve(t.Context(), cookie, standin.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		const redirect = "https://tools.example/callback"
		_, code, err := b.Tokens.Begin(t.Context(), v, token.Wish{Client: "tools", Scopes: []string{"openid"}, RedirectURI: redirect})
		if err != nil {
			t.Fatal(err)
		}
		w, _, err := b.Tokens.Redeem(t.Context(), h.ClientNow("tools"), token.Redemption{Code: code, RedirectURI: redirect})
		if err != nil {
			t.Fatal(err)
		}
		raw, access, err := b.Tokens.Mint(t.Context(), w)
		if err != nil || !access.For(token.Standin) {
			t.Fatalf("got %v (%v), want a token for Standin, too", access.Audience, err)
		}
		h.ask(raw, "GET", "/api/v1/me", nil).problem(t, 401, "api.token_audience")
	})
}
