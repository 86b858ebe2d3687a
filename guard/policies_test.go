package guard

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// todo is an application that answers by policies of its own: editors change lists, owners their own ones, and nobody
// changes what is locked.
const todo = `@id("editors") permit (principal in Role::"editor", action in Action::"writes", resource);
@id("owners") permit (principal, action, resource) when { resource.owner == principal };
@id("locked") forbid (principal, action == Action::"todo:list.edit", resource) when { resource.locked };
@id("members") permit (principal, action == Action::"todo:list.view", resource in Team::"blue")
when { principal.level > 2 };`

const todoEntities = `[
	{"uid": {"type": "Person", "id": "rick"}, "parents": [{"type": "Role", "id": "editor"}], "attrs": {"level": 1}},
	{"uid": {"type": "Person", "id": "beth"}, "parents": [], "attrs": {"level": 3}},
	{"uid": {"type": "Action", "id": "todo:list.edit"}, "parents": [{"type": "Action", "id": "writes"}], "attrs": {}},
	{"uid": {"type": "Resource", "id": "todo:list/1"}, "parents": [{"type": "Team", "id": "blue"}], "attrs": {"locked": false, "size": 3}},
	{"uid": {"type": "Resource", "id": "todo:list/2"}, "parents": [], "attrs": {"locked": true}},
	{"uid": {"type": "Resource", "id": "todo:list/4"}, "parents": [], "attrs": {}}
]`

