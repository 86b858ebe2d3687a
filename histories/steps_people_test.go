package histories_test

import (
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// units are those of both organisations, none, and one that does not exist.
var units = []standin.UnitID{"", "sales", "sales/emea", "finance", "nowhere"}

// somebody returns who does something to people, and to whom: administrators mostly.
func (h *history) somebody() (a asker, target *person, ok bool) {
	org := h.orgs[0]
	if h.chance(1, 6) {
		org = h.orgs[1]
	}
	target = pick(h, "target", org.people)
	var above []*person
	for _, p := range org.people {
		if p != target && p.somewhere("person.manage") {
			above = append(above, p)
		}
	}
	if len(above) == 0 {
		above = org.people
	}
	a, ok = h.asker(above...)
	if h.chance(1, 12) {
		target = pick(h, "other target", append(slices.Clone(h.everybody), nil))
	}
	h.settle()
	return a, target, ok
}

// mayManage says whether the one who asks may do anything to the person (D2, THREATS 10).
func (h *history) mayManage(a asker, p *person) (not no, hidden bool) {
	switch {
	case a.Acting() || !h.holdsSomewhere(a, "person.manage"):
		return no{standin.Denied}, true
	case p == nil || p.org.id != a.Organisation || !h.holds(a, "person.manage", p.unit):
		return no{standin.NotFound}, true
	}
	not.when(a.who != nil && p.rank() > a.who.rank(), standin.Denied)
	return not, false
}

// mayHand says whether the one who asks may give or take the power of a role at the unit: nobody gives what they do not
// hold (THREATS 16).
func (h *history) mayHand(a asker, r *role, unit standin.UnitID, anywhere bool) bool {
	if a.Actor.IsOperator() || slices.Contains(a.May, "admin") {
		return true
	}
	mine := func(power string, at standin.UnitID) bool { return a.who != nil && a.who.reach(power, at) }
	for _, power := range powers {
		if gives(r.wide, power) && !mine(power, "") {
			return false
		}
		if anywhere {
			unit = ""
		}
		if gives(r.local, power) && (unit != "" || anywhere) && !mine(power, unit) {
			return false
		}
	}
	rank := 0
	if a.who != nil {
		rank = a.who.rank()
	}
	return r.rank <= rank
}

// leaves objects where what is done takes the last super administrator away.
func (not *no) leaves(before, after int) { not.when(before > 0 && after == 0, standin.Denied) }

// activity makes somebody inactive, or active again.
func (h *history) activity() {
	a, p, ok := h.somebody()
	if !ok {
		return
	}
	if gone := h.inactive(); len(gone) > 0 && h.chance(1, 2) {
		p = pick(h, "inactive", gone)
	} else if busy := h.busy(); len(busy) > 0 && h.chance(1, 2) {
		p = pick(h, "busy", busy)
	}
	h.activityOf(a, p)
	if p != nil && !p.active && h.chance(1, 3) { // back at once, before anybody noticed
		h.check()
		h.clock = h.clock.Add(time.Second)
		h.settle()
		h.activityOf(asker{Caller: operator(p.org)}, p)
	}
}

// busy are those who act, or for whom somebody does.
func (h *history) busy() (people []*person) {
	for _, s := range h.sessions {
		if !s.dead {
			people = append(people, s.by.actor, s.by.principal)
		}
	}
	return people
}

func (h *history) activityOf(a asker, p *person) {
	not, hidden := h.mayManage(a, p)
	if !hidden && !p.active || hidden && h.chance(1, 3) {
		not.when(!hidden && h.standsIn(a, p), standin.Denied)
		err := h.dir.Reactivate(h.ctx, a.Caller, idOf(p))
		h.note("%s makes %s active", a.Actor, idOf(p))
		h.outcome("reactivate person", a, not, err)
		if err == nil && !p.active {
			p.active = true
			h.expect(p.org, a.Actor, "person.reactivate")
		}
		return
	}
	not, _ = h.mayDeactivate(a, p)
	err := h.dir.Deactivate(h.ctx, a.Caller, idOf(p))
	h.note("%s makes %s inactive", a.Actor, idOf(p))
	h.outcome("deactivate person", a, not, err)
	if err == nil {
		p.active = false
		h.expect(p.org, a.Actor, "person.deactivate")
	}
}

// mayDeactivate says whether the one who asks may make the person inactive.
func (h *history) mayDeactivate(a asker, p *person) (not no, hidden bool) {
	if not, hidden = h.mayManage(a, p); hidden || !p.active {
		return not, hidden
	}
	not.when(a.who == p, standin.Denied)
	after := p.org.supers()
	if p.super() {
		after--
	}
	not.leaves(p.org.supers(), after)
	return not, false
}

func (h *history) inactive() (gone []*person) {
	for _, p := range h.everybody {
		if !p.active {
			gone = append(gone, p)
		}
	}
	return gone
}

// hand gives a role to somebody, or takes one.
func (h *history) hand() {
	a, p, ok := h.somebody()
	if !ok {
		return
	}
	x := holding{pick(h, "role", []standin.RoleID{"staff", "hr", "director", "admin", "super", "nothing"}), pick(h, "unit", units)}
	if p != nil && len(p.held) > 0 && h.chance(1, 2) {
		x = pick(h, "held", p.held)
	}
	if a.who != nil && len(a.who.held) > 0 && !a.who.super() && h.chance(1, 2) {
		p, x = h.beside(a.who, p)
	}
	holds := p != nil && slices.Contains(p.held, x)
	not, hidden := h.mayManage(a, p)
	var r *role
	if !hidden {
		not.when(a.who == p, standin.Denied)
		at := p.at(x)
		not.when(!h.holds(a, "person.manage", at), standin.Denied)
		if r = p.org.roles[x.role]; r == nil {
			not.when(true, standin.NotFound)
		} else {
			not.when(!h.mayHand(a, r, at, false), standin.Denied)
		}
	}
	if holds || h.chance(1, 5) {
		h.take(a, p, x, not, hidden)
		return
	}
	if !hidden {
		not.when(x.unit == "nowhere", standin.NotFound)
		not.when(!holds && h.standsIn(a, p), standin.Denied)
	}
	_, err := h.dir.Hold(h.ctx, a.Caller, idOf(p), x.role, x.unit)
	h.note("%s gives %s the role %s at %q", a.Actor, idOf(p), x.role, x.unit)
	h.outcome("give role", a, not, err)
	if err == nil && !holds {
		p.held = append(p.held, x)
		h.expect(p.org, a.Actor, "role.hold")
	}
}

func (h *history) take(a asker, p *person, x holding, not no, hidden bool) {
	holds := p != nil && slices.Contains(p.held, x)
	if !hidden && holds {
		before := p.org.supers()
		kept := p.held
		p.held = slices.DeleteFunc(slices.Clone(kept), func(y holding) bool { return x == y })
		not.leaves(before, p.org.supers())
		now := p.standing()
		p.held = kept
		not.when(a.lowersPeer(p, p.standing(), now), standin.Denied)
	}
	_, err := h.dir.Release(h.ctx, a.Caller, idOf(p), x.role, x.unit)
	h.note("%s takes the role %s at %q from %s", a.Actor, x.role, x.unit, idOf(p))
	h.outcome("take role", a, not, err)
	if err == nil && holds {
		p.held = slices.DeleteFunc(slices.Clone(p.held), func(y holding) bool { return x == y })
		h.expect(p.org, a.Actor, "role.release")
	}
}

// move changes somebody's unit or manager.
func (h *history) move() {
	a, p, ok := h.somebody()
	if !ok {
		return
	}
	unit, manager := pick(h, "unit", units), (*person)(nil)
	if p != nil {
		if manager = p.manager; h.chance(1, 2) {
			unit, manager = p.unit, pick(h, "manager", p.org.people)
			if h.chance(1, 8) {
				manager = pick(h, "other manager", h.everybody)
			}
		}
	}
	x := directory.Person{ID: idOf(p), Name: "Per Son", Email: string(idOf(p)) + "@people.example", Unit: unit}
	if manager != nil {
		x.Manager = manager.id
	}
	not, hidden := h.mayManage(a, p)
	if hidden && not[0] == standin.NotFound && a.Actor.IsOperator() {
		not = append(not, standin.Conflict) // who writes world files is told that an id is taken
		if p == nil {
			return // and could create somebody
		}
	}
	if !hidden {
		moved := unit != p.unit
		not.when(a.who == p && (moved || manager != p.manager), standin.Denied)
		not.when(moved && !h.holds(a, "person.manage", unit), standin.Denied)
		not.when(moved && unit == "nowhere", standin.NotFound)
		not.when(moved && (h.gainsBy(a, p, unit) || unit != "" && h.standsIn(a, p)), standin.Denied)
		if manager != nil && manager != p.manager {
			not.when(manager.org != p.org, standin.NotFound)
			for above := manager; above != nil; above = above.manager {
				if above == p {
					not.when(true, standin.Invalid)
					break
				}
			}
		}
	}
	_, _, err := h.dir.PutPerson(h.ctx, a.Caller, x)
	h.note("%s moves %s to %q under %s", a.Actor, x.ID, unit, x.Manager)
	h.outcome("change unit or manager", a, not, err)
	if err == nil && (p.unit != unit || p.manager != manager) {
		p.unit, p.manager = unit, manager
		h.expect(p.org, a.Actor, "person.change")
	}
}

// gainsBy reports whether the move would give the person what they did not have and the one who moves them does not hold.
func (h *history) gainsBy(a asker, p *person, to standin.UnitID) bool {
	if to == "" || a.Actor.IsOperator() || slices.Contains(a.May, "admin") {
		return false
	}
	for _, x := range p.held {
		for _, power := range powers {
			gained := x.unit == "" && gives(p.org.roles[x.role].local, power) && !p.reach(power, to)
			if gained && (a.who == nil || !a.who.reach(power, to)) {
				return true
			}
		}
	}
	return false
}

// shape changes what a role gives.
func (h *history) shape() {
	a, _, ok := h.somebody()
	if !ok {
		return
	}
	org := h.orgs[0]
	if a.Organisation == h.orgs[1].id {
		org = h.orgs[1]
	}
	id := pick(h, "role", []standin.RoleID{"staff", "hr", "hr", "director", "admin", "super"})
	old, next := org.roles[id], &role{}
	*next = *old
	switch h.draw("shape", 0, 3) {
	case 0:
		next.rank = pick(h, "rank", []int{0, 50, 60, 95})
	case 1:
		next.local = pick(h, "local", [][]string{nil, {"delegation.manage"}, {"delegation.manage", "person.manage", "person.impersonate"}})
	case 2:
		next.wide = pick(h, "wide", [][]string{nil, {"audit.view"}, {"delegation.manage", "person.manage", "settings.manage"}})
	}
	var not no
	if a.Acting() || !h.holds(a, "settings.manage", "") {
		not.when(true, standin.Denied)
	} else {
		own := a.who != nil && slices.ContainsFunc(a.who.held, func(x holding) bool { return x.role == id })
		not.when(own || !h.mayHand(a, old, "", true) || !h.mayHand(a, next, "", true), standin.Denied)
		before := org.supers()
		org.roles[id] = next
		not.leaves(before, org.supers())
		var now []standing
		for _, p := range org.people {
			now = append(now, p.standing())
		}
		org.roles[id] = old
		not.when(h.givesMore(a, id, old, next), standin.Denied)
		for i, p := range org.people {
			not.when(a.lowersPeer(p, p.standing(), now[i]), standin.Denied)
		}
	}
	_, err := h.dir.PutRole(h.ctx, a.Caller, next.real(id), 0)
	h.note("%s makes the role %s %+v", a.Actor, id, *next)
	h.outcome("change role", a, not, err)
	if err == nil && (next.rank != old.rank || !slices.Equal(next.wide, old.wide) || !slices.Equal(next.local, old.local)) {
		org.roles[id] = next
		h.expect(org, a.Actor, "role.change")
	}
}

// configure changes the organisation's settings.
func (h *history) configure() {
	a, _, ok := h.somebody()
	if !ok {
		return
	}
	org := h.orgs[0]
	if a.Organisation == h.orgs[1].id {
		org = h.orgs[1]
	}
	next := org.settings
	switch h.draw("setting", 0, 3) {
	case 0:
		next.longest = pick(h, "cap", []time.Duration{0, 7 * day, 90 * day})
	case 1:
		next.accept = !next.accept
	case 2:
		next.superOnly = !next.superOnly
	case 3:
		hours := pick(h, "hours", [][2]int{{1, 1}, {1, 8}, {2, 24}, {24, 24}})
		next.span, next.mostActing = time.Duration(hours[0])*time.Hour, time.Duration(hours[1])*time.Hour
	}
	var not no
	not.when(a.Acting() || !h.holds(a, "settings.manage", ""), standin.Denied)
	_, err := h.dir.PutOrganisation(h.ctx, a.Caller, directory.Organisation{Name: "Org", Settings: next.real()})
	h.note("%s sets %+v", a.Actor, next)
	h.outcome("change settings", a, not, err)
	if err == nil && next != org.settings {
		org.settings = next
		h.expect(org, a.Actor, "organisation.change")
	}
}

// spy looks at what is somebody else's: of the other organisation nothing is known to anybody (P12).
func (h *history) spy() {
	org, other := h.orgs[0], h.orgs[1]
	if h.chance(1, 2) {
		org, other = other, org
	}
	target := pick(h, "target", other.people)
	for _, c := range []standin.Caller{operator(org), key(org, "admin"), own(pick(h, "spy", org.people))} {
		_, person := h.dir.PersonDetail(h.ctx, c, target.id)
		_, principals := h.deleg.ListForPrincipal(h.ctx, c, target.id, true)
		_, actors := h.deleg.ListForActor(h.ctx, c, target.id, true)
		_, episodes := h.acting.InNameOf(h.ctx, c, target.id, 10)
		_, _, candidates := h.deleg.Candidates(h.ctx, c, target.id, "", 10, "")
		_, record := h.dir.AuditRecord(h.ctx, c, h.newest[other])
		for i, err := range []error{person, principals, actors, episodes, candidates, record} {
			if kind := standin.KindOf(err); kind != standin.NotFound && kind != standin.Denied {
				h.fail("%s of %s looks at %s (%d): %v", c.Actor, org.id, target.id, i, err)
			}
		}
		h.listsOf(c, other)
	}
	h.place.tally.count("look at the other organisation", standin.NotFound)
}

// listsOf fails the history where a list that the caller is given holds anything of the other organisation.
func (h *history) listsOf(c standin.Caller, other *organisation) {
	var seen []standin.PersonID
	people, _, err := h.dir.People(h.ctx, c, directory.PeopleFilter{Inactive: true}, 100, "")
	h.readable(err)
	for _, p := range people {
		seen = append(seen, p.ID)
	}
	candidates, _, err := h.dir.SearchPeople(h.ctx, c, "per", nil, 50, "")
	h.readable(err)
	for _, p := range candidates {
		seen = append(seen, p.ID)
	}
	managed, _, err := h.deleg.ListManaged(h.ctx, c, delegation.Query{Over: true, Limit: 200})
	h.readable(err)
	for _, v := range managed {
		seen = append(seen, v.Actor, v.Principal)
	}
	records, _, err := h.dir.Audit(h.ctx, c, ledger.Filter{}, ledger.Cursor{}, 50)
	h.readable(err)
	for _, r := range records {
		if r.Organisation != c.Organisation {
			h.fail("%s reads %s", c.Actor, text(r))
		}
		if r.Outcome == ledger.Done {
			seen = append(seen, r.Principal, r.Actor.Person())
		}
	}
	for _, id := range seen {
		if p := h.people[id]; p != nil && p.org == other {
			h.fail("%s of %s is shown %s", c.Actor, c.Organisation, id)
		}
	}
}

// readable fails the history unless a list was given or properly refused.
func (h *history) readable(err error) {
	if err != nil && standin.KindOf(err) != standin.Denied && standin.KindOf(err) != standin.NotFound {
		h.fail("a list: %v", err)
	}
}

func own(p *person) standin.Caller {
	return standin.Caller{Organisation: p.org.id, Actor: standin.PersonActor(p.id), Principal: p.id}
}
