package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/webtest"
)

// TestThreat34TheConfirmationNamesBoth: whoever is led to press a button unseen finds both people before it counts.
func TestThreat34TheConfirmationNamesBoth(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		h.As("ada").Post("/cover/name", form("do", "check", "actor", "bilal", "when", "week")...).Is(t, http.StatusOK).
			Says(t, "Bilal Kaya can act for Ada Lindqvist")
		if named := h.Named("ada"); len(named) != 0 {
			t.Errorf("got %+v named, want nothing before it is confirmed", named)
		}
	})
}

// TestThreat34EveryAnswerIsArmoured: page or file, refused or redirected, every answer tells the browser the same.
func TestThreat34EveryAnswerIsArmoured(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		look := func(what string, header http.Header, asset bool) {
			t.Helper()
			csp := header.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
				if !strings.Contains(csp, part) {
					t.Errorf("%s: got policy %q, want %s in it", what, csp, part)
				}
			}
			if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || strings.Contains(csp, "*") {
				t.Errorf("%s: got policy %q, want nothing but our own", what, csp)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"} {
				if got := header.Get(name); got != want {
					t.Errorf("%s: got %s %q, want %q", what, name, got, want)
				}
			}
			if got := header.Get("Cache-Control"); !asset && got != "no-store" {
				t.Errorf("%s: got Cache-Control %q, want no-store", what, got)
			}
		}
		for _, path := range append([]string{"/whoami", "/audit/export", "/signin"}, everyPage...) {
			look(path, b.Get(path).Header, false)
		}
		look("a refusal", b.Post("/cover/name", "do", "check").Header, false)
		look("another identity", b.Post("/extend", "identity", "x").Header, false)
		look("nobody", h.Browser("en").Get("/").Header, false)
		for _, name := range []string{"standin.css", "standin.js", "standin.svg"} {
			p := b.Get(frame.Base{}.Asset(name)).Is(t, http.StatusOK)
			look(name, p.Header, true)
			if got := p.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
				t.Errorf("%s: got Cache-Control %q, want it kept", name, got)
			}
		}
		b.Get("/assets/standin.000000000000.css").Is(t, http.StatusNotFound)
		b.Get("/assets/..%2fweb.go").Is(t, http.StatusNotFound)
	})
	refused := httptest.NewRecorder()
	Fail(slog.New(slog.DiscardHandler), time.Now)(refused, httptest.NewRequest("GET", "/", nil), http.StatusServiceUnavailable)
	if got := refused.Header().Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || refused.Code != http.StatusServiceUnavailable {
		t.Errorf("got status %d and policy %q from Fail, want 503 and that of every page", refused.Code, got)
	}
}

// TestThreat33OtherSitesStartNothing: what another site makes a browser send is refused before anything is looked at.
func TestThreat33OtherSitesStartNothing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/choose")
		before := len(h.Records(ledger.Filter{}))
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			for _, path := range []string{"/choose", "/stop", "/signout", "/cover/name", "/preferences", "/signin"} {
				body := strings.NewReader("delegation=d-bilal&theme=dark&identity=" + b.Identity())
				r, err := http.NewRequest(http.MethodPost, h.URL+path, body)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set(name, value)
				if p := b.Tab().Do(r); p.StatusCode != http.StatusForbidden || len(p.Cookies()) > 0 {
					t.Errorf("%s with %s: got status %d and cookies %v, want 403 and none", path, name, p.StatusCode, p.Cookies())
				}
			}
		}
		if got := len(h.Records(ledger.Filter{})); got != before {
			t.Errorf("got %d records, want the %d from before", got, before)
		}
		// Links do not change anything either.
		for _, path := range []string{"/extend", "/signout", "/preferences", "/cover/d-bilal/laydown"} {
			b.Get(path).Is(t, http.StatusNotFound)
		}
	})
}

// TestThreat33ProofIsAskedFor: whoever signed in long ago proves a factor before they begin to act, and goes on to choose.
func TestThreat33ProofIsAskedFor(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		h.Pass(16 * time.Minute)
		b.Get("/choose?return=/audit")
		asked := b.Post("/choose", "delegation", "d-bilal", "return", "/audit")
		b.Follow(asked).Is(t, http.StatusOK).Says(t, "Confirm it's you")
		to := b.Seen.Find("form[action='/prove'] input[name=return]").AttrOr("value", "")
		b.Post("/prove", "password", "wrong", "return", to).Is(t, http.StatusUnauthorized).Says(t, "E-mail or password is not right.")
		b.Follow(b.Post("/prove", "password", password, "return", to)).Says(t, "Who are you working as?")
		to = b.Seen.Find("form[action='/choose'] input[name=return]").AttrOr("value", "")
		if p := b.Follow(b.Post("/choose", "delegation", "d-bilal", "return", to).Leads(t, "/audit")); !strings.Contains(p.Banner(), "Bilal Kaya") {
			t.Errorf("got banner %q, want to act", p.Banner())
		}
	})
}

