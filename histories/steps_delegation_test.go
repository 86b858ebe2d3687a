package histories_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
)

// one returns a delegation, mostly one that fits, which is prepared first if there is none; one of the other organisation, a
// deleted one or nil now and then.
func (h *history) one(prepare func(), fits func(d *delegated) bool) *delegated {
	fitting := func() []*delegated {
		return slices.DeleteFunc(slices.Clone(h.delegations), func(d *delegated) bool { return d.deleted || !fits(d) })
	}
	fit := fitting()
	if len(fit) == 0 && h.chance(4, 5) {
		prepare()
		fit = fitting()
	}
	switch {
	case len(fit) > 0 && h.chance(5, 6):
		return pick(h, "fitting", fit)
	case len(h.delegations) == 0 || h.chance(1, 15):
		return nil
	}
	return pick(h, "delegation", h.delegations)
}

// prepare lets somebody name somebody without more ado, and brings it to where the verb can be tried.
func (h *history) prepare(verb delegation.Verb) {
	org := h.orgs[h.draw("organisation", 0, 4)/4]
	n := naming{principal: pick(h, "principal", org.people), actors: []*person{pick(h, "actor", org.people)}, kind: delegation.Cover}
	if verb == delegation.DoEnable || verb == delegation.DoDisable {
		n.kind = delegation.Standby
	}
	a := asker{Caller: own(n.principal), who: n.principal}
	if not, _ := h.mayName(a, n); len(not) > 0 {
		return
	}
	h.nameBy(a, n)
	h.check()
	d := h.delegations[len(h.delegations)-1]
	then := func(by *person, v delegation.Verb) {
		h.doBy(asker{Caller: own(by), who: by}, v, d)
		h.check()
	}
	if d.asked != nil && verb != delegation.DoAccept && verb != delegation.DoDecline && h.chance(4, 5) {
		then(d.actor, delegation.DoAccept)
	}
	switch verb {
	case delegation.DoDisable:
		then(d.principal, delegation.DoEnable)
	case delegation.DoReactivate:
		then(d.principal, delegation.DoDeactivate)
	}
}

// moment returns an instant from which windows are made: near now, at the edge of the cap, or an edge of another window.
func (h *history) moment(from time.Time, o *organisation) time.Time {
	switch h.draw("moment", 0, 7) {
	case 0:
		return from.Add(time.Duration(h.draw("around", -25, 2)) * time.Hour)
	case 1:
		longest := o.settings.longest
		if longest == 0 {
			longest = 90 * day
		}
		return from.Add(longest + time.Duration(h.draw("beside", -1, 1))*time.Microsecond)
	case 2:
		if len(h.delegations) > 0 {
			d := pick(h, "window", h.delegations)
			return pick(h, "edge", []time.Time{d.start, later(d.start, d.end)})
		}
	case 3:
		return from.Add(time.Duration(h.draw("minutes", 1, 300)) * time.Minute)
	}
	return from.Add(time.Duration(h.draw("hours", 1, 2300)) * time.Hour)
}

func (h *history) someLimits() limits {
	return []limits{{}, {}, {}, {}, {readOnly: true}, {units: true}, {readOnly: true, units: true}, {audit: true}, {hidden: true},
		{hidden: true, units: true}, {audit: true, readOnly: true}}[h.draw("limits", 0, 10)]
}

// name names one person or two.
func (h *history) name() {
	org := h.orgs[0]
	if h.chance(1, 5) {
		org = h.orgs[1]
	}
	n := naming{principal: pick(h, "principal", org.people), kind: []delegation.Kind{delegation.Cover, delegation.Cover, delegation.Standby}[h.draw("kind", 0, 2)],
		limits: h.someLimits()}
	a, ok := h.asker(n.principal)
	if !ok {
		return
	}
	if h.chance(1, 12) {
		n.principal = pick(h, "other principal", append(slices.Clone(h.everybody), nil))
	}
	for range h.draw("actors", 1, 8)/8 + 1 {
		actor := pick(h, "actor", org.people)
		switch h.draw("which actor", 0, 9) {
		case 0:
			actor = pick(h, "other actor", append(slices.Clone(h.everybody), nil))
		case 1, 2:
			actor = a.who // for another, or for themselves
		}
		if !slices.Contains(n.actors, actor) {
			n.actors = append(n.actors, actor)
		}
	}
	if a.who != nil && a.who.org == org && a.who.somewhere("delegation.manage") && h.chance(1, 3) {
		n.principal, n.actors = pick(h, "principal", org.people), []*person{a.who} // an administrator, for somebody
	}
	if h.chance(1, 3) {
		n.start = h.moment(h.clock, org)
	}
	if h.chance(2, 3) {
		n.end = h.moment(later(h.clock, n.start), org)
	}
	h.nameBy(a, n)
}

func idOf(p *person) standin.PersonID {
	if p == nil {
		return "p-nobody"
	}
	return p.id
}

