package peers

import (
	"fmt"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/rights"
)

// newStandin answers by Standin's rule: the delegation is looked up by its id, must be of these two people and in its
// window, and then the principal's rights, the limits and the guardrails are asked. The organisation's Cedar, which may be
// "", comes on top of the guardrails that are built in. What a decision does besides, reading whether all this still
// stands and recording it, is measured over HTTP.
func newStandin(c *company, name, cedar string) (engine, error) {
	vocabulary := rights.NewVocabulary(standinCatalogues(c))
	organisation, err := guard.Compile(cedar)
	if err != nil {
		return engine{}, err
	}
	rules := guard.NewRules(organisation, nil)
	type stand struct {
		actor, principal standin.PersonID
		start, end       time.Time
		authority        *rights.Authority
		bounds           *rights.Bounds
	}
	roles := make([]rights.Role, len(c.roles))
	for i, allowed := range c.roles {
		roles[i] = rights.Role{ID: standin.RoleID(role(i)), Allow: standinPermissions(c, allowed)}
	}
	stands := make(map[standin.DelegationID]stand, len(c.delegations))
	for i, d := range c.delegations {
		var held []rights.Holding
		for _, r := range c.people[d.principal] {
			held = append(held, rights.Holding{Role: roles[r], Unit: "all"})
		}
		principal := standin.PersonID(person(d.principal))
		stands[standin.DelegationID(delegationName(i))] = stand{actor: standin.PersonID(person(d.actor)), principal: principal,
			start: d.start, end: d.end, authority: vocabulary.Authority(principal, held),
			bounds: vocabulary.Bounds(rights.Limits{Deny: standinPermissions(c, d.masked)}, false)}
	}
	type asked struct {
		delegation standin.DelegationID
		guard.Question
	}
	questions := make([]asked, len(c.questions))
	for i, q := range c.questions {
		a := c.actions[q.action]
		questions[i] = asked{standin.DelegationID(delegationName(q.delegation)), guard.Question{
			Actor: standin.PersonID(person(q.actor)), Principal: standin.PersonID(person(q.principal)),
			Application: application, Type: a.typ, ID: "one", Action: a.name, Owner: standin.PersonID(person(q.owner)),
			Properties: map[string]any{"amount": 100.0}}}
	}
	return engine{name, func(i int) (bool, error) {
		q := questions[i].Question
		s, found := stands[questions[i].delegation]
		if !found || s.actor != q.Actor || s.principal != q.Principal || c.now.Before(s.start) || !c.now.Before(s.end) {
			return false, nil
		}
		r := rights.Question{Application: q.Application, Type: q.Type, Action: q.Action, Owner: q.Owner}
		q.Flags, found = vocabulary.Action(&r)
		return found && s.authority.Permits(s.bounds, &r) && guard.BuiltIn(&q) == "" && !rules.Forbids(&q), nil
	}}, nil
}

func standinCatalogues(c *company) rights.Catalogues {
	types := map[string]rights.Type{}
	for _, a := range c.actions {
		if _, found := types[a.typ]; !found {
			types[a.typ] = rights.Type{Actions: map[string]rights.Action{}}
		}
		action := rights.DefaultAction(a.name)
		action.Approves = a.approves
		types[a.typ].Actions[a.name] = action
	}
	return rights.Catalogues{application: {Types: types}}
}

func standinPermissions(c *company, actions []int) []string {
	texts := make([]string, len(actions))
	for i, a := range actions {
		texts[i] = fmt.Sprint(c.actions[a])
	}
	return texts
}
