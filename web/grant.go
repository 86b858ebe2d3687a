package web

import (
	"context"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/grant"
)

// Grant is what a stand-in may do, as the form asks for it.
type Grant struct {
	Scopes       []frame.Option
	What         string         // "full", "view", "areas", "entry"; "keep" where no form can say it
	Asked        []frame.Option // what is done in the principal's place, one by one, where everything else is granted
	InPlace      []frame.Option // the same, where areas are chosen
	Tabs         []Tab
	Entries      []frame.Option
	Sealed       bool
	SealedFields []frame.Option // the sealed fields by name; empty: there are none
	Units        []frame.Option
	Whose        string // the principal's name; "" where they fill in the form themselves
	Narrowed     bool   // some units are picked
	Send         string // where the form goes
}

// Tab is the lines of one category.
type Tab struct {
	ID, Label string
	Open      bool
	Groups    []Group
}

// Group is the lines of one type of record, what reads apart from what changes.
type Group struct {
	Label, Hint    string
	Reads, Changes []frame.Option
}

// grantForm is the part of a form that says what a stand-in may do.
type grantForm struct {
	whose    string // the principal's name; "" where they fill in the form themselves
	tab      string
	narrowed bool // only some units are wanted
	grant.Form
}

// offer is what the form can offer for one principal.
type offer struct {
	grant.Offer
	units []standin.UnitID
}

// mostUnits are offered to be picked; of more, those that lie deepest are left out.
const mostUnits = 60

func (v *visit) readGrant() grantForm {
	f := grantForm{tab: v.R.FormValue("tab"), Form: grant.Form{What: v.R.FormValue("what"), Asked: v.R.Form["asked"], For: v.R.Form["for"],
		Lines: v.R.Form["line"], Entries: v.R.Form["entry"], Sealed: v.R.FormValue("sealed") != "", Fields: v.R.Form["field"]}}
	if f.narrowed = v.R.FormValue("narrowed") != ""; f.narrowed {
		for _, unit := range v.R.Form["in_unit"] {
			f.Units = append(f.Units, standin.UnitID(unit))
		}
	}
	return f
}

// offered returns what can be ticked for the principal, whom the caller may see.
func (v *visit) offered(principal standin.PersonID) (o offer, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		held, err := v.Directory.Holdings(ctx, tx, v.Caller.Organisation, principal)
		if err != nil {
			return err
		}
		units, err := v.Directory.Units(ctx, tx, v.Caller.Organisation)
		if err != nil {
			return err
		}
		o = offer{grant.For(v.Catalogues(), held), reached(units, held)}
		return nil
	})
	return o, err
}

// reached returns the units that the roles reach.
func reached(units []directory.Unit, held []rights.Holding) (all []standin.UnitID) {
	everywhere := slices.ContainsFunc(held, func(h rights.Holding) bool {
		return slices.ContainsFunc(h.Role.Allow, func(text string) bool { p, err := rights.Parse(text); return err == nil && p.Scope == rights.Org })
	})
	for _, u := range units {
		if everywhere || slices.ContainsFunc(held, func(h rights.Holding) bool { return h.Unit != "" && u.ID.Within(h.Unit) }) {
			all = append(all, u.ID)
		}
	}
	for depth := 8; len(all) > mostUnits && depth > 0; depth-- {
		all = slices.DeleteFunc(all, func(u standin.UnitID) bool { return strings.Count(string(u), "/") >= depth })
	}
	return all[:min(len(all), mostUnits)]
}

// grant returns the choices with what was chosen.
func (v *visit) grant(o offer, f grantForm) Grant {
	b := v.Base
	g := Grant{Send: v.R.URL.Path, Whose: f.whose, What: f.What, Sealed: f.Sealed, Narrowed: f.narrowed || len(f.Units) > 0, Scopes: []frame.Option{
		{Value: grant.Full, Label: b.T("name.full"), Hint: b.T("name.full_hint")},
		{Value: grant.View, Label: b.T("name.view"), Hint: b.T("name.view_hint")}}}
	if f.whose != "" {
		g.Scopes[0].Label, g.Scopes[0].Hint = b.T("name.full_for", "Principal", f.whose), b.T("name.full_for_hint")
	}
	if len(o.Lines) > 0 {
		g.Scopes = append(g.Scopes, frame.Option{Value: grant.Areas, Label: b.T("name.some"), Hint: b.T("name.some_hint")})
	}
	if len(o.Entries) > 0 {
		hint := b.T("name.entry_hint")
		if f.whose != "" {
			hint = b.T("name.entry_for_hint", "Principal", f.whose)
		}
		g.Scopes = append(g.Scopes, frame.Option{Value: grant.Entry, Label: b.T("name.entry"), Hint: hint})
	}
	for _, l := range o.Entries {
		g.Entries = append(g.Entries, v.ticked(l, f.Entries))
	}
	for _, l := range o.Lines {
		if l.InPlace() {
			on := f.For
			if !slices.Contains(f.Asked, l.Permission()) {
				on = []string{l.Permission()}
			}
			g.Asked = append(g.Asked, v.ticked(l, on))
			g.InPlace = append(g.InPlace, v.ticked(l, f.Lines))
		}
	}
	g.Tabs = v.tabs(o, f)
	for _, field := range o.Sealed {
		g.SealedFields = append(g.SealedFields, frame.Option{Value: field.Value(), Label: v.FieldName(field.Application, field.Type, field.Name),
			Hint: v.TypeName(field.Application, field.Type), Picked: slices.Contains(f.Fields, field.Value())})
	}
	for _, u := range append(o.units, f.Units...) {
		if !slices.ContainsFunc(g.Units, func(o frame.Option) bool { return o.Value == string(u) }) {
			g.Units = append(g.Units, frame.Option{Value: string(u), Label: string(u), Picked: slices.Contains(f.Units, u)})
		}
	}
	return g
}

