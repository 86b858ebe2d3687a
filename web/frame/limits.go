package frame

import (
	"context"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// Apps returns the organisation's applications, read once for a page.
func (v *Visit) Apps() []application.Application {
	if v.applications == nil {
		err := v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
			v.applications, err = v.Applications.List(ctx, tx, v.Caller.Organisation)
			return err
		})
		if err != nil { // names are then those of the permissions, which say the same
			v.Log.WarnContext(v.R.Context(), "applications not read", "error", err)
			v.applications = []application.Application{}
		}
	}
	return v.applications
}

// Limits returns what a delegation of the kind is limited to, one thing a line; nothing where it is not limited.
func (v *Visit) Limits(kind delegation.Kind, l rights.Limits) []string {
	var all []string
	say := func(key string, what []string) {
		if len(what) > 0 {
			all = append(all, v.Base.T(key, "What", strings.Join(what, "; ")))
		}
	}
	if l.ReadOnly {
		all = append(all, v.Base.T("limit.read_only"))
	}
	if kind == delegation.Entry {
		say("limit.entry", v.permissions(l.Allow))
	} else {
		say("limit.allow", v.permissions(l.Allow))
	}
	say("limit.deny", v.permissions(l.Deny))
	units := make([]string, len(l.Units))
	for i, u := range l.Units {
		units[i] = string(u)
	}
	say("limit.units", units)
	if l.Sealed {
		all = append(all, v.Base.T("limit.sealed"))
	}
	return all
}

// permissions says what the permissions are about; an application is named once for those that follow each other.
func (v *Visit) permissions(texts []string) []string {
	said, last := make([]string, len(texts)), ""
	for i, text := range texts {
		said[i] = v.Permission(text)
		p, err := rights.Parse(text)
		if err != nil {
			last = ""
			continue
		}
		named := v.Base.T("permission.of", "Application", v.appNamed(p.Application), "What", "")
		if named == last {
			said[i] = strings.TrimPrefix(said[i], named)
		}
		last = named
	}
	return said
}

func (v *Visit) appNamed(id standin.ApplicationID) string {
	if id == rights.Any {
		return v.Base.T("permission.any_application")
	}
	return v.AppName(id)
}

// Permission says in words what a permission is about: "Workdesk: Expense, approve". One that no rule can read is shown
// as it is written.
func (v *Visit) Permission(text string) string {
	p, err := rights.Parse(text)
	if err != nil {
		return text
	}
	var parts []string
	if p.Type == rights.Any && p.Action == rights.Any {
		parts = []string{v.Base.T("permission.everything")}
	} else {
		typ, action := v.Base.T("permission.any_type"), v.Base.T("permission.any_action")
		if p.Type != rights.Any {
			typ = v.TypeName(p.Application, p.Type)
		}
		if p.Action != rights.Any {
			action = v.ActionAlone(p.Application, p.Type, p.Action)
		}
		parts = []string{typ, action}
	}
	said := v.Base.T("permission.of", "Application", v.appNamed(p.Application), "What", strings.Join(parts, ", "))
	switch p.Field {
	case "":
	case rights.Any:
		said += " " + v.Base.T("permission.any_field")
	default:
		said += " " + v.Base.T("permission.field", "Field", v.FieldName(p.Application, p.Type, p.Field))
	}
	switch p.Scope {
	case rights.Own:
		said += " " + v.Base.T("permission.own")
	case rights.Unit:
		said += " " + v.Base.T("permission.unit")
	}
	return said
}

// PlainName writes a catalogue's name as people write: "bank_account" as "bank account".
func PlainName(name string) string { return strings.NewReplacer("_", " ", "-", " ").Replace(name) }

// Someone returns the person as pages name them.
func Someone(id standin.PersonID, name string, unit standin.UnitID) Who {
	return Who{ID: string(id), Name: name, Note: string(unit)}
}
