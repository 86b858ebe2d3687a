package peers

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

const opaPolicy = `package peers

default allow := false

allow if {
	d := data.delegations[input.delegation]
	d.actor == input.actor
	d.principal == input.principal
	d.start <= input.now
	input.now < d.end
	not d.masked[input.action]
	not own
	some r in data.people[input.principal]
	data.roles[r][input.action]
}

own if {
	data.approves[input.action]
	input.owner == input.actor
}

own if {
	data.approves[input.action]
	input.owner == input.principal
}
`

// newOPA answers by a query that was prepared once, over data that is kept in the engine's own form, with questions that
// are in its own form already.
func newOPA(c *company) (engine, error) {
	ctx := context.Background()
	store := inmem.NewFromObjectWithOpts(opaData(c), inmem.OptReturnASTValuesOnRead(true))
	query, err := rego.New(rego.Query("data.peers.allow"), rego.Module("peers.rego", opaPolicy), rego.Store(store)).PrepareForEval(ctx)
	if err != nil {
		return engine{}, err
	}
	inputs := make([]ast.Value, len(c.questions))
	for i, q := range c.questions {
		inputs[i], err = ast.InterfaceToValue(map[string]any{
			"actor": person(q.actor), "principal": person(q.principal), "owner": person(q.owner),
			"delegation": delegationName(q.delegation), "action": c.actions[q.action].String(), "now": c.now.Unix(),
		})
		if err != nil {
			return engine{}, err
		}
	}
	return engine{"OPA", func(i int) (bool, error) {
		results, err := query.Eval(ctx, rego.EvalParsedInput(inputs[i]))
		return results.Allowed(), err
	}}, nil
}

func opaData(c *company) map[string]any {
	set := func(of []int) map[string]any {
		m := map[string]any{}
		for _, a := range of {
			m[c.actions[a].String()] = true
		}
		return m
	}
	people, roles, delegations, approves := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	for i, held := range c.people {
		names := make([]any, len(held))
		for k, r := range held {
			names[k] = role(r)
		}
		people[person(i)] = names
	}
	for i, allowed := range c.roles {
		roles[role(i)] = set(allowed)
	}
	for i, d := range c.delegations {
		delegations[delegationName(i)] = map[string]any{"actor": person(d.actor), "principal": person(d.principal),
			"start": d.start.Unix(), "end": d.end.Unix(), "masked": set(d.masked)}
	}
	for _, a := range c.actions {
		if a.approves {
			approves[a.String()] = true
		}
	}
	return map[string]any{"people": people, "roles": roles, "delegations": delegations, "approves": approves}
}
