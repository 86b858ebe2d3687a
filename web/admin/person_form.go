package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/words"
)

// PersonForm adds a person, or changes what is known of one.
type PersonForm struct {
	frame.Base
	Action, Back       string
	New, Self          bool
	Who                frame.Who
	Version            string
	Name, Email        string
	Unit, Manager      string
	TimeZone, Language string
	Units, Tongues     []frame.Option
	OrganisationsZone  string
	ManagerPossibly    []frame.Who
	DoneLabel, Heading string
}

// PersonCheck says what a change would do, before it is saved.
type PersonCheck struct {
	frame.Base
	Action, Back string
	Heading      string
	Kept         []frame.Kept
	Changes      []Difference
	Effects      []Effect
	Nothing      bool // everything is so already
	Confirm      string
	Grave        bool
}

// Difference is a detail before and after.
type Difference struct{ Label, Before, After string }

// Conflict shows what somebody else saved meanwhile beside what was typed; nothing of either is lost.
type Conflict struct {
	frame.Base
	Action, Back string
	Who          frame.Who
	Kept         []frame.Kept // what was typed, over what is saved now
	Rows         []Clash
}

// Clash is one detail: as it was saved meanwhile, and as it was typed.
type Clash struct {
	Label, Theirs, Yours string
	Differ               bool
}

// personForm is the form as it was sent, whatever its faults.
type personForm struct{ version, name, email, unit, manager, zone, language string }

func (v *visit) readPerson() personForm {
	value := func(name string) string { return strings.TrimSpace(v.R.PostFormValue(name)) }
	return personForm{value("version"), value("name"), value("email"), value("unit"), value("manager"), value("zone"), value("language")}
}

// fields are the form's inputs with what they hold.
func (f personForm) fields(b frame.Base) []frame.Kept {
	return []frame.Kept{{Name: "name", Label: b.T("person.name"), Value: f.name}, {Name: "email", Label: b.T("person.email"), Value: f.email},
		{Name: "unit", Label: b.T("people.unit"), Value: f.unit}, {Name: "manager", Label: b.T("person.manager"), Value: f.manager},
		{Name: "zone", Label: b.T("person.zone"), Value: f.zone}, {Name: "language", Label: b.T("person.language"), Value: f.language}}
}

// formOf is the form as the person fills it.
func formOf(d directory.Detail) personForm {
	f := personForm{version: strconv.FormatInt(d.Version, 10), name: d.Name, email: d.Email, unit: string(d.Unit), zone: d.TimeZone, language: d.Language}
	if d.Manager != "" {
		f.manager = d.ManagerName + " (" + string(d.Manager) + ")"
	}
	return f
}

func (v *visit) newPerson() error {
	s, err := v.scope()
	if err != nil {
		return err
	}
	if err := v.mayAdd(s); err != nil {
		return err
	}
	f := personForm{}
	if !s.allPeople && len(s.people) > 0 {
		f.unit = string(s.people[0])
	}
	return v.form(http.StatusOK, nil, f, nil)
}

// mayAdd refuses who may add nobody anywhere, with the rule.
func (v *visit) mayAdd(s scope) error {
	if (s.allPeople || len(s.people) > 0) && !v.Caller.Acting() {
		return nil
	}
	return v.require("person", "manage", "")
}

func (v *visit) editPerson() error {
	_, d, err := v.detail()
	if err != nil {
		return err
	}
	if err := v.require("person", "manage", d.Unit); err != nil {
		return err
	}
	return v.form(http.StatusOK, &d, formOf(d), nil)
}

