package gallery

import (
	"net/url"
	"time"

	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/frame"
)

func organisationStates() []State {
	settings := func(b frame.Base) *admin.OrganisationForm {
		return admin.Settings(administrator(b), url.Values{"version": {"3"}, "name": {"Acme Ltd"}, "word": {"deputy"}, "time_zone": {"Europe/Berlin"},
			"acting_default": {"1h"}, "acting_max": {"8h"}, "delegation_max": {"90d"}, "calls": {"both"}, "notify": {"yes"},
			"notice_version": {"2"}, "notice_text": {"What we keep about you, and why."}})
	}
	return append(append(append(officeStates(), reportStates()...), ruleStates()...), []State{
		{"organisation-form", "settings", 0, func(b frame.Base) frame.Page {
			v := settings(b)
			v.History = []admin.NoticeVersion{{Since: on(-3, 9), Version: "2", Text: "What we keep about you, and why.", By: ada().Name},
				{Since: on(-300, 9), Version: "1", Text: "What we keep about you.", By: hostile().Name}}
			return v
		}},
		{"organisation-form", "settings-told", 0, func(b frame.Base) frame.Page {
			v := settings(b)
			v.Told = "0123456789abcdef"
			v.Effects = []admin.Effect{{Text: sample(b, "2 delegations last longer than that; they keep their end", "2 Vertretungen dauern länger; sie behalten ihr Ende"), Worse: true,
				Things: []string{"Chiara Moretti (for Ada Lindqvist)", lengthy().Name}, More: 12}}
			return v
		}},
		{"organisation-form", "settings-problem", 422, func(b frame.Base) frame.Page {
			return settings(wrong(b, frame.Problem{Field: "acting_max", Text: sample(b, "An acting session may last 1 to 24 hours.", "Eine Sitzung darf 1 bis 24 Stunden dauern.")}))
		}},
		{"organisation-form", "settings-conflict", 409, func(b frame.Base) frame.Page {
			v := settings(wrong(b, frame.Problem{Text: sample(b, "Somebody else changed this meanwhile.", "Das hat inzwischen jemand anderes geändert.")}))
			v.Meanwhile = []admin.Meanwhile{{Label: b.T("organisation.delegation_max"), Theirs: "30d", Yours: "90d"}}
			return v
		}},
	}...)
}

// administrator is who sees every entry of the menu.
func administrator(b frame.Base) frame.Base {
	b.Menu = frame.Menu{People: true, Organisation: true, Rules: true, Reports: true}
	return b
}

// tested is the form of a role with a question about it.
func tested(b frame.Base) *admin.OrganisationForm {
	return admin.RoleForm(administrator(b), things(), "manager", ada().Name, url.Values{"version": {"2"}, "name": {"Manager"}, "rank": {"10"}, "p.desk.expense.approve": {"unit"},
		"test_person": {"bilal@acme.example"}, "test_action": {"desk:expense.approve"}, "test_owner": {"other"}, "test_unit": {"sales/emea"}})
}

// things are what the gallery's roles can allow.
func things() []admin.Permitted {
	return []admin.Permitted{{Application: "desk", Name: "Workdesk", Category: "cost_centre", Type: "expense", Verb: "approve"},
		{Application: "desk", Name: "Workdesk", Category: "general", Type: "expense", Verb: "view"},
		{Application: "standin", Name: "Standin", Category: "general", Type: "person", Verb: "manage"}}
}

