package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web/webtest"
)

func TestDelegationPageOffersWhatEachCanDo(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		actor, principal, admin := h.As("ada"), h.As("bilal"), h.As("boss")
		actor.Get("/cover/d-bilal").Is(t, http.StatusOK).Says(t, "Active until", "Annual leave", "Everything that Bilal Kaya can do").
			Offers(t, "Act for them now", "Lay it down")
		principal.Get("/cover/d-bilal").Says(t, "Ada Lindqvist (for Bilal Kaya)").
			Offers(t, "Renew", "Edit", "Make inactive", "End now", "Delete")
		admin.Get("/cover/d-bilal").Offers(t, "Renew", "Edit", "Make inactive", "End now", "Delete")
		actor.Get("/cover/d-limited").Says(t, "View only", "Only in: sales").Offers(t, "Act for them now", "Lay it down")
		actor.Get("/cover/d-noor").Says(t, "Ready, switched off").Offers(t, "Lay it down")
		h.As("noor").Get("/cover/d-noor").Offers(t, "Switch on", "Edit", "Make inactive", "End now", "Delete")
		actor.Get("/cover/d-chiara").Says(t, "Starts Wed 4 Nov, 00:00").Offers(t, "Lay it down")
	})
}

// TestOtherOrganisationsDelegationsAreUnknown: nobody learns of what they have no part in, whatever they try.
func TestOtherOrganisationsDelegationsAreUnknown(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		for _, who := range []string{"ada", "boss", "chiara"} {
			b := h.As(who)
			ids := []string{"d-rival", "d-none"}
			if who == "chiara" {
				ids = append(ids, "d-bilal") // of her own organisation, and none of her business
			}
			for _, id := range ids {
				b.Get("/cover/"+id).Is(t, http.StatusNotFound)
				b.Get("/cover/"+id+"/edit").Is(t, http.StatusNotFound)
				b.Get("/")
				b.Post("/cover/"+id+"/edit", "what", "full", "purpose", "x", "start", "2026-11-05", "end", "2026-11-09").Is(t, http.StatusNotFound)
				for _, verb := range []string{"enable", "disable", "renew", "laydown", "end", "inactivate", "reactivate", "delete", "accept", "decline", "steal"} {
					b.Post("/cover/"+id+"/"+verb, "span", "2h").Is(t, http.StatusNotFound)
				}
			}
		}
		b := h.As("ada")
		b.Get("/")
		b.Post("/cover/d-bilal/steal").Is(t, http.StatusNotFound)
	})
}

func TestA2EndingHoldsAtOnceAndStaysToBeSeen(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		actor, principal := h.As("ada"), h.As("bilal")
		actor.Act("d-bilal")
		principal.Get("/cover/d-bilal").Is(t, http.StatusOK).Says(t, "Ada Lindqvist started acting").Offers(t, "Renew", "Edit", "Make inactive", "End now", "[Delete]")
		ended := principal.Follow(principal.Post("/cover/d-bilal/end").Leads(t, "/cover/d-bilal"))
		ended.Says(t, "Ended. It holds everywhere at once.", "Ended by Bilal Kaya, today, 10:00", "Ada Lindqvist stopped acting", "the delegation was ended").Offers(t, "[Delete]")
		actor.Get("/cover/d-bilal").Says(t, "Bilal Kaya ended your access at 10:00")
		principal.Follow(principal.Post("/cover/d-bilal/renew")).Is(t, http.StatusConflict).Says(t, "This is over and cannot be changed any more")
	})
}

func TestA2TheStandInLaysItDown(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/d-bilal")
		b.Follow(b.Post("/cover/d-bilal/laydown").Leads(t, "/cover/d-bilal")).Says(t, "Laid down.", "Ada Lindqvist laid it down").Offers(t)
		b.Post("/cover/d-hanna/laydown").Is(t, http.StatusNotFound)
		if got := h.Delegation("d-bilal").State; got != delegation.LaidDown {
			t.Errorf("got %s, want laid down", got)
		}
	})
}

