package apps_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/docs/recipes"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/keys"
	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/webtest"
)

const issuer = "https://id.acme.example"

// inHouse runs the test on both databases, with an issuer.
func inHouse(t *testing.T, test func(t *testing.T, h *webtest.House)) {
	t.Helper()
	webtest.Run(t, func(h *webtest.House, c frame.Config) http.Handler {
		sealed := keys.New(h.DB, h.Ledger, h.Directory, keys.NewSeal(), h.Now, slog.New(slog.DiscardHandler))
		h.Tokens = token.New(token.House{DB: h.DB, Ledger: h.Ledger, Applications: h.Applications, Directory: h.Directory, Delegations: h.Delegations,
			Acting: h.Acting, Signin: h.Signin, Keys: sealed, Issuer: issuer}, h.Now)
		c.Tokens = h.Tokens
		return web.New(web.Config{Rooms: c.Rooms, Now: c.Now, Log: c.Log})
	}, test)
}

// registered returns the client that the page shows.
func registered(t *testing.T, h *webtest.House, p *webtest.Answer) (c application.Client, secret string) {
	t.Helper()
	found := p.Find("main dl.card.facts code")
	secret = found.Eq(2).Text()
	c, err := h.Applications.KeptClient(t.Context(), h.Caller("boss"), standin.ClientID(found.Eq(1).Text()))
	if err != nil {
		t.Fatal(err)
	}
	return c, secret
}

// TestAppsByEveryRecipe: one typed address is enough, and what is shown to be pasted has everything in it.
func TestAppsByEveryRecipe(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		h.As("hanna").Get("/apps").Is(t, http.StatusForbidden)
		h.As("hanna").Get("/apps/new?recipe=node").Is(t, http.StatusForbidden)
		b := h.As("boss")
		b.Get("/organisation/applications").Leads(t, "/apps")
		b.Get("/apps").Is(t, http.StatusOK).Says(t, "No application signs people in", "Workdesk", "expense (4)")
		ways := b.Get("/apps/new").Is(t, http.StatusOK)
		for _, r := range recipes.All() {
			if ways.Find("main a[href='/apps/new?recipe="+r.ID+"']").Length() != 1 {
				t.Errorf("%s is not offered", r.ID)
			}
			b.Get("/apps/new?recipe="+r.ID).Is(t, http.StatusOK)
			p := b.Post("/apps/new", "recipe", r.ID, "name", "The "+r.ID, "address", "desk.acme.example:8443", "redirects", "https://desk.acme.example:8443/callback",
				"application", "desk", "stand_ins", "yes").Is(t, http.StatusCreated).Says(t, "The "+r.ID, issuer)
			c, secret := registered(t, h, p)
			if c.Recipe != r.ID || c.ReadsAct != r.ReadsAct || !c.StandIns || c.Application != "desk" || c.RedirectURIs[0] != "https://desk.acme.example:8443"+r.Redirect {
				t.Errorf("%s: got %+v", r.ID, c)
			}
			if r.Initiate != "" && c.Initiate != "https://desk.acme.example:8443"+r.Initiate || r.BackChannel != "" && c.BackChannel != "https://desk.acme.example:8443"+r.BackChannel {
				t.Errorf("%s: got addresses %q and %q", r.ID, c.Initiate, c.BackChannel)
			}
			err := h.DB.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				return h.Applications.CheckClientSecret(ctx, tx, c.ID, secret)
			})
			if err != nil {
				t.Errorf("%s: the secret that is shown: %v", r.ID, err)
			}
			pasted := p.Find("section[aria-labelledby=configure] pre").Text()
			if len(r.Blocks()) > 0 {
				for _, want := range []string{issuer, "https://desk.acme.example:8443", string(c.ID), secret} {
					if !strings.Contains(pasted, want) {
						t.Errorf("%s: what to paste has no %s:\n%s", r.ID, want, pasted)
					}
				}
			}
			for _, example := range []string{"standin.example", "app.example", "my-app"} {
				if strings.Contains(pasted, example) {
					t.Errorf("%s: what to paste has %s", r.ID, example)
				}
			}
			if again := b.Get("/apps/"+string(c.ID)).Is(t, http.StatusOK); strings.Contains(again.Source, secret) {
				t.Errorf("%s: the secret is shown a second time", r.ID)
			}
		}
		if got := b.Get("/apps").Says(t, "No request seen yet").Find("table tbody tr").Length(); got != len(recipes.All()) {
			t.Errorf("got %d applications, want each", got)
		}
	})
}

