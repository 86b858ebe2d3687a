package gallery

import (
	"slices"
	"time"

	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/grant"
)

func namingStates() []State {
	return []State{
		{"name", "plain", 0, func(b frame.Base) frame.Page { return naming(b) }},
		{"name", "for-somebody", 0, func(b frame.Base) frame.Page {
			v := naming(b)
			p := bilal()
			v.Principal, v.Whose = &p, p.Name
			return v
		}},
		{"name", "problems", 422, func(b frame.Base) frame.Page {
			v := naming(wrong(b, frame.Problem{Field: "actor", Text: b.T("name.actor_missing")}, frame.Problem{Field: "end", Text: sample(b, "The end must be after the start.", "Das Ende muss nach dem Beginn liegen.")}))
			v.When, v.From, v.To, v.Purpose = "leave", web.Input{Day: "2026-12-24", Time: "00:00"}, web.Input{Day: "2026-12-20", Time: "23:59"}, "Christmas with my family"
			return v
		}},
		{"name", "conflict", 0, func(b frame.Base) frame.Page {
			v := naming(b)
			v.People[0].Picked = true
			v.People[0].Clash = sample(b, "Bilal Kaya is away 24–26 Nov. Add a second deputy?", "Bilal Kaya ist vom 24. bis 26. Nov. nicht da. Eine zweite Vertretung benennen?")
			return v
		}},
		{"name", "areas", 0, func(b frame.Base) frame.Page {
			v := naming(b)
			v.What = "areas"
			v.Tabs[0].Groups[0].Reads[0].Picked, v.InPlace[0].Picked = true, true
			return v
		}},
		{"name", "areas-second-tab", 0, func(b frame.Base) frame.Page {
			v := naming(b)
			v.What, v.Tabs[0].Open, v.Tabs[1].Open, v.SealedFields[0].Picked, v.Narrowed, v.Units[1].Picked = "areas", false, true, true, true, true
			return v
		}},
		{"name", "areas-problems", 422, func(b frame.Base) frame.Page {
			v := naming(wrong(b, frame.Problem{Field: "area", Text: b.T("name.area_missing")}, frame.Problem{Field: "field", Text: b.T("name.field_missing")}, frame.Problem{Field: "in_unit", Text: b.T("name.unit_missing")}))
			v.What, v.Narrowed = "areas", true
			return v
		}},
		{"name", "one-switched-off", 0, func(b frame.Base) frame.Page { v := naming(b); v.Asked[0].Picked = false; return v }},
		{"name", "nothing-held", 0, func(b frame.Base) frame.Page {
			v := naming(b)
			v.Asked, v.InPlace, v.Tabs, v.Entries, v.SealedFields, v.Units, v.Scopes = nil, nil, nil, nil, nil, nil, v.Scopes[:2]
			return v
		}},
		{"name", "entry", 0, func(b frame.Base) frame.Page { v := naming(b); v.What = "entry"; v.Entries[0].Picked = true; return v }},
		{"name", "for-whom", 0, func(b frame.Base) frame.Page {
			c, n := chiara(), noor()
			return &web.Name{Base: b, Asking: true, For: "a", Whom: []*frame.Who{&c, &n}}
		}},
		{"name", "for-whom-nobody", 0, func(b frame.Base) frame.Page { return &web.Name{Base: b, Asking: true, For: "zzz"} }},
		{"name", "nobody-found", 0, func(b frame.Base) frame.Page { v := naming(b); v.People, v.Find = nil, "zzz"; return v }},
		{"name", "names", 0, func(b frame.Base) frame.Page {
			v := naming(b)
			v.People = []web.Candidate{{Who: bilal()}, {Who: frame.Who{ID: "p-b1lal", Name: "Вilal Kaya", Email: "b1lal@acme.example"}, Picked: true}, {Who: noor()}, {Who: lengthy(), Last: true}, {Who: hostile()}}
			for i := range v.People[:2] {
				v.People[i].Alike = true
			}
			return v
		}},
		{"check", "cover", 0, func(b frame.Base) frame.Page { return checking(b) }},
		{"check", "several-prove", 0, func(b frame.Base) frame.Page {
			v := checking(b)
			c := noor()
			v.Actors, v.Prove = append(v.Actors, &c), true
			return v
		}},
		{"check", "standby", 0, func(b frame.Base) frame.Page {
			v := checking(b)
			v.Standby, v.Length = true, b.T("check.until_enabled")
			return v
		}},
		{"check", "limited", 0, func(b frame.Base) frame.Page {
			v := checking(b)
			v.Could, v.CouldNot = v.Could[:1], append(v.CouldNot[:2:2], b.T("check.no_change"))
			return v
		}},
		{"check", "sealed", 0, func(b frame.Base) frame.Page {
			v := checking(b)
			v.CouldNot = v.CouldNot[:2]
			v.Confidential = []string{b.T("check.sealed_named", "Actor", bilal().Name, "Fields", sample(b, "Expense: Bank account; Person: Pay rate", "Spesen: Kontonummer; Person: Stundensatz"))}
			return v
		}},
		{"check", "nothing", 0, func(b frame.Base) frame.Page {
			v := checking(b)
			v.Could = nil
			return v
		}},
		{"check", "wrong-password", 401, func(b frame.Base) frame.Page {
			v := checking(wrong(b, frame.Problem{Field: "password", Text: sample(b, "The password is not right.", "Das Passwort stimmt nicht.")}))
			v.Prove = true
			return v
		}},
		{"check", "names", 0, func(b frame.Base) frame.Page {
			v := checking(b)
			l, m, n := lengthy(), hostile(), noor()
			v.Actors, v.Principal, v.Purpose = []*frame.Who{&l, &m, &n}, noor(), "<b>bold</b> \u202epurpose"
			return v
		}},
	}
}

