package application

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// fullClient is a client of which everything is said that can be.
func fullClient() Client {
	return Client{Organisation: "acme", ID: "desk", Name: "Workdesk", Application: "desk", RedirectURIs: []string{"https://desk.example/callback", "https://desk.example:8443/b"},
		PostLogout: []string{"https://desk.example/"}, BackChannel: "https://desk.example/out", Initiate: "https://desk.example/login", Audiences: []string{"desk", "https://api.example/"},
		Algorithm: RS256, Recipe: "node", Exchange: true, StandIns: true, ReadsAct: true, ThirdParty: true, RequirePAR: true, RequireDPoP: true}
}

// Everything that is said of a client is kept, and each part of it can be changed.
func TestEverythingOfAClientIsKept(t *testing.T) {
	run(t, func(h house) {
		h.putApplication(operator, desk())
		load := func() (c Client) {
			h.update(func(ctx context.Context, tx *db.Tx) (err error) {
				c, err = h.Applications.Client(ctx, tx, "desk")
				return err
			})
			return c
		}
		want := fullClient()
		h.putClient(want, "only-for-trials")
		got := load()
		want.MadeBy, want.CreatedAt, want.Version = operator.Actor, got.CreatedAt, 1
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		for name, change := range map[string]func(*Client){
			"initiate":  func(c *Client) { c.Initiate = "https://desk.example:8443/" },
			"audiences": func(c *Client) { c.Audiences = []string{"other"} },
			"algorithm": func(c *Client) { c.Algorithm = ES256 },
			"act":       func(c *Client) { c.ReadsAct = false },
			"third":     func(c *Client) { c.ThirdParty = false },
			"par":       func(c *Client) { c.RequirePAR = false },
			"dpop":      func(c *Client) { c.RequireDPoP = false },
			"recipe":    func(c *Client) { c.Recipe = "go" },
		} {
			change(&want)
			if changed, code := h.putClient(want, ""); !changed || code != "" {
				t.Errorf("%s: changed %v, %q", name, changed, code)
			}
			want.Version++
			if diff := cmp.Diff(want, load()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if changed, _ := h.putClient(want, ""); changed {
			t.Error("the same again is a change")
		}
	})
}

// What clients are told and held to is refused where it could not be stood behind.
func TestThreat65WhatClientsCannotSay(t *testing.T) {
	many := make([]string, maxAudiences+1)
	for i := range many {
		many[i] = fmt.Sprint("a", i)
	}
	for _, c := range []struct {
		name, code string
		change     func(*Client)
	}{
		{"everything", "", func(*Client) {}},
		{"the id that is the audience of Standin's own interface", "application.bad_client_id", func(c *Client) { c.ID, c.Audiences = "standin", nil }},
		{"an initiate page on another port that is registered", "", func(c *Client) { c.Initiate = "https://desk.example:8443/x?y=z" }},
		{"the default port", "", func(c *Client) { c.Initiate = "https://DESK.example:443/login" }},
		{"an initiate page elsewhere", "application.foreign_initiate", func(c *Client) { c.Initiate = "https://evil.example/login" }},
		{"an initiate page on another port", "application.foreign_initiate", func(c *Client) { c.Initiate = "https://desk.example:9443/login" }},
		{"an initiate page below a name that begins alike", "application.foreign_initiate", func(c *Client) { c.Initiate = "https://desk.example.evil.example/" }},
		{"an initiate page without https", "application.uri_not_https", func(c *Client) { c.Initiate = "http://desk.example/login" }},
		{"a script", "application.bad_uri", func(c *Client) { c.Initiate = "javascript:alert(1)" }},
		{"no algorithm", "", func(c *Client) { c.Algorithm = "" }},
		{"an unsigned ID token", "application.bad_algorithm", func(c *Client) { c.Algorithm = "none" }},
		{"a symmetric one", "application.bad_algorithm", func(c *Client) { c.Algorithm = "HS256" }},
		{"an empty audience", "application.bad_audience", func(c *Client) { c.Audiences = []string{""} }},
		{"an audience twice", "application.bad_audience", func(c *Client) { c.Audiences = []string{"a", "a"} }},
		{"two in one", "application.bad_audience", func(c *Client) { c.Audiences = []string{"a,b"} }},
		{"a line end", "application.bad_audience", func(c *Client) { c.Audiences = []string{"a\nb"} }},
		{"a long audience", "application.bad_audience", func(c *Client) { c.Audiences = []string{strings.Repeat("a", maxAudience+1)} }},
		{"many audiences", "application.many_audiences", func(c *Client) { c.Audiences = many }},
		{"Standin's own API for somebody else", "application.third_party_api", func(c *Client) { c.Audiences = []string{"standin"} }},
		{"Standin's own API", "", func(c *Client) { c.Audiences, c.ThirdParty = []string{"standin"}, false }},
		{"Standin's own API and another", "application.api_alone", func(c *Client) { c.Audiences, c.ThirdParty = []string{"standin", "https://api.example"}, false }},
		{"exchange in anybody's name", "application.public_exchange", func(c *Client) { c.Public = true }},
		{"no such recipe", "application.bad_recipe", func(c *Client) { c.Recipe = "magic" }},
	} {
		client := fullClient()
		c.change(&client)
		if got := standin.CodeOf(client.Check()); got != c.code {
			t.Errorf("%s: got %q, want %q", c.name, got, c.code)
		}
	}
}

// A client without audiences is its own; origins are as browsers write them.
func TestAudienceAndOrigins(t *testing.T) {
	c := fullClient()
	if diff := cmp.Diff([]string{"https://desk.example", "https://desk.example:8443"}, c.Origins()); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
	c.Audiences = nil
	if diff := cmp.Diff([]string{"desk"}, c.Audience()); diff != "" {
		t.Errorf("audience (-want +got):\n%s", diff)
	}
	for uri, want := range map[string]string{"https://A.example:443/x": "https://a.example", "http://127.0.0.1:80": "http://127.0.0.1",
		"http://[::1]:9000/": "http://[::1]:9000", "mailto:a@b": "", "ftp://a.example/": "", "/path": "", "https://": "", "%": ""} {
		if got := Origin(uri); got != want {
			t.Errorf("%q: got %q, want %q", uri, got, want)
		}
	}
}

// FuzzOrigin: whatever has an origin is an address that leads there and nowhere else.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{"https://desk.example/callback", "http://127.0.0.1:9000/", "https://a@b.example/", "https://a.example\\@b.example/", "https://[::1]/", "//x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		origin := Origin(uri)
		if origin == "" || CheckURI(uri, "uri") != nil {
			return
		}
		if again := Origin(origin + "/"); again != origin {
			t.Errorf("%q: got %q, whose own is %q", uri, origin, again)
		}
		if strings.ContainsAny(strings.TrimPrefix(strings.TrimPrefix(origin, "https://"), "http://"), "/@?# ") {
			t.Errorf("%q: got %q, want an origin alone", uri, origin)
		}
	})
}
