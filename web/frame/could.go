package frame

import (
	"cmp"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// Could is what somebody could do in one application, in words.
type Could struct {
	Application string
	Things      []Thing
}

// Thing is what somebody could do with one type of record: Deeds, each with the records that it reaches. Opened are the
// sealed fields that come open, Closed those that stay hidden.
type Thing struct {
	Type           string
	Deeds          []Doing
	Opened, Closed []string
}

// Doing is some actions that reach the same records; Where is "" where that is all of them.
type Doing struct{ What, Where string }

// Could says in words what the lines list; whose is the name of the person whose rights they are.
func (v *Visit) Could(lines []rights.Line, whose string) (all []Could) {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b rights.Line) int { // as they come, what reads before what changes
		return cmp.Or(cmp.Compare(a.Application, b.Application), cmp.Compare(a.Type, b.Type), cmp.Compare(last(a), last(b)))
	})
	for _, l := range lines {
		name, typ := v.AppName(l.Application), v.TypeName(l.Application, l.Type)
		if last := len(all) - 1; last < 0 || all[last].Application != name {
			all = append(all, Could{Application: name})
		}
		app := &all[len(all)-1]
		if last := len(app.Things) - 1; last < 0 || app.Things[last].Type != typ {
			app.Things = append(app.Things, Thing{Type: typ})
		}
		app.Things[len(app.Things)-1].add(v, l, whose)
	}
	return all
}

func last(l rights.Line) int {
	if l.Flags.Reads {
		return 0
	}
	return 1
}

func (t *Thing) add(v *Visit, l rights.Line, whose string) {
	what, where := v.ActionAlone(l.Application, l.Type, l.Action), v.Reached(l.Reach, whose)
	if l.Reach.Nowhere() {
		where = v.Base.T("could.fields_only")
	}
	at := slices.IndexFunc(t.Deeds, func(d Doing) bool { return d.Where == where })
	if at < 0 {
		t.Deeds = append(t.Deeds, Doing{What: Capital(what), Where: where})
	} else {
		t.Deeds[at].What += ", " + what
	}
	put := func(names *[]string, fields []string) {
		for _, field := range fields {
			if name := v.FieldName(l.Application, l.Type, field); !slices.Contains(*names, name) {
				*names = append(*names, name)
			}
		}
	}
	put(&t.Opened, l.Opened())
	put(&t.Closed, l.Closed())
	t.Closed = slices.DeleteFunc(t.Closed, func(name string) bool { return slices.Contains(t.Opened, name) })
}

// Reached says which records are meant; "" is all of them.
func (v *Visit) Reached(x rights.Extent, whose string) string {
	b := v.Base
	others := b.T("could.all")
	switch {
	case len(x.Others.Units) > 0:
		others = b.T("could.in", "Units", joined(x.Others.Units))
	case !x.Others.All && x.Others.Unitless:
		others = b.T("could.unitless")
	}
	if len(x.Others.Except) > 0 {
		others += " " + b.T("could.except", "Units", joined(x.Others.Except))
	}
	switch {
	case x.Everywhere():
		return ""
	case x.Others.Nowhere() && x.Own.All:
		return b.T("could.own", "Principal", whose)
	case x.Others.Nowhere():
		return b.T("could.own_in", "Principal", whose, "Units", joined(x.Own.Units))
	case x.Own.Nowhere():
		return b.T("could.not_own", "Principal", whose, "Others", others)
	case x.Own.All && !x.Others.All:
		return b.T("could.own_and", "Principal", whose, "Others", others)
	}
	return others
}

func joined(units []standin.UnitID) string {
	texts := make([]string, len(units))
	for i, u := range units {
		texts[i] = string(u)
	}
	return strings.Join(texts, ", ")
}

// Catalogues returns what the organisation's applications declare.
func (v *Visit) Catalogues() rights.Catalogues {
	all := rights.Catalogues{}
	for _, a := range v.Apps() {
		all[a.ID] = a.Catalogue
	}
	return all
}

// SealedNames returns the sealed fields of the list that come open, or else those that stay hidden, each with its type:
// "Expense: bank account".
func SealedNames(list []Could, opened bool) (all []string) {
	for _, app := range list {
		for _, t := range app.Things {
			names := t.Closed
			if opened {
				names = t.Opened
			}
			if len(names) > 0 {
				all = append(all, t.Type+": "+strings.Join(names, ", "))
			}
		}
	}
	return all
}
