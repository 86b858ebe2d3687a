package admin

import (
	"net/url"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/frame"
)

// RoleTest asks what somebody might do by a role as it is typed, before it is saved.
type RoleTest struct {
	frame.Base
	Action string // where the form that it stands in is sent
	Ask    []frame.Field
	Said   *RoleSaid
}

// RoleSaid is what the typed role would answer.
type RoleSaid struct {
	Permit   bool
	Sentence string
	Decisive string // the line that decides
	Now      string // what is answered as things are
	Others   []string
}

// testing are the inputs of the question.
var testing = []string{"test_person", "test_action", "test_owner", "test_unit"}

// somebodyElse stands for a person who is not the one that is asked about; no id holds a space.
const somebodyElse standin.PersonID = "somebody else"

// newRoleTest returns what tests the role of a form that is sent to action, with what was typed.
func newRoleTest(b frame.Base, action string, things []Permitted, values url.Values) *RoleTest {
	t := &RoleTest{Base: b, Action: action}
	for _, name := range testing {
		in := frame.Field{Name: name, Label: b.T("roles." + name), Value: values.Get(name)}
		switch name {
		case "test_action":
			in.Kind, in.Options = "select", []frame.Option{{Label: b.T("rules.no_action")}}
			for _, p := range things {
				in.Options = append(in.Options, frame.Option{Value: string(p.Application) + ":" + p.Type + "." + p.Verb,
					Label: p.Name + ": " + b.ActionName(p.Application, p.Type, p.Verb, p.Says)})
			}
		case "test_owner":
			in.Kind, in.Options = "select", []frame.Option{{Label: b.T("roles.test_nobody")}, {Value: "person", Label: b.T("roles.test_theirs")},
				{Value: "other", Label: b.T("roles.test_other")}}
		default:
			in.Hint = b.T("roles." + name + "_hint")
		}
		in.Options = picked(in.Value, in.Options...)
		t.Ask = append(t.Ask, in)
	}
	t.Ask = b.Fields(t.Ask...)
	return t
}

// tests reports whether the input is one of the question.
func tests(name string) bool { return slices.Contains(testing, name) }

// testRole shows what the role as it was typed would answer.
func (v *visit) testRole(e editing, draft rights.Role) error {
	values := v.R.PostForm
	said, err := v.saidByRole(draft)
	if err != nil {
		return v.refuseForm(e, values, err)
	}
	page := e.page(values)
	page.Testing.Said = said
	return v.ok("organisation-form", page)
}

func (v *visit) saidByRole(draft rights.Role) (*RoleSaid, error) {
	person, err := v.typedPerson("test_person", v.text("test_person"))
	if err != nil {
		return nil, err
	}
	p, err := rights.Parse(v.text("test_action"))
	if err != nil {
		return nil, standin.Refuse(standin.Invalid, "web.role_test", "web.no_action", "Choose what they would do.").On("test_action")
	}
	q := decision.Question{Principal: person, Application: p.Application, Type: p.Type, Action: p.Action}
	q.Unit = standin.UnitID(strings.TrimSpace(v.text("test_unit")))
	switch v.text("test_owner") {
	case "person":
		q.Owner = person
	case "other":
		q.Owner = somebodyElse
	}
	t, err := v.Decisions.TryRole(v.R.Context(), v.Caller, draft, q)
	if standin.CodeOf(err) == "decision.nobody" { // as of whom there is not
		return nil, noSuchPerson("test_person")
	}
	if err != nil {
		return nil, err
	}
	b := v.Base
	answers := map[bool]string{true: b.T("roles.test_yes"), false: b.T("roles.test_no")}
	said := &RoleSaid{Permit: t.Permit, Sentence: answers[t.Permit], Decisive: v.Reason(t.Decisive.Said()), Now: b.T("roles.test_now", "Answer", answers[t.Now])}
	if !t.Held {
		said.Others = append(said.Others, b.T("roles.test_not_held"))
	}
	for _, r := range t.Reasons {
		if text := v.Reason(r.Said()); r != t.Decisive && r.For == t.Permit && text != said.Decisive {
			said.Others = append(said.Others, text)
		}
	}
	return said, nil
}
