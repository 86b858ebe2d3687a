package admin

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web/frame"
)

func unitPages() pages {
	return pages{
		"GET /organisation/units":       (*visit).units,
		"GET /organisation/units/new":   func(v *visit) error { return v.addUnit(v.offer) },
		"POST /organisation/units/new":  func(v *visit) error { return v.addUnit(v.take) },
		"GET /organisation/units/move":  func(v *visit) error { return v.moveUnit(v.offer) },
		"POST /organisation/units/move": func(v *visit) error { return v.moveUnit(v.take) },
		"GET /organisation/units/end":   func(v *visit) error { return v.endUnit(v.offer) },
		"POST /organisation/units/end":  func(v *visit) error { return v.endUnit(v.take) },
	}
}

// living returns the organisation's units, each after its parent, and how many active people are in each.
func (v *visit) living() (all []directory.Unit, people map[standin.UnitID]int, err error) {
	err = v.view(func(ctx context.Context, tx *db.Tx) (err error) {
		people = map[standin.UnitID]int{}
		if all, err = v.Directory.Units(ctx, tx, v.Caller.Organisation); err != nil {
			return err
		}
		return v.Directory.EachPerson(ctx, tx, v.Caller.Organisation, func(p directory.Person) error {
			if p.Active() {
				people[p.Unit]++
			}
			return nil
		})
	})
	return all, people, err
}

// units shows the tree.
func (v *visit) units() error {
	if err := v.settles(); err != nil {
		return err
	}
	all, people, err := v.living()
	if err != nil {
		return err
	}
	b := v.Base
	t := Table{ID: "all", Caption: b.T("units.title"), Columns: []string{b.T("units.unit"), b.T("units.people"), b.T("units.below"), b.T("units.over")}, Empty: b.T("units.none")}
	for _, u := range all {
		id := string(u.ID)
		at := "?unit=" + url.QueryEscape(id)
		t.Rows = append(t.Rows, []Cell{{Text: id, Indented: min(strings.Count(id, "/"), 6), To: "/organisation/units/move" + at}, {Text: b.Number(people[u.ID])},
			{Text: b.T("units.add_below"), To: "/organisation/units/new" + at}, {Text: b.T("units.end"), To: "/organisation/units/end" + at}})
	}
	page := NewList(b, "units", t)
	page.Ways = []Way{{b.T("units.new"), "/organisation/units/new"}}
	return v.ok("organisation-list", page)
}

// unitOptions are the units that can be picked, all but those at or below one.
func (v *visit) unitOptions(none, without, value string) ([]frame.Option, error) {
	all, _, err := v.living()
	options := []frame.Option{{Value: "", Label: none}}
	for _, u := range all {
		if without == "" || !u.ID.Within(standin.UnitID(without)) {
			options = append(options, frame.Option{Value: string(u.ID), Label: string(u.ID)})
		}
	}
	return picked(value, options...), err
}

// below is the path of the name below the parent.
func below(parent, name string) standin.UnitID {
	return standin.UnitID(strings.TrimPrefix(parent+"/"+name, "/"))
}

