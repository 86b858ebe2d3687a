package admin

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web/frame"
)

func peopleViews() map[string]frame.Page {
	return map[string]frame.Page{"people": &People{}, "person": &Person{}, "person-form": &PersonForm{}, "person-check": &PersonCheck{},
		"person-conflict": &Conflict{}, "leave": &Leave{}, "import": &Import{}, "import-run": &ImportRun{}, "groups": &Groups{}, "group": &Group{}, "sign-ins": &SignIns{}}
}

func peoplePages() pages {
	return pages{
		"GET /people":                  (*visit).people,
		"GET /people/export":           (*visit).exportPeople,
		"GET /people/new":              (*visit).newPerson,
		"POST /people/new":             (*visit).putPerson,
		"GET /people/{person}":         (*visit).showPerson,
		"GET /people/{person}/edit":    (*visit).editPerson,
		"POST /people/{person}/edit":   (*visit).putPerson,
		"GET /people/{person}/leave":   (*visit).showLeave,
		"POST /people/{person}/leave":  (*visit).leave,
		"POST /people/{person}/{verb}": (*visit).changePerson,
		"GET /import":                  (*visit).showImport,
		"POST /import":                 (*visit).takeList,
		"GET /import/{run}":            (*visit).showRun,
		"POST /import/{run}":           (*visit).begin,
		"GET /import/{run}/refused":    (*visit).refusedRows,
		"GET /import/{kind}/export":    (*visit).exportList,
		"GET /groups":                  (*visit).groups,
		"POST /groups":                 (*visit).addGroup,
		"GET /groups/{group}":          (*visit).showGroup,
		"POST /groups/{group}/{verb}":  (*visit).changeGroup,
	}
}

// People is the directory of those whom the reader manages, with search, filters and pages.
type People struct {
	frame.Base
	Find, Unit, Role, State string
	StandIns                bool // rows of stand-ins too
	Units, Roles, States    []frame.Option
	Rows                    []PersonRow
	First, Next             string // addresses of pages
	Export                  string
	Filtered                bool
	CanAdd, CanImport       bool
	Barred                  string // why nothing can be changed now
}

// PersonRow is a person, or, with For, a stand-in as they are while they act.
type PersonRow struct {
	frame.Who
	For         *frame.Who
	Link        string
	State, Look string
	Line        string // until when, of a stand-in
	Doing       []Link
}

// Link is something that a row leads to.
type Link struct{ Icon, Label, To string }

const peopleRows = 20

// scope is where the reader may change people, and where they may name stand-ins for them.
type scope struct {
	people, deputies       []standin.UnitID
	allPeople, allDeputies bool
}

func (s scope) manages(unit standin.UnitID) bool {
	return s.allPeople || unit != "" && slices.ContainsFunc(s.people, unit.Within)
}

func (s scope) names(unit standin.UnitID) bool {
	return s.allDeputies || unit != "" && slices.ContainsFunc(s.deputies, unit.Within)
}

// scope asks what the reader may manage; who may nothing of it is refused, with the rule.
func (v *visit) scope() (s scope, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		s = scope{}
		if s.allPeople, s.people, err = v.Directory.ScopesOf(ctx, tx, v.Caller, "person", "manage"); err != nil {
			return err
		}
		if s.allDeputies, s.deputies, err = v.Directory.ScopesOf(ctx, tx, v.Caller, "delegation", "manage"); err != nil {
			return err
		}
		if !s.allPeople && !s.allDeputies && len(s.people)+len(s.deputies) == 0 {
			return v.Directory.MayRead(ctx, tx, v.Caller, "person", "manage", "")
		}
		return nil
	})
	if err == nil {
		err = v.RequireProof()
	}
	return s, err
}

func (v *visit) people() error {
	s, err := v.scope()
	if err != nil {
		return err
	}
	q := v.R.URL.Query()
	text := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	page := &People{Base: v.Base, Find: text("find"), Unit: text("unit"), Role: text("role"), State: text("state"), StandIns: q.Get("standins") != "",
		CanAdd: (s.allPeople || len(s.people) > 0) && !v.Caller.Acting()}
	page.CanImport = page.CanAdd
	page.Nav = "people"
	if v.Caller.Acting() {
		page.Barred = v.Base.T("people.acting", "Principal", v.Principal.Name)
	}
	if page.Units, page.Roles, err = v.choices(page.Unit, page.Role); err != nil {
		return err
	}
	page.States = v.states(page.State)
	people, next, err := v.Directory.People(v.R.Context(), v.Caller, page.filter(), peopleRows, q.Get("after"))
	if err != nil {
		return err
	}
	kept := page.query()
	page.Filtered = len(kept) > 0
	page.Export = "/people/export" + query(kept)
	if q.Get("after") != "" {
		page.First = "/people" + query(kept)
	}
	if next != "" {
		kept.Set("after", next)
		page.Next = "/people" + query(kept)
	}
	if err := v.rows(page, s, people); err != nil {
		return err
	}
	return v.ok("people", page)
}

