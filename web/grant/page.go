package grant

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/frame"
)

// Page is the part of a page that asks what a stand-in may do.
type Page struct {
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

// Wish is the form as it was sent.
type Wish struct {
	Whose    string // the principal's name; "" where they fill in the form themselves
	Tab      string // the category that is looked at
	Narrowed bool   // only some units are wanted
	Form
}

// Choices are what the form offers for one principal: lines, and the units that their roles reach.
type Choices struct {
	Offer
	Units []standin.UnitID
}

// mostUnits are offered to be picked; of more, those that lie deepest are left out.
const mostUnits = 60

// Sent returns the form as the request holds it.
func Sent(r *http.Request) Wish {
	f := Wish{Tab: r.FormValue("tab"), Form: Form{What: r.FormValue("what"), Asked: r.Form["asked"], For: r.Form["for"],
		Lines: r.Form["line"], Entries: r.Form["entry"], Sealed: r.FormValue("sealed") != "", Fields: r.Form["field"]}}
	if f.Narrowed = r.FormValue("narrowed") != ""; f.Narrowed {
		for _, unit := range r.Form["in_unit"] {
			f.Units = append(f.Units, standin.UnitID(unit))
		}
	}
	return f
}

// Offered returns what can be ticked for the principal, whom the visitor may see.
func Offered(v *frame.Visit, principal standin.PersonID) (o Choices, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		held, err := v.Directory.Holdings(ctx, tx, v.Caller.Organisation, principal)
		if err != nil {
			return err
		}
		units, err := v.Directory.Units(ctx, tx, v.Caller.Organisation)
		if err != nil {
			return err
		}
		o = Choices{For(v.Catalogues(), held), reached(units, held)}
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
	slices.Sort(all)
	return all[:min(len(all), mostUnits)]
}

// Show returns the choices with what was chosen.
func Show(v *frame.Visit, o Choices, f Wish) Page {
	b := v.Base
	g := Page{Send: v.R.URL.Path, Whose: f.Whose, What: f.What, Sealed: f.Sealed, Narrowed: f.Narrowed || len(f.Units) > 0, Scopes: []frame.Option{
		{Value: Full, Label: b.T("name.full"), Hint: b.T("name.full_hint")},
		{Value: View, Label: b.T("name.view"), Hint: b.T("name.view_hint")}}}
	if f.Whose != "" {
		g.Scopes[0].Label, g.Scopes[0].Hint = b.T("name.full_for", "Principal", f.Whose), b.T("name.full_for_hint")
	}
	if len(o.Lines) > 0 {
		g.Scopes = append(g.Scopes, frame.Option{Value: Areas, Label: b.T("name.some"), Hint: b.T("name.some_hint")})
	}
	if len(o.Entries) > 0 {
		hint := b.T("name.entry_hint")
		if f.Whose != "" {
			hint = b.T("name.entry_for_hint", "Principal", f.Whose)
		}
		g.Scopes = append(g.Scopes, frame.Option{Value: Entry, Label: b.T("name.entry"), Hint: hint})
	}
	for _, l := range o.Entries {
		g.Entries = append(g.Entries, ticked(v, l, f.Entries))
	}
	for _, l := range o.Lines {
		if l.InPlace() {
			on := f.For
			if !slices.Contains(f.Asked, l.Permission()) {
				on = []string{l.Permission()}
			}
			g.Asked = append(g.Asked, ticked(v, l, on))
			g.InPlace = append(g.InPlace, ticked(v, l, f.Lines))
		}
	}
	g.Tabs = tabs(v, o, f)
	for _, field := range o.Sealed {
		g.SealedFields = append(g.SealedFields, frame.Option{Value: field.Value(), Label: v.FieldName(field.Application, field.Type, field.Name),
			Hint: v.TypeName(field.Application, field.Type), Picked: slices.Contains(f.Fields, field.Value())})
	}
	for _, u := range append(o.Units, f.Units...) {
		if !slices.ContainsFunc(g.Units, func(o frame.Option) bool { return o.Value == string(u) }) {
			g.Units = append(g.Units, frame.Option{Value: string(u), Label: string(u), Picked: slices.Contains(f.Units, u)})
		}
	}
	return g
}

// tabs returns the lines by their categories; what is done in the principal's place stands apart.
func tabs(v *frame.Visit, o Choices, f Wish) (all []Tab) {
	open := -1
	for _, category := range o.Categories() {
		tab := Tab{ID: category, Label: v.Base.Category(category)}
		for _, l := range o.Lines {
			if l.Category == category && !l.InPlace() {
				tab.add(l, ticked(v, l, f.Lines), v.TypeName(l.Application, l.Type), v.AppName(l.Application))
				if open < 0 && slices.Contains(f.Lines, l.Permission()) {
					open = len(all)
				}
			}
		}
		if len(tab.Groups) == 0 {
			continue
		}
		if category == f.Tab {
			open = len(all)
		}
		all = append(all, tab)
	}
	if len(all) > 0 {
		all[max(open, 0)].Open = true
	}
	return all
}

func (t *Tab) add(l Line, o frame.Option, typ, application string) {
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
func ticked(v *frame.Visit, l Line, among []string) frame.Option {
	return frame.Option{Value: l.Permission(), Label: v.ActionName(l.Application, l.Type, l.Name),
		Hint: frame.Capital(v.ActionAlone(l.Application, l.Type, l.Name)), Picked: slices.Contains(among, l.Permission())}
}

// Wanted returns the limits that the form asks for, and what is missing in it.
func (f Wish) Wanted(b frame.Base, o Choices) (rights.Limits, []frame.Problem) {
	l, missing := f.Limits(o.Offer)
	if missing != "" {
		return l, []frame.Problem{{Field: string(missing), Text: b.T("name." + string(missing) + "_missing")}}
	}
	if f.Narrowed && len(f.Units) == 0 && f.What != Entry {
		return l, []frame.Problem{{Field: "in_unit", Text: b.T("name.unit_missing")}}
	}
	return l, nil
}

// Ticking ticks, or clears, a whole category, where the form was sent for that: "tick.general", "clear.general".
func (f *Wish) Ticking(o Choices, do string) bool {
	what, category, ok := strings.Cut(do, ".")
	if !ok || what != "tick" && what != "clear" {
		return false
	}
	f.What, f.Tab = Areas, category
	f.Tick(o.Offer, category, what == "tick")
	return true
}

// Kept are the inputs of the form, to be sent again.
func (f Wish) Kept() []frame.Kept {
	all := []frame.Kept{{Name: "what", Value: f.What}, {Name: "tab", Value: f.Tab}}
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
