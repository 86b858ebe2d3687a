package explain

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/frame"
)

// Why asks whether somebody may do something with a record, and shows the answer with every reason.
type Why struct {
	frame.Base
	Principal frame.Who
	Actor     *frame.Who    // who is fixed with the delegation; nil: to be picked
	By        string        // the delegation that is asked about
	Mine      bool          // the reader asks about themselves
	Who, What []frame.Field // who does what
	Record    []frame.Field // with which record, and when
	More      []frame.Field
	Open      bool // something more about the record is said
	Self      frame.Option
	Verdict   *Verdict
	For       string // whom an administrator looks for
	Managing  bool
	Asking    bool
	Whom      []*frame.Who
}

// Verdict is an answer in words.
type Verdict struct {
	Permit     bool
	Sentence   template.HTML
	Decisive   string
	For        []string
	Against    []string
	Changes    []string
	Delegation string
	Own        bool
}

// between is the two people whom a question is about.
type between struct {
	principal  frame.Who
	unit       standin.UnitID
	actor      *frame.Who
	delegation standin.DelegationID
	others     []frame.Option // who could be the actor
}

const mostFound = 8 // people are shown at once

func (v *visit) why() error {
	if text := strings.TrimSpace(v.R.FormValue("for")); text != "" {
		return v.whom(text)
	}
	two, err := v.between()
	if err != nil {
		return err
	}
	page := &Why{Base: v.Base, Principal: two.principal, Actor: two.actor, By: string(two.delegation), Mine: two.principal.ID == string(v.Person.ID),
		Managing: v.Base.Menu.People}
	status := http.StatusOK
	if v.R.FormValue("what") != "" {
		q, at, problems := v.question(two)
		if page.Problems = problems; len(problems) == 0 {
			e, err := v.Decisions.Explain(v.R.Context(), v.Caller, q, at)
			p, ok := v.Problem(err)
			switch {
			case err == nil:
				page.Verdict = v.verdict(two, q, e)
			case !ok || standin.KindOf(err) == standin.NotFound:
				return err
			default:
				page.Problems = []frame.Problem{p}
			}
		}
		if len(page.Problems) > 0 {
			status = http.StatusUnprocessableEntity
		}
	}
	v.fields(page, two)
	v.Show(v.W, v.R, status, "why", page)
	return nil
}

// whom finds the person about whom an administrator asks.
func (v *visit) whom(text string) error {
	people, _, err := v.Directory.People(v.R.Context(), v.Caller, directory.PeopleFilter{Query: text}, mostFound, "")
	if err != nil {
		return err
	}
	page := &Why{Base: v.Base, Asking: true, For: text, Managing: true}
	for _, p := range people {
		page.Whom = append(page.Whom, &frame.Who{ID: string(p.ID), Name: p.Name, Email: p.Email, Note: string(p.Unit)})
	}
	frame.Tell(page.Whom)
	v.Show(v.W, v.R, http.StatusOK, "why", page)
	return nil
}

// between finds out about whom the question is: the two of a delegation, or a person and whoever covers for them.
func (v *visit) between() (between, error) {
	if id := standin.DelegationID(v.R.FormValue("delegation")); id != "" {
		d, err := v.Delegations.Get(v.R.Context(), v.Caller, id)
		if err != nil {
			return between{}, err
		}
		actor := frame.Someone(d.Actor, d.ActorPerson.Name, d.ActorPerson.Unit)
		two := between{principal: frame.Someone(d.Principal, d.PrincipalPerson.Name, d.PrincipalPerson.Unit), unit: d.PrincipalPerson.Unit, actor: &actor, delegation: id}
		frame.Tell([]*frame.Who{two.actor, &two.principal})
		return two, nil
	}
	p := v.Person
	if id := standin.PersonID(v.R.FormValue("principal")); id != "" && id != v.Person.ID {
		whom, err := v.Directory.PersonDetail(v.R.Context(), v.Caller, id)
		if err != nil {
			return between{}, err
		}
		p = whom.Person
	}
	two := between{principal: frame.Who{ID: string(p.ID), Name: p.Name, Email: p.Email, Note: string(p.Unit)}, unit: p.Unit,
		others: []frame.Option{{Value: "", Label: v.Base.T("why.themselves", "Principal", p.Name)}}}
	rows, err := v.Delegations.ListForPrincipal(v.R.Context(), v.Caller, p.ID, false)
	if err != nil {
		return between{}, err
	}
	for _, d := range rows {
		if !slices.ContainsFunc(two.others, func(o frame.Option) bool { return o.Value == string(d.Actor) }) {
			two.others = append(two.others, frame.Option{Value: string(d.Actor), Label: d.ActorPerson.Name})
		}
	}
	return two, nil
}

