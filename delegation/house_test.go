package delegation_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
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

// house is two organisations whose clock moves when told. In acme: ann, bob and cem of sales (staff); hr and hr2, who
// manage stand-ins of sales; fin of finance; boss, who may everything. In rival: rita, who may everything there.
type house struct {
	*housetest.House
	*delegation.Delegations
}

func in(t *testing.T, test func(t *testing.T, h *house)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, settle(t, d)) })
}

func settle(t *testing.T, d *db.DB) *house {
	t.Helper()
	rooms := housetest.Join(t, d, housetest.Standing(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
	h := &house{rooms, rooms.Delegations}
	for org, units := range map[standin.OrganisationID][]standin.UnitID{acme: {"sales", "sales/emea", "finance"}, rival: {"sales"}} {
		h.Settings(org)
		h.Units(org, units...)
		h.Roles(org, rights.Role{ID: "staff", Allow: []string{}}, rights.Role{ID: "director", Rank: 60, Allow: []string{}},
			rights.Role{ID: "peer", Rank: 50, Allow: []string{}}, rights.Role{ID: "super", Rank: 90, Allow: []string{"standin:*.*@org"}},
			rights.Role{ID: "hr", Rank: 50, Allow: []string{"standin:delegation.manage@unit", "standin:person.impersonate@unit"}})
	}
	h.person(acme, "boss", "Bea Boss", "", "super")
	h.person(acme, "hr", "Hanna Resch", "sales", "hr")
	h.person(acme, "hr2", "Hugo Rank", "sales", "hr")
	h.person(acme, "ann", "Ann Müller", "sales", "staff")
	h.person(acme, "bob", "Bob Ito", "sales/emea", "staff")
	h.person(acme, "cem", "Cem Öz", "sales", "staff")
	h.person(acme, "fin", "Finn Fink", "finance", "staff")
	h.person(rival, "rita", "Rita Rival", "sales", "super")
	h.Application(application.Application{Organisation: acme, ID: "desk", Name: "Desk", Catalogue: rights.Catalogue{Types: map[string]rights.Type{"expense": {
		Actions: map[string]rights.Action{"view": rights.DefaultAction("view"), "approve": rights.DefaultAction("approve"),
			"enter": {Category: rights.General, Personal: true, Entry: true}, "leave": {Category: rights.General, Personal: true}},
		Fields: map[string]rights.Field{"account": {Sealed: true}}}}}})
	return h
}

// reopen goes on with another opening of the same database, a little later.
func (h *house) reopen(d *db.DB) {
	h.Pass(time.Minute)
	h.House = housetest.Join(h.T, d, h.Clock)
	h.Delegations = h.House.Delegations
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

func (h *house) person(org standin.OrganisationID, id standin.PersonID, name string, unit standin.UnitID, role standin.RoleID) {
	h.T.Helper()
	h.Person(org, directory.Person{ID: id, Name: name, Unit: unit}, role)
}

// name names one stand-in by the principal themselves, as the wish says, with a purpose if it has none.
func (h *house) name(wish delegation.Naming) delegation.Delegation {
	h.T.Helper()
	if wish.Purpose == "" {
		wish.Purpose = "annual leave"
	}
	named, err := h.Name(h.T.Context(), as(acme, wish.Principal), wish)
	if err != nil {
		h.T.Fatal(err)
	}
	return named[0]
}

// cover is a wish for one stand-in.
func cover(actor, principal standin.PersonID) delegation.Naming {
	return delegation.Naming{Actors: []standin.PersonID{actor}, Principal: principal, Purpose: "annual leave"}
}

func standby(actor, principal standin.PersonID) delegation.Naming {
	wish := cover(actor, principal)
	wish.Kind = delegation.Standby
	return wish
}

// state returns what the delegation is now.
func (h *house) state(id standin.DelegationID) delegation.State {
	return h.load(acme, id).StateAt(h.Now())
}

func (h *house) load(org standin.OrganisationID, id standin.DelegationID) (d delegation.Delegation) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) (err error) {
		d, err = h.Load(ctx, tx, org, id)
		return err
	})
	return d
}

// put applies what a world file says of one delegation.
func (h *house) put(spec delegation.Spec) (put delegation.Put) {
	h.T.Helper()
	h.Update(func(ctx context.Context, tx *db.Tx) (err error) {
		put, err = h.PutIn(ctx, tx, operator(acme), spec)
		return err
	})
	return put
}

// everything returns all of acme's delegations.
func (h *house) everything() (all []delegation.Delegation) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) error {
		every, err := h.Every(ctx, tx, acme)
		all = slices.Collect(maps.Values(every))
		return err
	})
	return all
}

// use marks a first use.
func (h *house) use(id standin.DelegationID, actor standin.PersonID) {
	h.T.Helper()
	h.Update(func(ctx context.Context, tx *db.Tx) error { return h.Use(ctx, tx, as(acme, actor), id, h.Now()) })
}

// record is the part of a record that tests look at.
type record struct {
	Actor     standin.Actor
	Principal standin.PersonID
	Action    string
	Outcome   ledger.Outcome
	Reason    string
}

// records returns the records about the resource, oldest first.
func (h *house) records(org standin.OrganisationID, resource string) (found []record) {
	h.T.Helper()
	for _, got := range slices.Backward(h.Records(ledger.Filter{Organisation: org, Resource: resource})) {
		r := record{got.Actor, got.Principal, got.Action, got.Outcome, ""}
		if len(got.Reasons) > 0 {
			r.Reason = got.Reasons[0]
		}
		found = append(found, r)
	}
	return found
}

// explained fails unless every row is what its last record says, and no record speaks of a row that is not there.
func (h *house) explained() {
	h.T.Helper()
	h.Unexplained(ledger.Walk{Kinds: []string{"delegation"}, Explain: h.Explain})
}

func operator(org standin.OrganisationID) standin.Caller { return housetest.Operator(org) }

func as(org standin.OrganisationID, id standin.PersonID) standin.Caller { return housetest.As(org, id) }

func acting(actor, principal standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: acme, Actor: standin.PersonActor(actor), Principal: principal, Session: "s-1", Delegation: "d-1"}
}

// by returns the actor of the delegation while they act by it.
func by(d delegation.Delegation) standin.Caller {
	c := acting(d.Actor, d.Principal)
	c.Delegation = d.ID
	return c
}

func key(may ...string) standin.Caller {
	return standin.Caller{Organisation: acme, Actor: standin.KeyActor("k-1"), May: may}
}

func refused(t testing.TB, err error, kind standin.Kind, code string) {
	t.Helper()
	housetest.Refused(t, err, kind, code)
}

// err drops what came beside an error.
func err[T any](_ T, e error) error { return e }
