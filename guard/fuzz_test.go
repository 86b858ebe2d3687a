package guard

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/ast"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

func FuzzCompile(f *testing.F) {
	f.Add("forbid (principal, action, resource) when { context.acting };")
	f.Add("permit (principal, action, resource);")
	f.Add("forbid (principal == Person::\"a\", action in [Action::\"a:b.c\"], resource is R) unless { -1 < [1, {}].contains(2) };")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := Compile(text)
		if err != nil {
			if standin.KindOf(err) != standin.Invalid {
				t.Fatalf("Compile(%q) = %v", text, err)
			}
			if g.Len() != 0 {
				t.Fatalf("Compile(%q) refused and kept %d policies", text, g.Len())
			}
			return
		}
		if strings.Contains(text, "permit") && !strings.Contains(text, "forbid") && g.Len() > 0 {
			t.Fatalf("Compile(%q) let a permit through", text)
		}
		if !OnlyAdds(g, g) {
			t.Fatalf("%q is not what it is", text)
		}
		for _, r := range g.index.all() {
			again, err := cedar.NewPolicyListFromBytes("", []byte(r.text))
			if err != nil || len(again) != 1 {
				t.Fatalf("%q is written as %q: %v", text, r.text, err)
			}
			if newRule(1, again[0]).text != r.text {
				t.Fatalf("%q is written as %q, and that otherwise", text, r.text)
			}
		}
	})
}

// FuzzForbids asks any guardrails anything: nothing breaks, and what is explained is what is answered.
func FuzzForbids(f *testing.F) {
	f.Add(amount(2), `{"amount": 5001}`, "p-1", "p-2", uint8(1))
	f.Add(forbid("resource.members.contains(context.actor)"), `{"members": [{"type": "person", "id": "p-2"}]}`, "p-1", "p-1", uint8(7))
	f.Add(`forbid (principal, action in Action::"reads", resource) when { resource.a.b.c like "x*" };`, `{"a": {"b": {"c": "xyz"}}}`, "", "p-2", uint8(4))
	f.Fuzz(func(t *testing.T, text, properties, owner, actor string, flags uint8) {
		g, err := Compile(text)
		if err != nil {
			return
		}
		q := expense()
		q.Owner, q.Actor = standin.PersonID(owner), standin.PersonID(actor)
		q.Flags = rights.Action{Approves: flags&1 != 0, Personal: flags&2 != 0, Reads: flags&4 != 0}
		q.SelfApproval = flags&8 != 0
		q.Properties = nil
		if json.Unmarshal([]byte(properties), &q.Properties) != nil {
			return
		}
		if forbids, reasons := g.Forbids(q), g.Explain(q); forbids != (len(reasons) > 0) {
			t.Fatalf("%q with %q: got %v, explained by %+v", text, properties, forbids, reasons)
		}
		rules := NewRules(g, nil)
		if forbids, reasons := rules.Forbids(q), rules.Explain(q); forbids != (len(reasons) > 0) {
			t.Fatalf("joined, %q with %q: got %v, explained by %+v", text, properties, forbids, reasons)
		}
		p := policies(t, text, "")
		if v := p.Decide(q); v.Permit || len(v.By) > 0 {
			t.Fatalf("%q forbids alone and permits: %+v", text, v)
		}
	})
}

// parts are what random policies are made of.
var parts = struct{ principal, action, resource, conditions []string }{
	[]string{"principal", `principal == Person::"p-1"`, `principal == Person::"p-2"`, "principal is Person"},
	[]string{"action", `action == Action::"desk:expense.approve"`, `action == Action::"desk:expense.view"`, `action in Action::"approves"`,
		`action in Action::"reads"`, `action in [Action::"personal", Action::"desk:expense.view"]`, `action in []`,
		`action in [Action::"desk:expense.approve", Action::"approves"]`},
	[]string{"resource", `resource == Resource::"desk:expense/x-1"`, "resource is Resource"},
	[]string{"context.acting", "!context.acting", "context.acting && resource.amount > 3", "resource.amount > 3 && context.acting",
		"context.acting && resource.owner == principal && resource.unit like \"s*\"", "context.acting || resource.amount > 3", "context.actor == principal", "resource.owner == principal", "resource.owner == context.actor",
		"resource has unit", `resource.unit like "sales/*"`, "resource.amount > 3", "resource has amount && resource.amount > 3",
		"resource.self_approval", `action in Action::"approves"`, "context has actor", `context == {acting: false, actor: principal}`,
		`resource == Resource::"desk:expense/x-1"`, "[1, resource.amount].contains(4)", `action == Action::"desk:expense.view"`},
}

func pick(r *rand.Rand, of []string) string { return of[r.IntN(len(of))] }

