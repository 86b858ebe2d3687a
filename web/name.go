package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/grant"
)

// Name asks who shall stand in, when, and for what.
type Name struct {
	frame.Base
	Principal *frame.Who // for whom an administrator names; nil: for oneself
	Find      string
	People    []Candidate
	More      bool
	Spans     []frame.Option
	When      string
	Dates
	grant.Page
	Purposes []frame.Option
	Reason   string
	Purpose  string
	Asking   bool // for whom is to be chosen first, among Whom
	For      string
	Whom     []*frame.Who
}

// Candidate is somebody who could be named.
type Candidate struct {
	frame.Who
	Picked bool
	Last   bool   // was named last time
	Clash  string // what speaks against it, in words
}

// Dates are the inputs for a start and an end.
type Dates struct {
	From, To  Input
	DatesZone string
	Longest   string
}

// Input is a day and a time as the browser sends them.
type Input struct{ Day, Time string }

// Nobody reports whether there is nobody to pick from: the search found none.
func (n Name) Nobody() bool {
	for _, c := range n.People {
		if !c.Picked {
			return false
		}
	}
	return n.Find != "" || len(n.People) == 0
}

const (
	mostFound = 8 // colleagues are shown at once
	mostLast  = 3 // of those who were named before
)

func (v *visit) showName() error {
	if text := v.R.FormValue("for"); text != "" {
		return v.askWhom(text)
	}
	f, err := v.readNaming()
	if err != nil {
		return err
	}
	f.when, f.What = "week", grant.Full
	if f.principal.ID != v.Person.ID {
		f.actors = []standin.PersonID{v.Person.ID} // who names starts as the stand-in, and can be changed (A3)
	}
	return v.naming(http.StatusOK, f, nil)
}

// askWhom finds the person for whom an administrator names somebody (A3).
func (v *visit) askWhom(text string) error {
	people, _, err := v.Directory.People(v.R.Context(), v.Caller, directory.PeopleFilter{Query: text}, mostFound, "")
	if err != nil {
		return err
	}
	page := &Name{Base: v.Base, Asking: true, For: text}
	for _, p := range people {
		page.Whom = append(page.Whom, &frame.Who{ID: string(p.ID), Name: p.Name, Email: p.Email, Note: string(p.Unit)})
	}
	frame.Tell(page.Whom)
	v.Show(v.W, v.R, http.StatusOK, "name", page)
	return nil
}

// name answers the form: it finds colleagues, shows what is about to be named, or names.
func (v *visit) name() error {
	f, err := v.readNaming()
	if err != nil {
		return err
	}
	switch do := v.R.PostFormValue("do"); {
	case f.Ticking(f.offer, do), do == "find", do == "back", do == "enter" && (f.find != f.found || len(f.actors) == 0):
		return v.naming(http.StatusOK, f, nil)
	case do == "confirm":
		return v.confirm(f)
	}
	wish, problems := v.wish(f)
	if len(problems) > 0 {
		return v.naming(http.StatusUnprocessableEntity, f, problems)
	}
	drafts, err := v.Delegations.Preview(v.R.Context(), v.Caller, wish)
	if err != nil {
		return v.refuseNaming(f, err)
	}
	return v.check(http.StatusOK, f, drafts, nil)
}

// refuseNaming shows the form again with what is to be changed in it; an error that no form can help is returned.
func (v *visit) refuseNaming(f namingForm, err error) error {
	p, ok := v.Problem(err)
	if e := refusal(err); !ok || e != nil && e.Field == "principal" || v.Caller.Acting() {
		return err
	}
	return v.naming(frame.StatusOf(err), f, []frame.Problem{p})
}

