package api_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token"
)

// given is an access token that the application got for whoever is there in the browser, bound to the key where one is given.
func (b *browser) given(client standin.ClientID, jkt string, audience ...string) (raw string, w token.Who) {
	b.T.Helper()
	redirect := "https://" + string(client) + ".example/callback"
	var c application.Client
	b.update("acme", func(ctx context.Context, tx *db.Tx, op standin.Caller) (err error) {
		if _, err = b.Applications.PutClient(ctx, tx, op, application.Client{Organisation: "acme", ID: client, RedirectURIs: []string{redirect}, StandIns: true,
			ReadsAct: true, Audiences: audience}, "a-secret-that-is-long-enough"); err != nil {
			return err
		}
		c, err = b.Applications.Client(ctx, tx, client)
		return err
	})
	_, cookie, _ := cut(b.cookie)
	v, err := b.Signin.Resolve(b.T.Context(), cookie, standin.Origin{})
	if err != nil {
		b.T.Fatal(err)
	}
	_, code, err := b.Tokens.Begin(b.T.Context(), v, token.Wish{Client: client, Scopes: []string{"openid"}, RedirectURI: redirect, JKT: jkt})
	if err != nil {
		b.T.Fatal(err)
	}
	if w, _, err = b.Tokens.Redeem(b.T.Context(), c, token.Redemption{Code: code, RedirectURI: redirect, JKT: jkt}); err != nil {
		b.T.Fatal(err)
	}
	if raw, _, err = b.Tokens.Mint(b.T.Context(), w); err != nil {
		b.T.Fatal(err)
	}
	return raw, w
}

func cut(cookie string) (name, value string, ok bool) {
	for i := range cookie {
		if cookie[i] == '=' {
			return cookie[:i], cookie[i+1:], true
		}
	}
	return "", "", false
}

// TestTokensOpenTheAPI: a person's access token for audience "standin" asks as that person, whoever acts with both names, as
// long as it stands; one for anybody else opens nothing.
func TestTokensOpenTheAPI(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		d := h.cover("ben", "cleo")
		b := h.signIn("ben")
		own, _ := b.given("tools", "", "standin")
		var me api.Me
		h.ask(own, "GET", "/api/v1/me", nil).into(t, 200, &me)
		if me.Identity != b.identity {
			t.Errorf("got %q, want %q", me.Identity, b.identity)
		}
		other, _ := b.given("desk2", "")
		h.ask(other, "GET", "/api/v1/me", nil).problem(t, 401, "api.token_audience")
		b.act(d)
		h.ask(own, "GET", "/api/v1/me", nil).problem(t, 401, "token.over")
		acting, _ := b.given("tools", "", "standin")
		h.ask(acting, "GET", "/api/v1/me", nil).into(t, 200, &me)
		if me.Identity != b.identity {
			t.Errorf("got %q, want %q", me.Identity, b.identity)
		}
		h.ask(acting, "POST", "/api/v1/delegations", map[string]any{"actors": []any{id("ada")}, "purpose": "more"}).problem(t, 403, "directory.denied", "delegation.not_while_acting", "delegation.acting")
		h.ask(acting, "POST", "/api/v1/acting", map[string]any{"delegation": d}).problem(t, 403, "api.cookie_only")
		b.ask("DELETE", "/api/v1/acting", nil)
		h.ask(acting, "GET", "/api/v1/me", nil).problem(t, 401, "token.over")
		h.ask("a.b.c", "GET", "/api/v1/me", nil).problem(t, 401, "token.unknown")
	})
}

// TestBoundTokensNeedTheirKey (RFC 9449 §7): with its proof, once, as DPoP.
func TestBoundTokensNeedTheirKey(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		public := jose.JSONWebKey{Key: key.Public()}
		sum, err := public.Thumbprint(crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := h.signIn("ben").given("tools", base64.RawURLEncoding.EncodeToString(sum), "standin")
		proof := h.proof(key, raw, "GET", "https://standin.example/api/v1/me", "j-1")
		ask := func(scheme, proof string) answer {
			r := h.request("GET", "/api/v1/me", nil)
			r.Header.Set("Authorization", scheme+" "+raw)
			if proof != "" {
				r.Header.Set("DPoP", proof)
			}
			return h.send(r)
		}
		ask("Bearer", "").problem(t, 401, "api.token_proof")
		ask("DPoP", "").problem(t, 401, "api.token_proof")
		ask("DPoP", h.proof(key, raw, "GET", "https://standin.example/api/v1/people", "j-2")).problem(t, 401, "api.token_proof")
		ask("DPoP", h.proof(key, "another", "GET", "https://standin.example/api/v1/me", "j-3")).problem(t, 401, "api.token_proof")
		var me api.Me
		ask("DPoP", proof).into(t, 200, &me)
		ask("DPoP", proof).problem(t, 401, "api.token_proof")
	})
}

// proof is a proof of the key for a request with the token.
func (h *house) proof(key *ecdsa.PrivateKey, access, method, url, jti string) string {
	h.T.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		h.T.Fatal(err)
	}
	hash := sha256.Sum256([]byte(access))
	text, err := json.Marshal(map[string]any{"jti": jti, "htm": method, "htu": url, "iat": h.Now().Add(time.Second).Unix(),
		"ath": base64.RawURLEncoding.EncodeToString(hash[:])})
	if err != nil {
		h.T.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		h.T.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		h.T.Fatal(err)
	}
	return compact
}