// TestSlicingChangesNothing asks random guardrails random questions twice: as guard does, with the policies that concern
// the action and the properties that they read, and cedar-go with everything.
func TestSlicingChangesNothing(t *testing.T) {
	const seed, rounds = 20261121, 5000
	r := rand.New(rand.NewPCG(seed, 1))
	forbidden := 0
	for range rounds {
		var text strings.Builder
		for range 1 + r.IntN(4) {
			text.WriteString("forbid (" + pick(r, parts.principal) + ", " + pick(r, parts.action) + ", " + pick(r, parts.resource) + ")")
			for range r.IntN(3) {
				text.WriteString([]string{" when { ", " unless { "}[r.IntN(2)] + pick(r, parts.conditions) + " }")
			}
			text.WriteString(";\n")
		}
		q := random(r)
		request, entities := bare(q)
		whole, err := cedar.NewPolicySetFromBytes("", []byte(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		_, d := cedar.Authorize(whole, entities, request)
		want := len(d.Reasons)+len(d.Errors) > 0
		if got := compile(t, text.String()).Forbids(q); got != want {
			t.Fatalf("seed %d: got %v, want %v for\n%s\n%+v\n%+v", seed, got, want, text.String(), q, d)
		}
		if want {
			forbidden++
		}
	}
	if forbidden < rounds/5 || forbidden > rounds*4/5 {
		t.Errorf("%d of %d are forbidden: the questions say little", forbidden, rounds)
	}
}

func random(r *rand.Rand) *Question {
	q := expense()
	person := func() standin.PersonID { return standin.PersonID(pick(r, []string{"p-1", "p-2", "p-3"})) }
	q.Actor, q.Owner = person(), person()
	if r.IntN(4) == 0 {
		q.Owner = ""
	}
	if r.IntN(3) == 0 {
		q.Unit = ""
	}
	q.Action, q.SelfApproval = pick(r, []string{"approve", "view", "enter"}), r.IntN(2) == 0
	q.ID = pick(r, []string{"x-1", "x-2"})
	q.Flags = rights.Action{Approves: r.IntN(2) == 0, Personal: r.IntN(2) == 0, Reads: r.IntN(2) == 0}
	q.Properties = map[string]any{"amount": float64(r.IntN(6)), "currency": "EUR"}
	if r.IntN(4) == 0 {
		q.Properties = nil
	}
	return q
}

// TestLooks finds everything that a policy names, wherever it stands.
func TestLooks(t *testing.T) {
	for when, want := range map[string]struct {
		reads string
		who   bool
	}{
		"true":                           {"", false},
		"context.acting":                 {"", false},
		"resource.a":                     {"a", false},
		"resource.b.a || resource has c": {"a b c", false},
		"resource[\"x y\"] == 1":         {"x y", false},
		"if resource.a then resource.b else -1 < 2":      {"a b", false},
		"[resource.a, {n: resource.b}].contains(1)":      {"a b", false},
		"ip(resource.a).isInRange(ip(resource.b))":       {"a b", false},
		"resource.a like \"*\" && resource.a is P":       {"a", false},
		"principal.acting":                               {"acting", false},
		"resource.acting":                                {"acting", false},
		"context.actor == principal":                     {"actor", true},
		"context.actor.a":                                {"a actor", true},
		"context has acting":                             {"acting", true},
		"context == {}":                                  {"", true},
		"{c: context}.c.acting":                          {"acting c", true},
		"context.acting && context.actor in [principal]": {"actor", true},
	} {
		list, err := cedar.NewPolicyListFromBytes("", []byte("forbid (principal, action, resource) unless { "+when+" };"))
		if err != nil {
			t.Fatal(err)
		}
		reads, who := looks((*xast.Policy)((*ast.Policy)(list[0].AST())))
		if got := strings.Join(reads, " "); got != want.reads || who != want.who {
			t.Errorf("%s: got %q, %v, want %q, %v", when, got, who, want.reads, want.who)
		}
	}
}

// FuzzPolicies compiles and asks any policies with any entities: nothing breaks, a yes has somebody who permits it and
// nothing against it, and what nobody may in their own name nobody may in their place.
func FuzzPolicies(f *testing.F) {
	f.Add(todo, todoEntities, `{"locked": true}`, "rick")
	f.Add(`permit (principal in G::"a", action, resource in G::"b");`,
		`[{"uid": {"type": "G", "id": "a"}, "parents": [{"type": "G", "id": "a"}], "attrs": {}}]`, `{}`, "p-1")
	f.Fuzz(func(t *testing.T, text, entities, properties, actor string) {
		p, err := CompilePolicies(text, entities)
		if err != nil {
			if standin.KindOf(err) != standin.Invalid || p.Len() != 0 {
				t.Fatalf("%q, %q: %v, %d policies", text, entities, err, p.Len())
			}
			return
		}
		q := &Question{Actor: standin.PersonID(actor), Principal: "rick", Application: "todo", Type: "list", Action: "edit", ID: "1"}
		if json.Unmarshal([]byte(properties), &q.Properties) != nil {
			return
		}
		v := p.Decide(q)
		if v.Permit != (len(v.Reasons) == 0) || v.Permit && len(v.By) == 0 {
			t.Fatalf("%q: got %+v", text, v)
		}
		q.Actor = q.Principal
		if own := p.Decide(q); v.Permit && !own.Permit {
			t.Fatalf("%q: %q may for rick, and rick may not: %+v", text, actor, own)
		}
	})
}