// naming shows the form as it was filled in.
func (v *visit) naming(status int, f namingForm, problems []frame.Problem) error {
	found, next, err := v.Delegations.Candidates(v.R.Context(), v.Caller, f.principal.ID, f.find, mostFound, "")
	if err != nil {
		return err
	}
	before, err := v.Delegations.ListForPrincipal(v.R.Context(), v.Caller, f.principal.ID, true)
	if err != nil {
		return err
	}
	page := &Name{Base: v.Base, Find: f.find, More: next != "", When: f.when, Reason: f.reason, Purpose: f.purpose,
		Spans: v.spans(f), Page: grant.Show(v.Visit, f.offer, f.Wish)}
	page.Problems = problems
	page.From, page.To, page.DatesZone, page.Longest = f.from, f.to, f.zone(), v.longest()
	if f.principal.ID != v.Person.ID {
		page.Principal = &frame.Who{ID: string(f.principal.ID), Name: f.principal.Name, Email: f.principal.Email}
	}
	for _, reason := range reasons {
		page.Purposes = append(page.Purposes, frame.Option{Value: reason, Label: v.Base.T("name.reason." + reason)})
	}
	if page.People, err = v.candidates(f, found, before); err != nil {
		return err
	}
	if v.R.Header.Get("X-Part") == "people" {
		return v.ShowPart(v.W, "name", "people", page)
	}
	v.Show(v.W, v.R, status, "name", page)
	return nil
}

// candidates returns who is picked, then who was named before, then who was found.
func (v *visit) candidates(f namingForm, found []directory.Candidate, before []delegation.View) ([]Candidate, error) {
	ids, last := slices.Clone(f.actors), map[standin.PersonID]bool{}
	clash := map[standin.PersonID]string{}
	for _, d := range before {
		if !d.State.Over() && clash[d.Actor] == "" {
			clash[d.Actor] = v.standsIn(d)
		}
		if len(last) < mostLast && f.find == "" && d.Actor != f.principal.ID {
			last[d.Actor] = true
			ids = append(ids, d.Actor)
		}
	}
	people, err := v.colleagues(ids)
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		people = append(people, frame.Who{ID: string(c.ID), Name: c.Name, Email: c.Email, Note: string(c.Unit)})
	}
	var all []Candidate
	var names []*frame.Who
	for _, p := range people {
		id := standin.PersonID(p.ID)
		if id == f.principal.ID || slices.ContainsFunc(all, func(c Candidate) bool { return c.ID == p.ID }) {
			continue
		}
		all = append(all, Candidate{Who: p, Picked: slices.Contains(f.actors, id), Last: last[id], Clash: clash[id]})
	}
	for i := range all {
		names = append(names, &all[i].Who)
	}
	frame.Tell(names)
	return all, nil
}

// standsIn says that the delegation's actor stands in already, and until when.
func (v *visit) standsIn(d delegation.View) string {
	if d.EndsAt.IsZero() {
		return v.Base.T("name.already_open")
	}
	return v.Base.T("name.already", "Moment", v.Base.Until(d.EndsAt).Text)
}

// colleagues returns those of the people who exist and are active.
func (v *visit) colleagues(ids []standin.PersonID) (all []frame.Who, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		all = nil
		for _, id := range ids {
			p, err := v.Directory.Person(ctx, tx, v.Caller.Organisation, id)
			if db.IsNotFound(err) || err == nil && !p.Active() {
				continue
			}
			if err != nil {
				return err
			}
			all = append(all, frame.Who{ID: string(p.ID), Name: p.Name, Email: p.Email, Note: string(p.Unit)})
		}
		return nil
	})
	return all, err
}

// spans are the choices of when.
func (v *visit) spans(f namingForm) []frame.Option {
	b, longest := v.Base, v.Organisation.Settings.Delegation.Max
	open := b.T("name.open_hint_no_cap")
	if longest > 0 {
		open = b.T("name.open_hint", "Span", b.Span(longest))
	}
	sunday, week := f.sunday(b.Now), "name.week"
	if f.weekend(b.Now) {
		week = "name.next_week"
	}
	return []frame.Option{
		{Value: "today", Label: b.T("name.today"), Hint: b.T("name.today_hint")},
		{Value: "week", Label: b.T(week), Hint: b.T("name.week_hint", "Moment", b.Words.Day(sunday, b.Now))},
		{Value: "leave", Label: b.T("name.leave"), Hint: b.T("name.leave_hint")},
		{Value: "open", Label: b.T("name.open"), Hint: open},
		{Value: "standby", Label: b.T("name.standby"), Hint: b.T("name.standby_hint")},
	}
}

