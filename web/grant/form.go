package grant

import (
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// What the form can say.
const (
	Full  = "full"  // whatever the principal may
	View  = "view"  // whatever they may look at
	Areas = "areas" // the lines that are ticked
	Entry = "entry" // the personal actions that are ticked, and nothing else
	Keep  = "keep"  // the limits as they are, which no form can say
)

// everything is the permission that allows whatever an empty list allows, so that others can stand beside it.
const everything = "*:*.*"

// Form is what was ticked.
type Form struct {
	What    string
	Asked   []string // permissions that were shown as switches, for Full
	For     []string // those of them that are on
	Lines   []string // permissions; for Areas
	Entries []string // permissions; for Entry
	Sealed  bool     // every sealed field, those of later, too
	Fields  []string // sealed fields, each by its Value
	Units   []standin.UnitID
}

// Missing is what a form lacks: "what", "area", "entry", or "field" where a field is opened of whose records nothing is
// ticked; "" is nothing.
type Missing string

// Limits returns what the form means.
func (f Form) Limits(o Offer) (rights.Limits, Missing) {
	l := rights.Limits{Sealed: f.Sealed, Units: f.Units}
	switch f.What {
	case Full, View:
		l.ReadOnly = f.What == View
		if opened := f.fields(); len(opened) > 0 {
			l.Allow = append([]string{everything}, opened...)
		}
		for _, asked := range f.Asked {
			if f.What == Full && !slices.Contains(f.For, asked) {
				l.Deny = append(l.Deny, asked)
			}
		}
	case Areas:
		if len(f.Lines) == 0 {
			return l, "area"
		}
		opened := f.fieldsOf(o)
		l.Allow = append(slices.Clone(f.Lines), opened...)
		if !f.Sealed && slices.ContainsFunc(f.Fields, func(value string) bool { return !opens(opened, value) }) {
			return l, "field"
		}
	case Entry:
		if l = (rights.Limits{Allow: f.Entries}); len(f.Entries) == 0 {
			return l, "entry"
		}
	default:
		return l, "what"
	}
	return l, ""
}

// fields returns the permissions that open the ticked fields, whatever is done with their records.
func (f Form) fields() (all []string) {
	for _, value := range f.Fields {
		if typ, name, ok := strings.Cut(value, "/"); ok && !f.Sealed {
			all = append(all, typ+".*/"+name)
		}
	}
	return all
}

// fieldsOf returns the permissions that open the ticked fields for the ticked lines, and for nothing else.
func (f Form) fieldsOf(o Offer) (all []string) {
	for _, field := range o.Sealed {
		if f.Sealed || !slices.Contains(f.Fields, field.Value()) {
			continue
		}
		for _, l := range o.Lines {
			if l.Application == field.Application && l.Type == field.Type && slices.Contains(f.Lines, l.Permission()) {
				all = append(all, field.in(l.Name))
			}
		}
	}
	return all
}

// opens reports whether one of the permissions opens the field of that value.
func opens(permissions []string, value string) bool {
	typ, name, _ := strings.Cut(value, "/")
	return slices.ContainsFunc(permissions, func(p string) bool { return strings.HasPrefix(p, typ+".") && strings.HasSuffix(p, "/"+name) })
}

// Tick ticks every line of the category, or none of them.
func (f *Form) Tick(o Offer, category string, on bool) {
	for _, l := range o.Lines {
		if at := slices.Index(f.Lines, l.Permission()); l.Category == category && on != (at >= 0) {
			if on {
				f.Lines = append(f.Lines, l.Permission())
			} else {
				f.Lines = slices.Delete(f.Lines, at, at+1)
			}
		}
	}
}

// Read returns the form that says the limits of a delegation. Where none does, exact is false, and the form is as near as
// one comes without saying more than they do.
func Read(o Offer, entry bool, l rights.Limits) (f Form, exact bool) {
	if entry {
		f = Form{What: Entry, Entries: slices.Clone(l.Allow)}
		return f, f.says(o, l)
	}
	f = Form{What: Full, Sealed: l.Sealed, Units: slices.Clone(l.Units)}
	if l.ReadOnly {
		f.What = View
	}
	whole := len(l.Allow) == 0 || slices.Contains(l.Allow, everything)
	for _, field := range o.Sealed {
		if whole && slices.Contains(l.Allow, field.in(rights.Any)) {
			f.Fields = append(f.Fields, field.Value())
		}
	}
	for _, line := range o.Lines {
		if line.InPlace() {
			f.Asked = append(f.Asked, line.Permission())
			if !slices.Contains(l.Deny, line.Permission()) {
				f.For = append(f.For, line.Permission())
			}
		}
	}
	if whole && f.says(o, l) {
		return f, true
	}
	f.What, f.Fields = Areas, nil
	allow, deny := parsed(l.Allow), parsed(l.Deny)
	for _, line := range o.Lines {
		if (line.Reads || !l.ReadOnly) && (len(l.Allow) == 0 || named(allow, line, "")) && !denied(deny, l.Deny, line) {
			f.Lines = append(f.Lines, line.Permission())
		}
	}
	for _, field := range o.Sealed {
		if f.opens(o, field, func(line Line) bool { return named(allow, line, field.Name) }) {
			f.Fields = append(f.Fields, field.Value())
		}
	}
	return f, f.says(o, l)
}

// says reports whether the form says just these limits.
func (f Form) says(o Offer, l rights.Limits) bool {
	said, missing := f.Limits(o)
	if missing != "" {
		return false
	}
	a, errA := said.Canonical()
	b, errB := l.Canonical()
	return errA == nil && errB == nil && slices.Equal(a.Allow, b.Allow) && slices.Equal(a.Deny, b.Deny) &&
		slices.Equal(a.Units, b.Units) && a.ReadOnly == b.ReadOnly && a.Sealed == b.Sealed
}

// opens reports whether the field is open for every ticked line of its type, and there is one.
func (f Form) opens(o Offer, field Field, open func(Line) bool) bool {
	some := false
	for _, l := range o.Lines {
		if l.Application == field.Application && l.Type == field.Type && slices.Contains(f.Lines, l.Permission()) {
			if some = true; !open(l) {
				return false
			}
		}
	}
	return some
}

func parsed(texts []string) (all []rights.Permission) {
	for _, text := range texts {
		if p, err := rights.Parse(text); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// named reports whether the list of what is allowed opens the field of the line everywhere; "" is the record itself.
func named(allow []rights.Permission, l Line, field string) bool {
	return slices.ContainsFunc(allow, func(p rights.Permission) bool {
		return p.Scope == rights.Org && speaks(p, l) && (p.Field == field || p.Field == rights.Any)
	})
}

// denied reports whether the list of what is denied touches the line anywhere, or any field of it.
func denied(deny []rights.Permission, texts []string, l Line) bool {
	return len(deny) < len(texts) || slices.ContainsFunc(deny, func(p rights.Permission) bool { return speaks(p, l) })
}
