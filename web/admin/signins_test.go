package admin_test

import (
	"net/http"
	"testing"

	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web/webtest"
)

// TestSignInsOfAPersonAreEndedByTheirManager: on a page of the person, who is told who it was.
func TestSignInsOfAPersonAreEndedByTheirManager(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		boss := h.As("boss")
		boss.Get("/people/ada").Is(t, http.StatusOK).Says(t, "Where they are signed in")
		p := boss.Get("/people/ada/sign-ins").Is(t, http.StatusOK)
		webtest.Inspect(t, "en", p.Document)
		id := p.Find("input[name=login]").AttrOr("value", "")
		if id == "" {
			t.Fatal("the page lists no sign-in")
		}
		boss.Post("/people/ada/sign-ins").Is(t, http.StatusNotFound)
		boss.Get("/people/ada/sign-ins")
		boss.Follow(boss.Post("/people/ada/sign-ins", "login", id).Leads(t, "/people/ada/sign-ins")).Says(t, "is not signed in anywhere")
		b.Get("/").Leads(t, "/signin")
		boss.Post("/people/ada/sign-ins", "all", "yes").Is(t, http.StatusNotFound).Says(t, "There is no such sign-in, or it has ended.")
		again := h.As("ada")
		again.Get("/").Is(t, http.StatusOK).Says(t, "Bea Boss ended a sign-in of yours.", "from 127.0.0.1")
		if all := h.Records(ledger.Filter{Action: "login.end", Actor: "person:boss"}); len(all) != 1 || all[0].Resource != "login:"+id {
			t.Errorf("got records %+v, want that the boss ended it", all)
		}
		again.Get("/people/boss/sign-ins").Is(t, http.StatusForbidden)
		boss.Get("/people/boss/sign-ins").Is(t, http.StatusOK).Says(t, "These are your own.")
	})
}

// TestNobodyEndsSignInsOfOthersWhileActing: what the principal could do is not done in their place.
func TestNobodyEndsSignInsOfOthersWhileActing(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		h.As("ada")
		b := h.As("bilal")
		b.Act("d-hanna") // who manages the people of sales
		b.Get("/people/ada").Is(t, http.StatusOK)
		b.Get("/people/ada/sign-ins").Is(t, http.StatusForbidden)
		b.Get("/people/ada")
		b.Post("/people/ada/sign-ins", "all", "yes").Is(t, http.StatusForbidden)
		if n := len(h.Records(ledger.Filter{Action: "login.end"})); n != 0 {
			t.Errorf("got %d sign-ins ended", n)
		}
	})
}