func naming(b frame.Base) *web.Name {
	option := func(value, label, hint string, args ...any) frame.Option {
		return frame.Option{Value: value, Label: b.T(label), Hint: b.T(hint, args...)}
	}
	v := &web.Name{Base: b, When: "week", More: true, Reason: "leave",
		People: []web.Candidate{{Who: bilal(), Last: true}, {Who: chiara()}, {Who: noor()}},
		Spans: []frame.Option{option("today", "name.today", "name.today_hint"), option("week", "name.week", "name.week_hint", "Moment", b.Words.Day(on(1, 12), b.Now)),
			option("leave", "name.leave", "name.leave_hint"), option("open", "name.open", "name.open_hint", "Span", b.Span(90*24*time.Hour)),
			option("standby", "name.standby", "name.standby_hint")},
		Page: granting(b)}
	v.Dates = web.Dates{From: web.Input{Day: "2026-11-23", Time: "00:00"}, To: web.Input{Day: "2026-11-27", Time: "23:59"}, DatesZone: "Europe/Berlin", Longest: b.T("dates.longest", "Span", b.Span(90*24*time.Hour))}
	for _, reason := range []string{"leave", "illness", "travel", "parental", "else"} {
		v.Purposes = append(v.Purposes, frame.Option{Value: reason, Label: b.T("name.reason." + reason)})
	}
	return v
}

