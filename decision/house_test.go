package decision_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

const (
	acme  standin.OrganisationID = "acme"
	rival standin.OrganisationID = "rival"
	day                          = 24 * time.Hour
)

// house is two organisations with the application desk, whose clock moves when told. In acme, hal of sales is staff and
// manages sales; ann, bob and cem of finance are staff; boss may everything; dee of sales/emea is staff.
type house struct {
	*decision.Decisions
	t           testing.TB
	db          *db.DB
	dir         *directory.Directory
	apps        *application.Applications
	delegations *delegation.Delegations
	acting      *acting.Acting
	ledger      *ledger.Ledger
	clock       *clock
	key         standin.Caller // an API key of acme made for "decide"
	logins      int
}

// clock is safe for the goroutines of tests that ask many questions at once.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

func in(t *testing.T, test func(t *testing.T, h *house)) {
	t.Parallel() // most of a test's time is waiting for the disk
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, settle(t, d)) })
}

func desk() rights.Catalogue {
	plain := rights.Action{Category: "general", Entry: true}
	view, personal := rights.DefaultAction("view"), rights.Action{Category: "general", Personal: true, Entry: true}
	never := rights.Action{Category: "general", Personal: true}
	return rights.Catalogue{Types: map[string]rights.Type{
		"expense": {Actions: map[string]rights.Action{"view": view, "enter": personal, "edit": plain, "terms": never,
			"approve": {Category: "cost_centre", Approves: true, Entry: true}, "reimburse": {Category: "cost_centre", Approves: true, Entry: true}},
			Fields: map[string]rights.Field{"amount": {}, "bank_account": {Sealed: true}}},
		"report": {Actions: map[string]rights.Action{"view": view, "share": plain}},
	}}
}

// join returns the rooms over d, as one program has them.
func join(t testing.TB, d *db.DB, c *clock) *house {
	h := &house{t: t, db: d, clock: c}
	h.ledger = ledger.New(d, c.read)
	h.dir = directory.New(d, h.ledger, c.read)
	h.apps = application.New(d, h.ledger, c.read)
	h.delegations = delegation.New(d, h.ledger, h.dir, c.read)
	h.acting = acting.New(d, h.ledger, h.dir, h.delegations, c.read)
	h.Decisions = decision.New(d, h.ledger, h.dir, h.apps, h.delegations, h.acting, c.read)
	h.key = standin.Caller{Organisation: acme, Actor: standin.KeyActor("desk-pdp"), May: []string{"decide"}}
	return h
}

func settle(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := join(t, d, &clock{now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)})
	for _, org := range []standin.OrganisationID{acme, rival} {
		h.settings(org, func(*directory.Settings) {})
		for _, unit := range []standin.UnitID{"sales", "sales/emea", "finance"} {
			must(h.dir.PutUnit(t.Context(), operator(org), unit))(t)
		}
		h.desk(org, "")
		for _, r := range []rights.Role{
			{ID: "staff", Allow: []string{"desk:expense.view@own", "desk:expense.enter@own", "desk:expense.terms@own", "desk:expense.edit@own"}},
			{ID: "manager", Rank: 10, Allow: []string{"desk:expense.view@unit", "desk:expense.approve@unit", "desk:expense.reimburse@unit",
				"desk:report.*@unit"}},
			{ID: "super", Rank: 90, Allow: []string{"standin:*.*@org", "desk:*.*/*@org"}}} {
			must(h.dir.PutRole(t.Context(), operator(org), r, 0))(t)
		}
	}
	for id, unit := range map[standin.PersonID]standin.UnitID{"hal": "sales", "ann": "finance", "bob": "finance", "cem": "finance", "dee": "sales/emea"} {
		h.person(acme, id, unit, "staff")
	}
	must(h.dir.Hold(t.Context(), operator(acme), "hal", "manager", "sales"))(t)
	h.person(acme, "boss", "", "super")
	h.person(rival, "rita", "sales", "super")
	return h
}

func (h *house) desk(org standin.OrganisationID, guardrails string) {
	h.t.Helper()
	h.update(func(ctx context.Context, tx *db.Tx) error {
		_, err := h.apps.Put(ctx, tx, operator(org), application.Application{Organisation: org, ID: "desk", Name: "Desk",
			Catalogue: desk(), Guardrails: guardrails})
		return err
	})
}

func (h *house) settings(org standin.OrganisationID, set func(s *directory.Settings)) {
	h.t.Helper()
	s := directory.DefaultSettings()
	set(&s)
	must(h.dir.PutOrganisation(h.t.Context(), operator(org), directory.Organisation{Name: string(org), Settings: s}))(h.t)
}

