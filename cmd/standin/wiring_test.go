package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/cmd/standin/keys"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// wired returns the server that serve would run on the database, on loopback.
func wired(t *testing.T, d *db.DB) *server {
	t.Helper()
	return reached(t, d, &reach{listen: "127.0.0.1:0"})
}

func reached(t *testing.T, d *db.DB, r *reach) *server {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	key, err := keys.For(t.Context(), d, filepath.Join(t.TempDir(), "keys"), log)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(furnish(d, key, log), r, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.listener.Close() })
	return s
}

// ask sends a request to the server's public address.
func ask(s *server, h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, s.url.String()+path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// everywhere is an address of everything that answers.
var everywhere = []string{"/", "/signin", "/nowhere", "/assets/nothing.css", "/api/v1/me", "/api/openapi.json", "/api/nowhere",
	"/livez", "/readyz", "/metrics"}

func TestEveryAnswerIsArmoured(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := wired(t, d)
		h := s.handler()
		for _, path := range everywhere {
			w := ask(s, h, "GET", path, "")
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
				"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: got %s %q, want %q", path, name, got, want)
				}
			}
			policy := w.Header().Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") ||
				strings.Contains(policy, "unsafe") {
				t.Errorf("%s: got policy %q", path, policy)
			}
			if w.Code >= 500 {
				t.Errorf("%s: got %d: %s", path, w.Code, w.Body)
			}
			if id := w.Header().Get("X-Request-ID"); id == "" {
				t.Errorf("%s: the answer has no request id", path)
			}
		}
	})
}

// TestRefusalsSpeakTheLanguageOfTheAddress shows that what is refused before a room sees it, or panics in one, is a page for
// browsers and a problem for programs.
func TestRefusalsSpeakTheLanguageOfTheAddress(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := wired(t, d)
		whole := s.handler()
		panicking := s.fronted(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("the password is hunter2") }))
		huge := strings.Repeat("a", 2<<20)
		for _, c := range []struct {
			name, method, page, operation, body string
			h                                   http.Handler
			header                              []string
			status                              int
		}{
			{name: "a panic", method: "GET", page: "/", operation: "/api/v1/me", h: panicking, status: 500},
			{name: "too much", method: "POST", page: "/signin", operation: "/api/v1/login", body: huge, h: whole, status: 413},
			{name: "THREATS 33: another site", method: "POST", page: "/signin", operation: "/api/v1/login", h: whole, status: 403,
				header: []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}},
			{name: "nothing there", method: "GET", page: "/nowhere", operation: "/api/nowhere", h: whole, status: 404},
		} {
			for path, kind := range map[string]string{c.page: "text/html", c.operation: "application/problem+json"} {
				w := ask(s, c.h, c.method, path, c.body, c.header...)
				if w.Code != c.status {
					t.Errorf("%s at %s: got %d, want %d", c.name, path, w.Code, c.status)
				}
				if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, kind) {
					t.Errorf("%s at %s: got %s, want %s", c.name, path, got, kind)
				}
				if !strings.Contains(w.Body.String(), w.Header().Get("X-Request-ID")) || strings.Contains(w.Body.String(), "hunter2") {
					t.Errorf("%s at %s: want the request's id and nothing of the cause: %s", c.name, path, w.Body)
				}
			}
		}
	})
}

// TestCookiesFitHowBrowsersReachIt signs somebody in over TLS, behind a proxy that has it, and on loopback without: only
// there may the cookie do without the prefix that ties it to this host and to https.
func TestCookiesFitHowBrowsersReachIt(t *testing.T) {
	cert, key := certificate(t)
	public := &url.URL{Scheme: "https", Host: "standin.example"}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for name, c := range map[string]struct {
			reach  *reach
			header []string
			cookie string
		}{
			"TLS": {&reach{listen: "127.0.0.1:0", cert: cert, key: key, url: public}, nil, "__Host-standin"},
			"proxy": {&reach{listen: "127.0.0.1:0", url: public, proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
				[]string{"X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.9"}, "__Host-standin"},
			"loopback": {&reach{listen: "127.0.0.1:0"}, nil, "standin"},
		} {
			s := reached(t, d, c.reach)
			f, err := loadWorld("testdata/world.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if err := s.house.applyAtStart(t.Context(), f, s.log); err != nil {
				t.Fatal(err)
			}
			w := ask(s, s.handler(), "POST", "/signin", "email=ada%40acme.example&password=only-for-trials",
				append(c.header, "Content-Type", "application/x-www-form-urlencoded")...)
			secure := c.cookie != "standin"
			cookies := w.Result().Cookies()
			if len(cookies) != 1 || cookies[0].Name != c.cookie || cookies[0].Secure != secure || !cookies[0].HttpOnly ||
				cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Domain != "" || cookies[0].Path != "/" {
				t.Errorf("%s: got %d and the cookies %v", name, w.Code, w.Header()["Set-Cookie"])
			}
			if got := w.Header().Get("Strict-Transport-Security"); (got != "") != secure {
				t.Errorf("%s: got Strict-Transport-Security %q", name, got)
			}
			if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
				t.Errorf("%s: got %d to %q", name, w.Code, to)
			}
		}
	})
}

