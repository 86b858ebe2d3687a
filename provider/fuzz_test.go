package provider_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/provider"
)

// fuzzed is a house for a fuzz target, whose person is signed in.
func fuzzed(f *testing.F) (*house, *browser) {
	f.Helper()
	d, err := db.Open(f.Context(), filepath.Join(f.TempDir(), "standin.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { d.Close() })
	if _, _, err := d.Migrate(f.Context()); err != nil {
		f.Fatal(err)
	}
	h := furnish(f, d)
	return h, h.person("cleo@acme.example")
}

// addresses are where each client's browser may be sent to.
var addresses = map[string][]string{"desk": {"https://desk.example/callback", "https://desk.example/other"}, "reader": {"https://reader.example/callback"}, "spa": {"https://spa.example/callback"},
	"third": {"https://third.example/callback"}, "alone": {"https://alone.example/callback"}, "pushy": {"https://pushy.example/callback"}, "bound": {"https://bound.example/callback"},
	"books": {"https://books.example/callback"}, "foreign": {"https://foreign.example/callback"}}

// pages are those of Standin's own that authorize leads to.
var pages = []string{"/signin", "/prove", "/terms", "/choose", "/consent"}

// failed reports an answer of a fault of ours. That the database did not answer in time is none: targets run for hours beside
// whatever else a machine does.
func failed(a answer) bool {
	return a.StatusCode >= 500 && a.StatusCode != http.StatusServiceUnavailable
}

// stays reports an answer that leads the browser anywhere but to a page of Standin's or to the client's own address.
func stays(t *testing.T, a answer, client string) {
	t.Helper()
	if failed(a) {
		t.Fatalf("got %d %s", a.StatusCode, a.text)
	}
	to := a.Header.Get("Location")
	if to == "" {
		if a.StatusCode/100 != 4 && a.StatusCode != http.StatusServiceUnavailable {
			t.Fatalf("got %d %s", a.StatusCode, a.text)
		}
		return
	}
	u, err := url.Parse(to)
	if err != nil || strings.ContainsAny(to, "\r\n") {
		t.Fatalf("led to %q", to)
	}
	if u.Host == "" && u.Scheme == "" && slices.Contains(pages, u.Path) {
		return
	}
	if at := u.Scheme + "://" + u.Host + u.Path; !slices.Contains(append(addresses[client], issuer+"/apps/"+client+"/test"), at) {
		t.Fatalf("the browser is led to %q for the client %q", to, client)
	}
}

func FuzzAuthorize(f *testing.F) {
	h, cleo := fuzzed(f)
	for _, seed := range []string{asks("desk"), asks("spa", "prompt", "none"), asks("third", "max_age", "0"), asks("pushy", "request_uri", "urn:ietf:params:oauth:request_uri:x"),
		asks("desk", "redirect_uri", "https://desk.example/callback\r\nSet-Cookie: a=b"), asks("desk", "response_mode", "fragment", "response_type", "token")} {
		_, query, _ := strings.Cut(seed, "?")
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		h.T = t
		r := httptest.NewRequest("GET", issuer+provider.Authorize, nil)
		r.URL.RawQuery = query
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: cleo.cookies[sessionCookie]})
		values, _ := url.ParseQuery(query)
		stays(t, h.send(r), values.Get("client_id"))
		form := httptest.NewRequest("POST", issuer+provider.Authorize, strings.NewReader(query))
		form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		a := h.send(form)
		if to := a.Header.Get("Location"); failed(a) || to != "" && !strings.HasPrefix(to, provider.Authorize+"?") {
			t.Fatalf("got %d %q", a.StatusCode, to)
		}
	})
}

func FuzzRedirect(f *testing.F) {
	h, cleo := fuzzed(f)
	for _, seed := range []string{"https://desk.example/callback", "https://desk.example/other?a=b", "https://desk.example:443/callback", "//desk.example/callback", "https://desk.example/callback#", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		h.T = t
		a := cleo.get(asks("desk", "redirect_uri", address))
		exact := address == "https://desk.example/callback" || address == "https://desk.example/other?a=b" || address == issuer+"/apps/desk/test"
		if led := a.Header.Get("Location") != ""; led != exact {
			t.Fatalf("%q leads to %q", address, a.Header.Get("Location"))
		}
	})
}