// filter is what the page asks the directory for.
func (p *People) filter() directory.PeopleFilter {
	f := directory.PeopleFilter{Query: p.Find, Unit: standin.UnitID(p.Unit), Role: standin.RoleID(p.Role)}
	switch p.State {
	case "inactive":
		f.Inactive, f.OnlyInactive = true, true
	case "new":
		f.NeverSignedIn = true
	case "all":
		f.Inactive = true
	}
	return f
}

// query is the filter as an address has it.
func (p *People) query() url.Values {
	kept := url.Values{}
	for name, value := range map[string]string{"find": p.Find, "unit": p.Unit, "role": p.Role, "state": p.State} {
		if value != "" {
			kept.Set(name, value)
		}
	}
	if p.StandIns {
		kept.Set("standins", "yes")
	}
	return kept
}

func query(q url.Values) string {
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// rows adds a row for every person and, where that is wanted, one for each who stands in for them now.
func (v *visit) rows(page *People, s scope, people []directory.Person) error {
	var all []*frame.Who
	for _, p := range people {
		page.Rows = append(page.Rows, v.personRow(s, p))
		if !page.StandIns {
			continue
		}
		views, err := v.Delegations.ListForPrincipal(v.R.Context(), v.Caller, p.ID, false)
		if err != nil && standin.KindOf(err) != standin.NotFound {
			return err
		}
		for _, d := range views {
			if d.State == delegation.Active {
				page.Rows = append(page.Rows, v.standInRow(d))
			}
		}
	}
	for i := range page.Rows {
		all = append(all, &page.Rows[i].Who)
	}
	frame.Tell(all)
	return nil
}

func (v *visit) personRow(s scope, p directory.Person) PersonRow {
	b, at := v.Base, "/people/"+url.PathEscape(string(p.ID))
	row := PersonRow{Who: frame.Someone(p.ID, p.Name, p.Unit), Link: at}
	row.Email = p.Email
	row.State, row.Look = v.personState(p)
	if v.Caller.Acting() {
		return row
	}
	if p.Active() && (s.names(p.Unit) || p.ID == v.Person.ID) {
		row.Doing = append(row.Doing, Link{"plus", b.T("people.name_for"), "/cover/name?principal=" + url.QueryEscape(string(p.ID))})
	}
	row.Doing = append(row.Doing, Link{"users-round", b.T("people.see_deputies"), at + "#deputies"})
	if !s.manages(p.Unit) {
		return row
	}
	row.Doing = append(row.Doing, Link{"file-text", b.T("people.edit"), at + "/edit"})
	if p.Active() && p.ID != v.Person.ID {
		row.Doing = append(row.Doing, Link{"mail", b.T("people.invite"), at + "#entry"}, Link{"ban", b.T("people.leave"), at + "/leave"})
	}
	return row
}

// standInRow is somebody as they are while they act: it leads to the delegation, and to both people.
func (v *visit) standInRow(d delegation.View) PersonRow {
	b := v.Base
	principal := frame.Someone(d.Principal, d.PrincipalPerson.Name, d.PrincipalPerson.Unit)
	row := PersonRow{Who: frame.Someone(d.Actor, d.ActorPerson.Name, d.ActorPerson.Unit), For: &principal, Link: "/cover/" + string(d.ID),
		State: b.T("state.active"), Look: "active", Line: v.Line(d)}
	row.Doing = []Link{{"repeat-2", b.T("people.see_cover"), row.Link},
		{"user-round", b.T("people.see", "Name", row.Name), "/people/" + url.PathEscape(string(d.Actor))},
		{"user-round", b.T("people.see", "Name", principal.Name), "/people/" + url.PathEscape(string(d.Principal))}}
	return row
}

// personState says how the person is, and how that looks.
func (v *visit) personState(p directory.Person) (text, look string) {
	switch {
	case !p.Active():
		return v.Base.T("people.state.inactive"), "inactive"
	case p.LastSignIn.IsZero():
		return v.Base.T("people.state.new"), "dormant"
	}
	return v.Base.T("people.state.active"), "active"
}

func (v *visit) states(chosen string) []frame.Option {
	var all []frame.Option
	for _, state := range []string{"", "new", "inactive", "all"} {
		key := "people.filter." + state
		if state == "" {
			key = "people.filter.active"
		}
		all = append(all, frame.Option{Value: state, Label: v.Base.T(key), Picked: state == chosen})
	}
	return all
}

// choices are the organisation's living units and its roles.
func (v *visit) choices(unit, role string) (units, roles []frame.Option, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		units, roles = nil, nil
		all, err := v.Directory.Units(ctx, tx, v.Caller.Organisation)
		if err != nil {
			return err
		}
		for _, u := range all {
			units = append(units, frame.Option{Value: string(u.ID), Label: string(u.ID), Picked: string(u.ID) == unit})
		}
		held, err := v.Directory.Roles(ctx, tx, v.Caller.Organisation)
		for _, r := range held {
			roles = append(roles, frame.Option{Value: string(r.ID), Label: v.Base.RoleName(r.Role), Picked: string(r.ID) == role})
		}
		return err
	})
	return units, roles, err
}

// day is a date in the reader's words; "" for none.
func (v *visit) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.Base.Near(t).Text
}
