package peers

import (
	"fmt"
	"strings"

	"github.com/cedar-policy/cedar-go"
)

// newCedar answers by Cedar alone: roles are groups of people, a delegation is an entity that the question names, and the
// policies of each action stand in a set of their own, so that only they are looked at.
func newCedar(c *company) (engine, error) {
	sets := make([]*cedar.PolicySet, len(c.actions))
	for i, a := range c.actions {
		set, err := cedar.NewPolicySetFromBytes("peers", []byte(cedarPolicies(c, i, a)))
		if err != nil {
			return engine{}, err
		}
		sets[i] = set
	}
	entities := cedarEntities(c)
	requests := make([]cedar.Request, len(c.questions))
	for i, q := range c.questions {
		requests[i] = cedar.Request{
			Principal: cedar.NewEntityUID("Person", cedar.String(person(q.principal))),
			Action:    cedar.NewEntityUID("Action", cedar.String(c.actions[q.action].String())),
			Resource:  cedar.NewEntityUID("Resource", "one"),
			Context: cedar.NewRecord(cedar.RecordMap{
				"actor":      cedar.NewEntityUID("Person", cedar.String(person(q.actor))),
				"owner":      cedar.NewEntityUID("Person", cedar.String(person(q.owner))),
				"delegation": cedar.NewEntityUID("Delegation", cedar.String(delegationName(q.delegation))),
				"now":        cedar.Long(c.now.Unix()),
				"action":     cedar.String(c.actions[q.action].String()),
			}),
		}
	}
	return engine{"cedar-go", func(i int) (bool, error) {
		decision, diagnostic := cedar.Authorize(sets[c.questions[i].action], entities, requests[i])
		if len(diagnostic.Errors) > 0 {
			return false, fmt.Errorf("%s", diagnostic.Errors[0].Message)
		}
		return decision == cedar.Allow, nil
	}}, nil
}

func cedarPolicies(c *company, place int, a action) string {
	var groups []string
	for r, allowed := range c.roles {
		for _, each := range allowed {
			if each == place {
				groups = append(groups, fmt.Sprintf("principal in Role::%q", role(r)))
			}
		}
	}
	if len(groups) == 0 {
		groups = []string{"false"}
	}
	text := fmt.Sprintf(`permit (principal, action == Action::%q, resource) when {
		context.delegation.actor == context.actor && context.delegation.principal == principal &&
		context.delegation.start <= context.now && context.now < context.delegation.end &&
		(%s) && !context.delegation.masked.contains(context.action)
	};`, a, strings.Join(groups, " || "))
	if a.approves {
		text += fmt.Sprintf(`forbid (principal, action == Action::%q, resource) when {
			context.owner == context.actor || context.owner == principal
		};`, a)
	}
	return text
}

func cedarEntities(c *company) cedar.EntityMap {
	entities := cedar.EntityMap{}
	for i, held := range c.people {
		uid := cedar.NewEntityUID("Person", cedar.String(person(i)))
		roles := make([]cedar.EntityUID, len(held))
		for k, r := range held {
			roles[k] = cedar.NewEntityUID("Role", cedar.String(role(r)))
		}
		entities[uid] = cedar.Entity{UID: uid, Parents: cedar.NewEntityUIDSet(roles...)}
	}
	for i, d := range c.delegations {
		uid := cedar.NewEntityUID("Delegation", cedar.String(delegationName(i)))
		masked := make([]cedar.Value, len(d.masked))
		for k, m := range d.masked {
			masked[k] = cedar.String(c.actions[m].String())
		}
		entities[uid] = cedar.Entity{UID: uid, Attributes: cedar.NewRecord(cedar.RecordMap{
			"actor":     cedar.NewEntityUID("Person", cedar.String(person(d.actor))),
			"principal": cedar.NewEntityUID("Person", cedar.String(person(d.principal))),
			"start":     cedar.Long(d.start.Unix()),
			"end":       cedar.Long(d.end.Unix()),
			"masked":    cedar.NewSet(masked...),
		})}
	}
	return entities
}
