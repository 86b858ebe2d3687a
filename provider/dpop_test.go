package provider_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/provider"
)

// prover makes proofs with a key of its own.
type prover struct {
	h   *house
	key *ecdsa.PrivateKey
}

func (h *house) prover() prover {
	h.T.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		h.T.Fatal(err)
	}
	return prover{h, key}
}

func (p prover) proof(method, path, access string) string {
	p.h.T.Helper()
	claims := map[string]any{"jti": standin.NewSecret(), "htm": method, "htu": issuer + path, "iat": p.h.Now().Unix()}
	if access != "" {
		sum := sha256.Sum256([]byte(access))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		p.h.T.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		p.h.T.Fatal(err)
	}
	return text
}

// redeem asks for tokens with these proofs.
func (h *house) redeem(client string, form url.Values, proofs ...string) answer {
	h.T.Helper()
	r := posted(provider.TokenPath, client, form)
	for _, proof := range proofs {
		r.Header.Add("DPoP", proof)
	}
	return h.send(r)
}

// TestThreat28BoundTokensNeedTheirKey: a token that is bound to a key is nothing in another's hands.
func TestThreat28BoundTokensNeedTheirKey(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo, p, thief := h.person("cleo@acme.example"), h.prover(), h.prover()
		form := func() url.Values { return redemption("bound", cleo.code("bound")) }
		if a := h.redeem("bound", form()); a.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d %s without a proof", a.StatusCode, a.text)
		}
		for name, proofs := range map[string][]string{"of another method": {p.proof("GET", provider.TokenPath, "")}, "of another path": {p.proof("POST", provider.UserInfo, "")},
			"two": {p.proof("POST", provider.TokenPath, ""), p.proof("POST", provider.TokenPath, "")}, "no proof": {"x.y.z"}, "too long": {strings.Repeat("x", 9000)}} {
			a := h.redeem("bound", form(), proofs...)
			if a.says(t, http.StatusBadRequest, "invalid_dpop_proof"); t.Failed() {
				t.Fatal(name)
			}
		}
		used := p.proof("POST", provider.TokenPath, "")
		got := h.redeem("bound", form(), used)
		if got.StatusCode != http.StatusOK || got.json["token_type"] != "DPoP" {
			t.Fatal(got.StatusCode, got.text)
		}
		h.redeem("bound", form(), used).says(t, http.StatusBadRequest, "invalid_dpop_proof") // a proof is good once
		access := got.json["access_token"].(string)
		if _, claims := h.claims(access); claims["cnf"].(map[string]any)["jkt"] == "" {
			t.Errorf("got %v", claims)
		}
		info := func(scheme, proof string) answer {
			r := httptest.NewRequest("GET", issuer+provider.UserInfo, nil)
			r.Header.Set("Authorization", scheme+" "+access)
			if proof != "" {
				r.Header.Set("DPoP", proof)
			}
			return h.send(r)
		}
		good := p.proof("GET", provider.UserInfo, access)
		if a := info("DPoP", good); a.StatusCode != http.StatusOK || a.json["sub"] != "p-cleo" {
			t.Errorf("got %d %s", a.StatusCode, a.text)
		}
		for name, a := range map[string]answer{"again": info("DPoP", good), "as a bearer": info("Bearer", p.proof("GET", provider.UserInfo, access)), "no proof": info("DPoP", ""),
			"the thief's": info("DPoP", thief.proof("GET", provider.UserInfo, access)), "for another token": info("DPoP", p.proof("GET", provider.UserInfo, "another"))} {
			if a.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "DPoP") && name != "as a bearer" {
				t.Errorf("%s: got %d %v", name, a.StatusCode, a.Header)
			}
		}
		if a := h.introspect("bound", access); a.json["token_type"] != "DPoP" || a.json["cnf"] == nil {
			t.Errorf("got %s", a.text)
		}
		again := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.json["refresh_token"].(string)}}
		if a := h.redeem("bound", again); a.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d %s for a refresh without a proof", a.StatusCode, a.text)
		}
	})
}

// TestThreat28CodesAreBoundByTheRequest: dpop_jkt binds the code already, and a public client's refresh token keeps its key.
func TestThreat28CodesAreBoundByTheRequest(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo, p, thief := h.person("cleo@acme.example"), h.prover(), h.prover()
		jwk := jose.JSONWebKey{Key: p.key.Public()}
		sum, err := jwk.Thumbprint(5) // crypto.SHA256
		if err != nil {
			t.Fatal(err)
		}
		jkt := base64.RawURLEncoding.EncodeToString(sum)
		form := func() url.Values {
			f := redemption("spa", cleo.code("spa", "dpop_jkt", jkt))
			f.Set("client_id", "spa")
			return f
		}
		for _, proofs := range [][]string{nil, {thief.proof("POST", provider.TokenPath, "")}} {
			if a := h.redeem("", form(), proofs...); a.StatusCode != http.StatusBadRequest {
				t.Errorf("got %d %s", a.StatusCode, a.text)
			}
		}
		got := h.redeem("", form(), p.proof("POST", provider.TokenPath, ""))
		if got.StatusCode != http.StatusOK {
			t.Fatal(got.text)
		}
		again := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.json["refresh_token"].(string)}, "client_id": {"spa"}}
		if a := h.redeem("", again, thief.proof("POST", provider.TokenPath, "")); a.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d %s for the thief's key", a.StatusCode, a.text)
		}
		if a := h.redeem("", again, p.proof("POST", provider.TokenPath, "")); a.StatusCode != http.StatusOK || a.json["token_type"] != "DPoP" {
			t.Errorf("got %d %s", a.StatusCode, a.text)
		}
	})
}

// TestThreat58ARequiredKeyIsRequiredOfOldSignIns: a client of which keys are required from now on gets no unbound token by
// refreshing a sign-in from before, and spends nothing by trying.
func TestThreat58ARequiredKeyIsRequiredOfOldSignIns(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		got := h.person("cleo@acme.example").tokens("desk")
		h.change("desk", func(c *application.Client) { c.RequireDPoP = true })
		h.Pass(time.Second)
		h.refresh("desk", got["refresh_token"]).says(t, http.StatusBadRequest, "invalid_request")
		again := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got["refresh_token"].(string)}}
		a := h.redeem("desk", again, h.prover().proof("POST", provider.TokenPath, ""))
		if a.StatusCode != http.StatusOK || a.json["token_type"] != "DPoP" {
			t.Fatalf("got %d %s, want the refresh token unspent, and what comes of it bound", a.StatusCode, a.text)
		}
		if _, claims := h.claims(a.json["access_token"]); claims["cnf"] == nil {
			t.Errorf("got %v, want it bound", claims)
		}
	})
}
