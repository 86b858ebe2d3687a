package histories_test

import (
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
)

// The oracle: what there should be, as plain facts, changed at once by everything that happens. Nothing here is worked out
// later from instants that were written down, as the rooms do it: a session that cannot go on is dead from then on.
type (
	organisation struct {
		id       standin.OrganisationID
		settings settings
		roles    map[standin.RoleID]*role
		people   []*person
	}
	settings struct {
		longest          time.Duration // of a delegation, 0 for no cap
		accept           bool
		superOnly        bool
		span, mostActing time.Duration
	}
	// role is a rank and powers: "delegation.manage", or "*" for all of them.
	role struct {
		rank  int
		wide  []string // held for the whole organisation, wherever the role is held
		local []string // held at and below the unit where the role is held
	}
	holding struct {
		role standin.RoleID
		unit standin.UnitID // "" is the person's own unit
	}
	person struct {
		id         standin.PersonID
		org        *organisation
		number     int
		unit       standin.UnitID
		manager    *person
		active     bool
		accepted   bool
		lastSignIn time.Time
		held       []holding
		logins     []*login
		mistaken   bool // gave a wrong password in this history
	}
	login struct {
		who          *person
		id           standin.LoginID
		token        string
		ends, proved time.Time
		dead, told   bool // over; the record tells it
		session      *session
	}
	// limits are what of Standin itself they leave to be seen, too: with audit the record alone, with hidden no stand-ins, with
	// units what is of sales.
	limits    struct{ readOnly, units, audit, hidden bool }
	delegated struct {
		id               standin.DelegationID
		org              *organisation
		actor, principal *person
		kind             delegation.Kind
		limits           limits
		purpose          string
		start, end       time.Time
		themselves       bool    // its actor named themselves
		asked            *person // who is or was asked for a yes
		answered         bool
		declined, paused bool
		ended, deleted   bool
		enabledUntil     time.Time
		used             bool
	}
	session struct {
		id      standin.SessionID
		login   *login
		by      *delegated
		started time.Time
		expires time.Time
		dead    bool
		died    time.Time
		told    bool // the record tells its end
		seen    bool // its actor turned away from it
	}
	// asker is who asks for something: somebody in their own name, somebody acting, or a program.
	asker struct {
		standin.Caller
		who   *person
		login *login
	}
)

// no says why something must be refused: any of the kinds will do. Empty, it must be done.
type no []standin.Kind

func (n *no) when(wrong bool, kind standin.Kind) {
	if wrong {
		*n = append(*n, kind)
	}
}

// powers are the words of Standin's own catalogue.
var powers = []string{"delegation.manage", "person.manage", "person.impersonate", "audit.view", "review.run", "settings.manage", "guardrail.edit"}

func gives(list []string, power string) bool {
	return slices.Contains(list, power) || slices.Contains(list, "*")
}

func below(unit, top standin.UnitID) bool {
	return unit != "" && top != "" && (unit == top || strings.HasPrefix(string(unit), string(top)+"/"))
}

func (p *person) at(h holding) standin.UnitID {
	if h.unit == "" {
		return p.unit
	}
	return h.unit
}

// reach reports whether the person's roles, active or not, give the power at the unit; "" asks for everywhere.
func (p *person) reach(power string, unit standin.UnitID) bool {
	for _, h := range p.held {
		r := p.org.roles[h.role]
		if gives(r.wide, power) || gives(r.local, power) && below(unit, p.at(h)) {
			return true
		}
	}
	return false
}

// somewhere reports whether the person has the power over anything but their own.
func (p *person) somewhere(power string) bool {
	for _, h := range p.held {
		r := p.org.roles[h.role]
		if gives(r.wide, power) || gives(r.local, power) && p.at(h) != "" {
			return true
		}
	}
	return false
}

func (p *person) rank() int {
	highest := 0
	for _, h := range p.held {
		highest = max(highest, p.org.roles[h.role].rank)
	}
	return highest
}

func (p *person) super() bool {
	return slices.ContainsFunc(p.held, func(h holding) bool { return slices.Contains(p.org.roles[h.role].wide, "*") })
}

// supers counts the active people with every power.
func (o *organisation) supers() (n int) {
	for _, p := range o.people {
		if p.active && p.super() {
			n++
		}
	}
	return n
}

