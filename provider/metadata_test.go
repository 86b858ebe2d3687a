package provider_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin/provider"
)

func texts(list any) (all []string) {
	for _, one := range list.([]any) {
		all = append(all, one.(string))
	}
	return all
}

// TestTheMetadataIsTrue tries everything that the document says there is.
func TestTheMetadataIsTrue(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		a := h.send(httptest.NewRequest("GET", issuer+provider.OpenID, nil))
		d := a.json
		if other := h.send(httptest.NewRequest("GET", issuer+provider.OAuth, nil)); other.text != a.text {
			t.Error("the two documents differ")
		}
		if a.Header.Get("Access-Control-Allow-Origin") != "*" || d["issuer"] != issuer {
			t.Fatal(a.Header, a.text)
		}
		for name, value := range d {
			if !strings.HasSuffix(name, "_endpoint") && name != "jwks_uri" {
				continue
			}
			path := strings.TrimPrefix(value.(string), issuer)
			get, post := h.send(httptest.NewRequest("GET", issuer+path, nil)), h.post(path, "", nil)
			if get.StatusCode == http.StatusNotFound || get.StatusCode == http.StatusMethodNotAllowed && (post.StatusCode == http.StatusNotFound || post.StatusCode == http.StatusMethodNotAllowed) {
				t.Errorf("%s is not at %s: %d, %d", name, path, get.StatusCode, post.StatusCode)
			}
		}
		for name, want := range map[string][]string{"response_types_supported": {"code"}, "grant_types_supported": {"authorization_code", "refresh_token", exchangeGrant},
			"code_challenge_methods_supported": {"S256"}, "id_token_signing_alg_values_supported": {"ES256", "RS256"}, "subject_types_supported": {"public"},
			"token_endpoint_auth_methods_supported": {"client_secret_basic", "client_secret_post", "none"}, "response_modes_supported": {"query", "fragment"},
			"scopes_supported": {"openid", "profile", "email", "offline_access"}, "prompt_values_supported": {"none", "login", "consent", "select_account"},
			"dpop_signing_alg_values_supported": {"ES256", "ES384", "RS256", "PS256", "EdDSA"}} {
			if diff := cmp.Diff(want, texts(d[name])); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		for name, want := range map[string]bool{"authorization_response_iss_parameter_supported": true, "backchannel_logout_supported": true, "backchannel_logout_session_supported": true,
			"request_parameter_supported": false, "request_uri_parameter_supported": false, "claims_parameter_supported": false} {
			if d[name] != want {
				t.Errorf("%s: got %v, want %v", name, d[name], want)
			}
		}
		if d["registration_endpoint"] != nil {
			t.Error("nobody registers here")
		}
		// Each way of authentication, each grant and each mode was offered; each works.
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		for _, scope := range texts(d["scopes_supported"]) {
			if got := ben.tokens("desk", "scope", "openid "+scope); !slices.Contains(strings.Fields(got["scope"].(string)), scope) {
				t.Errorf("%s: got %v", scope, got["scope"])
			}
		}
		inForm := redemption("desk", ben.code("desk"))
		inForm.Set("client_id", "desk")
		inForm.Set("client_secret", password)
		got := h.post(provider.TokenPath, "", inForm)
		if got.StatusCode != http.StatusOK {
			t.Fatal(got.text)
		}
		for _, form := range []url.Values{{"grant_type": {"refresh_token"}, "refresh_token": {got.json["refresh_token"].(string)}},
			{"grant_type": {exchangeGrant}, "subject_token": {got.json["access_token"].(string)}, "subject_token_type": {accessType}}} {
			if a := h.post(provider.TokenPath, "desk", form); a.StatusCode != http.StatusOK {
				t.Errorf("%s: got %s", form.Get("grant_type"), a.text)
			}
		}
		_, access := h.claims(got.json["access_token"])
		_, id := h.claims(got.json["id_token"])
		own := h.person("ada@acme.example").tokens("desk")
		_, ownID := h.claims(own["id_token"])
		for _, name := range texts(d["claims_supported"]) {
			if access[name] == nil && id[name] == nil && ownID[name] == nil {
				t.Errorf("no token says %s", name)
			}
		}
		for name := range id {
			if !slices.Contains(texts(d["claims_supported"]), name) {
				t.Errorf("the document does not say that ID tokens say %s", name)
			}
		}
	})
}

func TestKeysArePublishedAlone(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		a := h.send(httptest.NewRequest("GET", issuer+provider.JWKS, nil))
		if a.StatusCode != http.StatusOK || strings.Contains(a.text, `"d"`) || !strings.Contains(a.text, `"kid"`) || !strings.Contains(a.Header.Get("Cache-Control"), "max-age") {
			t.Errorf("got %d %s %v", a.StatusCode, a.text, a.Header)
		}
	})
}
