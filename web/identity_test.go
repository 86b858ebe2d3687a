package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/webtest"
)

// everyPage is every address that shows a page to somebody who is signed in.
var everyPage = []string{"/", "/choose", "/audit", "/audit?only=acting", "/stop", "/terms", "/prove", "/cover/name", "/cover/d-bilal",
	"/cover/d-bilal/edit", "/cover/no-such", "/no/such/page", "/audit?before=nonsense"}

// TestC2BannerAndMenuOnEveryPage: whoever acts reads on every page for whom, and both names; the menu opens the chooser
// from everywhere, acting or not.
func TestC2BannerAndMenuOnEveryPage(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		menu := func(p *webtest.Answer, path string) {
			t.Helper()
			if got := p.Find(".top details.menu a[href^='/choose?return=']").Length(); got != 1 {
				t.Errorf("%s: got %d menu entries that open the chooser, want 1", path, got)
			}
		}
		for _, path := range everyPage {
			p := b.Get(path)
			menu(p, path)
			if got := p.Banner(); got != "" {
				t.Errorf("%s: got banner %q in one's own name, want none", path, got)
			}
		}
		b.Act("d-bilal")
		for _, path := range everyPage {
			p := b.Get(path)
			menu(p, path)
			if got := p.Banner(); !strings.Contains(got, "You are acting for Bilal Kaya. Recorded as you, Ada Lindqvist.") ||
				!strings.Contains(got, "60 min left in this session") || !strings.Contains(got, "Switch back to myself") {
				t.Errorf("%s: got status %d, banner %q, want both names, the time left and the way back", path, p.StatusCode, got)
			}
			if got := p.Find("title").Text(); !strings.Contains(got, "Ada Lindqvist (for Bilal Kaya)") {
				t.Errorf("%s: got title %q, want both names in it", path, got)
			}
			if got := p.Find(".top details.menu summary").Text(); !strings.Contains(got, "Ada Lindqvist") || !strings.Contains(got, "Bilal Kaya") {
				t.Errorf("%s: got menu %q, want both names in it", path, got)
			}
		}
		b.Get("/terms").Is(t, http.StatusOK).Says(t, "Only Bilal Kaya can accept it.")
		b.Get("/").Says(t, "Cover for Bilal Kaya", "While you act for Bilal Kaya you cannot name stand-ins.")
		b.Post("/stop").Leads(t, "/")
		if p := b.Get("/"); p.Banner() != "" {
			t.Errorf("got banner %q after stopping, want none", p.Banner())
		} else if got := strings.TrimSpace(p.Find(".flash").Text()); got != "You are yourself again." {
			t.Errorf("got %q, want to be told", got)
		}
	})
}

// TestThreat37StaleTab: a form that was made for another identity changes nothing, says so, and keeps what was typed.
func TestThreat37StaleTab(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/d-bilal")
		acted := b.Tab()
		acted.Act("d-bilal")
		before := len(h.Records(ledger.Filter{}))
		for path, form := range map[string][]string{
			"/choose":                {"delegation", "d-mallory"},
			"/extend":                nil,
			"/cover/name":            {"do", "confirm", "actor", "chiara", "purpose", "My own words"},
			"/cover/d-bilal/laydown": nil,
			"/cover/d-bilal/edit":    {"purpose", "My own words"},
			"/terms":                 {"version", "1"},
			"/prove":                 {"password", password},
		} {
			p := b.Tab().Post(path, form...).Is(t, http.StatusConflict)
			p.Says(t, "You have switched since this page was opened", "Your last change was not sent.", "Ada Lindqvist (for Bilal Kaya)")
			if strings.Contains(strings.Join(form, " "), "own words") {
				if got := p.Find("textarea").Text(); got != "My own words" {
					t.Errorf("%s: got %q kept, want what was typed", path, got)
				}
			}
		}
		if got := len(h.Records(ledger.Filter{})); got != before {
			t.Errorf("got %d records, want the %d from before", got, before)
		}
		// The other way round: a page of the acting tab after it was stopped elsewhere.
		acted.Get("/")
		stopped := acted.Tab()
		stopped.Post("/stop").Leads(t, "/")
		before = len(h.Records(ledger.Filter{}))
		p := acted.Post("/cover/name", "do", "confirm", "actor", "chiara", "purpose", "In his name").Is(t, http.StatusConflict)
		p.Says(t, "You have switched since this page was opened", "Ada Lindqvist (for Bilal Kaya)", "In his name")
		if got := len(h.Records(ledger.Filter{})); got != before {
			t.Errorf("got %d records, want the %d from before", got, before)
		}
		// One identity is not another of the same two people: each acting session has its own.
		first := stopped.Act("d-bilal")
		made := first.Find("input[name=identity]").First().AttrOr("value", "")
		stopped.Post("/stop").Leads(t, "/")
		stopped.Act("d-bilal")
		stopped.Post("/extend", "identity", made).Is(t, http.StatusConflict)
		stopped.Post("/extend").Leads(t, "/")
	})
}

