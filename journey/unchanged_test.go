//go:build journey

package journey

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// unchanged is an application that speaks OpenID Connect and knows nothing of stand-ins. Beside what every such application
// has (sign-in, a session, back-channel logout) it hands /.standin/ on to Standin, with its access token, and its pages have
// the banner's two lines.
type unchanged struct {
	t      testing.TB
	id     string
	url    string
	issuer string

	mu       sync.Mutex
	oidc     *oidc.Provider
	sessions map[string]*opened
	begun    map[string]string // state: verifier
	failed   []string
}

// opened is one session of the application's.
type opened struct {
	name, sub, sid string
	source         oauth2.TokenSource
}

// unchangedPage has the two lines, and a policy without any exception.
var unchangedPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.App}}</title>
<script type="module" src="/.standin/banner.js"></script></head>
<body><h1>{{.App}}</h1><p>Here is <b id="who">{{.Name}}</b> (<span id="sub">{{.Sub}}</span>).</p><standin-banner></standin-banner></body></html>`))

const strict = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

func newUnchanged(t testing.TB, id string) *unchanged {
	t.Helper()
	a := &unchanged{t: t, id: id, sessions: map[string]*opened{}, begun: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.page)
	mux.HandleFunc("GET /login", a.login)
	mux.HandleFunc("GET /callback", a.callback)
	mux.HandleFunc("POST /backchannel", a.backChannel)
	mux.HandleFunc("/.standin/", a.standin)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

// world is how the application is registered.
func (a *unchanged) world() string {
	return fmt.Sprintf(`  - {id: %s, name: %s, organisation: acme, secret: only-for-trials, redirect_uris: ["%s/callback"], stand_ins: true,
     backchannel_logout_uri: "%s/backchannel", initiate_login_uri: "%s/login"}
