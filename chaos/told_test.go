//go:build linux

package chaos_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/db/dbtest"
)

// TestAnApplicationIsToldWhoeverDies kills the program once somebody's signing out was acknowledged: at once, and while it
// tells the application. The next one tells it.
func TestAnApplicationIsToldWhoeverDies(t *testing.T) {
	for name, database := range map[string]func(t *testing.T) []string{
		"sqlite":   func(t *testing.T) []string { return []string{"--data", t.TempDir()} },
		"postgres": func(t *testing.T) []string { return []string{"--database", dbtest.PostgresSchema(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			a := newApplication(t)
			i := &installation{t: t, dir: dir, database: append(database(t), "--keys", filepath.Join(dir, "keys"))}
			world := filepath.Join(dir, "company.yaml")
			if err := os.WriteFile(world, []byte(company()+a.client()), 0o600); err != nil {
				t.Fatal(err)
			}
			p := i.serve("--world", world)
			for _, c := range []struct {
				name    string
				meeting bool // the kill meets the telling
			}{{"at once", false}, {"while it tells", true}} {
				sid := a.signedInAndOut(t, p.url)
				if c.meeting {
					a.await(t, sid)
				}
				if err := p.kill(); err != nil {
					t.Fatal(err)
				}
				a.answers(true)
				p = i.serve()
				a.await(t, sid)
				a.settled(t, p.url)
				a.answers(false)
			}
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// application is what people sign in to; until it answers it keeps whoever tells it something waiting.
type application struct {
	*httptest.Server
	told chan string // the sid of each logout token
	open chan chan struct{}
}

const appSecret, appCallback, appVerifier = "only-for-trials-the-application", "http://127.0.0.1:1/callback", "a-verifier-that-is-long-enough-for-rfc-7636-to-be-content"

func newApplication(t *testing.T) *application {
	a := &application{told: make(chan string, 100), open: make(chan chan struct{}, 1)}
	a.open <- make(chan struct{})
	a.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var said struct{ Sid string }
		if parts := strings.Split(r.FormValue("logout_token"), "."); len(parts) == 3 {
			content, err := base64.RawURLEncoding.DecodeString(parts[1])
			if err != nil || json.Unmarshal(content, &said) != nil {
				t.Errorf("got a logout token of %q (%v)", content, err)
			}
		}
		a.told <- said.Sid
		open := <-a.open
		a.open <- open
		select {
		case <-open:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(a.Close)
	return a
}

// answers lets it answer from now on, or no more.
func (a *application) answers(does bool) {
	open := <-a.open
	if does {
		close(open)
	} else {
		open = make(chan struct{})
	}
	a.open <- open
}

func (a *application) client() string {
	return "clients:\n  - {id: desk, organisation: acme, secret: " + appSecret + `, redirect_uris: ["` + appCallback + `"], backchannel_logout_uri: "` + a.URL + `", stand_ins: true}` + "\n"
}

// await waits until the application is told of the sign-in.
func (a *application) await(t *testing.T, sid string) {
	t.Helper()
	for deadline := time.After(time.Minute); ; {
		select {
		case got := <-a.told:
			if got == sid {
				return
			}
		case <-deadline:
			t.Fatal("the application was not told")
		}
	}
}

// settled waits until the program has written down that everything was understood.
func (a *application) settled(t *testing.T, at string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); ; <-tick.C {
		r, err := http.NewRequest(http.MethodGet, at+"/api/v1/clients/desk/logouts", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+adminKey)
		var s struct {
			Waiting int
			Items   []struct{ Outcome string }
		}
		read(t, http.DefaultClient, r, &s)
		if s.Waiting == 0 && len(s.Items) > 0 && s.Items[0].Outcome == "told" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("got %+v, want all told", s)
		}
	}
}

// read sends the request, which must be answered well, and returns the address that the answer points to.
func read(t *testing.T, c *http.Client, r *http.Request, out any) *url.URL {
	t.Helper()
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 400 {
		t.Fatalf("%s: %s %v %s", r.URL.Path, answer.Status, err, body)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			t.Fatal(err)
		}
	}
	to, _ := answer.Location()
	return to
}

// signedInAndOut signs somebody in to the application and out of Standin, and returns how the application knows the sign-in.
func (a *application) signedInAndOut(t *testing.T, at string) (sid string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), appCallback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	send := func(c *http.Client, method, path, kind, body string, out any) *url.URL {
		t.Helper()
		r, err := http.NewRequest(method, at+path, bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		if kind != "" {
			r.Header.Set("Content-Type", kind)
		}
		if c == http.DefaultClient {
			r.SetBasicAuth("desk", appSecret)
		}
		return read(t, c, r, out)
	}
	send(browser, "POST", "/api/v1/sign-in", "application/json", `{"email":"p0@acme.example","password":"only-for-trials-0"}`, nil)
	sum := sha256.Sum256([]byte(appVerifier))
	to := send(browser, "GET", "/oauth2/authorize?"+url.Values{"client_id": {"desk"}, "response_type": {"code"}, "redirect_uri": {appCallback},
		"scope": {"openid"}, "state": {"a-state"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}.Encode(), "", "", nil)
	var got struct {
		ID string `json:"id_token"`
	}
	send(http.DefaultClient, "POST", "/oauth2/token", "application/x-www-form-urlencoded", url.Values{"grant_type": {"authorization_code"},
		"code": {to.Query().Get("code")}, "redirect_uri": {appCallback}, "code_verifier": {appVerifier}}.Encode(), &got)
	var claims struct{ Sid string }
	if parts := strings.Split(got.ID, "."); len(parts) == 3 {
		content, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil {
			err = json.Unmarshal(content, &claims)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if claims.Sid == "" {
		t.Fatalf("the ID token names no sign-in: %s", got.ID)
	}
	send(browser, "POST", "/api/v1/sign-out", "application/json", `{}`, nil)
	return claims.Sid
}
