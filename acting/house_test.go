package acting_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
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

// house is two organisations whose clock moves when told. In acme: ann, bob, cem and dan of sales; hr, who manages
// stand-ins of sales; boss, who may everything. In rival: rita, who may everything there.
type house struct {
	*housetest.House
	*acting.Acting
}

func in(t *testing.T, test func(t *testing.T, h *house)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, settle(t, d)) })
}

func settle(t testing.TB, d *db.DB) *house {
	t.Helper()
	rooms := housetest.Join(t, d, housetest.Standing(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
	h := &house{rooms, rooms.Acting}
	for _, org := range []standin.OrganisationID{acme, rival} {
		h.Settings(org)
		h.Units(org, "sales")
		h.Roles(org, rights.Role{ID: "staff", Allow: []string{}}, rights.Role{ID: "hr", Rank: 50, Allow: []string{"standin:delegation.manage@unit"}},
			rights.Role{ID: "super", Rank: 90, Allow: []string{"standin:*.*@org"}})
	}
	for id, name := range map[standin.PersonID]string{"ann": "Ann Müller", "bob": "Bob Ito", "cem": "Cem Öz", "dan": "Dan Dee"} {
		h.person(acme, id, name, "sales", "staff")
	}
	h.person(acme, "hr", "Hanna Resch", "sales", "hr")
	h.person(acme, "boss", "Bea Boss", "", "super")
	h.person(rival, "rita", "Rita Rival", "", "super")
	return h
}

func (h *house) person(org standin.OrganisationID, id standin.PersonID, name string, unit standin.UnitID, role standin.RoleID) {
	h.T.Helper()
	h.Person(org, directory.Person{ID: id, Name: name, Unit: unit}, role)
}

func until(end time.Time) func(*delegation.Naming) { return func(n *delegation.Naming) { n.End = end } }

func standby(n *delegation.Naming) { n.Kind = delegation.Standby }

func readOnly(n *delegation.Naming) { n.Limits.ReadOnly = true }

// login is a sign-in of the person for the next twelve hours.
func (h *house) login(id standin.PersonID, login standin.LoginID) standin.Caller {
	c := h.LoggedIn(id, login)
	c.Origin = standin.Origin{Address: "192.0.2.1", Agent: "browser"}
	return c
}

// begin starts to act, and returns the session and who the caller is from then on. A refusal is recorded, as signing in's
// room does it.
func (h *house) begin(c standin.Caller, id standin.DelegationID) (acting.Session, standin.Caller, error) {
	s, after, err := h.Represent(c, id)
	if err != nil {
		err = h.Refused(h.T.Context(), c, "acting.start", id, err)
	}
	return s, after, err
}

// act is begin that must succeed.
func (h *house) act(c standin.Caller, id standin.DelegationID) (acting.Session, standin.Caller) {
	h.T.Helper()
	s, after, err := h.begin(c, id)
	if err != nil {
		h.T.Fatal(err)
	}
	return s, after
}

// within returns the caller in the session.
func within(c standin.Caller, s acting.Session) standin.Caller {
	c.Principal, c.Session, c.Delegation = s.Principal, s.ID, s.Delegation
	return c
}

func (h *house) extend(c standin.Caller) (s acting.Session, err error) {
	err = h.DB.Update(h.T.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = h.Extend(ctx, tx, c, h.Now())
		return err
	})
	return s, err
}

func (h *house) stop(c standin.Caller) {
	h.T.Helper()
	h.Update(func(ctx context.Context, tx *db.Tx) error { return h.Stop(ctx, tx, c, h.Now()) })
}

// check asks as one would who does something for the principal.
func (h *house) check(c standin.Caller) error {
	return h.DB.Update(h.T.Context(), func(ctx context.Context, tx *db.Tx) error { return h.Check(ctx, tx, c, h.Now()) })
}

// live returns what the login's session is now.
func (h *house) live(login standin.LoginID) (s acting.Session, l acting.Liveness) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) (err error) {
		s, l, err = h.Live(ctx, tx, acme, login, h.Now())
		return err
	})
	return s, l
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
	h.T.Helper()
	for _, r := range slices.Backward(h.Records(ledger.Filter{Organisation: acme, Action: "acting."})) {
		if r.Outcome == ledger.Done && (r.Session == "" || r.Delegation == "" || r.Principal == "") {
			h.T.Errorf("it does not say for whom, in which session or by what: %+v", r)
		}
		reason := ""
		if len(r.Reasons) > 0 {
			reason = r.Reasons[0]
		}
		found = append(found, record{r.Actor, r.Principal, r.Action, r.Outcome, reason})
	}
	return found
}

// recorded fails unless exactly that was recorded of acting.
func (h *house) recorded(want ...record) {
	h.T.Helper()
	if diff := cmp.Diff(want, h.records()); diff != "" {
		h.T.Errorf("records: -want +got:\n%s", diff)
	}
}

// explained fails unless every session and delegation is what its last record says.
func (h *house) explained() {
	h.T.Helper()
	h.Unexplained(ledger.Walk{Kinds: []string{"session"}, Explain: h.Explain},
		ledger.Walk{Kinds: []string{"delegation"}, Explain: h.Delegations.Explain})
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

func refused(t testing.TB, err error, kind standin.Kind, code string) {
	t.Helper()
	housetest.Refused(t, err, kind, code)
}