// form shows the form, of a new person where there is no detail.
func (v *visit) form(status int, d *directory.Detail, f personForm, problems []frame.Problem) error {
	b := v.Base
	page := &PersonForm{Base: b, Action: "/people/new", Back: "/people", New: d == nil, Heading: b.T("person.add"), DoneLabel: b.T("person.check"),
		Version: f.version, Name: f.name, Email: f.email, Unit: f.unit, Manager: f.manager, TimeZone: f.zone, Language: f.language,
		OrganisationsZone: v.Organisation.Settings.TimeZone}
	if d != nil {
		page.Who, page.Self = frame.Someone(d.ID, d.Name, d.Unit), d.ID == v.Person.ID
		page.Action, page.Back, page.Heading = v.at(d.ID)+"/edit", v.at(d.ID), b.T("person.edit", "Name", d.Name)
	}
	page.Nav, page.Problems = "people", problems
	var err error
	if page.Units, _, err = v.choices(f.unit, ""); err != nil {
		return err
	}
	page.Tongues = []frame.Option{{Label: b.T("person.browser_language"), Picked: f.language == ""}}
	for _, tag := range words.Languages() {
		page.Tongues = append(page.Tongues, frame.Option{Value: tag, Label: b.T("language." + tag), Picked: tag == f.language})
	}
	v.Show(v.W, v.R, status, "person-form", page)
	return nil
}

// putPerson takes the form: it is shown again, then what it would do, then it is saved.
func (v *visit) putPerson() error {
	s, err := v.scope()
	if err != nil {
		return err
	}
	f := v.readPerson()
	var d *directory.Detail
	if v.R.PathValue("person") == "" {
		if err := v.mayAdd(s); err != nil {
			return err
		}
	} else {
		detail, err := v.Directory.PersonDetail(v.R.Context(), v.Caller, v.personID())
		if err != nil {
			return err
		}
		if err := v.require("person", "manage", detail.Unit); err != nil {
			return err
		}
		d = &detail
	}
	if v.R.PostFormValue("do") == "back" {
		return v.form(http.StatusOK, d, f, nil)
	}
	p, problems, err := v.wish(d, f)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return v.form(http.StatusUnprocessableEntity, d, f, problems)
	}
	if v.R.PostFormValue("do") != "confirm" {
		return v.checkPerson(d, f, p)
	}
	put, _, err := v.Directory.PutPerson(v.R.Context(), v.Caller, p)
	if err != nil {
		return v.refusePut(d, f, err)
	}
	if d == nil {
		return v.lead(v.at(put.ID)+"#entry", "add_person", "Name", put.Name)
	}
	return v.lead(v.at(put.ID), "edit_person")
}

// wish is the person whom the form asks for.
func (v *visit) wish(d *directory.Detail, f personForm) (p directory.Person, problems []frame.Problem, err error) {
	if d != nil {
		p = d.Person
		p.Version, _ = strconv.ParseInt(f.version, 10, 64) // 0 is whichever is there
	}
	p.Name, p.Email, p.Unit, p.TimeZone, p.Language, p.Manager = f.name, f.email, standin.UnitID(f.unit), f.zone, f.language, ""
	for _, input := range []frame.Kept{{Name: "name", Value: f.name}, {Name: "email", Value: f.email}} {
		if input.Value == "" {
			problems = append(problems, frame.Problem{Field: input.Name, Text: v.Base.T("person.missing." + input.Name)})
		}
	}
	if f.manager == "" {
		return p, problems, nil
	}
	manager, problem, err := v.someone("manager", f.manager)
	if problem != nil {
		problems = append(problems, *problem)
	}
	p.Manager = manager.ID
	return p, problems, err
}

// refusePut shows the form again with what is wrong, or, where somebody else was faster, both versions.
func (v *visit) refusePut(d *directory.Detail, f personForm, err error) error {
	if standin.CodeOf(err) == "directory.changed" && d != nil {
		return v.conflict(*d, f)
	}
	p, ok := v.Problem(err)
	if !ok {
		return err
	}
	return v.form(frame.StatusOf(err), d, f, []frame.Problem{p})
}

// checkPerson says what saving would do.
func (v *visit) checkPerson(d *directory.Detail, f personForm, p directory.Person) error {
	outcome, err := v.Previews.PutPerson(v.R.Context(), v.Caller, p)
	if err != nil {
		return v.refusePut(d, f, err)
	}
	b := v.Base
	page := &PersonCheck{Base: b, Action: "/people/new", Back: "/people", Heading: b.T("person.check_add", "Name", p.Name), Confirm: b.T("person.do_add"),
		Kept: append(f.fields(b), frame.Kept{Name: "version", Value: f.version}), Effects: v.effects(outcome), Nothing: !outcome.Changed}
	var before personForm
	if d != nil {
		before = formOf(*d)
		page.Action, page.Back, page.Heading = v.at(d.ID)+"/edit", v.at(d.ID), b.T("person.check_edit", "Name", d.Name)
		page.Confirm = b.T("person.save")
	}
	page.Nav = "people"
	old := before.fields(b)
	for i, field := range f.fields(b) {
		if field.Value != old[i].Value {
			page.Changes = append(page.Changes, Difference{field.Label, old[i].Value, field.Value})
		}
	}
	return v.ok("person-check", page)
}

