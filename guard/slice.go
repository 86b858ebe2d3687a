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
	number int      // of the policy in its text, counted from 1
	text   string   // of the policy as Cedar writes it, without annotations: the same text means the same
	name   string   // of its annotation @id, else its number
	reads  []string // every attribute that it names, in order and once each
	// who says that it looks at more of the context than whether somebody acts.
	who bool
}

func newRule(number int, p *cedar.Policy) *rule {
	name := string(p.Annotations()["id"])
	if name == "" {
		name = strconv.Itoa(number)
	}
	bare := *p.AST()
	bare.Annotations = nil
	text := string(cedar.NewPolicyFromAST(&bare).MarshalCedar())
	reads, who := looks((*ast.Policy)(p.AST()))
	return &rule{policy: p, number: number, text: text, name: name, reads: reads, who: who}
}

// looks returns the names of all attributes that the policy accesses or asks for, of whatever record, and whether it looks
// at more of the context than context.acting. Cedar has no way to reach an attribute but by a name that stands in the
// policy.
func looks(p *ast.Policy) (names []string, who bool) {
	for _, c := range p.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
			switch n := n.(type) {
			case ast.NodeTypeAccess:
				if n.Value == acting && isContext(n.Arg) {
					return false
				}
				names = append(names, string(n.Value))
			case ast.NodeTypeHas:
				names = append(names, string(n.Value))
			}
			who = who || isContext(n)
			return true
		})
	}
	slices.Sort(names)
	return slices.Compact(names), who
}

func isContext(n ast.IsNode) bool {
	v, ok := n.(ast.NodeTypeVariable)
	return ok && v.Name == "context"
}

// index finds the rules that can concern a question, so that the others cost nothing.
type index struct {
	rules []*rule
	// own holds those that can concern somebody in their own name, acting those that can concern one who acts.
	own, acting shelf
}

// shelf holds rules by what their scope says of the action.
type shelf struct {
	always  []*rule
	named   map[Name][]*rule
	grouped [len(groups)][]*rule
}

// newIndex files every policy under what its scope says of the action, and leaves that out of what is evaluated: finding
// the policy has decided it. Where entities may be registered, only a scope of one action is decided so, for they may put
// any action into any group.
func newIndex(policies cedar.PolicyList, registered bool) *index {
	x := &index{own: shelf{named: map[Name][]*rule{}}, acting: shelf{named: map[Name][]*rule{}}}
	for i, p := range policies {
		r := newRule(i+1, p)
		x.rules = append(x.rules, r)
		entities, members := named(p.AST().Action)
		decided := len(entities) > 0 && !(registered && members)
		if decided {
			r.policy = anyAction(p)
		} else {
			entities = nil
		}
		x.acting.file(r, entities, members)
		if !onlyActing((*ast.Policy)(p.AST())) {
			x.own.file(r, entities, members)
		}
	}
	return x
}

// onlyActing reports whether the first thing that the policy's conditions ask is context.acting, so that in one's own name
// they end there, and nothing after it can fail.
func onlyActing(p *ast.Policy) bool {
	if len(p.Conditions) == 0 || p.Conditions[0].Condition != ast.ConditionWhen {
		return false
	}
	first := p.Conditions[0].Body
	for {
		and, ok := first.(ast.NodeTypeAnd)
		if !ok {
			break
		}
		first = and.Left
	}
	access, ok := first.(ast.NodeTypeAccess)
	return ok && access.Value == acting && isContext(access.Arg)
}

// file files the rule under the actions and, where members says that the scope means those too, the groups; or under all,
// where there are none.
func (s *shelf) file(r *rule, entities []types.EntityUID, members bool) {
	if len(entities) == 0 {
		s.always = append(s.always, r)
	}
	for _, e := range entities {
		if e.Type != actionType {
			continue
		}
		for i := range groups {
			if members && groups[i].name == string(e.ID) {
				s.grouped[i] = append(s.grouped[i], r)
			}
		}
		if name, ok := parseName(string(e.ID)); ok {
			s.named[name] = append(s.named[name], r)
		}
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
	s := &x.own
	if q.Acting() {
		s = &x.acting
	}
	lists := [2 + len(groups)][]*rule{s.always, s.named[Name{q.Application, q.Type, q.Action}]}
	for i := range groups {
		if groups[i].has(q.Flags) {
			lists[2+i] = s.grouped[i]
		}
	}
	return lists
}

// concern returns the rules that may concern the question, and allocates nothing where there are none.
func (x *index) concern(q *Question) []*rule {
	if len(x.all()) == 0 {
		return nil
	}
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

// all returns every rule, as the text has them.
func (x *index) all() []*rule {
	if x == nil {
		return nil
	}
	return x.rules
}

// inOrder returns the rules that may concern the question as the text has them, each once.
func (x *index) inOrder(q *Question) []*rule {
	rules := slices.Clone(x.concern(q))
	slices.SortFunc(rules, func(a, b *rule) int { return a.number - b.number })
	return slices.Compact(rules)
}
