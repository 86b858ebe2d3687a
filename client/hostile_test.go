package client_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/client"
)

// session returns the value of the browser's cookie for the application, "" where it has none.
func (b *browser) session(d *desk) string {
	u, _ := url.Parse(d.url)
	for _, k := range b.client.Jar.Cookies(u) {
		if k.Name == "standin-desk" {
			return k.Value
		}
	}
	return ""
}

func (b *browser) plant(d *desk, name, value string) {
	u, _ := url.Parse(d.url)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// TestThreat27SigningInGivesANewSession: a cookie that somebody planted, or that was there before, opens nothing afterwards.
func TestThreat27SigningInGivesANewSession(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b, thief := newBrowser(t), newBrowser(t)
		planted := strings.Repeat("a", 52)
		b.plant(d, "standin-desk", planted)
		b.signIn(d, "cleo@acme.example", "").shows(200, "Cleo Calm []")
		first := b.session(d)
		b.open(d.url + "/auth/login").shows(404) // the application has no page at /, and nobody was asked anything
		second := b.session(d)
		if first == planted || second == first || len(second) < 40 {
			t.Errorf("got the sessions %q and %q after %q", first, second, planted)
		}
		for _, old := range []string{planted, first} {
			thief.plant(d, "standin-desk", old)
			thief.once("GET", d.url+"/me", nil, "Accept", "application/json").shows(401)
		}
	})
}

// TestThreat65SigningInLeadsToOwnPagesAlone: whoever sends a browser to sign in chooses no other place.
func TestThreat65SigningInLeadsToOwnPagesAlone(t *testing.T) {
	c, err := client.New(t.Context(), client.Config{Issuer: "https://standin.example", ClientID: "desk", RedirectURL: "https://desk.example/auth/callback"})
	if err != nil {
		t.Fatal(err)
	}
	for to, want := range map[string]string{"/a?b=c": "/a?b=c", "/": "/", "": "/", "//evil.example": "/", "///evil.example": "/", "/\\evil.example": "/",
		"\\\\evil.example": "/", "https://evil.example/": "/", "https:/evil.example": "/", "javascript:alert(1)": "/", "evil.example": "/", "/a\r\nb": "/", "/\tb": "/",
		"/ b": "/", "/auth/login": "/", "/x/../auth/logout": "/", "/.standin/stop": "/", "/auth/callback?code=x": "/", "/%2f%2fevil.example/..//x": "/%2f%2fevil.example/..//x",
		"/" + strings.Repeat("a", 2000): "/", "/%zz": "/", "/.//evil.example": "/.//evil.example"} {
		if got := client.Local(c, to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b := newBrowser(t)
		b.signIn(d, "cleo@acme.example", "")
		for q, want := range map[string]string{
			"target_link_uri=https://evil.example/":                               d.url + "/",
			"target_link_uri=" + url.QueryEscape(d.url+"@evil.example/"):          d.url + "/",
			"target_link_uri=" + url.QueryEscape(d.url+".evil.example/"):          d.url + "/",
			"return=//evil.example&iss=" + url.QueryEscape(s.url):                 d.url + "/",
			"target_link_uri=" + url.QueryEscape(d.url+"/me?x=1"):                 d.url + "/me?x=1",
			"return=" + url.QueryEscape("/me") + "&iss=" + url.QueryEscape(s.url): d.url + "/me",
		} {
			p := b.open(d.url + "/auth/login?" + q)
			if got := p.at.String(); got != want {
				t.Errorf("%s leads to %s, want %s", q, got, want)
			}
		}
		b.once("GET", d.url+"/auth/login?iss=https://evil.example", nil).shows(403)
	})
}

