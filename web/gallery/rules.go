package gallery

import (
	"net/url"

	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/frame"
)

const (
	fence  = "// Nobody who acts for somebody judges costly items.\n@id(\"costly\")\nforbid (principal, action in Action::\"approves\", resource)\nwhen { context.acting && resource has amount && resource.amount > 5000 };\n"
	weaker = "// Nobody who acts for somebody judges costly items.\n@id(\"costly\")\nforbid (principal, action in Action::\"approves\", resource)\nwhen { context.acting && resource has amount && resource.amount > 9000 };\n"
)

// court is an application with everything that a catalogue can say.
func court() application.Application {
	return application.Application{ID: "desk", Name: "Workdesk", Guardrails: fence, Version: 3, Catalogue: rights.Catalogue{Types: map[string]rights.Type{"expense": {
		Label: "Expense claim", Actions: map[string]rights.Action{"view": rights.DefaultAction("view"), "approve": {Label: "Approve or refuse", Category: "cost_centre", Approves: true, Entry: true},
			"enter": {Category: rights.General, Personal: true}},
		Fields: map[string]rights.Field{"amount": {}, "bank_account": {Label: "Account", Sealed: true}}}}}}
}

func ruleStates() []State {
	page := func(b frame.Base, values url.Values) *admin.Rules {
		actions := []frame.Option{{Label: b.T("rules.no_action")}, {Value: "desk:expense.approve", Label: "Workdesk: Expense claim, approve"}}
		return admin.NewRules(administrator(b), fence, 3, values, actions)
	}
	typed := url.Values{"guardrails": {weaker}, "actor": {"bilal@acme.example"}, "principal": {"ada@acme.example"}, "action": {"desk:expense.approve"}, "properties": {"amount = 7000"}}
	objection := func(b frame.Base) string {
		return sample(b, `The organisation's rule "costly" (line 2, column 1) forbids this.`, "Die Regel „costly“ der Organisation (Zeile 2, Spalte 1) verbietet dies.")
	}
	return []State{
		{"rules", "calm", 0, func(b frame.Base) frame.Page { return page(b, nil) }},
		{"rules", "tried", 0, func(b frame.Base) frame.Page {
			v := page(b, typed)
			v.Told, v.Second = "0123456789abcdef", true
			v.Trying.Tried = &admin.RulesTried{Tried: b.T("rules.tried", "Count", 1412), Opened: b.T("rules.opened", "Count", 3), Closed: b.T("rules.closed", "Count", 1),
				Sessions: b.T("rules.sessions", "Count", 2), More: 2, Changes: []admin.TriedChange{
					{When: b.At(on(-1, 14)), Who: hostile().Name, What: "Workdesk: Expense claim, approve (e-4711)", Opens: true, Reasons: []string{objection(b)}},
					{When: b.At(on(-2, 9)), Who: lengthy().Name, What: "Workdesk: Expense claim, approve (e-4699)", Reasons: []string{objection(b)}}}}
			return v
		}},
		{"rules", "asked", 0, func(b frame.Base) frame.Page {
			v := page(b, typed)
			v.Trying.Said = &admin.RulesSaid{Before: []string{objection(b)}}
			return v
		}},
		{"rules", "problem", 422, func(b frame.Base) frame.Page {
			return page(wrong(b, frame.Problem{Field: "guardrails", Text: sample(b, "line 4, column 12: this is not Cedar", "Zeile 4, Spalte 12: Das ist kein Cedar")}), typed)
		}},
		{"rules", "faster", 409, func(b frame.Base) frame.Page {
			v := page(wrong(b, frame.Problem{Text: sample(b, "Somebody else changed this meanwhile.", "Das hat inzwischen jemand anderes geändert.")}), typed)
			v.Theirs = true
			return v
		}},
		{"rules", "waiting", 0, func(b frame.Base) frame.Page {
			v := page(b, nil)
			lines := page(b, typed).Lines
			v.Open = []admin.Proposed{{ID: "pr-1", What: b.T("rules.of_organisation"), By: hostile().Name, At: b.At(on(0, 9)), Lines: lines},
				{ID: "pr-2", What: b.T("rules.of_application", "Name", "Workdesk"), By: ada().Name, At: b.At(on(-1, 9)), Lines: lines, Mine: true},
				{ID: "pr-3", What: b.T("rules.of_application", "Name", "Ledger"), By: lengthy().Name, At: b.At(on(-2, 9)), Lines: lines, Outdated: true}}
			v.Answered = []admin.Proposed{{ID: "pr-0", What: b.T("rules.of_organisation"), By: ada().Name, At: b.At(on(-9, 9)), Lines: lines, Outcome: b.T("rules.declined"),
				AnsweredBy: lengthy().Name, AnsweredAt: b.At(on(-8, 9)), Reason: hostile().Name}}
			return v
		}},
		{"organisation-form", "catalogue", 0, func(b frame.Base) frame.Page {
			return admin.CatalogueForm(administrator(b), court(), admin.CatalogueValues(court()))
		}},
		{"organisation-form", "catalogue-new", 0, func(b frame.Base) frame.Page {
			return admin.CatalogueForm(administrator(b), application.Application{}, admin.CatalogueValues(application.Application{}))
		}},
		{"organisation-form", "catalogue-tried", 0, func(b frame.Base) frame.Page {
			v := tryingCatalogue(b, nil)
			v.Trying.Tried = &admin.RulesTried{Tried: b.T("rules.tried", "Count", 1412), Closed: b.T("rules.closed", "Count", 1), Sessions: b.T("rules.sessions", "Count", 1),
				Changes: []admin.TriedChange{{When: b.At(on(-1, 14)), Who: hostile().Name, What: "Workdesk: Expense claim, approve (e-4711)", Reasons: []string{appObjection(b)}}}}
			v.Trying.Lines = page(b, typed).Lines
			return v
		}},
		{"organisation-form", "catalogue-asked", 0, func(b frame.Base) frame.Page {
			v := tryingCatalogue(b, typed)
			v.Trying.Said = &admin.RulesSaid{Before: []string{appObjection(b)}}
			return v
		}},
		{"organisation-form", "catalogue-ask-problem", 422, func(b frame.Base) frame.Page {
			return tryingCatalogue(wrong(b, frame.Problem{Field: "actor", Text: sample(b, "Nobody here has this address or id.", "Hier hat niemand diese Adresse oder Kennung.")}), typed)
		}},
		{"organisation-form", "catalogue-told", 0, func(b frame.Base) frame.Page {
			v := admin.CatalogueForm(administrator(b), court(), admin.CatalogueValues(court()))
			v.Told = "0123456789abcdef"
			v.Effects = []admin.Effect{{Text: b.T("effect.role_loses", "Count", 1), Worse: true, Things: []string{"Manager · Workdesk: expense, approve"}},
				{Text: b.T("effect.needs_second", "Count", 1), Worse: true}}
			return v
		}},
	}
}

// tryingCatalogue is the form of an application whose guardrails were typed anew, with a question that was made up.
func tryingCatalogue(b frame.Base, asked url.Values) *admin.OrganisationForm {
	values := admin.CatalogueValues(court())
	for name, value := range asked {
		values[name] = value
	}
	values.Set("guardrails", weaker)
	return admin.CatalogueForm(administrator(b), court(), values)
}

func appObjection(b frame.Base) string {
	return sample(b, `The rule "costly" of the application "desk" (line 2, column 1) forbids this.`, "Die Regel „costly“ der Anwendung „desk“ (Zeile 2, Spalte 1) verbietet dies.")
}
