package web

import (
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/frame"
)

// Check repeats in plain words what is about to be named.
type Check struct {
	frame.Base
	Kept            []frame.Kept
	Actors          []*frame.Who
	Principal       frame.Who
	Start, End      time.Time
	Standby         bool
	Purpose, Length string
	Theirs          string // the times in the principal's zone, where they differ
	Could           []frame.Could
	CouldNot        []string
	Confidential    []string
	Notes           []string
	Prove           bool
}

// check shows what the form would name, in plain words.
func (v *visit) check(status int, f namingForm, drafts []delegation.Delegation, problems []frame.Problem) error {
	d := drafts[0]
	ids := make([]standin.PersonID, len(drafts))
	for i := range drafts {
		ids[i] = drafts[i].Actor
	}
	actors, err := v.colleagues(ids)
	if err != nil {
		return err
	}
	page := &Check{Base: v.Base, Kept: f.kept(d), Principal: frame.Who{ID: string(f.principal.ID), Name: f.principal.Name, Email: f.principal.Email},
		Start: d.StartsAt, End: d.EndsAt, Standby: d.Kind == delegation.Standby, Purpose: d.Purpose, Length: v.length(d),
		Prove: v.stale(), Notes: v.notes(d)}
	page.Problems = problems
	for i := range actors {
		page.Actors = append(page.Actors, &actors[i])
	}
	frame.Tell(page.Actors)
	if d.Kind != delegation.Standby {
		page.Theirs = v.theirs(d, f.principal.TimeZone)
	}
	if err := v.could(page, f, d); err != nil {
		return err
	}
	v.Show(v.W, v.R, status, "check", page)
	return nil
}

// kept are the inputs of the form, to be sent again; the end as it is shown stays what it was.
func (f namingForm) kept(d delegation.Delegation) []frame.Kept {
	all := []frame.Kept{{Name: "principal", Value: string(f.principal.ID)}, {Name: "find", Value: f.find}, {Name: "found", Value: f.found},
		{Name: "when", Value: f.when}, {Name: "start", Value: f.from.Day}, {Name: "start_time", Value: f.from.Time}, {Name: "end", Value: f.to.Day},
		{Name: "end_time", Value: f.to.Time}, {Name: "why", Value: f.reason}, {Name: "purpose", Value: f.purpose}}
	if f.when == "today" || f.when == "week" {
		all = append(all, frame.Kept{Name: "until", Value: d.EndsAt.Format(time.RFC3339)})
	}
	for _, id := range f.actors {
		all = append(all, frame.Kept{Name: "actor", Value: string(id)})
	}
	all = append(all, f.Wish.Kept()...)
	return slices.DeleteFunc(all, func(k frame.Kept) bool { return k.Value == "" })
}

// length says how long the delegation lasts.
func (v *visit) length(d delegation.Delegation) string {
	switch {
	case d.Kind == delegation.Standby:
		return v.Base.T("check.until_enabled")
	case d.EndsAt.IsZero():
		return v.Base.T("name.open_hint_no_cap")
	}
	return v.Base.Span(d.EndsAt.Sub(d.StartsAt))
}

// theirs writes the window as clocks show it where the principal is, where that differs from what the reader reads.
func (v *visit) theirs(d delegation.Delegation, zone string) string {
	start := v.Base.Elsewhere(d.StartsAt, zone)
	if start == "" || d.EndsAt.IsZero() {
		return start
	}
	there, err := time.LoadLocation(zone)
	if err != nil {
		return ""
	}
	return start + " – " + v.Base.Words.Ending(d.EndsAt.In(there), v.Base.Now)
}

// notes say what follows from naming.
func (v *visit) notes(d delegation.Delegation) []string {
	b := v.Base
	switch {
	case d.AskedAt.IsZero():
		return []string{b.T("check.told")}
	case d.AskedOf == d.Principal:
		return []string{b.T("check.accepts_principal"), b.T("check.told")}
	}
	return []string{b.T("check.accepts"), b.T("check.told")}
}

// could says what the stand-in could do as things are, and what they could not.
func (v *visit) could(page *Check, f namingForm, d delegation.Delegation) error {
	b, name := v.Base, f.principal.Name
	lines, err := v.Decisions.Could(v.R.Context(), v.Caller, d.Principal, d.Limits, d.Kind)
	if err != nil {
		return err
	}
	page.Could = v.Could(lines, name)
	if d.Kind == delegation.Entry {
		page.CouldNot = []string{b.T("check.nothing_else")}
		return nil
	}
	page.CouldNot = []string{b.T("check.no_more", "Principal", name), b.T("check.personal")}
	if d.Limits.ReadOnly {
		page.CouldNot = append(page.CouldNot, b.T("check.no_change"))
	}
	if len(d.Limits.Deny) > 0 {
		page.CouldNot = append(page.CouldNot, v.Limits(d.Kind, rights.Limits{Deny: d.Limits.Deny})...)
	}
	if hidden := frame.SealedNames(page.Could, false); len(hidden) > 0 {
		page.CouldNot = append(page.CouldNot, b.T("check.sealed_named_not", "Fields", strings.Join(hidden, "; ")))
	}
	if seen := frame.SealedNames(page.Could, true); len(seen) > 0 {
		for _, who := range page.Actors {
			page.Confidential = append(page.Confidential, b.T("check.sealed_named", "Actor", who.Name, "Fields", strings.Join(seen, "; ")))
		}
	}
	return nil
}
