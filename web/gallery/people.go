package gallery

import (
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/world/lists"
)

func administers(b frame.Base) frame.Base {
	b.Menu, b.Nav = frame.Menu{People: true, Organisation: true, Rules: true, Reports: true}, "people"
	return b
}

func peopleStates() []State {
	return []State{
		{"people", "directory", 0, func(b frame.Base) frame.Page { return directory(b) }},
		{"people", "with-stand-ins", 0, func(b frame.Base) frame.Page {
			v := directory(b)
			v.StandIns, v.Filtered = true, true
			principal := bilal()
			v.Rows = append(v.Rows[:2:2], append([]admin.PersonRow{{Who: *ada(), For: &principal, Link: "/cover/d-1", State: b.T("state.active"), Look: "active",
				Line: b.T("line.active", "Moment", b.Until(on(7, 22)).Text), Doing: []admin.Link{{Icon: "repeat-2", Label: b.T("people.see_cover"), To: "/cover/d-1"}}}}, v.Rows[2:]...)...)
			return v
		}},
		{"people", "empty", 0, func(b frame.Base) frame.Page { v := directory(b); v.Rows, v.Next = nil, ""; return v }},
		{"people", "nobody-found", 0, func(b frame.Base) frame.Page {
			v := directory(b)
			v.Rows, v.Next, v.Find, v.Filtered = nil, "", "zzz", true
			return v
		}},
		{"people", "acting", 0, func(b frame.Base) frame.Page {
			v := directory(actingFor(b, bilal(), 42))
			v.CanAdd, v.CanImport, v.Barred = false, false, b.T("people.acting", "Principal", bilal().Name)
			for i := range v.Rows {
				v.Rows[i].Doing = nil
			}
			return v
		}},
		{"person", "whole", 0, func(b frame.Base) frame.Page { return person(b) }},
		{"person", "never-signed-in", 0, func(b frame.Base) frame.Page {
			v := person(b)
			v.SignedIn, v.State, v.Look, v.Entry, v.Roles, v.Groups, v.Mine, v.Others = "", b.T("people.state.new"), "dormant", b.T("person.no_password"), nil, nil, nil, nil
			return v
		}},
		{"person", "link-made", 0, func(b frame.Base) frame.Page {
			v := person(b)
			v.Invited, v.Link, v.LinkUntil = true, "https://standin.acme.example/password?token=kq7w2tzx5mpd4hvy3nbrc6jf", b.Until(on(7, 9)).Text
			v.Entry += " " + b.T("person.invited", "By", ada().Name, "Moment", v.LinkUntil)
			return v
		}},
		{"person", "inactive", 0, func(b frame.Base) frame.Page {
			v := person(b)
			v.Inactive, v.Names, v.State, v.Look = true, false, b.T("people.state.inactive"), "inactive"
			return v
		}},
		{"person", "refused", 403, func(b frame.Base) frame.Page {
			return person(wrong(b, frame.Problem{Text: sample(b, "Bilal Kaya has a role as high as yours, so somebody above you must make this link.",
				"Bilal Kaya hat eine Rolle, die so hoch ist wie Ihre; den Link muss jemand über Ihnen machen.")}))
		}},
		{"person", "names", 0, func(b frame.Base) frame.Page {
			v := person(b)
			v.Who, v.Groups = lengthy(), []admin.Joined{{ID: "g-2", Name: hostile().Name}}
			m := hostile()
			v.Manager = &m
			return v
		}},
		{"person", "acting", 0, func(b frame.Base) frame.Page {
			v := person(actingFor(b, chiara(), 42))
			v.Manages, v.Names, v.Barred = false, false, b.T("people.acting", "Principal", chiara().Name)
			return v
		}},
		{"person-form", "new", 0, func(b frame.Base) frame.Page {
			v := personForm(b)
			v.New, v.Action, v.Back, v.Heading = true, "/people/new", "/people", b.T("person.add")
			v.Name, v.Email, v.Manager, v.TimeZone = "", "", "", ""
			return v
		}},
		{"person-form", "edit", 0, func(b frame.Base) frame.Page { return personForm(b) }},
		{"person-form", "wrong", 422, func(b frame.Base) frame.Page {
			v := personForm(wrong(b, frame.Problem{Field: "email", Text: b.T("person.missing.email")},
				frame.Problem{Field: "manager", Text: b.T("person.several", "Find", "Ada", "First", "Ada Lindqvist (p-ada)", "Second", "Ada Berg (p-ada2)")}))
			v.Email, v.Manager = "", "Ada"
			return v
		}},
		{"person-check", "edit", 0, func(b frame.Base) frame.Page {
			v := personCheck(b, b.T("person.check_edit", "Name", bilal().Name))
			v.Changes = []admin.Difference{{Label: b.T("people.unit"), Before: "sales", After: "finance"}, {Label: b.T("person.manager"), After: "Chiara Moretti (p-chiara)"}}
			return v
		}},
		{"person-check", "role", 0, func(b frame.Base) frame.Page {
			v := personCheck(b, b.T("person.check_release", "Name", bilal().Name, "Role", "manager", "Unit", "sales"))
			v.Grave, v.Confirm = true, b.T("person.do_release")
			return v
		}},
		{"person-check", "nothing", 0, func(b frame.Base) frame.Page {
			v := personCheck(b, b.T("person.check_edit", "Name", bilal().Name))
			v.Nothing, v.Effects = true, nil
			return v
		}},
		{"person-conflict", "both", 409, func(b frame.Base) frame.Page {
			return &admin.Conflict{Base: administers(b), Action: "/people/p-bilal/edit", Back: "/people/p-bilal", Who: bilal(),
				Kept: []frame.Kept{{Name: "name", Value: "Bilal Kaya"}, {Name: "version", Value: "4"}},
				Rows: []admin.Clash{{Label: b.T("person.name"), Theirs: "Bilal Kaya", Yours: "Bilal Kaya"}, {Label: b.T("people.unit"), Theirs: "finance", Yours: "sales/emea", Differ: true},
					{Label: b.T("person.manager"), Theirs: "", Yours: lengthy().Name, Differ: true}}}
		}},
		{"leave", "everything", 0, func(b frame.Base) frame.Page { return leave(b) }},
		{"leave", "checked", 0, func(b frame.Base) frame.Page { v := leave(b); v.Checked = true; return v }},
		{"leave", "nothing", 0, func(b frame.Base) frame.Page {
			v := leave(b)
			v.Granted, v.Held, v.Reports = nil, nil, nil
			return v
		}},
		{"leave", "wrong", 422, func(b frame.Base) frame.Page {
			v := leave(wrong(b, frame.Problem{Field: "to-d-2", Text: b.T("audit.nobody", "Find", "zzz")}))
			v.Held[0].To = "zzz"
			return v
		}},
		{"import", "empty", 0, func(b frame.Base) frame.Page { return &admin.Import{Base: administers(b), Most: "32"} }},
		{"import", "wrong", 422, func(b frame.Base) frame.Page {
			return &admin.Import{Base: administers(wrong(b, frame.Problem{Field: "file", Text: sample(b, "The column “Nmae” is not known. Do you mean “name”?", "Die Spalte „Nmae“ ist nicht bekannt. Meinen Sie „name“?")})), Most: "32", Kind: "people"}
		}},
		{"import-run", "dry", 0, func(b frame.Base) frame.Page { return importRun(b) }},
		{"import-run", "nothing", 0, func(b frame.Base) frame.Page {
			v := importRun(b)
			v.Nothing, v.Rows, v.MoreRows, v.Counts = true, nil, 0, lists.Counts{Skip: 12, Refuse: 2}
			return v
		}},
		{"import-run", "running", 0, func(b frame.Base) frame.Page {
			return &admin.ImportRun{Base: administers(b), ID: "list-1", Running: true, Done: 4200, Total: 10000}
		}},
		{"import-run", "over", 0, func(b frame.Base) frame.Page { v := importRun(b); v.Over = true; return v }},
		{"import-run", "broke-off", 0, func(b frame.Base) frame.Page {
			v := importRun(b)
			v.Over, v.Failed, v.Ignored = true, b.T("import.broke_off"), "shoe size"
			return v
		}},
		{"groups", "list", 0, func(b frame.Base) frame.Page { return groups(b) }},
		{"groups", "empty", 0, func(b frame.Base) frame.Page { v := groups(b); v.Rows = nil; return v }},
		{"groups", "nothing-found", 0, func(b frame.Base) frame.Page { v := groups(b); v.Rows, v.Find = nil, "zzz"; return v }},
		{"group", "members", 0, func(b frame.Base) frame.Page { return group(b) }},
		{"group", "empty", 0, func(b frame.Base) frame.Page { v := group(b); v.Members = nil; return v }},
		{"group", "ended", 0, func(b frame.Base) frame.Page { v := group(b); v.Ended, v.Rules = true, false; return v }},
		{"group", "faster", 409, func(b frame.Base) frame.Page {
			return group(wrong(b, frame.Problem{Text: sample(b, "Somebody else changed this meanwhile. Look again and try once more.",
				"Jemand anderes hat das inzwischen geändert. Sehen Sie noch einmal nach und versuchen es erneut.")}))
		}},
	}
}