// tabs returns the lines by their categories; what is done in the principal's place stands apart.
func (v *visit) tabs(o offer, f grantForm) (all []Tab) {
	open := -1
	for _, category := range o.Categories() {
		tab := Tab{ID: category, Label: v.Category(category)}
		for _, l := range o.Lines {
			if l.Category == category && !l.InPlace() {
				tab.add(l, v.ticked(l, f.Lines), v.TypeName(l.Application, l.Type), v.AppName(l.Application))
				if open < 0 && slices.Contains(f.Lines, l.Permission()) {
					open = len(all)
				}
			}
		}
		if len(tab.Groups) == 0 {
			continue
		}
		if category == f.tab {
			open = len(all)
		}
		all = append(all, tab)
	}
	if len(all) > 0 {
		all[max(open, 0)].Open = true
	}
	return all
}

func (t *Tab) add(l grant.Line, o frame.Option, typ, application string) {
	o.Label, o.Hint = o.Hint, typ
	if last := len(t.Groups) - 1; last < 0 || t.Groups[last].Label != typ || t.Groups[last].Hint != application {
		t.Groups = append(t.Groups, Group{Label: typ, Hint: application})
	}
	g := &t.Groups[len(t.Groups)-1]
	if l.Reads {
		g.Reads = append(g.Reads, o)
	} else {
		g.Changes = append(g.Changes, o)
	}
}

// ticked returns the line to be ticked: Label names it whole, Hint the action alone.
func (v *visit) ticked(l grant.Line, among []string) frame.Option {
	return frame.Option{Value: l.Permission(), Label: v.ActionName(l.Application, l.Type, l.Name),
		Hint: frame.Capital(v.ActionAlone(l.Application, l.Type, l.Name)), Picked: slices.Contains(among, l.Permission())}
}

// wanted returns the limits that the form asks for, and what is missing in it.
func (v *visit) wanted(o offer, f grantForm) (rights.Limits, []frame.Problem) {
	l, missing := f.Limits(o.Offer)
	if missing != "" {
		return l, []frame.Problem{{Field: string(missing), Text: v.Base.T("name." + string(missing) + "_missing")}}
	}
	if f.narrowed && len(f.Units) == 0 && f.What != grant.Entry {
		return l, []frame.Problem{{Field: "in_unit", Text: v.Base.T("name.unit_missing")}}
	}
	return l, nil
}

// granted returns the form that says the limits; ok is false where no form can.
func granted(o offer, kind delegation.Kind, l rights.Limits) (f grantForm, ok bool) {
	f.Form, ok = grant.Read(o.Offer, kind == delegation.Entry, l)
	return f, ok
}

// tick ticks, or clears, a whole category, where the form was sent for that: "tick.general", "clear.general".
func (f *grantForm) tick(o offer, do string) bool {
	what, category, ok := strings.Cut(do, ".")
	if !ok || what != "tick" && what != "clear" {
		return false
	}
	f.What, f.tab = grant.Areas, category
	f.Tick(o.Offer, category, what == "tick")
	return true
}

// kept are the inputs of the form, to be sent again.
func (f grantForm) kept() []frame.Kept {
	all := []frame.Kept{{Name: "what", Value: f.What}, {Name: "tab", Value: f.tab}}
	add := func(name string, values []string) {
		for _, value := range values {
			all = append(all, frame.Kept{Name: name, Value: value})
		}
	}
	add("asked", f.Asked)
	add("for", f.For)
	add("line", f.Lines)
	add("entry", f.Entries)
	add("field", f.Fields)
	if f.Sealed {
		add("sealed", []string{"yes"})
	}
	if len(f.Units) > 0 {
		add("narrowed", []string{"yes"})
	}
	for _, u := range f.Units {
		add("in_unit", []string{string(u)})
	}
	return all
}
