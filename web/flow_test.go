package web

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/web/webtest"
)

// connected are applications that sign people in: strict takes no stand-ins, planner is somebody else's, bare has no page to
// begin at, theirs belongs to the other organisation.
const connected = `
clients:
  - {id: desk, name: Workdesk, organisation: acme, secret: only-for-trials, redirect_uris: ["https://desk.example/callback"],
     post_logout_redirect_uris: ["https://bye.example/"], initiate_login_uri: "https://desk.example/login?tenant=acme", stand_ins: true}
  - {id: strict, name: Payroll, organisation: acme, secret: only-for-trials, redirect_uris: ["https://pay.example/callback"],
     initiate_login_uri: "https://pay.example/login", stand_ins: false}
  - {id: planner, name: Planner, organisation: acme, secret: only-for-trials, redirect_uris: ["https://planner.example/callback"], third_party: true, stand_ins: true}
  - {id: bare, organisation: acme, secret: only-for-trials, redirect_uris: ["https://bare.example/callback"], stand_ins: true}
  - {id: theirs, organisation: rival, secret: only-for-trials, redirect_uris: ["https://theirs.example/callback"],
     initiate_login_uri: "https://theirs.example/login", stand_ins: true}
`

func withApplications(t *testing.T, test func(t *testing.T, h *webtest.House)) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		h.ApplyText("clients.yaml", strings.NewReader(connected))
		test(t, h)
	})
}

// asks keeps a request of the client and returns where it goes on.
func asks(t *testing.T, h *webtest.House, client standin.ClientID, scopes ...string) string {
	t.Helper()
	id := standin.NewSecret()
	if err := h.Tokens.SaveRequest(t.Context(), token.Request{Organisation: webtest.Acme, ID: id, Client: client, Browser: token.Hashed("b"),
		RedirectURI: "https://" + string(client) + ".example/callback", Scopes: append([]string{"openid"}, scopes...), MaxAge: -1}); err != nil {
		t.Fatal(err)
	}
	return "/oauth2/authorize/" + id
}

func back(to string) string { return "?return=" + url.QueryEscape(to) }

// ends fails where the page's forms may end elsewhere than here and there.
func ends(t *testing.T, p *webtest.Answer, there string) {
	t.Helper()
	want := "form-action 'self'" + there + ";"
	if got := p.Header.Get("Content-Security-Policy"); !strings.Contains(got, want) {
		t.Errorf("got policy %q, want %q", got, want)
	}
}

func TestH1PagesNameTheApplication(t *testing.T) {
	withApplications(t, func(t *testing.T, h *webtest.House) {
		to := asks(t, h, "desk")
		b := h.Browser("en")
		ends(t, b.Get("/signin"), "")
		p := b.Get("/signin"+back(to)).Is(t, http.StatusOK).Says(t, "to go on to Workdesk")
		ends(t, p, " https://desk.example")
		ends(t, b.Post("/signin", "email", "ada@acme.example", "password", "wrong", "return", to).Says(t, "to go on to Workdesk"), " https://desk.example")
		b.Post("/signin", "email", "ada@acme.example", "password", webtest.Password, "return", to).Leads(t, to)
		for _, page := range []string{"/choose", "/prove"} {
			if page == "/prove" && b.Get(page+back(to)).Find("main a.button").AttrOr("href", "") != to+"?deny=1" {
				t.Error("whoever does not prove who they are does not get back to the application")
			}
			ends(t, b.Get(page+back(to)).Says(t, "You are on the way to Workdesk."), " https://desk.example")
		}
		ends(t, b.Get("/prove"+back("/choose"+back(to))).Says(t, "You are on the way to Workdesk."), " https://desk.example")
		ends(t, b.Get("/terms"+back(to)).Says(t, "on the way to Workdesk"), " https://desk.example")
		b.Get("/choose" + back(to))
		b.Post("/choose", "delegation", "d-bilal", "return", to).Leads(t, to)
		b.Get("/choose" + back(to))
		b.Post("/choose", "delegation", "", "return", to).Leads(t, to)
		for _, other := range []string{"/oauth2/authorize/" + standin.NewSecret(), "/audit"} {
			p := b.Get("/choose"+back(other)).Is(t, http.StatusOK).Hides(t, "on the way")
			ends(t, p, "")
		}
		h.Pass(token.RequestLasts)
		b.Follow(b.Post("/signin", "email", "ada@acme.example", "password", webtest.Password))
		b.Get("/choose"+back(to)).Hides(t, "on the way") // it is over
	})
}

