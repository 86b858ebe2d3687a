package gallery

import (
	"time"

	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/frame"
)

func namingStates() []State {
	return []State{
		{"name", "plain", 0, func(b frame.Base) frame.Page { return naming(b) }},
		{"name", "for-somebody", 0, func(b frame.Base) frame.Page { v := naming(b); p := bilal(); v.Principal = &p; return v }},
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
		{"name", "areas", 0, func(b frame.Base) frame.Page { v := naming(b); v.What = "areas"; v.Areas[0].Picked = true; return v }},
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
			v.Limited, v.Could = true, []string{b.T("check.only", "What", "Expense (Workdesk)"), b.T("check.reads_only")}
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
		Grant: grant(b)}
	v.Dates = web.Dates{From: web.Input{Day: "2026-11-23", Time: "00:00"}, To: web.Input{Day: "2026-11-27", Time: "23:59"}, DatesZone: "Europe/Berlin", Longest: b.T("dates.longest", "Span", b.Span(90*24*time.Hour))}
	for _, reason := range []string{"leave", "illness", "travel", "parental", "else"} {
		v.Purposes = append(v.Purposes, frame.Option{Value: reason, Label: b.T("name.reason." + reason)})
	}
	return v
}

func grant(b frame.Base) web.Grant {
	option := func(value, label, hint string) frame.Option {
		return frame.Option{Value: value, Label: b.T(label), Hint: b.T(hint)}
	}
	return web.Grant{What: "full", Scopes: []frame.Option{option("full", "name.full", "name.full_hint"), option("view", "name.view", "name.view_hint"),
		option("areas", "name.some", "name.some_hint"), option("entry", "name.entry", "name.entry_hint")},
		Areas:    []frame.Option{{Value: "desk:expense.*", Label: "Expense", Hint: "Workdesk"}, {Value: "desk:project.*", Label: "Project", Hint: "Workdesk"}, {Value: "desk:report.*", Label: "Report", Hint: "Workdesk"}},
		Entries:  []frame.Option{{Value: "desk:timecard.enter", Label: "Timecard: enter", Hint: "Workdesk"}, {Value: "desk:expense.enter", Label: "Expense: enter", Hint: "Workdesk"}},
		Sealable: "bank account, pay rate"}
}

func checking(b frame.Base) *web.Check {
	c := bilal()
	return &web.Check{Base: b, Actors: []*frame.Who{&c}, Principal: *ada(), Start: on(2, 0), End: on(7, 0), Purpose: "Annual leave", Length: b.Span(5 * 24 * time.Hour),
		Kept:  []frame.Kept{{Name: "actor", Value: "p-bilal"}, {Name: "when", Value: "week"}},
		Could: []string{b.T("check.your_rights", "Principal", ada().Name)}, CouldNot: []string{b.T("check.no_more", "Principal", ada().Name), b.T("check.personal"), b.T("check.sealed_closed")},
		Confidential: []string{b.T("check.sealed_named", "Actor", c.Name, "Fields", "Expense: amount, receipts")},
		Notes:        []string{b.T("check.told")}}
}
