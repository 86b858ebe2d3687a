package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/ledger"
)

// TestEveryAnswerIsArmoured: page or file, refused or redirected, every answer tells the browser the same.
func TestEveryAnswerIsArmoured(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
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
			look(path, b.get(path).Header, false)
		}
		look("a refusal", b.post("/cover/name", "do", "check").Header, false)
		look("another identity", b.post("/extend", "identity", "x").Header, false)
		look("nobody", h.browser("en").get("/").Header, false)
		for name := range assets() {
			p := b.get(assets()[name].url).is(t, http.StatusOK)
			look(name, p.Header, true)
			if got := p.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
				t.Errorf("%s: got Cache-Control %q, want it kept", name, got)
			}
		}
		b.get("/assets/standin.000000000000.css").is(t, http.StatusNotFound)
		b.get("/assets/..%2fweb.go").is(t, http.StatusNotFound)
	})
	refused := httptest.NewRecorder()
	Fail(slog.New(slog.DiscardHandler), time.Now)(refused, httptest.NewRequest("GET", "/", nil), http.StatusServiceUnavailable)
	if got := refused.Header().Get("Content-Security-Policy"); got != policy || refused.Code != http.StatusServiceUnavailable {
		t.Errorf("got status %d and policy %q from Fail, want 503 and that of every page", refused.Code, got)
	}
}

// TestThreat33OtherSitesStartNothing: what another site makes a browser send is refused before anything is looked at.
func TestThreat33OtherSitesStartNothing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.get("/choose")
		before := len(h.records(ledger.Filter{}))
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			for _, path := range []string{"/choose", "/stop", "/signout", "/cover/name", "/preferences", "/signin"} {
				body := strings.NewReader("delegation=d-bilal&theme=dark&identity=" + b.identity())
				r, err := http.NewRequest(http.MethodPost, h.url+path, body)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set(name, value)
				if p := b.tab().do(r); p.StatusCode != http.StatusForbidden || len(p.Cookies()) > 0 {
					t.Errorf("%s with %s: got status %d and cookies %v, want 403 and none", path, name, p.StatusCode, p.Cookies())
				}
			}
		}
		if got := len(h.records(ledger.Filter{})); got != before {
			t.Errorf("got %d records, want the %d from before", got, before)
		}
		// Links do not change anything either.
		for _, path := range []string{"/extend", "/signout", "/preferences", "/cover/d-bilal/laydown"} {
			b.get(path).is(t, http.StatusNotFound)
		}
	})
}

// TestThreat33ProofIsAskedFor: whoever signed in long ago proves a factor before they begin to act, and goes on to choose.
func TestThreat33ProofIsAskedFor(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		h.pass(16 * time.Minute)
		b.get("/choose?return=/audit")
		asked := b.post("/choose", "delegation", "d-bilal", "return", "/audit")
		b.follow(asked).is(t, http.StatusOK).says(t, "Confirm it's you")
		to := b.seen.Find("form[action='/prove'] input[name=return]").AttrOr("value", "")
		b.post("/prove", "password", "wrong", "return", to).is(t, http.StatusUnauthorized).says(t, "E-mail or password is not right.")
		b.follow(b.post("/prove", "password", password, "return", to)).says(t, "Who are you working as?")
		to = b.seen.Find("form[action='/choose'] input[name=return]").AttrOr("value", "")
		if p := b.follow(b.post("/choose", "delegation", "d-bilal", "return", to).leads(t, "/audit")); !strings.Contains(p.banner(), "Bilal Kaya") {
			t.Errorf("got banner %q, want to act", p.banner())
		}
	})
}

// TestThreat71HostileNames: a name that is markup, or turns the direction of reading, is text wherever it stands.
func TestThreat71HostileNames(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		look := func(p *answer, wants bool) {
			t.Helper()
			if p.Find("main script, main img, standin-banner img, .top script").Length() > 0 || strings.Contains(p.text, "<script>alert") || strings.Contains(p.text, "onerror=alert(1)>") {
				t.Errorf("got a name's markup in the page: %s", p.text)
			}
			if wants && !strings.Contains(p.Text(), "<script>alert(1)</script> & Söhne") {
				t.Errorf("got a page without the name as text: %s", p.main())
			}
		}
		for _, path := range []string{"/", "/choose", "/cover/d-mallory"} {
			look(b.get(path), true)
		}
		b.act("d-mallory")
		for _, path := range []string{"/", "/choose", "/audit", "/stop", "/no/such", "/cover/d-mallory"} {
			p := b.get(path)
			look(p, true)
			if !strings.Contains(p.Find("title").Text(), "Ada Lindqvist (for <script>alert(1)</script> & Söhne)") {
				t.Errorf("%s: got title %q", path, p.Find("title").Text())
			}
		}
		look(b.get("/choose?find=%3Cscript%3Ealert(1)%3C/script%3E"), false)
		look(b.get(`/audit?who=%3Cscript%3Ealert(1)%3C/script%3E&resource=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E`), false)
		look(b.get("/signin?return=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E"), false)
		noor := h.as("noor")
		if got := noor.get("/").Find(".top details.menu bdi").First().Text(); got != "نور الهدى عبد الرحمن" {
			t.Errorf("got %q as an Arabic name, want it isolated and whole", got)
		}
	})
}