func TestC1WhoeverComesForAnApplicationIsAskedByItsRequest(t *testing.T) {
	withApplications(t, func(t *testing.T, h *webtest.House) {
		to := asks(t, h, "desk")
		b := h.Browser("en")
		b.Get("/signin" + back(to))
		b.Post("/signin", "email", "ada@acme.example", "password", webtest.Password, "return", to).Leads(t, to)
		if v := visitOf(t, h, b); !v.Chosen.IsZero() {
			t.Errorf("got chosen %v by signing in, want nothing", v.Chosen)
		}
		b.Get("/choose" + back(to))
		before := cookieOf(b)
		b.Post("/choose", "delegation", "", "return", to).Leads(t, to)
		if v := visitOf(t, h, b); v.Chosen.IsZero() {
			t.Error("choosing oneself is not remembered")
		}
		if cookieOf(b) != before {
			t.Error("the sign-in got another token although nobody switched")
		}
	})
}

func TestAnApplicationWithoutStandIns(t *testing.T) {
	withApplications(t, func(t *testing.T, h *webtest.House) {
		to := asks(t, h, "strict")
		b := h.As("ada")
		b.Act("d-bilal")
		p := b.Get("/choose"+back(to)).Is(t, http.StatusOK).Says(t, "Payroll takes no deputies", "You act for Bilal Kaya now. Going on as yourself ends that")
		if got := p.Find("button[name=delegation]"); got.Length() != 1 || got.AttrOr("value", "-") != "" {
			t.Errorf("got %d choices, want oneself alone", got.Length())
		}
		if got := p.Find("main a.button").AttrOr("href", ""); got != to+"?deny=1" {
			t.Errorf("got %q to go back, want the request with a no", got)
		}
		b.Post("/choose", "delegation", "", "return", to).Leads(t, to)
		if v := visitOf(t, h, b); v.Caller.Acting() || v.Chosen.IsZero() {
			t.Errorf("got acting %v, chosen %v; want ada herself by choice", v.Caller.Acting(), v.Chosen)
		}
	})
}

func TestC2SwitchAndStopLeadBackToTheApplication(t *testing.T) {
	const login = "https://desk.example/login?iss=https%3A%2F%2Fstandin.example&tenant=acme"
	withApplications(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		p := b.Get("/choose?client=desk").Says(t, "You are on the way to Workdesk.")
		ends(t, p, " https://desk.example https://bye.example")
		b.Post("/choose", "client", "desk", "delegation", "d-bilal", "target_link_uri", "https://evil.example/", "return", "https://evil.example/").Leads(t, login)
		b.Get("/stop?client=desk").Says(t, "Bilal Kaya")
		b.Post("/stop", "client", "desk").Leads(t, login)
		if v := visitOf(t, h, b); v.Caller.Acting() {
			t.Error("stopping for an application did not stop")
		}
		if got := b.Get("/stop?client=desk").Find("main a.primary").AttrOr("href", ""); got != login {
			t.Errorf("got %q from the page of who stopped already, want the application", got)
		}
		b.Get("/choose?client=desk")
		b.Post("/choose", "client", "desk", "delegation", "").Leads(t, login)
		for _, other := range []string{"theirs", "bare", "nonsense", "https://evil.example/", ""} {
			b.Get("/choose?client="+url.QueryEscape(other)).Is(t, http.StatusOK)
			b.Post("/choose", "client", other, "delegation", "").Leads(t, "/")
			b.Post("/stop", "client", other).Leads(t, "/")
		}
		b.Get("/choose?client=strict").Leads(t, "https://pay.example/login?iss=https%3A%2F%2Fstandin.example") // which takes her as herself alone
		h.As("noor").Get("/choose?client=desk").Leads(t, login)
		b.Act("d-bilal")
		p = b.Get("/choose?client=strict").Says(t, "Payroll takes no deputies")
		if p.Find("button[name=delegation]").Length() != 1 {
			t.Error("an application without stand-ins offers some")
		}
	})
}