// program reports whether a key or the operator asks, who needs no role for the power.
func (a asker) program(power string) bool {
	return a.who == nil && (a.Actor.IsOperator() || slices.Contains(a.May, "admin") ||
		power == "person.manage" && slices.Contains(a.May, "people"))
}

// reader is whose roles answer while looking: the principal's while acting.
func (h *history) reader(a asker) *person {
	if a.Acting() {
		return h.people[a.Principal]
	}
	return a.who
}

// leaves reports whether the limits by which the one who asks acts leave the power over what is of the unit; in one's own
// name nothing is taken away (P2).
func (h *history) leaves(a asker, power string, unit standin.UnitID) bool {
	for _, d := range h.delegations {
		if a.Acting() && d.id == a.Delegation {
			shut := d.limits.audit && power != "audit.view" || d.limits.hidden && power == "delegation.manage"
			return !shut && (!d.limits.units || below(unit, "sales"))
		}
	}
	return !a.Acting()
}

func (h *history) holds(a asker, power string, unit standin.UnitID) bool {
	who := h.reader(a)
	return a.program(power) || who != nil && who.active && who.reach(power, unit) && h.leaves(a, power, unit)
}

func (h *history) holdsSomewhere(a asker, power string) bool {
	who := h.reader(a)
	if !a.Acting() {
		return a.program(power) || who != nil && who.active && who.somewhere(power)
	}
	for _, unit := range []standin.UnitID{"", "sales", "sales/emea", "finance"} {
		if h.holds(a, power, unit) {
			return true
		}
	}
	return false
}

// knows reports whether the delegation exists for the one who asks (THREATS 10, P12). Whoever acts by it knows it.
func (h *history) knows(a asker, d *delegated) bool {
	if d == nil || d.deleted || d.org.id != a.Organisation {
		return false
	}
	me := h.reader(a)
	own := me != nil && (me == d.actor || me == d.principal)
	return own && (d.id == a.Delegation || h.leaves(a, "delegation.manage", me.unit)) || h.holds(a, "delegation.manage", d.principal.unit)
}

func (d *delegated) waiting() bool { return d.asked != nil && !d.answered }

func (d *delegated) over(now time.Time) bool {
	return d.ended || d.declined || !d.end.IsZero() && !now.Before(d.end)
}

// usable reports whether the delegation itself lets its actor act now.
func (d *delegated) usable(now time.Time) bool {
	return !d.deleted && !d.over(now) && !d.waiting() && !d.paused && !now.Before(d.start) &&
		(d.kind != delegation.Standby || now.Before(d.enabledUntil))
}

func (d *delegated) startable(now time.Time) bool {
	return d.usable(now) && d.actor.active && d.principal.active
}

// until is when the delegation, usable now, stops being so by itself; zero for never.
func (d *delegated) until() time.Time {
	if d.kind == delegation.Standby && (d.end.IsZero() || d.enabledUntil.Before(d.end)) {
		return d.enabledUntil
	}
	return d.end
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// bound is the longest that the session may last as things are (P7).
func (s *session) bound() time.Time {
	end := sooner(s.started.Add(min(s.by.org.settings.mostActing, 24*time.Hour)), s.login.ends)
	return sooner(end, s.by.until())
}

// lasts is when the session, alive now, will end by itself.
func (s *session) lasts() time.Time { return sooner(s.expires, s.by.until()) }

// clashes reports whether both delegations say the same at some common instant.
func (d *delegated) clashes(e *delegated, now time.Time) bool {
	return d != e && !e.deleted && !e.over(now) && d.actor == e.actor && d.principal == e.principal && d.kind == e.kind && d.limits == e.limits &&
		(d.end.IsZero() || e.start.Before(d.end)) && (e.end.IsZero() || d.start.Before(e.end))
}

// settle lets everything end that has to, as of now.
func (h *history) settle() {
	for _, p := range h.everybody {
		for _, l := range p.logins {
			if !l.dead && (!p.active || !h.clock.Before(l.ends)) {
				l.dead = true
			}
		}
	}
	for _, s := range h.sessions {
		switch end := s.lasts(); {
		case s.dead:
		case !h.clock.Before(end):
			s.dead, s.died = true, end
		case s.login.dead || !s.by.startable(h.clock):
			s.dead, s.died = true, h.clock
		}
	}
}
