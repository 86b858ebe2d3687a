package client_test

import (
	"bufio"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin/client"
)

// asks is the address of a page as a program asks for it, which is told what is so and not led anywhere.
func (b *browser) asks(d *desk, path string) *page {
	b.t.Helper()
	return b.once("GET", d.url+path, nil, "Accept", "application/json", "Sec-Fetch-Mode", "cors")
}

// TestTokensAreRefreshedAheadOfTime: before they end, once for all requests that wait, and each time Standin asks everything
// anew.
func TestTokensAreRefreshedAheadOfTime(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		c := d.config(s)
		spy := &spying{Store: client.NewMemory()}
		c.Sessions = spy
		d.start(c)
		b := newBrowser(t)
		b.signIn(d, "ben@acme.example", "Deputy of Ada Able").shows(200, "(for Ada Able)")
		first := spy.last()
		if left := time.Until(first.Expires); left > 5*time.Minute {
			t.Errorf("the access token lasts %v while acting", left)
		}
		d.pass(4 * time.Minute)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { b.asks(d, "/me").shows(200, "Ben Bold (for Ada Able)") })
		}
		all.Wait()
		second := spy.last()
		if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken || second.SID != first.SID {
			t.Errorf("got the same tokens again, or another session: %q after %q", second.SID, first.SID)
		}
		if r := s.records("action=token.refresh"); len(r) != 1 || r[0].Actor != "person:p-ben" || r[0].Principal != "p-ada" {
			t.Errorf("got %+v, want one refresh with both names", r)
		}
		d.deaf.Store(true) // what follows is seen by asking alone
		s.admin("POST", "/delegations/d-1/revoke", nil, nil)
		d.pass(4 * time.Minute)
		b.asks(d, "/me").shows(401)
		b.asks(d, "/me").shows(401)
	})
}

// TestAnEndIsSeenWithoutBeingTold: an application that hears of no end asks within ten seconds, and before a write at once.
func TestAnEndIsSeenWithoutBeingTold(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		d.deaf.Store(true)
		b := newBrowser(t)
		b.signIn(d, "ben@acme.example", "Deputy of Ada Able").shows(200, "(for Ada Able)")
		s.admin("POST", "/delegations/d-1/revoke", nil, nil)
		b.asks(d, "/me").shows(200, "(for Ada Able)") // Standin's last word is not ten seconds old
		d.pass(1100 * time.Millisecond)
		b.once("POST", d.url+"/approve?action=approve", nil, "Accept", "application/json").shows(401)
		if r := s.records("action=desk:expense.approve"); len(r) != 0 {
			t.Errorf("got %+v", r)
		}
		b.asks(d, "/me").shows(401)
	})
}

// TestP6WithoutStandinNobodyActs: who acts is refused once Standin's last word is ten seconds old, others go on until their
// tokens end, and no write goes on at all. When Standin is back so are they, signed in as before.
func TestP6WithoutStandinNobodyActs(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		acting, own := newBrowser(t), newBrowser(t)
		acting.signIn(d, "ben@acme.example", "Deputy of Ada Able").shows(200, "(for Ada Able)")
		own.signIn(d, "cleo@acme.example", "").shows(200, "Cleo Calm")
		again := s.kill()
		d.pass(11 * time.Second)
		acting.once("GET", d.url+"/me", nil, "Accept-Language", "de").shows(503, "nicht sicher")
		acting.asks(d, "/me").shows(503, `"status":503`)
		own.asks(d, "/me").shows(200, "Cleo Calm")
		for _, b := range []*browser{acting, own} {
			b.once("POST", d.url+"/approve?action=approve", nil).shows(503)
		}
		d.pass(16 * time.Minute)
		own.asks(d, "/me").shows(503)
		again()
		d.later.Store(int64(11 * time.Second)) // the tokens that Standin gives now are over by a clock that went on alone
		own.asks(d, "/me").shows(200, "Cleo Calm")
		acting.asks(d, "/me").shows(200, "(for Ada Able)")
	})
}

