package frame

import (
	"cmp"
	"context"
	"unicode"
	"unicode/utf8"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// AppName returns what people call the application.
func (v *Visit) AppName(id standin.ApplicationID) string {
	if id == rights.Standin {
		return "Standin"
	}
	for _, a := range v.Apps() {
		if a.ID == id {
			return a.Name
		}
	}
	return string(id)
}

// kind returns what the application's catalogue says of the type of record.
func (v *Visit) kind(application standin.ApplicationID, typ string) rights.Type {
	for _, a := range v.Apps() {
		if a.ID == application {
			return a.Catalogue.Types[typ]
		}
	}
	return rights.Type{}
}

// TypeName returns what people call the type of record: "Expense".
func (v *Visit) TypeName(application standin.ApplicationID, typ string) string {
	if key := "power." + typ; application == rights.Standin && v.Base.Words.Has(key) {
		return v.Base.T(key)
	}
	return cmp.Or(v.kind(application, typ).Label, Capital(PlainName(typ)))
}

// FieldName returns what people call the field: "Bank account".
func (v *Visit) FieldName(application standin.ApplicationID, typ, field string) string {
	return cmp.Or(v.kind(application, typ).Fields[field].Label, Capital(PlainName(field)))
}

// ActionAlone returns what people call the action beside the name of its type: "approve".
func (v *Visit) ActionAlone(application standin.ApplicationID, typ, action string) string {
	return v.Base.actionAlone(action, v.kind(application, typ))
}

// ActionName returns what people call the action where it stands alone: "Expense: approve".
func (v *Visit) ActionName(application standin.ApplicationID, typ, action string) string {
	return v.Base.ActionName(application, typ, action, v.kind(application, typ))
}

// ActionName returns what people call the action of the type where it stands alone; t is what its catalogue says.
func (b Base) ActionName(application standin.ApplicationID, typ, action string, t rights.Type) string {
	if label := t.Actions[action].Label; label != "" {
		return label
	}
	if key := "power." + typ + "_" + action; application == rights.Standin && b.Words.Has(key) {
		return b.T(key)
	}
	return b.T("permission.of", "Application", cmp.Or(t.Label, Capital(PlainName(typ))), "What", b.actionAlone(action, t))
}

func (b Base) actionAlone(action string, t rights.Type) string {
	if label := t.Actions[action].Label; label != "" {
		return label
	}
	if key := "deed." + action; b.Words.Has(key) {
		return b.T(key)
	}
	return PlainName(action)
}

// Category returns what people call a category of actions.
func (b Base) Category(name string) string {
	if key := "category." + name; b.Words.Has(key) {
		return b.T(key)
	}
	return Capital(PlainName(name))
}

// Capital returns the name with a capital at its beginning.
func Capital(name string) string {
	r, size := utf8.DecodeRuneInString(name)
	if !unicode.IsLower(r) {
		return name
	}
	return string(unicode.ToUpper(r)) + name[size:]
}

// RoleName returns what people call the role: its name, what it is called where Standin brought it, or its id.
func (b Base) RoleName(r rights.Role) string {
	if key := "standard_role." + string(r.ID); r.Name == "" && b.Words.Has(key) {
		return b.T(key)
	}
	return cmp.Or(r.Name, Capital(PlainName(string(r.ID))))
}

// RoleCalled returns what people call the role of that id. It reads the roles once for a page, in a transaction of its own.
func (v *Visit) RoleCalled(id standin.RoleID) string {
	if v.roles == nil {
		v.roles = map[standin.RoleID]rights.Role{}
		err := v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
			roles, err := v.Directory.Roles(ctx, tx, v.Caller.Organisation)
			for _, r := range roles {
				v.roles[r.ID] = r.Role
			}
			return err
		})
		if err != nil { // ids say the same
			v.Log.WarnContext(v.R.Context(), "roles not read", "error", err)
		}
	}
	r, ok := v.roles[id]
	if !ok {
		r.ID = id
	}
	return v.Base.RoleName(r)
}
