package histories_test

import (
	"errors"
	"slices"
	"time"

	"github.com/standin-id/standin"
)

// browser returns somebody's browser, mostly one of those who could act, or are acting.
func (h *history) browser(fits func(l *login) bool) (asker, bool) {
	var fit []*login
	for _, p := range h.everybody {
		for _, l := range p.logins {
			if !l.dead && fits(l) {
				fit = append(fit, l)
			}
		}
	}
	if len(fit) > 0 && h.chance(5, 6) {
		return h.at(pick(h, "browser", fit)), true
	}
	return h.enter(pick(h, "anybody", h.everybody))
}

func isActing(l *login) bool { return l.session != nil && !l.session.dead }

// act begins to act, or switches.
func (h *history) act() {
	d := h.one(func() { h.prepare("") }, func(d *delegated) bool { return d.startable(h.clock) })
	a, ok := asker{}, false
	if d != nil && h.chance(5, 6) {
		a, ok = h.enter(d.actor)
	} else {
		a, ok = h.browser(isActing)
	}
	if !ok {
		return
	}
	h.actBy(a, d)
}

func (h *history) actBy(a asker, d *delegated) {
	l, id := a.login, standin.DelegationID("d-nothing")
	if d != nil {
		id = d.id
	}
	var not no
	switch {
	case h.clock.Sub(l.proved) >= 15*time.Minute:
		not.when(true, standin.Denied) // THREATS 33
	case d == nil || d.deleted || d.actor != a.who:
		not.when(true, standin.NotFound)
	case !d.startable(h.clock):
		not.when(true, standin.Denied)
	}
	token, s, err := h.signin.Act(h.ctx, l.token, id, origin)
	h.note("%s acts by %s in %s", a.who.id, id, l.id)
	h.outcome("start", a, not, err)
	if err != nil {
		return
	}
	if isActing(l) {
		h.place.tally.count("switch", "")
		h.expectOf(l.session.by, a.Actor, "acting.end")
		l.session.dead, l.session.died, l.session.told = true, h.clock, true
	}
	if l.session != nil {
		l.session.seen = true
	}
	if !d.used {
		d.used = true
		h.expectOf(d, a.Actor, "delegation.use")
	}
	h.expectOf(d, a.Actor, "acting.start")
	h.expect(d.org, a.Actor, "login.renew")
	begun := &session{id: s.ID, login: l, by: d, started: h.clock}
	begun.expires = sooner(h.clock.Add(d.org.settings.span), begun.bound())
	l.token, l.session = token, begun
	h.sessions = append(h.sessions, begun)
	if s.Actor != a.who.id || s.Principal != d.principal.id || s.Delegation != d.id || !s.ExpiresAt.Equal(begun.expires) || !s.LimitAt.Equal(begun.bound()) {
		h.fail("began %+v, want %+v until %v", s, *begun, begun.bound())
	}
}

// extend asks for one span more.
func (h *history) extend() {
	a, ok := h.browser(isActing)
	if !ok {
		return
	}
	var not no
	var expires time.Time
	if s := a.login.session; isActing(a.login) {
		set := s.by.org.settings
		expires = sooner(sooner(s.expires.Add(set.span), h.clock.Add(2*set.span)), s.bound())
		not.when(!expires.After(s.expires), standin.Denied)
	} else {
		not.when(true, standin.Denied)
	}
	extended, err := h.signin.Extend(h.ctx, a.login.token, origin)
	h.note("%s extends in %s", a.who.id, a.login.id)
	if !a.Acting() {
		a.login = nil // nobody is represented, so whether it is recorded is no matter
	}
	h.outcome("extend", a, not, err)
	if err != nil {
		return
	}
	s := a.login.session
	s.expires = expires
	h.expectOf(s.by, a.Actor, "acting.extend")
	if !extended.ExpiresAt.Equal(expires) {
		h.fail("%s is extended until %v, want %v", s.id, extended.ExpiresAt, expires)
	}
}

// stop goes back to oneself, which needs nothing (P6).
func (h *history) stop() {
	if a, ok := h.browser(isActing); ok {
		h.stopAt(a)
	}
}

