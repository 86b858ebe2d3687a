// Package peers asks Standin's rule and the engines that others decide with the same questions, in one process and in
// one run, and compares what an answer costs. It refuses to compare engines that answer differently.
//
// It is a module of its own, so that what it measures against is no dependency of Standin.
package peers

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// The question set: a company of this many people, who stand in for one another this often.
const (
	roleCount       = 10
	typeCount       = 20
	actionCount     = 10 // of each type, so that there are 200 permissions
	peopleCount     = 10_000
	delegationCount = 50_000
	questionCount   = 4_096
)

const application = "desk"

// action is one of the 200, by its place.
type action struct {
	typ, name string
	approves  bool
}

func (a action) String() string { return fmt.Sprintf("%s:%s.%s", application, a.typ, a.name) }

type delegation struct {
	actor, principal int
	start, end       time.Time
	masked           []int // actions
}

type company struct {
	now         time.Time
	actions     []action
	roles       [][]int // actions
	people      [][]int // roles
	delegations []delegation
	questions   []question
}

type question struct {
	delegation, actor, principal, owner int
	action                              int
}

func person(i int) string         { return fmt.Sprintf("p-%d", i) }
func role(i int) string           { return fmt.Sprintf("r-%d", i) }
func delegationName(i int) string { return fmt.Sprintf("d-%d", i) }

// newCompany returns the same company for the same seed and instant.
func newCompany(seed uint64, now time.Time) *company {
	random := rand.New(rand.NewPCG(seed, 1))
	c := &company{now: now}
	for t := range typeCount {
		for a := range actionCount {
			name := fmt.Sprintf("do-%d", a)
			if a == 0 {
				name = "approve"
			}
			c.actions = append(c.actions, action{fmt.Sprintf("type-%d", t), name, a == 0})
		}
	}
	for range roleCount {
		c.roles = append(c.roles, random.Perm(len(c.actions))[:len(c.actions)/3])
	}
	for range peopleCount {
		c.people = append(c.people, random.Perm(roleCount)[:1+random.IntN(3)])
	}
	pairs := map[[2]int]bool{}
	for len(c.delegations) < delegationCount {
		actor, principal := random.IntN(peopleCount), random.IntN(peopleCount-1)
		if principal >= actor {
			principal++
		}
		if pairs[[2]int{actor, principal}] {
			continue
		}
		pairs[[2]int{actor, principal}] = true
		start := c.now.Add(time.Duration(random.IntN(24*40)-24*30) * time.Hour)
		c.delegations = append(c.delegations, delegation{actor: actor, principal: principal, start: start,
			end: start.Add(time.Duration(24*(10+random.IntN(60))) * time.Hour), masked: random.Perm(len(c.actions))[:5]})
	}
	for range questionCount {
		c.questions = append(c.questions, c.question(random))
	}
	return c
}

// question asks of a real delegation, mostly in its window, and more often than not of something that its principal may.
func (c *company) question(random *rand.Rand) question {
	d := random.IntN(len(c.delegations))
	q := question{delegation: d, actor: c.delegations[d].actor, principal: c.delegations[d].principal,
		owner: random.IntN(peopleCount), action: random.IntN(len(c.actions))}
	held := c.people[q.principal]
	if random.IntN(3) > 0 {
		allowed := c.roles[held[random.IntN(len(held))]]
		q.action = allowed[random.IntN(len(allowed))]
	}
	switch random.IntN(20) {
	case 0:
		q.owner = q.actor
	case 1:
		q.owner = q.principal
	case 2:
		q.actor = random.IntN(peopleCount) // somebody whose delegation it is not
	}
	return q
}

// expected is the answer by the plainest rule.
func (c *company) expected(q question) bool {
	d := c.delegations[q.delegation]
	if d.actor != q.actor || d.principal != q.principal || c.now.Before(d.start) || !c.now.Before(d.end) {
		return false
	}
	for _, masked := range d.masked {
		if masked == q.action {
			return false
		}
	}
	if c.actions[q.action].approves && (q.owner == q.actor || q.owner == q.principal) {
		return false
	}
	for _, r := range c.people[q.principal] {
		for _, allowed := range c.roles[r] {
			if allowed == q.action {
				return true
			}
		}
	}
	return false
}

// engine is one way to answer; ask answers the question at its place among the company's.
type engine struct {
	name string
	ask  func(i int) (bool, error)
}