// question returns what is asked, and the instant that is meant; zero is now.
func (v *visit) question(two between) (q decision.Question, at time.Time, problems []frame.Problem) {
	value := func(name string) string { return strings.TrimSpace(v.R.FormValue(name)) }
	q = decision.Question{Principal: standin.PersonID(two.principal.ID), Delegation: two.delegation, ID: value("id"), Field: value("field")}
	if two.actor != nil {
		q.Actor = standin.PersonID(two.actor.ID)
	} else {
		q.Actor = standin.PersonID(value("actor"))
	}
	p, err := rights.Parse(value("what"))
	if err != nil {
		problems = append(problems, frame.Problem{Field: "what", Text: v.Base.T("why.what_missing")})
	}
	q.Application, q.Type, q.Action = p.Application, p.Type, p.Action
	q.Owner, q.EnteredBy = whose(value("owner"), q), whose(value("by"), q)
	q.Unit, q.SelfApproval = standin.UnitID(value("unit")), value("self") != ""
	if q.Properties, err = properties(v.R.FormValue("properties")); err != nil {
		problems = append(problems, frame.Problem{Field: "properties", Text: v.Base.T("why.properties_wrong")})
	}
	if day := value("day"); day != "" {
		if at, err = delegation.AtWallClock(day+"T"+cmp.Or(value("time"), "00:00"), v.Base.Zone(), delegation.Start); err != nil {
			problems = append(problems, frame.Problem{Field: "day", Text: v.Base.T("name.date_wrong")})
		}
	}
	return q, at, problems
}

// somebodyElse stands for a person who is neither of the two; no id holds a space.
const somebodyElse standin.PersonID = "somebody else"

// whose returns the person whom the form means.
func whose(value string, q decision.Question) standin.PersonID {
	switch value {
	case "principal":
		return q.Principal
	case "actor":
		return cmp.Or(q.Actor, q.Principal)
	case "other":
		return somebodyElse
	}
	return ""
}

// properties reads one property a line, "amount: 6000". What is no JSON is text.
func properties(text string) (map[string]any, error) {
	all := map[string]any{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); strings.TrimSpace(line) == "" {
			continue
		}
		if !ok || name == "" {
			return nil, errors.New("no property: " + line)
		}
		var v any
		if err := json.Unmarshal([]byte(value), &v); err != nil {
			v = strings.TrimSpace(value)
		}
		all[name] = v
	}
	return all, nil
}

// fields fills in the form as it was sent.
func (v *visit) fields(page *Why, two between) {
	b := page.Base
	value := v.R.FormValue
	field := func(f frame.Field) frame.Field {
		f.Value = value(f.Name)
		for i := range f.Options {
			f.Options[i].Picked = f.Options[i].Value == f.Value
		}
		return f
	}
	if two.actor == nil {
		page.Who = b.Fields(field(frame.Field{Name: "actor", Label: b.T("why.actor"), Kind: "select", Options: two.others}))
	}
	page.What = b.Fields(field(frame.Field{Name: "what", Label: b.T("why.what"), Kind: "select", Options: v.actions()}))
	sides := []frame.Option{{Value: "", Label: b.T("why.unsaid")}, {Value: "principal", Label: two.principal.Name}}
	if two.actor != nil {
		sides = append(sides, frame.Option{Value: "actor", Label: two.actor.Name})
	} else {
		sides = append(sides, frame.Option{Value: "actor", Label: b.T("why.the_actor")})
	}
	sides = append(sides, frame.Option{Value: "other", Label: b.T("why.somebody_else")})
	page.Record = b.Fields(
		field(frame.Field{Name: "owner", Label: b.T("why.owner"), Kind: "select", Options: slices.Clone(sides)}),
		field(frame.Field{Name: "unit", Label: b.T("why.unit"), Options: v.units(), Most: 200}),
		field(frame.Field{Name: "day", Label: b.T("why.day"), Kind: "date", Hint: b.T("why.day_hint")}),
		field(frame.Field{Name: "time", Label: b.T("why.time"), Kind: "time"}))
	page.More = b.Fields(
		field(frame.Field{Name: "field", Label: b.T("why.field"), Hint: b.T("why.field_hint"), Options: v.fieldsOf(), Most: 64}),
		field(frame.Field{Name: "by", Label: b.T("why.entered_by"), Kind: "select", Options: slices.Clone(sides)}),
		field(frame.Field{Name: "id", Label: b.T("why.number"), Most: 200}),
		field(frame.Field{Name: "properties", Label: b.T("why.properties"), Hint: b.T("why.properties_hint"), Kind: "lines"}))
	page.Self = frame.Option{Value: "self", Label: b.T("why.self"), Picked: value("self") != ""}
	page.Open = value("field")+value("by")+value("id")+value("properties")+value("self") != ""
}

