package provider_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/provider"
	"github.com/standin-id/standin/signin"
)

const (
	issuer   = housetest.Issuer
	password = "only-for-trials"
)

// house is the rooms with the office of testdata in them, behind the provider.
type house struct {
	*housetest.House
	handler http.Handler
}

func run(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, furnish(t, d)) })
}

func furnish(t testing.TB, d *db.DB) *house {
	h := &house{House: housetest.Join(t, d, housetest.Standing(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)))}
	p, err := provider.New(provider.Config{Rooms: provider.Rooms{DB: d, Applications: h.Applications,
		Acting: h.Acting, Signin: h.Signin, Keys: h.Signing, Tokens: h.Tokens}, Issuer: issuer, Secure: true, Now: h.Now, Log: slog.New(slog.DiscardHandler),
		Fail: func(w http.ResponseWriter, _ *http.Request, status int) { http.Error(w, "page", status) },
		CannotReturn: func(w http.ResponseWriter, _ *http.Request, status int, code, client, address string) {
			http.Error(w, fmt.Sprintf("page %s %s %s", code, client, address), status)
		}})
	if err != nil {
		t.Fatal(err)
	}
	h.handler = p.Handler()
	h.ApplyFile("testdata/office.yaml")
	return h
}

// browser is one with its cookies.
type browser struct {
	h       *house
	cookies map[string]string
}

func (h *house) browser() *browser { return &browser{h: h, cookies: map[string]string{}} }

// person returns the browser of somebody who signed in, as themselves.
func (h *house) person(email string) *browser {
	h.T.Helper()
	b := h.browser()
	b.signIn(email)
	return b
}

// sessionCookie is the name of the cookie that holds a login.
var sessionCookie = signin.CookieName(true)

func (b *browser) signIn(email string) {
	b.h.T.Helper()
	b.cookies[sessionCookie] = b.h.Enter(email, password)
}

// act lets the person of the browser stand in by the delegation.
func (b *browser) act(by standin.DelegationID) acting.Session {
	b.h.T.Helper()
	next, s := b.h.StandIn(b.cookies[sessionCookie], by)
	b.cookies[sessionCookie] = next
	return s
}

// myself lets the person of the browser choose to be themselves.
func (b *browser) myself() {
	b.h.T.Helper()
	text, err := b.h.Signin.Myself(b.h.T.Context(), b.cookies[sessionCookie], standin.Origin{})
	if err != nil {
		b.h.T.Fatal(err)
	}
	b.cookies[sessionCookie] = text
}

// get asks as a browser does, and keeps the cookies that come.
func (b *browser) get(address string) answer {
	b.h.T.Helper()
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
	h.T.Helper()
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	a := answer{Response: w.Result(), text: w.Body.String()}
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal([]byte(a.text), &a.json); err != nil {
			h.T.Fatal(err, a.text)
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
	h.T.Helper()
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
	b.h.T.Helper()
	u := b.get(asks(client, change...)).to(b.h.T)
	q := u.Query()
	if q.Get("code") == "" || q.Get("iss") != issuer {
		b.h.T.Fatalf("got %s, want a code with iss", u)
	}
	return q.Get("code")
}

func redemption(client, code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"https://" + client + ".example/callback"}, "code_verifier": {verifier}}
}

// tokens lets the browser sign in to the client, and returns what the client gets.
func (b *browser) tokens(client string, change ...string) map[string]any {
	b.h.T.Helper()
	a := b.h.post(provider.TokenPath, client, redemption(client, b.code(client, change...)))
	if a.StatusCode != http.StatusOK || a.Header.Get("Cache-Control") == "" {
		b.h.T.Fatal(a.StatusCode, a.text, a.Header)
	}
	return a.json
}

func (h *house) refresh(client string, refresh any) answer {
	h.T.Helper()
	return h.post(provider.TokenPath, client, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh.(string)}})
}

func (h *house) userInfo(access any) answer {
	h.T.Helper()
	r := httptest.NewRequest("GET", issuer+provider.UserInfo, nil)
	r.Header.Set("Authorization", "Bearer "+access.(string))
	return h.send(r)
}

func (h *house) introspect(client string, access any) answer {
	h.T.Helper()
	return h.post(provider.Introspect, client, url.Values{"token": {access.(string)}})
}

// claims returns a token's, after checking its signature with the published keys.
func (h *house) claims(raw any) (header, claims map[string]any) {
	h.T.Helper()
	return h.verified(raw.(string))
}

// records returns what the organisation's record says was done or refused, newest first.
func (h *house) records(action string) []ledger.Record {
	h.T.Helper()
	return h.Records(ledger.Filter{Organisation: "acme", Action: action})
}
