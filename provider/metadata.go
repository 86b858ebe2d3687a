package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/standin-id/standin/application"
)

// Claims are what tokens and userinfo can say of a person and a sign-in.
var Claims = []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "azp", "acr", "amr", "sid", "name", "email", "locale", "zoneinfo",
	"act", "acting", "may_act"}

// describing makes the document that describes the provider (OpenID Connect Discovery §3, RFC 8414 §2): the library's, without
// what it offers and we do not, and with what is ours.
func (p *Provider) describing() ([]byte, error) {
	r, err := http.NewRequest(http.MethodGet, OpenID, nil)
	if err != nil {
		return nil, err
	}
	page := &page{header: http.Header{}}
	p.protocol.ServeHTTP(page, r)
	var d map[string]any
	if err := json.Unmarshal(page.Bytes(), &d); err != nil {
		return nil, err
	}
	if d["issuer"] != p.issuer {
		return nil, errors.New("the protocol library describes another issuer")
	}
	delete(d, "registration_endpoint")
	secrets := []string{"client_secret_basic", "client_secret_post"}
	for name, value := range map[string]any{
		"introspection_endpoint": p.issuer + Introspect, "introspection_endpoint_auth_methods_supported": secrets,
		"revocation_endpoint": p.issuer + Revoke, "revocation_endpoint_auth_methods_supported": append(secrets, "none"),
		"end_session_endpoint": p.issuer + EndSession, "backchannel_logout_supported": true, "backchannel_logout_session_supported": true,
		"prompt_values_supported": prompts, "claims_supported": Claims, "acr_values_supported": []string{"1", "2"}, "ui_locales_supported": []string{"en", "de"},
		"claims_parameter_supported": false, "request_parameter_supported": false, "request_uri_parameter_supported": false,
		"access_token_signing_alg_values_supported": []string{application.ES256}, "service_documentation": "https://github.com/standin-id/standin/blob/main/docs/openid.md",
	} {
		d[name] = value
	}
	return json.MarshalIndent(d, "", "  ")
}

// page holds an answer.
type page struct {
	bytes.Buffer
	header http.Header
}

func (p *page) Header() http.Header { return p.header }
func (p *page) WriteHeader(int)     {}

// describe answers with that document.
func (p *Provider) describe(w http.ResponseWriter, _ *http.Request) {
	public(w)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(p.metadata) // whoever asked may have gone
}

// publish answers with the keys that check our signatures (RFC 7517 §5). They are asked for again after a minute at the latest,
// and at once where a token names one that is not there.
func (p *Provider) publish(w http.ResponseWriter, r *http.Request) {
	set, err := p.keys.Public(r.Context())
	if err != nil {
		p.unforeseen(r.Context(), err).answer(w)
		return
	}
	public(w)
	text, err := json.Marshal(set)
	if err != nil {
		p.unforeseen(r.Context(), err).answer(w)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = w.Write(text) // whoever asked may have gone
}

// public lets any page read the answer, and caches keep it for a minute.
func public(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "public, max-age=60")
}

// shared are the endpoints that pages of public clients ask themselves, and how.
var shared = map[string]string{OpenID: "GET", OAuth: "GET", JWKS: "GET", TokenPath: "POST", Revoke: "POST", UserInfo: "GET, POST"}

// preflight tells a browser what a page may try. That tells nothing: whether the page may read the answer is decided with the
// answer, by the client that asks.
func (p *Provider) preflight(methods string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP")
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	}
}

// allowOrigin lets the page that asked read the answer, where it is a page of this public client: of the origin of one of its
// redirect addresses. No cookie counts there.
func (p *Provider) allowOrigin(w http.ResponseWriter, r *http.Request, client application.Client) {
	origin := r.Header.Get("Origin")
	if origin == "" || !client.Public || !has(client.Origins(), origin) {
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Expose-Headers", "WWW-Authenticate")
}