// TestThreat37SignedOutInAnotherTab: what is sent after signing out is not taken, and not lost.
func TestThreat37SignedOutInAnotherTab(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/name")
		other := b.Tab()
		other.Post("/signout").Leads(t, "/signin")
		b.Post("/cover/name", "do", "check", "actor", "chiara", "purpose", "My own words").Is(t, http.StatusConflict).
			Says(t, "Nobody: you are signed out", "My own words", "Sign in")
	})
}

// TestEndedMidAction: each way in which acting can end is told by its own sentence, when looking and when sending; what was
// typed is kept; and one button leads back to oneself.
func TestEndedMidAction(t *testing.T) {
	own := func(h *webtest.House, id standin.PersonID) standin.Caller { return h.Caller(id) }
	for name, c := range map[string]struct {
		by   string // the delegation
		end  func(h *webtest.House, b *webtest.Browser)
		says string
	}{
		"revoked": {"d-bilal", func(h *webtest.House, _ *webtest.Browser) {
			if _, err := h.Delegations.Revoke(h.T.Context(), own(h, "bilal"), "d-bilal"); err != nil {
				h.T.Fatal(err)
			}
		}, "Bilal Kaya ended your access at 10:00."},
		"paused": {"d-bilal", func(h *webtest.House, _ *webtest.Browser) {
			if _, err := h.Delegations.Deactivate(h.T.Context(), own(h, "bilal"), "d-bilal"); err != nil {
				h.T.Fatal(err)
			}
		}, "It was paused at 10:00."},
		"time is up": {"d-bilal", func(h *webtest.House, b *webtest.Browser) {
			for range 3 { // somebody is at work: the sign-in does not end unused
				h.Pass(20 * time.Minute)
				b.Tab().Get("/")
			}
		}, "The time of this session is up."},
		"inactive": {"d-bilal", func(h *webtest.House, _ *webtest.Browser) {
			if err := h.Directory.Deactivate(h.T.Context(), own(h, "boss"), "bilal"); err != nil {
				h.T.Fatal(err)
			}
		}, "One of the two accounts was made inactive."},
		"laid down": {"d-bilal", func(h *webtest.House, _ *webtest.Browser) {
			if _, err := h.Delegations.LayDown(h.T.Context(), own(h, "ada"), "d-bilal"); err != nil {
				h.T.Fatal(err)
			}
		}, "It was laid down at 10:00."},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *webtest.House) {
				b := h.As("ada")
				b.Act(c.by)
				c.end(h, b)
				if name != "time is up" { // looking told it there already
					b.Post("/cover/name", "do", "check", "purpose", "My own words").Is(t, http.StatusConflict).
						Says(t, "Your access as deputy of Bilal Kaya has ended", c.says, "was not sent", "My own words")
				}
				told := watched(t, b)
				if told.Sentence != c.says || told.To != "" {
					t.Errorf("got an open page told %+v, want %q and the way back to oneself", told, c.says)
				}
				p := b.Get("/audit").Is(t, http.StatusOK)
				p.Says(t, "Your access as deputy of Bilal Kaya has ended", c.says, "Nothing more will be sent in their name.")
				if p.Banner() != "" {
					t.Errorf("got banner %q, want none any more", p.Banner())
				}
				if got := p.Find("form[action='/stop'] button").Length(); got != 1 {
					t.Fatalf("got %d buttons to go on as oneself, want 1", got)
				}
				b.Follow(b.Post("/stop").Leads(t, "/")).Is(t, http.StatusOK).Says(t, "Whom I cover")
			})
		})
	}
}

