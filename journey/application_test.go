//go:build journey

package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// customer is an application that signs people in by OpenID Connect, with the libraries that Go applications use, and knows
// Standin by its addresses alone.
type customer struct {
	t      *testing.T
	id     string
	server *httptest.Server
	config oauth2.Config
	keys   *oidc.IDTokenVerifier
	end    string // the end_session_endpoint

	mu    sync.Mutex
	known map[string]*signedIn // by the cookie's value
}

// signedIn is one session of the application's own.
type signedIn struct {
	nonce, verifier string // while it waits for its answer
	claims          map[string]any
	refresh         string
}

// connects starts the application; where is its world entry, whose addresses are the server's.
func connects(t *testing.T, id string) *customer {
	t.Helper()
	a := &customer{t: t, id: id, known: map[string]*signedIn{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET /login", a.login)
	mux.HandleFunc("GET /callback", a.callback)
	mux.HandleFunc("POST /told", a.told)
	mux.HandleFunc("GET /bye", func(w http.ResponseWriter, _ *http.Request) { say(w, "Goodbye from "+id) })
	a.server = httptest.NewServer(mux)
	t.Cleanup(a.server.Close)
	return a
}

// entry is the application in a world file.
func (a *customer) entry(name, more string) string {
	return fmt.Sprintf("  - {id: %s, name: %s, organisation: acme, secret: only-for-trials, redirect_uris: [%q], post_logout_redirect_uris: [%q], "+
		"backchannel_logout_uri: %q, initiate_login_uri: %q, %s}\n", a.id, name, a.server.URL+"/callback", a.server.URL+"/bye", a.server.URL+"/told",
		a.server.URL+"/login", more)
}

// connect lets the application find Standin, by discovery.
func (a *customer) connect(issuer string) {
	a.t.Helper()
	p, err := oidc.NewProvider(a.t.Context(), issuer)
	if err != nil {
		a.t.Fatal(err)
	}
	var more struct {
		End string `json:"end_session_endpoint"`
	}
	if err := p.Claims(&more); err != nil {
		a.t.Fatal(err)
	}
	a.end = more.End
	a.config = oauth2.Config{ClientID: a.id, ClientSecret: "only-for-trials", Endpoint: p.Endpoint(), RedirectURL: a.server.URL + "/callback",
		Scopes: []string{"openid", "profile", "email", "offline_access"}}
	a.keys = p.Verifier(&oidc.Config{ClientID: a.id})
}

func say(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintf(w, "<!doctype html><html lang=en><title>An application</title><main>%s</main>", text)
}

// session returns the session of the browser, nil where it has none.
func (a *customer) session(r *http.Request) *signedIn {
	c, err := r.Cookie(a.id)
	if err != nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known[c.Value]
}

// home says who is signed in, and signs in whoever is not.
func (a *customer) home(w http.ResponseWriter, r *http.Request) {
	s := a.session(r)
	if s == nil || s.claims == nil {
		http.Redirect(w, r, "/login", http.StatusFound)
		return
	}
	actor, _ := s.claims["act"].(map[string]any)
	acting, _ := s.claims["acting"].(map[string]any)
	say(w, html.EscapeString(fmt.Sprintf("%s: sub %v, act %v, view %v, named %v", a.id, s.claims["sub"], actor["sub"], acting["view"], s.claims["name"])))
}

func (a *customer) login(w http.ResponseWriter, r *http.Request) {
	id, s := oauth2.GenerateVerifier(), &signedIn{nonce: oauth2.GenerateVerifier(), verifier: oauth2.GenerateVerifier()}
	a.mu.Lock()
	a.known[id] = s
	a.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: a.id, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	options := []oauth2.AuthCodeOption{oidc.Nonce(s.nonce), oauth2.S256ChallengeOption(s.verifier)}
	if prompt := r.FormValue("prompt"); prompt != "" {
		options = append(options, oauth2.SetAuthURLParam("prompt", prompt))
	}
	http.Redirect(w, r, a.config.AuthCodeURL(id, options...), http.StatusFound)
}

func (a *customer) callback(w http.ResponseWriter, r *http.Request) {
	s := a.session(r)
	c, _ := r.Cookie(a.id)
	switch {
	case s == nil || r.FormValue("state") != c.Value:
		say(w, "This answer is to nobody's question.")
		return
	case r.FormValue("error") != "":
		say(w, html.EscapeString(a.id+" was refused: "+r.FormValue("error")))
		return
	}
	claims, refresh, err := a.redeem(r.Context(), r.FormValue("code"), s)
	if err != nil {
		a.t.Errorf("%s: %v", a.id, err)
		say(w, "failed")
		return
	}
	a.mu.Lock()
	s.claims, s.refresh = claims, refresh
	a.mu.Unlock()
	http.Redirect(w, r, "/", http.StatusFound)
}

func (a *customer) redeem(ctx context.Context, code string, s *signedIn) (map[string]any, string, error) {
	tokens, err := a.config.Exchange(ctx, code, oauth2.VerifierOption(s.verifier))
	if err != nil {
		return nil, "", err
	}
	raw, _ := tokens.Extra("id_token").(string)
	checked, err := a.keys.Verify(ctx, raw)
	if err != nil {
		return nil, "", err
	}
	if checked.Nonce != s.nonce {
		return nil, "", fmt.Errorf("got nonce %q, want the one that was sent", checked.Nonce)
	}
	claims := map[string]any{}
	return claims, tokens.RefreshToken, checked.Claims(&claims)
}

// told ends the sessions that Standin says are over (OpenID Connect Back-Channel Logout §2.6).
func (a *customer) told(w http.ResponseWriter, r *http.Request) {
	checked, err := a.keys.Verify(r.Context(), r.PostFormValue("logout_token"))
	var said struct {
		SID    string                     `json:"sid"`
		Events map[string]json.RawMessage `json:"events"`
	}
	if err == nil {
		err = checked.Claims(&said)
	}
	if _, logout := said.Events["http://schemas.openid.net/event/backchannel-logout"]; err != nil || !logout {
		a.t.Errorf("%s was told of a sign-out by %v, %v", a.id, said, err)
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, s := range a.known {
		if s.claims != nil && s.claims["sid"] == said.SID {
			delete(a.known, id)
		}
	}
}

// refreshes asks for fresh tokens with the last refresh token that the application got for that person.
func (a *customer) refreshes(sub string) error {
	a.mu.Lock()
	refresh := ""
	for _, s := range a.known {
		if s.claims["sub"] == sub && s.refresh != "" {
			refresh = s.refresh
		}
	}
	a.mu.Unlock()
	_, err := a.config.TokenSource(a.t.Context(), &oauth2.Token{RefreshToken: refresh}).Token()
	return err
}

// leaving is where the application sends a browser to sign out, without saying for whom.
func (a *customer) leaving() string {
	return a.end + "?" + url.Values{"client_id": {a.id}, "post_logout_redirect_uri": {a.server.URL + "/bye"}}.Encode()
}

// serveFor starts Standin with the company and these applications.
func serveFor(t *testing.T, clients string, where ...string) string {
	t.Helper()
	world := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(world, []byte(string(company(t))+"\nclients:\n"+clients), 0o600); err != nil {
		t.Fatal(err)
	}
	return serving.FindStringSubmatch(launch(t, append([]string{"--world", world}, where...)...))[1]
}
