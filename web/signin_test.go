package web

import (
	"net/http"
	"testing"
)

func TestSignInLeadsToTheChoice(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.browser("en")
		b.get("/").leads(t, "/signin")
		b.get("/audit?who=ada").leads(t, "/signin?return=%2Faudit%3Fwho%3Dada")
		b.get("/signin?return=/audit").is(t, http.StatusOK)
		wrong := b.post("/signin", "email", "ada@acme.example", "password", "wrong", "return", "/audit").is(t, http.StatusUnauthorized)
		wrong.says(t, "E-mail or password is not right.")
		if got := wrong.Find("input[name=email]").AttrOr("value", ""); got != "ada@acme.example" {
			t.Errorf("got %q as the address that was typed, want it kept", got)
		}
		if got := wrong.Find("input[name=password]").AttrOr("value", ""); got != "" {
			t.Errorf("got password %q in the page, want none", got)
		}
		p := b.follow(b.post("/signin", "email", "ada@acme.example", "password", password, "return", "/audit").leads(t, "/choose?return=%2Faudit"))
		p.is(t, http.StatusOK).says(t, "Who are you working as?", "Myself", "Deputy of Bilal Kaya")
		b.get("/signin").leads(t, "/")
	})
}