// actions are everything that could be asked about.
func (v *visit) actions() (all []frame.Option) {
	catalogues := v.Catalogues()
	catalogues[rights.Standin] = rights.StandinCatalogue()
	for _, app := range slices.Sorted(maps.Keys(catalogues)) {
		for _, typ := range slices.Sorted(maps.Keys(catalogues[app].Types)) {
			for _, action := range slices.Sorted(maps.Keys(catalogues[app].Types[typ].Actions)) {
				p := rights.Permission{Application: app, Type: typ, Action: action, Scope: rights.Org}
				all = append(all, frame.Option{Value: p.String(), Label: v.AppName(app) + " · " + v.ActionName(app, typ, action)})
			}
		}
	}
	return all
}

// fieldsOf suggests the fields of the applications' records, each once.
func (v *visit) fieldsOf() (all []frame.Option) {
	for _, c := range v.Catalogues() {
		for _, t := range c.Types {
			for name := range t.Fields {
				if !slices.ContainsFunc(all, func(o frame.Option) bool { return o.Value == name }) {
					all = append(all, frame.Option{Value: name})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b frame.Option) int { return strings.Compare(a.Value, b.Value) })
	return all
}

// units suggests the organisation's; where they cannot be read, none.
func (v *visit) units() (all []frame.Option) {
	err := v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		units, err := v.Directory.Units(ctx, tx, v.Caller.Organisation)
		all = nil
		for _, u := range units[:min(len(units), 200)] {
			all = append(all, frame.Option{Value: string(u.ID)})
		}
		return err
	})
	if err != nil {
		v.Log.WarnContext(v.R.Context(), "units not read", "error", err)
	}
	return all
}

// verdict says the explanation in words.
func (v *visit) verdict(two between, q decision.Question, e decision.Explanation) *Verdict {
	b := v.Base
	answer := &Verdict{Permit: e.Permit, Own: q.Actor == "" || q.Actor == q.Principal, Delegation: string(e.Delegation), Decisive: v.Reason(e.Decisive.Said())}
	key, name := "why.no", two.principal.Name
	if e.Permit {
		key = "why.yes"
	}
	what := v.ActionName(q.Application, q.Type, q.Action)
	if q.Field != "" {
		what = fmt.Sprintf("%s, %s", what, v.FieldName(q.Application, q.Type, q.Field))
	}
	if answer.Own {
		answer.Sentence = b.H(key+"_own", "Principal", name, "What", what, "Moment", b.At(e.At).Text)
	} else {
		actor := string(q.Actor)
		if two.actor != nil {
			actor = two.actor.Name
		}
		for _, o := range two.others {
			if o.Value == string(q.Actor) {
				actor = o.Label
			}
		}
		answer.Sentence = b.H(key, "Actor", actor, "Principal", name, "What", what, "Moment", b.At(e.At).Text)
	}
	for _, r := range e.Reasons {
		said := v.Reason(r.Said())
		if said == answer.Decisive && r.For == e.Permit {
			continue
		}
		if r.For {
			answer.For = append(answer.For, said)
		} else {
			answer.Against = append(answer.Against, said)
		}
	}
	for _, c := range e.Changes {
		answer.Changes = append(answer.Changes, v.Reason(c.Said()))
	}
	return answer
}
