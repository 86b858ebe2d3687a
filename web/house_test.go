package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/alexedwards/argon2id"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/world"
)

const (
	acme     standin.OrganisationID = "acme"
	rival    standin.OrganisationID = "rival"
	password                        = "only-for-trials"
)

// house is the pages as a server over the world of testdata/world.yaml, whose clock moves when told: it is Monday
// 2 November 2026, 9:00 UTC, at first.
type house struct {
	Rooms
	t      *testing.T
	ledger *ledger.Ledger
	key    ledger.Key
	url    string
	hangs  atomic.Bool // the database answers nobody within a request's time

	mu    sync.Mutex
	clock time.Time
}

// inHouse runs the test on both databases. add changes how the pages are made.
func inHouse(t *testing.T, test func(t *testing.T, h *house), add ...func(h *house, c *Config)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, settle(t, d, add...)) })
}

// settle applies the world and starts the server.
func settle(t *testing.T, d *db.DB, add ...func(h *house, c *Config)) *house {
	t.Helper()
	h := &house{t: t, clock: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	h.ledger = ledger.New(d, h.now)
	h.DB = d
	h.Directory = directory.New(d, h.ledger, h.now)
	h.Applications = application.New(d, h.ledger, h.now)
	h.Delegations = delegation.New(d, h.ledger, h.Directory, h.now)
	h.Acting = acting.New(d, h.ledger, h.Directory, h.Delegations, h.now)
	h.Signin = signin.New(d, h.ledger, h.Directory, h.Acting, h.now,
		signin.Options{Hash: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
	h.apply("testdata/world.yaml")
	key, err := ledger.NewKey("test")
	if err != nil {
		t.Fatal(err)
	}
	h.key = key
	c := Config{Rooms: h.Rooms, Now: h.now, Log: slog.New(slog.DiscardHandler)}
	if testing.Verbose() {
		c.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	for _, f := range add {
		f(h, &c)
	}
	pages := New(c)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if h.hangs.Load() {
			expired, cancel := context.WithDeadline(ctx, time.Now().Add(-time.Second))
			defer cancel()
			ctx = expired
		}
		pages.ServeHTTP(w, r.WithContext(standin.WithRequest(ctx, &standin.Request{ID: "r-test"})))
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// apply applies a world file, whose dates may count from today.
func (h *house) apply(path string) {
	h.t.Helper()
	file, err := os.Open(path)
	if err != nil {
		h.t.Fatal(err)
	}
	defer file.Close()
	h.applyText(path, file)
}

func (h *house) applyText(name string, text io.Reader) {
	h.t.Helper()
	f, err := world.LoadTrial(name, text, h.now())
	if err != nil {
		h.t.Fatal(err)
	}
	w := world.New(h.DB, h.ledger, h.Applications, h.Directory, h.Delegations, h.Signin, h.now)
	plan, err := w.Plan(h.t.Context(), f)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := w.Apply(h.t.Context(), plan, func(int, int) {}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

// pass lets time pass.
func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

// caller is the person in their own name, for what happens beside the pages.
func (h *house) caller(id standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: acme, Actor: standin.PersonActor(id), Principal: id}
}

// browser is somebody's browser; it keeps cookies and follows no redirect by itself.
type browser struct {
	t      *testing.T
	h      *house
	client *http.Client
	lang   string
	seen   *answer // the page it looks at
}

// answer is what a browser was answered.
type answer struct {
	*http.Response
	*goquery.Document
	text string
}

// browser opens one with no cookies. lang is its language.
func (h *house) browser(lang string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &browser{t: h.t, h: h, lang: lang, client: &http.Client{Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as returns a browser in which the person of acme, or of whichever organisation the address names, has signed in.
func (h *house) as(id string) *browser {
	h.t.Helper()
	b := h.browser("en")
	if !strings.Contains(id, "@") {
		id += "@acme.example"
	}
	b.get("/signin")
	b.follow(b.post("/signin", "email", id, "password", password)).is(h.t, http.StatusOK)
	return b
}

func (b *browser) do(r *http.Request) *answer {
	b.t.Helper()
	r.Header.Set("Accept-Language", b.lang)
	r.Header.Set("User-Agent", "a test")
	response, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
	if err != nil {
		b.t.Fatal(err)
	}
	p := &answer{response, doc, string(body)}
	if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") && p.StatusCode/100 != 3 {
		b.seen = p
	}
	return p
}

// get asks for the page at the path.
func (b *browser) get(path string) *answer {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.h.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

// post sends the form with the identity of the page that the browser looks at, as its forms do. pairs are names and
// values; a name may come twice.
func (b *browser) post(path string, pairs ...string) *answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	if b.seen != nil && !form.Has("identity") {
		form.Set("identity", b.identity())
	}
	r, err := http.NewRequest(http.MethodPost, b.h.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// identity is that of the page that the browser looks at.
func (b *browser) identity() string {
	return b.seen.Find("input[name=identity]").First().AttrOr("value", "")
}

// follow goes where an answer leads, until a page is shown.
func (b *browser) follow(p *answer) *answer {
	b.t.Helper()
	for range 5 {
		if p.StatusCode/100 != 3 {
			return p
		}
		p = b.get(p.Header.Get("Location"))
	}
	b.t.Fatalf("got led to %s and on, want a page", p.Header.Get("Location"))
	return nil
}

// act starts acting by the delegation.
func (b *browser) act(id string) *answer {
	b.t.Helper()
	b.get("/choose")
	return b.follow(b.post("/choose", "delegation", id).leads(b.t, "/"))
}

// leads asserts that the answer is a redirect to the address.
func (p *answer) leads(t *testing.T, to string) *answer {
	t.Helper()
	if p.StatusCode != http.StatusSeeOther || p.Header.Get("Location") != to || to == "" {
		t.Fatalf("got status %d and location %q, want 303 and %q: %s", p.StatusCode, p.Header.Get("Location"), to, p.main())
	}
	return p
}

// is asserts the status.
func (p *answer) is(t *testing.T, status int) *answer {
	t.Helper()
	if p.StatusCode != status {
		t.Fatalf("got status %d, want %d: %s", p.StatusCode, status, p.main())
	}
	return p
}

// says asserts that the page's main part reads so, whatever its markup.
func (p *answer) says(t *testing.T, texts ...string) *answer {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.main(), text) {
			t.Errorf("got a page without %q: %s", text, p.main())
		}
	}
	return p
}

// hides asserts that none of the texts is in the page's main part.
func (p *answer) hides(t *testing.T, texts ...string) *answer {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.main(), text) {
			t.Errorf("got a page with %q: %s", text, p.main())
		}
	}
	return p
}

// main is the text of the page's main part.
func (p *answer) main() string { return strings.Join(strings.Fields(p.Find("main").Text()), " ") }

// banner is the text of the page's banner, "" where it has none.
func (p *answer) banner() string {
	return strings.Join(strings.Fields(p.Find("standin-banner .strip").Text()), " ")
}