func (h *history) stopAt(a asker) {
	l := a.login
	if isActing(l) && h.chance(1, 3) {
		h.stopFrom(a)
		return
	}
	token, err := h.signin.Stop(h.ctx, l.token, origin)
	h.note("%s stops in %s", a.who.id, l.id)
	h.outcome("stop", a, nil, err)
	h.left(a.Actor, l)
	h.expect(a.who.org, a.Actor, "login.renew")
	l.token = token
}

// stopFrom goes back to oneself from an application, which does it twice; the next page replaces the login's token.
func (h *history) stopFrom(a asker) {
	l := a.login
	err := errors.Join(h.signin.StopBy(h.ctx, a.Caller, "desk"), h.signin.StopBy(h.ctx, a.Caller, "desk"))
	h.note("%s stops in %s from an application", a.who.id, l.id)
	h.outcome("stop", a, nil, err)
	h.left(a.Actor, l)
	token, err := h.signin.Renew(h.ctx, l.token, origin)
	if err != nil || token == "" {
		h.fail("the page after stopping from an application: got %q, %v; want another token", token, err)
	}
	h.expect(a.who.org, a.Actor, "login.renew")
	l.token = token
}

// left notes that the login's session was ended by that actor, or is seen to have ended.
func (h *history) left(actor standin.Actor, l *login) {
	s := l.session
	if s == nil {
		return
	}
	if !s.dead {
		s.dead, s.died, s.told = true, h.clock, true
		h.expectOf(s.by, actor, "acting.end")
	}
	s.seen = true
}

// out signs out of one browser, or of all.
func (h *history) out() {
	a, ok := h.browser(func(l *login) bool { return isActing(l) || h.chance(1, 4) })
	if !ok {
		return
	}
	h.note("%s signs out of %s", a.who.id, a.login.id)
	gone := []*login{a.login}
	var err error
	if h.chance(1, 4) {
		gone = slices.DeleteFunc(slices.Clone(a.who.logins), func(l *login) bool { return l.told })
		err = h.signin.OutEverywhere(h.ctx, a.Caller)
	} else {
		err = h.signin.Out(h.ctx, a.login.token, origin)
	}
	h.outcome("sign out", a, nil, err)
	for _, l := range gone {
		h.left(a.Actor, l)
		l.dead, l.told = true, true
		h.expect(a.who.org, a.Actor, "login.end")
	}
}

// stale tries a login that is over: it opens nothing, whatever is asked, and leaving it is no error.
func (h *history) stale() {
	var over []*login
	for _, p := range h.everybody {
		for _, l := range p.logins {
			if l.dead {
				over = append(over, l)
			}
		}
	}
	if len(over) == 0 {
		return
	}
	l := pick(h, "login", over)
	not := no{standin.Unauthenticated}
	if !l.who.active {
		not = append(not, standin.Denied)
	}
	h.note("%s tries %s, which is over", l.who.id, l.id)
	nobody := asker{Caller: standin.Caller{Organisation: l.who.org.id, Actor: standin.PersonActor(l.who.id)}, who: l.who}
	var err error
	switch h.draw("try", 0, 3) {
	case 0:
		_, err = h.signin.Resolve(h.ctx, l.token, origin)
	case 1:
		_, _, err = h.signin.Act(h.ctx, l.token, "d-nothing", origin)
	case 2:
		_, err = h.signin.Extend(h.ctx, l.token, origin)
	case 3:
		_, err = h.signin.Stop(h.ctx, l.token, origin)
	}
	h.outcome("use what is over", nobody, not, err)
	h.must(h.signin.Out(h.ctx, l.token, origin))
}

// prove gives a password: one's own counts, the principal's never, nor anybody else's (THREATS 20).
func (h *history) prove() {
	a, ok := h.browser(isActing)
	if !ok {
		return
	}
	number := a.who.number
	var not no
	if !a.who.mistaken && h.chance(1, 3) {
		number, a.who.mistaken = (number+1)%len(h.everybody), true
		if a.Acting() {
			number = h.people[a.Principal].number
		}
		not.when(true, standin.Unauthenticated)
	}
	token, _, err := h.signin.Prove(h.ctx, a.login.token, password(number), origin)
	h.note("%s proves who they are in %s", a.who.id, a.login.id)
	h.outcome("prove", a, not, err)
	if err == nil {
		a.login.token, a.login.proved = token, h.clock
		h.expect(a.who.org, a.Actor, "login.prove")
	}
}

