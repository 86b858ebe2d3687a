package histories_test

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"pgregory.net/rapid"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
)

// loginLasts is short enough that acting sessions reach a login's end.
const loginLasts = 10 * time.Hour

var origin = standin.Origin{Address: "192.0.2.7", Agent: "histories"}

// place is a database in which histories happen, one after another.
type place struct {
	db     *db.DB
	hashes []signin.PasswordHash // of the people's passwords, by their number
	runs   atomic.Int64
	tally  *tally
}

// history is one run of things done by people of two organisations, with what should have come of them.
type history struct {
	rt     *rapid.T
	ctx    context.Context
	place  *place
	clock  time.Time
	ledger *ledger.Ledger
	dir    *directory.Directory
	deleg  *delegation.Delegations
	acting *acting.Acting
	signin *signin.Signin
	demo   *signin.Demo

	orgs        [2]*organisation
	people      map[standin.PersonID]*person
	everybody   []*person
	delegations []*delegated // in the order of naming, deleted ones too
	sessions    []*session
	log         []string // what was done, for whoever reads a failure
	known       map[standin.RecordID]bool
	newest      map[*organisation]standin.RecordID
	wanted      []wanted // the records that this step should have made
	optional    bool     // and one refusal more may be told
	touched     *organisation
	checked     int
}

func password(number int) string { return fmt.Sprintf("trial %d of a long passphrase", number) }

// settle makes a place in d.
func newPlace(t *testing.T, d *db.DB, sum *tally) *place {
	t.Helper()
	p := &place{db: d, tally: sum}
	h := &history{place: p, ctx: t.Context()}
	h.open()
	for number := range 12 {
		hash, err := h.signin.Hash(t.Context(), password(number))
		if err != nil {
			t.Fatal(err)
		}
		p.hashes = append(p.hashes, hash)
	}
	return p
}

// open gives the history rooms of its own, whose clock it moves.
func (h *history) open() {
	d, now := h.place.db, func() time.Time { return h.clock }
	h.ledger = ledger.New(d, now)
	h.dir = directory.New(d, h.ledger, now)
	h.deleg = delegation.New(d, h.ledger, h.dir, now)
	h.acting = acting.New(d, h.ledger, h.dir, h.deleg, now)
	h.signin = signin.New(d, h.ledger, h.dir, h.acting, now, signin.Options{Idle: loginLasts, Total: loginLasts,
		Hash: argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16}})
	h.demo = signin.NewDemo(h.signin)
}

// begin returns a new history with two organisations in it. acme has staff in three units, an HR administrator of sales, a
// director without powers, an administrator and two super administrators; rival a super administrator and two of staff.
func begin(rt *rapid.T, ctx context.Context, p *place) *history {
	run := p.runs.Add(1)
	h := &history{rt: rt, ctx: ctx, place: p, clock: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), people: map[standin.PersonID]*person{},
		known: map[standin.RecordID]bool{}, newest: map[*organisation]standin.RecordID{}}
	h.open()
	for i, name := range []string{"acme", "rival"} {
		h.orgs[i] = &organisation{id: standin.OrganisationID(fmt.Sprintf("%s-%d", name, run)), roles: map[standin.RoleID]*role{
			"staff":    {},
			"hr":       {rank: 50, local: []string{"delegation.manage", "person.manage", "person.impersonate"}},
			"director": {rank: 60},
			"admin":    {rank: 70, wide: []string{"delegation.manage", "person.manage", "settings.manage"}},
			"super":    {rank: 90, wide: []string{"*"}},
		}, settings: settings{longest: []time.Duration{0, 90 * day}[h.draw("cap", 0, 1)], accept: h.chance(1, 2), span: time.Hour, mostActing: 8 * time.Hour}}
	}
	acme, rival := h.orgs[0], h.orgs[1]
	for _, p := range []struct {
		org  *organisation
		id   standin.PersonID
		unit standin.UnitID
		role standin.RoleID
		at   standin.UnitID
	}{{acme, "ann", "sales", "staff", ""}, {acme, "bob", "sales/emea", "staff", ""}, {acme, "cem", "finance", "staff", ""}, {acme, "new", "sales", "staff", ""},
		{acme, "hr", "sales", "hr", "sales"}, {acme, "dir", "sales", "director", ""}, {acme, "adm", "finance", "admin", ""}, {acme, "sup", "", "super", ""},
		{acme, "sup2", "sales", "super", ""}, {rival, "rita", "", "super", ""}, {rival, "ron", "sales", "staff", ""}, {rival, "roy", "sales", "hr", ""}} {
		x := &person{id: standin.PersonID(fmt.Sprintf("%s-%d", p.id, run)), org: p.org, number: len(h.everybody), unit: p.unit, active: true,
			accepted: p.id != "new", held: []holding{{p.role, p.at}}}
		p.org.people, h.everybody, h.people[x.id] = append(p.org.people, x), append(h.everybody, x), x
	}
	h.must(p.db.Update(ctx, h.found))
	h.skipRecords()
	return h
}

