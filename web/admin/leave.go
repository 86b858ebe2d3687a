package admin

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web/frame"
)

// Leave makes a person inactive, and hands on what they granted and hold.
type Leave struct {
	frame.Base
	Who     frame.Who
	Back    string
	Effects []Effect
	Granted []Line
	Held    []Line
	Reports []Line
	Manager string
	Checked bool // what it would do is shown, and can be confirmed
}

// Line is one thing that a leaver has, and what is to become of it.
type Line struct {
	Deputy
	Field string // the input's name
	To    string // who gets it
	End   bool
}

func (v *visit) showLeave() error {
	_, d, err := v.detail()
	if err != nil {
		return err
	}
	if err := v.require("person", "manage", d.Unit); err != nil {
		return err
	}
	estate, err := v.Delegations.EstateOf(v.R.Context(), v.Caller, d.ID)
	if err != nil {
		return err
	}
	if len(estate.Held) > 0 && v.RequireFactor(v.Base.Now) != nil { // asked before the form is filled in
		return v.proveFirst(d.Person)
	}
	return v.leaving(http.StatusOK, d.Person, delegation.Handing{Person: d.ID, Deactivate: true}, false, nil)
}

// leave takes the form: what it would do is shown first, and done when it is confirmed.
func (v *visit) leave() error {
	_, d, err := v.detail()
	if err != nil {
		return err
	}
	if err := v.require("person", "manage", d.Unit); err != nil {
		return err
	}
	wish, problems, err := v.handing(d.Person)
	if err != nil {
		return err
	}
	if len(problems) > 0 || v.R.PostFormValue("do") != "confirm" {
		return v.leaving(statusOf(problems), d.Person, wish, len(problems) == 0, problems)
	}
	if wish.Names() && v.RequireFactor(v.Base.Now) != nil {
		return v.proveFirst(d.Person)
	}
	if _, err := v.Delegations.HandOn(v.R.Context(), v.Caller, wish); err != nil {
		p, ok := v.Problem(err)
		if !ok {
			return err
		}
		return v.leaving(frame.StatusOf(err), d.Person, wish, false, []frame.Problem{p})
	}
	return v.lead(v.at(d.ID), "leave_person", "Name", d.Name)
}

// proveFirst asks for the proof that naming stand-ins needs (THREATS 25), and leads back to the form.
func (v *visit) proveFirst(p directory.Person) error {
	http.Redirect(v.W, v.R, "/prove?return="+url.QueryEscape(v.at(p.ID)+"/leave"), http.StatusSeeOther)
	return nil
}

// statusOf is 422 where something in a form is to be changed.
func statusOf(problems []frame.Problem) int {
	if len(problems) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// handing is what the form says is to become of everything.
func (v *visit) handing(p directory.Person) (wish delegation.Handing, problems []frame.Problem, err error) {
	wish = delegation.Handing{Person: p.ID, Deactivate: true}
	estate, err := v.Delegations.EstateOf(v.R.Context(), v.Caller, p.ID)
	if err != nil {
		return wish, nil, err
	}
	whom := func(field string) (standin.PersonID, error) {
		text := strings.TrimSpace(v.R.PostFormValue(field))
		if text == "" {
			return "", nil
		}
		found, problem, err := v.someone(field, text)
		if problem != nil {
			problems = append(problems, *problem)
		}
		return found.ID, err
	}
	for _, d := range estate.Granted {
		if v.R.PostFormValue("end-"+string(d.ID)) != "" {
			wish.End = append(wish.End, d.ID)
		}
	}
	for _, d := range estate.Held {
		to, err := whom("to-" + string(d.ID))
		if err != nil {
			return wish, nil, err
		}
		if to != "" || v.R.PostFormValue("end-"+string(d.ID)) != "" {
			wish.Pass = append(wish.Pass, delegation.Passing{Delegation: d.ID, To: to})
		}
	}
	manager, err := whom("manager")
	if manager != "" {
		for _, r := range estate.Reports {
			wish.Reports = append(wish.Reports, delegation.Reporting{Person: r.ID, Manager: manager})
		}
	}
	return wish, problems, err
}

// leaving shows the form with what it would do.
func (v *visit) leaving(status int, p directory.Person, wish delegation.Handing, checked bool, problems []frame.Problem) error {
	page := &Leave{Base: v.Base, Who: frame.Someone(p.ID, p.Name, p.Unit), Back: v.at(p.ID), Manager: v.R.PostFormValue("manager"), Checked: checked}
	page.Nav, page.Problems = "people", problems
	estate, err := v.Delegations.EstateOf(v.R.Context(), v.Caller, p.ID)
	if err != nil {
		return err
	}
	line := func(d delegation.View, other frame.Who) Line {
		id := string(d.ID)
		return Line{Deputy: v.deputy(d, other), Field: "to-" + id, To: v.R.PostFormValue("to-" + id), End: v.R.PostFormValue("end-"+id) != ""}
	}
	for _, d := range estate.Granted {
		page.Granted = append(page.Granted, line(d, frame.Someone(d.Actor, d.ActorPerson.Name, d.ActorPerson.Unit)))
	}
	for _, d := range estate.Held {
		page.Held = append(page.Held, line(d, frame.Someone(d.Principal, d.PrincipalPerson.Name, d.PrincipalPerson.Unit)))
	}
	for _, r := range estate.Reports {
		page.Reports = append(page.Reports, Line{Deputy: Deputy{ID: string(r.ID), Other: frame.Someone(r.ID, r.Name, r.Unit)}})
	}
	outcome, err := v.Previews.HandOn(v.R.Context(), v.Caller, wish)
	if problem, ok := v.Problem(err); ok && len(problems) == 0 {
		page.Problems, page.Checked, status = []frame.Problem{problem}, false, frame.StatusOf(err)
	} else if err != nil && !ok {
		return err
	}
	page.Effects = v.effects(outcome)
	v.Show(v.W, v.R, status, "leave", page)
	return nil
}

// require refuses, with the rule, who may not do the action at the unit.
func (v *visit) require(typ, action string, unit standin.UnitID) error {
	return v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		return v.Directory.Require(ctx, tx, v.Caller, typ, action, unit)
	})
}

// inBrackets is the id of "Name (id)", or the text.
func inBrackets(text string) string {
	if i := strings.LastIndex(text, "("); i >= 0 && strings.HasSuffix(text, ")") {
		return text[i+1 : len(text)-1]
	}
	return text
}
