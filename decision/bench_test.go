package decision

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// A company of 10,000 people who hold 10 roles of 20 permissions each, with 50,000 delegations that have a window and
// limits: what is kept in memory to answer within each of them, and one question for each.
type company struct {
	entries   []*entry
	questions []Question
	now       time.Time
}

const (
	companyPeople      = 10_000
	companyDelegations = 50_000
	companyUnits       = 200
	kinds              = 20 // of records, each with ten actions
)

func (c *company) roles() []rights.Role {
	var roles []rights.Role
	scopes := []string{"", "@unit", "@own"}
	for r := range 10 {
		role := rights.Role{ID: standin.RoleID(fmt.Sprintf("role-%d", r)), Rank: r}
		for p := range 20 {
			role.Allow = append(role.Allow, fmt.Sprintf("desk:type-%d.do-%d%s", (r*2+p)%kinds, p%10, scopes[(r+p)%3]))
		}
		roles = append(roles, role)
	}
	return roles
}

func found(guardrails string) *company {
	c := &company{now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	rng := rand.New(rand.NewPCG(1, 2))
	catalogue := rights.Catalogue{Types: map[string]rights.Type{}}
	for k := range kinds {
		actions := map[string]rights.Action{}
		for a := range 10 {
			actions[fmt.Sprintf("do-%d", a)] = rights.Action{Category: rights.General, Entry: true, Approves: a == 3, Reads: a < 3}
		}
		catalogue.Types[fmt.Sprintf("type-%d", k)] = rights.Type{Actions: actions, Fields: map[string]rights.Field{"amount": {}, "account": {Sealed: true}}}
	}
	book := newBook(1, "", []application.Application{{ID: "desk", Catalogue: catalogue, Guardrails: guardrails}}, nil)
	roles := c.roles()
	units := func() standin.UnitID { return standin.UnitID(fmt.Sprintf("unit-%d/part", rng.IntN(companyUnits))) }
	var people []*standing
	holds := map[standin.PersonID][]rights.Holding{}
	for p := range companyPeople {
		id := standin.PersonID(fmt.Sprintf("p-%05d", p))
		held := []rights.Holding{{Role: roles[rng.IntN(10)], Unit: units()}, {Role: roles[rng.IntN(10)], Unit: units()}}
		holds[id] = held
		people = append(people, &standing{book: book, known: true, active: true, authority: book.vocabulary.Authority(id, held)})
	}
	for d := range companyDelegations {
		principal, actor := rng.IntN(companyPeople), rng.IntN(companyPeople)
		limits := rights.Limits{Deny: []string{fmt.Sprintf("desk:type-%d.*", rng.IntN(kinds))}, ReadOnly: d%10 == 0}
		row := delegation.Row{Delegation: delegation.Delegation{ID: standin.DelegationID(fmt.Sprintf("d-%05d", d)), Kind: delegation.Cover,
			Actor: standin.PersonID(fmt.Sprintf("p-%05d", actor)), Principal: standin.PersonID(fmt.Sprintf("p-%05d", principal)),
			Limits: limits, StartsAt: c.now.Add(-time.Hour), EndsAt: c.now.Add(time.Hour)}}
		c.entries = append(c.entries, &entry{standing: people[principal], bounds: book.vocabulary.Bounds(limits, false), facts: acting.Facts{Row: row},
			session: acting.Session{ID: standin.SessionID(fmt.Sprintf("s-%05d", d)), Actor: row.Actor, Principal: row.Principal, Delegation: row.ID,
				StartedAt: c.now.Add(-time.Minute), ExpiresAt: c.now.Add(time.Minute), LimitAt: c.now.Add(time.Hour)}})
		typ, action, unit := fmt.Sprintf("type-%d", rng.IntN(kinds)), fmt.Sprintf("do-%d", rng.IntN(10)), units()
		if d%3 != 0 { // most ask for what the principal may
			h := holds[row.Principal][rng.IntN(2)]
			p, _ := rights.Parse(h.Role.Allow[rng.IntN(len(h.Role.Allow))])
			typ, action, unit = p.Type, p.Action, h.Unit+"/below"
		}
		c.entries[d].foresee(c.now)
		c.questions = append(c.questions, Question{Actor: row.Actor, Principal: row.Principal, Session: standin.SessionID(fmt.Sprintf("s-%05d", d)),
			Application: "desk", Type: typ, Action: action, ID: "r-1",
			Resource: Resource{Owner: standin.PersonID(fmt.Sprintf("p-%05d", rng.IntN(companyPeople))), Unit: unit,
				Properties: map[string]any{"amount": float64(rng.IntN(10_000))}}})
	}
	return c
}

// answer is what is answered from memory: the window, the limits, the rights, the guardrails.
func (c *company) answer(i int) bool {
	e, q := c.entries[i], &c.questions[i]
	if !e.live(c.now) {
		return false
	}
	a := ask(q, e.session.Actor, e.session.Principal)
	return e.standing.book.permits(e.standing.authority, e.bounds, &a)
}

// BenchmarkInMemory answers questions of a large company from what is kept of it: with the built-in guardrails alone, and
// with one in Cedar that concerns a tenth of the actions. It reports the median of single answers beside the mean.
func BenchmarkInMemory(b *testing.B) {
	for name, guardrails := range map[string]string{"built-in": "", "cedar": `forbid (principal, action in Action::"approves", resource)
		when { context.acting && resource.amount > 5000 };`} {
		b.Run(name, func(b *testing.B) {
			before := heap()
			c := found(guardrails)
			kept := heap() - before
			permits := 0
			for i := range c.questions {
				if c.answer(i) {
					permits++
				}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.answer(i % companyDelegations)
			}
			b.ReportMetric(float64(kept)/companyDelegations, "B/delegation")
			b.ReportMetric(float64(permits)/companyDelegations, "permitted/question")
			b.ReportMetric(c.median(), "median-ns")
		})
	}
}

// median times batches of a hundred answers, so that the clock itself weighs little.
func (c *company) median() float64 {
	const batch = 100
	var took []float64
	for i := 0; i+batch <= companyDelegations; i += batch {
		began := time.Now()
		for n := range batch {
			c.answer(i + n)
		}
		took = append(took, float64(time.Since(began).Nanoseconds())/batch)
	}
	slices.Sort(took)
	return took[len(took)/2]
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestAnswersFromMemoryAllocateNothing where only the built-in guardrails apply.
func TestAnswersFromMemoryAllocateNothing(t *testing.T) {
	c := found("")
	i := 0
	if got := testing.AllocsPerRun(10_000, func() { c.answer(i % companyDelegations); i++ }); got != 0 {
		t.Errorf("an answer allocates %v times, want never", got)
	}
}
