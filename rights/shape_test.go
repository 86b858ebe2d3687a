package rights

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/standin-id/standin"
)

// TestThreat7TheActorsOwnRightsNeverMatter: who is really there is no input of an answer. Neither a question nor limits
// have a place for an actor, and an answer is asked of one person's authority, the bounds and the question alone.
func TestThreat7TheActorsOwnRightsNeverMatter(t *testing.T) {
	authority := reflect.TypeFor[*Authority]()
	for name, want := range map[string][]reflect.Type{
		"Permits": {reflect.TypeFor[*Bounds](), reflect.TypeFor[*Question]()},
		"Within":  {reflect.TypeFor[*Bounds](), reflect.TypeFor[*Question]()},
		"Explain": {reflect.TypeFor[*Bounds](), reflect.TypeFor[*Question]()},
		"List":    {reflect.TypeFor[*Bounds]()},
	} {
		m, ok := authority.MethodByName(name)
		if !ok {
			t.Fatalf("there is no %s", name)
		}
		var got []reflect.Type
		for i := 1; i < m.Type.NumIn(); i++ {
			got = append(got, m.Type.In(i))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s takes %v, want %v", name, got, want)
		}
	}
	for _, of := range []reflect.Type{reflect.TypeFor[Question](), reflect.TypeFor[Limits](), reflect.TypeFor[Bounds](), reflect.TypeFor[Authority](),
		reflect.TypeFor[Holding](), reflect.TypeFor[Role]()} {
		for i := range of.NumField() {
			if strings.Contains(strings.ToLower(of.Field(i).Name), "actor") {
				t.Errorf("%v has a place for an actor: %s", of, of.Field(i).Name)
			}
		}
	}
	people := 0
	for i := range reflect.TypeFor[Authority]().NumField() {
		if reflect.TypeFor[Authority]().Field(i).Type == reflect.TypeFor[standin.PersonID]() {
			people++
		}
	}
	if people != 1 {
		t.Errorf("an authority is of %d people, want one", people)
	}
}

// TestEnteredByAndSelfApprovalChangeNoRight: those are for guardrails.
func TestEnteredByAndSelfApprovalChangeNoRight(t *testing.T) {
	tr := newTrace(seedOf(t), 1, 0)
	v := NewVocabulary(tr.catalogues)
	a, b := v.Authority(tr.person, tr.held), v.Bounds(tr.limits[0], tr.entry)
	everyQuestion(v, func(q *Question) {
		other := *q
		other.EnteredBy, other.SelfApproval = "p-1", true
		if a.Permits(b, q) != a.Permits(b, &other) {
			t.Errorf("%+v is answered otherwise", other)
		}
	})
}

// TestExhaustiveFourPeople goes over every way that four people can hold three permissions, every delegation between two
// of them, at every of three instants in every window, and limits that leave all or nothing, allow one or deny one:
// whoever asks, for whomever, what is answered is the principal's own right within the limits, and never anything of the
// actor's. That nothing is asked outside the window is the rule of delegation.
func TestExhaustiveFourPeople(t *testing.T) {
	lines := [...]string{"office:project.manage", "office:time.approve", "office:expense.approve"}
	v := NewVocabulary(office)
	var questions [len(lines)]Question
	var authorities [1 << len(lines)]*Authority
	for i, line := range lines {
		p, _ := Parse(line)
		questions[i] = Question{Application: p.Application, Type: p.Type, Action: p.Action, Owner: "somebody", Unit: "sales"}
	}
	for set := range authorities {
		var held []string
		for i, line := range lines {
			if set&(1<<i) != 0 {
				held = append(held, line)
			}
		}
		authorities[set] = v.Authority("anybody", []Holding{{Role: Role{Allow: held}, Unit: "sales"}})
	}
	type limited struct {
		b    *Bounds
		mask int
	}
	every := []limited{{v.Bounds(Limits{}, false), 7}, {v.Bounds(Limits{ReadOnly: true}, false), 0}}
	for i, line := range lines {
		every = append(every, limited{v.Bounds(Limits{Allow: []string{line}}, false), 1 << i},
			limited{v.Bounds(Limits{Deny: []string{line}}, false), 7 &^ (1 << i)})
	}
	asked := 0
	for holdings := range 1 << (4 * len(lines)) {
		of := func(person int) int { return holdings >> (person * len(lines)) & 7 }
		for pair := range 16 {
			actor, principal := pair/4, pair%4
			for i, l := range every {
				if actor == principal && i > 0 {
					break // in their own name no limits are asked
				}
				for window := range 9 {
					start, end := window/3, window%3+1
					for instant := start; instant < end; instant++ {
						asked++
						got := answered(authorities[of(actor)], authorities[of(principal)], l.b, actor == principal, &questions)
						want := of(principal) & l.mask
						if actor == principal {
							want = of(principal)
						}
						if got != want {
							t.Fatalf("people hold %b, %d acts for %d: got %b, want %b", holdings, actor, principal, got, want)
						}
					}
				}
			}
		}
	}
	t.Logf("%d answers of three questions each", asked)
}

// answered returns which of the questions are permitted to the actor, in their own name or for the principal.
func answered(actor, principal *Authority, b *Bounds, own bool, questions *[3]Question) int {
	got := 0
	for i := range questions {
		if own && actor.Permits(nil, &questions[i]) || !own && principal.Permits(b, &questions[i]) {
			got |= 1 << i
		}
	}
	return got
}