// TestGerman: the same pages in German, refusals and times too, by the browser's language and by the person's choice.
func TestGerman(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.lang = "de-DE,de;q=0.9,en;q=0.5"
		for _, path := range everyPage {
			inspect(t, "de", b.get(path).Document)
		}
		b.get("/").says(t, "Wer wen vertritt, und bis wann.", "Aktiv bis Mi., 11. Nov., 24:00 Uhr")
		b.act("d-bilal")
		for _, path := range everyPage {
			inspect(t, "de", b.get(path).Document)
		}
		if got := b.get("/").banner(); !strings.Contains(got, "Sie handeln für Bilal Kaya.") || !strings.Contains(got, "Ada Lindqvist") {
			t.Errorf("got banner %q, want it in German", got)
		}
		b.post("/stop")
		b.get("/choose")
		b.post("/choose", "delegation", "d-chiara").is(t, http.StatusConflict).says(t, "Das hat noch nicht begonnen.")
		english := b.tab()
		english.post("/preferences", "language", "en", "return", "/audit").leads(t, "/audit")
		english.get("/audit").says(t, "What you did, and what was done for you.")
		english.post("/preferences", "theme", "dark", "return", "/").leads(t, "/")
		if got := english.get("/").Find("html").AttrOr("data-theme", ""); got != "dark" {
			t.Errorf("got theme %q, want dark", got)
		}
		english.post("/preferences", "theme", "system", "language", "xx", "return", "/").leads(t, "/")
		if got := english.get("/").Find("html"); got.AttrOr("data-theme", "-") != "-" || got.AttrOr("lang", "") != "en" {
			t.Errorf("got theme %q and language %q, want the machine's and English", got.AttrOr("data-theme", "-"), got.AttrOr("lang", ""))
		}
		wrong := h.browser("de")
		wrong.get("/signin")
		wrong.post("/signin", "email", "ada@acme.example", "password", "falsch").is(t, http.StatusUnauthorized).says(t, "E-Mail oder Passwort stimmt nicht.")
	})
}

// packed is how many bytes the text takes on its way.
func packed(text string) int {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Len()
}

// TestWeights: the chooser of somebody with 500 principals, with all that it loads, is at most 25 KB; the banner, with its
// script, 4 KB; and any page of the gallery, with all that it loads, 60 KB.
func TestWeights(t *testing.T) {
	loaded := 0
	for _, a := range assets() {
		loaded += len(a.packed)
	}
	heaviest := 0
	gallery := GalleryHandler(slog.New(slog.DiscardHandler))
	for _, state := range galleryStates() {
		w, doc := get(t, gallery, "/gallery/"+state.Page+"/"+state.Name, "de")
		total := packed(w.Body.String()) + loaded
		heaviest = max(heaviest, total)
		if total > 60*1024 {
			t.Errorf("%s/%s: got %d bytes, want at most 60 KB", state.Page, state.Name, total)
		}
		if banner, err := doc.Find("standin-banner").Html(); err != nil || packed(banner)+len(assets()["standin.js"].packed) > 4*1024 {
			t.Errorf("%s/%s: got a banner of %d bytes with its script, want at most 4 KB", state.Page, state.Name, packed(banner)+len(assets()["standin.js"].packed))
		}
	}
	t.Logf("heaviest page: %d bytes, of which %d are loaded once", heaviest, loaded)
	inHouse(t, func(t *testing.T, h *house) {
		var world strings.Builder
		world.WriteString("organisations:\n  - id: acme\n    people:\n")
		for i := range 500 {
			fmt.Fprintf(&world, "      - {id: many-%d, name: \"Principal %s Number %d\", email: many-%d@acme.example, unit: sales/emea, accepted_terms: true}\n", i, family[i%10], i, i)
		}
		world.WriteString("    delegations:\n")
		for i := range 500 {
			fmt.Fprintf(&world, "      - {id: m-%d, principal: many-%d, actor: noor, kind: cover, start: today-1d, end: today+%dd, purpose: Purpose %d of somebody}\n", i, i, 2+i%80, i)
		}
		h.applyText("many.yaml", strings.NewReader(world.String()))
		b := h.as("noor")
		p := b.get("/choose").is(t, http.StatusOK).says(t, "Showing 20 of 500")
		total := packed(p.text) + loaded
		if total > 25*1024 {
			t.Errorf("got a chooser of %d bytes, want at most 25 KB", total)
		}
		t.Logf("chooser of 500: %d bytes, the page alone %d", total, packed(p.text))
		if p = b.get("/choose?find=number+417"); p.Find("button.choice:not(.myself)").Length() != 1 {
			t.Errorf("got %d choices for one name, want 1: %s", p.Find("button.choice:not(.myself)").Length(), p.main())
		}
		b.get("/choose?find=nobody-is-called-so").says(t, "Nobody matches")
		if got := b.act("m-417").banner(); !strings.Contains(got, "Number 417") {
			t.Errorf("got banner %q, want the one chosen of 500", got)
		}
	})
}