func (h *history) nameBy(a asker, n naming) {
	wish := delegation.Naming{Principal: idOf(n.principal), Kind: n.kind, Start: n.start, End: n.end, Purpose: "leave", Limits: n.limits.real()}
	for _, actor := range n.actors {
		wish.Actors = append(wish.Actors, idOf(actor))
	}
	not, made := h.mayName(a, n)
	looks := h.chance(1, 4)
	var previewed error
	if looks {
		_, previewed = h.deleg.Preview(h.ctx, a.Caller, wish)
	}
	named, err := h.deleg.Name(h.ctx, a.Caller, wish)
	h.note("%s names %v for %s, %s %+v from %v to %v", a.Actor, wish.Actors, wish.Principal, n.kind, n.limits, n.start, n.end)
	h.outcome("name", a, not, err)
	if looks && standin.CodeOf(previewed) != standin.CodeOf(err) {
		h.fail("the preview says %v, and naming %v", previewed, err)
	}
	if err != nil {
		return
	}
	if len(named) != len(made) {
		h.fail("named %+v, want %d", named, len(made))
	}
	for i, d := range made {
		d.id = named[i].ID
		h.delegations = append(h.delegations, d)
		h.note("  it is %s", d.id)
		h.expectOf(d, a.Actor, "delegation.name")
		if d.themselves {
			h.place.tally.count("name themselves", "")
		}
	}
}

// do tries the verb on some delegation, after looking whether the page offers it.
func (h *history) do(verb delegation.Verb) {
	d := h.one(func() { h.prepare(verb) }, func(d *delegated) bool { return fitting(verb, d, h.clock) })
	usual := []*person{pick(h, "anybody", h.everybody)}
	if d != nil {
		usual = []*person{d.principal, d.principal, d.actor}
		switch {
		case verb == delegation.DoAccept || verb == delegation.DoDecline:
			usual = []*person{d.actor, d.actor, d.principal}
			if d.asked != nil {
				usual[0] = d.asked
			}
		case verb == delegation.DoLayDown:
			usual = []*person{d.actor, d.actor, d.principal}
		}
	}
	if a, ok := h.asker(usual...); ok {
		h.doBy(a, verb, d)
	}
}

// fitting reports whether the verb makes sense now.
func fitting(verb delegation.Verb, d *delegated, now time.Time) bool {
	switch verb {
	case delegation.DoAccept, delegation.DoDecline:
		return d.waiting() && !d.over(now)
	case delegation.DoEnable:
		return d.kind == delegation.Standby && !d.over(now) && !d.paused && !d.waiting()
	case delegation.DoDisable:
		return d.kind == delegation.Standby && d.usable(now)
	case delegation.DoReactivate:
		return d.paused && !d.over(now)
	case delegation.DoRenew:
		return d.kind == delegation.Cover && !d.over(now)
	case delegation.DoDelete:
		return !d.used
	}
	return !d.over(now)
}

func (h *history) doBy(a asker, verb delegation.Verb, d *delegated) {
	id := standin.DelegationID("d-nothing")
	if d != nil {
		id = d.id
	}
	view, unseen := h.deleg.Get(h.ctx, a.Caller, id)
	if knows := h.knows(a, d); (unseen == nil) != knows || !knows && standin.KindOf(unseen) != standin.NotFound {
		h.fail("%s looks at %s: %v, want it seen: %v", a.Actor, id, unseen, knows)
	}
	not := h.mayDo(a, verb, d)
	allowed := len(not) == 0
	err := h.execute(a, verb, d, id, &not)
	if unseen != nil {
		return
	}
	// What the page offers is what can be done, whatever is wrong with what is put in it (View.Can).
	over := d.ended && (verb == delegation.DoRevoke || verb == delegation.DoLayDown)
	if view.Can(verb) != allowed && !over || !view.Can(verb) && err == nil && !over {
		h.fail("the page offers %s of %s to %s: %v, because %v; it came out as %v", verb, id, a.Actor, view.Can(verb), view.WhyNot(verb), err)
	}
	if !view.Can(verb) && err != nil && standin.KindOf(err) != standin.KindOf(view.WhyNot(verb)) {
		h.fail("the page says %v to %s, and it was refused as %v", view.WhyNot(verb), verb, err)
	}
}