// split is the parent and the name of the path.
func split(path string) (parent, name string) {
	if i := strings.LastIndex(path, "/"); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

func (v *visit) addUnit(do func(editing) error) error {
	if err := v.settles(); err != nil {
		return err
	}
	e := editing{to: "/organisation/units", done: "unit", inputs: map[string]string{"unit": "name", "id": "name"}}
	options, err := v.unitOptions(v.Base.T("units.top"), "", "")
	if err != nil {
		return err
	}
	e.page = func(values url.Values) *OrganisationForm { return UnitForm(v.Base, options, "", values) }
	e.stored = func() (url.Values, error) { return url.Values{"parent": {v.R.FormValue("unit")}}, nil }
	e.save = func() error {
		changed, err := v.Directory.PutUnit(v.R.Context(), v.Caller, below(v.text("parent"), v.text("name")))
		if err == nil && !changed {
			return standin.Refuse(standin.Conflict, "web.unit", "web.unit_exists", "There is a unit of this name already.").On("unit")
		}
		return err
	}
	return do(e)
}

func (v *visit) moveUnit(do func(editing) error) error {
	if err := v.settles(); err != nil {
		return err
	}
	from := v.R.FormValue("unit")
	var u directory.Unit
	if err := v.view(func(ctx context.Context, tx *db.Tx) (err error) {
		u, err = v.Directory.Unit(ctx, tx, v.Caller.Organisation, standin.UnitID(from))
		return err
	}); err != nil {
		return err
	}
	options, err := v.unitOptions(v.Base.T("units.top"), "", "")
	if err != nil {
		return err
	}
	e := editing{to: "/organisation/units", done: "unit_moved", inputs: map[string]string{"to": "name", "unit": "name"}}
	e.page = func(values url.Values) *OrganisationForm { return UnitForm(v.Base, options, string(u.ID), values) }
	e.stored = func() (url.Values, error) {
		parent, name := split(string(u.ID))
		return url.Values{"parent": {parent}, "name": {name}}, nil
	}
	to := below(v.text("parent"), v.text("name"))
	e.preview = func() (impact.Outcome, error) { return v.Previews.MoveUnit(v.R.Context(), v.Caller, u.ID, to) }
	e.save = func() error {
		_, err := v.Delegations.MoveUnit(v.R.Context(), v.Caller, u.ID, to)
		return err
	}
	return do(e)
}

func (v *visit) endUnit(do func(editing) error) error {
	if err := v.settles(); err != nil {
		return err
	}
	id := standin.UnitID(v.R.FormValue("unit"))
	_, people, err := v.living()
	if err != nil {
		return err
	}
	options, err := v.unitOptions(v.Base.T("units.nobody"), string(id), "")
	if err != nil {
		return err
	}
	e := editing{to: "/organisation/units", done: "unit_ended", inputs: map[string]string{"unit": "heir"}}
	e.page = func(values url.Values) *OrganisationForm {
		return UnitEnd(v.Base, options, string(id), people[id], values)
	}
	e.stored = func() (url.Values, error) { return url.Values{}, nil }
	heir := standin.UnitID(v.text("heir"))
	e.preview = func() (impact.Outcome, error) { return v.Previews.EndUnit(v.R.Context(), v.Caller, id, heir) }
	e.save = func() error {
		_, err := v.Directory.EndUnit(v.R.Context(), v.Caller, id, heir)
		return err
	}
	return do(e)
}

// UnitForm returns the form of a unit; id is "" for a new one.
func UnitForm(b frame.Base, parents []frame.Option, id string, values url.Values) *OrganisationForm {
	page := newForm(b, "units", b.T("units.new"))
	page.Action = "/organisation/units/new"
	if id != "" {
		page.Heading, page.Lead = b.T("units.move"), b.T("units.move_lead", "Unit", id)
		page.Action = "/organisation/units/move?unit=" + url.QueryEscape(id)
	}
	page.Sections = []Section{{Legend: b.T("units.unit"), Inputs: []frame.Field{
		{Name: "name", Label: b.T("units.name"), Hint: b.T("units.name_hint"), Value: values.Get("name"), Required: true, Most: 64},
		{Name: "parent", Label: b.T("units.parent"), Kind: "select", Value: values.Get("parent"), Options: picked(values.Get("parent"), parents...)}}}}
	return page
}

// UnitEnd returns the form with which a unit is ended.
func UnitEnd(b frame.Base, heirs []frame.Option, id string, people int, values url.Values) *OrganisationForm {
	page := newForm(b, "units", b.T("units.end_title"))
	page.Lead, page.Save = b.T("units.end_lead", "Unit", id, "People", strconv.Itoa(people)), b.T("units.end")
	page.Action = "/organisation/units/end?unit=" + url.QueryEscape(id)
	page.Sections = []Section{{Legend: b.T("units.heir"), Inputs: []frame.Field{
		{Name: "heir", Label: b.T("units.heir_label"), Kind: "select", Value: values.Get("heir"), Options: picked(values.Get("heir"), heirs...)}}}}
	return page
}
