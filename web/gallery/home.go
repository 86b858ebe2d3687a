package gallery

import (
	"github.com/standin-id/standin/directory/checks"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/frame"
)

func homeStates() []State {
	return []State{
		{"home", "empty", 0, func(b frame.Base) frame.Page { return &web.Home{Base: b} }},
		{"home", "busy", 0, func(b frame.Base) frame.Page { return busyHome(b) }},
		{"home", "named-just-now", 0, func(b frame.Base) frame.Page { return busyHome(flash(b, b.T("done.named"))) }},
		{"home", "acting", 0, func(b frame.Base) frame.Page {
			b = actingFor(b, bilal(), 42)
			v := &web.Home{Base: b, NameWhy: b.T("home.while_acting", "Principal", bilal().Name), Mine: []web.Cover{cover(b, "d-1", *ada(), "active", "Annual leave")}}
			return v
		}},
		{"home", "acting-within-limits", 0, func(b frame.Base) frame.Page {
			b = actingFor(b, chiara(), 17)
			return &web.Home{Base: b, NameWhy: b.T("home.while_acting", "Principal", chiara().Name), Hidden: b.T("home.limits_hide", "Principal", chiara().Name),
				Mine: []web.Cover{cover(b, "d-1", *ada(), "active", "Annual leave")}}
		}},
		{"home", "acting-five-minutes", 0, func(b frame.Base) frame.Page {
			b = actingFor(b, noor(), 4)
			return &web.Home{Base: b, NameWhy: b.T("home.while_acting", "Principal", noor().Name)}
		}},
		{"home", "acting-until-cover-ends", 0, func(b frame.Base) frame.Page {
			b = actingFor(b, lengthy(), 125)
			b.Acting.Why, b.Acting.Extendable, b.Acting.ReadOnly = "cover", false, true
			return &web.Home{Base: b, NameWhy: b.T("home.while_acting", "Principal", lengthy().Name)}
		}},
		{"home", "support", 0, func(b frame.Base) frame.Page {
			b = actingFor(b, chiara(), 28)
			b.Acting.Kind, b.Acting.ReadOnly, b.Acting.Ticket, b.Acting.Extendable = "support", true, "HD-4821", false
			return &web.Home{Base: b, NameWhy: b.T("home.while_acting", "Principal", chiara().Name)}
		}},
		{"home", "names", 0, func(b frame.Base) frame.Page {
			v := &web.Home{Base: b, Mine: []web.Cover{cover(b, "d-6", noor(), "active", "إجازة سنوية"), cover(b, "d-7", lengthy(), "upcoming", "Negotiations on the framework contract"),
				cover(b, "d-8", hostile(), "dormant", "<img src=x onerror=alert(1)>\u202egnp.exe")}}
			return v
		}},
		{"home", "administrator", 0, func(b frame.Base) frame.Page { v := busyHome(b); v.Managed = true; return v }},
	}
}

func cover(b frame.Base, id string, other frame.Who, state, purpose string) web.Cover {
	line := b.T("line."+state, "Moment", b.Near(on(7, 22)).Text, "Actor", other.Name, "By", other.Name)
	return web.Cover{ID: id, Other: other, State: state, Label: b.T("state." + state), Line: line, Purpose: purpose}
}

func busyHome(b frame.Base) *web.Home {
	b.Nav = "home"
	return &web.Home{Base: b,
		Alerts: []web.Alert{
			{Tone: "", Icon: "mail", Text: sample(b, "Chiara Moretti asks you to stand in.", "Chiara Moretti bittet Sie um Vertretung."),
				Detail: "Year-end closing", Link: "/cover/d-9", LinkText: sample(b, "Answer", "Antworten")},
			{Tone: "warn", Icon: "clock", Text: sample(b, "Bilal Kaya switched on your standby, until tomorrow, 18:00.", "Bilal Kaya hat Ihre Bereitschaft eingeschaltet, bis morgen, 18:00 Uhr."),
				Link: "/cover/d-3", LinkText: sample(b, "Look", "Ansehen")},
		},
		MoreAlerts: []web.Alert{
			{Icon: "user-round-check", Text: b.T("alert.named.actor", "Principal", bilal().Name), Detail: "Annual leave", Link: "/cover/d-1", LinkText: b.T("alert.look")},
		},
		Mine:   []web.Cover{cover(b, "d-2", chiara(), "upcoming", "Annual leave"), cover(b, "d-4", noor(), "dormant", "Illness")},
		Others: []web.Cover{cover(b, "d-1", bilal(), "active", "Annual leave"), cover(b, "d-9", chiara(), "asked", "Year-end closing")},
		Past:   []web.Cover{cover(b, "d-0", bilal(), "over", "Trade fair")},
		Dates: []web.NextDate{
			{At: on(2, 9), Text: sample(b, "Chiara Moretti starts covering for you", "Chiara Moretti beginnt, Sie zu vertreten")},
			{At: on(7, 23), Ends: true, Text: sample(b, "You stop covering for Bilal Kaya", "Sie vertreten Bilal Kaya nicht mehr")},
		},
	}
}

