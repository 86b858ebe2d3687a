package main

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

const openWorld = `organisations:
  - id: acme
    name: Acme Ltd
    settings: {delegation: {max: none}}
    units: [sales]
    roles: [{id: staff, rank: 0}]
    people:
      - {id: p-ada, name: Ada Able, email: ada@acme.example, password: only-for-trials, unit: sales, roles: [staff], accepted_terms: true}
      - {id: p-ben, name: Ben Bold, email: ben@acme.example, password: only-for-trials, unit: sales, roles: [staff], accepted_terms: true}
    delegations:
      - {id: d-1, principal: p-ada, actor: p-ben, kind: cover, start: 2020-01-01T00:00:00Z, end: 2120-01-15T00:00:00Z, purpose: annual leave}
clients:
  - {id: desk, name: Workdesk, organisation: acme, secret: only-for-trials, redirect_uris: ["http://127.0.0.1:9/callback"], stand_ins: true}
`

// TestAnApplicationSignsInWithTheProgramAsItIsShipped lets a client that others wrote sign somebody in as a deputy, by
// Standin's own pages, and cuts it off.
func TestAnApplicationSignsInWithTheProgramAsItIsShipped(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		file := filepath.Join(t.TempDir(), "world.yaml")
		if err := os.WriteFile(file, []byte(openWorld), 0o600); err != nil {
			t.Fatal(err)
		}
		at := place(t, source).serve(t, "--world", file)
		issuer, err := oidc.NewProvider(t.Context(), at.url)
		if err != nil {
			t.Fatal(err)
		}
		app := &oauth2.Config{ClientID: "desk", ClientSecret: "only-for-trials", RedirectURL: "http://127.0.0.1:9/callback", Endpoint: issuer.Endpoint(),
			Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
		var back url.Values // what the application was told
		b := at.browser(t)
		b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if r.URL.Host != app.RedirectURL[len("http://"):strings.LastIndex(app.RedirectURL, "/")] {
				return nil
			}
			back = r.URL.Query()
			return http.ErrUseLastResponse
		}
		verifier := oauth2.GenerateVerifier()
		b.open(app.AuthCodeURL("a-state", oidc.Nonce("a-nonce"), oauth2.S256ChallengeOption(verifier))).shows(200, "Workdesk")
		b.press(`form[action="/signin"] button`, "email", "ben@acme.example", "password", "only-for-trials").shows(200, "Workdesk", "Deputy of Ada Able")
		if b.press(`button[name="delegation"]:not([value=""])`); back.Get("state") != "a-state" || back.Get("iss") != at.url {
			t.Fatalf("got %v, want the application told: %s", back, b.text())
		}
		got, err := app.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := got.Extra("id_token").(string)
		id, err := issuer.Verifier(&oidc.Config{ClientID: "desk"}).Verify(t.Context(), raw)
		if err != nil || id.VerifyAccessToken(got.AccessToken) != nil || id.Nonce != "a-nonce" {
			t.Fatal(err, id)
		}
		var claims struct {
			Act struct{ Sub, Name string } `json:"act"`
		}
		if err := id.Claims(&claims); err != nil || id.Subject != "p-ada" || claims.Act.Sub != "p-ben" || claims.Act.Name != "Ben Bold" {
			t.Errorf("got %v %+v %v, want p-ada by p-ben", id.Subject, claims, err)
		}
		b.open("/").press(`standin-banner form[action="/stop"] button`).shows(200)
		if _, err := issuer.UserInfo(context.Background(), oauth2.StaticTokenSource(got)); err == nil {
			t.Error("userinfo answers after the stop")
		}
		got.Expiry = got.Expiry.AddDate(-1, 0, 0)
		if _, err := app.TokenSource(t.Context(), got).Token(); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("got %v, want the refresh refused", err)
		}
	})
}

// TestApplicationsAreAnsweredInTheirForm: what is refused before the provider sees it is an error of the protocol, and what
// comes from another site by its nature is not refused for that.
func TestApplicationsAreAnsweredInTheirForm(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := wired(t, d)
		whole := s.handler()
		panicking := s.fronted(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("the secret is hunter2") }))
		form := []string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site", "Origin", "https://spa.example"}
		for _, c := range []struct {
			name, method, path, body string
			h                        http.Handler
			status                   int
			says                     string
		}{
			{"another site", "POST", "/oauth2/token", "grant_type=authorization_code&client_id=nobody", whole, 401, `"error":"invalid_client"`},
			{"too much", "POST", "/oauth2/token", strings.Repeat("a", 2<<20), whole, 413, `"error":"invalid_request"`},
			{"a panic", "POST", "/oauth2/introspect", "", panicking, 500, `"error":"server_error"`},
			{"the wrong method", "DELETE", "/oauth2/userinfo", "", whole, 405, `"error":"invalid_request"`},
			{"a page", "GET", "/oauth2/authorize?client_id=nobody", "", whole, 400, "<html"},
			{"nothing", "GET", "/oauth2/nothing", "", whole, 404, "<html"},
		} {
			w := ask(s, c.h, c.method, c.path, c.body, form...)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || strings.Contains(w.Body.String(), "hunter2") || w.Header().Get("X-Frame-Options") != "DENY" {
				t.Errorf("%s: got %d %.200s %v, want %d %s", c.name, w.Code, w.Body, w.Header(), c.status, c.says)
			}
		}
	})
}