func granting(b frame.Base) grant.Page {
	option := func(value, label, hint string) frame.Option {
		return frame.Option{Value: value, Label: b.T(label), Hint: b.T(hint)}
	}
	line := func(typ, english, german, value string) frame.Option {
		return frame.Option{Value: "desk:" + value, Label: sample(b, english, german), Hint: typ}
	}
	whole := func(value, english, german string) frame.Option { return line("", english, german, value) }
	expense, card, report := sample(b, "Expense", "Spesen"), sample(b, "Time card", "Zeitkarte"), sample(b, "Report", "Bericht")
	asked := []frame.Option{whole("expense.approve", "Approve expenses", "Spesen genehmigen"), whole("timecard.approve", "Approve time", "Zeiten genehmigen"),
		whole("project.manage", "Manage projects", "Projekte leiten")}
	ticked := slices.Clone(asked)
	for i := range ticked {
		ticked[i].Picked = true
	}
	return grant.Page{What: "full", Send: "/cover/name", Scopes: []frame.Option{option("full", "name.full", "name.full_hint"), option("view", "name.view", "name.view_hint"),
		option("areas", "name.some", "name.some_hint"), option("entry", "name.entry", "name.entry_hint")}, Asked: ticked, InPlace: asked,
		Tabs: []grant.Tab{
			{ID: "general", Label: b.T("category.general"), Open: true, Groups: []grant.Group{
				{Label: expense, Hint: "Workdesk", Reads: []frame.Option{line(expense, "View", "Ansehen", "expense.view")}, Changes: []frame.Option{line(expense, "Edit", "Bearbeiten", "expense.edit")}},
				{Label: card, Hint: "Workdesk", Reads: []frame.Option{line(card, "View", "Ansehen", "timecard.view")}, Changes: []frame.Option{line(card, "Edit", "Bearbeiten", "timecard.edit"), line(card, "Return to its owner", "Zurückgeben", "timecard.return")}}}},
			{ID: "report", Label: b.T("category.report"), Groups: []grant.Group{{Label: report, Hint: "Workdesk", Reads: []frame.Option{line(report, "View", "Ansehen", "report.view"), line(report, "Run", "Ausführen", "report.run")}}}},
			{ID: "field_service", Label: "Field service", Groups: []grant.Group{{Label: "Visit", Hint: "Rounds", Changes: []frame.Option{line("Visit", "Plan", "Plan", "visit.plan")}}}}},
		Entries:      []frame.Option{whole("timecard.enter", "Enter time", "Zeiten erfassen"), whole("expense.enter", "Enter expenses", "Spesen erfassen")},
		SealedFields: []frame.Option{{Value: "desk:expense/bank_account", Label: sample(b, "Bank account", "Kontonummer"), Hint: expense}, {Value: "desk:person/pay_rate", Label: sample(b, "Pay rate", "Stundensatz"), Hint: sample(b, "Person", "Person")}},
		Units:        []frame.Option{{Value: "sales", Label: "sales"}, {Value: "sales/emea", Label: "sales/emea"}, {Value: "finance", Label: "finance"}}}
}

func could(b frame.Base) []frame.Could {
	return []frame.Could{{Application: "Workdesk", Things: []frame.Thing{
		{Type: sample(b, "Expense", "Spesen"), Deeds: []frame.Doing{{What: sample(b, "View, edit", "Ansehen, bearbeiten"), Where: b.T("could.own_and", "Principal", ada().Name, "Others", b.T("could.in", "Units", "sales/emea"))},
			{What: sample(b, "Approve", "Genehmigen"), Where: b.T("could.in", "Units", "sales/emea")}}},
		{Type: sample(b, "Report", "Bericht"), Deeds: []frame.Doing{{What: sample(b, "View, run", "Ansehen, ausführen")}}}}},
		{Application: "Standin", Things: []frame.Thing{{Type: b.T("power.audit"), Deeds: []frame.Doing{{What: sample(b, "View", "Ansehen"), Where: b.T("could.own", "Principal", ada().Name)}}}}}}
}

func checking(b frame.Base) *web.Check {
	c := bilal()
	hidden := sample(b, "Expense: Bank account", "Spesen: Kontonummer")
	return &web.Check{Base: b, Actors: []*frame.Who{&c}, Principal: *ada(), Start: on(2, 0), End: on(7, 0), Purpose: "Annual leave", Length: b.Span(5 * 24 * time.Hour),
		Kept:  []frame.Kept{{Name: "actor", Value: "p-bilal"}, {Name: "when", Value: "week"}},
		Could: could(b), CouldNot: []string{b.T("check.no_more", "Principal", ada().Name), b.T("check.personal"), b.T("check.sealed_named_not", "Fields", hidden)},
		Notes: []string{b.T("check.told")}}
}