// execute does the verb, compares how it comes out with not, to which it adds what is wrong with what it puts in, and lets
// the oracle follow.
func (h *history) execute(a asker, verb delegation.Verb, d *delegated, id standin.DelegationID, not *no) (err error) {
	ctx, c := h.ctx, a.Caller
	hidden := len(*not) > 0 && (d == nil || (*not)[0] == standin.NotFound || a.Acting())
	after := delegated{}
	if !hidden {
		after = *d
	}
	switch verb {
	case delegation.DoAccept:
		after.answered = true
		_, err = h.deleg.Accept(ctx, c, id, 0)
	case delegation.DoDecline:
		after.declined = true
		_, err = h.deleg.Decline(ctx, c, id, "")
	case delegation.DoEdit:
		ch := h.someChange(d)
		*not, after = h.mayEdit(a, d, ch)
		_, err = h.deleg.Edit(ctx, c, id, ch.real())
		h.note("%s edits %s:%v", a.Actor, id, ch)
	case delegation.DoRenew:
		if !hidden {
			after.end = h.renewed(d)
			not.when(after.end.After(h.clock.Add(century)), standin.Invalid)
			if asked := d.askOf(a); d.org.settings.accept && asked == d.principal {
				after.asked, after.answered = asked, false
			}
		}
		_, err = h.deleg.Renew(ctx, c, id)
	case delegation.DoEnable:
		span := pick(h, "span", []time.Duration{time.Second, time.Minute, time.Hour, 5 * time.Hour, 3 * day, 90 * day, 90*day + time.Microsecond})
		after.enabledUntil = h.clock.Add(span)
		if !hidden {
			longest := d.org.settings.longest
			not.when(span < time.Minute || longest > 0 && span > longest, standin.Invalid)
		}
		_, err = h.deleg.Enable(ctx, c, id, span)
	case delegation.DoDisable:
		after.enabledUntil = h.clock
		_, err = h.deleg.Disable(ctx, c, id)
	case delegation.DoDeactivate:
		after.paused = true
		_, err = h.deleg.Deactivate(ctx, c, id)
	case delegation.DoReactivate:
		after.paused = false
		_, err = h.deleg.Reactivate(ctx, c, id)
	case delegation.DoRevoke:
		after.ended = true
		_, err = h.deleg.Revoke(ctx, c, id)
	case delegation.DoLayDown:
		after.ended = true
		_, err = h.deleg.LayDown(ctx, c, id)
	case delegation.DoDelete:
		after.deleted = true
		err = h.deleg.Delete(ctx, c, id)
	}
	lets := verb == delegation.DoAccept || verb == delegation.DoRenew || verb == delegation.DoEnable || verb == delegation.DoReactivate
	if lets && !hidden {
		d.bothActive(not) // THREATS 44
	}
	h.note("%s does %s with %s", a.Actor, verb, id)
	h.outcome(string(verb), a, *not, err)
	if err == nil && *d != after {
		*d = after
		h.expectOf(d, a.Actor, "delegation."+string(verb))
	}
	return err
}

// someChange is something to edit.
func (h *history) someChange(d *delegated) (c change) {
	org := h.orgs[0]
	if d != nil {
		org = d.org
	}
	switch h.draw("edit", 0, 9) {
	case 0, 1, 2, 3:
		c.end = new(h.moment(h.clock, org))
	case 4:
		c.end = new(time.Time{})
	case 5:
		c.start = new(h.moment(h.clock, org))
	case 6:
		c.start, c.end = new(h.moment(h.clock, org)), new(h.moment(h.clock, org))
	case 7, 8:
		c.limits = new(h.someLimits())
	}
	if h.chance(1, 6) {
		c.purpose = new([]string{"leave", "illness"}[h.draw("purpose", 0, 1)])
	}
	return c
}

func (c change) real() delegation.Change {
	r := delegation.Change{Start: c.start, End: c.end, Purpose: c.purpose}
	if c.limits != nil {
		r.Limits = new(c.limits.real())
	}
	return r
}

// offers compares what the page offers about each delegation, to its two people and to two others, with what the oracle
// would let them do, and what strangers see of it.
func (h *history) offers() {
	for _, d := range h.delegations {
		if d.deleted {
			continue
		}
		for _, p := range []*person{d.actor, d.principal, pick(h, "colleague", d.org.people), pick(h, "anybody", h.everybody)} {
			if !p.active {
				continue
			}
			a := asker{Caller: standin.Caller{Organisation: p.org.id, Actor: standin.PersonActor(p.id), Principal: p.id}, who: p}
			view, err := h.deleg.Get(h.ctx, a.Caller, d.id)
			if knows := h.knows(a, d); (err == nil) != knows || !knows && standin.KindOf(err) != standin.NotFound {
				h.fail("%s looks at %s: %v, want it seen: %v", p.id, d.id, err, knows)
			}
			if err != nil {
				continue
			}
			for _, verb := range delegation.Verbs() {
				over := d.ended && (verb == delegation.DoRevoke || verb == delegation.DoLayDown)
				if want := len(h.mayDo(a, verb, d)) == 0 && !over; view.Can(verb) != want {
					h.fail("the page offers %s of %s to %s: %v (%v), want %v: %+v", verb, d.id, p.id, view.Can(verb), view.WhyNot(verb), want, *d)
				}
			}
		}
	}
}

// String is for whoever reads a failure.
func (c change) String() string {
	text := ""
	if c.start != nil {
		text += " start " + c.start.Format(time.RFC3339Nano)
	}
	if c.end != nil {
		text += " end " + c.end.Format(time.RFC3339Nano)
	}
	if c.limits != nil {
		text += fmt.Sprintf(" limits %+v", *c.limits)
	}
	if c.purpose != nil {
		text += " purpose " + *c.purpose
	}
	return text
}
