package admin

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision/trials"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/world"
)

// catalogues is where applications are kept, apart from the clients by which people sign in to them.
const catalogues = "/organisation/applications/catalogues"

// CatalogueAt is the page of the application with what can be done in it.
func CatalogueAt(id standin.ApplicationID) string { return catalogues + "/" + string(id) }

func cataloguePages() pages {
	return pages{
		"GET " + catalogues + "/new":            func(v *visit) error { return v.catalogue(v.offer, true) },
		"POST " + catalogues + "/new":           func(v *visit) error { return v.catalogue(v.take, true) },
		"GET " + catalogues + "/{application}":  func(v *visit) error { return v.catalogue(v.offer, false) },
		"POST " + catalogues + "/{application}": func(v *visit) error { return v.catalogue(v.takeCatalogue, false) },
	}
}

// application returns the application with the id.
func (v *visit) application(id standin.ApplicationID) (a application.Application, err error) {
	err = v.view(func(ctx context.Context, tx *db.Tx) error {
		a, err = v.Applications.Get(ctx, tx, v.Caller.Organisation, id)
		return err
	})
	return a, err
}

// catalogue shows or takes the form of an application: what can be done in it, and what forbids it.
func (v *visit) catalogue(do func(editing) error, isNew bool) error {
	if err := v.settles(); err != nil {
		return err
	}
	id := standin.ApplicationID(v.R.PathValue("application"))
	if isNew {
		id = standin.ApplicationID(v.text("short"))
	}
	var old application.Application
	read := func() (err error) {
		if !isNew {
			old, err = v.application(id)
		}
		return err
	}
	if err := read(); err != nil {
		return err
	}
	e := editing{to: clients, done: "application", answers: true, inputs: map[string]string{"id": "short"}}
	e.page = func(values url.Values) *OrganisationForm { return CatalogueForm(v.Base, old, values) }
	e.stored = func() (url.Values, error) {
		err := read()
		return CatalogueValues(old), err
	}
	if !isNew { // of which nothing speaks yet
		e.preview = func() (impact.Outcome, error) {
			wish, err := v.wishedApplication(id)
			if err != nil {
				return impact.Outcome{}, err
			}
			return v.Previews.PutApplication(v.R.Context(), v.Caller, wish)
		}
	}
	e.save = func() error {
		if err := v.newApplication(isNew, id); err != nil {
			return err
		}
		wish, err := v.wishedApplication(id)
		if err != nil {
			return err
		}
		saved, err := v.Rules.PutApplication(v.R.Context(), v.Caller, wish)
		switch {
		case err != nil:
			return err
		case saved.Proposal != nil:
			return v.lead(rulesPage, "proposed")
		}
		return v.lead(e.to, e.done)
	}
	return do(e)
}

// takeCatalogue saves what was sent, or tries its guardrails.
func (v *visit) takeCatalogue(e editing) error {
	values := v.R.PostForm
	draft := trials.Draft{Application: standin.ApplicationID(v.R.PathValue("application")), Guardrails: v.typed("guardrails")}
	var said *RulesSaid
	var found trials.Trial
	var err error
	do := v.text("do")
	switch do {
	case "ask":
		said, err = v.ask(draft, values)
	case "try":
		found, err = v.Trials.Recorded(v.R.Context(), v.Caller, draft)
	default:
		return v.take(e)
	}
	if refusal, known := errors.AsType[*standin.Error](err); known && strings.HasPrefix(refusal.Code, "guard.") {
		err = refusal.On("guardrails")
	}
	if err != nil {
		return v.refuseForm(e, values, err)
	}
	now, err := e.stored()
	if err != nil {
		return err
	}
	page := e.page(values)
	t := page.Trying
	if t == nil {
		return frame.NoPage() // who may edit guardrails by now, and could not when the page's menu was made
	}
	if t.Said = said; do == "try" {
		t.Tried, t.Lines = v.shownTrial(found), changedLines(now.Get("guardrails"), draft.Guardrails)
	}
	return v.ok("organisation-form", page)
}

// wishedApplication is the application as the form says it should be.
func (v *visit) wishedApplication(id standin.ApplicationID) (application.Application, error) {
	catalogue, err := world.ReadTypes(v.typed("types"))
	a := application.Application{ID: id, Name: v.text("name"), Catalogue: catalogue, Guardrails: v.typed("guardrails"), Policies: v.typed("policies"), Entities: v.typed("entities")}
	a.Version, _ = strconv.ParseInt(v.text("version"), 10, 64) // 0 is whichever is there
	return a, err
}

// typed is a text of several lines as it was typed, with one kind of line end, and without the empty lines before it that
// a browser would drop.
func (v *visit) typed(name string) string {
	text := strings.ReplaceAll(v.R.PostFormValue(name), "\r\n", "\n")
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return strings.TrimLeft(text, "\n")
}

