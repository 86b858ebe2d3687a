package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/web/frame"
)

// Home is "Cover": who covers the person, whom they cover, and what comes next. While acting it is the principal's.
type Home struct {
	frame.Base
	Alerts       []Alert
	MoreAlerts   []Alert
	Mine, Others []Cover
	Past         []Cover
	Dates        []NextDate
	NameWhy      string // why nobody can be named now
	Hidden       string // what limits hide while acting
	Managed      bool   // the person names stand-ins for others too
	LinkUsed     *LinkUsed
	EndedSignIns []EndedSignIn // that somebody else ended
}

// Cover is one delegation in a list, seen from one of its two people; Other is the other one.
type Cover struct {
	ID      string
	Other   frame.Who
	State   string // "active", "upcoming", "dormant", "asked", "declined", "over", "inactive"
	Label   string
	Line    string
	Purpose string
}

// Alert is something that the person is told (A7, A12).
type Alert struct {
	Tone, Icon     string
	Text, Detail   string
	Link, LinkText string
}

// NextDate is something that will happen.
type NextDate struct {
	At   time.Time
	Ends bool // something ends then
	Text string
}

const (
	fewAlerts  = 3 // more are folded away, but for those that wait for an answer
	mostAlerts = 20
	mostPast   = 20
	mostDates  = 6
)

func (v *visit) home() error {
	ctx, whose := v.R.Context(), v.Caller.Principal
	mine, err := v.Delegations.ListForPrincipal(ctx, v.Caller, whose, true)
	if err != nil {
		return err
	}
	others, err := v.Delegations.ListForActor(ctx, v.Caller, whose, true)
	if err != nil {
		return err
	}
	alerts, err := v.Delegations.Alerts(ctx, v.Caller)
	if err != nil {
		return err
	}
	ended, err := v.Signin.Ended(ctx, v.Caller)
	if err != nil {
		return err
	}
	page := &Home{Base: v.Base, LinkUsed: v.linkUsed(), EndedSignIns: EndedSignIns(v.Base, ended)}
	page.Nav = "home"
	if v.Caller.Acting() {
		page.NameWhy = v.Base.T("home.while_acting", "Principal", v.Principal.Name)
		if page.Hidden, err = v.hidden(); err != nil {
			return err
		}
	} else if page.Managed, err = v.manages(); err != nil {
		return err
	}
	for _, a := range alerts {
		switch said, ok := v.alert(a); {
		case !ok:
		case len(page.Alerts) < fewAlerts || a.Kind == delegation.AlertAsked:
			page.Alerts = append(page.Alerts, said)
		case len(page.MoreAlerts) < mostAlerts:
			page.MoreAlerts = append(page.MoreAlerts, said)
		}
	}
	page.add(v, mine, &page.Mine, true)
	page.add(v, others, &page.Others, false)
	slices.SortStableFunc(page.Dates, func(a, b NextDate) int { return a.At.Compare(b.At) })
	page.Dates, page.Past = first(page.Dates, mostDates), first(page.Past, mostPast)
	page.tell()
	v.Show(v.W, v.R, http.StatusOK, "home", page)
	return nil
}

// hidden says that limits hide the principal's other stand-ins from whoever acts, "" where they do not.
func (v *visit) hidden() (said string, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		own, err := v.Directory.SeesOwn(ctx, tx, v.Caller, "delegation", "manage")
		if said = ""; err == nil && !own {
			said = v.Base.T("home.limits_hide", "Principal", v.Principal.Name)
		}
		return err
	})
	return said, err
}

// manages reports whether the person names stand-ins for others.
func (v *visit) manages() (manages bool, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		all, units, err := v.Directory.ScopesOf(ctx, tx, v.Caller, "delegation", "manage")
		manages = all || len(units) > 0
		return err
	})
	return manages, err
}

