package web

import (
	"net/http"
	"testing"

	"github.com/standin-id/standin/web/webtest"
)

func TestSignInLeadsToTheChoice(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.Browser("en")
		b.Get("/").Leads(t, "/signin")
		b.Get("/audit?who=ada").Leads(t, "/signin?return=%2Faudit%3Fwho%3Dada")
		b.Get("/signin?return=/audit").Is(t, http.StatusOK)
		wrong := b.Post("/signin", "email", "ada@acme.example", "password", "wrong", "return", "/audit").Is(t, http.StatusUnauthorized)
		wrong.Says(t, "E-mail or password is not right.")
		if got := wrong.Find("input[name=email]").AttrOr("value", ""); got != "ada@acme.example" {
			t.Errorf("got %q as the address that was typed, want it kept", got)
		}
		if got := wrong.Find("input[name=password]").AttrOr("value", ""); got != "" {
			t.Errorf("got password %q in the page, want none", got)
		}
		p := b.Follow(b.Post("/signin", "email", "ada@acme.example", "password", password, "return", "/audit").Leads(t, "/choose?return=%2Faudit"))
		p.Is(t, http.StatusOK).Says(t, "Who are you working as?", "Myself", "Deputy of Bilal Kaya")
		b.Get("/signin").Leads(t, "/")
	})
}