// watched is what an open page hears.
func watched(t *testing.T, b *webtest.Browser) (n frame.Now) {
	t.Helper()
	p := b.Tab().Get("/whoami")
	if err := json.Unmarshal([]byte(p.Source), &n); err != nil {
		t.Fatalf("%v: %s", err, p.Source)
	}
	return n
}

// TestAnOpenPageDoesNotKeepTheSignIn: watching is no use, so that a forgotten page does not keep its sign-in alive.
func TestAnOpenPageDoesNotKeepTheSignIn(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		stamp := b.Identity()
		for range 29 {
			h.Pass(time.Minute)
			if n := watched(t, b); n.Identity != stamp {
				t.Fatalf("got %+v within half an hour, want the page's identity", n)
			}
		}
		if n := watched(t, b); n.Left != (31 * time.Minute).Milliseconds() {
			t.Errorf("got %d ms left, want those of 31 minutes", n.Left)
		}
		h.Pass(2 * time.Minute)
		if n := watched(t, b); n.Identity != "" || n.To != "/signin" || n.Sentence != "Your own sign-in came to its end." {
			t.Errorf("got %+v after half an hour unused, want to sign in again", n)
		}
		b.Get("/audit").Leads(t, "/signin?return=%2Faudit")
	})
}

// TestSwitchedInAnotherTab: an open page hears as whom its browser goes on.
func TestSwitchedInAnotherTab(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		stamp := b.Identity()
		b.Tab().Act("d-mallory")
		n := watched(t, b)
		if n.Identity == stamp || n.To != "/" || !strings.Contains(n.Again, "Ada Lindqvist (for") {
			t.Errorf("got %+v, want to be told of the new identity", n)
		}
	})
}

// TestThreat27NewTokenAtEveryChange: signing in, beginning and stopping each give the browser another token, which no script
// can read and no other site sends.
func TestThreat27NewTokenAtEveryChange(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.Browser("en")
		b.Get("/signin")
		seen := map[string]bool{}
		token := func(p *webtest.Answer) {
			t.Helper()
			for _, c := range p.Cookies() {
				if c.Name != "standin" {
					continue
				}
				if seen[c.Value] || c.Value == "" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || !c.Expires.IsZero() {
					t.Errorf("got cookie %v, want a new one, this host's alone and for as long as the browser runs", c)
				}
				seen[c.Value] = true
				return
			}
			t.Error("got no new token")
		}
		token(b.Post("/signin", "email", "ada@acme.example", "password", password))
		b.Get("/choose")
		token(b.Post("/choose", "delegation", "d-bilal"))
		b.Get("/choose")
		token(b.Post("/choose", "delegation", "d-mallory"))
		b.Get("/")
		token(b.Post("/stop"))
		b.Get("/prove")
		token(b.Post("/prove", "password", password))
	})
}

// TestP6StoppingNeedsNothing: not the right identity, not a page, not even a sign-in.
func TestP6StoppingNeedsNothing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		b.Post("/stop", "identity", "nonsense", "return", "/audit").Leads(t, "/audit")
		b.Post("/stop", "identity", "nonsense").Leads(t, "/")
		b.Get("/stop").Is(t, http.StatusOK).Says(t, "You are yourself")
		nobody := h.Browser("en")
		nobody.Post("/stop").Is(t, http.StatusConflict).Says(t, "Nobody: you are signed out")
	})
}