func officeStates() []State {
	units := []frame.Option{{Label: "–"}, {Value: "sales", Label: "sales"}, {Value: "sales/emea", Label: "sales/emea"}}
	list := func(b frame.Base, here string, columns []string, rows ...[]admin.Cell) *admin.OrganisationList {
		for i, c := range columns {
			columns[i] = b.T(here + "." + c)
		}
		return admin.NewList(administrator(b), here, admin.Table{ID: "all", Caption: b.T(here + ".title"), Columns: columns, Rows: rows, Empty: b.T(here + ".none")})
	}
	return []State{
		{"organisation-list", "units", 0, func(b frame.Base) frame.Page {
			row := func(id string, indented int) []admin.Cell {
				return []admin.Cell{{Text: id, To: "/organisation/units/move", Indented: indented}, {Text: "12"}, {Text: b.T("units.add_below"), To: "/organisation/units/new"}, {Text: b.T("units.end"), To: "/organisation/units/end"}}
			}
			v := list(b, "units", []string{"unit", "people", "below", "over"}, row("sales", 0), row("sales/emea", 1), row("sales/emea/a-unit-with-a-rather-long-name", 2))
			v.Ways = []admin.Way{{Label: b.T("units.new"), To: "/organisation/units/new"}}
			return v
		}},
		{"organisation-list", "roles", 0, func(b frame.Base) frame.Page {
			return list(b, "roles", []string{"name", "rank", "held", "allow"}, []admin.Cell{{Text: "Manager", Code: "manager", To: "/organisation/roles/manager"}, {Text: "10"},
				{Text: b.T("roles.people", "Count", 2), Note: ada().Name + ", " + hostile().Name}, {Text: b.T("roles.permissions", "Count", 1)}})
		}},
		{"organisation-list", "keys-none", 0, func(b frame.Base) frame.Page { return list(b, "keys", []string{"name"}) }},
		{"organisation-list", "keys-refused", 403, func(b frame.Base) frame.Page {
			b = wrong(b, frame.Problem{Text: sample(b, "Nobody makes a key that may do more than they may.", "Niemand legt einen Schlüssel an, der mehr darf als er selbst.")})
			return list(b, "keys", []string{"name", "may", "used", "expires"}, []admin.Cell{{Text: "Workdesk", Code: "k-1", Badge: b.T("state.over")}, {Text: b.T("keys.may_decide")}, {Text: b.T("keys.unused")}, {Text: b.T("keys.never")}})
		}},
		{"organisation-form", "role", 0, func(b frame.Base) frame.Page {
			return admin.RoleForm(administrator(b), things(), "manager", ada().Name, url.Values{"version": {"2"}, "name": {"Manager"}, "rank": {"10"}, "p.desk.expense.view": {"unit"}})
		}},
		{"organisation-form", "role-new", 0, func(b frame.Base) frame.Page {
			return admin.RoleForm(administrator(b), things(), "", "", url.Values{"rank": {"0"}})
		}},
		{"organisation-form", "role-tested", 0, func(b frame.Base) frame.Page {
			v := tested(b)
			v.Testing.Said = &admin.RoleSaid{Permit: true, Sentence: b.T("roles.test_yes"), Now: b.T("roles.test_now", "Answer", b.T("roles.test_no")),
				Decisive: sample(b, `The role "Manager", held at sales, allows this: Workdesk: approve expenses.`, "Die Rolle „Manager“, gehalten an sales, erlaubt dies: Workdesk: Auslagen genehmigen."),
				Others:   []string{b.T("roles.test_not_held")}}
			return v
		}},
		{"organisation-form", "role-test-refused", 0, func(b frame.Base) frame.Page {
			v := tested(b)
			v.Testing.Said = &admin.RoleSaid{Sentence: b.T("roles.test_no"), Now: b.T("roles.test_now", "Answer", b.T("roles.test_yes")),
				Decisive: sample(b, "No role that they hold allows this.", "Keine ihrer Rollen erlaubt dies.")}
			return v
		}},
		{"organisation-form", "role-test-problem", 422, func(b frame.Base) frame.Page {
			return tested(wrong(b, frame.Problem{Field: "test_person", Text: sample(b, "Nobody here has this address or id.", "Hier hat niemand diese Adresse oder Kennung.")}))
		}},
		{"organisation-form", "key", 0, func(b frame.Base) frame.Page {
			return admin.KeyForm(administrator(b), "k-1", []application.Application{{ID: "desk", Name: "Workdesk"}, {ID: "payroll", Name: "Payroll"}},
				url.Values{"name": {"Workdesk"}, "may": {"decide", "record:desk"}})
		}},
		{"organisation-form", "unit", 0, func(b frame.Base) frame.Page {
			return admin.UnitForm(administrator(b), units, "sales/emea", url.Values{"name": {"emea"}, "parent": {"sales"}})
		}},
		{"organisation-form", "unit-end", 0, func(b frame.Base) frame.Page {
			return admin.UnitEnd(administrator(b), units, "sales/emea", 12, url.Values{})
		}},
		{"secret", "new", 0, func(b frame.Base) frame.Page {
			return admin.NewSecret(administrator(b), "keys", "Workdesk", "k-1", "an-example-of-a-secret-that-opens-nothing", time.Time{})
		}},
		{"secret", "rotated", 0, func(b frame.Base) frame.Page {
			return admin.NewSecret(administrator(b), "apps", hostile().Name, "c-1", "an-example-of-a-secret-that-opens-nothing", on(1, 9))
		}},
	}
}