// conflict shows what was saved meanwhile beside what was typed.
func (v *visit) conflict(d directory.Detail, f personForm) error {
	b, now := v.Base, formOf(d)
	page := &Conflict{Base: b, Action: v.at(d.ID) + "/edit", Back: v.at(d.ID), Who: frame.Someone(d.ID, d.Name, d.Unit),
		Kept: append(f.fields(b), frame.Kept{Name: "version", Value: now.version})}
	page.Nav = "people"
	theirs := now.fields(b)
	for i, field := range f.fields(b) {
		page.Rows = append(page.Rows, Clash{field.Label, theirs[i].Value, field.Value, theirs[i].Value != field.Value})
	}
	v.Show(v.W, v.R, http.StatusConflict, "person-conflict", page)
	return nil
}

// changeRole gives a role or takes one, after saying what that does.
func (v *visit) changeRole(verb string) error {
	ctx, id := v.R.Context(), v.personID()
	role, unit := standin.RoleID(v.R.PostFormValue("role")), standin.UnitID(v.R.PostFormValue("unit"))
	_, d, err := v.detail()
	if err != nil {
		return err
	}
	preview, do := v.Previews.Hold, v.Directory.Hold
	if verb == "release" {
		preview, do = v.Previews.Release, v.Directory.Release
	}
	if v.R.PostFormValue("do") == "confirm" {
		if _, err := do(ctx, v.Caller, id, role, unit); err != nil {
			return v.refusePerson(err)
		}
		return v.lead(v.at(id), verb+"_role")
	}
	outcome, err := preview(ctx, v.Caller, id, role, unit)
	if err != nil {
		return v.refusePerson(err)
	}
	where := string(unit)
	if where == "" {
		where = v.Base.T("person.at_own_unit")
	}
	var called directory.Role
	err = v.view(func(ctx context.Context, tx *db.Tx) (err error) {
		called, err = v.Directory.Role(ctx, tx, v.Caller.Organisation, role)
		return err
	})
	if err != nil {
		return err
	}
	return v.checkChange(verb, d.Person, outcome, v.Base.T("person.check_"+verb, "Name", d.Name, "Role", v.Base.RoleName(called.Role), "Unit", where),
		frame.Kept{Name: "role", Value: string(role)}, frame.Kept{Name: "unit", Value: string(unit)})
}

// reactivate makes the person active again, after saying what that does.
func (v *visit) reactivate() error {
	_, d, err := v.detail()
	if err != nil {
		return err
	}
	if v.R.PostFormValue("do") == "confirm" {
		if err := v.Directory.Reactivate(v.R.Context(), v.Caller, d.ID); err != nil {
			return v.refusePerson(err)
		}
		return v.lead(v.at(d.ID), "reactivate_person")
	}
	outcome, err := v.Previews.Reactivate(v.R.Context(), v.Caller, d.ID)
	if err != nil {
		return v.refusePerson(err)
	}
	return v.checkChange("reactivate", d.Person, outcome, v.Base.T("person.check_reactivate", "Name", d.Name))
}

func (v *visit) checkChange(verb string, p directory.Person, outcome impact.Outcome, heading string, kept ...frame.Kept) error {
	page := &PersonCheck{Base: v.Base, Action: v.at(p.ID) + "/" + verb, Back: v.at(p.ID), Heading: heading, Kept: kept, Effects: v.effects(outcome),
		Nothing: !outcome.Changed, Confirm: v.Base.T("person.do_" + verb), Grave: verb == "release"}
	page.Nav = "people"
	return v.ok("person-check", page)
}