func policies(t testing.TB, text, entities string) Policies {
	t.Helper()
	p, err := CompilePolicies(text, entities)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPoliciesOfAnApplication(t *testing.T) {
	p := policies(t, todo, todoEntities)
	if p.Len() != 4 {
		t.Errorf("got %d policies, want 4", p.Len())
	}
	none := []Reason{{Code: NotPermitted}}
	locked := Reason{Code: Forbidden, Policy: "locked", Line: 3, Column: 1}
	for _, c := range []struct {
		name       string
		who        standin.PersonID
		action, id string
		change     func(q *Question)
		want       Verdict
	}{
		{"by a role", "rick", "edit", "1", nil, Verdict{Permit: true, By: []string{"editors"}}},
		{"no action of that group", "rick", "view", "1", nil, Verdict{Reasons: []Reason{
			{Code: NotPermitted}}}},
		{"locked", "rick", "edit", "2", nil, Verdict{By: []string{"editors"}, Reasons: []Reason{locked}}},
		{"locked, it says now", "rick", "edit", "1", func(q *Question) { q.Properties = map[string]any{"locked": true} },
			Verdict{By: []string{"editors"}, Reasons: []Reason{locked}}},
		{"open, it says now", "rick", "edit", "2", func(q *Question) { q.Properties = map[string]any{"locked": false} },
			Verdict{Permit: true, By: []string{"editors"}}},
		{"nothing is registered of it but that it is there", "rick", "edit", "4", func(q *Question) { q.Properties = map[string]any{"locked": false} },
			Verdict{Permit: true, By: []string{"editors"}}},
		{"nobody's, nobody", "mort", "edit", "1", nil, Verdict{Reasons: none}},
		{"one's own", "mort", "edit", "1", func(q *Question) { q.Owner = "mort" }, Verdict{Permit: true, By: []string{"owners"}}},
		{"two permit", "rick", "edit", "1", func(q *Question) { q.Owner = "rick" }, Verdict{Permit: true, By: []string{"editors", "owners"}}},
		{"a member who may", "beth", "view", "1", nil, Verdict{Permit: true, By: []string{"members"}}},
		{"a member of another team", "beth", "view", "2", nil, Verdict{Reasons: none}},
		{"a person who is not registered", "mort", "view", "1", nil, Verdict{Reasons: []Reason{
			{Code: Failed, Policy: "members", Line: 4, Column: 1, Problem: "entity `Person::\"mort\"` does not exist"}, {Code: NotPermitted}}}},
		{"a fraction", "rick", "edit", "1", func(q *Question) { q.Properties = map[string]any{"locked": 0.5} },
			Verdict{By: []string{"editors"}, Reasons: []Reason{
				{Code: Unreadable, Policy: "locked", Line: 3, Column: 1, Problem: "locked: a whole number is expected"}}}},
		{"a list that does not say whether it is locked", "rick", "edit", "3", nil, Verdict{By: []string{"editors"}, Reasons: []Reason{
			{Code: Failed, Policy: "locked", Line: 3, Column: 1, Problem: "`Resource::\"todo:list/3\"` does not have the attribute `locked`"}}}},
	} {
		q := &Question{Actor: c.who, Principal: c.who, Application: "todo", Type: "list", Action: c.action, ID: c.id, Owner: "summer"}
		if c.change != nil {
			c.change(q)
		}
		if diff := cmp.Diff(c.want, p.Decide(q)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestPoliciesSeeWhoActs(t *testing.T) {
	p := policies(t, `permit (principal, action in Action::"reads", resource);
		forbid (principal, action, resource) when { context.actor == Person::"ann" && context.acting };`, "")
	q := &Question{Actor: "ann", Principal: "bob", Application: "todo", Type: "list", Action: "view", Flags: rights.Action{Reads: true}}
	if v := p.Decide(q); v.Permit || len(v.By) != 1 || len(v.Reasons) != 1 || v.Reasons[0].Code != Forbidden {
		t.Errorf("got %+v", v)
	}
	q.Actor = "cem"
	if v := p.Decide(q); !v.Permit || len(v.By) != 1 || v.Reasons != nil {
		t.Errorf("got %+v", v)
	}
	q.Principal, q.Actor = "ann", "ann"
	if v := p.Decide(q); !v.Permit {
		t.Errorf("got %+v", v)
	}
	if v := (Policies{}).Decide(q); v.Permit || len(v.Reasons) != 1 {
		t.Errorf("no policies: got %+v", v)
	}
}

// TestP2PoliciesGiveNobodyMoreBecauseTheyAct: what only a stand-in would be permitted, or the principal is forbidden, stays
// closed.
func TestP2PoliciesGiveNobodyMoreBecauseTheyAct(t *testing.T) {
	none, other := Reason{Code: NotPermitted}, Reason{Code: Forbidden, Policy: "2", Line: 1, Column: 39}
	for text, want := range map[string]Verdict{
		`permit (principal, action, resource) when { context.acting };`:                                         {By: []string{"1"}, Reasons: []Reason{none}},
		`permit (principal, action, resource) when { context.actor == Person::"ann" };`:                         {By: []string{"1"}, Reasons: []Reason{none}},
		`permit (principal, action, resource); forbid (principal, action, resource) unless { context.acting };`: {By: []string{"1"}, Reasons: []Reason{other}},
		`permit (principal == Person::"cem", action, resource);`:                                                {Reasons: []Reason{none}},
		`permit (principal == Person::"bob", action, resource);`:                                                {Permit: true, By: []string{"1"}},
	} {
		q := &Question{Actor: "ann", Principal: "bob", Application: "todo", Type: "list", Action: "view"}
		if diff := cmp.Diff(want, policies(t, text, "").Decide(q)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", text, diff)
		}
	}
}

// TestRegisteredGroupsAddToThoseOfTheCatalogue, and registering something does not take them away.
func TestRegisteredGroupsAddToThoseOfTheCatalogue(t *testing.T) {
	p := policies(t, `permit (principal, action in Action::"approves", resource) when { action in Action::"rare" };`,
		`[{"uid": {"type": "Action", "id": "todo:list.sign"}, "parents": [{"type": "Action", "id": "rare"}], "attrs": {}}]`)
	q := &Question{Actor: "ann", Principal: "ann", Application: "todo", Type: "list", Action: "sign", Flags: rights.Action{Approves: true}}
	if v := p.Decide(q); !v.Permit {
		t.Errorf("got %+v", v)
	}
	q.Flags.Approves = false
	if v := p.Decide(q); v.Permit {
		t.Errorf("got %+v", v)
	}
}

// TestAnotherTypeOfActionIsAnother: only Action::"…" names what is asked.
func TestAnotherTypeOfActionIsAnother(t *testing.T) {
	q := &Question{Actor: "ann", Principal: "ann", Application: "todo", Type: "list", Action: "sign", Flags: rights.Action{Approves: true}}
	for scope, want := range map[string]bool{
		`action == Action::"todo:list.sign"`:   true,
		`action in Action::"todo:list.sign"`:   true,
		`action in [Action::"todo:list.sign"]`: true,
		`action == Act::"todo:list.sign"`:      false,
		`action in Act::"todo:list.sign"`:      false,
		`action in Act::"approves"`:            false,
		`action == Action::"approves"`:         false,
	} {
		if got := policies(t, "permit (principal, "+scope+", resource);", "").Decide(q).Permit; got != want {
			t.Errorf("%s: got %v, want %v", scope, got, want)
		}
	}
}

func TestCompilePoliciesRefuses(t *testing.T) {
	for _, c := range []struct{ policies, entities, code, field string }{
		{"permit (principal, action, resource);", "", "", ""},
		{"", "[]", "", ""},
		{"permit (principal, action);", "", "guard.syntax", ""},
		{strings.Repeat(" ", MaxText+1), "", "guard.too_long", ""},
		{"permit (principal == Robot::\"r\", action == Action::\"anything\", resource);", "", "", ""},
		{"", "{}", "guard.entities_form", "entities"},
		{"", "[", "guard.entities_form", "entities"},
		{"", `[{"uid": {"type": "Person", "id": "a"}}]`, "guard.entities_form", "entities"},
		{"", `[{"uid": {"type": "not a type", "id": "a"}, "attrs": {}, "parents": []}]`, "guard.entities_form", "entities"},
		{"", `[{"uid": {"type": "P", "id": "a"}, "attrs": {"n": 1.5}, "parents": []}]`, "guard.entities_form", "entities"},
		{"", "[" + strings.Repeat(" ", MaxEntities-2) + "]", "", ""},
		{"", "[" + strings.Repeat(" ", MaxEntities-1) + "]", "guard.entities_too_long", "entities"},
		{"", strings.Repeat("[", 20_000), "guard.entities_form", "entities"},
	} {
		p, err := CompilePolicies(c.policies, c.entities)
		if got := standin.CodeOf(err); got != c.code {
			t.Errorf("%.60q %.60q: got %q, want %q: %v", c.policies, c.entities, got, c.code, err)
			continue
		}
		if err == nil {
			continue
		}
		refusal := err.(*standin.Error)
		if refusal.Field != c.field || refusal.Kind != standin.Invalid || p.Len() != 0 {
			t.Errorf("%.60q %.60q: got field %q, kind %s, %d policies", c.policies, c.entities, refusal.Field, refusal.Kind, p.Len())
		}
		if len(refusal.Text()) > 400 {
			t.Errorf("the refusal has %d bytes", len(refusal.Text()))
		}
	}
}
