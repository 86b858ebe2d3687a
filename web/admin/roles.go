package admin

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/frame"
)

func rolePages() pages {
	return pages{
		"GET /organisation/roles":         (*visit).roles,
		"GET /organisation/roles/new":     func(v *visit) error { return v.role(v.offer, true) },
		"POST /organisation/roles/new":    func(v *visit) error { return v.role(v.take, true) },
		"GET /organisation/roles/{role}":  func(v *visit) error { return v.role(v.offer, false) },
		"POST /organisation/roles/{role}": func(v *visit) error { return v.role(v.take, false) },
	}
}

// roles lists the roles, the highest first.
func (v *visit) roles() error {
	if err := v.settles(); err != nil {
		return err
	}
	b := v.Base
	t := Table{ID: "all", Caption: b.T("roles.title"), Columns: []string{b.T("roles.name"), b.T("roles.rank"), b.T("roles.held"), b.T("roles.allow")}, Empty: b.T("roles.none")}
	err := v.view(func(ctx context.Context, tx *db.Tx) error {
		t.Rows = nil
		all, err := v.Directory.Roles(ctx, tx, v.Caller.Organisation)
		if err != nil {
			return err
		}
		slices.Reverse(all)
		for _, r := range all {
			holders, err := v.Directory.HoldersOf(ctx, tx, v.Caller.Organisation, r.ID)
			if err != nil {
				return err
			}
			code := string(r.ID)
			called := v.Base.RoleName(r.Role)
			if code == called {
				code = ""
			}
			t.Rows = append(t.Rows, []Cell{{Text: called, Code: code, To: "/organisation/roles/" + string(r.ID)}, {Text: strconv.Itoa(r.Rank)},
				{Text: b.T("roles.people", "Count", len(holders)), Note: some(holders)}, {Text: b.T("roles.permissions", "Count", len(r.Allow))}})
		}
		return nil
	})
	if err != nil {
		return err
	}
	page := NewList(b, "roles", t)
	page.Ways = []Way{{b.T("roles.new"), "/organisation/roles/new"}}
	return v.ok("organisation-list", page)
}

