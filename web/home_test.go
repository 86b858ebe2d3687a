package web

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/standin-id/standin/web/webtest"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestHomeShowsWhoCoversForWhom, what comes next, and what is new (A7, A12), to each of the two people in their own words.
func TestHomeShowsWhoCoversForWhom(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		ada := h.As("ada").Get("/").Is(t, http.StatusOK)
		others := ada.Section("others")
		for _, want := range []string{"Active until Wed 11 Nov, 24:00", "Starts Wed 4 Nov, 00:00", "Ready, switched off"} {
			if !strings.Contains(others, want) {
				t.Errorf("got %q, want %q in it", others, want)
			}
		}
		if got := ada.Section("mine"); !strings.Contains(got, "Nobody covers for you yet.") {
			t.Errorf("got %q, want to be told that nobody covers", got)
		}
		if got := ada.Section("next"); !strings.Contains(got, "You start covering for Chiara Moretti") {
			t.Errorf("got dates %q, want the next start", got)
		}
		bilal := h.As("bilal")
		if got := bilal.Get("/").Section("mine"); !strings.Contains(got, "Ada Lindqvist") {
			t.Errorf("got %q, want Ada", got)
		}
		if _, err := h.Delegations.Enable(t.Context(), h.Caller("noor"), "d-noor", 2*time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := h.As("ada").Get("/").Section("alerts"); !strings.Contains(got, "Your standby for") || !strings.Contains(got, "is switched on.") {
			t.Errorf("got alerts %q, want the one of A7", got)
		}
		if got := h.As("noor").Get("/").Section("alerts"); !strings.Contains(got, "The standby of Ada Lindqvist for you is switched on.") {
			t.Errorf("got alerts %q, want the one of A7", got)
		}
		if _, err := h.Delegations.Revoke(t.Context(), h.Caller("bilal"), "d-bilal"); err != nil {
			t.Fatal(err)
		}
		p := h.As("ada").Get("/")
		if got := p.Section("alerts"); !strings.Contains(got, "Bilal Kaya ended your cover for them") {
			t.Errorf("got alerts %q, want who ended it", got)
		}
		if got := bilal.Get("/").Section("alerts"); strings.Contains(got, "ended") {
			t.Errorf("got alerts %q, want no news of what one did oneself", got)
		}
		p.Says(t, "Past (1)", "Ended by Bilal Kaya, today, 10:00")
		manager := h.As("hanna").Get("/")
		manager.Says(t, "You may name stand-ins for people in your scope.")
		ada.Hides(t, "You may name stand-ins for people in your scope.")
	})
}

// TestHomeWhileActing is the principal's, and says so; nothing of the actor's is on it (DESIGN.md P2).
func TestHomeWhileActing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		p := b.Act("d-bilal")
		p.Says(t, "Cover for Bilal Kaya", "Who covers for Bilal Kaya", "Whom Bilal Kaya covers", "Hanna Resch")
		p.Hides(t, "Chiara Moretti", "Year-end closing", "for you", "You stop", "You start")
		if got := p.Find("main a[href='/cover/name']").Length(); got != 0 || p.Find("main button[disabled]").Length() != 1 {
			t.Errorf("got %d ways to name somebody while acting, want a button that says why not", got)
		}
		b.Get("/cover/name")
		b.Get("/cover/d-mallory").Is(t, http.StatusNotFound)
		b.Get("/cover/d-hanna").Is(t, http.StatusOK)
	})
}

// TestOtherOrganisationsAreNotThere: by no address is anything of them shown or changed.
func TestOtherOrganisationsAreNotThere(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		rolf := h.As("rolf@rival.example")
		for _, path := range []string{"/cover/d-bilal", "/cover/d-bilal/edit"} {
			rolf.Get(path).Is(t, http.StatusNotFound).Hides(t, "Bilal", "Ada")
		}
		rolf.Get("/")
		rolf.Post("/cover/d-bilal/laydown").Is(t, http.StatusNotFound)
		rolf.Get("/choose").Hides(t, "Bilal")
		rolf.Post("/choose", "delegation", "d-bilal").Is(t, http.StatusConflict).Says(t, "There is no such person for you to act for.")
		if p := rolf.Act("d-rival"); !strings.Contains(p.Banner(), "Rita Rival") {
			t.Errorf("got banner %q, want their own", p.Banner())
		}
	})
}