// add puts the delegations into the list, those that are over among the past, and what will happen among the dates.
func (p *Home) add(v *visit, views []delegation.View, list *[]Cover, mine bool) {
	slices.SortStableFunc(views, func(a, b delegation.View) int { return cmp.Compare(order[a.State], order[b.State]) })
	for _, d := range views {
		other := frame.Someone(d.Principal, d.PrincipalPerson.Name, d.PrincipalPerson.Unit)
		if mine {
			other = frame.Someone(d.Actor, d.ActorPerson.Name, d.ActorPerson.Unit)
		}
		row := Cover{ID: string(d.ID), Other: other, State: frame.StateName(d.State), Purpose: d.Purpose, Line: v.Line(d)}
		row.Label = v.Base.T("state." + row.State)
		if d.State.Over() {
			p.Past = append(p.Past, row)
			continue
		}
		*list = append(*list, row)
		side := "others"
		if mine {
			side = "mine"
		}
		if v.Caller.Acting() {
			side += "_for"
		}
		switch {
		case d.State == delegation.Upcoming:
			p.Dates = append(p.Dates, NextDate{At: d.StartsAt, Text: v.Base.T("home.starts_"+side, "Other", other.Name, "Principal", v.Principal.Name)})
		case d.State == delegation.Active && !d.Until.IsZero():
			p.Dates = append(p.Dates, NextDate{At: d.Until, Ends: true, Text: v.Base.T("home.ends_"+side, "Other", other.Name, "Principal", v.Principal.Name)})
		}
	}
}

// tell marks those people of a list whose names look alike.
func (p *Home) tell() {
	for _, list := range [][]Cover{p.Mine, p.Others, p.Past} {
		people := make([]*frame.Who, len(list))
		for i := range list {
			people[i] = &list[i].Other
		}
		frame.Tell(people)
	}
}

func first[T any](all []T, n int) []T { return all[:min(len(all), n)] }

// order is that of lists: what holds now first.
var order = map[delegation.State]int{delegation.Active: 0, delegation.Waiting: 1, delegation.Upcoming: 2, delegation.Dormant: 3, delegation.Inactive: 4}

// alert says what the person is told; ok is false for what they did themselves. While acting it is about two others.
func (v *visit) alert(a delegation.Alert) (said Alert, ok bool) {
	b, d := v.Base, a.View
	key, side, other, at := "alert."+string(a.Kind), "actor", d.Principal, b.Near(a.At)
	if d.Principal == v.Caller.Principal {
		side, other = "principal", d.Actor
	}
	edited := a.Kind == delegation.AlertWidened || a.Kind == delegation.AlertNarrowed
	if by := a.By.Person(); a.Kind == delegation.AlertNamed || edited || a.Kind == delegation.AlertEnded && a.By != "" {
		switch {
		case by == v.Caller.Principal:
			return said, false
		case by == "" && a.Kind == delegation.AlertNamed:
			key += "_somehow" // by a file or a program: who it was is no news
		case by == other && a.Kind == delegation.AlertEnded:
			key += "_themselves"
		case by != "" && by != other:
			key += "_by"
		}
	}
	if a.Kind == delegation.AlertEndsSoon || a.Kind == delegation.AlertEnded {
		at = b.Until(a.At)
	}
	if v.Caller.Acting() {
		side = "both"
	}
	said = Alert{Icon: "info", Detail: d.Purpose, Link: "/cover/" + string(d.ID), LinkText: b.T("alert.look"),
		Text: b.T(key+"."+side, "By", a.ByName, "Actor", d.ActorPerson.Name, "Principal", d.PrincipalPerson.Name, "Moment", at.Text)}
	switch a.Kind {
	case delegation.AlertAsked:
		if said.Icon = "mail"; !v.Caller.Acting() {
			said.LinkText = b.T("alert.answer")
		}
	case delegation.AlertEndsSoon:
		said.Tone, said.Icon = "warn", "clock"
	case delegation.AlertEnabled:
		if said.Icon = "clock"; d.State == delegation.Active && !d.Until.IsZero() {
			said.Text += " " + b.T("alert.until", "Moment", b.Until(d.Until).Text)
		}
	case delegation.AlertAccepted:
		said.Tone, said.Icon = "good", "circle-check"
	case delegation.AlertDeclined:
		said.Tone, said.Icon, said.Detail = "warn", "circle-x", d.DeclineReason
	case delegation.AlertPaused, delegation.AlertDisabled:
		said.Icon = "pause"
	case delegation.AlertWidened:
		said.Tone, said.Icon = "warn", "info"
	case delegation.AlertNamed:
		said.Icon = "user-round-check"
	}
	return said, true
}
