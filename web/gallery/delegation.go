package gallery

import (
	"time"

	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/frame"
)

func delegationStates() []State {
	show := func(b frame.Base, state string, deeds ...web.Deed) *web.Delegation {
		return delegated(b, state, deeds...)
	}
	return []State{
		{"delegation", "active", 0, func(b frame.Base) frame.Page {
			return show(b, "active", web.Deed{Do: "renew", Look: "primary"}, web.Deed{Do: "edit"}, web.Deed{Do: "end", Look: "danger"})
		}},
		{"delegation", "active-as-actor", 0, func(b frame.Base) frame.Page {
			v := show(b, "active", web.Deed{Do: "start", Look: "primary"}, web.Deed{Do: "laydown"})
			v.Principal, v.Actor = bilal(), *ada()
			return v
		}},
		{"delegation", "limited-as-actor", 0, func(b frame.Base) frame.Page {
			v := show(b, "active", web.Deed{Do: "start", Look: "primary"}, web.Deed{Do: "laydown"})
			v.Principal, v.Actor = bilal(), *ada()
			v.Limits = []string{b.T("limit.allow", "What", "Expense (Workdesk)"), b.T("limit.read_only"), b.T("limit.units", "What", "sales/emea")}
			return v
		}},
		{"delegation", "upcoming", 0, func(b frame.Base) frame.Page {
			return show(b, "upcoming", web.Deed{Do: "edit"}, web.Deed{Do: "delete", Look: "danger"})
		}},
		{"delegation", "dormant", 0, func(b frame.Base) frame.Page {
			v := show(b, "dormant", web.Deed{Do: "enable"}, web.Deed{Do: "edit"}, web.Deed{Do: "delete", Look: "danger"})
			v.Standby = true
			return v
		}},
		{"delegation", "enabled", 0, func(b frame.Base) frame.Page {
			return show(b, "enabled", web.Deed{Do: "disable", Look: "primary"}, web.Deed{Do: "enable"}, web.Deed{Do: "edit"}, web.Deed{Do: "delete", Why: b.T("delegation.used")}, web.Deed{Do: "inactivate"})
		}},
		{"delegation", "invited", 0, func(b frame.Base) frame.Page {
			return show(b, "asked", web.Deed{Do: "edit"}, web.Deed{Do: "end", Look: "danger"})
		}},
		{"delegation", "paused", 0, func(b frame.Base) frame.Page {
			v := show(b, "active", web.Deed{Do: "end", Look: "danger"})
			v.Notes = []string{b.T("line.account_inactive")}
			return v
		}},
		{"delegation", "ended", 0, func(b frame.Base) frame.Page {
			return show(b, "over", web.Deed{Do: "delete", Why: b.T("delegation.used")}, web.Deed{Do: "inactivate"})
		}},
		{"delegation", "inactive", 0, func(b frame.Base) frame.Page {
			return show(b, "inactive", web.Deed{Do: "reactivate", Look: "primary"}, web.Deed{Do: "edit"}, web.Deed{Do: "end", Look: "danger"})
		}},
		{"delegation", "acting", 0, func(b frame.Base) frame.Page {
			b = actingFor(b, bilal(), 42)
			v := show(b, "active", web.Deed{Do: "renew"}, web.Deed{Do: "edit"}, web.Deed{Do: "enable"}, web.Deed{Do: "end"})
			v.Barred = b.T("delegation.acting")
			v.Principal, v.Actor = bilal(), chiara()
			return v
		}},
		{"delegation", "names", 0, func(b frame.Base) frame.Page {
			v := show(b, "active", web.Deed{Do: "edit"}, web.Deed{Do: "end", Look: "danger"})
			v.Principal, v.Actor, v.Purpose = noor(), lengthy(), hostile().Name
			v.Principal.Alike = true
			return v
		}},
		{"edit", "plain", 0, func(b frame.Base) frame.Page { return editing(b) }},
		{"edit", "standby", 0, func(b frame.Base) frame.Page { v := editing(b); v.Standby = true; return v }},
		{"edit", "problems", 422, func(b frame.Base) frame.Page {
			v := editing(wrong(b, frame.Problem{Field: "end", Text: sample(b, "That is longer than your organisation allows: 90 days.", "Das ist länger, als Ihre Organisation erlaubt: 90 Tage.")}, frame.Problem{Field: "purpose", Text: b.T("name.purpose_missing")}))
			v.To.Day, v.Purpose = "2027-12-01", ""
			return v
		}},
		{"edit", "asks-again", 0, func(b frame.Base) frame.Page { v := editing(b); v.Accepts = v.Actor.Name; return v }},
		{"invitation", "open", 0, func(b frame.Base) frame.Page { return inviting(b, "") }},
		{"invitation", "standby-limited", 0, func(b frame.Base) frame.Page {
			v := inviting(b, "")
			v.Standby, v.Limits = true, []string{b.T("limit.read_only")}
			return v
		}},
		{"invitation", "administrator", 0, func(b frame.Base) frame.Page { v := inviting(b, ""); v.Reverse = true; return v }},
		{"invitation", "expired", 0, func(b frame.Base) frame.Page {
			return inviting(b, b.T("invitation.expired", "Moment", b.Near(on(-1, 9)).Text))
		}},
		{"invitation", "withdrawn", 0, func(b frame.Base) frame.Page {
			return inviting(b, b.T("invitation.withdrawn", "Principal", chiara().Name))
		}},
		{"invitation", "answered", 0, func(b frame.Base) frame.Page { return inviting(b, b.T("invitation.answered")) }},
		{"invitation", "problem", 422, func(b frame.Base) frame.Page {
			v := inviting(wrong(b, frame.Problem{Field: "reason", Text: sample(b, "Say why, so that they can ask somebody else.", "Sagen Sie, warum, damit man jemand anderen fragen kann.")}), "")
			return v
		}},
		{"invitation", "acting", 0, func(b frame.Base) frame.Page {
			b = actingFor(b, bilal(), 42)
			v := inviting(b, "")
			v.Why = b.T("invitation.acting", "Principal", bilal().Name)
			return v
		}},
		{"invitation", "names", 0, func(b frame.Base) frame.Page {
			v := inviting(b, "")
			v.Other = noor()
			v.Purpose = hostile().Name
			return v
		}},
	}
}

