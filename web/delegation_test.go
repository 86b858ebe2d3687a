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
)

// deeds are what the page offers, those that cannot be done now in brackets.
func (p *answer) deeds() (all []string) {
	for _, n := range p.Find(".doing button, .doing a.button").EachIter() {
		text := strings.Join(strings.Fields(n.Text()), " ")
		if _, off := n.Attr("disabled"); off {
			text = "[" + text + "]"
		}
		all = append(all, text)
	}
	return all
}

func (p *answer) offers(t *testing.T, want ...string) *answer {
	t.Helper()
	if got := p.deeds(); !slices.Equal(got, want) {
		t.Errorf("got %q offered, want %q", got, want)
	}
	return p
}

func (h *house) delegation(id standin.DelegationID) delegation.View {
	h.t.Helper()
	d, err := h.Delegations.Get(h.t.Context(), standin.OperatorCaller(acme, "test"), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

func TestDelegationPageOffersWhatEachCanDo(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		actor, principal, admin := h.as("ada"), h.as("bilal"), h.as("boss")
		actor.get("/cover/d-bilal").is(t, http.StatusOK).says(t, "Active until", "Annual leave", "Everything that they can do themselves").
			offers(t, "Act for them now", "Lay it down")
		principal.get("/cover/d-bilal").says(t, "Ada Lindqvist (for Bilal Kaya)").
			offers(t, "Renew", "Edit", "Make inactive", "End now", "Delete")
		admin.get("/cover/d-bilal").offers(t, "Renew", "Edit", "Make inactive", "End now", "Delete")
		actor.get("/cover/d-limited").says(t, "View only", "Only in: sales").offers(t, "[Act for them now]", "Lay it down")
		actor.get("/cover/d-noor").says(t, "Ready, switched off").offers(t, "Lay it down")
		h.as("noor").get("/cover/d-noor").offers(t, "Switch on", "Edit", "Make inactive", "End now", "Delete")
		actor.get("/cover/d-chiara").says(t, "Starts Wed 4 Nov, 00:00").offers(t, "Lay it down")
	})
}

// TestOtherOrganisationsDelegationsAreUnknown: nobody learns of what they have no part in, whatever they try.
func TestOtherOrganisationsDelegationsAreUnknown(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		for _, who := range []string{"ada", "boss", "chiara"} {
			b := h.as(who)
			ids := []string{"d-rival", "d-none"}
			if who == "chiara" {
				ids = append(ids, "d-bilal") // of her own organisation, and none of her business
			}
			for _, id := range ids {
				b.get("/cover/"+id).is(t, http.StatusNotFound)
				b.get("/cover/"+id+"/edit").is(t, http.StatusNotFound)
				b.get("/")
				b.post("/cover/"+id+"/edit", "what", "full", "purpose", "x", "start", "2026-11-05", "end", "2026-11-09").is(t, http.StatusNotFound)
				for _, verb := range []string{"enable", "disable", "renew", "laydown", "end", "inactivate", "reactivate", "delete", "accept", "decline", "steal"} {
					b.post("/cover/"+id+"/"+verb, "span", "2h").is(t, http.StatusNotFound)
				}
			}
		}
		b := h.as("ada")
		b.get("/")
		b.post("/cover/d-bilal/steal").is(t, http.StatusNotFound)
	})
}

func TestA2EndingHoldsAtOnceAndStaysToBeSeen(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		actor, principal := h.as("ada"), h.as("bilal")
		actor.act("d-bilal")
		principal.get("/cover/d-bilal").is(t, http.StatusOK).says(t, "Ada Lindqvist started acting").offers(t, "Renew", "Edit", "Make inactive", "End now", "[Delete]")
		ended := principal.follow(principal.post("/cover/d-bilal/end").leads(t, "/cover/d-bilal"))
		ended.says(t, "Ended. It holds everywhere at once.", "Ended by Bilal Kaya, today, 10:00", "Ada Lindqvist stopped acting", "the delegation was ended").offers(t, "[Delete]")
		actor.get("/cover/d-bilal").says(t, "Bilal Kaya ended your access at 10:00")
		principal.follow(principal.post("/cover/d-bilal/renew")).is(t, http.StatusConflict).says(t, "This is over and cannot be changed any more")
	})
}

func TestA2TheStandInLaysItDown(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.get("/cover/d-bilal")
		b.follow(b.post("/cover/d-bilal/laydown").leads(t, "/cover/d-bilal")).says(t, "Laid down.", "Ada Lindqvist laid it down").offers(t)
		b.post("/cover/d-hanna/laydown").is(t, http.StatusNotFound)
		if got := h.delegation("d-bilal").State; got != delegation.LaidDown {
			t.Errorf("got %s, want laid down", got)
		}
	})
}