// TestAProofOnTheWayLeadsBackToTheChoice: whoever proves first comes back to the very choice, for the very application.
func TestAProofOnTheWayLeadsBackToTheChoice(t *testing.T) {
	withApplications(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		h.Pass(20 * time.Minute)
		to := asks(t, h, "desk")
		b.Get("/choose" + back(to))
		b.Post("/choose", "delegation", "d-bilal", "return", to).Leads(t, "/prove"+back("/choose"+back(to)))
		b.Get("/choose?client=desk")
		b.Post("/choose", "delegation", "d-bilal", "client", "desk").Leads(t, "/prove"+back("/choose?client=desk"))
	})
}

func TestC5TheTickOnTheChooser(t *testing.T) {
	withApplications(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		if b.Get("/choose").Says(t, "See their tabs, searches and reports").Find("input[name=view]").Length() != 1 {
			t.Error("got no tick")
		}
		b.Post("/choose", "delegation", "d-bilal", "view", "yes").Leads(t, "/")
		if v := visitOf(t, h, b); !v.Session.View {
			t.Error("the view was asked for and is not there")
		}
		if _, ticked := b.Get("/choose").Find("input[name=view]").Attr("checked"); !ticked {
			t.Error("the tick is forgotten")
		}
		b.Post("/choose", "delegation", "d-mallory").Leads(t, "/")
		if v := visitOf(t, h, b); v.Session.View {
			t.Error("the view is there and was not asked for")
		}
		other := h.As("bilal")
		other.Get("/choose").Says(t, "See Hanna Resch’s tabs, searches and reports")
		if h.As("noor").Get("/choose").Find("input[name=view]").Length() != 0 {
			t.Error("somebody who stands in for nobody got a tick")
		}
	})
}

func TestThreat22ConsentIsThePersonsOwn(t *testing.T) {
	withApplications(t, func(t *testing.T, h *webtest.House) {
		to := asks(t, h, "planner", "email")
		b := h.As("ada")
		allowed := func(person standin.PersonID, scopes ...string) bool {
			t.Helper()
			yes, err := h.Tokens.Allowed(t.Context(), h.Caller(person), "planner", scopes)
			if err != nil {
				t.Fatal(err)
			}
			return yes
		}
		b.Act("d-bilal")
		p := b.Get("/consent"+back(to)).Is(t, http.StatusOK).Says(t, "Only Bilal Kaya can allow Planner to know about them.")
		if p.Find("form[action='/consent']").Length() != 0 {
			t.Error("whoever acts is asked for consent")
		}
		b.Post("/consent", "return", to).Is(t, http.StatusForbidden)
		if allowed("bilal", "openid") || allowed("ada", "openid") {
			t.Error("consent was given while acting")
		}
		b.Get("/")
		b.Post("/stop")
		p = b.Get("/consent"+back(to)).Is(t, http.StatusOK).Says(t, "May Planner know about you?", "Your e-mail address").Hides(t, "Your name")
		ends(t, p, " https://planner.example")
		if got := p.Find("main a.button").AttrOr("href", ""); got != to+"?deny=1" {
			t.Errorf("got %q for no, want the request with a no", got)
		}
		b.Post("/consent", "return", to, "scope", "profile", "scopes", "profile").Leads(t, to)
		if !allowed("ada", "openid", "email") || allowed("ada", "profile") || allowed("bilal", "openid") {
			t.Error("got another consent than ada gave to what the request asks for")
		}
		b.Get("/consent"+back(asks(t, h, "desk"))).Is(t, http.StatusSeeOther) // which needs nobody's
		rita := h.As("rita@rival.example")
		rita.Get("/consent"+back(to)).Is(t, http.StatusNotFound).Hides(t, "Planner")
		rita.Post("/consent", "return", to).Is(t, http.StatusNotFound)
		for _, gone := range []string{"/oauth2/authorize/none", "/audit", "https://evil.example/", ""} {
			b.Get("/consent"+back(gone)).Is(t, http.StatusNotFound).Says(t, "This sign-in cannot go on")
			b.Post("/consent", "return", gone).Is(t, http.StatusNotFound)
		}
	})
}