// found writes the two organisations.
func (h *history) found(ctx context.Context, tx *db.Tx) error {
	for _, o := range h.orgs {
		op := operator(o)
		if _, err := h.dir.PutOrganisationIn(ctx, tx, op, directory.Organisation{Name: "Org", Settings: o.settings.real()}); err != nil {
			return err
		}
		for _, u := range []standin.UnitID{"sales", "sales/emea", "finance"} {
			if _, err := h.dir.PutUnitIn(ctx, tx, op, u); err != nil {
				return err
			}
		}
		for _, id := range []standin.RoleID{"staff", "hr", "director", "admin", "super"} {
			if _, err := h.dir.PutRoleIn(ctx, tx, op, o.roles[id].real(id), 0); err != nil {
				return err
			}
		}
		for _, may := range []string{"admin", "people", "decide"} {
			k := application.Key{Organisation: o.id, ID: key(o, may).Actor.Key(), May: []string{may}}
			if _, err := application.New(h.place.db, h.ledger, func() time.Time { return h.clock }).PutKey(ctx, tx, op, k, standin.NewSecret()); err != nil {
				return err
			}
		}
	}
	for _, p := range h.everybody {
		x := directory.Person{ID: p.id, Name: "Per Son", Email: string(p.id) + "@people.example", Unit: p.unit}
		if p.accepted {
			x.AcceptedAt = h.clock
		}
		if _, _, err := h.dir.PutPersonIn(ctx, tx, operator(p.org), x); err != nil {
			return err
		}
		if _, err := h.dir.HoldIn(ctx, tx, operator(p.org), p.id, p.held[0].role, p.held[0].unit); err != nil {
			return err
		}
		if err := h.signin.SetPasswordIn(ctx, tx, operator(p.org), p.id, h.place.hashes[p.number]); err != nil {
			return err
		}
	}
	return nil
}

func (s settings) real() directory.Settings {
	r := directory.DefaultSettings()
	r.Acting.Default, r.Acting.Max = s.span, s.mostActing
	r.Delegation.Max, r.Delegation.Accept = s.longest, s.accept
	r.Impersonation.SuperAdminsOnly = s.superOnly
	return r
}

func (r *role) real(id standin.RoleID) rights.Role {
	real := rights.Role{ID: id, Rank: r.rank, Allow: []string{}}
	for _, power := range r.wide {
		if power == "*" {
			power = "*.*"
		}
		real.Allow = append(real.Allow, "standin:"+power)
	}
	for _, power := range r.local {
		real.Allow = append(real.Allow, "standin:"+power+"@unit")
	}
	return real
}

func (l limits) real() (r rights.Limits) {
	r.ReadOnly = l.readOnly
	if l.units {
		r.Units = []standin.UnitID{"sales"}
	}
	if l.audit {
		r.Allow = []string{"standin:audit.view"}
	}
	if l.hidden {
		r.Deny = []string{"standin:delegation.manage"}
	}
	return r
}

func operator(o *organisation) standin.Caller { return standin.OperatorCaller(o.id, "histories") }

func key(o *organisation, may string) standin.Caller {
	return standin.Caller{Organisation: o.id, Actor: standin.KeyActor(standin.KeyID("key-" + may + "-" + string(o.id))), May: []string{may}}
}

// draw returns a number, each as likely as the others: rapid's own numbers are mostly small ones.
func (h *history) draw(label string, low, high int) int { return low + index(h.rt, label, high-low+1) }

func index(rt *rapid.T, label string, n int) int {
	number := 0
	for range bits.Len(uint(n-1)) + 2 {
		number *= 2
		if rapid.Bool().Draw(rt, label) {
			number++
		}
	}
	return number % n
}

// chance reports whether something of that probability happens.
func (h *history) chance(of, in int) bool { return h.draw("chance", 1, in) <= of }

