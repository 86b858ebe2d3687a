package provider_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/standin-id/standin/provider"
)

func leaving(more ...string) string {
	values := url.Values{}
	for i := 0; i < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	return issuer + provider.EndSession + "?" + values.Encode()
}

// TestEndSession: an ID token of the present sign-in ends it at once; anybody else's link asks the person first, and leads
// nowhere but to an address of the client.
func TestEndSession(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		got := ben.tokens("desk")
		hint, bye := got["id_token"].(string), "https://desk.example/bye"
		for name, link := range map[string]string{"another address": leaving("id_token_hint", hint, "post_logout_redirect_uri", "https://evil.example/"), "an address alone": leaving("post_logout_redirect_uri", bye),
			"a redirect address": leaving("client_id", "desk", "post_logout_redirect_uri", "https://desk.example/callback"), "another client": leaving("client_id", "reader", "id_token_hint", hint),
			"an unknown client": leaving("client_id", "nobody"), "no ID token": leaving("id_token_hint", got["access_token"].(string)), "twice": leaving("client_id", "desk") + "&client_id=reader"} {
			if a := ben.get(link); a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" {
				t.Errorf("%s: got %d %s", name, a.StatusCode, a.Header.Get("Location"))
			}
		}
		for _, link := range []string{leaving(), leaving("client_id", "desk", "post_logout_redirect_uri", bye, "state", "s")} {
			to := ben.get(link).to(t)
			back, err := url.Parse(to.Query().Get("return"))
			if err != nil || to.Path != "/leave" || back.Path != provider.EndSession || back.Host != "" {
				t.Fatalf("got %s, want the person asked", to)
			}
			if h.userInfo(got["access_token"]).StatusCode != http.StatusOK {
				t.Fatal("it ended before they said so")
			}
			answer := issuer + to.Query().Get("return")
			if again := ben.get(answer).to(t); again.Path != "/leave" {
				t.Errorf("got %s for one who never answered, want them asked", again)
			}
			if after := ben.get(answer + "&stay=1").to(t); after.String() != "/" && after.String() != bye+"?state=s" {
				t.Errorf("got %s for one who stays", after)
			}
			if after := h.browser().get(answer).to(t); after.Path != "/signed-out" && after.String() != bye+"?state=s" {
				t.Errorf("got %s for one who is signed out", after)
			}
		}
		cleo := h.person("cleo@acme.example")
		if to := cleo.get(leaving("id_token_hint", hint)).to(t); to.Path != "/leave" {
			t.Errorf("got %s for an ID token of somebody else's sign-in", to)
		}
		if to := ben.get(leaving("id_token_hint", hint, "post_logout_redirect_uri", bye, "state", "s")).to(t); to.String() != bye+"?state=s" {
			t.Errorf("got %s", to)
		}
		if ben.cookies[sessionCookie] != "" || h.userInfo(got["access_token"]).StatusCode != http.StatusUnauthorized {
			t.Error("the sign-in goes on")
		}
		if to := ben.get(leaving("id_token_hint", hint, "post_logout_redirect_uri", bye)).to(t); to.String() != bye {
			t.Errorf("got %s for one who is signed out already", to)
		}
	})
}
