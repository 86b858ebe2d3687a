package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/grant"
)

// Edit changes a delegation's dates, limits and purpose.
type Edit struct {
	frame.Base
	ID               string
	Version          string
	Actor, Principal frame.Who
	Standby          bool
	Accepts          string // who is asked again where it is widened
	Dates
	grant.Page
	Purpose string
}

// editForm is the form of editing as it was sent, whatever its faults.
type editForm struct {
	version  int64
	from, to Input
	purpose  string
	offer    grant.Choices
	grant.Wish
}

func (v *visit) showEdit() error {
	d, err := v.Delegations.Get(v.R.Context(), v.Caller, v.delegationID())
	if err != nil {
		return err
	}
	if why := d.WhyNot(delegation.DoEdit); why != nil {
		return why
	}
	if v.others(d) {
		if err := v.RequireProof(); err != nil {
			return err
		}
	}
	f := editForm{version: d.Version, from: v.reading(d.StartsAt, d, delegation.Start), to: v.reading(d.EndsAt, d, delegation.End), purpose: d.Purpose}
	if f.offer, err = grant.Offered(v.Visit, d.Principal); err != nil {
		return err
	}
	var ok bool
	if f.Form, ok = grant.Read(f.offer.Offer, d.Kind == delegation.Entry, d.Limits); !ok {
		f.What = grant.Keep
	}
	return v.editing(http.StatusOK, d, f, nil)
}

// reading returns what clocks show at the instant where the principal is. Whole days need no time: an end at midnight is
// the end of the day before.
func (v *visit) reading(t time.Time, d delegation.View, edge delegation.Edge) Input {
	b := v.Base
	if zone, err := time.LoadLocation(d.PrincipalPerson.TimeZone); err == nil {
		b.Location = zone
	}
	day, whole := b.Date(t), false
	if edge == delegation.End && !t.IsZero() {
		day = b.Date(t.Add(-time.Microsecond))
	}
	if midnight, err := delegation.AtWallClock(day, b.Location.String(), edge); err == nil {
		whole = midnight.Equal(t)
	}
	if whole {
		return Input{Day: day}
	}
	return Input{Day: b.Date(t), Time: b.Time(t)}
}

func (v *visit) editing(status int, d delegation.View, f editForm, problems []frame.Problem) error {
	if d.Principal != v.Person.ID {
		f.Whose = d.PrincipalPerson.Name
	}
	page := &Edit{Base: v.Base, ID: string(d.ID), Version: strconv.FormatInt(d.Version, 10), Actor: frame.Someone(d.Actor, d.ActorPerson.Name, ""),
		Principal: frame.Someone(d.Principal, d.PrincipalPerson.Name, ""), Standby: d.Kind == delegation.Standby, Page: grant.Show(v.Visit, f.offer, f.Wish), Purpose: f.purpose}
	page.Problems = problems
	page.From, page.To, page.DatesZone, page.Longest = f.from, f.to, d.PrincipalPerson.TimeZone, v.longest()
	if v.Organisation.Settings.Delegation.Accept {
		page.Accepts = page.Actor.Name
	}
	if d.Kind == delegation.Entry {
		page.Scopes, page.Tabs, page.Units, page.SealedFields, page.Asked, page.InPlace = nil, nil, nil, nil, nil, nil // what it is for does not change
	} else {
		page.Entries = nil
		page.Scopes = without(page.Scopes, grant.Entry)
	}
	if _, ok := grant.Read(f.offer.Offer, d.Kind == delegation.Entry, d.Limits); !ok {
		as := strings.Join(v.Limits(d.Kind, d.Limits), " · ")
		page.Scopes = append([]frame.Option{{Value: grant.Keep, Label: v.Base.T("edit.keep"), Hint: as}}, page.Scopes...)
	}
	v.Show(v.W, v.R, status, "edit", page)
	return nil
}

func without(options []frame.Option, value string) (left []frame.Option) {
	for _, o := range options {
		if o.Value != value {
			left = append(left, o)
		}
	}
	return left
}

// edit saves what the form says.
func (v *visit) edit() error {
	d, err := v.Delegations.Get(v.R.Context(), v.Caller, v.delegationID())
	if err != nil {
		return err
	}
	if v.NeedsProof && v.others(d) {
		if proved, err := v.proved(d); !proved {
			return err
		}
	}
	f := editForm{from: v.input("start"), to: v.input("end"), purpose: strings.TrimSpace(v.R.PostFormValue("purpose")), Wish: grant.Sent(v.R)}
	if f.offer, err = grant.Offered(v.Visit, d.Principal); err != nil {
		return err
	}
	f.version, _ = strconv.ParseInt(v.R.PostFormValue("version"), 10, 64) // 0 is whichever is there
	if f.Ticking(f.offer, v.R.PostFormValue("do")) {
		return v.editing(http.StatusOK, d, f, nil)
	}
	change, problems := v.wanting(d, f)
	if len(problems) > 0 {
		return v.editing(http.StatusUnprocessableEntity, d, f, problems)
	}
	change.Widening = v.RequireFactor(v.Base.Now)
	if _, _, err := v.Delegations.PreviewEdit(v.R.Context(), v.Caller, d.ID, change); change.Widening != nil && errors.Is(err, change.Widening) {
		if proved, err := v.proved(d); !proved {
			return err
		}
		change.Widening = nil
	}
	after, err := v.Delegations.Edit(v.R.Context(), v.Caller, d.ID, change)
	if err != nil {
		p, ok := v.Problem(err)
		if !ok || standin.KindOf(err) == standin.NotFound || v.Caller.Acting() {
			return err
		}
		return v.editing(frame.StatusOf(err), d, f, []frame.Problem{p})
	}
	if after.StateAt(v.Base.Now) == delegation.Waiting && d.State != delegation.Waiting {
		v.Tell("done.edit_asked")
	} else {
		v.Tell("done.edit")
	}
	http.Redirect(v.W, v.R, "/cover/"+string(d.ID), http.StatusSeeOther)
	return nil
}

// wanting returns the change that the form asks for, and what is missing in it.
func (v *visit) wanting(d delegation.View, f editForm) (delegation.Change, []frame.Problem) {
	change := delegation.Change{Version: f.version, Purpose: &f.purpose}
	var problems []frame.Problem
	if d.Kind != delegation.Standby {
		start, p := v.instant(f.from, d.PrincipalPerson.TimeZone, delegation.Start)
		if p != nil {
			problems = append(problems, *p)
		}
		var end time.Time // none is the longest that the organisation allows
		if f.to.Day != "" {
			if end, p = v.instant(f.to, d.PrincipalPerson.TimeZone, delegation.End); p != nil {
				problems = append(problems, *p)
			}
		}
		change.Start, change.End = &start, &end
	}
	if d.Kind == delegation.Entry {
		f.What = grant.Entry
	}
	if f.What != grant.Keep {
		limits, missing := f.Wanted(v.Base, f.offer)
		change.Limits, problems = &limits, append(problems, missing...)
		if d.Kind == delegation.Entry {
			change.Limits = &rights.Limits{Allow: f.Entries, Sealed: d.Limits.Sealed, Units: d.Limits.Units}
		}
	}
	if f.purpose == "" {
		problems = append(problems, frame.Problem{Field: "purpose", Text: v.Base.T("name.purpose_missing")})
	}
	return change, problems
}
