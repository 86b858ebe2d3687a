package token_test

import (
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/token"
)

const (
	acme   standin.OrganisationID = "acme"
	rival  standin.OrganisationID = "rival"
	good                          = "correct horse battery"
	issuer                        = housetest.Issuer
)

var home = housetest.Home()

// porch is a house with a few people and applications, whose clock moves when told.
type porch struct {
	*housetest.House
	*token.Tokens
}

func in(t *testing.T, test func(t *testing.T, w *porch)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		test(t, furnish(t, d))
	})
}

func furnish(t testing.TB, d *db.DB) *porch {
	rooms := housetest.Join(t, d, housetest.Standing(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
	w := &porch{rooms, rooms.Tokens}
	w.settle()
	return w
}

// settle founds acme with boss, ann, bob and hal, and rival with rita. At acme there are desk, an ordinary application, back, a
// service behind it, deep, one behind that, shy, which takes no stand-ins, page, which keeps no secret, and third, which is
// somebody else's.
func (w *porch) settle() {
	w.T.Helper()
	for org, people := range map[standin.OrganisationID][]standin.PersonID{acme: {"boss", "ann", "bob", "hal"}, rival: {"rita"}} {
		w.Settings(org)
		w.Roles(org, rights.Role{ID: "super", Rank: 90, Allow: []string{"standin:*.*"}})
		for _, id := range people {
			w.Person(org, directory.Person{ID: id})
		}
		w.Passwords(org, good, people...)
	}
	w.Must(w.Directory.Hold(w.T.Context(), operator(), "boss", "super", ""))
	for _, c := range []application.Client{
		{ID: "desk", StandIns: true, ReadsAct: true, Exchange: true, Audiences: []string{"desk", "back", "deep", "elsewhere", "shy", "foreign"}},
		{ID: "back", StandIns: true, ReadsAct: true, Exchange: true}, {ID: "deep", StandIns: true, ReadsAct: true, Exchange: true},
		{ID: "shy", Exchange: true}, {ID: "page", Public: true, StandIns: true}, {ID: "third", ThirdParty: true, StandIns: true},
		{ID: "foreign", Organisation: rival, StandIns: true, Exchange: true, Audiences: []string{"desk", "foreign"}},
	} {
		w.Client(c)
	}
}

func operator() standin.Caller { return standin.OperatorCaller(acme, "test") }

func as(person standin.PersonID) standin.Caller {
	c := housetest.As(acme, person)
	c.Origin = home
	return c
}

// enter signs the person in and returns the cookie.
func (w *porch) enter(id standin.PersonID) string {
	w.T.Helper()
	at := "@acme.example"
	if id == "rita" {
		at = "@rival.example"
	}
	return w.Enter(string(id)+at, good)
}

// act begins to act and lets a second pass.
func (w *porch) act(cookie string, id standin.DelegationID) string {
	w.T.Helper()
	next, _ := w.StandIn(cookie, id)
	w.Pass(time.Second)
	return next
}

// held is what an application has after a sign-in.
type held struct {
	token.Who
	access, refresh string
}

// open signs the visitor in to the application, which redeems its code.
func (w *porch) open(cookie string, id standin.ClientID) held {
	w.T.Helper()
	h, err := w.tryOpen(cookie, id)
	if err != nil {
		w.T.Fatal(err)
	}
	return h
}

const (
	verifier  = housetest.Verifier
	challenge = housetest.Challenge
)

func wish(id standin.ClientID) token.Wish { return housetest.Wish(id) }

func redemption(id standin.ClientID, code string) token.Redemption {
	return housetest.Redemption(id, code)
}

func (w *porch) tryOpen(cookie string, id standin.ClientID) (h held, err error) {
	w.T.Helper()
	if h.Who, h.refresh, err = w.SignInTo(cookie, wish(id)); err == nil {
		h.access = w.Access(h.Who)
	}
	return h, err
}

// acting is ann at desk, acting for hal; she has a cookie and a delegation.
func (w *porch) acting() (h held, cookie string, d standin.DelegationID) {
	w.T.Helper()
	d = w.Cover("ann", "hal")
	cookie = w.act(w.enter("ann"), d)
	return w.open(cookie, "desk"), cookie, d
}

// told returns "actor principal action outcome reasons" of every record with the action, the latest first.
func (w *porch) told(org standin.OrganisationID, action string) []string {
	w.T.Helper()
	return w.Lines(`SELECT actor || ' ' || principal || ' ' || action || ' ' || outcome || ' ' || reasons FROM records
		WHERE organisation = $1 AND action LIKE $2 ORDER BY at DESC, id DESC`, string(org), action)
}

func refused(t testing.TB, err error, code, name string) {
	t.Helper()
	if standin.CodeOf(err) != code || token.Protocol(err) != name {
		t.Errorf("got %v (%s, %s), want %s, %s", err, standin.CodeOf(err), token.Protocol(err), code, name)
	}
}