// TestThreat71HostileNames: a name that is markup, or turns the direction of reading, is text wherever it stands.
func TestThreat71HostileNames(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		look := func(p *webtest.Answer, wants bool) {
			t.Helper()
			if p.Find("main script, main img, standin-banner img, .top script").Length() > 0 || strings.Contains(p.Source, "<script>alert") || strings.Contains(p.Source, "onerror=alert(1)>") {
				t.Errorf("got a name's markup in the page: %s", p.Source)
			}
			if wants && !strings.Contains(p.Text(), "<script>alert(1)</script> & Söhne") {
				t.Errorf("got a page without the name as text: %s", p.Main())
			}
		}
		for _, path := range []string{"/", "/choose", "/cover/d-mallory"} {
			look(b.Get(path), true)
		}
		b.Act("d-mallory")
		for _, path := range []string{"/", "/choose", "/audit", "/stop", "/no/such", "/cover/d-mallory"} {
			p := b.Get(path)
			look(p, true)
			if !strings.Contains(p.Find("title").Text(), "Ada Lindqvist (for <script>alert(1)</script> & Söhne)") {
				t.Errorf("%s: got title %q", path, p.Find("title").Text())
			}
		}
		look(b.Get("/choose?find=%3Cscript%3Ealert(1)%3C/script%3E"), false)
		look(b.Get(`/audit?who=%3Cscript%3Ealert(1)%3C/script%3E&resource=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E`), false)
		look(b.Get("/signin?return=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E"), false)
		noor := h.As("noor")
		if got := noor.Get("/").Find(".top details.menu bdi").First().Text(); got != "نور الهدى عبد الرحمن" {
			t.Errorf("got %q as an Arabic name, want it isolated and whole", got)
		}
	})
}

// TestGerman: the same pages in German, refusals and times too, by the browser's language and by the person's choice.
func TestGerman(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Lang = "de-DE,de;q=0.9,en;q=0.5"
		for _, path := range everyPage {
			webtest.Inspect(t, "de", b.Get(path).Document)
		}
		b.Get("/").Says(t, "Wer wen vertritt, und bis wann.", "Aktiv bis Mi., 11. Nov., 24:00 Uhr")
		b.Act("d-bilal")
		for _, path := range everyPage {
			webtest.Inspect(t, "de", b.Get(path).Document)
		}
		if got := b.Get("/").Banner(); !strings.Contains(got, "Sie handeln für Bilal Kaya.") || !strings.Contains(got, "Ada Lindqvist") {
			t.Errorf("got banner %q, want it in German", got)
		}
		b.Post("/stop")
		b.Get("/choose")
		b.Post("/choose", "delegation", "d-chiara").Is(t, http.StatusConflict).Says(t, "Das hat noch nicht begonnen.")
		english := b.Tab()
		english.Post("/preferences", "language", "en", "return", "/audit").Leads(t, "/audit")
		english.Get("/audit").Says(t, "What you did, and what was done for you.")
		english.Post("/preferences", "theme", "dark", "return", "/").Leads(t, "/")
		if got := english.Get("/").Find("html").AttrOr("data-theme", ""); got != "dark" {
			t.Errorf("got theme %q, want dark", got)
		}
		english.Post("/preferences", "theme", "system", "language", "xx", "return", "/").Leads(t, "/")
		if got := english.Get("/").Find("html"); got.AttrOr("data-theme", "-") != "-" || got.AttrOr("lang", "") != "en" {
			t.Errorf("got theme %q and language %q, want the machine's and English", got.AttrOr("data-theme", "-"), got.AttrOr("lang", ""))
		}
		wrong := h.Browser("de")
		wrong.Get("/signin")
		wrong.Post("/signin", "email", "ada@acme.example", "password", "falsch").Is(t, http.StatusUnauthorized).Says(t, "E-Mail oder Passwort stimmt nicht.")
	})
}
