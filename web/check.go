package web

import (
	"maps"
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
	Could, CouldNot []string
	Confidential    []string
	Limited         bool
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
		Limited: !d.Limits.Empty(), Prove: v.stale(), Notes: v.notes(d)}
	page.Problems = problems
	for i := range actors {
		page.Actors = append(page.Actors, &actors[i])
	}
	frame.Tell(page.Actors)
	if d.Kind != delegation.Standby {
		page.Theirs = v.theirs(d, f.principal.TimeZone)
	}
	if page.Could, page.CouldNot, err = v.could(f, d); err != nil {
		return err
	}
	if fields := v.grant(f.grantForm).Sealable; d.Limits.Sealed && fields != "" {
		for _, who := range page.Actors {
			page.Confidential = append(page.Confidential, v.Base.T("check.sealed_named", "Actor", who.Name, "Fields", fields))
		}
	}
	v.Show(v.W, v.R, status, "check", page)
	return nil
}

// kept are the inputs of the form, to be sent again; the end as it is shown stays what it was.
func (f namingForm) kept(d delegation.Delegation) []frame.Kept {
	all := []frame.Kept{{Name: "principal", Value: string(f.principal.ID)}, {Name: "find", Value: f.find}, {Name: "found", Value: f.found},
		{Name: "when", Value: f.when}, {Name: "start", Value: f.from.Day}, {Name: "start_time", Value: f.from.Time}, {Name: "end", Value: f.to.Day},
		{Name: "end_time", Value: f.to.Time}, {Name: "what", Value: f.what}, {Name: "why", Value: f.reason}, {Name: "purpose", Value: f.purpose}}
	if f.when == "today" || f.when == "week" {
		all = append(all, frame.Kept{Name: "until", Value: d.EndsAt.Format(time.RFC3339)})
	}
	if f.sealed {
		all = append(all, frame.Kept{Name: "sealed", Value: "yes"})
	}
	for _, id := range f.actors {
		all = append(all, frame.Kept{Name: "actor", Value: string(id)})
	}
	for _, area := range f.areas {
		all = append(all, frame.Kept{Name: "area", Value: area})
	}
	for _, entry := range f.entries {
		all = append(all, frame.Kept{Name: "entry", Value: entry})
	}
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
func (v *visit) could(f namingForm, d delegation.Delegation) (could, not []string, err error) {
	b, name := v.Base, f.principal.Name
	if d.Kind == delegation.Entry {
		return v.Limits(d.Kind, d.Limits), []string{b.T("check.nothing_else")}, nil
	}
	narrowed := d.Limits
	narrowed.Sealed = false
	if could = v.Limits(d.Kind, narrowed); len(could) == 0 {
		could = []string{b.T("check.your_rights", "Principal", name)}
	}
	whom, err := v.Directory.PersonDetail(v.R.Context(), v.Caller, f.principal.ID)
	if err != nil {
		return nil, nil, err
	}
	now := v.present(whom.Holdings, d.Limits)
	could = append(could, now...)
	if len(now) == 0 && len(v.Apps()) > 0 {
		not = append(not, b.T("check.nothing_now", "Principal", name))
	}
	not = append(not, b.T("check.no_more", "Principal", name), b.T("check.personal"))
	if d.Limits.ReadOnly {
		not = append(not, b.T("check.no_change"))
	}
	if len(d.Limits.Allow) > 0 {
		not = append(not, b.T("check.no_other"))
	}
	if !d.Limits.Sealed {
		if fields := v.grant(f.grantForm).Sealable; fields != "" {
			not = append(not, b.T("check.sealed_named_not", "Fields", fields))
		} else {
			not = append(not, b.T("check.sealed_closed"))
		}
	}
	return could, not, nil
}

// present lists by application and type what the roles allow today within the limits: a preview for people, which decides
// nothing and knows neither units nor guardrails.
func (v *visit) present(held []rights.Holding, l rights.Limits) []string {
	var all []string
	for _, a := range v.Apps() {
		for _, typ := range slices.Sorted(maps.Keys(a.Catalogue.Types)) {
			var actions []string
			for _, name := range slices.Sorted(maps.Keys(a.Catalogue.Types[typ].Actions)) {
				action := a.Catalogue.Types[typ].Actions[name]
				wanted := rights.Permission{Application: a.ID, Type: typ, Action: name}
				if action.Personal || l.ReadOnly && !action.Reads || !holds(held, wanted) || len(l.Allow) > 0 && !among(l.Allow, wanted) {
					continue
				}
				actions = append(actions, frame.PlainName(name))
			}
			if len(actions) > 0 {
				all = append(all, v.Base.T("check.present", "Application", a.Name, "Type", capital(frame.PlainName(typ)), "Actions", strings.Join(actions, ", ")))
			}
		}
	}
	return all
}

func holds(held []rights.Holding, wanted rights.Permission) bool {
	return slices.ContainsFunc(held, func(h rights.Holding) bool { return among(h.Role.Allow, wanted) })
}

// among reports whether one of the permissions speaks of the wanted action, wherever it reaches.
func among(permissions []string, wanted rights.Permission) bool {
	return slices.ContainsFunc(permissions, func(text string) bool {
		p, err := rights.Parse(text)
		return err == nil && (p.Application == rights.Any || p.Application == wanted.Application) &&
			(p.Type == rights.Any || p.Type == wanted.Type) && (p.Action == rights.Any || p.Action == wanted.Action)
	})
}