// An address without a scheme is https, and http on this machine.
func TestAddressesWithoutScheme(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("boss")
		for address, want := range map[string]string{"127.0.0.1:9000": "http://127.0.0.1:9000", "localhost:9000/": "http://localhost:9000",
			"desk.acme.example": "https://desk.acme.example"} {
			b.Get("/apps/new?recipe=go")
			p := b.Post("/apps/new", "recipe", "go", "name", "Desk", "address", address).Is(t, http.StatusCreated)
			if c, _ := registered(t, h, p); c.RedirectURIs[0] != want+"/callback" {
				t.Errorf("%q: got %q, want %q", address, c.RedirectURIs[0], want+"/callback")
			}
		}
	})
}

// TestThreat65AddressesThatAreRefused: what is written into configurations is an origin and nothing else.
func TestThreat65AddressesThatAreRefused(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("boss")
		b.Get("/apps/new?recipe=apache")
		for _, address := range []string{"", "http://desk.acme.example", "https://desk.acme.example\"/", "https://a;b.example", "https://$(id).example",
			"https://desk.acme.example#x", "javascript:alert(1)", "https://one@two.example", "https://*.example", "https://<b>.example", "https://"} {
			p := b.Post("/apps/new", "recipe", "apache", "name", "Desk", "address", address).Is(t, http.StatusUnprocessableEntity)
			if p.Find("#problems a[href='#address']").Length() != 1 {
				t.Errorf("%q: got %s, want a problem at the address", address, p.Main())
			}
			if got := p.Value("address"); got != address {
				t.Errorf("%q: typed anew as %q", address, got)
			}
		}
		b.Post("/apps/new", "recipe", "other", "name", "Desk", "redirects", "http://elsewhere.example/").Is(t, http.StatusUnprocessableEntity).Problem(t, "redirects", "cannot be used")
		b.Post("/apps/new", "recipe", "nonsense", "name", "Desk").Is(t, http.StatusNotFound)
		b.Get("/apps").Says(t, "No application signs people in")
	})
}

// register adds an application and returns it.
func register(t *testing.T, h *webtest.House, b *webtest.Browser, recipe string, pairs ...string) (application.Client, string) {
	t.Helper()
	b.Get("/apps/new?recipe=" + recipe)
	pairs = append([]string{"recipe", recipe, "name", "Desk", "address", "https://desk.acme.example"}, pairs...)
	return registered(t, h, b.Post("/apps/new", pairs...).Is(t, http.StatusCreated))
}

// TestThreat64WhatAnAppRecordsIsToldFirst: nobody lets stand-ins into an application that does not read who acts without
// having read what that application will record.
func TestThreat64WhatAnAppRecordsIsToldFirst(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("boss")
		const told = "does not read who really acts"
		b.Get("/apps/new?recipe=nginx").Says(t, told, "Standin’s own record always names both people", "Bea Boss (for Somebody)")
		b.Get("/apps/new?recipe=node").Hides(t, told)
		c, _ := register(t, h, b, "nginx")
		if c.StandIns {
			t.Fatal("stand-ins are let in without a tick")
		}
		edit := "/apps/" + string(c.ID) + "/edit"
		b.Get(edit).Is(t, http.StatusOK)
		form := []string{"version", "1", "name", "Desk", "redirects", strings.Join(c.RedirectURIs, "\n"), "stand_ins", "yes"}
		p := b.Post(edit, form...).Is(t, http.StatusOK).Says(t, "Desk "+told)
		if c, _ := h.Applications.KeptClient(t.Context(), h.Caller("boss"), c.ID); c.StandIns {
			t.Error("it was saved before it was told")
		}
		b.Post(edit, append(form, "do", "save", "told", p.Value("told"))...).Leads(t, "/apps/"+string(c.ID))
		b.Get("/apps/"+string(c.ID)).Says(t, "Stand-ins may sign in while they act", told)
		b.Get(edit)
		b.Post(edit, "name", "Desk", "redirects", strings.Join(c.RedirectURIs, "\n"), "stand_ins", "yes", "reads_act", "yes").Leads(t, "/apps/"+string(c.ID))
		b.Get("/apps/"+string(c.ID)).Hides(t, told).Says(t, "It reads who really acts")
	})
}