func (h *house) person(org standin.OrganisationID, id standin.PersonID, unit standin.UnitID, role standin.RoleID) {
	h.t.Helper()
	_, _, err := h.dir.PutPerson(h.t.Context(), operator(org),
		directory.Person{ID: id, Name: string(id), Email: string(id) + "@" + string(org) + ".example", Unit: unit})
	if err != nil {
		h.t.Fatal(err)
	}
	must(h.dir.Hold(h.t.Context(), operator(org), id, role, ""))(h.t)
	notice := directory.DefaultSettings().Notice("").Version
	h.update(func(ctx context.Context, tx *db.Tx) error { return h.dir.AcceptNotice(ctx, tx, as(org, id), notice) })
}

// name names the actor for the principal, within the limits.
func (h *house) name(actor, principal standin.PersonID, limits rights.Limits, wish ...func(*delegation.Naming)) delegation.Delegation {
	h.t.Helper()
	naming := delegation.Naming{Actors: []standin.PersonID{actor}, Principal: principal, Purpose: "annual leave", Limits: limits}
	for _, change := range wish {
		change(&naming)
	}
	named, err := h.delegations.Name(h.t.Context(), as(acme, principal), naming)
	if err != nil {
		h.t.Fatal(err)
	}
	return named[0]
}

// act starts an acting session by the delegation, in a new sign-in of its actor.
func (h *house) act(d delegation.Delegation) (s acting.Session, caller standin.Caller) {
	h.t.Helper()
	h.logins++
	caller = as(acme, d.Actor)
	caller.Login = standin.Login{ID: standin.LoginID(standin.NewID("l")), Ends: h.clock.read().Add(12 * time.Hour), Proved: h.clock.read()}
	h.update(func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = h.acting.Start(ctx, tx, caller, d.ID, h.clock.read())
		return err
	})
	caller.Principal, caller.Session, caller.Delegation = s.Principal, s.ID, s.Delegation
	return s, caller
}

// asks is a question about one of dee's expenses in sales/emea.
func asks(action string, change ...func(*decision.Question)) decision.Question {
	q := decision.Question{Application: "desk", Type: "expense", ID: "e-1", Action: action,
		Resource: decision.Resource{Owner: "dee", EnteredBy: "dee", Unit: "sales/emea"}}
	for _, c := range change {
		c(&q)
	}
	return q
}

func within(s acting.Session) func(*decision.Question) {
	return func(q *decision.Question) { q.Principal, q.Actor, q.Session = s.Principal, s.Actor, s.ID }
}

func self(id standin.PersonID) func(*decision.Question) {
	return func(q *decision.Question) { q.Principal = id }
}

func could(actor, principal standin.PersonID) func(*decision.Question) {
	return func(q *decision.Question) { q.Actor, q.Principal = actor, principal }
}

func about(owner standin.PersonID, unit standin.UnitID) func(*decision.Question) {
	return func(q *decision.Question) { q.Owner, q.EnteredBy, q.Unit = owner, owner, unit }
}

// ask asks as the application does, and fails on an error.
func (h *house) ask(q decision.Question) decision.Answer {
	h.t.Helper()
	a, err := h.Decide(h.t.Context(), h.key, q)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

// permits fails unless the question is permitted.
func (h *house) permits(q decision.Question) decision.Answer {
	h.t.Helper()
	a := h.ask(q)
	if !a.Permit {
		h.t.Errorf("%s for %s by %s: refused because of %v, want a permit", q.Action, q.Principal, q.Actor, codes(a))
	}
	return a
}

// denies fails unless the question is refused, for that reason among others.
func (h *house) denies(q decision.Question, code string) decision.Answer {
	h.t.Helper()
	a := h.ask(q)
	switch {
	case a.Permit:
		h.t.Errorf("%s for %s by %s: permitted, want it refused because of %s", q.Action, q.Principal, q.Actor, code)
	case !slices.Contains(codes(a), code):
		h.t.Errorf("%s for %s by %s: refused because of %v, want %s", q.Action, q.Principal, q.Actor, codes(a), code)
	}
	return a
}

// codes returns the reasons that speak against.
func codes(a decision.Answer) []string {
	var all []string
	for _, r := range a.Reasons {
		if !r.For {
			all = append(all, r.Code)
		}
	}
	return all
}

// records returns what was recorded of decisions, oldest first.
func (h *house) records() (found []ledger.Record) {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) error {
		all, _, err := h.ledger.Page(ctx, tx, ledger.Filter{Organisation: acme, Action: "decision."}, ledger.Cursor{}, 1000)
		slices.Reverse(all)
		found = all
		return err
	})
	return found
}

func (h *house) update(fn func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Update(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) view(fn func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.View(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// must fails the test on an error, whatever else a function returned.
func must[T any](_ T, err error) func(t testing.TB) {
	return func(t testing.TB) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func operator(org standin.OrganisationID) standin.Caller { return standin.OperatorCaller(org, "test") }

func as(org standin.OrganisationID, id standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: org, Actor: standin.PersonActor(id), Principal: id}
}
