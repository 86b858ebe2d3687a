package scenarios

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/world"
)

// somewhere picks questions at random, about everything that the sample world has and some that it has not.
type somewhere struct {
	*rand.Rand
	o world.Organisation
}

func pick[T any](r somewhere, list []T) T { return list[r.IntN(len(list))] }

// question is one on behalf of somebody, by a delegation that can be used.
func (r somewhere) question(live []world.Delegation) *ask {
	d := pick(r, live)
	a := &ask{actor: d.Actor, principal: d.Principal, delegation: d.ID, id: "1", properties: object{}}
	app := pick(r, r.o.Applications)
	a.application, a.typ = app.ID, pick(r, slices.Sorted(maps.Keys(app.Catalogue.Types)))
	typ := app.Catalogue.Types[a.typ]
	a.action = pick(r, slices.Sorted(maps.Keys(typ.Actions)))
	if fields := slices.Sorted(maps.Keys(typ.Fields)); len(fields) > 0 && r.IntN(2) == 0 {
		a.field = pick(r, fields)
	}
	people := []standin.PersonID{d.Actor, d.Principal, "dan", "fay"}
	for _, name := range []string{"owner", "entered_by"} {
		if r.IntN(4) > 0 {
			a.properties[name] = string(pick(r, people))
		}
	}
	if r.IntN(4) > 0 {
		a.properties["unit"] = pick(r, []string{"sales", "sales/emea", "finance"})
	}
	a.properties["self_approval"] = r.IntN(2) == 0
	a.properties["amount"] = pick(r, []float64{10, 4999, 5001, 0.5})
	a.properties["locked"] = r.IntN(2) == 0
	var with []any
	for _, id := range people {
		if r.IntN(3) == 0 {
			with = append(with, object{"type": "person", "id": string(id)})
		}
	}
	a.properties["shared_with"], a.properties["members"] = append([]any{}, with...), append([]any{}, with...)
	return a
}

// TestP2NobodyMayMoreThanTheirPrincipal: over random questions about the sample, with its guardrails and its own policies,
// whatever a stand-in may the principal may themselves, and what roles the stand-in has changes nothing.
func TestP2NobodyMayMoreThanTheirPrincipal(t *testing.T) {
	const seed, rounds = 20261122, 20_000
	o := load(t, "workdesk").Organisations[0]
	r := somewhere{rand.New(rand.NewPCG(seed, 1)), o}
	m := modelOf(t, o)
	m.at = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	roleless := newModel(t, "workdesk")
	roleless.at = m.at
	var live []world.Delegation
	for _, d := range o.Delegations {
		if len(m.between(&ask{actor: d.Actor, principal: d.Principal, delegation: d.ID})) == 1 {
			live = append(live, d)
		}
	}
	permits := 0
	for range rounds {
		a := r.question(live)
		acting := m.answer(t, a)
		own := *a
		own.actor, own.delegation = a.principal, ""
		if acting.permit {
			permits++
			if got := m.answer(t, &own); !got.permit {
				t.Errorf("seed %d: %s may for %s, who may not because of %v: %+v", seed, a.actor, a.principal, got.con, *a)
			}
		}
		actor := roleless.person(a.actor)
		kept := actor.Roles
		actor.Roles = nil
		if got := roleless.answer(t, a); got.permit != acting.permit {
			t.Errorf("seed %d: without roles of their own %s gets %v, with them %v: %+v", seed, a.actor, got.permit, acting.permit, *a)
		}
		actor.Roles = kept
		if t.Failed() {
			return
		}
	}
	if permits < rounds/50 {
		t.Errorf("%d of %d are permitted: the questions say little", permits, rounds)
	}
}
