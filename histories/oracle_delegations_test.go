package histories_test

import (
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
)

const (
	day = 24 * time.Hour
	// century is farther than any window may reach.
	century = 36_600 * day
)

// naming is a wish to name somebody.
type naming struct {
	principal  *person // nil is nobody there is
	actors     []*person
	kind       delegation.Kind
	limits     limits
	start, end time.Time
}

// mayName says how naming should come out, and what it should make of each actor (A1, A3 to A6, P8).
func (h *history) mayName(a asker, n naming) (no, []*delegated) {
	switch {
	case a.Acting():
		return no{standin.Denied}, nil // P4
	case (a.who == nil || a.who != n.principal) && !h.holdsSomewhere(a, "delegation.manage"):
		return no{standin.Denied}, nil // A4
	case n.principal == nil || n.principal.org.id != a.Organisation:
		return no{standin.NotFound}, nil
	case a.who != n.principal && !h.holds(a, "delegation.manage", n.principal.unit):
		return no{standin.NotFound}, nil // THREATS 10
	}
	var not no
	not.when(!n.principal.active, standin.Invalid)
	set := n.principal.org.settings
	start, end := n.start, n.end
	not.when(!start.IsZero() && start.Before(h.clock.Add(-day)), standin.Invalid)
	start = later(h.clock, start)
	not.when(!end.IsZero() && (!end.After(h.clock) || !end.After(start)), standin.Invalid)
	if set.longest > 0 && n.kind != delegation.Standby {
		not.when(!end.IsZero() && end.After(start.Add(set.longest)), standin.Invalid)
		end = sooner(end, start.Add(set.longest))
	}
	var made []*delegated
	for _, actor := range n.actors {
		if actor == nil || actor.org != n.principal.org {
			not.when(true, standin.NotFound) // A5
			continue
		}
		d := &delegated{org: n.principal.org, actor: actor, principal: n.principal, kind: n.kind, limits: n.limits, purpose: "leave", start: start,
			end: end, themselves: a.who == actor}
		not.when(actor == n.principal, standin.Invalid)
		not.when(!actor.active, standin.Invalid)
		if d.themselves && actor != n.principal {
			not.when(!h.mayImpersonate(actor, n.principal), standin.Denied)
		}
		if a.who != nil && a.who != actor && a.who != n.principal {
			not.when(h.moves(a.who, actor, n.principal) || h.moves(actor, a.who, n.principal), standin.Denied)
		}
		for _, e := range h.delegations {
			not.when(d.clashes(e, h.clock), standin.Conflict)
		}
		if set.accept {
			d.asked = d.askOf(a)
		}
		made = append(made, d)
	}
	return not, made
}

// askOf is whose yes is wanted to what the one who asks wants to add (P8, A12).
func (d *delegated) askOf(a asker) *person {
	if d.themselves && a.who != d.principal {
		return d.principal
	}
	return d.actor
}

// mayImpersonate says whether an administrator may name themselves for somebody: nobody above, no peer administrator, nobody who
// never accepted the privacy notice, and only super administrators where the organisation says so (P8, D1, D2).
func (h *history) mayImpersonate(admin, principal *person) bool {
	theirs := principal.rank()
	if !principal.active {
		theirs = 0
	}
	higher := admin.rank() > theirs || admin.rank() == theirs && !principal.administrates()
	return higher && principal.accepted && (admin.super() || !admin.org.settings.superOnly)
}

// moves reports whether the administrator could make a link by which to come in as the puppet, and would so reach somebody
// above, or an administrator of the same rank (P8).
func (h *history) moves(admin, puppet, principal *person) bool {
	if admin == puppet || admin.super() || !admin.active || !puppet.active || !admin.reach("person.manage", puppet.unit) {
		return false
	}
	for _, x := range puppet.held {
		if !h.mayHand(asker{Caller: own(admin), who: admin}, puppet.org.roles[x.role], puppet.at(x), false) {
			return false
		}
	}
	return principal.rank() > admin.rank() || principal.administrates() && principal.rank() == admin.rank()
}

// administrates reports whether the person has any power of Standin's over others.
func (p *person) administrates() bool { return slices.ContainsFunc(powers, p.somewhere) }