// TestAppsAreChangedAndEnded: every setting can be changed on its page, the secret renewed, and the application ended.
func TestAppsAreChangedAndEnded(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("boss")
		c, _ := register(t, h, b, "go")
		at := "/apps/" + string(c.ID)
		b.Get(at + "/edit")
		form := func(pairs ...string) []string {
			return append([]string{"name", "Desk 2", "redirects", "https://desk.acme.example/a\r\nhttps://desk.acme.example/b", "reads_act", "yes"}, pairs...)
		}
		b.Post(at+"/edit", form("initiate", "https://elsewhere.example/")...).Is(t, http.StatusUnprocessableEntity).Problem(t, "initiate", "on the same host")
		b.Post(at+"/edit", form("audiences", "a b")...).Is(t, http.StatusUnprocessableEntity).Problem(t, "audiences", "cannot be an audience")
		b.Post(at+"/edit", form("initiate", "https://desk.acme.example/go", "audiences", "desk\nhttps://api.example/", "algorithm", "RS256", "exchange", "yes",
			"third_party", "yes", "require_par", "yes", "require_dpop", "yes", "back", "https://desk.acme.example/out", "logouts", "https://desk.acme.example/")...).Leads(t, at)
		b.Post(at+"/edit", form("version", "1", "name", "Desk 3")...).Is(t, http.StatusConflict).Says(t, "Somebody else changed this")
		got, err := h.Applications.KeptClient(t.Context(), h.Caller("boss"), c.ID)
		if err != nil || got.Name != "Desk 2" || len(got.RedirectURIs) != 2 || got.Initiate != "https://desk.acme.example/go" || got.Algorithm != "RS256" ||
			!got.Exchange || !got.ThirdParty || !got.RequirePAR || !got.RequireDPoP || len(got.Audiences) != 2 || got.StandIns || !got.ReadsAct ||
			got.BackChannel != "https://desk.acme.example/out" || len(got.PostLogout) != 1 {
			t.Errorf("got %+v, %v", got, err)
		}
		if p := b.Get(at).Says(t, "It must push its requests", "people are asked first"); p.Find("form[action$='/test']").Length() > 0 {
			t.Error("a test is offered where none can be made")
		}
		b.Post(at+"/test").Is(t, http.StatusNotFound)
		b.Get(at + "/edit")
		b.Post(at+"/rotate", "overlap", "1h").Is(t, http.StatusOK).Says(t, "The one before works until")
		b.Get(at + "/edit")
		b.Post(at+"/rotate", "overlap", "900h").Is(t, http.StatusUnprocessableEntity).Says(t, "works for 0 to 7 days more")
		b.Post(at+"/end").Leads(t, "/apps")
		b.Get("/apps").Says(t, "1 ended application")
		b.Get(at).Is(t, http.StatusOK).Says(t, "Ended")
		b.Get(at+"/edit").Is(t, http.StatusNotFound)
		rita := h.As("rita@rival.example")
		rita.Get(at).Is(t, http.StatusNotFound)
		rita.Get("/apps").Hides(t, "Desk")
	})
}

// TestAppsListen: what an application asked for is seen, with what to do where it is wrong.
func TestAppsListen(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("boss")
		c, _ := register(t, h, b, "go")
		at := "/apps/" + string(c.ID)
		b.Get(at).Says(t, "No request seen yet")
		seen := func(what, problem, detail string) {
			h.Pass(time.Second)
			if err := h.Applications.Seen(t.Context(), c, what, problem, detail); err != nil {
				t.Fatal(err)
			}
		}
		seen(application.AskedAuthorize, application.WrongRedirect, "https://evil.example/<script>")
		part, err := http.NewRequest(http.MethodGet, h.URL+at, nil)
		if err != nil {
			t.Fatal(err)
		}
		part.Header.Set("X-Part", "heard")
		got := b.Do(part).Is(t, http.StatusOK)
		if strings.Contains(got.Source, "<html") || !strings.Contains(got.Source, "https://evil.example/&lt;script&gt;") || !strings.Contains(got.Source, "is not registered") {
			t.Errorf("got %s, want what was heard alone", got.Source)
		}
		b.Get("/apps").Says(t, "The address to come back to is not registered")
		seen(application.AskedAuthorize, "", "")
		b.Get(at).Says(t, "solved", "Somebody came to sign in")
		seen(application.AskedToken, application.WrongSecret, "")
		b.Get(at).Says(t, "The secret is wrong", "make a new one under “Change”")
		seen(application.AskedToken, "", "")
		b.Get("/apps").Says(t, "Sign-ins work").Hides(t, "The secret is wrong")
	})
}

