package provider_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin/provider"
)

// TestH1TokensNameBothPeople signs in as oneself and as somebody's deputy, and reads everything that says who it is.
func TestH1TokensNameBothPeople(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		if to := ben.get(asks("desk")).to(t); to.Path != "/choose" || !strings.HasPrefix(to.Query().Get("return"), provider.Authorize+"/") {
			t.Fatalf("got %s, want the chooser: he stands in for somebody, and did not choose", to)
		}
		s := ben.act("d-ada")
		got := ben.tokens("desk")
		if got["token_type"] != "Bearer" || got["expires_in"] != 300.0 || got["scope"] != "openid profile email" || got["refresh_token"] == nil {
			t.Errorf("got %v, want a bearer of five minutes and a refresh token", got)
		}
		header, access := h.claims(got["access_token"])
		if diff := cmp.Diff(map[string]any{"alg": "ES256", "typ": "at+jwt"}, header); diff != "" {
			t.Error(diff)
		}
		act := map[string]any{"sub": "p-ben", "name": "Ben Bold", "email": "ben@acme.example"}
		for name, want := range map[string]any{"iss": issuer, "sub": "p-ada", "act": act, "sid": string(s.ID), "client_id": "desk",
			"aud": []any{"desk", "books"}, "name": "Ben Bold (for Ada Able)", "email": "ada@acme.example", "amr": []any{"pwd"}, "acr": "1"} {
			if diff := cmp.Diff(want, access[name]); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		acting := access["acting"].(map[string]any)
		if acting["delegation"] != "d-ada" || acting["kind"] != "cover" || acting["read_only"] != false || acting["view"] != false {
			t.Errorf("got %v", acting)
		}
		if access["exp"].(float64)-access["iat"].(float64) > 300 {
			t.Errorf("it lives from %v to %v, longer than five minutes", access["iat"], access["exp"])
		}
		header, id := h.claims(got["id_token"])
		if diff := cmp.Diff(map[string]any{"alg": "ES256", "typ": "JWT"}, header); diff != "" {
			t.Error(diff)
		}
		sum := sha256.Sum256([]byte(got["access_token"].(string)))
		for name, want := range map[string]any{"aud": "desk", "azp": "desk", "nonce": "the-nonce", "at_hash": base64.RawURLEncoding.EncodeToString(sum[:16])} {
			if diff := cmp.Diff(want, id[name]); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		info, seen := h.userInfo(got["access_token"]), h.introspect("desk", got["access_token"])
		for _, name := range []string{"sub", "act", "sid", "acting", "name", "email", "auth_time", "acr", "amr"} {
			for where, claims := range map[string]map[string]any{"ID token": id, "userinfo": info.json, "introspection": seen.json} {
				if diff := cmp.Diff(access[name], claims[name]); diff != "" {
					t.Errorf("%s says another %s than the access token: %s", where, name, diff)
				}
			}
		}
		if seen.json["active"] != true || seen.json["client_id"] != "desk" {
			t.Errorf("got %v", seen.json)
		}
		next := h.refresh("desk", got["refresh_token"])
		if next.StatusCode != http.StatusOK || next.json["refresh_token"] == got["refresh_token"] || next.json["id_token"] == nil {
			t.Fatal(next.StatusCode, next.text)
		}
		if _, claims := h.claims(next.json["access_token"]); claims["sid"] != string(s.ID) || claims["sub"] != "p-ada" {
			t.Errorf("got %v after refreshing", claims)
		}
	})
}

// TestH1OwnName: who stands in for nobody is asked nothing, and who does and chose to be themselves is themselves.
func TestH1OwnName(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo := h.person("cleo@acme.example")
		_, claims := h.claims(cleo.tokens("desk")["access_token"])
		if claims["sub"] != "p-cleo" || claims["act"] != nil || claims["acting"] != nil || claims["name"] != "Cleo Clear" {
			t.Errorf("got %v", claims)
		}
		ben := h.person("ben@acme.example")
		ben.myself()
		if _, claims = h.claims(ben.tokens("desk")["access_token"]); claims["sub"] != "p-ben" || claims["act"] != nil {
			t.Errorf("got %v", claims)
		}
	})
}