// mayDo says whether the one who asks may do the verb with the delegation as it is, apart from what they want to put in it.
func (h *history) mayDo(a asker, verb delegation.Verb, d *delegated) no {
	switch {
	case a.Acting():
		return no{standin.Denied}
	case !h.knows(a, d):
		return no{standin.NotFound}
	}
	var not no
	actor, gains := a.who != nil && a.who == d.actor, false
	switch verb {
	case delegation.DoAccept, delegation.DoDecline:
		not.when(d.asked == nil || a.who != d.asked, standin.Denied)
		not.when(d.asked == nil || d.answered, standin.Conflict)
	case delegation.DoLayDown:
		not.when(!actor, standin.Denied)
		return not // at any time (A2)
	case delegation.DoRenew, delegation.DoEnable, delegation.DoReactivate:
		gains = actor // THREATS 16
		fallthrough
	default:
		represents := a.who != nil && a.who == d.principal || h.holds(a, "delegation.manage", d.principal.unit)
		not.when(!represents || gains, standin.Denied)
	}
	switch verb {
	case delegation.DoRevoke:
		return not // at any time (A2)
	case delegation.DoDelete:
		not.when(d.used, standin.Conflict) // A9
		return not
	case delegation.DoRenew:
		not.when(d.kind == delegation.Standby || d.end.IsZero() || !h.renewed(d).After(d.end), standin.Conflict)
	case delegation.DoEnable:
		not.when(d.kind != delegation.Standby || d.paused || d.waiting() || h.clock.Before(d.start), standin.Conflict)
	case delegation.DoDisable:
		not.when(d.kind != delegation.Standby || !d.usable(h.clock), standin.Conflict)
	case delegation.DoDeactivate:
		not.when(d.paused, standin.Conflict)
	case delegation.DoReactivate:
		not.when(!d.paused, standin.Conflict)
	}
	not.when(d.over(h.clock), standin.Conflict)
	return not
}

// renewed is the end that a renewal gives: as if it were named now.
func (h *history) renewed(d *delegated) time.Time {
	if longest := d.org.settings.longest; longest > 0 {
		return later(d.start, h.clock).Add(longest)
	}
	return d.end.Add(90 * day)
}

// bothActive objects where what is asked for lets somebody act, and one of the two is inactive.
func (d *delegated) bothActive(not *no) {
	not.when(!d.actor.active || !d.principal.active, standin.Invalid)
}

// change is a wish to edit; nil stays.
type change struct {
	start, end *time.Time
	limits     *limits
	purpose    *string
}

// mayEdit says how editing should come out, and what should be there afterwards.
func (h *history) mayEdit(a asker, d *delegated, c change) (no, delegated) {
	not := h.mayDo(a, delegation.DoEdit, d)
	if len(not) > 0 && (d == nil || not[0] == standin.NotFound || a.Acting()) {
		return not, delegated{}
	}
	after, set := *d, d.org.settings
	begins := c.start != nil && !oneMinute(*c.start, d.start) && (c.start.After(h.clock) || d.start.After(h.clock))
	ends := c.end != nil && !oneMinute(*c.end, d.end)
	if begins {
		not.when(c.start.Before(h.clock.Add(-day)), standin.Invalid)
		after.start = later(h.clock, *c.start)
	}
	if ends {
		after.end = *c.end
	}
	if begins || ends {
		not.when(!after.end.IsZero() && (!after.end.After(h.clock) || !after.end.After(after.start)), standin.Invalid)
	}
	if set.longest > 0 && d.kind != delegation.Standby && (ends || after.start.Before(d.start)) {
		longest := later(after.start, h.clock).Add(set.longest)
		not.when(!after.end.IsZero() && after.end.After(longest), standin.Invalid) // A6
		after.end = sooner(after.end, longest)
	}
	if c.limits != nil {
		after.limits = *c.limits
	}
	if c.purpose != nil {
		after.purpose = *c.purpose
	}
	wider := after.start.Before(d.start) || !d.end.IsZero() && (after.end.IsZero() || after.end.After(d.end)) ||
		d.limits.readOnly && !after.limits.readOnly || d.limits.units && !after.limits.units ||
		d.limits.audit && !after.limits.audit || d.limits.hidden && !after.limits.hidden
	if wider {
		not.when(a.who != nil && a.who == d.actor, standin.Denied) // THREATS 16
		d.bothActive(&not)
		for _, e := range h.delegations {
			not.when(e != d && after.clashes(e, h.clock), standin.Conflict)
		}
		if set.accept {
			after.asked, after.answered = after.askOf(a), false // A12
		}
	}
	return not, after
}

// oneMinute reports whether a form, which shows minutes, shows both alike.
func oneMinute(a, b time.Time) bool {
	return a.IsZero() == b.IsZero() && a.Truncate(time.Minute).Equal(b.Truncate(time.Minute))
}