func TestA7StandbyIsSwitchedOnForAWhile(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("noor")
		b.get("/cover/d-noor")
		b.post("/cover/d-noor/enable", "span", "0h").is(t, http.StatusUnprocessableEntity).problem(t, "span", "at least a minute")
		b.post("/cover/d-noor/enable", "span", "for ever").is(t, http.StatusUnprocessableEntity).problem(t, "span", "at least a minute")
		b.post("/cover/d-noor/enable", "span", "8000h").is(t, http.StatusUnprocessableEntity).problem(t, "span", "at most 90 days")
		b.follow(b.post("/cover/d-noor/enable", "span", "8h").leads(t, "/cover/d-noor")).
			says(t, "Switched on until today, 19:00", "نور الهدى عبد الرحمن").offers(t, "Switch off", "Set a new end", "Edit", "Make inactive", "End now", "Delete")
		b.follow(b.post("/cover/d-noor/disable").leads(t, "/cover/d-noor")).says(t, "Switched off.", "Ready, switched off")
	})
}

func TestA6RenewedInOneClick(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("bilal")
		b.get("/cover/d-bilal").says(t, "Until Sun 31 Jan 2027, 10:00")
		b.follow(b.post("/cover/d-bilal/renew").leads(t, "/cover/d-bilal")).says(t, "Renewed until Sun 31 Jan 2027, 10:00", "Active until Sun 31 Jan 2027, 10:00")
	})
}

func TestA9UsedIsMadeInactiveNotDeleted(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		actor, principal := h.as("ada"), h.as("bilal")
		actor.act("d-bilal")
		principal.get("/cover/d-bilal")
		principal.post("/cover/d-bilal/delete").is(t, http.StatusConflict).says(t, "This was used, so it cannot be deleted")
		principal.follow(principal.post("/cover/d-bilal/inactivate").leads(t, "/cover/d-bilal")).says(t, "Made inactive.", "Inactive until it is made active again").
			offers(t, "Make active again", "Renew", "Edit", "End now", "[Delete]")
		principal.follow(principal.post("/cover/d-bilal/reactivate").leads(t, "/cover/d-bilal")).says(t, "Active again.", "Bilal Kaya made it active again")
		unused := h.as("hanna")
		unused.get("/cover/d-hanna")
		unused.follow(unused.post("/cover/d-hanna/delete").leads(t, "/")).says(t, "Deleted. The record stays.")
		unused.get("/cover/d-hanna").is(t, http.StatusNotFound)
	})
}

func TestNothingIsChangedWhileActing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.act("d-bilal")
		page := b.get("/cover/d-hanna").is(t, http.StatusOK).says(t, "Not while you act for somebody")
		page.offers(t, "[Lay it down]")
		b.get("/cover/d-bilal").offers(t, "[Renew]", "[Edit]", "[Make inactive]", "[End now]", "[Delete]")
		b.get("/cover/d-bilal/edit").is(t, http.StatusForbidden).says(t, "while acting for somebody")
		b.get("/")
		for _, verb := range []string{"enable", "disable", "renew", "laydown", "end", "inactivate", "reactivate", "delete", "accept", "decline"} {
			b.post("/cover/d-bilal/"+verb, "span", "2h").is(t, http.StatusForbidden)
		}
		b.post("/cover/d-bilal/edit", "what", "full", "purpose", "x", "start", "2026-11-05", "end", "2026-11-09").is(t, http.StatusForbidden)
		if got := h.delegation("d-bilal"); got.Version != 1 || got.State != delegation.Active {
			t.Errorf("got version %d, %s; want it untouched", got.Version, got.State)
		}
	})
}