func units() []frame.Option {
	return []frame.Option{{Value: "finance", Label: "finance"}, {Value: "sales", Label: "sales", Picked: true}, {Value: "sales/emea", Label: "sales/emea"}}
}

func directory(b frame.Base) *admin.People {
	b = administers(b)
	v := &admin.People{Base: b, Units: []frame.Option{{Value: "sales", Label: "sales"}}, Roles: []frame.Option{{Value: "staff", Label: "staff"}},
		States: []frame.Option{{Label: b.T("people.filter.active")}, {Value: "all", Label: b.T("people.filter.all")}}, Next: "/people?after=x", Export: "/people/export",
		CanAdd: true, CanImport: true}
	for i, who := range []frame.Who{*ada(), bilal(), chiara(), noor(), lengthy(), hostile()} {
		state, look := b.T("people.state.active"), "active"
		if i == 3 {
			state, look = b.T("people.state.new"), "dormant"
		}
		v.Rows = append(v.Rows, admin.PersonRow{Who: who, Link: "/people/" + who.ID, State: state, Look: look, Doing: []admin.Link{
			{Icon: "plus", Label: b.T("people.name_for"), To: "/cover/name?principal=" + who.ID}, {Icon: "users-round", Label: b.T("people.see_deputies"), To: "/people/" + who.ID + "#deputies"},
			{Icon: "file-text", Label: b.T("people.edit"), To: "/people/" + who.ID + "/edit"}, {Icon: "mail", Label: b.T("people.invite"), To: "/people/" + who.ID + "#entry"},
			{Icon: "ban", Label: b.T("people.leave"), To: "/people/" + who.ID + "/leave"}}})
	}
	return v
}