func TestWhereOneIsSignedInAndWhatOneAllowed(t *testing.T) {
	withApplications(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/settings/applications").Says(t, "You are signed in to none.", "You allowed nothing.")
		b.Get("/settings").Says(t, "Applications you are signed in to, and what you allowed")
		if err := h.Tokens.Allow(t.Context(), h.Caller("ada"), "planner", []string{"openid", "email"}); err != nil {
			t.Fatal(err)
		}
		for _, client := range []standin.ClientID{"strict", "planner"} {
			begins(t, h, b, client)
		}
		b.Get("/settings/applications").Says(t, "Payroll", "Planner", "Who you are: an id that stays the same · Your e-mail address")
		b.Post("/settings/applications/withdraw", "client", "planner").Leads(t, "/settings/applications")
		p := b.Get("/settings/applications").Says(t, "Taken back.", "Payroll").Hides(t, "Planner")
		ended := p.Value("grant")
		b.Post("/settings/applications/end", "grant", ended).Leads(t, "/settings/applications")
		b.Get("/settings/applications").Says(t, "You are signed in to none.")
		b.Post("/settings/applications/end", "grant", ended).Leads(t, "/settings/applications") // it is so already
		b.Post("/settings/applications/nonsense").Is(t, http.StatusNotFound)

		b.Act("d-bilal")
		begins(t, h, b, "desk")
		b.Get("/settings/applications").Says(t, "Workdesk", "For Bilal Kaya")
		bilal := h.As("bilal")
		bilal.Get("/settings/applications").Hides(t, "Workdesk")
		theirs := b.Seen.Value("grant")
		bilal.Post("/settings/applications/end", "grant", theirs).Leads(t, "/settings/applications")
		b.Get("/settings/applications").Says(t, "Workdesk")
		b.Post("/settings/applications/withdraw", "client", "planner").Is(t, http.StatusForbidden)
		b.Get("/settings/applications")
		b.Post("/settings/applications/end", "grant", theirs).Leads(t, "/settings/applications") // ending needs nobody's leave (P6)
		b.Get("/settings/applications").Hides(t, "Workdesk")
	})
}

func TestLeavingAnApplication(t *testing.T) {
	const to = "/oauth2/logout?left=1&state=a%26b"
	withApplications(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		p := b.Get("/leave?client=desk&return="+url.QueryEscape(to)).Is(t, http.StatusOK).Says(t, "You signed out of Workdesk.", "Ada Lindqvist")
		ends(t, p, " https://desk.example https://bye.example")
		b.Post("/leave", "return", to, "answer", "stay").Leads(t, "/oauth2/logout?left=1&state=a%26b&stay=1")
		visitOf(t, h, b)
		b.Get("/signed-out").Leads(t, "/leave") // nobody is told that they are signed out who is not
		b.Get("/leave?client=theirs").Is(t, http.StatusOK).Says(t, "You signed out of an application.")
		b.Post("/leave", "answer", "stay", "return", "https://evil.example/").Leads(t, "/")
		b.Act("d-bilal")
		b.Get("/leave?client=desk").Says(t, "It ends acting for Bilal Kaya, too.")
		out := b.Post("/leave", "identity", "nonsense", "return", to, "answer", "out").Leads(t, to)
		if out.Header.Get("Clear-Site-Data") != `"cache"` || cookieOf(b) != "" {
			t.Errorf("got Clear-Site-Data %q and cookie %q after signing out", out.Header.Get("Clear-Site-Data"), cookieOf(b))
		}
		b.Get("/leave?client=desk&return="+url.QueryEscape(to)).Leads(t, to)
		for _, evil := range []string{"https://evil.example/", "//evil.example", "/audit", "/oauth2/logoutevil", "/oauth2/authorize/x", ""} {
			b.Get("/leave"+back(evil)).Leads(t, "/signed-out")
			b.Post("/leave", "return", evil, "answer", "out").Leads(t, "/signed-out")
		}
		b.Get("/signed-out").Is(t, http.StatusOK).Says(t, "You are signed out")
	})
}

