package admin

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision/trials"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/web/frame"
)

// Trying tries guardrails that were typed and do not hold yet: against recorded answers, and with a question that is made
// up. The parts of trying.html write it, on the pages of the organisation's rules and of an application.
type Trying struct {
	frame.Base
	Action string // where the form that it stands in is sent
	Tried  *RulesTried
	Lines  []DiffLine    // what the typed text changes, where the page does not say it elsewhere
	Ask    []frame.Field // a question that is made up
	Said   *RulesSaid    // what it is answered
}

// RulesSaid is what guardrails say of a made up question.
type RulesSaid struct{ Before, After []string }

// RulesTried is what the typed guardrails would have said to recorded questions.
type RulesTried struct {
	Tried    string
	Closed   string // "" for none
	Opened   string
	Sessions string
	Changes  []TriedChange
	More     int
}

// TriedChange is a recorded answer that would be another.
type TriedChange struct {
	When    frame.Moment
	Who     string
	What    string
	Opens   bool
	Reasons []string
}

// asking are the inputs of the question that is made up.
var asking = []string{"actor", "principal", "action", "owner", "properties"}

// asks reports whether the input is one of the question that is made up.
func asks(name string) bool { return slices.Contains(asking, name) }

// newTrying returns what tries guardrails in a form that is sent to action, with what was typed.
func newTrying(b frame.Base, action string, values url.Values, actions []frame.Option) *Trying {
	t := &Trying{Base: b, Action: action}
	for _, name := range asking {
		in := frame.Field{Name: name, Label: b.T("rules." + name), Hint: b.T("rules." + name + "_hint"), Value: values.Get(name)}
		switch name {
		case "action":
			in.Kind, in.Options = "select", picked(values.Get(name), actions...)
		case "properties":
			in.Kind = "lines"
		}
		t.Ask = append(t.Ask, in)
	}
	t.Ask = b.Fields(t.Ask...)
	return t
}

// ask asks the question that was typed, of the guardrails that hold and of the draft.
func (v *visit) ask(draft trials.Draft, values url.Values) (*RulesSaid, error) {
	q, err := v.made(values)
	if err != nil {
		return nil, err
	}
	verdict, err := v.Trials.Question(v.R.Context(), v.Caller, draft, q)
	if err != nil {
		return nil, err
	}
	return &RulesSaid{v.objections(verdict.Before), v.objections(verdict.After)}, nil
}

// typedPerson returns the person whose address or id was typed into the field.
func (v *visit) typedPerson(field, typed string) (id standin.PersonID, err error) {
	err = v.view(func(ctx context.Context, tx *db.Tx) error {
		p, err := v.Directory.Person(ctx, tx, v.Caller.Organisation, standin.PersonID(typed))
		if db.IsNotFound(err) {
			p, err = v.Directory.PersonByEmail(ctx, tx, typed)
		}
		if db.IsNotFound(err) || err == nil && p.Organisation != v.Caller.Organisation {
			return noSuchPerson(field)
		}
		id = p.ID
		return err
	})
	return id, err
}

func noSuchPerson(field string) error {
	return standin.Refuse(standin.Invalid, "web.rules", "web.no_such_person", "Nobody here has this address or id.").On(field)
}

// made is the question that was typed.
func (v *visit) made(values url.Values) (q guard.Question, err error) {
	for _, who := range []struct {
		field string
		to    *standin.PersonID
	}{{"actor", &q.Actor}, {"principal", &q.Principal}, {"owner", &q.Owner}} {
		typed := strings.TrimSpace(values.Get(who.field))
		if typed == "" && who.field != "actor" {
			continue
		}
		if *who.to, err = v.typedPerson(who.field, typed); err != nil {
			return q, err
		}
	}
	app, rest, _ := strings.Cut(values.Get("action"), ":")
	q.Application = standin.ApplicationID(app)
	q.Type, q.Action, _ = strings.Cut(rest, ".")
	q.Properties = map[string]any{}
	for _, line := range lines(values.Get("properties")) {
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return q, standin.Refuse(standin.Invalid, "web.rules", "web.property", `"{line}" is no property. Write amount = 9000, one a line.`).With("line", line).On("properties")
		}
		q.Properties[strings.TrimSpace(name)] = property(strings.TrimSpace(value))
	}
	return q, nil
}

// property reads a value as a form has it: a whole number, true or false, or else text.
func property(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if text == "true" || text == "false" {
		return text == "true"
	}
	return strings.Trim(text, `"`)
}

// objections says them in the reader's language.
func (v *visit) objections(reasons []guard.Reason) (all []string) {
	for _, r := range reasons {
		all = append(all, v.Base.Error(r.Said()))
	}
	return all
}

func (v *visit) shownTrial(t trials.Trial) *RulesTried {
	b := v.Base
	count := func(key string, n int) string {
		if n == 0 {
			return ""
		}
		return b.T(key, "Count", n)
	}
	shown := &RulesTried{Tried: b.T("rules.tried", "Count", t.Tried), Closed: count("rules.closed", t.Closed), Opened: count("rules.opened", t.Opened),
		Sessions: count("rules.sessions", len(t.Sessions)), More: t.Opened + t.Closed - len(t.Changes)}
	for _, c := range t.Changes {
		who := frame.Who{Name: c.ActorName}.Shown()
		if c.Question.Acting() {
			who = b.T("who.for", "Actor", c.ActorName, "Principal", c.Name)
		}
		q := c.Question
		what := v.AppName(q.Application) + ": " + v.TypeName(q.Application, q.Type) + ", " + v.ActionAlone(q.Application, q.Type, q.Action)
		if q.ID != "" {
			what += " (" + q.ID + ")"
		}
		shown.Changes = append(shown.Changes, TriedChange{When: b.At(c.At), Who: who, What: what, Opens: c.Opens, Reasons: v.objections(c.Reasons)})
	}
	return shown
}