func auditStates() []State {
	return []State{
		{"audit", "own", 0, func(b frame.Base) frame.Page { return audit(b, false) }},
		{"audit", "everything", 0, func(b frame.Base) frame.Page {
			v := audit(b, true)
			v.Sealed = &web.Sealed{Text: b.T("audit.sealed"), Detail: b.T("audit.sealed_detail", "N", b.Number(12408), "Moment", b.Near(Now).Text)}
			v.Older = "/audit?before=881"
			return v
		}},
		{"audit", "late", 0, func(b frame.Base) frame.Page {
			v := audit(b, true)
			v.Sealed = &web.Sealed{Late: true, Text: b.T("audit.late"), Detail: b.T("audit.late_detail", "Waiting", b.Number(12), "Moment", b.Near(on(0, 8)).Text)}
			return v
		}},
		{"audit", "acting", 0, func(b frame.Base) frame.Page {
			v := audit(actingFor(b, bilal(), 42), false)
			v.Export, v.Sheet = "/audit/export", "/audit/export?form=csv"
			return v
		}},
		{"audit", "looked-far", 0, func(b frame.Base) frame.Page {
			v := looked(b)
			v.Rows = v.Rows[:2]
			return v
		}},
		{"audit", "found-none-yet", 0, func(b frame.Base) frame.Page {
			v := looked(b)
			v.Rows = nil
			return v
		}},
		{"audit", "never-verified", 0, func(b frame.Base) frame.Page { return checked(b, checks.Check{}) }},
		{"audit", "verifying", 0, func(b frame.Base) frame.Page {
			return checked(b, checks.Check{ID: "check-1", Done: 4_310_000, Total: 10_000_000})
		}},
		{"audit", "verified", 0, func(b frame.Base) frame.Page {
			return checked(b, checks.Check{ID: "check-1", Size: 10_000_000, EndedAt: Now})
		}},
		{"audit", "broken", 0, func(b frame.Base) frame.Page {
			v := checked(b, checks.Check{ID: "check-1", Size: 10_000_000, EndedAt: Now, Finding: ledger.Altered, Sequence: 881, Last: 881, Record: "r-1"})
			v.Rows[1].Broken, v.Check.First = true, "/audit?before=881"
			return v
		}},
		{"audit", "broken-somewhere", 0, func(b frame.Base) frame.Page {
			return checked(b, checks.Check{ID: "check-1", EndedAt: Now, Finding: ledger.Removed, Sequence: 640, Last: 1_023})
		}},
		{"audit", "not-verifiable", 0, func(b frame.Base) frame.Page {
			return checked(b, checks.Check{ID: "check-1", EndedAt: Now, Finding: checks.Undone, Sequence: -1, Last: -1})
		}},
		{"audit", "one-session", 0, func(b frame.Base) frame.Page {
			v := audit(b, true)
			v.Rows, v.Filtered, v.Session = v.Rows[:1], true, "s-4fj2kqxw7cbmtz3hvdn6ra5gpe"
			return v
		}},
		{"audit", "empty", 0, func(b frame.Base) frame.Page { v := audit(b, false); v.Rows = nil; return v }},
		{"audit", "filtered-nothing", 0, func(b frame.Base) frame.Page {
			v := audit(b, true)
			v.Rows, v.Filtered, v.Who, v.OnlyActing, v.From = nil, true, "p-bilal", true, "2026-11-01"
			return v
		}},
	}
}

// checked is the audit page as whoever sees everything has it, after the verification.
func checked(b frame.Base, c checks.Check) *web.Audit {
	v := audit(b, true)
	v.Check = web.Checking(b, c)
	v.Check.MayAsk = !c.Running()
	return v
}

func audit(b frame.Base, all bool) *web.Audit {
	b.Nav = "audit"
	say := func(english, german string) string { return sample(b, english, german) }
	return &web.Audit{Base: b, All: all, Quiet: !all, People: []frame.Who{*ada(), bilal(), chiara()},
		ActionChoices: []frame.Option{{Value: "acting.", Label: say("Acting", "Handeln für andere")}, {Value: "delegation.", Label: say("Delegations", "Vertretungen")}},
		Deeds:         []web.Deeds{{Application: "Workdesk", Choices: []frame.Option{{Value: "desk:expense.", Label: say("Expense", "Auslage")}}}},
		Rows: []web.Entry{
			{At: on(0, 9), Actor: ada().Name, Principal: bilal().Name, ForOther: true, Action: "acting.start", Text: say("Started acting", "Hat begonnen zu handeln"),
				Resource: "session:s-4fj2kqxw7cbmtz3hvdn6ra5gpe", Delegation: "d-1", Session: "s-4fj2kqxw7cbmtz3hvdn6ra5gpe", Outcome: "done"},
			{At: on(0, 9), Actor: ada().Name, Principal: bilal().Name, ForOther: true, Action: "delegation.name", Text: say("Named a deputy", "Hat eine Vertretung benannt"),
				Resource: "delegation:d-11", Delegation: "d-1", Outcome: "refused", Reasons: []string{b.Words.Reason("delegation.not_while_acting")}},
			{At: on(-1, 17), Actor: bilal().Name, Principal: bilal().Name, Action: "delegation.name", Text: say("Named a deputy", "Hat eine Vertretung benannt"), Resource: "delegation:d-1", Outcome: "done"},
			{At: on(-1, 16), Actor: hostile().Name, ActorID: "p-mallory", Principal: lengthy().Name, PrincipalID: "p-long", ForOther: true, Action: "acting.end",
				Text: say("Stopped acting", "Hat aufgehört zu handeln"), Resource: "session:s-9d3k", Outcome: "done"},
			{At: on(-2, 11), Actor: b.T("actor.system"), Action: "acting.end", Text: say("A session ran out", "Eine Sitzung lief ab"), Resource: "session:s-11aa", Outcome: "done"},
			{At: on(-3, 8), Actor: noor().Name, Principal: noor().Name, Action: "login.create", Text: say("Could not sign in", "Konnte sich nicht anmelden"), Resource: "person:p-noor", Outcome: "failed", Reasons: []string{b.Words.Reason("signin.not_right")}},
		}}
}