func delegated(b frame.Base, state string, deeds ...web.Deed) *web.Delegation {
	label := state
	if state == "enabled" {
		label = "active"
	}
	return &web.Delegation{Base: b, ID: "d-2", Actor: chiara(), Principal: *ada(), State: label, Label: b.T("state." + label),
		Line:  b.T("line."+state, "Moment", b.Near(on(7, 22)).Text, "By", ada().Name, "Actor", chiara().Name),
		Start: on(-3, 8), End: on(7, 22), Theirs: b.T("delegation.theirs_when", "Principal", ada().Name, "When", "Wed 18 Nov, 09:00 – Sat 28 Nov, 23:00"),
		Purpose: "Annual leave", Doing: labelled(b, deeds), Audit: "/audit?resource=delegation:d-2",
		Spans: []frame.Option{{Value: "2h", Label: b.Span(2 * time.Hour)}, {Value: "8h", Label: b.Span(8 * time.Hour)}, {Value: "24h", Label: b.Span(24 * time.Hour)}, {Value: "168h", Label: b.Span(7 * 24 * time.Hour)}},
		History: []web.Event{
			{At: on(-3, 10), Text: sample(b, "Chiara Moretti stopped acting", "Chiara Moretti hat aufgehört zu handeln")},
			{At: on(-3, 9), Text: sample(b, "Chiara Moretti started acting", "Chiara Moretti hat begonnen zu handeln")},
			{At: on(-4, 10), Text: sample(b, "Ada Lindqvist named Chiara Moretti", "Ada Lindqvist hat Chiara Moretti benannt"), Detail: "Annual leave"},
		}}
}

func labelled(b frame.Base, deeds []web.Deed) []web.Deed {
	for i := range deeds {
		deeds[i].Label = b.T("do." + deeds[i].Do)
		if i > 0 && deeds[i].Do == "enable" {
			deeds[i].Label = b.T("do.enable_anew")
		}
	}
	return deeds
}

func editing(b frame.Base) *web.Edit {
	v := &web.Edit{Base: b, ID: "d-2", Version: "3", Actor: chiara(), Principal: *ada(), Page: granting(b), Purpose: "Annual leave"}
	v.Dates = web.Dates{From: web.Input{Day: "2026-11-18", Time: "09:00"}, To: web.Input{Day: "2026-11-28", Time: "23:00"}, DatesZone: "Europe/Berlin", Longest: b.T("dates.longest", "Span", b.Span(90*24*time.Hour))}
	return v
}

func inviting(b frame.Base, closed string) *web.Invitation {
	return &web.Invitation{Base: b, ID: "d-9", Version: "1", Other: chiara(), Start: on(2, 9), End: on(12, 18), Expires: on(2, 9), Purpose: "Year-end closing", Closed: closed}
}