func pick[T any](h *history, label string, from []T) T { return from[h.draw(label, 0, len(from)-1)] }

func (h *history) fail(format string, args ...any) {
	h.rt.Helper()
	for _, line := range h.log {
		h.rt.Log(line)
	}
	h.rt.Fatalf("at %v: %s", h.clock.Format(time.RFC3339Nano), fmt.Sprintf(format, args...))
}

func (h *history) must(err error) {
	h.rt.Helper()
	if err != nil {
		h.fail("%v", err)
	}
}

func (h *history) view(fn func(ctx context.Context, tx *db.Tx) error) {
	h.rt.Helper()
	h.must(h.place.db.View(h.ctx, fn))
}

// note keeps a line for whoever reads a failure.
func (h *history) note(format string, args ...any) {
	h.log = append(h.log, h.clock.Format("01-02 15:04:05.000000 ")+fmt.Sprintf(format, args...))
}

// enter brings the person to a browser of theirs, in whose login they are themselves or act; they sign in where they have
// none. It fails the history unless Standin sees them as the oracle does. ok is false where they cannot sign in.
func (h *history) enter(p *person) (a asker, ok bool) {
	var own, all []*login
	for _, l := range p.logins {
		if !l.dead {
			all = append(all, l)
			if l.session == nil || l.session.dead {
				own = append(own, l)
			}
		}
	}
	if len(all) == 0 || len(own) == 0 && len(all) < 3 && h.chance(2, 3) {
		if !h.signIn(p) {
			return asker{}, false
		}
		all = append(all, p.logins[len(p.logins)-1])
	} else if len(own) > 0 && h.chance(1, 2) {
		all = own
	}
	return h.at(pick(h, "browser", all)), true
}

// at returns who asks in the browser with this login, which lives.
func (h *history) at(l *login) asker {
	v, err := h.signin.Resolve(h.ctx, l.token, origin)
	if err != nil {
		h.fail("%s at %s: %v, want them seen", l.who.id, l.id, err)
	}
	if s := l.session; s != nil && !s.dead {
		if v.Caller.Principal != s.by.principal.id || v.Caller.Session != s.id || !v.Session.ExpiresAt.Equal(s.lasts()) {
			h.fail("%s is seen as %+v in %+v, want session %s until %v", l.who.id, v.Caller, v.Session, s.id, s.lasts())
		}
	} else if v.Caller.Acting() {
		h.fail("%s is seen as %+v, want in their own name", l.who.id, v.Caller)
	}
	if v.Caller.Actor.Person() != l.who.id || v.Caller.Organisation != l.who.org.id || v.Caller.Login.ID != l.id {
		h.fail("the browser of %s shows %+v", l.who.id, v.Caller)
	}
	return asker{Caller: v.Caller, who: l.who, login: l}
}

// signIn begins a login of the person, and reports whether they may.
func (h *history) signIn(p *person) bool {
	token, l, err := h.demo.ContinueAs(h.ctx, p.org.id, p.id, origin)
	var not no
	not.when(!p.active, standin.Denied)
	h.note("%s signs in", p.id)
	h.outcome("sign in", asker{Caller: standin.Caller{Organisation: p.org.id, Actor: standin.PersonActor(p.id)}}, not, err)
	if err != nil {
		return false
	}
	p.logins = append(p.logins, &login{who: p, id: l.ID, token: token, ends: h.clock.Add(loginLasts), proved: h.clock})
	p.lastSignIn = h.clock
	h.expect(p.org, standin.PersonActor(p.id), "login.create")
	return true
}

// asker returns who does the step: mostly one of the usual, in a browser of theirs, else anybody, a program perhaps. ok is
// false where that person cannot sign in.
func (h *history) asker(usual ...*person) (asker, bool) {
	who := h.draw("who", 0, 19)
	switch {
	case who < 12:
		return h.enter(pick(h, "usual", usual))
	case who < 14:
		high := slices.DeleteFunc(slices.Clone(usual[0].org.people), func(p *person) bool { return p.rank() < 50 })
		if len(high) > 0 {
			return h.enter(pick(h, "administrator", high))
		}
		return h.enter(pick(h, "usual", usual))
	case who < 17:
		return h.enter(pick(h, "anybody", h.everybody))
	}
	org := pick(h, "organisation", h.orgs[:])
	return asker{Caller: pick(h, "program", []standin.Caller{operator(org), key(org, "admin"), key(org, "people"), key(org, "decide")})}, true
}