// newApplication refuses to take an application that exists for a new one.
func (v *visit) newApplication(isNew bool, id standin.ApplicationID) error {
	if !isNew {
		return nil
	}
	_, err := v.application(id)
	if err == nil {
		return standin.Refuse(standin.Conflict, "web.catalogue", "web.application_exists", "There is such an application already.").On("id")
	}
	if db.IsNotFound(err) {
		return nil
	}
	return err
}

// CatalogueValues are the inputs for the application as it is.
func CatalogueValues(a application.Application) url.Values {
	values := url.Values{"name": {a.Name}, "types": {world.WriteTypes(a.Catalogue)}, "guardrails": {a.Guardrails}, "policies": {a.Policies}, "entities": {a.Entities}}
	if a.Version > 0 {
		values.Set("version", strconv.FormatInt(a.Version, 10))
		return values
	}
	values.Set("types", "record:\n  actions:\n    view: {}\n    edit: {}\n")
	return values
}

// CatalogueForm returns the form of an application; its id is "" for a new one.
func CatalogueForm(b frame.Base, a application.Application, values url.Values) *OrganisationForm {
	heading, action := b.T("catalogue.new"), catalogues+"/new"
	if a.ID != "" {
		heading, action = b.T("catalogue.edit", "Name", frame.Who{Name: a.Name}.Shown()), catalogues+"/"+string(a.ID)
	}
	page := newForm(b, "apps", heading)
	page.Action, page.Version, page.Lead = action, values.Get("version"), b.T("catalogue.lead")
	in := func(name, kind string) frame.Field {
		return frame.Field{Name: name, Label: b.T("catalogue." + name), Hint: b.T("catalogue." + name + "_hint"), Kind: kind, Value: values.Get(name)}
	}
	itself := Section{Legend: b.T("catalogue.itself")}
	if a.ID == "" {
		itself.Inputs = append(itself.Inputs, frame.Field{Name: "short", Label: b.T("setup.short"), Hint: b.T("catalogue.short_hint"), Value: values.Get("short"), Required: true, Most: 64})
	}
	name := frame.Field{Name: "name", Label: b.T("catalogue.name"), Value: values.Get("name"), Required: true, Most: 200}
	itself.Inputs = append(itself.Inputs, name)
	page.Sections = []Section{itself,
		{Legend: b.T("catalogue.what"), Inputs: []frame.Field{in("types", "code")}},
		{Legend: b.T("catalogue.forbids"), Inputs: []frame.Field{in("guardrails", "code")}},
		{Legend: b.T("catalogue.own"), Hint: b.T("catalogue.own_hint"), Folded: values.Get("policies")+values.Get("entities") == "",
			Inputs: []frame.Field{in("policies", "code"), in("entities", "code")}}}
	if a.ID != "" {
		page.Shown = []Table{catalogueTable(b, a.Catalogue).labelled()}
	}
	if a.ID != "" && b.Menu.Rules { // who may edit guardrails; of a new application nothing was asked yet
		actions := []frame.Option{{Label: b.T("rules.no_action")}}
		for _, p := range permissions([]application.Application{a}) {
			if p.Application == a.ID {
				actions = append(actions, frame.Option{Value: string(a.ID) + ":" + p.Type + "." + p.Verb, Label: b.ActionName(a.ID, p.Type, p.Verb, p.Says)})
			}
		}
		page.Trying = newTrying(b, page.Action, values, actions)
	}
	return page
}

// catalogueTable lists what can be done in the application, in words.
func catalogueTable(b frame.Base, c rights.Catalogue) Table {
	t := Table{ID: "catalogue", Caption: b.T("catalogue.now"), Columns: []string{b.T("catalogue.type"), b.T("catalogue.action"), b.T("catalogue.category"), b.T("catalogue.marks")},
		Empty: b.T("catalogue.none")}
	for _, name := range slices.Sorted(maps.Keys(c.Types)) {
		typ := c.Types[name]
		shown := Cell{Text: called(typ.Label, name), Code: name}
		for _, action := range slices.Sorted(maps.Keys(typ.Actions)) {
			a := typ.Actions[action]
			var said []string
			for _, m := range []struct {
				key string
				is  bool
			}{{"reads", a.Reads}, {"approves", a.Approves}, {"personal", a.Personal}, {"never", a.Personal && !a.Entry}} {
				if m.is {
					said = append(said, b.T("catalogue."+m.key))
				}
			}
			t.Rows = append(t.Rows, []Cell{shown, {Text: called(a.Label, action), Code: action}, {Text: frame.PlainName(a.Category)}, {Text: strings.Join(said, ", ")}})
		}
		for _, field := range slices.Sorted(maps.Keys(typ.Fields)) {
			f := typ.Fields[field]
			kept := b.T("catalogue.field")
			if f.Sealed {
				kept = b.T("catalogue.sealed")
			}
			t.Rows = append(t.Rows, []Cell{shown, {Text: called(f.Label, field), Code: field}, {}, {Text: kept}})
		}
	}
	return t
}

// called is what people read for a thing with a label, or by its name.
func called(label, name string) string {
	if label != "" {
		return label
	}
	return frame.PlainName(name)
}
