package acting_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
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

// house is two organisations whose clock moves when told. In acme: ann, bob, cem and dan of sales; hr, who manages
// stand-ins of sales; boss, who may everything. In rival: rita, who may everything there.
type house struct {
	*acting.Acting
	t           testing.TB
	db          *db.DB
	dir         *directory.Directory
	delegations *delegation.Delegations
	ledger      *ledger.Ledger
	clock       time.Time
}

func in(t *testing.T, test func(t *testing.T, h *house)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, settle(t, d)) })
}

func settle(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	now := func() time.Time { return h.clock }
	h.ledger = ledger.New(d, now)
	h.dir = directory.New(d, h.ledger, now)
	h.delegations = delegation.New(d, h.ledger, h.dir, now)
	h.Acting = acting.New(d, h.ledger, h.dir, h.delegations, now)
	for _, org := range []standin.OrganisationID{acme, rival} {
		h.settings(org, func(*directory.Settings) {})
		must(h.dir.PutUnit(t.Context(), operator(org), "sales"))(t)
		for _, r := range []rights.Role{{ID: "staff", Allow: []string{}}, {ID: "hr", Rank: 50, Allow: []string{"standin:delegation.manage@unit"}},
			{ID: "super", Rank: 90, Allow: []string{"standin:*.*@org"}}} {
			must(h.dir.PutRole(t.Context(), operator(org), r, 0))(t)
		}
	}
	for id, name := range map[standin.PersonID]string{"ann": "Ann Müller", "bob": "Bob Ito", "cem": "Cem Öz", "dan": "Dan Dee"} {
		h.person(acme, id, name, "sales", "staff")
	}
	h.person(acme, "hr", "Hanna Resch", "sales", "hr")
	h.person(acme, "boss", "Bea Boss", "", "super")
	h.person(rival, "rita", "Rita Rival", "", "super")
	return h
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

// name names the actor for the principal, as the wish says.
func (h *house) name(actor, principal standin.PersonID, wish ...func(*delegation.Naming)) delegation.Delegation {
	h.t.Helper()
	naming := delegation.Naming{Actors: []standin.PersonID{actor}, Principal: principal, Purpose: "annual leave"}
	for _, change := range wish {
		change(&naming)
	}
	named, err := h.delegations.Name(h.t.Context(), as(acme, principal), naming)
	if err != nil {
		h.t.Fatal(err)
	}
	return named[0]
}

func until(end time.Time) func(*delegation.Naming) { return func(n *delegation.Naming) { n.End = end } }

func standby(n *delegation.Naming) { n.Kind = delegation.Standby }

func readOnly(n *delegation.Naming) { n.Limits.ReadOnly = true }

// login is a sign-in of the person for the next twelve hours.
func (h *house) login(id standin.PersonID, login standin.LoginID) standin.Caller {
	c := as(acme, id)
	c.Login = standin.Login{ID: login, Ends: h.clock.Add(12 * time.Hour), Proved: h.clock}
	c.Origin = standin.Origin{Address: "192.0.2.1", Agent: "browser"}
	return c
}

// begin starts to act, and returns the session and who the caller is from then on. A refusal is recorded, as signing in's
// room does it.
func (h *house) begin(c standin.Caller, id standin.DelegationID) (s acting.Session, after standin.Caller, err error) {
	err = h.db.Update(h.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = h.Start(ctx, tx, c, id, h.clock)
		return err
	})
	if err != nil {
		return s, c, h.Refused(h.t.Context(), c, "acting.start", id, err)
	}
	return s, within(c, s), nil
}

// act is begin that must succeed.
func (h *house) act(c standin.Caller, id standin.DelegationID) (acting.Session, standin.Caller) {
	h.t.Helper()
	s, after, err := h.begin(c, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return s, after
}

// within returns the caller in the session.
func within(c standin.Caller, s acting.Session) standin.Caller {
	c.Principal, c.Session, c.Delegation = s.Principal, s.ID, s.Delegation
	return c
}

func (h *house) extend(c standin.Caller) (s acting.Session, err error) {
	err = h.db.Update(h.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = h.Extend(ctx, tx, c, h.clock)
		return err
	})
	return s, err
}

func (h *house) stop(c standin.Caller) {
	h.t.Helper()
	h.update(func(ctx context.Context, tx *db.Tx) error { return h.Stop(ctx, tx, c, h.clock) })
}

// check asks as one would who does something for the principal.
func (h *house) check(c standin.Caller) error {
	return h.db.Update(h.t.Context(), func(ctx context.Context, tx *db.Tx) error { return h.Check(ctx, tx, c, h.clock) })
}

// live returns what the login's session is now.
func (h *house) live(login standin.LoginID) (s acting.Session, l acting.Liveness) {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) (err error) {
		s, l, err = h.Live(ctx, tx, acme, login, h.clock)
		return err
	})
	return s, l
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

// record is the part of a record that tests look at.
type record struct {
	Actor     standin.Actor
	Principal standin.PersonID
	Action    string
	Outcome   ledger.Outcome
	Reason    string
}

// records returns what was recorded of acting, oldest first, and fails where a record lacks the session or the
// delegation that it is about.
func (h *house) records() (found []record) {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) error {
		found = nil
		all, _, err := h.ledger.Page(ctx, tx, ledger.Filter{Organisation: acme, Action: "acting."}, ledger.Cursor{}, 1000)
		for i := len(all) - 1; i >= 0; i-- {
			r := all[i]
			if r.Outcome == ledger.Done && (r.Session == "" || r.Delegation == "" || r.Principal == "") {
				h.t.Errorf("it does not say for whom, in which session or by what: %+v", r)
			}
			reason := ""
			if len(r.Reasons) > 0 {
				reason = r.Reasons[0]
			}
			found = append(found, record{r.Actor, r.Principal, r.Action, r.Outcome, reason})
		}
		return err
	})
	return found
}

// recorded fails unless exactly that was recorded of acting.
func (h *house) recorded(want ...record) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.records()); diff != "" {
		h.t.Errorf("records: -want +got:\n%s", diff)
	}
}

// explained fails unless every session and delegation is what its last record says.
func (h *house) explained() {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) error {
		walks := []ledger.Walk{{Kinds: []string{"session"}, Explain: h.Explain}, {Kinds: []string{"delegation"}, Explain: h.delegations.Explain}}
		return h.ledger.Unexplained(ctx, tx, acme, walks, func(d ledger.Difference) error {
			h.t.Errorf("%s: %s (%s)", d.Resource, d.What, d.Record)
			return nil
		})
	})
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

// refused fails unless err is of the kind and code.
func refused(t testing.TB, err error, kind standin.Kind, code string) {
	t.Helper()
	if standin.KindOf(err) != kind || standin.CodeOf(err) != code {
		t.Errorf("got %v (%s, %s), want %s, %s", err, standin.KindOf(err), standin.CodeOf(err), kind, code)
	}
}