// TestThreat27AfterAnApplicationStoppedThePageGetsANewToken, and goes on as if nothing had been.
func TestThreat27AfterAnApplicationStoppedThePageGetsANewToken(t *testing.T) {
	withApplications(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		before := cookieOf(b)
		if err := h.Signin.StopBy(t.Context(), visitOf(t, h, b).Caller, "desk"); err != nil {
			t.Fatal(err)
		}
		b.Post("/cover/name", "actor", "x").Is(t, http.StatusConflict) // made for another identity (THREATS 37)
		if p := b.Get("/audit").Is(t, http.StatusOK); p.Banner() != "" {
			t.Errorf("got banner %q, want none", p.Banner())
		}
		if after := cookieOf(b); after == before || after == "" {
			t.Error("the browser kept the token that it acted with")
		}
		b.Get("/audit").Is(t, http.StatusOK)
	})
}

func TestThePageOfASignInThatCannotGoOn(t *testing.T) {
	write := CannotReturn(slog.New(slog.NewTextHandler(io.Discard, nil)), time.Now)
	for code, want := range map[string]string{"unknown_client": "No application with this id is registered here.", "redirect_uri": "not registered for it",
		"other_browser": "begun in another browser", "request_over": "It took too long", "malformed": "cannot be read", "nonsense": "cannot be read"} {
		r := httptest.NewRequest(http.MethodGet, "/oauth2/authorize?client_id=%3Cscript%3E", nil)
		w := httptest.NewRecorder()
		write(w, r, http.StatusBadRequest, code, "<script>alert(1)</script>", "https://evil.example/\u202e"+strings.Repeat("x", 5000))
		body := w.Body.String()
		if w.Code != http.StatusBadRequest || !strings.Contains(body, want) || strings.Contains(body, "<script>a") || strings.Contains(body, `href="https://evil`) ||
			strings.Contains(body, strings.Repeat("x", 300)) || strings.Contains(body, "\u202e") {
			t.Errorf("%s: got status %d and %s", code, w.Code, body)
		}
		if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors 'none'") {
			t.Errorf("%s: got policy %q", code, got)
		}
	}
}

// TestOnesOwnRecordIsReadable: what happens by itself every few minutes does not hide what somebody did.
func TestOnesOwnRecordIsReadable(t *testing.T) {
	withApplications(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		b.Post("/stop")
		if n := len(h.Records(ledger.Filter{Action: "login.renew"})); n < 2 {
			t.Fatalf("got %d renewals in the record, want those of acting and stopping", n)
		}
		b.Get("/audit").Says(t, "Stopped acting").Hides(t, "Was given a new sign-in key")
		b.Get("/audit?action=login.renew").Says(t, "Was given a new sign-in key")
		b.Get("/audit?itself=yes").Says(t, "Was given a new sign-in key", "Stopped acting")
		h.As("chiara").Get("/audit").Says(t, "Was given a new sign-in key")
	})
}

// visitOf returns who is here in the browser.
func visitOf(t *testing.T, h *webtest.House, b *webtest.Browser) signin.Visit {
	t.Helper()
	v, err := h.Signin.Resolve(t.Context(), cookieOf(b), standin.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func cookieOf(b *webtest.Browser) string {
	at, err := url.Parse(b.H.URL)
	if err != nil {
		b.T.Fatal(err)
	}
	all := b.Client.Jar.Cookies(at)
	if i := slices.IndexFunc(all, func(c *http.Cookie) bool { return c.Name == signin.CookieName(false) }); i >= 0 {
		return all[i].Value
	}
	return ""
}

// begins signs whoever is in the browser in to the application, as the provider does after its request.
func begins(t *testing.T, h *webtest.House, b *webtest.Browser, client standin.ClientID) {
	t.Helper()
	v := visitOf(t, h, b)
	if _, _, err := h.Tokens.Begin(t.Context(), v, token.Wish{Client: client, Scopes: []string{"openid", "email"},
		RedirectURI: "https://" + string(client) + ".example/callback"}); err != nil {
		t.Fatal(err)
	}
}
