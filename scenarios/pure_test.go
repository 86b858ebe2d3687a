package scenarios

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world"
)

// given is an answer: yes or no, with every reason for and against.
type given struct {
	permit bool
	pro    []reason
	con    []reason
}

// corpus returns every scenario by the name of its file.
func corpus(t testing.TB) map[string]*scenario {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	all := map[string]*scenario{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := read(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".txt")] = s
	}
	return all
}

// load returns what the world's file says of its one organisation.
func load(t testing.TB, name string) *world.File {
	t.Helper()
	text, err := os.Open(name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	f, err := world.Load(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// model answers by the pure rule alone, from what the file says.
type model struct {
	organisation world.Organisation
	vocabulary   *rights.Vocabulary
	rules        *guard.Rules
	policies     map[standin.ApplicationID]guard.Policies // of applications that answer by their own
	revoked      map[standin.DelegationID]bool
	inactive     map[standin.PersonID]bool
	at           time.Time
}

func newModel(t testing.TB, name string) *model {
	t.Helper()
	return modelOf(t, load(t, name).Organisations[0])
}

func modelOf(t testing.TB, o world.Organisation) *model {
	t.Helper()
	m := &model{organisation: o, policies: map[standin.ApplicationID]guard.Policies{},
		revoked: map[standin.DelegationID]bool{}, inactive: map[standin.PersonID]bool{}}
	catalogues, guards := rights.Catalogues{}, map[standin.ApplicationID]guard.Guardrails{}
	for _, a := range m.organisation.Applications {
		catalogues[a.ID], guards[a.ID] = a.Catalogue, compile(t, a.Guardrails)
		if a.Policies != "" {
			p, err := guard.CompilePolicies(a.Policies, a.Entities)
			if err != nil {
				t.Fatal(err)
			}
			m.policies[a.ID] = p
		}
	}
	m.vocabulary = rights.NewVocabulary(catalogues)
	own := guard.Guardrails{}
	if m.organisation.Guardrails != nil {
		own = compile(t, *m.organisation.Guardrails)
	}
	m.rules = guard.NewRules(own, guards)
	return m
}

func compile(t testing.TB, text string) guard.Guardrails {
	t.Helper()
	g, err := guard.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (m *model) happen(e *event) {
	switch e.verb {
	case "at":
		m.at = e.at
	case "revoke":
		m.revoked[standin.DelegationID(e.what)] = true
	case "deactivate":
		m.inactive[standin.PersonID(e.what)] = true
	case "give":
		p := m.person(standin.PersonID(e.what))
		p.Roles = append(p.Roles, world.HeldRole{Role: e.role})
	case "take":
		p := m.person(standin.PersonID(e.what))
		p.Roles = slices.DeleteFunc(p.Roles, func(h world.HeldRole) bool { return h.Role == e.role && h.Unit == "" })
	}
}

// answer is the pure answer. Explanation and answer are asked for apart, and must agree.
func (m *model) answer(t testing.TB, a *ask) given {
	t.Helper()
	for _, id := range []standin.PersonID{a.principal, a.actor} {
		if m.person(id) == nil {
			return refused("decision.unknown_person")
		}
		if m.inactive[id] {
			return refused("decision.inactive")
		}
	}
	var bounds *rights.Bounds
	if a.actor != a.principal {
		found := m.between(a)
		switch {
		case len(found) == 0:
			return refused("decision.no_delegation")
		case len(found) > 1:
			return refused("decision.several")
		}
		bounds = m.bounds(found[0])
	}
	authority := m.authority(a.principal)
	q := rights.Question{Application: a.application, Type: a.typ, Action: a.action, Field: a.field, Owner: a.owner(),
		EnteredBy: a.enteredBy(), Unit: a.unit(), SelfApproval: a.selfApproval()}
	flags, known := m.vocabulary.Action(&q)
	g := guard.Question{Actor: a.actor, Principal: a.principal, Application: a.application, Type: a.typ, Action: a.action, ID: a.id,
		Flags: flags, Owner: a.owner(), EnteredBy: a.enteredBy(), Unit: a.unit(), SelfApproval: a.selfApproval(), Properties: a.properties}
	policies, own := m.policies[a.application]
	permit := authority.Permits(bounds, &q)
	var out given
	if own && known {
		v := policies.Decide(&g)
		permit = v.Permit && (bounds == nil || authority.Within(bounds, &q))
		out.byPolicies(v)
	}
	out.permit = permit && !m.rules.Forbids(&g)
	for _, r := range authority.Explain(bounds, &q).Reasons {
		if ofRoles := r.Role != "" || r.Code == "rights.no_role"; !(own && known && ofRoles) {
			out.add(r.Code, r.For, string(r.Role), r.Permission, "")
		}
	}
	for _, r := range m.rules.Explain(&g) {
		out.add(r.Code, false, "", "", r.Policy)
	}
	if out.permit != (len(out.con) == 0) {
		t.Errorf("the answer is %v and its explanation has %v against it", out.permit, out.con)
	}
	return out
}

// byPolicies adds what the application's own policies say, which take the place of roles.
func (g *given) byPolicies(v guard.Verdict) {
	for _, name := range v.By {
		g.add("decision.policy_permits", true, "", "", name)
	}
	for _, r := range v.Reasons {
		g.add(r.Code, false, "", "", r.Policy)
	}
}

func refused(code string) given { return given{con: []reason{{code: code}}} }

// add adds a reason, by what it is best told: the policy, the role, or else the line.
func (g *given) add(code string, pro bool, role, line, policy string) {
	r := reason{code: code, of: policy}
	if r.of == "" {
		r.of = role
	}
	if r.of == "" {
		r.of = line
	}
	if pro {
		g.pro = append(g.pro, r)
	} else {
		g.con = append(g.con, r)
	}
}

func (m *model) person(id standin.PersonID) *world.Person {
	for i := range m.organisation.People {
		if m.organisation.People[i].ID == id {
			return &m.organisation.People[i]
		}
	}
	return nil
}

// between returns the delegations by which the actor could act for the principal now.
func (m *model) between(a *ask) (found []world.Delegation) {
	for _, d := range m.organisation.Delegations {
		begun, over := d.Start == nil || !m.at.Before(*d.Start), d.End != nil && !m.at.Before(*d.End)
		if d.Actor == a.actor && d.Principal == a.principal && begun && !over && !m.revoked[d.ID] &&
			(a.delegation == "" || a.delegation == d.ID) {
			found = append(found, d)
		}
	}
	return found
}

func (m *model) bounds(d world.Delegation) *rights.Bounds {
	var limits rights.Limits
	if d.Limits != nil {
		limits = *d.Limits
	}
	return m.vocabulary.Bounds(limits, d.Kind == "entry")
}

func (m *model) authority(id standin.PersonID) *rights.Authority {
	p := m.person(id)
	var held []rights.Holding
	for _, h := range p.Roles {
		unit := h.Unit
		if unit == "" && p.Unit != nil {
			unit = *p.Unit
		}
		for _, r := range m.organisation.Roles {
			if r.ID == h.Role {
				held = append(held, rights.Holding{Role: r.Role, Unit: unit})
			}
		}
	}
	return m.vocabulary.Authority(id, held)
}

// judge compares an answer with the expected one. Of a no, every reason against it must be expected, and each expected
// one be given; of a yes, each expected one.
func judge(a *ask, got given) (problem string) {
	told := got.con
	if a.permit {
		told = got.pro
	}
	if got.permit != a.permit {
		return "got " + show(got.permit, told, got.con) + ", want " + show(a.permit, a.reasons, nil)
	}
	for _, want := range a.reasons {
		if !slices.ContainsFunc(told, want.means) {
			return "got " + show(got.permit, told, nil) + ", want " + want.String() + " among them"
		}
	}
	for _, r := range told {
		if !a.permit && !slices.ContainsFunc(a.reasons, func(want reason) bool { return want.means(r) }) {
			return "got " + show(got.permit, told, nil) + ", want no " + r.String()
		}
	}
	return ""
}

// means reports whether the reason that was given is the expected one.
func (r reason) means(got reason) bool { return r.code == got.code && (r.of == "" || r.of == got.of) }

func show(permit bool, lists ...[]reason) string {
	words := []string{"no"}
	if permit {
		words[0] = "yes"
	}
	for _, list := range lists {
		for _, r := range list {
			words = append(words, r.String())
		}
	}
	return strings.Join(words, " ")
}

func TestThePureRule(t *testing.T) {
	for name, s := range corpus(t) {
		t.Run(name, func(t *testing.T) { play(t, s) })
	}
}

// play answers the scenario by the pure rule.
func play(t *testing.T, s *scenario) {
	t.Helper()
	for _, problem := range playIn(t, newModel(t, s.world), s) {
		t.Error(problem)
	}
}

// playIn answers it by the model and returns what is otherwise than expected.
func playIn(t *testing.T, m *model, s *scenario) (problems []string) {
	t.Helper()
	m.at = s.at
	for _, step := range s.steps {
		if step.event != nil {
			m.happen(step.event)
		} else if problem := judge(step.ask, m.answer(t, step.ask)); problem != "" {
			problems = append(problems, fmt.Sprintf("line %d: %s", step.line, problem))
		}
	}
	return problems
}
