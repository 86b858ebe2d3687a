package peers

import (
	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
)

const casbinModel = `
[request_definition]
r = actor, principal, delegation, action, owner

[policy_definition]
p = role, action

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.action == p.action && g(r.principal, p.role) && stands(r.delegation, r.actor, r.principal, r.action) && !own(r.action, r.owner, r.actor, r.principal)
`

// newCasbin answers by role-based policies. Window, mask and the guardrail are functions in Go, for its own language has
// no records to keep them in, and one policy for each delegation would only be slower.
func newCasbin(c *company) (engine, error) {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return engine{}, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return engine{}, err
	}
	var policies, groups [][]string
	for r, allowed := range c.roles {
		for _, a := range allowed {
			policies = append(policies, []string{role(r), c.actions[a].String()})
		}
	}
	for p, held := range c.people {
		for _, r := range held {
			groups = append(groups, []string{person(p), role(r)})
		}
	}
	if _, err := e.AddPolicies(policies); err != nil {
		return engine{}, err
	}
	if _, err := e.AddGroupingPolicies(groups); err != nil {
		return engine{}, err
	}
	casbinFunctions(c, e)
	requests := make([][]any, len(c.questions))
	for i, q := range c.questions {
		requests[i] = []any{person(q.actor), person(q.principal), delegationName(q.delegation), c.actions[q.action].String(), person(q.owner)}
	}
	return engine{"Casbin", func(i int) (bool, error) { return e.Enforce(requests[i]...) }}, nil
}

func casbinFunctions(c *company, e *casbin.Enforcer) {
	type row struct {
		delegation
		masked map[string]bool
	}
	rows, approves := map[string]row{}, map[string]bool{}
	for i, d := range c.delegations {
		masked := map[string]bool{}
		for _, a := range d.masked {
			masked[c.actions[a].String()] = true
		}
		rows[delegationName(i)] = row{d, masked}
	}
	for _, a := range c.actions {
		approves[a.String()] = a.approves
	}
	names := make([]string, len(c.people))
	for i := range names {
		names[i] = person(i)
	}
	e.AddFunction("stands", func(args ...any) (any, error) {
		d, found := rows[args[0].(string)]
		return found && names[d.actor] == args[1] && names[d.principal] == args[2] && !c.now.Before(d.start) && c.now.Before(d.end) &&
			!d.masked[args[3].(string)], nil
	})
	e.AddFunction("own", func(args ...any) (any, error) {
		return approves[args[0].(string)] && (args[1] == args[2] || args[1] == args[3]), nil
	})
}