func TestA2EditNarrowsAtOnce(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("bilal")
		form := b.get("/cover/d-bilal/edit").is(t, http.StatusOK).says(t, "Europe/Berlin", "At most 90 days")
		got := []string{form.value("start"), form.value("start_time"), form.value("end"), form.value("end_time"), form.value("purpose"), form.value("version"),
			strings.Join(form.picked("what"), " ")}
		want := []string{"2026-10-28", "", "2026-11-11", "", "Annual leave", "1", "full"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		send := func(changes ...string) *answer {
			return b.post("/cover/d-bilal/edit", changed([]string{"version", "1", "start", "2026-10-28", "start_time", "", "end", "2026-11-11", "end_time", "",
				"what", "full", "purpose", "Annual leave"}, changes...)...)
		}
		for _, c := range []struct{ field, text, name, value string }{
			{"purpose", "Say in a few words", "purpose", " "},
			{"end", "at most 90 days", "end", "2027-06-01"},
			{"end", "lies in the past", "end", "2026-11-01"},
			{"end", "not a date", "end", "2026-13-01"},
			{"start", "Choose a day", "start", ""},
			{"area", "at least one area", "what", "areas"},
		} {
			page := send(c.name, c.value).is(t, http.StatusUnprocessableEntity).problem(t, c.field, c.text)
			if c.name != "what" && page.value(c.name) != strings.TrimSpace(c.value) {
				t.Errorf("got %q in %s, want %q kept", page.value(c.name), c.name, c.value)
			}
		}
		b.follow(send("what", "view", "end", "2026-11-08").leads(t, "/cover/d-bilal")).says(t, "Saved.", "View only", "Active until Sun 8 Nov, 24:00", "Bilal Kaya changed it")
		stale := send("purpose", "Paternity leave").is(t, http.StatusConflict).says(t, "Somebody changed this meanwhile")
		if stale.value("purpose") != "Paternity leave" || stale.value("version") != "2" {
			t.Errorf("got %q and version %q, want what was typed and what is there now", stale.value("purpose"), stale.value("version"))
		}
		h.as("ada").get("/cover/d-bilal").offers(t, "[Act for them now]", "Lay it down")
	})
}

func TestA12WideningIsAskedAgain(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.set(func(s *directory.Settings) { s.Delegation.Accept = true })
		b := h.as("bilal")
		b.get("/cover/d-bilal/edit").says(t, "Ada Lindqvist is asked to accept again")
		b.follow(b.post("/cover/d-bilal/edit", "version", "1", "start", "2026-10-28", "end", "2026-12-11", "what", "full", "purpose", "Annual leave").
			leads(t, "/cover/d-bilal")).says(t, "an answer is awaited first", "Invitation sent")
		asked := h.as("ada")
		asked.get("/cover/d-bilal").says(t, "Bilal Kaya asks you to stand in")
		asked.follow(asked.post("/cover/d-bilal/decline", "reason", "Too long for me").leads(t, "/")).says(t, "Declined.")
		asked.get("/cover/d-bilal").says(t, "You have declined this").hides(t, "Accept")
		b.get("/cover/d-bilal").says(t, "Ada Lindqvist declined", "Too long for me")
	})
}

func TestInvitationsThatAreOver(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.set(func(s *directory.Settings) { s.Delegation.Accept = true })
		ids := map[string]standin.DelegationID{}
		for _, actor := range []standin.PersonID{"bilal", "chiara"} {
			d, err := h.Delegations.Name(t.Context(), h.caller("ada"), delegation.Naming{Actors: []standin.PersonID{actor}, Principal: "ada", Purpose: "Fair",
				End: h.now().Add(14 * time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			ids[string(actor)] = d[0].ID
		}
		if _, err := h.Delegations.Revoke(t.Context(), h.caller("ada"), ids["chiara"]); err != nil {
			t.Fatal(err)
		}
		h.as("chiara").get("/cover/"+string(ids["chiara"])).is(t, http.StatusOK).says(t, "Ada Lindqvist has withdrawn this invitation").hides(t, "Accept")
		h.pass(14 * time.Hour)
		b := h.as("bilal")
		b.get("/cover/"+string(ids["bilal"])).says(t, "This invitation expired Mon 2 Nov, 24:00").hides(t, "Accept")
		b.post("/cover/"+string(ids["bilal"])+"/accept").is(t, http.StatusConflict).says(t, "expired")
	})
}

func TestAnAdministratorWhoNamesThemselvesWaitsForAYes(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.set(func(s *directory.Settings) { s.Delegation.Accept = true })
		admin := h.as("boss")
		admin.get("/cover/name?principal=ada")
		admin.post("/cover/name", form("do", "check", "principal", "ada", "actor", "boss", "when", "week")...).says(t, "Until they say yes, nothing starts")
		admin.confirmed()
		at := slices.IndexFunc(h.named("ada"), func(d delegation.View) bool { return d.Actor == "boss" })
		id := string(h.named("ada")[at].ID)
		b := h.as("ada")
		b.get("/cover/"+id).says(t, "Bea Boss asks to act for you", "Everything that you can do yourself", "You can end it at any time")
		b.follow(b.post("/cover/"+id+"/accept", "version", "1").leads(t, "/cover/"+id)).says(t, "Accepted", "Bea Boss named themselves")
	})
}