func TestA7StandbyIsSwitchedOnForAWhile(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("noor")
		b.Get("/cover/d-noor")
		b.Post("/cover/d-noor/enable", "span", "0h").Is(t, http.StatusUnprocessableEntity).Problem(t, "span", "at least a minute")
		b.Post("/cover/d-noor/enable", "span", "for ever").Is(t, http.StatusUnprocessableEntity).Problem(t, "span", "at least a minute")
		b.Post("/cover/d-noor/enable", "span", "8000h").Is(t, http.StatusUnprocessableEntity).Problem(t, "span", "at most 90 days")
		b.Follow(b.Post("/cover/d-noor/enable", "span", "8h").Leads(t, "/cover/d-noor")).
			Says(t, "Switched on until today, 19:00", "نور الهدى عبد الرحمن").Offers(t, "Switch off", "Set a new end", "Edit", "Make inactive", "End now", "Delete")
		b.Follow(b.Post("/cover/d-noor/disable").Leads(t, "/cover/d-noor")).Says(t, "Switched off.", "Ready, switched off")
	})
}

func TestA6RenewedInOneClick(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("bilal")
		b.Get("/cover/d-bilal").Says(t, "Until Sun 31 Jan 2027, 10:00")
		b.Follow(b.Post("/cover/d-bilal/renew").Leads(t, "/cover/d-bilal")).Says(t, "Renewed until Sun 31 Jan 2027, 10:00", "Active until Sun 31 Jan 2027, 10:00")
	})
}

func TestA9UsedIsMadeInactiveNotDeleted(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		actor, principal := h.As("ada"), h.As("bilal")
		actor.Act("d-bilal")
		principal.Get("/cover/d-bilal")
		principal.Post("/cover/d-bilal/delete").Is(t, http.StatusConflict).Says(t, "This was used, so it cannot be deleted")
		principal.Follow(principal.Post("/cover/d-bilal/inactivate").Leads(t, "/cover/d-bilal")).Says(t, "Made inactive.", "Inactive until it is made active again").
			Offers(t, "Make active again", "Renew", "Edit", "End now", "[Delete]")
		principal.Follow(principal.Post("/cover/d-bilal/reactivate").Leads(t, "/cover/d-bilal")).Says(t, "Active again.", "Bilal Kaya made it active again")
		unused := h.As("hanna")
		unused.Get("/cover/d-hanna")
		unused.Follow(unused.Post("/cover/d-hanna/delete").Leads(t, "/")).Says(t, "Deleted. The record stays.")
		unused.Get("/cover/d-hanna").Is(t, http.StatusNotFound)
	})
}

func TestNothingIsChangedWhileActing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		page := b.Get("/cover/d-hanna").Is(t, http.StatusOK).Says(t, "Not while you act for somebody")
		page.Offers(t, "[Lay it down]")
		b.Get("/cover/d-bilal").Offers(t, "[Renew]", "[Edit]", "[Make inactive]", "[End now]", "[Delete]")
		b.Get("/cover/d-bilal/edit").Is(t, http.StatusForbidden).Says(t, "while acting for somebody")
		b.Get("/")
		for _, verb := range []string{"enable", "disable", "renew", "laydown", "end", "inactivate", "reactivate", "delete", "accept", "decline"} {
			b.Post("/cover/d-bilal/"+verb, "span", "2h").Is(t, http.StatusForbidden)
		}
		b.Post("/cover/d-bilal/edit", "what", "full", "purpose", "x", "start", "2026-11-05", "end", "2026-11-09").Is(t, http.StatusForbidden)
		if got := h.Delegation("d-bilal"); got.Version != 1 || got.State != delegation.Active {
			t.Errorf("got version %d, %s; want it untouched", got.Version, got.State)
		}
	})
}

