package histories_test

import (
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// look lets somebody who acts look around in Standin, and holds what they are shown against what the principal reaches by now
// and the limits leave by now (P2): lists and single things alike.
func (h *history) look() {
	a, ok := h.somebodyActing()
	if !ok {
		return
	}
	if h.chance(1, 2) {
		h.relimit(a.login.session.by)
		if !isActing(a.login) {
			return // what is wider waits for a yes
		}
		a = h.at(a.login)
	}
	h.note("%s looks around for %s", a.who.id, a.Principal)
	principal := h.people[a.Principal]
	var stands, managed []standin.DelegationID
	for _, d := range h.delegations {
		if d.deleted || d.org != principal.org {
			continue
		}
		if d.principal == principal && h.knows(a, d) {
			stands = append(stands, d.id)
		}
		if h.holds(a, "delegation.manage", d.principal.unit) {
			managed = append(managed, d.id)
		}
	}
	views, err := h.deleg.ListForPrincipal(h.ctx, a.Caller, principal.id, true)
	h.must(err)
	h.same(a, "the principal's stand-ins", ids(views), stands)

	var not no
	not.when(!h.holdsSomewhere(a, "delegation.manage"), standin.Denied)
	views, _, err = h.deleg.ListManaged(h.ctx, a.Caller, delegation.Query{Over: true, Limit: 200})
	if (err != nil) != (len(not) > 0) || err != nil && standin.KindOf(err) != standin.Denied {
		h.fail("%s lists what %s manages: %v, want %v", a.who.id, principal.id, err, not)
	}
	h.place.tally.count("look", standin.KindOf(err))
	if err == nil {
		h.same(a, "those that the principal manages", ids(views), managed)
	}
	h.lookAtPeople(a, principal)
	h.lookAtRecord(a, principal)
}

// somebodyActing returns one who acts, and lets somebody begin where nobody does.
func (h *history) somebodyActing() (asker, bool) {
	a, ok := h.browser(isActing)
	if ok && a.Acting() {
		return a, true
	}
	h.check() // whoever signed in may be of the other organisation
	d := h.one(func() { h.prepare("") }, func(d *delegated) bool { return d.startable(h.clock) })
	if d == nil || !d.startable(h.clock) {
		return asker{}, false
	}
	if a, ok = h.enter(d.actor); !ok {
		return asker{}, false
	}
	h.actBy(a, d)
	h.check()
	if !isActing(a.login) {
		return asker{}, false
	}
	return h.at(a.login), true
}

// relimit lets the principal change the limits of a delegation by which somebody acts at this moment.
func (h *history) relimit(d *delegated) {
	a, c := asker{Caller: own(d.principal), who: d.principal}, change{limits: new(h.someLimits())}
	not, after := h.mayEdit(a, d, c)
	_, err := h.deleg.Edit(h.ctx, a.Caller, d.id, c.real())
	h.note("%s edits %s:%v, while it is used", a.Actor, d.id, c)
	h.outcome("edit while it is used", a, not, err)
	if err == nil && *d != after {
		*d = after
		h.expectOf(d, a.Actor, "delegation.edit")
	}
	h.check()
}

func (h *history) lookAtPeople(a asker, principal *person) {
	shown := func(p *person) bool {
		return h.holds(a, "person.manage", p.unit) || h.holds(a, "delegation.manage", p.unit) || p == principal && h.leaves(a, "person.manage", p.unit)
	}
	var want, got []standin.PersonID
	for _, p := range principal.org.people {
		if shown(p) {
			want = append(want, p.id)
		}
	}
	people, _, err := h.dir.People(h.ctx, a.Caller, directory.PeopleFilter{Inactive: true}, 100, "")
	h.must(err)
	for _, p := range people {
		got = append(got, p.ID)
	}
	h.samePeople(a, got, want)
	somebody := pick(h, "somebody", h.everybody)
	_, err = h.dir.PersonDetail(h.ctx, a.Caller, somebody.id)
	if want := somebody.org == principal.org && shown(somebody); (err == nil) != want || err != nil && standin.KindOf(err) != standin.NotFound {
		h.fail("%s looks at %s for %s: %v, want them shown: %v", a.who.id, somebody.id, principal.id, err, want)
	}
}

func (h *history) lookAtRecord(a asker, principal *person) {
	records, _, err := h.dir.Audit(h.ctx, a.Caller, ledger.Filter{}, ledger.Cursor{}, 50)
	own, some := h.leaves(a, "audit.view", principal.unit), h.holdsSomewhere(a, "audit.view")
	if (err == nil) != (own || some) || err != nil && standin.KindOf(err) != standin.Denied {
		h.fail("%s reads the record for %s: %v, want their own %v, others' %v", a.who.id, principal.id, err, own, some)
	}
	seen := func(id standin.PersonID) bool {
		p := h.people[id]
		return p != nil && p.org == principal.org && (h.holds(a, "audit.view", p.unit) || p == principal && own)
	}
	for _, r := range records {
		if !seen(r.Actor.Person()) && !seen(r.Principal) && !h.holds(a, "audit.view", "") {
			h.fail("%s reads for %s: %s", a.who.id, principal.id, text(r))
		}
	}
}

func ids(views []delegation.View) (all []standin.DelegationID) {
	for _, v := range views {
		all = append(all, v.ID)
	}
	return all
}

func (h *history) same(a asker, what string, got, want []standin.DelegationID) {
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		h.fail("%s, acting for %s, sees of %s %v, want %v", a.who.id, a.Principal, what, got, want)
	}
}

func (h *history) samePeople(a asker, got, want []standin.PersonID) {
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		h.fail("%s, acting for %s, is shown %v, want %v", a.who.id, a.Principal, got, want)
	}
}
