package decision_test

import (
	"slices"
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
	"github.com/standin-id/standin/housetest"
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
	*housetest.House
	*decision.Decisions
	key standin.Caller // an API key of acme made for "decide"
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
func join(t testing.TB, d *db.DB, c *housetest.Clock) *house {
	rooms := housetest.Join(t, d, c)
	return &house{rooms, rooms.Decisions, standin.Caller{Organisation: acme, Actor: standin.KeyActor("desk-pdp"), May: []string{"decide"}}}
}

func settle(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := join(t, d, housetest.Standing(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
	for _, org := range []standin.OrganisationID{acme, rival} {
		h.Settings(org)
		h.Units(org, "sales", "sales/emea", "finance")
		h.desk(org, "")
		h.Roles(org,
			rights.Role{ID: "staff", Allow: []string{"desk:expense.view@own", "desk:expense.enter@own", "desk:expense.terms@own", "desk:expense.edit@own"}},
			rights.Role{ID: "manager", Rank: 10, Allow: []string{"desk:expense.view@unit", "desk:expense.approve@unit", "desk:expense.reimburse@unit",
				"desk:report.*@unit"}},
			rights.Role{ID: "super", Rank: 90, Allow: []string{"standin:*.*@org", "desk:*.*/*@org"}})
	}
	for id, unit := range map[standin.PersonID]standin.UnitID{"hal": "sales", "ann": "finance", "bob": "finance", "cem": "finance", "dee": "sales/emea"} {
		h.Person(acme, directory.Person{ID: id, Name: string(id), Unit: unit}, "staff")
	}
	must(h.Directory.Hold(t.Context(), operator(acme), "hal", "manager", "sales"))(t)
	h.Person(acme, directory.Person{ID: "boss", Name: "boss"}, "super")
	h.Person(rival, directory.Person{ID: "rita", Name: "rita", Unit: "sales"}, "super")
	return h
}

func (h *house) desk(org standin.OrganisationID, guardrails string) {
	h.T.Helper()
	h.Application(application.Application{Organisation: org, ID: "desk", Name: "Desk", Catalogue: desk(), Guardrails: guardrails})
}

// name names the actor for the principal, within the limits.
func (h *house) name(actor, principal standin.PersonID, limits rights.Limits, wish ...func(*delegation.Naming)) delegation.Delegation {
	h.T.Helper()
	within := func(n *delegation.Naming) { n.Limits = limits }
	return h.Appoint(actor, principal, append([]func(*delegation.Naming){within}, wish...)...)
}

// act starts an acting session by the delegation, in a new sign-in of its actor.
func (h *house) act(d delegation.Delegation) (acting.Session, standin.Caller) {
	h.T.Helper()
	s, caller, err := h.Represent(h.LoggedIn(d.Actor, standin.LoginID(standin.NewID("l"))), d.ID)
	if err != nil {
		h.T.Fatal(err)
	}
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
	h.T.Helper()
	a, err := h.Decide(h.T.Context(), h.key, q)
	if err != nil {
		h.T.Fatal(err)
	}
	return a
}

// permits fails unless the question is permitted.
func (h *house) permits(q decision.Question) decision.Answer {
	h.T.Helper()
	a := h.ask(q)
	if !a.Permit {
		h.T.Errorf("%s for %s by %s: refused because of %v, want a permit", q.Action, q.Principal, q.Actor, codes(a))
	}
	return a
}

// denies fails unless the question is refused, for that reason among others.
func (h *house) denies(q decision.Question, code string) decision.Answer {
	h.T.Helper()
	a := h.ask(q)
	switch {
	case a.Permit:
		h.T.Errorf("%s for %s by %s: permitted, want it refused because of %s", q.Action, q.Principal, q.Actor, code)
	case !slices.Contains(codes(a), code):
		h.T.Errorf("%s for %s by %s: refused because of %v, want %s", q.Action, q.Principal, q.Actor, codes(a), code)
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
func (h *house) records() []ledger.Record {
	h.T.Helper()
	all := h.Records(ledger.Filter{Organisation: acme, Action: "decision."})
	slices.Reverse(all)
	return all
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

func operator(org standin.OrganisationID) standin.Caller { return housetest.Operator(org) }

func as(org standin.OrganisationID, id standin.PersonID) standin.Caller { return housetest.As(org, id) }
