package client_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/client"
)

// TestH6AnApplicationSignsInADeputy is the whole way: sign in as deputy, be named with both people, be decided about and
// recorded, and be stopped at once.
func TestH6AnApplicationSignsInADeputy(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b := newBrowser(t)
		b.signIn(d, "ben@acme.example", "Deputy of Ada Able").shows(200, "Ben Bold (for Ada Able) [s-")
		b.once("POST", d.url+"/approve?action=approve", nil).shows(200, "permit true, <nil>")
		b.once("POST", d.url+"/approve?action=reimburse", nil).shows(200, "permit false, <nil>")
		did := s.records("action=desk:expense.approve")
		if len(did) != 1 || did[0].Actor != "person:p-ben" || did[0].Principal != "p-ada" || !strings.HasPrefix(did[0].Session, "s-") ||
			!strings.Contains(string(did[0].After), `{"state":"approve"}`) {
			t.Errorf("got %+v, want both names", did)
		}
		auditor := newBrowser(t)
		auditor.open(s.url+"/signin").press("Sign in", "email", "dora@acme.example", "password", "only-for-trials").follow()
		auditor.open(s.url+"/audit?action=desk:expense.approve").shows(200, "desk:expense.approve", "Ben Bold", "Ada Able", "item:desk:expense/e-1")
		waits := make(chan *page, 1)
		go func() { waits <- b.once("GET", d.url+"/wait", nil) }()
		eventually(t, "nobody waits", func() bool { return d.last("/wait") != nil })
		b.open(s.url + "/").press("Switch back to myself").follow()
		stopped := time.Now()
		select {
		case err := <-d.over:
			if !errors.Is(err, client.ErrEnded) {
				t.Errorf("the request in flight ended with %v, want %v", err, client.ErrEnded)
			}
			t.Logf("what was in flight was stopped %v after the browser saw the stop", time.Since(stopped).Round(time.Millisecond))
		case <-time.After(10 * time.Second):
			t.Fatal("the request in flight goes on after the stop")
		}
		<-waits
		b.once("GET", d.url+"/me", nil, "Accept", "application/json").shows(401)
		b.open(d.url+"/me").shows(200, "Ben Bold []") // silently, as the new choice
	})
}

// TestC1WhoStandsInForNobodyIsAskedNothing, and is who they are in both places of the identity.
func TestC1WhoStandsInForNobodyIsAskedNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b := newBrowser(t)
		b.signIn(d, "cleo@acme.example", "").shows(200, "Cleo Calm []")
		b.once("POST", d.url+"/approve?action=approve", nil).shows(200, "permit false, <nil>")
		b.once("POST", d.url+"/me", nil, "Sec-Fetch-Mode", "cors").shows(200)
		stranger := newBrowser(t)
		stranger.asks(d, "/me").shows(401, `"status":401`)
		stranger.once("POST", d.url+"/me", nil).shows(401, "/auth/login") // a form is not sent on to Standin
	})
}

// TestAPublicClientSignsIn has no secret: PKCE and the browser's cookie are all it has.
func TestAPublicClientSignsIn(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		c := d.config(s)
		c.ClientID, c.ClientSecret = "kiosk", ""
		d.start(c)
		b := newBrowser(t)
		b.signIn(d, "ben@acme.example", "Deputy of Ada Able").shows(200, "Ben Bold (for Ada Able)")
		d.pass(4 * time.Minute)
		b.asks(d, "/me").shows(200, "Ben Bold (for Ada Able)")
	})
}

// TestWhatCannotBeMeantIsRefused: a configuration that would send people or secrets astray.
func TestWhatCannotBeMeantIsRefused(t *testing.T) {
	good := client.Config{Issuer: "https://standin.example", ClientID: "desk", ClientSecret: "secret", RedirectURL: "https://desk.example/auth/callback"}
	for name, change := range map[string]func(*client.Config){
		"no issuer":            func(c *client.Config) { c.Issuer = "" },
		"plain http":           func(c *client.Config) { c.Issuer = "http://standin.example" },
		"a slash":              func(c *client.Config) { c.Issuer += "/" },
		"a password":           func(c *client.Config) { c.Issuer = "https://a:b@standin.example" },
		"a plain redirect":     func(c *client.Config) { c.RedirectURL = "http://desk.example/auth/callback" },
		"a redirect to /":      func(c *client.Config) { c.RedirectURL = "https://desk.example/" },
		"no client":            func(c *client.Config) { c.ClientID = "" },
		"no redirect":          func(c *client.Config) { c.RedirectURL = "" },
		"a plain after logout": func(c *client.Config) { c.AfterLogout = "http://desk.example/" },
		"a spool nowhere":      func(c *client.Config) { c.Spool = "/dev/null/spool" },
	} {
		c := good
		change(&c)
		if _, err := client.New(t.Context(), c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := client.New(t.Context(), good); err != nil {
		t.Error(err)
	}
}
