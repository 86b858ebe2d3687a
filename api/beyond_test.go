package api_test

import (
	"context"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/token"
)

// TestThreat16NobodyKeepsAClientThatCanDoMoreThanThey: ben keeps settings, and nothing else. With a client whose tokens open
// Standin's own interface he would do there whatever ada may, who signs in to it and is asked nothing.
func TestThreat16NobodyKeepsAClientThatCanDoMoreThanThey(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		const redirect = "https://trap.example/callback"
		h.update("acme", func(ctx context.Context, tx *db.Tx, op standin.Caller) error {
			if _, err := h.Directory.PutRoleIn(ctx, tx, op, rights.Role{ID: "keeper", Rank: 10, Allow: []string{"standin:settings.manage@org"}}, 0); err != nil {
				return err
			}
			_, err := h.Directory.HoldIn(ctx, tx, op, id("ben"), "keeper", "")
			return err
		})
		caller := func(name string) standin.Caller {
			return standin.Caller{Organisation: "acme", Actor: standin.PersonActor(id(name)), Principal: id(name)}
		}
		ben, ada, ctx := caller("ben"), caller("ada"), t.Context()
		trap := application.Client{Name: "Trap", RedirectURIs: []string{redirect}, Audiences: []string{token.Standin}}
		if made, _, err := h.Applications.RegisterClient(ctx, ben, trap); standin.CodeOf(err) != "application.client_beyond" {
			t.Errorf("got %v, want it refused: ada's powers would be ben's", err)
			h.reached(made, redirect)
		}
		made, _, err := h.Applications.RegisterClient(ctx, ada, trap)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Applications.RotateClient(ctx, ben, made.ID, 0); standin.CodeOf(err) != "application.client_beyond" {
			t.Errorf("got %v, want ben not to get its secret", err)
		}
		moved := made
		moved.RedirectURIs = []string{"https://ben.example/callback"}
		if _, err := h.Applications.ChangeClient(ctx, ben, moved); standin.CodeOf(err) != "application.client_beyond" {
			t.Errorf("got %v, want its tokens to go nowhere else", err)
		}
		plain, _, err := h.Applications.RegisterClient(ctx, ben, application.Client{Name: "Plain", RedirectURIs: []string{redirect}})
		if err != nil {
			t.Fatalf("got %v, want an ordinary client", err)
		}
		plain.Audiences = []string{token.Standin}
		if _, err := h.Applications.ChangeClient(ctx, ben, plain); standin.CodeOf(err) != "application.client_beyond" {
			t.Errorf("got %v, want it not to become one", err)
		}
		if _, err := h.Applications.ChangeClient(ctx, ada, plain); err != nil {
			t.Errorf("got %v, want ada to, who may do everything", err)
		}
		if err := h.Applications.EndClient(ctx, ben, made.ID); err != nil {
			t.Errorf("got %v, want whoever keeps settings to end it (P6)", err)
		}
	})
}

// reached signs ada in to the client, and says what its keeper reads with what it got.
func (h *house) reached(client application.Client, redirect string) {
	h.T.Helper()
	b := h.signIn("ada")
	_, cookie, _ := cut(b.cookie)
	v, err := h.Signin.Resolve(h.T.Context(), cookie, standin.Origin{})
	if err != nil {
		h.T.Fatal(err)
	}
	_, code, err := h.Tokens.Begin(h.T.Context(), v, token.Wish{Client: client.ID, Scopes: []string{"openid"}, RedirectURI: redirect})
	if err != nil {
		h.T.Fatal(err)
	}
	w, _, err := h.Tokens.Redeem(h.T.Context(), client, token.Redemption{Code: code, RedirectURI: redirect})
	if err != nil {
		h.T.Fatal(err)
	}
	raw, _, err := h.Tokens.Mint(h.T.Context(), w)
	if err != nil {
		h.T.Fatal(err)
	}
	h.T.Logf("as ada, the client's keeper reads the keys: %d", h.ask(raw, "GET", "/api/v1/keys", nil).StatusCode)
}
