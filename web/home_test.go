package web

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// section is the text of the part of the page below the heading.
func (p *answer) section(id string) string {
	return strings.Join(strings.Fields(p.Find("[aria-labelledby="+id+"]").Text()), " ")
}

// TestHomeShowsWhoCoversForWhom, what comes next, and what is new (A7, A12), to each of the two people in their own words.
func TestHomeShowsWhoCoversForWhom(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ada := h.as("ada").get("/").is(t, http.StatusOK)
		others := ada.section("others")
		for _, want := range []string{"Active until Wed 11 Nov, 24:00", "Starts Wed 4 Nov, 00:00", "Ready, switched off"} {
			if !strings.Contains(others, want) {
				t.Errorf("got %q, want %q in it", others, want)
			}
		}
		if got := ada.section("mine"); !strings.Contains(got, "Nobody covers for you yet.") {
			t.Errorf("got %q, want to be told that nobody covers", got)
		}
		if got := ada.section("next"); !strings.Contains(got, "You start covering for Chiara Moretti") {
			t.Errorf("got dates %q, want the next start", got)
		}
		bilal := h.as("bilal")
		if got := bilal.get("/").section("mine"); !strings.Contains(got, "Ada Lindqvist") {
			t.Errorf("got %q, want Ada", got)
		}
		if _, err := h.Delegations.Enable(t.Context(), h.caller("noor"), "d-noor", 2*time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := h.as("ada").get("/").section("alerts"); !strings.Contains(got, "Your standby for") || !strings.Contains(got, "is switched on.") {
			t.Errorf("got alerts %q, want the one of A7", got)
		}
		if got := h.as("noor").get("/").section("alerts"); !strings.Contains(got, "The standby of Ada Lindqvist for you is switched on.") {
			t.Errorf("got alerts %q, want the one of A7", got)
		}
		if _, err := h.Delegations.Revoke(t.Context(), h.caller("bilal"), "d-bilal"); err != nil {
			t.Fatal(err)
		}
		p := h.as("ada").get("/")
		if got := p.section("alerts"); !strings.Contains(got, "Bilal Kaya ended your cover for them") {
			t.Errorf("got alerts %q, want who ended it", got)
		}
		if got := bilal.get("/").section("alerts"); strings.Contains(got, "ended") {
			t.Errorf("got alerts %q, want no news of what one did oneself", got)
		}
		p.says(t, "Past (1)", "Ended by Bilal Kaya, today, 10:00")
		manager := h.as("hanna").get("/")
		manager.says(t, "You may name stand-ins for people in your scope.")
		ada.hides(t, "You may name stand-ins for people in your scope.")
	})
}

// TestHomeWhileActing is the principal's, and says so; nothing of the actor's is on it (DESIGN.md P2).
func TestHomeWhileActing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		p := b.act("d-bilal")
		p.says(t, "Cover for Bilal Kaya", "Who covers for Bilal Kaya", "Whom Bilal Kaya covers", "Hanna Resch")
		p.hides(t, "Chiara Moretti", "Year-end closing", "for you", "You stop", "You start")
		if got := p.Find("main a[href='/cover/name']").Length(); got != 0 || p.Find("main button[disabled]").Length() != 1 {
			t.Errorf("got %d ways to name somebody while acting, want a button that says why not", got)
		}
		b.get("/cover/name")
		b.get("/cover/d-mallory").is(t, http.StatusNotFound)
		b.get("/cover/d-hanna").is(t, http.StatusOK)
	})
}

// TestOtherOrganisationsAreNotThere: by no address is anything of them shown or changed.
func TestOtherOrganisationsAreNotThere(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		rolf := h.as("rolf@rival.example")
		for _, path := range []string{"/cover/d-bilal", "/cover/d-bilal/edit"} {
			rolf.get(path).is(t, http.StatusNotFound).hides(t, "Bilal", "Ada")
		}
		rolf.get("/")
		rolf.post("/cover/d-bilal/laydown").is(t, http.StatusNotFound)
		rolf.get("/choose").hides(t, "Bilal")
		rolf.post("/choose", "delegation", "d-bilal").is(t, http.StatusConflict).says(t, "There is no such person for you to act for.")
		if p := rolf.act("d-rival"); !strings.Contains(p.banner(), "Rita Rival") {
			t.Errorf("got banner %q, want their own", p.banner())
		}
	})
}

