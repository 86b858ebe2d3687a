package provider_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/provider"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/keys"
	"github.com/standin-id/standin/world"
)

const (
	issuer   = "https://standin.example"
	password = "only-for-trials"
)

// house is the rooms with the office of testdata in them, behind the provider.
type house struct {
	t            testing.TB
	db           *db.DB
	ledger       *ledger.Ledger
	applications *application.Applications
	directory    *directory.Directory
	delegations  *delegation.Delegations
	acting       *acting.Acting
	signin       *signin.Signin
	keys         *keys.Keys
	tokens       *token.Tokens
	handler      http.Handler
	log          bytes.Buffer

	mu     sync.Mutex
	clock  time.Time
	looked func() // told each time that somebody looks at the clock
}

func run(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, furnish(t, d)) })
}

func furnish(t testing.TB, d *db.DB) *house {
	h := &house{t: t, db: d, clock: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	h.ledger = ledger.New(d, h.now)
	h.directory = directory.New(d, h.ledger, h.now)
	h.applications = application.New(d, h.ledger, h.now).With(h.directory.MayKeepAccess)
	h.delegations = delegation.New(d, h.ledger, h.directory, h.now)
	h.acting = acting.New(d, h.ledger, h.directory, h.delegations, h.now)
	h.signin = signin.New(d, h.ledger, h.directory, h.acting, h.now,
		signin.Options{Hash: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
	h.keys = keys.New(d, h.ledger, h.directory, keys.NewSeal(), h.now, log)
	h.tokens = token.New(token.House{DB: d, Ledger: h.ledger, Applications: h.applications, Directory: h.directory, Delegations: h.delegations,
		Acting: h.acting, Signin: h.signin, Keys: h.keys, Issuer: issuer}, h.now)
	p, err := provider.New(provider.Config{Rooms: provider.Rooms{DB: d, Applications: h.applications,
		Acting: h.acting, Signin: h.signin, Keys: h.keys, Tokens: h.tokens}, Issuer: issuer, Secure: true, Now: h.now, Log: log,
		Fail: func(w http.ResponseWriter, _ *http.Request, status int) { http.Error(w, "page", status) },
		CannotReturn: func(w http.ResponseWriter, _ *http.Request, status int, code, client, address string) {
			http.Error(w, fmt.Sprintf("page %s %s %s", code, client, address), status)
		}})
	if err != nil {
		t.Fatal(err)
	}
	h.handler = p.Handler()
	h.apply(t)
	return h
}

func (h *house) apply(t testing.TB) {
	text, err := os.ReadFile("testdata/office.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, err := world.Load("office.yaml", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	w := world.New(h.db, h.ledger, h.applications, h.directory, h.delegations, h.signin, h.now)
	plan, err := w.Plan(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Apply(t.Context(), plan, nil); err != nil {
		t.Fatal(err)
	}
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.looked != nil {
		h.looked()
	}
	return h.clock
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

// browser is one with its cookies.
type browser struct {
	h       *house
	cookies map[string]string
}

func (h *house) browser() *browser { return &browser{h: h, cookies: map[string]string{}} }

// person returns the browser of somebody who signed in, as themselves.
func (h *house) person(email string) *browser {
	h.t.Helper()
	b := h.browser()
	b.signIn(email)
	return b
}

// sessionCookie is the name of the cookie that holds a login.
var sessionCookie = signin.CookieName(true)

func (b *browser) signIn(email string) {
	b.h.t.Helper()
	text, _, err := b.h.signin.Password(b.h.t.Context(), email, password, standin.Origin{})
	if err != nil {
		b.h.t.Fatal(err)
	}
	b.cookies[sessionCookie] = text
}

// act lets the person of the browser stand in by the delegation.
func (b *browser) act(by standin.DelegationID) acting.Session {
	b.h.t.Helper()
	text, s, err := b.h.signin.Act(b.h.t.Context(), b.cookies[sessionCookie], by, standin.Origin{})
	if err != nil {
		b.h.t.Fatal(err)
	}
	b.cookies[sessionCookie] = text
	return s
}

// myself lets the person of the browser choose to be themselves.
func (b *browser) myself() {
	b.h.t.Helper()
	text, err := b.h.signin.Myself(b.h.t.Context(), b.cookies[sessionCookie], standin.Origin{})
	if err != nil {
		b.h.t.Fatal(err)
	}
	b.cookies[sessionCookie] = text
}

// get asks as a browser does, and keeps the cookies that come.
func (b *browser) get(address string) answer {
	b.h.t.Helper()
	r := httptest.NewRequest("GET", address, nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	a := b.h.send(r)
	for _, c := range a.Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies, c.Name)
		}
	}
	return a
}

// answer is what was answered, read.
type answer struct {
	*http.Response
	text string
	json map[string]any
}

func (h *house) send(r *http.Request) answer {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	a := answer{Response: w.Result(), text: w.Body.String()}
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal([]byte(a.text), &a.json); err != nil {
			h.t.Fatal(err, a.text)
		}
	}
	return a
}

// to returns where the answer sends the browser.
func (a answer) to(t testing.TB) *url.URL {
	t.Helper()
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil || a.StatusCode != http.StatusSeeOther {
		t.Fatalf("got %d %s %q, want the browser sent on", a.StatusCode, a.text, a.Header.Get("Location"))
	}
	return u
}

// says reports an answer that is not that error.
func (a answer) says(t testing.TB, status int, code string) {
	t.Helper()
	if a.StatusCode != status || a.json["error"] != code {
		t.Errorf("got %d %s, want %d %s", a.StatusCode, a.text, status, code)
	}
}

// post sends a form, as the client by its secret where one is named.
func (h *house) post(path, client string, form url.Values) answer {
	h.t.Helper()
	return h.send(posted(path, client, form))
}

func posted(path, client string, form url.Values) *http.Request {
	r := httptest.NewRequest("POST", issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if client != "" {
		r.SetBasicAuth(client, password)
	}
	return r
}

// verifier is that of every request here.
const verifier = "a-verifier-of-forty-three-characters-or-more-0"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// asks is a good authorization request of the client, with some of its parameters as named, in pairs.
func asks(client string, change ...string) string {
	values := url.Values{"client_id": {client}, "redirect_uri": {"https://" + client + ".example/callback"}, "response_type": {"code"},
		"scope": {"openid profile email"}, "state": {"the-state"}, "nonce": {"the-nonce"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"}}
	for i := 0; i < len(change); i += 2 {
		if values.Set(change[i], change[i+1]); change[i+1] == "" {
			values.Del(change[i])
		}
	}
	return issuer + provider.Authorize + "?" + values.Encode()
}

// code lets the browser, whose person chose, sign in to the client, and returns the code.
func (b *browser) code(client string, change ...string) string {
	b.h.t.Helper()
	u := b.get(asks(client, change...)).to(b.h.t)
	q := u.Query()
	if q.Get("code") == "" || q.Get("iss") != issuer {
		b.h.t.Fatalf("got %s, want a code with iss", u)
	}
	return q.Get("code")
}

func redemption(client, code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"https://" + client + ".example/callback"}, "code_verifier": {verifier}}
}

// tokens lets the browser sign in to the client, and returns what the client gets.
func (b *browser) tokens(client string, change ...string) map[string]any {
	b.h.t.Helper()
	a := b.h.post(provider.TokenPath, client, redemption(client, b.code(client, change...)))
	if a.StatusCode != http.StatusOK || a.Header.Get("Cache-Control") == "" {
		b.h.t.Fatal(a.StatusCode, a.text, a.Header)
	}
	return a.json
}

func (h *house) refresh(client string, refresh any) answer {
	h.t.Helper()
	return h.post(provider.TokenPath, client, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh.(string)}})
}

func (h *house) userInfo(access any) answer {
	h.t.Helper()
	r := httptest.NewRequest("GET", issuer+provider.UserInfo, nil)
	r.Header.Set("Authorization", "Bearer "+access.(string))
	return h.send(r)
}

func (h *house) introspect(client string, access any) answer {
	h.t.Helper()
	return h.post(provider.Introspect, client, url.Values{"token": {access.(string)}})
}

// claims returns a token's, after checking its signature with the published keys.
func (h *house) claims(raw any) (header, claims map[string]any) {
	h.t.Helper()
	return h.verified(raw.(string))
}

// records returns what the organisation's record says was done or refused, newest first.
func (h *house) records(action string) (all []ledger.Record) {
	h.t.Helper()
	if err := h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		all, _, err = h.ledger.Page(ctx, tx, ledger.Filter{Organisation: "acme", Action: action}, ledger.Cursor{}, 100)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return all
}