// TestATestSignIn shows what an application would be told, in one's own name and while acting, and leaves nothing behind.
func TestATestSignIn(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		h.ApplyText("more.yaml", strings.NewReader("organisations:\n  - id: acme\n    delegations:\n"+
			"      - {id: d-boss, principal: bilal, actor: boss, kind: cover, start: today-1d, end: today+2d, purpose: Leave}\n"))
		b := h.As("boss")
		c, _ := register(t, h, b, "apache", "stand_ins", "yes")
		at := "/apps/" + string(c.ID) + "/test"
		b.Get(at).Is(t, http.StatusOK).Says(t, "see what it would be told")
		asked := begin(t, b, at)
		if asked.Get("redirect_uri") != issuer+at || asked.Get("client_id") != string(c.ID) || asked.Get("code_challenge_method") != "S256" {
			t.Errorf("got the request %v", asked)
		}
		code, grant := answer(t, h, b, c, asked)
		p := b.Get(at+"?"+code).Is(t, http.StatusOK).Says(t, "Bea Boss", "in one’s own name", `"sub": "boss"`)
		if strings.Contains(p.Source, `"act"`) {
			t.Errorf("somebody acts: %s", p.Main())
		}
		if _, err := h.Tokens.Standing(t.Context(), webtest.Acme, grant, false); err == nil {
			t.Error("what the test opened stands after it")
		}
		b.Get(at+"?"+code).Is(t, http.StatusOK).Says(t, "This test is over").Hides(t, `"sub"`)

		asked = begin(t, b, at)
		b.Act("d-boss")
		code, _ = answer(t, h, b, c, asked)
		other := h.As("boss")
		other.Get(at+"?"+code).Is(t, http.StatusOK).Says(t, "was not begun in this browser")
		p = b.Get(at+"?"+code).Is(t, http.StatusOK).Says(t, "Bilal Kaya", "Bea Boss (for Bilal Kaya)", `"sub": "bilal"`, `"act"`)
		if got := p.Banner(); !strings.Contains(got, "Bilal Kaya") {
			t.Errorf("got banner %q", got)
		}
		b.Get("/apps").Is(t, http.StatusForbidden)
		b.Post(at).Is(t, http.StatusForbidden)
		h.As("hanna").Get(at+"?"+code).Is(t, http.StatusForbidden)

		b = h.As("boss")
		b.Get(at)
		asked = begin(t, b, at)
		refused := url.Values{"error": {"access_denied"}, "error_description": {"<b>no</b>"}, "state": {asked.Get("state")}, "iss": {issuer}}
		b.Get(at+"?"+refused.Encode()).Says(t, "access_denied", "<b>no</b>")
		begin(t, b, at)
		b.Get(at+"?"+refused.Encode()).Says(t, "This test is over") // with the state of another
	})
}

// begin begins a test sign-in and returns the authorization request that the browser is sent with.
func begin(t *testing.T, b *webtest.Browser, at string) url.Values {
	t.Helper()
	to, err := url.Parse(b.Post(at).Is(t, http.StatusSeeOther).Header.Get("Location"))
	if err != nil || to.Path != "/oauth2/authorize" || to.Host != "" {
		t.Fatalf("got %v, %v, want an authorization request", to, err)
	}
	return to.Query()
}

// answer signs the browser's person in to the client as the request asks, and returns what the browser brings back.
func answer(t *testing.T, h *webtest.House, b *webtest.Browser, c application.Client, asked url.Values) (string, standin.GrantID) {
	t.Helper()
	r := b.Request("/")
	for _, held := range b.Client.Jar.Cookies(r.URL) {
		r.AddCookie(held)
	}
	visit, err := h.Signin.Resolve(t.Context(), signin.Token(r, false), standin.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	g, code, err := h.Tokens.Begin(t.Context(), visit, token.Wish{Client: c.ID, Scopes: strings.Fields(asked.Get("scope")), Nonce: asked.Get("nonce"),
		RedirectURI: asked.Get("redirect_uri"), Challenge: asked.Get("code_challenge")})
	if err != nil {
		t.Fatal(err)
	}
	return url.Values{"code": {code}, "state": {asked.Get("state")}, "iss": {issuer}}.Encode(), g.ID
}