`, a.id, strings.ToUpper(a.id[:1])+a.id[1:], a.url, a.url, a.url)
}

// startWith starts the program with the company and the applications, and tells them who it is.
func startWith(t *testing.T, apps []*unchanged, where ...string) string {
	t.Helper()
	var clients strings.Builder
	for _, a := range apps {
		clients.WriteString(a.world())
	}
	path := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(path, append(company(t), []byte("clients:\n"+clients.String())...), 0o600); err != nil {
		t.Fatal(err)
	}
	issuer := serving.FindStringSubmatch(launch(t, append([]string{"--world", path}, where...)...))[1]
	for _, a := range apps {
		a.issuer = issuer
		provider, err := oidc.NewProvider(context.Background(), issuer)
		if err != nil {
			t.Fatal(err)
		}
		a.oidc = provider
	}
	return issuer
}

func (a *unchanged) config() *oauth2.Config {
	return &oauth2.Config{ClientID: a.id, ClientSecret: "only-for-trials", Endpoint: a.oidc.Endpoint(), RedirectURL: a.url + "/callback",
		Scopes: []string{"openid", "profile"}}
}

func (a *unchanged) session(r *http.Request) *opened {
	c, err := r.Cookie(a.id + "-session")
	if err != nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sessions[c.Value]
}

func (a *unchanged) page(w http.ResponseWriter, r *http.Request) {
	s := a.session(r)
	if s == nil {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", strict)
	h.Set("Cache-Control", "no-store")
	_ = unchangedPage.Execute(w, map[string]string{"App": a.id, "Name": s.name, "Sub": s.sub})
}

func (a *unchanged) login(w http.ResponseWriter, r *http.Request) {
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	a.mu.Lock()
	a.begun[state] = verifier
	a.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: a.id + "-state", Value: state, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, a.config().AuthCodeURL(state, oidc.Nonce(state), oauth2.S256ChallengeOption(verifier)), http.StatusSeeOther)
}

func (a *unchanged) callback(w http.ResponseWriter, r *http.Request) {
	state := r.FormValue("state")
	a.mu.Lock()
	verifier, begun := a.begun[state]
	delete(a.begun, state)
	a.mu.Unlock()
	if c, err := r.Cookie(a.id + "-state"); err != nil || c.Value != state || !begun || r.FormValue("error") != "" {
		http.Error(w, "not signed in: "+r.FormValue("error"), http.StatusForbidden)
		return
	}
	// Tokens are fetched again later, when this request is over.
	ctx := context.WithoutCancel(r.Context())
	tokens, err := a.config().Exchange(ctx, r.FormValue("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := a.oidc.Verifier(&oidc.Config{ClientID: a.id}).Verify(ctx, raw)
	if err != nil || id.Nonce != state {
		http.Error(w, fmt.Sprint("no ID token of this sign-in: ", err), http.StatusBadGateway)
		return
	}
	var claims struct{ Name, SID string }
	if err := id.Claims(&claims); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	key := rand.Text()
	a.mu.Lock()
	a.sessions[key] = &opened{claims.Name, id.Subject, claims.SID, a.config().TokenSource(ctx, tokens)}
	a.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: a.id + "-session", Value: key, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// backChannel ends the sessions that the logout token names (OpenID Connect Back-Channel Logout 1.0 §2.6).
func (a *unchanged) backChannel(w http.ResponseWriter, r *http.Request) {
	told, err := a.oidc.Verifier(&oidc.Config{ClientID: a.id}).Verify(r.Context(), r.PostFormValue("logout_token"))
	var claims struct {
		SID    string
		Nonce  *string
		Events map[string]json.RawMessage
	}
	if err == nil {
		err = told.Claims(&claims)
	}
	if _, event := claims.Events["http://schemas.openid.net/event/backchannel-logout"]; err != nil || !event || claims.Nonce != nil {
		a.mu.Lock()
		a.failed = append(a.failed, fmt.Sprint("a logout token that is none: ", err))
		a.mu.Unlock()
		http.Error(w, "no logout token", http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, s := range a.sessions {
		if s.sid == claims.SID {
			delete(a.sessions, key)
		}
	}
}

// standin hands on to Standin what the banner asks, with the access token of the session and without its cookies.
func (a *unchanged) standin(w http.ResponseWriter, r *http.Request) {
	to, err := url.Parse(a.issuer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	access := ""
	if s := a.session(r); s != nil {
		tokens, err := s.source.Token()
		if err != nil {
			http.Error(w, "signed out", http.StatusUnauthorized)
			return
		}
		access = tokens.AccessToken
	} else if r.URL.Path != "/.standin/banner.js" {
		http.Error(w, "signed out", http.StatusUnauthorized)
		return
	}
	(&httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(to)
		p.Out.Header.Del("Cookie")
		p.Out.Header.Del("Authorization")
		if access != "" {
			p.Out.Header.Set("Authorization", "Bearer "+access)
		}
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }}).ServeHTTP(w, r)
}

// tokenOf returns an access token of the session that somebody has here as the principal.
func (a *unchanged) tokenOf(sub string) string {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.sessions {
		if s.sub == sub {
			tokens, err := s.source.Token()
			if err != nil {
				a.t.Fatal(err)
			}
			return tokens.AccessToken
		}
	}
	a.t.Fatalf("%s has no session of %s", a.id, sub)
	return ""
}

// toldWrongly returns what was wrong with what the application was told.
func (a *unchanged) toldWrongly() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.failed, "; ")
}

// holds reports whether the application has a session of the principal.
func (a *unchanged) holds(sub string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.sessions {
		if s.sub == sub {
			return true
		}
	}
	return false
}

// another opens another tab of the same browser, with the same cookies.
func (p *person) another(t *testing.T) *person {
	t.Helper()
	var context target.ID
	infos, err := chromedp.Targets(p.tab)
	if err != nil {
		t.Fatal(err)
	}
	own := chromedp.FromContext(p.tab).Target.TargetID
	create := target.CreateTarget("about:blank").WithNewWindow(true)
	for _, info := range infos {
		if info.TargetID == own {
			create = create.WithBrowserContextID(info.BrowserContextID)
		}
	}
	if context, err = create.Do(root(p.tab)); err != nil {
		t.Fatal(err)
	}
	tab, closeTab := chromedp.NewContext(p.tab, chromedp.WithTargetID(context))
	t.Cleanup(closeTab)
	if err := chromedp.Run(tab); err != nil {
		t.Fatal(err)
	}
	n := &person{t: t, tab: tab, url: p.url}
	n.looks(1280, "light")
	return n
}

// arrives waits until the expression is true in whatever page the tab shows by then.
func (p *person) arrives(expression string) {
	p.t.Helper()
	patiently(p.t, expression+" at "+p.text(), func() bool {
		ctx, cancel := context.WithTimeout(p.tab, patience)
		defer cancel()
		var holds bool
		return chromedp.Run(ctx, chromedp.Evaluate("!!("+expression+")", &holds)) == nil && holds // the page may just be changing
	})
}

// patiently asks again and again until it holds.
func patiently(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("waited for %s", what)
		case <-tick.C:
		}
	}
}