// TestThreat73NothingKeptAfterStop: pages are not kept, and what a browser kept against that is cleared.
func TestThreat73NothingKeptAfterStop(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		if got := b.Get("/audit").Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("got Cache-Control %q, want no-store", got)
		}
		for _, path := range []string{"/stop", "/signout"} {
			if got := b.Post(path).Header.Get("Clear-Site-Data"); got != `"cache"` {
				t.Errorf("%s: got Clear-Site-Data %q, want the cache", path, got)
			}
		}
	})
}

// TestThreat65NobodyIsSentElsewhere: wherever an address says where to go on, it leads to this site alone.
func TestThreat65NobodyIsSentElsewhere(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		for _, evil := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, `\\evil.example`, "javascript:alert(1)",
			"/\t/evil.example", "https:evil.example", "/%0d%0aLocation: https://evil.example", "http://127.0.0.1@evil.example/", "///evil.example",
			"/..//evil.example", "evil.example"} {
			b := h.Browser("en")
			b.Get("/signin?return=" + url.QueryEscape(evil)).Find("a[href], form[action], input[name=return]").Each(func(_ int, s *goquery.Selection) {
				for _, attr := range []string{"href", "action", "value"} {
					if to := s.AttrOr(attr, "/"); attr != "value" && leavesSite(to) || attr == "value" && s.Is("[name=return]") && leavesSite(to) {
						t.Errorf("%q: got %s %q in the page", evil, attr, to)
					}
				}
			})
			check := func(p *webtest.Answer) {
				t.Helper()
				if to := p.Header.Get("Location"); p.StatusCode != http.StatusSeeOther || leavesSite(to) || strings.Contains(to, "evil") && !strings.Contains(to, "%2F") && !strings.HasPrefix(to, "/") {
					t.Errorf("%q: got status %d and location %q, want one of this site", evil, p.StatusCode, to)
				}
			}
			check(b.Post("/signin", "email", "ada@acme.example", "password", password, "return", evil))
			b.Get("/choose?return=" + url.QueryEscape(evil))
			check(b.Post("/choose", "delegation", "d-bilal", "return", evil))
			b.Get("/")
			check(b.Post("/extend", "return", evil))
			check(b.Post("/stop", "return", evil))
			check(b.Post("/preferences", "theme", "dark", "return", evil))
			b.Get("/prove")
			check(b.Post("/prove", "password", password, "return", evil))
		}
	})
}

// leavesSite reads an address as a browser does: backslashes are slashes, tabs and line ends are not there.
func leavesSite(to string) bool {
	to = strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "").Replace(to)
	u, err := url.Parse(to)
	return err != nil || u.Scheme != "" || u.Host != "" || strings.HasPrefix(to, "//") || !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "#")
}

// FuzzLocal: whatever an address is, where it leads stays on this site.
func FuzzLocal(f *testing.F) {
	for _, seed := range []string{"/", "/audit?who=ada#x", "//evil.example", `/\evil.example`, "https://evil.example", "/\t/evil.example", "/%2f/x", "/a:b", "\x00/", "/é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if to := frame.Local(address); leavesSite(to) || strings.ContainsAny(to, "\r\n\t\\") {
			t.Errorf("got %q for %q, want an address of this site", to, address)
		}
	})
}

// FuzzReadCursor: a place in the record reads back as it was written, and nothing else is a place.
func FuzzReadCursor(f *testing.F) {
	f.Add(writeCursor(ledger.Cursor{At: time.Unix(1, 0), ID: "r-1"}))
	f.Add("x")
	f.Add("MSA")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := readCursor(text)
		if err != nil || text == "" {
			return
		}
		again, err := readCursor(writeCursor(c))
		if err != nil || again != c || c.ID == "" {
			t.Errorf("got %+v (%v) from %q, want %+v", again, err, text, c)
		}
	})
}