func stands(b frame.Base, id string, other frame.Who) admin.Deputy {
	return admin.Deputy{ID: id, Other: other, State: "active", Label: b.T("state.active"), Line: b.T("line.active", "Moment", b.Until(on(7, 22)).Text), Purpose: "Annual leave"}
}

func person(b frame.Base) *admin.Person {
	b = administers(b)
	manager := chiara()
	return &admin.Person{Base: b, Who: bilal(), State: b.T("people.state.active"), Look: "active", Manager: &manager, TimeZone: "Europe/Berlin", SignedIn: b.Near(on(-1, 9)).Text,
		Since: b.Near(on(-40, 9)).Text, Manages: true, Names: true, Entry: b.T("person.has_password", "Moment", b.Near(on(-39, 9)).Text),
		Roles: []admin.Held{{Role: "staff", Name: "Staff", Unit: "sales", Says: "Workdesk: expense, view"}, {Role: "manager", Name: "Head of a unit", Unit: "sales",
			Says: "Workdesk: expense, approve · Workdesk: expense, view"}},
		AddRoles: []frame.Option{{Value: "auditor", Label: "Auditor"}}, Units: units(), Groups: []admin.Joined{{ID: "g-1", Name: "On call in December"}},
		AddGroups: []frame.Option{{Value: "g-2", Label: "Works council"}}, Mine: []admin.Deputy{stands(b, "d-1", *ada())}, Others: []admin.Deputy{stands(b, "d-2", noor())}}
}