// certificate writes a certificate and its key, as the standard library has them for tests.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	pair := s.TLS.Certificates[0]
	raw, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestServeHasNoDemonstration shows that nobody gets in without a password where demo does not run.
func TestServeHasNoDemonstration(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := wired(t, d)
		h := s.handler()
		for _, path := range []string{"/continue", "/gallery", "/gallery/signin/first"} {
			if w := ask(s, h, "GET", path, ""); w.Code != http.StatusNotFound {
				t.Errorf("GET %s: got %d, want 404", path, w.Code)
			}
		}
		w := ask(s, h, "POST", "/continue", "person=jonas", "Content-Type", "application/x-www-form-urlencoded")
		if w.Code != http.StatusNotFound || len(w.Result().Cookies()) > 0 {
			t.Errorf("POST /continue: got %d and cookies %v, want 404 and none", w.Code, w.Result().Cookies())
		}
	})
}

// TestNotReadyWhileTheDatabaseIsAway shows that a server without its database lives, says that it is not ready, and lets
// nobody in.
func TestNotReadyWhileTheDatabaseIsAway(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		d, err := db.Open(t.Context(), source)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := wired(t, d)
		h := s.handler()
		if w := ask(s, h, "GET", "/readyz", ""); w.Code != http.StatusOK {
			t.Fatalf("got %d, want 200: %s", w.Code, w.Body)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		w := ask(s, h, "GET", "/readyz", "")
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"database":"failed"`) {
			t.Errorf("got %d %s, want 503 and which check failed", w.Code, w.Body)
		}
		if w := ask(s, h, "GET", "/livez", ""); w.Code != http.StatusOK {
			t.Errorf("/livez: got %d, want 200", w.Code)
		}
		w = ask(s, h, "POST", "/signin", "email=a%40b.example&password=only-for-trials", "Content-Type", "application/x-www-form-urlencoded")
		if w.Code < 500 || len(w.Result().Cookies()) > 0 {
			t.Errorf("signing in without a database: got %d and cookies %v, want a failure and none", w.Code, w.Result().Cookies())
		}
	})
}

// TestThreat54AnOldServerAnswersNothingMore: once a newer program has changed the schema, an old one is not ready, lets nobody in and
// decides nothing, and says what to do.
func TestThreat54AnOldServerAnswersNothingMore(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := wired(t, d)
		h := s.handler()
		err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)`, true)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.LookAtSchema(t.Context()); standin.CodeOf(err) != "db.superseded" {
			t.Fatalf("got %v, want that a newer program was here", err)
		}
		w := ask(s, h, "GET", "/readyz", "")
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"schema":"failed"`) {
			t.Errorf("got %d %s, want 503 and which check failed", w.Code, w.Body)
		}
		w = ask(s, h, "POST", "/signin", "email=a%40b.example&password=only-for-trials", "Content-Type", "application/x-www-form-urlencoded")
		if w.Code != http.StatusServiceUnavailable || len(w.Result().Cookies()) > 0 {
			t.Errorf("signing in: got %d and cookies %v, want 503 and none", w.Code, w.Result().Cookies())
		}
		w = ask(s, h, "GET", "/api/v1/me", "", "Authorization", "Bearer a-key-that-is-none-but-long-enough-for-one")
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "Start the newer program.") {
			t.Errorf("the API: got %d %s, want 503 and what to do", w.Code, w.Body)
		}
		if w := ask(s, h, "GET", "/livez", ""); w.Code != http.StatusOK {
			t.Errorf("/livez: got %d, want 200", w.Code)
		}
	})
}

// TestExitStatuses shows which errors mean that something failed, and which that it was refused.
func TestExitStatuses(t *testing.T) {
	if got := status(&ranError{refuse("a.b", "Not so.")}); got != exitRefused {
		t.Errorf("a refusal ends with %d, want %d", got, exitRefused)
	}
	for kind, want := range map[standin.Kind]int{standin.Invalid: 3, standin.NotFound: 3, standin.Conflict: 3, standin.Denied: 3,
		standin.Unauthenticated: 3, standin.TooMany: 1, standin.Unavailable: 1, standin.Internal: 1} {
		if got := status(&ranError{standin.Refuse(kind, "op", "code", "Text.")}); got != want {
			t.Errorf("%s ends with %d, want %d", kind, got, want)
		}
	}
}
