package guard

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// The types of entities that a question has, and the groups that an action may be in.
const (
	personType   = types.EntityType("Person")
	actionType   = types.EntityType("Action")
	resourceType = types.EntityType("Resource")
)

// groups are those that a catalogue puts an action in, each with how to know its members.
var groups = [...]struct {
	name string
	has  func(rights.Action) bool
}{
	{"approves", func(a rights.Action) bool { return a.Approves }},
	{"personal", func(a rights.Action) bool { return a.Personal }},
	{"reads", func(a rights.Action) bool { return a.Reads }},
}

// Name is the name of an action: what a policy says as Action::"app:type.action".
type Name struct {
	Application standin.ApplicationID
	Type        string
	Action      string
}

// parseName reads "app:type.action".
func parseName(id string) (Name, bool) {
	application, rest, _ := strings.Cut(id, ":")
	typ, action, _ := strings.Cut(rest, ".")
	known := rights.ValidName(application) && rights.ValidName(typ) && rights.ValidName(action)
	return Name{standin.ApplicationID(application), typ, action}, known
}

// rule is one policy, ready to be asked.
type rule struct {
	policy *cedar.Policy
	text   string   // of the policy as Cedar writes it, without annotations: the same text means the same
	name   string   // of its annotation @id, else its number
	reads  []string // every attribute that it names, in order and once each
}

func newRule(number int, p *cedar.Policy) *rule {
	name := string(p.Annotations()["id"])
	if name == "" {
		name = strconv.Itoa(number)
	}
	bare := *p.AST()
	bare.Annotations = nil
	text := string(cedar.NewPolicyFromAST(&bare).MarshalCedar())
	return &rule{policy: p, text: text, name: name, reads: attributes((*ast.Policy)(p.AST()))}
}

// attributes returns the names of all attributes that the policy accesses or asks for, of whatever record. Cedar has no
// other way to reach an attribute than by a name that stands in the policy.
func attributes(p *ast.Policy) []string {
	var names []string
	for _, c := range p.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
			switch n := n.(type) {
			case ast.NodeTypeAccess:
				names = append(names, string(n.Value))
			case ast.NodeTypeHas:
				names = append(names, string(n.Value))
			}
			return true
		})
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// index finds the rules that can concern an action, so that the others cost nothing.
type index struct {
	rules   []*rule
	always  []*rule
	named   map[Name][]*rule
	grouped [len(groups)][]*rule
}

// newIndex files every policy under what its scope says of the action, and leaves that out of what is evaluated: finding
// the policy has decided it. Where entities may be registered, only a scope of one action is decided so, for they may put
// any action into any group.
func newIndex(policies cedar.PolicyList, registered bool) index {
	x := index{named: map[Name][]*rule{}}
	for i, p := range policies {
		r := newRule(i+1, p)
		x.rules = append(x.rules, r)
		scope := p.AST().Action
		if e, ok := scope.(ast.ScopeTypeEq); ok {
			x.file(r, e.Entity, false)
		} else if members := membersOf(scope); members != nil && !registered {
			for _, e := range members {
				x.file(r, e, true)
			}
		} else {
			x.always = append(x.always, r)
			continue
		}
		r.policy = anyAction(p)
	}
	return x
}

// membersOf returns the actions and groups that the scope names, nil for one that names none.
func membersOf(scope ast.IsActionScopeNode) []types.EntityUID {
	switch scope := scope.(type) {
	case ast.ScopeTypeIn:
		return []types.EntityUID{scope.Entity}
	case ast.ScopeTypeInSet:
		return scope.Entities
	}
	return nil
}

// file files the rule under an action or, where members says that the scope means those too, a group.
func (x *index) file(r *rule, e types.EntityUID, members bool) {
	if e.Type != actionType {
		return
	}
	for i := range groups {
		if members && groups[i].name == string(e.ID) {
			x.grouped[i] = append(x.grouped[i], r)
		}
	}
	if name, ok := parseName(string(e.ID)); ok {
		x.named[name] = append(x.named[name], r)
	}
}

// anyAction returns the policy without what its scope says of the action.
func anyAction(p *cedar.Policy) *cedar.Policy {
	scope := *p.AST()
	scope.Action = ast.ScopeTypeAll{}
	return cedar.NewPolicyFromAST(&scope)
}

// lists returns the rules that may concern the question, filed under what; some of the lists may be empty, and a rule
// whose scope names the action twice over is in two.
func (x *index) lists(q *Question) [2 + len(groups)][]*rule {
	lists := [2 + len(groups)][]*rule{x.always, x.named[Name{q.Application, q.Type, q.Action}]}
	for i := range groups {
		if groups[i].has(q.Flags) {
			lists[2+i] = x.grouped[i]
		}
	}
	return lists
}

// concern returns the rules that may concern the question, and allocates nothing where there are none.
func (x *index) concern(q *Question) []*rule {
	lists := x.lists(q)
	var rules []*rule
	for _, list := range lists {
		switch {
		case len(list) == 0:
		case rules == nil:
			rules = list[:len(list):len(list)]
		default:
			rules = append(rules, list...)
		}
	}
	return rules
}

// inOrder returns the rules that may concern the question as the text has them, each once.
func (x *index) inOrder(q *Question) []*rule {
	rules := slices.Clone(x.concern(q))
	slices.SortFunc(rules, func(a, b *rule) int {
		return a.policy.Position().Offset - b.policy.Position().Offset
	})
	return slices.Compact(rules)
}
