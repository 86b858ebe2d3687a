package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/webtest"
)

func TestALinkSetsAPassword(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		const chosen = "a password of her own"
		before := h.As("ada")
		link, err := h.Signin.Invite(t.Context(), standin.OperatorCaller(acme, "test"), "ada")
		if err != nil {
			t.Fatal(err)
		}
		at := signin.Address("", signin.LinkPage, link.Token)
		b := h.Browser("en")
		b.Get("/password?token=nonsense").Is(t, http.StatusNotFound).Says(t, "This link opens nothing any more.")
		b.Get(at).Is(t, http.StatusOK).Says(t, "Ada Lindqvist", "ada@acme.example", "whoever runs Standin", "replaces the one you have")
		p := b.Post("/password", "token", link.Token, "password", "password").Is(t, http.StatusUnprocessableEntity)
		p.Problem(t, "password", "Everybody tries this password first").Says(t, "Ada Lindqvist")
		b.Post("/password", "token", link.Token, "password", chosen).Leads(t, "/choose?return=%2F")
		b.Get("/").Is(t, http.StatusOK).Hides(t, "set by a link")
		b.Post("/password", "token", link.Token, "password", chosen).Is(t, http.StatusNotFound)
		before.Get("/").Leads(t, "/signin")

		next := h.Browser("en")
		next.Get("/signin")
		next.Post("/signin", "email", "ada@acme.example", "password", chosen).Leads(t, "/choose?return=%2F")
		next.Get("/").Is(t, http.StatusOK).Says(t, "Your password was set by a link that whoever runs Standin made.", "127.0.0.1")
		next.Post("/password/known").Leads(t, "/")
		next.Get("/").Is(t, http.StatusOK).Hides(t, "set by a link")
	})
}

// TestTheDemonstrationTellsItsPassword: whoever came in without one is asked for it later, and can answer.
func TestTheDemonstrationTellsItsPassword(t *testing.T) {
	demo := func(h *webtest.House, c *Config) {
		c.Demo = &Demo{Signin: signin.NewDemo(h.Signin), Organisation: acme, Company: "Acme Ltd",
			People: []Cast{{ID: "ada", Name: "Ada Lindqvist", First: true, Password: password}}}
	}
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.Browser("en")
		b.Get("/continue")
		b.Post("/continue", "person", "ada")
		b.Get("/choose")
		h.Pass(signin.ProofLasts)
		b.Follow(b.Post("/choose", "delegation", "d-bilal")).Is(t, http.StatusOK).Says(t, "Confirm it's you", "In this demonstration the password is: "+password)
		b.Post("/prove", "password", "wrong", "return", "/choose").Is(t, http.StatusUnauthorized).Says(t, password)
		b.Post("/prove", "password", password, "return", "/choose").Leads(t, "/choose")
		b.Get("/choose")
		if p := b.Follow(b.Post("/choose", "delegation", "d-bilal")); !strings.Contains(p.Banner(), "You are acting for Bilal Kaya.") {
			t.Errorf("got banner %q, want to act", p.Banner())
		}
	}, demo)
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/prove").Is(t, http.StatusOK).Hides(t, "demonstration")
	})
}