// TestASignInEndsWhereItBegan: an answer of Standin's is taken once, in the browser that asked for it, for that try alone.
func TestASignInEndsWhereItBegan(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b, victim := newBrowser(t), newBrowser(t)
		b.signIn(d, "cleo@acme.example", "")
		answer := func() string {
			return b.once("GET", d.url+"/auth/login?return=/me", nil).leads(d.url + "/auth/callback")
		}
		mine := answer()
		victim.once("GET", mine, nil).shows(403)
		if victim.session(d) != "" {
			t.Error("somebody was signed in by another's answer")
		}
		one, two := answer(), answer() // two tabs
		before := b.session(d)
		mixed, _ := url.Parse(one)
		other, _ := url.Parse(two)
		q := mixed.Query()
		q.Set("code", other.Query().Get("code"))
		mixed.RawQuery = q.Encode()
		if p := b.once("GET", mixed.String(), nil); p.status < 400 {
			t.Errorf("the code of another try: got %d to %s", p.status, p.to())
		}
		if p := b.once("GET", mine, nil); p.to() != d.url+"/me" {
			t.Errorf("got %d %s, want that the first tab comes in", p.status, p.body)
		}
		b.once("GET", mine, nil).shows(403) // again
		if b.session(d) == before {
			t.Error("the session is still the one from before")
		}
		b.once("GET", d.url+"/auth/callback?code=x&state="+strings.Repeat("A", 26), nil).shows(403)
		b.once("GET", d.url+"/auth/callback", nil).shows(403)
		b.once("GET", d.url+"/me", nil, "Accept", "application/json").shows(200, "Cleo Calm")
		late := answer()
		d.pass(16 * time.Minute)
		b.once("GET", late, nil).shows(403)
	})
}

// TestParallelSignInsDoNotMeet finishes two tabs in the other order.
func TestParallelSignInsDoNotMeet(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b := newBrowser(t)
		b.signIn(d, "cleo@acme.example", "")
		one := b.once("GET", d.url+"/auth/login?return=/me?tab=1", nil).leads(d.url + "/auth/callback")
		two := b.once("GET", d.url+"/auth/login?return=/me?tab=2", nil).leads(d.url + "/auth/callback")
		if p := b.once("GET", two, nil); p.to() != d.url+"/me?tab=2" {
			t.Errorf("got %d to %s", p.status, p.to())
		}
		if p := b.once("GET", one, nil); p.to() != d.url+"/me?tab=1" {
			t.Errorf("got %d to %s", p.status, p.to())
		}
	})
}

// TestAnAnswerNamesItsIssuer: RFC 9207, against an answer of another provider's.
func TestAnAnswerNamesItsIssuer(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b := newBrowser(t)
		b.signIn(d, "cleo@acme.example", "")
		for _, iss := range []string{"https://evil.example", s.url + "/", ""} {
			answer, _ := url.Parse(b.once("GET", d.url+"/auth/login?return=/me", nil).leads(d.url + "/auth/callback"))
			q := answer.Query()
			if q.Get("iss") != s.url {
				t.Fatalf("Standin answered %s", answer)
			}
			if q.Set("iss", iss); iss == "" {
				q.Del("iss")
			}
			answer.RawQuery = q.Encode()
			b.once("GET", answer.String(), nil).shows(403)
		}
	})
}

// TestThreat33OtherSitesChangeNothing: no page of another origin signs out, extends or stops.
func TestThreat33OtherSitesChangeNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b := newBrowser(t)
		b.signIn(d, "ben@acme.example", "Deputy of Ada Able").shows(200, "(for Ada Able)")
		for _, header := range [][]string{{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, {"Origin", "null", "Sec-Fetch-Site", "cross-site"},
			{"Origin", "", "Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example", "Sec-Fetch-Site", ""}} {
			for _, path := range []string{"/auth/logout", "/.standin/stop", "/.standin/extend"} {
				b.once("POST", d.url+path, nil, header...).shows(403)
			}
			if header[3] != "" {
				b.once("GET", d.url+"/.standin/state", nil, header...).shows(403)
			}
		}
		b.once("POST", d.url+"/.standin/stop", nil, "Origin", "", "Sec-Fetch-Site", "").shows(403) // a program that does not say where from
		b.once("GET", d.url+"/auth/logout", nil).shows(200, `<form method="post"`)
		b.once("GET", d.url+"/me", nil).shows(200, "(for Ada Able)")
	})
}