// withdraw ends somebody's session: the principal's right, and that of whoever manages their delegations.
func (h *history) withdraw() {
	if len(h.sessions) == 0 {
		return
	}
	s := pick(h, "session", h.sessions)
	for _, other := range h.sessions {
		if s.dead && !other.dead && h.chance(3, 4) {
			s = other
		}
	}
	a, ok := h.asker(s.by.principal, s.by.principal, s.by.actor)
	if !ok {
		return
	}
	h.settle()
	var not no
	switch {
	case a.Acting():
		not.when(true, standin.Denied)
	case a.Organisation != s.by.org.id || a.who != s.by.principal && !h.holds(a, "delegation.manage", s.by.principal.unit):
		not.when(true, standin.NotFound)
	}
	err := h.acting.EndByPrincipal(h.ctx, a.Caller, s.id)
	h.note("%s ends %s", a.Actor, s.id)
	h.outcome("withdraw", a, not, err)
	if err == nil && !s.dead {
		s.dead, s.died, s.told = true, h.clock, true
		h.expectOf(s.by, a.Actor, "acting.end")
	}
}

// sweep writes down what has ended by itself. It decides nothing.
func (h *history) sweep() {
	_, err := h.acting.CloseExpired(h.ctx)
	h.note("the sweeper runs")
	h.outcome("sweep", asker{}, nil, err)
	h.checkAll()
	for _, s := range h.sessions {
		if s.dead && !s.told {
			h.fail("the sweeper left %s", s.id)
		}
	}
}

// choices says whom each person could act for, and compares it with the oracle (C1, C7).
func (h *history) choices(p *person) {
	choices, err := h.acting.Choices(h.ctx, standin.Caller{Organisation: p.org.id, Actor: standin.PersonActor(p.id), Principal: p.id})
	h.must(err)
	var got, want []standin.DelegationID
	for _, c := range choices {
		if c.Refusal == nil {
			got = append(got, c.Delegation)
		}
	}
	for _, d := range h.delegations {
		if d.actor == p && d.startable(h.clock) {
			want = append(want, d.id)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		h.fail("%s may choose among %v, want %v", p.id, got, want)
	}
}

// later lets time pass: a while, or exactly to, just before or just after an instant at which something changes by itself.
func (h *history) later() {
	var edges []time.Time
	for _, d := range h.delegations {
		if !d.deleted && !d.over(h.clock) {
			edges = append(edges, d.start, d.end, d.enabledUntil)
		}
	}
	for _, s := range h.sessions {
		if !s.dead {
			edges = append(edges, s.lasts(), s.lasts(), s.login.ends, s.login.proved.Add(15*time.Minute))
		}
	}
	edges = slices.DeleteFunc(edges, func(t time.Time) bool { return !t.After(h.clock.Add(time.Microsecond)) })
	unit := pick(h, "unit", []time.Duration{time.Second, time.Minute, time.Minute, time.Minute, time.Minute, time.Minute, 10 * time.Minute, time.Hour, day})
	to := h.clock.Add(time.Duration(h.draw("amount", 1, 60)) * unit)
	if len(edges) > 0 && h.chance(1, 2) {
		edge := pick(h, "edge", edges)
		if edge.Before(h.clock.Add(10*day)) || h.chance(1, 3) {
			to = edge.Add(time.Duration(h.draw("beside", -1, 1)) * time.Microsecond)
		}
	}
	if to.After(h.clock) {
		h.clock = to
	}
	h.note("time passes")
	h.place.tally.count("time passes", "")
}

// finish ends what still goes on: stopping always works (P6), and leaves nothing live.
func (h *history) finish() {
	for _, s := range h.sessions {
		if s.dead {
			continue
		}
		if h.chance(1, 2) {
			h.stopAt(h.at(s.login))
		} else {
			h.must(h.signin.Out(h.ctx, s.login.token, origin))
			h.left(standin.PersonActor(s.login.who.id), s.login)
			s.login.dead, s.login.told = true, true
			h.expect(s.login.who.org, standin.PersonActor(s.login.who.id), "login.end")
		}
		h.checkAll()
	}
	h.sweep()
	for _, s := range h.sessions {
		if err := h.acting.EndByPrincipal(h.ctx, operator(s.by.org), s.id); err != nil {
			h.fail("ending %s once more: %v", s.id, err)
		}
	}
	h.checkAll()
}
