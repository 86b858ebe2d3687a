package web

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/frame"
)

// Grant is what a stand-in may do, as the form asks for it.
type Grant struct {
	Scopes   []frame.Option
	What     string // "full", "view", "areas", "entry"; "keep" where no form can say it
	Areas    []frame.Option
	Entries  []frame.Option
	Sealed   bool
	Sealable string // the sealed fields by name; empty: there are none
}

// grantForm is the part of a form that says what a stand-in may do.
type grantForm struct {
	whose          string // the principal's name; "" where they fill in the form themselves
	what           string
	areas, entries []string
	sealed         bool
}

func (v *visit) readGrant() grantForm {
	what := v.R.FormValue("what")
	return grantForm{what: what, areas: v.R.Form["area"], entries: v.R.Form["entry"], sealed: v.R.FormValue("sealed") != ""}
}

// grant returns the choices with what was chosen.
func (v *visit) grant(f grantForm) Grant {
	b := v.Base
	g := Grant{What: f.what, Sealed: f.sealed, Scopes: []frame.Option{
		{Value: "full", Label: b.T("name.full"), Hint: b.T("name.full_hint")},
		{Value: "view", Label: b.T("name.view"), Hint: b.T("name.view_hint")}}}
	if f.whose != "" {
		g.Scopes[0].Label, g.Scopes[0].Hint = b.T("name.full_for", "Principal", f.whose), b.T("name.full_for_hint")
	}
	var sealed []string
	for _, a := range v.Apps() {
		for _, typ := range slices.Sorted(maps.Keys(a.Catalogue.Types)) {
			t := a.Catalogue.Types[typ]
			area := string(a.ID) + ":" + typ
			g.Areas = append(g.Areas, frame.Option{Value: area + ".*", Label: capital(frame.PlainName(typ)), Hint: a.Name, Picked: slices.Contains(f.areas, area+".*")})
			for _, name := range slices.Sorted(maps.Keys(t.Actions)) {
				if action := t.Actions[name]; action.Personal && action.Entry {
					entry := area + "." + name
					g.Entries = append(g.Entries, frame.Option{Value: entry, Label: capital(frame.PlainName(typ)) + ": " + frame.PlainName(name), Hint: a.Name,
						Picked: slices.Contains(f.entries, entry)})
				}
			}
			for _, field := range slices.Sorted(maps.Keys(t.Fields)) {
				if t.Fields[field].Sealed && !slices.Contains(sealed, frame.PlainName(field)) {
					sealed = append(sealed, frame.PlainName(field))
				}
			}
		}
	}
	g.Sealable = strings.Join(sealed, ", ")
	if len(g.Areas) > 0 {
		g.Scopes = append(g.Scopes, frame.Option{Value: "areas", Label: b.T("name.some"), Hint: b.T("name.some_hint")})
	}
	if len(g.Entries) > 0 {
		hint := b.T("name.entry_hint")
		if f.whose != "" {
			hint = b.T("name.entry_for_hint", "Principal", f.whose)
		}
		g.Scopes = append(g.Scopes, frame.Option{Value: "entry", Label: b.T("name.entry"), Hint: hint})
	}
	return g
}

// wanted returns the limits that the form asks for, and what is missing in it.
func (v *visit) wanted(f grantForm) (rights.Limits, []frame.Problem) {
	l := rights.Limits{Sealed: f.sealed && f.what != "entry"}
	switch f.what {
	case "full":
	case "view":
		l.ReadOnly = true
	case "areas":
		if l.Allow = f.areas; len(f.areas) == 0 {
			return l, []frame.Problem{{Field: "area", Text: v.Base.T("name.area_missing")}}
		}
	case "entry":
		if l.Allow = f.entries; len(f.entries) == 0 {
			return l, []frame.Problem{{Field: "entry", Text: v.Base.T("name.entry_missing")}}
		}
	default:
		return l, []frame.Problem{{Field: "what", Text: v.Base.T("name.what_missing")}}
	}
	return l, nil
}

// granted returns the form that says the limits; ok is false where no form can.
func (v *visit) granted(kind delegation.Kind, l rights.Limits) (f grantForm, ok bool) {
	f = grantForm{what: "full", sealed: l.Sealed}
	known := v.grant(f)
	switch {
	case len(l.Deny) > 0 || len(l.Units) > 0 || l.ReadOnly && len(l.Allow) > 0:
		return f, false
	case kind == delegation.Entry:
		f.what, f.entries = "entry", l.Allow
		return f, offered(known.Entries, l.Allow)
	case l.ReadOnly:
		f.what = "view"
	case len(l.Allow) > 0:
		f.what, f.areas = "areas", l.Allow
		return f, offered(known.Areas, l.Allow)
	}
	return f, true
}

// offered reports whether all values are among the options.
func offered(options []frame.Option, values []string) bool {
	for _, value := range values {
		if !slices.ContainsFunc(options, func(o frame.Option) bool { return o.Value == value }) {
			return false
		}
	}
	return true
}

func capital(name string) string {
	r, size := utf8.DecodeRuneInString(name)
	if !unicode.IsLower(r) {
		return name
	}
	return string(unicode.ToUpper(r)) + name[size:]
}