// longest says for how long the organisation lets somebody be named.
func (v *visit) longest() string {
	if most := v.Organisation.Settings.Delegation.Max; most > 0 {
		return v.Base.T("dates.longest", "Span", v.Base.Span(most))
	}
	return ""
}

// confirm names whom the form says, after the proof that naming somebody needs (THREATS 25).
func (v *visit) confirm(f namingForm) error {
	wish, problems := v.wish(f)
	if len(problems) > 0 {
		return v.naming(http.StatusUnprocessableEntity, f, problems)
	}
	if v.stale() {
		if err := v.proveNow(); err != nil {
			return v.refuseProof(f, wish, err)
		}
	}
	named, err := v.Delegations.Name(v.R.Context(), v.Caller, wish)
	if standin.CodeOf(err) == "delegation.duplicate" {
		if named, again := v.namedJustNow(wish); again {
			v.leadOn(named)
			return nil
		}
	}
	if err != nil {
		return v.refuseNaming(f, err)
	}
	v.leadOn(named)
	return nil
}

func (v *visit) refuseProof(f namingForm, wish delegation.Naming, err error) error {
	p, ok := v.Problem(err)
	if !ok {
		return err
	}
	drafts, again := v.Delegations.Preview(v.R.Context(), v.Caller, wish)
	if again != nil {
		return v.refuseNaming(f, again)
	}
	p.Field = "password"
	return v.check(frame.StatusOf(err), f, drafts, []frame.Problem{p})
}

// leadOn says what was named, and leads on.
func (v *visit) leadOn(all []delegation.Delegation) {
	d := all[0]
	switch {
	case d.AskedAt.IsZero():
		v.Tell("done.named")
	case d.EndsAt.IsZero():
		v.Tell("done.invited_open")
	default:
		v.Tell("done.invited", "Moment", v.Base.Until(d.EndsAt).Text)
	}
	to := "/"
	if d.Principal != v.Person.ID && d.Actor != v.Person.ID {
		to = "/cover/" + string(d.ID)
	}
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
}

// sameForm is how long a form that is sent twice is one wish.
const sameForm = 2 * time.Minute

// namedJustNow returns the delegations that this very wish made a moment ago: somebody pressed the button twice.
func (v *visit) namedJustNow(wish delegation.Naming) ([]delegation.Delegation, bool) {
	drafts := make([]delegation.Delegation, len(wish.Actors))
	views, err := v.Delegations.ListForPrincipal(v.R.Context(), v.Caller, wish.Principal, false)
	if err != nil {
		return nil, false
	}
	for i, actor := range wish.Actors {
		at := slices.IndexFunc(views, func(d delegation.View) bool {
			return d.Actor == actor && d.Version == 1 && d.Purpose == wish.Purpose && d.CreatedBy == v.Caller.Actor &&
				(wish.Kind == d.Kind || wish.Kind == "" && d.Kind == delegation.Cover) && near(d.EndsAt, wish.End) &&
				near(d.StartsAt, wish.Start) && v.Base.Now.Sub(d.CreatedAt) < sameForm
		})
		if at < 0 || i > 0 && !views[at].CreatedAt.Equal(drafts[0].CreatedAt) {
			return nil, false
		}
		drafts[i] = views[at].Delegation
	}
	return drafts, len(drafts) > 0
}

// near reports whether what was made is what was wished for; a zero wish is "now" or "as long as allowed".
func near(made, wished time.Time) bool {
	return wished.IsZero() || made.Sub(wished).Abs() < sameForm
}
