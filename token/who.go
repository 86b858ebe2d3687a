package token

import (
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/signin"
)

// Who is what a grant says at one instant, after everything was asked: the result of the standing check, and what every
// token, answer and page about it is made from.
type Who struct {
	Grant     Grant
	Client    application.Client
	Actor     directory.Person
	Principal directory.Person // the actor in one's own name
	Login     signin.LoginState
	// Session and Delegation are zero in one's own name. The session lasts no longer than its delegation lets it.
	Session    acting.Session
	Delegation delegation.Delegation
	// Scopes and Audience are what a token of it opens by now: no more than the grant's.
	Scopes, Audience []string
	// MayAct is who could stand in for the person by now; for clients that exchange, in one's own name.
	MayAct []directory.Person
	// Discreet says that the actor's e-mail address is not told: an application of somebody else's would learn it, which the actor
	// did not allow that (docs/decisions/0027).
	Discreet bool
	At       time.Time // of the check
	// Until is when this ends at the latest, whatever happens: session, login or grant.
	Until time.Time

	strangers []standin.ClientID // the applications of others that hear this
}

// Acting reports whether somebody stands in for somebody else.
func (w Who) Acting() bool { return w.Grant.Acting() }

// Caller returns who is behind it, for use cases of other rooms.
func (w Who) Caller(origin standin.Origin) standin.Caller {
	c := w.Grant.caller(origin)
	c.Login.Ends = w.Login.EndsAt
	c.Login.Proved = w.Login.ProvedAt
	return c
}

// Expires returns when an access token that is made at now ends: within minutes, and never beyond what it rests on.
func (w Who) Expires(now time.Time) time.Time {
	lasts := OwnLasts
	if w.Acting() {
		lasts = ActingLasts
	}
	end := now.Add(lasts)
	if w.Until.Before(end) {
		end = w.Until
	}
	return end
}

// Access is what an access token itself says. It is known of one that is no longer good, too.
type Access struct {
	ID           string // jti
	Organisation standin.OrganisationID
	Grant        standin.GrantID
	Client       standin.ClientID
	Principal    standin.PersonID // sub
	Actor        standin.PersonID // the principal in one's own name
	SID          string           // acting session, or login in one's own name
	Acting       bool
	Scopes       []string
	Audience     []string
	JKT          string
	IssuedAt     time.Time
	ExpiresAt    time.Time
}