// TestChooserSaysWhyNot: what cannot be started is there, with its reason, and starts nothing.
func TestChooserSaysWhyNot(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		p := b.get("/choose")
		choice := func(value string) int { return p.Find("button[name=delegation][value='" + value + "']").Length() }
		if choice("") != 1 || choice("d-bilal") != 1 || choice("d-mallory") != 1 || choice("d-noor")+choice("d-chiara")+choice("d-limited") != 0 {
			t.Errorf("got choices %s, want Myself, and those that can be started", p.main())
		}
		if got := p.Find("form[action='/choose'] button").First().Text(); !strings.Contains(got, "Myself") {
			t.Errorf("got %q first, want Myself", got)
		}
		p.says(t, "Not available now (3)", "Starts Wed 4 Nov, 00:00", "has not enabled it", "limits")
		for id, why := range map[string]string{"d-noor": "has not enabled it", "d-chiara": "This has not begun yet.", "d-limited": "until limits are enforced it cannot be started", "d-hanna": "There is no such person"} {
			b.get("/choose")
			got := b.post("/choose", "delegation", id).is(t, http.StatusConflict).says(t, why, "Who are you working as?")
			if got.banner() != "" {
				t.Errorf("%s: got banner %q, want nothing started", id, got.banner())
			}
		}
		// Ended between looking and choosing.
		b.get("/choose")
		if _, err := h.Delegations.Revoke(t.Context(), h.caller("bilal"), "d-bilal"); err != nil {
			t.Fatal(err)
		}
		b.post("/choose", "delegation", "d-bilal").is(t, http.StatusConflict).says(t, "This was ended.")
		// Choosing again while acting says what is now, and switches.
		b.act("d-mallory")
		p = b.get("/choose")
		if got := p.Find("button.choice.current").AttrOr("value", ""); got != "d-mallory" {
			t.Errorf("got %q marked, want the present one", got)
		}
		b.follow(b.post("/choose", "delegation", "").leads(t, "/")).is(t, http.StatusOK)
		if got := b.seen.banner(); got != "" {
			t.Errorf("got banner %q as oneself, want none", got)
		}
	})
}

// TestLimitsAreSaidInWords wherever a delegation is shown.
func TestLimitsAreSaidInWords(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.get("/cover/d-limited").says(t, "View only", "Only: Workdesk: expense, view", "Not: Workdesk: expense, reimburse", "Only in: sales")
		h.applyText("all.yaml", strings.NewReader(`organisations:
  - id: acme
    delegations:
      - {id: d-entry, principal: boss, actor: ada, kind: entry, purpose: Entering, limits: {allow: ["desk:expense.enter"]}}
      - {id: d-wide, principal: boss, actor: ada, kind: cover, purpose: Wide, limits: {allow: ["desk:*.*/*@own", "*:*.view@unit", "desk:expense.view/bank_account"], sealed: true}}
`))
		b.get("/cover/d-entry").says(t, "Only enter: Workdesk: expense, enter")
		b.get("/cover/d-wide").says(t, "Workdesk: everything (sealed fields too) (only their own)", "Every application: all kinds of records, view (only their unit)",
			"Workdesk: expense, view (only the field “bank account”)", "Sealed fields too")
	})
}

// TestEveryFormSaysWhoItWasMadeFor: no form of a live page goes without the identity that it was made for.
func TestEveryFormSaysWhoItWasMadeFor(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		for range 2 {
			for _, path := range everyPage {
				p := b.get(path)
				inspect(t, "en", p.Document)
				p.Find("form[method=post]").Each(func(_ int, f *goquery.Selection) {
					if got := f.Find("input[name=identity]").AttrOr("value", ""); got != b.identity() || got == "" {
						t.Errorf("%s: form %s was made for %q, want %q", path, f.AttrOr("action", ""), got, b.identity())
					}
				})
			}
			b.act("d-bilal")
		}
	})
}
