package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web/webtest"
)

// TestSettingsOfAPerson: language, zone, password and sign-ins are their own, and nobody's while acting.
func TestSettingsOfAPerson(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b, other := h.As("ada"), h.As("ada")
		b.Get("/settings").Is(t, http.StatusOK).Says(t, "Where you are signed in", "This browser")
		b.Post("/settings/language", "speaks", "en", "zone", "Nowhere/At-all").Is(t, http.StatusUnprocessableEntity).Problem(t, "zone", "There is no time zone")
		b.Post("/settings/language", "speaks", "de", "zone", "Africa/Cairo").Leads(t, "/settings")
		if p := b.Get("/settings"); p.Value("zone") != "Africa/Cairo" || !strings.Contains(p.Main(), "Ihre Einstellungen sind gespeichert.") {
			t.Errorf("got zone %q and %s, want both changed", p.Value("zone"), p.Main())
		}
		b.Post("/settings/language", "speaks", "en", "zone", "Africa/Cairo").Leads(t, "/settings")
		b.Get("/settings")
		b.Post("/settings/password", "former", "not it", "password", "another long one").Is(t, http.StatusUnauthorized).Problem(t, "former", "not right")
		b.Post("/settings/password", "former", password, "password", "short").Is(t, http.StatusUnprocessableEntity).Problem(t, "password", "8 to")
		b.Post("/settings/password", "former", password, "password", "another long one").Leads(t, "/settings")
		b.Get("/settings").Is(t, http.StatusOK).Says(t, "You are signed in nowhere else.")
		other.Get("/settings").Leads(t, "/signin?return=%2Fsettings")
		third := h.Browser("en")
		third.Get("/signin")
		third.Follow(third.Post("/signin", "email", "ada@acme.example", "password", "another long one")).Is(t, http.StatusOK)
		p := b.Get("/settings").Says(t, "Sign out there")
		b.Post("/settings/browser", "login", p.Find("input[name=login]").AttrOr("value", "")).Leads(t, "/settings")
		third.Get("/").Leads(t, "/signin")
		b.Get("/settings")
		b.Post("/settings/browser", "login", "l-of-somebody").Is(t, http.StatusNotFound)
		b.Act("d-bilal")
		b.Get("/settings").Is(t, http.StatusOK).Says(t, "Be yourself again to change them.")
		b.Post("/settings/language", "speaks", "de", "zone", "UTC").Is(t, http.StatusForbidden)
	})
}

// TestWhatWasDoneIsToldLater: a page that must come first, a notice to be accepted, does not swallow what was done.
func TestWhatWasDoneIsToldLater(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/settings")
		b.Post("/settings/language", "speaks", "en", "zone", "Africa/Cairo").Leads(t, "/settings")
		h.Set(func(s *directory.Settings) {
			s.PrivacyNotice = directory.PrivacyNotice{Version: "next", Text: "Everything is recorded."}
		})
		b.Get("/settings").Leads(t, "/terms?return=%2Fsettings")
		if got := strings.TrimSpace(b.Get("/terms?return=%2Fsettings").Find(".flash").Text()); got != "Your settings are saved." {
			t.Errorf("got %q on the page that came first, want to be told", got)
		}
	})
}

// TestChoosingOneselfAtFirst says nothing of being oneself again: nobody was anybody else.
func TestChoosingOneselfAtFirst(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/choose")
		if got := strings.TrimSpace(b.Follow(b.Post("/choose", "delegation", "", "return", "/").Leads(t, "/")).Find(".flash").Text()); got != "" {
			t.Errorf("got %q, want nothing to be said", got)
		}
		b.Act("d-bilal")
		b.Get("/choose")
		if got := strings.TrimSpace(b.Follow(b.Post("/choose", "delegation", "", "return", "/").Leads(t, "/")).Find(".flash").Text()); got != "You are yourself again." {
			t.Errorf("got %q, want to be told", got)
		}
	})
}
