package gallery

import (
	"github.com/standin-id/standin/web/explain"
	"github.com/standin-id/standin/web/frame"
)

func explainStates() []State {
	return []State{
		{"why", "asking", 0, func(b frame.Base) frame.Page { return asking(b) }},
		{"why", "permitted", 0, func(b frame.Base) frame.Page {
			v := asking(b)
			v.Verdict = &explain.Verdict{Permit: true, Sentence: b.H("why.yes", "Actor", bilal().Name, "Principal", ada().Name, "What", approving(b), "Moment", b.At(Now).Text),
				Decisive:   sample(b, "The role “Manager” allows “Workdesk: Expense, approve (only their unit)”.", "Die Rolle „Leitung“ erlaubt „Workdesk: Spesen, genehmigen (nur ihre Einheit)“."),
				For:        []string{sample(b, "The delegation allows whatever the principal may do.", "Die Vertretung erlaubt alles, was die vertretene Person darf.")},
				Changes:    []string{sample(b, "It ends when the delegation is over, Sat 28 Nov, 23:00.", "Es endet mit der Vertretung, Sa., 28. Nov., 23:00.")},
				Delegation: "d-2"}
			return v
		}},
		{"why", "refused", 0, func(b frame.Base) frame.Page {
			v := asking(b)
			v.Verdict = &explain.Verdict{Sentence: b.H("why.no", "Actor", bilal().Name, "Principal", ada().Name, "What", approving(b), "Moment", b.At(Now).Text),
				Decisive: sample(b, "Nobody judges an item that they own or entered themselves, whoever they act for.", "Niemand urteilt über etwas, was ihm selbst gehört oder was er selbst erfasst hat, für wen er auch handelt."),
				For:      []string{sample(b, "The role “Manager” allows “Workdesk: Expense, approve (only their unit)”.", "Die Rolle „Leitung“ erlaubt „Workdesk: Spesen, genehmigen (nur ihre Einheit)“.")},
				Against:  []string{sample(b, "The delegation is for viewing only.", "Die Vertretung ist nur zum Ansehen.")}, Delegation: "d-2"}
			return v
		}},
		{"why", "refused-with-a-way", 0, func(b frame.Base) frame.Page {
			v := asking(b)
			v.Actor, v.By, v.Managing = nil, "", true
			v.Who = b.Fields(frame.Field{Name: "actor", Label: b.T("why.actor"), Kind: "select", Options: []frame.Option{{Label: b.T("why.themselves", "Principal", ada().Name)}, {Value: "p-bilal", Label: bilal().Name}}})
			v.Verdict = &explain.Verdict{Own: true, Sentence: b.H("why.no_own", "Principal", ada().Name, "What", approving(b), "Moment", b.At(Now).Text),
				Decisive: sample(b, "No role allows this.", "Keine Rolle erlaubt dies."),
				Changes:  []string{sample(b, "If Ada Lindqvist held the role “Manager” at sales.", "Wenn Ada Lindqvist die Rolle „Leitung“ in sales hätte.")}}
			return v
		}},
		{"why", "problems", 422, func(b frame.Base) frame.Page {
			b = wrong(b, frame.Problem{Field: "what", Text: b.T("why.what_missing")}, frame.Problem{Field: "day", Text: b.T("name.date_wrong")}, frame.Problem{Field: "properties", Text: b.T("why.properties_wrong")})
			v := asking(b)
			v.Open = true
			return v
		}},
		{"why", "for-whom", 0, func(b frame.Base) frame.Page {
			c, n := chiara(), noor()
			return &explain.Why{Base: b, Asking: true, Managing: true, For: "a", Whom: []*frame.Who{&c, &n}}
		}},
		{"why", "for-whom-nobody", 0, func(b frame.Base) frame.Page {
			return &explain.Why{Base: b, Asking: true, Managing: true, For: "zzz"}
		}},
		{"why", "names", 0, func(b frame.Base) frame.Page {
			v := asking(b)
			h := hostile()
			v.Principal, v.Actor = lengthy(), &h
			return v
		}},
		{"see", "whole", 0, func(b frame.Base) frame.Page {
			v := seeing(b)
			v.Closed = nil
			return v
		}},
		{"see", "limited", 0, func(b frame.Base) frame.Page {
			v := seeing(b)
			v.What, v.Could, v.Closed = "view", could(b)[:1], could(b)[1:]
			return v
		}},
		{"see", "sealed", 0, func(b frame.Base) frame.Page {
			v := seeing(b)
			v.SealedFields[0].Picked = true
			v.Closed, v.Opened = nil, []string{sample(b, "Expense: Bank account", "Spesen: Kontonummer")}
			return v
		}},
		{"see", "problems", 422, func(b frame.Base) frame.Page {
			v := seeing(wrong(b, frame.Problem{Field: "area", Text: b.T("name.area_missing")}))
			v.What, v.Could, v.Closed = "areas", nil, could(b)
			return v
		}},
		{"see", "names", 0, func(b frame.Base) frame.Page {
			v := seeing(b)
			v.Person, v.Whose = noor(), noor().Name
			return v
		}},
	}
}

func approving(b frame.Base) string { return sample(b, "Expense: approve", "Spesen: genehmigen") }

func asking(b frame.Base) *explain.Why {
	actor := bilal()
	sides := []frame.Option{{Label: b.T("why.unsaid")}, {Value: "principal", Label: ada().Name}, {Value: "actor", Label: bilal().Name}, {Value: "other", Label: b.T("why.somebody_else")}}
	return &explain.Why{Base: b, Principal: *ada(), Actor: &actor, By: "d-2", Mine: true,
		What: b.Fields(frame.Field{Name: "what", Label: b.T("why.what"), Kind: "select", Options: []frame.Option{{Value: "desk:expense.approve", Label: "Workdesk · " + approving(b)}}}),
		Record: b.Fields(
			frame.Field{Name: "owner", Label: b.T("why.owner"), Kind: "select", Options: sides},
			frame.Field{Name: "unit", Label: b.T("why.unit"), Options: []frame.Option{{Value: "sales"}, {Value: "sales/emea"}}},
			frame.Field{Name: "day", Label: b.T("why.day"), Kind: "date", Hint: b.T("why.day_hint")}, frame.Field{Name: "time", Label: b.T("why.time"), Kind: "time"}),
		More: b.Fields(frame.Field{Name: "field", Label: b.T("why.field"), Hint: b.T("why.field_hint")}, frame.Field{Name: "by", Label: b.T("why.entered_by"), Kind: "select", Options: sides},
			frame.Field{Name: "id", Label: b.T("why.number")}, frame.Field{Name: "properties", Label: b.T("why.properties"), Hint: b.T("why.properties_hint"), Kind: "lines"}),
		Self: frame.Option{Value: "self", Label: b.T("why.self")}}
}

func seeing(b frame.Base) *explain.See {
	v := &explain.See{Base: b, Person: chiara(), Page: granting(b), Could: could(b), Closed: could(b)[1:]}
	v.Send, v.Whose, v.Entries, v.Scopes = "/see/p-chiara", chiara().Name, nil, v.Scopes[:3]
	v.Scopes[0].Label, v.Scopes[0].Hint = b.T("name.full_for", "Principal", v.Whose), b.T("name.full_for_hint")
	return v
}
