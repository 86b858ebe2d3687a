// Package grant owns the form in which people say what a stand-in may do: what is offered for a principal, what was
// ticked, the limits that this means, and how a page asks for it.
//
// What a form means is pure: no request, no database, no clock. It offers nothing that the principal does not hold, and it
// refuses to read limits as wider than they are: what no form can say is told apart, so that it is kept instead of lost.
package grant

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// Line is one action that can be ticked.
type Line struct {
	Application standin.ApplicationID
	Type, Name  string
	rights.Action
}

// Permission returns the line as limits write it.
func (l Line) Permission() string { return string(l.Application) + ":" + l.Type + "." + l.Name }

// InPlace reports whether the action is done in the principal's place towards others: judging their items, or managing
// what they manage. Each of those can be switched off by itself (FEATURES.md B3).
func (l Line) InPlace() bool { return l.Approves || l.Category == "project" && !l.Reads }

// Field is a sealed field that can be opened by its name.
type Field struct {
	Application standin.ApplicationID
	Type, Name  string
}

// Value returns the field as the form writes it: "desk:expense/bank_account".
func (f Field) Value() string { return string(f.Application) + ":" + f.Type + "/" + f.Name }

// in returns the permission that opens the field for the action.
func (f Field) in(action string) string {
	return string(f.Application) + ":" + f.Type + "." + action + "/" + f.Name
}

// Offer is all that can be ticked for one principal.
type Offer struct {
	// Lines are what the principal may do and a stand-in could: nothing personal. They stand in the order of their
	// categories, then of their types; what reads comes first.
	Lines []Line
	// Entries are the personal actions of the principal that an entry delegation can open.
	Entries []Line
	// Sealed are the sealed fields that the principal may see or change.
	Sealed []Field
}

// categories are those that DESIGN.md §5 names, in the order of pages; others come after them, by name.
var categories = []string{rights.General, "global", "cost_centre", "project", "report", "analytics", "notification"}

// For returns what can be ticked where the principal holds these roles. A permission that does not parse offers nothing.
func For(catalogues rights.Catalogues, held []rights.Holding) Offer {
	var o Offer
	all := maps.Clone(catalogues)
	if all == nil {
		all = rights.Catalogues{}
	}
	all[rights.Standin] = rights.StandinCatalogue()
	holds := permissions(held)
	for _, app := range slices.Sorted(maps.Keys(all)) {
		for _, typ := range slices.Sorted(maps.Keys(all[app].Types)) {
			o.add(app, typ, all[app].Types[typ], holds)
		}
	}
	slices.SortStableFunc(o.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(rank(a.Category), rank(b.Category)), strings.Compare(a.Category, b.Category))
	})
	return o
}

// add offers what the principal holds of one type, what reads before what changes.
func (o *Offer) add(app standin.ApplicationID, typ string, t rights.Type, holds []rights.Permission) {
	var reads, changes []Line
	for _, name := range slices.Sorted(maps.Keys(t.Actions)) {
		l := Line{Application: app, Type: typ, Name: name, Action: t.Actions[name]}
		switch {
		case !slices.ContainsFunc(holds, func(p rights.Permission) bool { return speaks(p, l) }):
		case l.Personal && l.Entry:
			o.Entries = append(o.Entries, l)
		case l.Personal:
		case l.Reads:
			reads = append(reads, l)
		default:
			changes = append(changes, l)
		}
	}
	lines := slices.Concat(reads, changes)
	o.Lines = append(o.Lines, lines...)
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		f := Field{Application: app, Type: typ, Name: name}
		if t.Fields[name].Sealed && slices.ContainsFunc(lines, func(l Line) bool { return opened(holds, f, l) }) {
			o.Sealed = append(o.Sealed, f)
		}
	}
}

// Of returns the fields that can be opened together with one of the lines.
func (o Offer) Of(lines []Line) (fields []Field) {
	for _, f := range o.Sealed {
		if slices.ContainsFunc(lines, func(l Line) bool { return l.Application == f.Application && l.Type == f.Type }) {
			fields = append(fields, f)
		}
	}
	return fields
}

// Categories returns those of the lines, in order.
func (o Offer) Categories() (all []string) {
	for _, l := range o.Lines {
		if !slices.Contains(all, l.Category) {
			all = append(all, l.Category)
		}
	}
	return all
}

// Line returns the line of the permission, if it is offered.
func (o Offer) Line(permission string) (Line, bool) {
	for _, l := range o.Lines {
		if l.Permission() == permission {
			return l, true
		}
	}
	return Line{}, false
}

func rank(category string) int {
	if at := slices.Index(categories, category); at >= 0 {
		return at
	}
	return len(categories)
}

func permissions(held []rights.Holding) (all []rights.Permission) {
	for _, h := range held {
		for _, text := range h.Role.Allow {
			if p, err := rights.Parse(text); err == nil {
				all = append(all, p)
			}
		}
	}
	return all
}

// speaks reports whether the permission is about the line, wherever it reaches.
func speaks(p rights.Permission, l Line) bool {
	return (p.Application == rights.Any || p.Application == l.Application) && (p.Type == rights.Any || p.Type == l.Type) &&
		(p.Action == rights.Any || p.Action == l.Name)
}

// opened reports whether one of the permissions opens the field for the line.
func opened(holds []rights.Permission, f Field, l Line) bool {
	return slices.ContainsFunc(holds, func(p rights.Permission) bool {
		return speaks(p, l) && (p.Field == rights.Any || p.Field == f.Name)
	})
}
