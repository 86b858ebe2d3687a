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
	*delegation.Delegations
	t      *testing.T
	db     *db.DB
	dir    *directory.Directory
	ledger *ledger.Ledger
	clock  time.Time
}

func in(t *testing.T, test func(t *testing.T, h *house)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, settle(t, d)) })
}

func settle(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, clock: time.Date(2026, 11, 2, 8, 59, 0, 0, time.UTC)}
	h.reopen(d)
	for org, units := range map[standin.OrganisationID][]standin.UnitID{acme: {"sales", "sales/emea", "finance"}, rival: {"sales"}} {
		op := operator(org)
		h.settings(org, func(*directory.Settings) {})
		for _, u := range units {
			must(h.dir.PutUnit(t.Context(), op, u))(t)
		}
		for _, r := range []rights.Role{
			{ID: "staff", Allow: []string{}},
			{ID: "director", Rank: 60, Allow: []string{}},
			{ID: "peer", Rank: 50, Allow: []string{}},
			{ID: "hr", Rank: 50, Allow: []string{"standin:delegation.manage@unit", "standin:person.impersonate@unit"}},
			{ID: "super", Rank: 90, Allow: []string{"standin:*.*@org"}},
		} {
			must(h.dir.PutRole(t.Context(), op, r, 0))(t)
		}
	}
	h.person(acme, "boss", "Bea Boss", "", "super")
	h.person(acme, "hr", "Hanna Resch", "sales", "hr")
	h.person(acme, "hr2", "Hugo Rank", "sales", "hr")
	h.person(acme, "ann", "Ann Müller", "sales", "staff")
	h.person(acme, "bob", "Bob Ito", "sales/emea", "staff")
	h.person(acme, "cem", "Cem Öz", "sales", "staff")
	h.person(acme, "fin", "Finn Fink", "finance", "staff")
	h.person(rival, "rita", "Rita Rival", "sales", "super")
	catalogue := rights.Catalogue{Types: map[string]rights.Type{"expense": {
		Actions: map[string]rights.Action{"view": rights.DefaultAction("view"), "approve": rights.DefaultAction("approve"),
			"enter": {Category: rights.General, Personal: true, Entry: true}, "leave": {Category: rights.General, Personal: true}},
		Fields: map[string]rights.Field{"account": {Sealed: true}}}}}
	h.update(func(ctx context.Context, tx *db.Tx) error {
		_, err := application.New(d, h.ledger, h.now).Put(ctx, tx, operator(acme),
			application.Application{Organisation: acme, ID: "desk", Name: "Desk", Catalogue: catalogue})
		return err
	})
	return h
}

func (h *house) now() time.Time { return h.clock }

// reopen goes on with another opening of the same database, a little later.
func (h *house) reopen(d *db.DB) {
	h.clock = h.clock.Add(time.Minute)
	h.db, h.ledger = d, ledger.New(d, h.now)
	h.dir = directory.New(d, h.ledger, h.now)
	h.Delegations = delegation.New(d, h.ledger, h.dir, h.now)
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

func (h *house) settings(org standin.OrganisationID, set func(s *directory.Settings)) {
	h.t.Helper()
	s := directory.DefaultSettings()
	set(&s)
	must(h.dir.PutOrganisation(h.t.Context(), operator(org), directory.Organisation{Name: string(org), Settings: s}))(h.t)
}

func (h *house) person(org standin.OrganisationID, id standin.PersonID, name string, unit standin.UnitID, role standin.RoleID) {
	h.t.Helper()
	_, _, err := h.dir.PutPerson(h.t.Context(), operator(org),
		directory.Person{ID: id, Name: name, Email: string(id) + "@" + string(org) + ".example", Unit: unit})
	if err != nil {
		h.t.Fatal(err)
	}
	must(h.dir.Hold(h.t.Context(), operator(org), id, role, ""))(h.t)
	notice := directory.DefaultSettings().Notice("").Version
	h.update(func(ctx context.Context, tx *db.Tx) error { return h.dir.AcceptNotice(ctx, tx, as(org, id), notice) })
}

func (h *house) update(fn func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Update(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// name names one stand-in by the principal themselves, as the wish says, with a purpose if it has none.
func (h *house) name(wish delegation.Naming) delegation.Delegation {
	h.t.Helper()
	if wish.Purpose == "" {
		wish.Purpose = "annual leave"
	}
	named, err := h.Name(h.t.Context(), as(acme, wish.Principal), wish)
	if err != nil {
		h.t.Fatal(err)
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
	return h.load(acme, id).StateAt(h.clock)
}

func (h *house) load(org standin.OrganisationID, id standin.DelegationID) (d delegation.Delegation) {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) (err error) {
		d, err = h.Load(ctx, tx, org, id)
		return err
	})
	return d
}

func (h *house) view(fn func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.View(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// put applies what a world file says of one delegation.
func (h *house) put(spec delegation.Spec) (put delegation.Put) {
	h.t.Helper()
	h.update(func(ctx context.Context, tx *db.Tx) (err error) {
		put, err = h.PutIn(ctx, tx, operator(acme), spec)
		return err
	})
	return put
}

// everything returns all of acme's delegations.
func (h *house) everything() (all []delegation.Delegation) {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) error {
		every, err := h.Every(ctx, tx, acme)
		all = slices.Collect(maps.Values(every))
		return err
	})
	return all
}

// use marks a first use.
func (h *house) use(id standin.DelegationID, actor standin.PersonID) {
	h.t.Helper()
	h.update(func(ctx context.Context, tx *db.Tx) error { return h.Use(ctx, tx, as(acme, actor), id, h.clock) })
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
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) error {
		found = nil
		all, _, err := h.ledger.Page(ctx, tx, ledger.Filter{Organisation: org, Resource: resource}, ledger.Cursor{}, 1000)
		for i := len(all) - 1; i >= 0; i-- {
			r := record{all[i].Actor, all[i].Principal, all[i].Action, all[i].Outcome, ""}
			if len(all[i].Reasons) > 0 {
				r.Reason = all[i].Reasons[0]
			}
			found = append(found, r)
		}
		return err
	})
	return found
}

// explained fails unless every row is what its last record says, and no record speaks of a row that is not there.
func (h *house) explained() {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) error {
		walks := []ledger.Walk{{Kinds: []string{"delegation"}, Explain: h.Explain}}
		return h.ledger.Unexplained(ctx, tx, acme, walks, func(d ledger.Difference) error {
			h.t.Errorf("%s: %s (%s)", d.Resource, d.What, d.Record)
			return nil
		})
	})
}

func operator(org standin.OrganisationID) standin.Caller { return standin.OperatorCaller(org, "test") }

func as(org standin.OrganisationID, id standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: org, Actor: standin.PersonActor(id), Principal: id}
}

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

// refused fails unless err is of the kind and code.
func refused(t testing.TB, err error, kind standin.Kind, code string) {
	t.Helper()
	if standin.KindOf(err) != kind || standin.CodeOf(err) != code {
		t.Errorf("got %v (%s, %s), want %s, %s", err, standin.KindOf(err), standin.CodeOf(err), kind, code)
	}
}

// err drops what came beside an error.
func err[T any](_ T, e error) error { return e }