// TestChooserSaysWhyNot: what cannot be started is there, with its reason, and starts nothing.
func TestChooserSaysWhyNot(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		p := b.Get("/choose")
		choice := func(value string) int { return p.Find("button[name=delegation][value='" + value + "']").Length() }
		if choice("") != 1 || choice("d-bilal") != 1 || choice("d-mallory") != 1 || choice("d-limited") != 1 || choice("d-noor")+choice("d-chiara") != 0 {
			t.Errorf("got choices %s, want Myself, and those that can be started", p.Main())
		}
		if got := p.Find("form[action='/choose'] button").First().Text(); !strings.Contains(got, "Myself") {
			t.Errorf("got %q first, want Myself", got)
		}
		p.Says(t, "Not available now (2)", "Starts Wed 4 Nov, 00:00", "has not enabled it", "View only")
		for id, why := range map[string]string{"d-noor": "has not enabled it", "d-chiara": "This has not begun yet.", "d-hanna": "There is no such person"} {
			b.Get("/choose")
			got := b.Post("/choose", "delegation", id).Is(t, http.StatusConflict).Says(t, why, "Who are you working as?")
			if got.Banner() != "" {
				t.Errorf("%s: got banner %q, want nothing started", id, got.Banner())
			}
		}
		// Ended between looking and choosing.
		b.Get("/choose")
		if _, err := h.Delegations.Revoke(t.Context(), h.Caller("bilal"), "d-bilal"); err != nil {
			t.Fatal(err)
		}
		b.Post("/choose", "delegation", "d-bilal").Is(t, http.StatusConflict).Says(t, "This was ended.")
		// Choosing again while acting says what is now, and switches.
		b.Act("d-mallory")
		p = b.Get("/choose")
		if got := p.Find("button.choice.current").AttrOr("value", ""); got != "d-mallory" {
			t.Errorf("got %q marked, want the present one", got)
		}
		b.Follow(b.Post("/choose", "delegation", "").Leads(t, "/")).Is(t, http.StatusOK)
		if got := b.Seen.Banner(); got != "" {
			t.Errorf("got banner %q as oneself, want none", got)
		}
	})
}

// TestLimitsAreSaidInWords wherever a delegation is shown.
func TestLimitsAreSaidInWords(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/d-limited").Says(t, "View only", "Only: Workdesk: Expense, view", "Not: Workdesk: Expense, reimburse", "Only in: sales")
		h.ApplyText("all.yaml", strings.NewReader(`organisations:
  - id: acme
    delegations:
      - {id: d-entry, principal: boss, actor: ada, kind: entry, purpose: Entering, limits: {allow: ["desk:expense.enter"]}}
      - {id: d-wide, principal: boss, actor: ada, kind: cover, purpose: Wide, limits: {allow: ["desk:*.*/*@own", "*:*.view@unit", "desk:expense.view/bank_account"], sealed: true}}
`))
		b.Get("/cover/d-entry").Says(t, "Only enter: Workdesk: Expense, enter")
		b.Get("/cover/d-wide").Says(t, "Every application: all kinds of records, view (only their unit)",
			"Workdesk: everything (sealed fields too) (only their own); Expense, view (only the field “Bank account”)", "Sealed fields too")
	})
}

// TestEveryFormSaysWhoItWasMadeFor: no form of a live page goes without the identity that it was made for.
func TestEveryFormSaysWhoItWasMadeFor(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		for range 2 {
			for _, path := range everyPage {
				p := b.Get(path)
				webtest.Inspect(t, "en", p.Document)
				p.Find("form[method=post]").Each(func(_ int, f *goquery.Selection) {
					if got := f.Find("input[name=identity]").AttrOr("value", ""); got != b.Identity() || got == "" {
						t.Errorf("%s: form %s was made for %q, want %q", path, f.AttrOr("action", ""), got, b.Identity())
					}
				})
			}
			b.Act("d-bilal")
		}
	})
}

// TestP2HomeObeysLimits: who acts within limits is shown the cover that they act by, and that limits hide the others.
func TestP2HomeObeysLimits(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-limited")
		b.Get("/").Is(t, http.StatusOK).Says(t, "hide their other stand-ins", "Trade fair")
		b.Get("/cover/d-limited").Is(t, http.StatusOK)
		b.Get("/audit").Is(t, http.StatusForbidden).Hides(t, "standin:").Says(t, "Record of what happened, view")
		b.Act("d-bilal")
		b.Get("/").Is(t, http.StatusOK).Hides(t, "hide their other stand-ins")
		b.Get("/audit").Is(t, http.StatusOK)
	})
}