func actingStates() []State {
	typed := []frame.Kept{{Name: "note", Label: "Note", Value: "Please approve the order for the trade fair before Friday."}}
	ended := func(b frame.Base, key string) *frame.Ended {
		return &frame.Ended{Base: b, Principal: bilal(), Sentence: b.T(key, "By", bilal().Name, "Principal", bilal().Name, "Time", b.Words.Clock(Now.In(b.Location)))}
	}
	return []State{
		{"ended", "revoked", 409, func(b frame.Base) frame.Page {
			v := ended(b, "ended.revoked")
			v.Unsent, v.Typed = true, typed
			return v
		}},
		{"ended", "expired", 0, func(b frame.Base) frame.Page { return ended(b, "ended.expired") }},
		{"ended", "cover-over", 0, func(b frame.Base) frame.Page { return ended(b, "ended.cover_over") }},
		{"ended", "inactive", 0, func(b frame.Base) frame.Page { return ended(b, "ended.inactive") }},
		{"ended", "sign-in-over", 0, func(b frame.Base) frame.Page { return ended(b, "ended.login_over") }},
		{"ended", "stopped", 0, func(b frame.Base) frame.Page { return ended(b, "ended.stopped") }},
		{"stop", "acting", 0, func(b frame.Base) frame.Page { return &web.Stop{Base: actingFor(b, bilal(), 42)} }},
		{"stop", "already", 0, func(b frame.Base) frame.Page { return &web.Stop{Base: b} }},
		{"changed", "as-somebody-else", 409, func(b frame.Base) frame.Page {
			return &frame.Changed{Base: actingFor(b, bilal(), 42), Was: ada(), WasText: ada().Name, Again: "/cover/name", Typed: typed}
		}},
		{"changed", "as-myself", 409, func(b frame.Base) frame.Page {
			was := bilal()
			return &frame.Changed{Base: b, Was: &was, WasText: b.T("who.for", "Actor", ada().Name, "Principal", was.Name), Again: "/"}
		}},
		{"changed", "signed-out", 409, func(b frame.Base) frame.Page { return &frame.Changed{Base: nobody(b), Again: "/signin", Typed: typed} }},
	}
}

func failureStates() []State {
	state := func(name string, status int, icon, heading, text string) State {
		return State{"error", name, status, func(b frame.Base) frame.Page {
			return &frame.Failure{Base: b, Status: status, Icon: icon, Heading: b.T(heading), Text: b.T(text)}
		}}
	}
	return []State{
		{"error", "forbidden", 403, func(b frame.Base) frame.Page {
			return &frame.Failure{Base: b, Status: 403, Icon: "lock", Heading: b.T("failure.e403"), Rule: "delegation.acting",
				Text: sample(b, "Nobody names a stand-in while acting for somebody else.", "Niemand benennt eine Vertretung, während er für andere handelt.")}
		}},
		{"error", "forbidden-acting", 403, func(b frame.Base) frame.Page {
			return &frame.Failure{Base: actingFor(b, bilal(), 42), Status: 403, Icon: "lock", Heading: b.T("failure.e403"), Rule: "delegation.acting",
				Text: sample(b, "Nobody names a stand-in while acting for somebody else.", "Niemand benennt eine Vertretung, während er für andere handelt.")}
		}},
		state("not-found", 404, "search", "failure.e404", "failure.e404_text"),
		state("conflict", 409, "repeat-2", "failure.e409", "failure.not_saved"),
		{"error", "too-many", 429, func(b frame.Base) frame.Page {
			return &frame.Failure{Base: nobody(b), Status: 429, Icon: "hourglass", Heading: b.T("failure.e429"), Text: sample(b, "Wait a minute, then try again.", "Warten Sie eine Minute und versuchen Sie es noch einmal."), Again: "/signin"}
		}},
		state("internal", 500, "triangle-alert", "failure.e500", "failure.e500_text"),
		{"error", "unavailable", 503, func(b frame.Base) frame.Page {
			return &frame.Failure{Base: b, Status: 503, Icon: "pause", Heading: b.T("failure.e503"), Text: sample(b, "The database cannot be reached.", "Die Datenbank ist nicht erreichbar."), Saved: b.T("failure.not_saved"), Again: "/"}
		}},
		state("maintenance", 503, "pause", "failure.maintenance", "failure.maintenance_text"),
	}
}
