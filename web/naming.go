package web

import (
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/grant"
)

// reasons are the purposes that can be picked.
var reasons = []string{"leave", "illness", "travel", "parental", "else"}

// namingForm is the form of naming as it was sent, whatever its faults.
type namingForm struct {
	principal   directory.Person
	find, found string
	actors      []standin.PersonID
	when        string
	from, to    Input
	until       string // the end that was shown before it was confirmed
	reason      string
	purpose     string
	offer       grant.Choices
	grant.Wish
}

// readNaming returns the form as it was sent. The principal is whom the caller may see (THREATS 10), or the caller.
func (v *visit) readNaming() (namingForm, error) {
	value := func(name string) string { return strings.TrimSpace(v.R.FormValue(name)) }
	f := namingForm{principal: v.Person, find: value("find"), found: value("found"), when: value("when"), from: v.input("start"), to: v.input("end"),
		until: value("until"), reason: value("why"), purpose: value("purpose"), Wish: grant.Sent(v.R)}
	for _, id := range v.R.Form["actor"] {
		if id := standin.PersonID(id); !slices.Contains(f.actors, id) {
			f.actors = append(f.actors, id)
		}
	}
	if id := standin.PersonID(value("principal")); id != "" && id != v.Person.ID {
		whom, err := v.Directory.PersonDetail(v.R.Context(), v.Caller, id)
		if err != nil {
			return f, err
		}
		f.principal, f.Whose = whom.Person, whom.Name
	}
	var err error
	f.offer, err = grant.Offered(v.Visit, f.principal.ID)
	return f, err
}

func (v *visit) input(name string) Input {
	return Input{Day: strings.TrimSpace(v.R.FormValue(name)), Time: strings.TrimSpace(v.R.FormValue(name + "_time"))}
}

// wish returns what the form asks for, and what is missing in it.
func (v *visit) wish(f namingForm) (delegation.Naming, []frame.Problem) {
	var problems []frame.Problem
	wrong := func(field, key string) { problems = append(problems, frame.Problem{Field: field, Text: v.Base.T(key)}) }
	w := delegation.Naming{Actors: f.actors, Principal: f.principal.ID, Kind: delegation.Cover}
	if len(f.actors) == 0 {
		wrong("actor", "name.actor_missing")
	}
	problems = append(problems, v.window(f, &w)...)
	if f.What == grant.Entry && w.Kind == delegation.Standby {
		wrong("what", "name.entry_standby")
	} else if f.What == grant.Entry {
		w.Kind = delegation.Entry
	}
	limits, missing := f.Wanted(v.Base, f.offer)
	w.Limits = limits
	problems = append(problems, missing...)
	if w.Purpose = v.purpose(f); w.Purpose == "" {
		wrong("purpose", "name.reason_missing")
	}
	return w, problems
}

// purpose joins the reason that was picked and the words that were typed.
func (v *visit) purpose(f namingForm) string {
	if f.reason == "" || f.reason == "else" || !slices.Contains(reasons, f.reason) {
		return f.purpose
	}
	label := v.Base.T("name.reason." + f.reason)
	if f.purpose == "" {
		return label
	}
	return label + ": " + f.purpose
}

// window fills in when, as clocks read where the principal is.
func (v *visit) window(f namingForm, w *delegation.Naming) (problems []frame.Problem) {
	fill := func(t *time.Time, in Input, edge delegation.Edge) {
		var p *frame.Problem
		if *t, p = v.instant(in, f.zone(), edge); p != nil {
			problems = append(problems, *p)
		}
	}
	switch f.when {
	case "today":
		fill(&w.End, Input{Day: f.day(v.Base.Now).Format(time.DateOnly)}, delegation.End)
	case "week":
		fill(&w.End, Input{Day: f.sunday(v.Base.Now).Format(time.DateOnly)}, delegation.End)
	case "open":
		return nil
	case "standby":
		w.Kind = delegation.Standby
		return nil
	case "leave":
		if f.from.Day != "" {
			fill(&w.Start, f.from, delegation.Start)
		}
		if f.to.Day == "" {
			return append(problems, frame.Problem{Field: "end", Text: v.Base.T("name.date_missing")})
		}
		fill(&w.End, f.to, delegation.End)
		return problems
	default:
		return []frame.Problem{{Field: "when", Text: v.Base.T("name.when_missing")}}
	}
	if shown, err := time.Parse(time.RFC3339, f.until); err == nil {
		w.End = shown // midnight may have come between reading and confirming
	}
	return problems
}

// instant returns the instant that the input means in the zone, or what is wrong with it.
func (v *visit) instant(in Input, zone string, edge delegation.Edge) (time.Time, *frame.Problem) {
	field, wall := "start", in.Day
	if edge == delegation.End {
		field = "end"
	}
	if in.Time != "" {
		wall += "T" + in.Time
	}
	if in.Day == "" {
		return time.Time{}, &frame.Problem{Field: field, Text: v.Base.T("name.date_missing")}
	}
	t, err := delegation.AtWallClock(wall, zone, edge)
	if e := refusal(err); e != nil && e.Code == "delegation.bad_date" {
		return t, &frame.Problem{Field: field, Text: v.Base.T("name.date_wrong")}
	}
	if p, ok := v.Problem(err); ok {
		return t, &p
	}
	return t, nil
}

func (f namingForm) zone() string { return f.principal.TimeZone }

// day is the date on the principal's calendar.
func (f namingForm) day(now time.Time) time.Time {
	if zone, err := time.LoadLocation(f.principal.TimeZone); err == nil {
		return now.In(zone)
	}
	return now
}

// sunday is the last day of the principal's week, at the weekend of the coming one.
func (f namingForm) sunday(now time.Time) time.Time {
	day := f.day(now)
	if f.weekend(now) {
		day = day.AddDate(0, 0, 2)
	}
	return day.AddDate(0, 0, (7-int(day.Weekday()))%7)
}

func (f namingForm) weekend(now time.Time) bool {
	weekday := f.day(now).Weekday()
	return weekday == time.Saturday || weekday == time.Sunday
}