func personForm(b frame.Base) *admin.PersonForm {
	return &admin.PersonForm{Base: administers(b), Action: "/people/p-bilal/edit", Back: "/people/p-bilal", Who: bilal(), Heading: b.T("person.edit", "Name", bilal().Name),
		DoneLabel: b.T("person.check"), Name: bilal().Name, Email: bilal().Email, Unit: "sales", Manager: "Chiara Moretti (p-chiara)", TimeZone: "Europe/Berlin", Units: units(),
		Tongues: []frame.Option{{Label: b.T("person.browser_language"), Picked: true}, {Value: "de", Label: "Deutsch"}}, OrganisationsZone: "Europe/Berlin"}
}

func someEffects(b frame.Base) []admin.Effect {
	return []admin.Effect{
		{Text: b.T("effect.ends_session", "Count", 1), Things: []string{b.T("effect.until", "What", b.T("who.for", "Actor", ada().Name, "Principal", bilal().Name), "Moment", b.Until(on(0, 10)).Text)}, Worse: true},
		{Text: b.T("effect.loses", "Count", 12), Things: []string{"Workdesk: expense, approve", "Workdesk: expense, view"}, More: 10, Worse: true},
		{Text: b.T("effect.gains", "Count", 1), Things: []string{"Workdesk: report, view"}},
	}
}

func personCheck(b frame.Base, heading string) *admin.PersonCheck {
	return &admin.PersonCheck{Base: administers(b), Action: "/people/p-bilal/edit", Back: "/people/p-bilal", Heading: heading, Effects: someEffects(b), Confirm: b.T("person.save"),
		Kept: []frame.Kept{{Name: "unit", Value: "finance"}}}
}

func leave(b frame.Base) *admin.Leave {
	return &admin.Leave{Base: administers(b), Who: bilal(), Back: "/people/p-bilal", Effects: someEffects(b),
		Granted: []admin.Line{{Deputy: stands(b, "d-1", *ada()), End: true}}, Held: []admin.Line{{Deputy: stands(b, "d-2", noor()), Field: "to-d-2", To: "Chiara Moretti (p-chiara)"}},
		Reports: []admin.Line{{Deputy: admin.Deputy{ID: "p-ada", Other: *ada()}}}, Manager: "Chiara Moretti (p-chiara)"}
}

func importRun(b frame.Base) *admin.ImportRun {
	return &admin.ImportRun{Base: administers(b), ID: "list-1", Name: "people.csv", Kind: "people", Counts: lists.Counts{Create: 1204, Change: 17, Skip: 8776, Refuse: 2},
		Rows: []admin.ImportRow{{Line: 2, Who: "Grace Mbeki grace@acme.example", Outcome: "create", Does: b.T("import.does.create")},
			{Line: 3, Who: lengthy().Name + " " + lengthy().Email, Outcome: "change", Does: b.T("import.changes", "What", "unit, manager")}}, MoreRows: 1219,
		Refused: []admin.ImportRow{{Line: 17, Who: hostile().Name, Outcome: "refuse", Why: sample(b, "This is not an e-mail address.", "Das ist keine E-Mail-Adresse.")},
			{Line: 90, Who: "Bilal Kaya", Outcome: "refuse", Why: sample(b, "There is no such unit.", "Diese Einheit gibt es nicht.")}}}
}

func groups(b frame.Base) *admin.Groups {
	return &admin.Groups{Base: administers(b), CanAdd: true, Units: units(), Next: "/groups?after=x",
		Rows: []admin.GroupRow{{ID: "g-1", Name: "On call in December", Description: "Whoever is there between the years", Unit: "sales", Members: 4}, {ID: "g-2", Name: hostile().Name, Members: 1}}}
}

func group(b frame.Base) *admin.Group {
	since := b.T("group.since", "Moment", b.Near(on(-9, 9)).Text)
	return &admin.Group{Base: administers(b), ID: "g-1", Name: "On call in December", Description: "Whoever is there between the years", Version: "3", Units: units(), Rules: true,
		Members: []admin.Member{{Who: *ada(), Link: "/people/p-ada", Line: since, Counts: true}, {Who: lengthy(), Link: "/people/p-long", Line: since}}}
}