// TestP1WithoutStandinEveryDecisionIsNo asks while Standin is away, and as nobody.
func TestP1WithoutStandinEveryDecisionIsNo(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		q := client.Question{Action: "approve", Type: "desk:expense", ID: "e-1", Owner: "p-cleo", Unit: "sales"}
		hers := client.With(t.Context(), client.Identity{Principal: ada, Actor: ada})
		for name, c := range map[string]struct {
			change func(*client.Question)
			permit bool
		}{
			"hers":              {func(*client.Question) {}, true},
			"without the unit":  {func(q *client.Question) { q.Unit = "" }, false},
			"without the owner": {func(q *client.Question) { q.Owner = "" }, false},
			"said otherwise":    {func(q *client.Question) { q.Unit = ""; q.Properties = map[string]any{"unit": "sales"} }, false},
			"unknown action":    {func(q *client.Question) { q.Action = "eat" }, false},
			"unknown type":      {func(q *client.Question) { q.Type = "other:expense" }, false},
		} {
			asked := q
			c.change(&asked)
			got, err := d.Decide(hers, asked)
			if err != nil || got.Permit != c.permit || len(got.Reasons) == 0 || got.Why == "" {
				t.Errorf("%s: got %+v, %v", name, got, err)
			}
		}
		many := make([]client.Question, 1500)
		for i := range many {
			if many[i] = q; i%2 == 1 {
				many[i].Action = "eat"
			}
		}
		all, err := d.DecideAll(hers, many)
		for i := range all {
			if all[i].Permit != (i%2 == 0) {
				t.Fatalf("question %d: got %+v", i, all[i])
			}
		}
		if err != nil || len(all) != len(many) {
			t.Errorf("got %d answers, %v", len(all), err)
		}
		if got, err := d.Decide(t.Context(), q); err == nil || got.Permit {
			t.Errorf("nobody: got %+v, %v", got, err)
		}
		if got, err := d.Decide(acts(t.Context(), "s-none", false), q); err != nil || got.Permit {
			t.Errorf("a session that is none: got %+v, %v", got, err)
		}
		c := d.config(s)
		c.Key = "another-key-that-is-unknown"
		stranger, err := client.New(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := stranger.Decide(hers, q); err == nil || got.Permit {
			t.Errorf("an unknown key: got %+v, %v", got, err)
		}
		s.kill()
		if got, err := d.Decide(hers, q); err == nil || got.Permit {
			t.Errorf("without Standin: got %+v, %v", got, err)
		}
	})
}

// TestTheBannerIsOnTheApplicationsOwnOrigin hands on what the element asks and nothing else, and never a token.
func TestTheBannerIsOnTheApplicationsOwnOrigin(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		c := d.config(s)
		spy := &spying{Store: client.NewMemory()}
		c.Sessions = spy
		d.start(c)
		b := newBrowser(t)
		script := b.asks(d, "/.standin/banner.js").shows(200, "standin-banner")
		if tag := script.header.Get("ETag"); tag == "" || b.once("GET", d.url+"/.standin/banner.js", nil, "If-None-Match", tag).status != 304 {
			t.Errorf("the script is not kept: %v", script.header)
		}
		b.asks(d, "/.standin/state").shows(401)
		b.signIn(d, "ben@acme.example", "Deputy of Ada Able").shows(200, "(for Ada Able)")
		state := b.asks(d, "/.standin/state").shows(200, "Ada Able", "Ben Bold")
		token := spy.last().AccessToken
		for _, p := range []*page{state, b.asks(d, "/me"), b.asks(d, "/.standin/")} {
			if strings.Contains(p.body, token) || len(p.header["Set-Cookie"]) > 0 || p.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: a token, a cookie or another origin's leave goes to the page: %v", p.at, p.header)
			}
		}
		for _, path := range []string{"/.standin/", "/.standin/other", "/.standin/../api/v1/me", "/.standin/state/x", "/.standin//state", "/.standin/%2e%2e/oauth2/jwks"} {
			if p := b.asks(d, path); p.status == 200 && path != "/.standin/../api/v1/me" {
				t.Errorf("%s: got %d", path, p.status)
			}
		}
		b.asks(d, "/.standin/stop").shows(405)
		b.once("POST", d.url+"/.standin/extend", nil).shows(200)
		events, err := b.client.Get(d.url + "/.standin/events") // as long as the browser waits
		if err != nil || !strings.HasPrefix(events.Header.Get("Content-Type"), "text/event-stream") {
			t.Fatal(err, events)
		}
		defer events.Body.Close()
		heard := bufio.NewScanner(events.Body)
		hears := func(want string) {
			t.Helper()
			for heard.Scan() {
				if strings.Contains(heard.Text(), want) {
					return
				}
			}
			t.Errorf("the events end without %q: %v", want, heard.Err())
		}
		hears("Ada Able") // at once, though more follows
		b.once("POST", d.url+"/.standin/stop", nil).shows(200, d.url+"/auth/login")
		hears("ended")
		eventually(t, "the application does not hear of the stop", func() bool { return b.asks(d, "/me").status == 401 })
		b.asks(d, "/.standin/state").shows(401, "ended") // how it ended is still told
		b.open(d.url+"/auth/login?return=/me").shows(200, "Ben Bold []")
		if r := s.records("action=acting.end"); len(r) != 1 || r[0].Actor != "person:p-ben" {
			t.Errorf("got %+v", r)
		}
	})
}