// some names the first of the people.
func some(people []directory.Person) string {
	var names []string
	for _, p := range people[:min(len(people), 5)] {
		names = append(names, frame.Who{Name: p.Name}.Shown())
	}
	if len(people) > 5 {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// role shows or takes the form of a role.
func (v *visit) role(do func(editing) error, isNew bool) error {
	if err := v.settles(); err != nil {
		return err
	}
	var old directory.Role
	var holders []directory.Person
	id := standin.RoleID(v.R.PathValue("role"))
	if isNew {
		id = standin.RoleID(v.text("short"))
	}
	read := func() error {
		return v.view(func(ctx context.Context, tx *db.Tx) (err error) {
			if isNew {
				return nil
			}
			if old, err = v.Directory.Role(ctx, tx, v.Caller.Organisation, id); err != nil {
				return err
			}
			holders, err = v.Directory.HoldersOf(ctx, tx, v.Caller.Organisation, id)
			return err
		})
	}
	if err := read(); err != nil {
		return err
	}
	things := permissions(v.Apps())
	e := editing{to: "/organisation/roles", done: "role", inputs: map[string]string{"allow": "further", "id": "short"}}
	e.page = func(values url.Values) *OrganisationForm {
		return RoleForm(v.Base, things, string(old.ID), some(holders), values)
	}
	e.stored = func() (url.Values, error) {
		err := read()
		return roleValues(things, old), err
	}
	version, _ := strconv.ParseInt(v.text("version"), 10, 64) // 0 is whichever is there
	wish := rights.Role{ID: id, Name: v.text("name"), Allow: allowed(things, old.Allow, v.R.PostForm)}
	wish.Rank, _ = strconv.Atoi(v.text("rank"))
	if _, err := strconv.Atoi(v.text("rank")); err != nil {
		wish.Rank = -1 // which the rules refuse
	}
	if v.text("do") == "test" {
		return v.testRole(e, wish)
	}
	if !isNew { // which nobody holds
		e.preview = func() (impact.Outcome, error) { return v.Previews.PutRole(v.R.Context(), v.Caller, wish, version) }
	}
	e.save = func() error {
		err := v.newRole(isNew, id)
		if err == nil {
			_, err = v.Directory.PutRole(v.R.Context(), v.Caller, wish, version)
		}
		return err
	}
	return do(e)
}

// newRole refuses to take a role that exists for a new one.
func (v *visit) newRole(isNew bool, id standin.RoleID) error {
	if !isNew {
		return nil
	}
	err := v.view(func(ctx context.Context, tx *db.Tx) error {
		_, err := v.Directory.Role(ctx, tx, v.Caller.Organisation, id)
		return err
	})
	if err == nil {
		return standin.Refuse(standin.Conflict, "web.role", "web.role_exists", "There is a role of this short name already.").On("id")
	}
	if db.IsNotFound(err) {
		return nil
	}
	return err
}

// Permitted is something that a role can allow: an action of an application's catalogue.
type Permitted struct {
	Application standin.ApplicationID
	Name        string // of the application
	Category    string
	Type, Verb  string
	Says        rights.Type // what the catalogue says of the type
}

// input is the name of its select.
func (p Permitted) input() string {
	return fmt.Sprintf("p.%s.%s.%s", p.Application, p.Type, p.Verb)
}

// permissions are what the catalogues hold, by application and category.
func permissions(apps []application.Application) (all []Permitted) {
	catalogue := func(id standin.ApplicationID, name string, c rights.Catalogue) {
		for typ, t := range c.Types {
			for action, a := range t.Actions {
				all = append(all, Permitted{id, name, a.Category, typ, action, t})
			}
		}
	}
	for _, a := range apps {
		catalogue(a.ID, a.Name, a.Catalogue)
	}
	catalogue(rights.Standin, "Standin", rights.StandinCatalogue())
	slices.SortFunc(all, func(a, b Permitted) int {
		key := func(p Permitted) string { return strings.Join([]string{p.Name, p.Category, p.Type, p.Verb}, "\x00") }
		return strings.Compare(key(a), key(b))
	})
	return all
}

// roleValues are the inputs for the role as it is. What no select can say stands among the further permissions.
func roleValues(things []Permitted, r directory.Role) url.Values {
	values := url.Values{"name": {r.Name}, "rank": {strconv.Itoa(r.Rank)}}
	if r.Version > 0 {
		values.Set("version", strconv.FormatInt(r.Version, 10))
	}
	known := map[string]bool{}
	for _, p := range things {
		known[p.input()] = true
	}
	var further []string
	for _, text := range r.Allow {
		p, err := rights.Parse(text)
		in := Permitted{Application: p.Application, Type: p.Type, Verb: p.Action}.input()
		if err != nil || p.Field != "" || !known[in] || values.Has(in) {
			further = append(further, text)
			continue
		}
		values.Set(in, p.Scope.String())
	}
	values.Set("further", strings.Join(further, "\n"))
	return values
}

// allowed are the permissions that the form says, those that were there before in their order.
func allowed(things []Permitted, before []string, values url.Values) []string {
	wanted := map[string]bool{}
	var all []string
	add := func(text string) {
		if !wanted[text] {
			wanted[text] = true
			all = append(all, text)
		}
	}
	for _, p := range things {
		if scope := values.Get(p.input()); scope != "" {
			text := fmt.Sprintf("%s:%s.%s@%s", p.Application, p.Type, p.Verb, scope)
			if read, err := rights.Parse(text); err == nil {
				text = read.String()
			}
			for _, former := range before { // as it was written
				if read, err := rights.Parse(former); err == nil && read.String() == text {
					text = former
				}
			}
			add(text)
		}
	}
	for _, text := range lines(values.Get("further")) {
		add(text)
	}
	kept := []string{}
	for _, text := range before {
		if wanted[text] && !slices.Contains(kept, text) {
			kept = append(kept, text)
		}
	}
	for _, text := range all {
		if !slices.Contains(kept, text) {
			kept = append(kept, text)
		}
	}
	return kept
}

// RoleForm returns the form of a role; id is "" for a new one.
func RoleForm(b frame.Base, things []Permitted, id, holders string, values url.Values) *OrganisationForm {
	heading, action := b.T("roles.new"), "/organisation/roles/new"
	if id != "" {
		heading, action = b.T("roles.edit"), "/organisation/roles/"+id
	}
	page := newForm(b, "roles", heading)
	page.Action, page.Version, page.Lead = action, values.Get("version"), b.T("roles.lead")
	if id != "" {
		page.Lead = b.T("roles.edit_lead")
	}
	itself := Section{Legend: b.T("roles.itself")}
	if holders != "" {
		itself.Hint = b.T("roles.held_by", "Names", holders)
	}
	if id == "" {
		itself.Inputs = append(itself.Inputs, frame.Field{Name: "short", Label: b.T("setup.short"), Hint: b.T("roles.short_hint"), Value: values.Get("short"), Required: true, Most: 64})
	}
	itself.Inputs = append(itself.Inputs, frame.Field{Name: "name", Label: b.T("roles.name"), Hint: b.T("roles.name_hint"), Value: values.Get("name"), Most: 200},
		frame.Field{Name: "rank", Label: b.T("roles.rank"), Hint: b.T("roles.rank_hint"), Kind: "number", Value: values.Get("rank"), Required: true})
	page.Sections = []Section{itself}
	groups := map[string]*Section{}
	for _, p := range things {
		key := p.Name
		if p.Category != rights.General {
			key += " · " + b.Category(p.Category)
		}
		g := groups[key]
		if g == nil {
			g = &Section{Legend: key, Folded: true}
			groups[key] = g
		}
		scope := values.Get(p.input())
		g.Folded = g.Folded && scope == ""
		g.Inputs = append(g.Inputs, frame.Field{Name: p.input(), Label: b.ActionName(p.Application, p.Type, p.Verb, p.Says), Kind: "select", Value: scope,
			Options: picked(scope, frame.Option{Value: "", Label: b.T("roles.scope_none")}, frame.Option{Value: "own", Label: b.T("roles.scope_own")},
				frame.Option{Value: "unit", Label: b.T("roles.scope_unit")}, frame.Option{Value: "org", Label: b.T("roles.scope_org")})})
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		page.Sections = append(page.Sections, *groups[key])
	}
	page.Sections = append(page.Sections, Section{Legend: b.T("roles.further"),
		Inputs: []frame.Field{{Name: "further", Label: b.T("roles.further_label"), Hint: b.T("roles.further_hint"), Kind: "lines", Value: values.Get("further")}}})
	page.Testing = newRoleTest(b, action, things, values)
	return page
}
