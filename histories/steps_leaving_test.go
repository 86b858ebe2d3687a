package histories_test

import (
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
)

// handing is what becomes of what somebody granted and holds who goes away.
type handing struct {
	leaver     *person
	end        []*delegated
	pass       []*delegated
	to         *person // of what is passed; nil ends it
	deactivate bool
}

// handOn hands on, all or nothing, what somebody granted and holds.
func (h *history) handOn() {
	if len(h.delegations) == 0 {
		h.prepare("")
	}
	x := handing{leaver: pick(h, "leaver", h.everybody), deactivate: h.chance(1, 4)}
	if len(h.delegations) > 0 && h.chance(5, 6) {
		x.leaver = pick(h, "delegation", h.delegations).actor
	}
	for _, d := range h.delegations {
		switch right := !d.deleted && !d.over(h.clock) || h.chance(1, 30); {
		case d.principal == x.leaver && right && h.chance(1, 2):
			x.end = append(x.end, d)
		case d.actor == x.leaver && right && len(x.pass) == 0 && h.chance(3, 4):
			x.pass = append(x.pass, d)
		}
	}
	if h.chance(4, 5) {
		x.to = pick(h, "to", x.leaver.org.people)
	}
	a, ok := h.asker(append(h.managers(x.leaver), x.leaver)...)
	if !ok {
		return
	}
	h.settle()
	wish := delegation.Handing{Person: x.leaver.id, Deactivate: x.deactivate}
	for _, d := range x.end {
		wish.End = append(wish.End, d.id)
	}
	for _, d := range x.pass {
		p := delegation.Passing{Delegation: d.id}
		if x.to != nil {
			p.To = x.to.id
		}
		wish.Pass = append(wish.Pass, p)
	}
	not, named := h.mayHandOn(a, x)
	done, err := h.deleg.HandOn(h.ctx, a.Caller, wish)
	h.note("%s hands on: %+v", a.Actor, wish)
	h.outcome("hand on", a, not, err)
	if err != nil {
		return
	}
	for _, d := range append(slices.Clone(x.end), x.pass...) {
		if !d.ended {
			d.ended = true
			h.expectOf(d, a.Actor, "delegation.revoke")
		}
	}
	if len(done.Named) != len(named) {
		h.fail("handing on named %+v, want %d", done.Named, len(named))
	}
	for i, d := range named {
		d.id = done.Named[i].ID
		h.delegations = append(h.delegations, d)
		h.expectOf(d, a.Actor, "delegation.name")
	}
	if x.deactivate && x.leaver.active {
		x.leaver.active = false
		h.expect(x.leaver.org, a.Actor, "person.deactivate")
	}
}

// managers are those who could manage the person.
func (h *history) managers(p *person) (all []*person) {
	for _, m := range p.org.people {
		if m != p && m.active && m.reach("delegation.manage", p.unit) && m.reach("person.manage", p.unit) {
			all = append(all, m, m)
		}
	}
	return all
}

// mayHandOn says how handing on should come out, and what it should name: each line by the rules for that thing alone.
func (h *history) mayHandOn(a asker, x handing) (not no, named []*delegated) {
	unit := x.leaver.unit
	switch {
	case a.Acting():
		return no{standin.Denied}, nil
	case x.leaver.org.id != a.Organisation,
		a.who != x.leaver && !h.holds(a, "delegation.manage", unit) && !h.holds(a, "person.manage", unit):
		return no{standin.NotFound}, nil
	}
	for _, d := range append(slices.Clone(x.end), x.pass...) {
		// What has ended stays so: ending it is not refused for that.
		not = append(not, h.mayDo(a, delegation.DoRevoke, d)...)
	}
	for _, d := range x.pass {
		if !h.knows(a, d) {
			continue
		}
		not.when(d.over(h.clock), standin.Conflict)
		not.when(x.to == x.leaver, standin.Invalid)
		if x.to == nil || len(not) > 0 {
			continue
		}
		objections, made := h.passed(a, d, x)
		not, named = append(not, objections...), append(named, made...)
	}
	if x.deactivate {
		objections, _ := h.mayDeactivate(a, x.leaver)
		not = append(not, objections...)
	}
	return not, named
}

// passed says what naming the other one for the same should make.
func (h *history) passed(a asker, d *delegated, x handing) (no, []*delegated) {
	n := naming{principal: d.principal, actors: []*person{x.to}, kind: d.kind, limits: d.limits, end: d.end}
	if d.start.After(h.clock) {
		n.start = d.start
	}
	if longest := d.org.settings.longest; longest > 0 && d.kind != delegation.Standby {
		n.end = sooner(n.end, later(h.clock, n.start).Add(longest))
	}
	ended := d.ended
	ends := slices.Clone(x.end)
	ends = slices.DeleteFunc(ends, func(e *delegated) bool { return e.ended })
	for _, e := range ends {
		e.ended = true
	}
	d.ended = true
	not, made := h.mayName(a, n)
	d.ended = ended
	for _, e := range ends {
		e.ended = false
	}
	for _, m := range made {
		m.purpose, m.paused = d.purpose, d.paused
	}
	return not, made
}
