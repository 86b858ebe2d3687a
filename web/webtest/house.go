// Package webtest is a house with its pages, for their tests: the world of testdata/world.yaml on both databases, a server,
// and browsers that sign in, look and send forms. It refuses to replace anything: rooms, databases and pages are the real
// ones.
package webtest

import (
	"context"
	_ "embed"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/world"
)

// Acme and Rival are the two organisations of the world; everybody's Password is Password.
const (
	Acme     = housetest.Acme
	Rival    = housetest.Rival
	Password = "only-for-trials"
)

// House is the pages as a server over the world of testdata/world.yaml, whose clock moves when told: it is Monday
// 2 November 2026, 9:00 UTC, at first.
type House struct {
	T *testing.T
	*housetest.House
	Rooms frame.Rooms
	URL   string
	Hangs atomic.Bool // the database answers nobody within a request's time
}

// Run runs the test on both databases, with the handler that pages makes.
func Run(t *testing.T, pages func(h *House, c frame.Config) http.Handler, test func(t *testing.T, h *House)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := Join(t, d)
		h.ApplyText("world.yaml", strings.NewReader(company))
		h.Open(pages)
		test(t, h)
	})
}

//go:embed testdata/world.yaml
var company string

// Join joins the rooms over a database in which there is nothing yet; it is closed.
func Join(t *testing.T, d *db.DB) *House {
	t.Helper()
	h := &House{T: t, House: housetest.Join(t, d, housetest.Standing(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))}
	h.Rooms = frame.Rooms{DB: d, Applications: h.Applications, Directory: h.Directory, Delegations: h.Delegations, Acting: h.Acting,
		Decisions: h.Decisions, Rules: h.Rules, Trials: h.Trials, Signin: h.Signin, Previews: h.Previews, Lists: h.Lists, Checks: h.Checks,
		Exports: h.Exports, Tokens: h.Tokens, Signing: h.Signing, Logout: h.Logout}
	return h
}

// Open starts the server.
func (h *House) Open(pages func(h *House, c frame.Config) http.Handler) {
	c := frame.Config{Rooms: h.Rooms, Now: h.Now, Log: slog.New(slog.DiscardHandler)}
	if testing.Verbose() {
		c.Log = slog.New(slog.NewTextHandler(h.T.Output(), nil))
	}
	handler := pages(h, c)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if h.Hangs.Load() {
			expired, cancel := context.WithDeadline(ctx, time.Now().Add(-time.Second))
			defer cancel()
			ctx = expired
		}
		handler.ServeHTTP(w, r.WithContext(standin.WithRequest(ctx, &standin.Request{ID: "r-test"})))
	}))
	h.T.Cleanup(server.Close)
	h.URL = server.URL
}

// ApplyText applies a world file, whose dates may count from today.
func (h *House) ApplyText(name string, text io.Reader) {
	h.T.Helper()
	f, err := world.LoadTrial(name, text, h.Now())
	if err != nil {
		h.T.Fatal(err)
	}
	h.Apply(f)
}

// Caller is the person in their own name, for what happens beside the pages.
func (h *House) Caller(id standin.PersonID) standin.Caller {
	return housetest.As(Acme, id)
}

// Browser is somebody's browser; it keeps cookies and follows no redirect by itself.
type Browser struct {
	T      *testing.T
	H      *House
	Client *http.Client
	Lang   string
	Seen   *Answer // the page it looks at
}

// Answer is what a browser was answered.
type Answer struct {
	*http.Response
	*goquery.Document
	Source string
}

// Browser opens one with no cookies. lang is its language.
func (h *House) Browser(lang string) *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.T.Fatal(err)
	}
	return &Browser{T: h.T, H: h, Lang: lang, Client: &http.Client{Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// As returns a browser in which the person of Acme, or of whichever organisation the address names, has signed in.
func (h *House) As(id string) *Browser {
	h.T.Helper()
	b := h.Browser("en")
	if !strings.Contains(id, "@") {
		id += "@acme.example"
	}
	b.Get("/signin")
	b.Follow(b.Post("/signin", "email", id, "password", Password)).Is(h.T, http.StatusOK)
	return b
}

// Do sends the request and remembers the page that it is answered with.
func (b *Browser) Do(r *http.Request) *Answer {
	b.T.Helper()
	r.Header.Set("Accept-Language", b.Lang)
	r.Header.Set("User-Agent", "a test")
	response, err := b.Client.Do(r)
	if err != nil {
		b.T.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.T.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
	if err != nil {
		b.T.Fatal(err)
	}
	p := &Answer{response, doc, string(body)}
	if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") && p.StatusCode/100 != 3 {
		b.Seen = p
	}
	return p
}

// Get asks for the page at the path.
func (b *Browser) Get(path string) *Answer {
	b.T.Helper()
	r, err := http.NewRequest(http.MethodGet, b.H.URL+path, nil)
	if err != nil {
		b.T.Fatal(err)
	}
	return b.Do(r)
}

// Post sends the form with the identity of the page that the browser looks at, as its forms do. pairs are names and
// values; a name may come twice.
func (b *Browser) Post(path string, pairs ...string) *Answer {
	b.T.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	if b.Seen != nil && !form.Has("identity") {
		form.Set("identity", b.Identity())
	}
	r, err := http.NewRequest(http.MethodPost, b.H.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.T.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.Do(r)
}

// Identity is that of the page that the browser looks at.
func (b *Browser) Identity() string {
	return b.Seen.Find("input[name=identity]").First().AttrOr("value", "")
}

// Follow goes where an answer leads, until a page is shown.
func (b *Browser) Follow(p *Answer) *Answer {
	b.T.Helper()
	for range 5 {
		if p.StatusCode/100 != 3 {
			return p
		}
		p = b.Get(p.Header.Get("Location"))
	}
	b.T.Fatalf("got led to %s and on, want a page", p.Header.Get("Location"))
	return nil
}

// Act starts acting by the delegation.
func (b *Browser) Act(id string) *Answer {
	b.T.Helper()
	b.Get("/choose")
	return b.Follow(b.Post("/choose", "delegation", id).Leads(b.T, "/"))
}

// Leads asserts that the answer is a redirect to the address.
func (p *Answer) Leads(t *testing.T, to string) *Answer {
	t.Helper()
	if p.StatusCode != http.StatusSeeOther || p.Header.Get("Location") != to || to == "" {
		t.Fatalf("got status %d and location %q, want 303 and %q: %s", p.StatusCode, p.Header.Get("Location"), to, p.Main())
	}
	return p
}

// Is asserts the status.
func (p *Answer) Is(t *testing.T, status int) *Answer {
	t.Helper()
	if p.StatusCode != status {
		t.Fatalf("got status %d, want %d: %s", p.StatusCode, status, p.Main())
	}
	return p
}

// Says asserts that the page's main part reads so, whatever its markup.
func (p *Answer) Says(t *testing.T, texts ...string) *Answer {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.Main(), text) {
			t.Errorf("got a page without %q: %s", text, p.Main())
		}
	}
	return p
}

// Hides asserts that none of the texts is in the page's main part.
func (p *Answer) Hides(t *testing.T, texts ...string) *Answer {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.Main(), text) {
			t.Errorf("got a page with %q: %s", text, p.Main())
		}
	}
	return p
}

// Main is the text of the page's main part.
func (p *Answer) Main() string { return strings.Join(strings.Fields(p.Find("main").Text()), " ") }

// Banner is the text of the page's banner, "" where it has none.
func (p *Answer) Banner() string {
	return strings.Join(strings.Fields(p.Find("standin-banner .strip").Text()), " ")
}