func FuzzCookies(f *testing.F) {
	h, cleo := fuzzed(f)
	waiting := h.browser()
	at := issuer + waiting.get(asks("desk")).to(f).Query().Get("return")
	mine := "__Host-standin-request=" + waiting.cookies["__Host-standin-request"]
	f.Add(strings.ToUpper(mine))
	f.Add("__Host-standin-request=; " + sessionCookie + "=x")
	f.Add("__Host-standin-request=" + strings.Repeat("x", 60))
	f.Fuzz(func(t *testing.T, header string) {
		h.T = t
		if strings.Contains(header, mine) {
			return // the browser that began it may go on
		}
		r := httptest.NewRequest("GET", at, nil)
		r.Header.Set("Cookie", header+"; "+sessionCookie+"="+cleo.cookies[sessionCookie])
		if a := h.send(r); a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" {
			t.Fatalf("%q: got %d %s", header, a.StatusCode, a.Header.Get("Location"))
		}
	})
}

// FuzzToken sends any form by any authentication. Nothing that is not known is given anything.
func FuzzToken(f *testing.F) {
	h, _ := fuzzed(f)
	f.Add(redemption("desk", "g-x.y").Encode(), "Basic ZGVzazpvbmx5LWZvci10cmlhbHM=", "")
	f.Add("grant_type=refresh_token&refresh_token=g-aaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb&client_id=spa", "", "e30.e30.x")
	f.Add("grant_type="+url.QueryEscape(exchangeGrant)+"&subject_token=a.b.c&subject_token_type="+url.QueryEscape(accessType), "Basic ZGVzazpvbmx5LWZvci10cmlhbHM=", "")
	f.Add("grant_type=authorization_code&client_id=desk&client_secret=only-for-trials&code=%00", "Basic x", "a")
	f.Fuzz(func(t *testing.T, form, authorization, proof string) {
		h.T = t
		for _, path := range []string{provider.TokenPath, provider.Introspect, provider.Revoke, provider.Push} {
			r := httptest.NewRequest("POST", issuer+path, strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Authorization", authorization)
			r.Header.Set("DPoP", proof)
			a := h.send(r)
			given := path == provider.TokenPath && a.StatusCode < 400 || path == provider.Introspect && a.json["active"] == true
			if given || failed(a) || a.StatusCode >= 400 && a.json["error"] == nil {
				t.Fatalf("%s: got %d %s", path, a.StatusCode, a.text)
			}
		}
	})
}

// FuzzExchange exchanges what is no token, from one that is.
func FuzzExchange(f *testing.F) {
	h, _ := fuzzed(f)
	ben := h.person("ben@acme.example")
	ben.act("d-ada")
	access := ben.tokens("desk")["access_token"].(string)
	f.Add("", access, "", accessType)
	f.Add(access[:len(access)-1], access, "openid", accessType)
	f.Add(strings.Replace(access, ".", "..", 1), "x", "openid profile", "")
	f.Fuzz(func(t *testing.T, subject, actor, scope, kind string) {
		h.T = t
		if subject == access {
			return // the token itself is rightly exchanged
		}
		a := h.exchange("desk", subject, "actor_token", actor, "actor_token_type", kind, "scope", scope)
		if a.StatusCode != http.StatusBadRequest || a.json["access_token"] != nil {
			t.Fatalf("got %d %s", a.StatusCode, a.text)
		}
		r := httptest.NewRequest("GET", issuer+provider.UserInfo, nil)
		r.Header.Set("Authorization", "Bearer "+subject)
		if a := h.send(r); a.StatusCode != http.StatusUnauthorized {
			t.Fatalf("got %d %s", a.StatusCode, a.text)
		}
	})
}