func TestA2EditNarrowsAtOnce(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("bilal")
		form := b.Get("/cover/d-bilal/edit").Is(t, http.StatusOK).Says(t, "Europe/Berlin", "At most 90 days")
		got := []string{form.Value("start"), form.Value("start_time"), form.Value("end"), form.Value("end_time"), form.Value("purpose"), form.Value("version"),
			strings.Join(form.Picked("what"), " ")}
		want := []string{"2026-10-28", "", "2026-11-11", "", "Annual leave", "1", "full"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		send := func(changes ...string) *webtest.Answer {
			return b.Post("/cover/d-bilal/edit", changed([]string{"version", "1", "start", "2026-10-28", "start_time", "", "end", "2026-11-11", "end_time", "",
				"what", "full", "purpose", "Annual leave"}, changes...)...)
		}
		for _, c := range []struct{ field, text, name, value string }{
			{"purpose", "Say in a few words", "purpose", " "},
			{"end", "at most 90 days", "end", "2027-06-01"},
			{"end", "lies in the past", "end", "2026-11-01"},
			{"end", "not a date", "end", "2026-13-01"},
			{"start", "Choose a day", "start", ""},
			{"area", "at least one line", "what", "areas"},
		} {
			page := send(c.name, c.value).Is(t, http.StatusUnprocessableEntity).Problem(t, c.field, c.text)
			if c.name != "what" && page.Value(c.name) != strings.TrimSpace(c.value) {
				t.Errorf("got %q in %s, want %q kept", page.Value(c.name), c.name, c.value)
			}
		}
		b.Follow(send("what", "view", "end", "2026-11-08").Leads(t, "/cover/d-bilal")).Says(t, "Saved.", "View only", "Active until Sun 8 Nov, 24:00", "Bilal Kaya changed it")
		stale := send("purpose", "Paternity leave").Is(t, http.StatusConflict).Says(t, "Somebody changed this meanwhile")
		if stale.Value("purpose") != "Paternity leave" || stale.Value("version") != "2" {
			t.Errorf("got %q and version %q, want what was typed and what is there now", stale.Value("purpose"), stale.Value("version"))
		}
		h.As("ada").Get("/cover/d-bilal").Offers(t, "Act for them now", "Lay it down")
	})
}

func TestA12WideningIsAskedAgain(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		h.Set(func(s *directory.Settings) { s.Delegation.Accept = true })
		b := h.As("bilal")
		b.Get("/cover/d-bilal/edit").Says(t, "Ada Lindqvist is asked to accept again")
		b.Follow(b.Post("/cover/d-bilal/edit", "version", "1", "start", "2026-10-28", "end", "2026-12-11", "what", "full", "purpose", "Annual leave").
			Leads(t, "/cover/d-bilal")).Says(t, "an answer is awaited first", "Invitation sent")
		asked := h.As("ada")
		asked.Get("/cover/d-bilal").Says(t, "Bilal Kaya asks you to stand in")
		asked.Follow(asked.Post("/cover/d-bilal/decline", "reason", "Too long for me").Leads(t, "/")).Says(t, "Declined.")
		asked.Get("/cover/d-bilal").Says(t, "You have declined this").Hides(t, "Accept")
		b.Get("/cover/d-bilal").Says(t, "Ada Lindqvist declined", "Too long for me")
	})
}

func TestInvitationsThatAreOver(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		h.Set(func(s *directory.Settings) { s.Delegation.Accept = true })
		ids := map[string]standin.DelegationID{}
		for _, actor := range []standin.PersonID{"bilal", "chiara"} {
			d, err := h.Delegations.Name(t.Context(), h.Caller("ada"), delegation.Naming{Actors: []standin.PersonID{actor}, Principal: "ada", Purpose: "Fair",
				End: h.Now().Add(14 * time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			ids[string(actor)] = d[0].ID
		}
		if _, err := h.Delegations.Revoke(t.Context(), h.Caller("ada"), ids["chiara"]); err != nil {
			t.Fatal(err)
		}
		h.As("chiara").Get("/cover/"+string(ids["chiara"])).Is(t, http.StatusOK).Says(t, "Ada Lindqvist has withdrawn this invitation").Hides(t, "Accept")
		h.Pass(14 * time.Hour)
		b := h.As("bilal")
		b.Get("/cover/"+string(ids["bilal"])).Says(t, "This invitation expired Mon 2 Nov, 24:00").Hides(t, "Accept")
		b.Post("/cover/"+string(ids["bilal"])+"/accept").Is(t, http.StatusConflict).Says(t, "expired")
	})
}

func TestAnAdministratorWhoNamesThemselvesWaitsForAYes(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		h.Set(func(s *directory.Settings) { s.Delegation.Accept = true })
		admin := h.As("boss")
		admin.Get("/cover/name?principal=ada")
		admin.Post("/cover/name", form("do", "check", "principal", "ada", "actor", "boss", "when", "week")...).Says(t, "Until they say yes, nothing starts")
		admin.Confirmed()
		at := slices.IndexFunc(h.Named("ada"), func(d delegation.View) bool { return d.Actor == "boss" })
		id := string(h.Named("ada")[at].ID)
		b := h.As("ada")
		b.Get("/cover/"+id).Says(t, "Bea Boss asks to act for you", "Everything that you can do yourself", "You can end it at any time")
		b.Follow(b.Post("/cover/"+id+"/accept", "version", "1").Leads(t, "/cover/"+id)).Says(t, "Accepted", "Bea Boss named themselves")
	})
}
