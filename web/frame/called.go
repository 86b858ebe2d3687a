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
	if label := v.kind(application, typ).Actions[action].Label; label != "" {
		return label
	}
	if key := "deed." + action; v.Base.Words.Has(key) {
		return v.Base.T(key)
	}
	return PlainName(action)
}

// ActionName returns what people call the action where it stands alone: "Expense: approve".
func (v *Visit) ActionName(application standin.ApplicationID, typ, action string) string {
	if label := v.kind(application, typ).Actions[action].Label; label != "" {
		return label
	}
	if key := "power." + typ + "_" + action; application == rights.Standin && v.Base.Words.Has(key) {
		return v.Base.T(key)
	}
	return v.Base.T("permission.of", "Application", v.TypeName(application, typ), "What", v.ActionAlone(application, typ, action))
}

// Category returns what people call a category of actions.
func (v *Visit) Category(name string) string {
	if key := "category." + name; v.Base.Words.Has(key) {
		return v.Base.T(key)
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

// RoleName returns what people call the role: its name, what Standin calls those that it brings, or its id.
func (v *Visit) RoleName(id standin.RoleID) string {
	if v.roles == nil {
		v.roles = map[standin.RoleID]string{}
		err := v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
			roles, err := v.Directory.Roles(ctx, tx, v.Caller.Organisation)
			for _, r := range roles {
				v.roles[r.ID] = r.Name
			}
			return err
		})
		if err != nil { // ids say the same
			v.Log.WarnContext(v.R.Context(), "roles not read", "error", err)
		}
	}
	if key := "role." + string(id); v.roles[id] == "" && v.Base.Words.Has(key) {
		return v.Base.T(key)
	}
	return cmp.Or(v.roles[id], Capital(PlainName(string(id))))
}
