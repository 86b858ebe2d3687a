package guard

import (
	"fmt"
	"strings"

	"github.com/cedar-policy/cedar-go"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// amount is the guardrail that DESIGN.md shows, among others that other actions have.
func amount(others int) string {
	var b strings.Builder
	b.WriteString(`forbid (principal, action == Action::"desk:expense.approve", resource)
		when { context.acting && resource.amount > 5000 };`)
	for i := range others {
		fmt.Fprintf(&b, "forbid (principal, action == Action::\"desk:type%d.approve\", resource) when { resource.amount > %d };\n", i, i)
	}
	return b.String()
}

func expense() *Question {
	return &Question{
		Actor: "p-2", Principal: "p-1", Application: "desk", Type: "expense", Action: "approve", ID: "x-1",
		Flags: rights.Action{Category: "cost_centre", Approves: true, Entry: true}, Owner: "p-3", EnteredBy: "p-3", Unit: "sales/emea",
		Properties: map[string]any{"amount": 4000.0, "owner": "p-3", "entered_by": "p-3", "unit": "sales/emea", "currency": "EUR"},
	}
}

// bare is the question as cedar-go alone would be asked: the request and the entities made beforehand.
func bare(q *Question) (cedar.Request, cedar.EntityMap) {
	action := cedar.NewEntityUID("Action", cedar.String(fmt.Sprintf("%s:%s.%s", q.Application, q.Type, q.Action)))
	resource := cedar.NewEntityUID("Resource", cedar.String(fmt.Sprintf("%s:%s/%s", q.Application, q.Type, q.ID)))
	var in []cedar.EntityUID
	for name, is := range map[string]bool{"approves": q.Flags.Approves, "personal": q.Flags.Personal, "reads": q.Flags.Reads} {
		if is {
			in = append(in, cedar.NewEntityUID("Action", cedar.String(name)))
		}
	}
	attributes := cedar.RecordMap{"self_approval": cedar.Boolean(q.SelfApproval)}
	for name, id := range map[cedar.String]standin.PersonID{"owner": q.Owner, "entered_by": q.EnteredBy} {
		if id != "" {
			attributes[name] = cedar.NewEntityUID("Person", cedar.String(id))
		}
	}
	if q.Unit != "" {
		attributes["unit"] = cedar.String(q.Unit)
	}
	for name, sent := range q.Properties {
		if _, ours := attributes[cedar.String(name)]; ours {
			continue
		}
		switch sent := sent.(type) {
		case float64:
			attributes[cedar.String(name)] = cedar.Long(sent)
		case string:
			attributes[cedar.String(name)] = cedar.String(sent)
		case bool:
			attributes[cedar.String(name)] = cedar.Boolean(sent)
		}
	}
	return cedar.Request{
			Principal: cedar.NewEntityUID("Person", cedar.String(q.Principal)),
			Action:    action,
			Resource:  resource,
			Context: cedar.NewRecord(cedar.RecordMap{
				"actor":  cedar.NewEntityUID("Person", cedar.String(q.Actor)),
				"acting": cedar.Boolean(q.Actor != q.Principal),
			}),
		}, cedar.EntityMap{
			action:   {UID: action, Parents: cedar.NewEntityUIDSet(in...)},
			resource: {UID: resource, Attributes: cedar.NewRecord(attributes)},
		}
}
