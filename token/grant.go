package token

import (
	"slices"
	"time"

	"github.com/standin-id/standin"
)

// Grant is what one application holds on somebody's behalf, from a sign-in to its end: the family of its tokens.
type Grant struct {
	Organisation standin.OrganisationID
	ID           standin.GrantID
	Client       standin.ClientID
	Login        standin.LoginID
	Session      standin.SessionID // "" in one's own name
	Actor        standin.PersonID
	Principal    standin.PersonID     // the actor in one's own name
	Delegation   standin.DelegationID // "" in one's own name
	Scopes       []string
	Audience     []string
	Nonce        string
	RedirectURI  string
	Challenge    string // S256 (RFC 7636)
	JKT          string // thumbprint of the key that its tokens are bound to (RFC 9449), "" if none
	AuthTime     time.Time
	Factors      []string
	Parent       standin.GrantID    // the one it was exchanged from, "" for a sign-in
	Services     []standin.ClientID // who exchanged, in order
	CodeUntil    time.Time
	RedeemedAt   time.Time // its code was redeemed
	RefreshedAt  time.Time
	CreatedAt    time.Time
	ExpiresAt    time.Time
	EndedAt      time.Time
	EndedHow     How
	Data         []byte // the adapter's own

	actedAt time.Time // of its login when it was made
	// SHA-256 of its code, of what its refresh tokens have in common, and of the one that works.
	code, family, refresh string
}

// How says how a grant ended.
type How string

const (
	Revoked      How = "revoked"       // by its application (RFC 7009)
	Reused       How = "reused"        // its refresh token was used twice
	CodeReused   How = "code_reused"   // its code was
	SignedOut    How = "signed_out"    // by the actor, at Standin
	Withdrawn    How = "withdrawn"     // the consent it needs was withdrawn
	Fallen       How = "fallen"        // what it rested on is over
	ClientLogout How = "client_logout" // by the actor, at the application
	Tried        How = "tried"         // it was an administrator's trial
)

// Acting reports whether somebody stands in for somebody else.
func (g Grant) Acting() bool { return g.Session != "" }

// SID is what applications know the sign-in by: the acting session, or the login in one's own name.
func (g Grant) SID() string {
	if g.Acting() {
		return string(g.Session)
	}
	return string(g.Login)
}

func (g Grant) resource() string { return "grant:" + string(g.ID) }

// caller is who a record of the grant is by: the actor, for whom, by which session.
func (g Grant) caller(origin standin.Origin) standin.Caller {
	return standin.Caller{Organisation: g.Organisation, Actor: standin.PersonActor(g.Actor), Principal: g.Principal, Session: g.Session,
		Delegation: g.Delegation, Login: standin.Login{ID: g.Login, Proved: g.AuthTime, Factors: g.Factors}, Origin: origin}
}

// subset returns those of wanted that are in have, in the order of have, and whether that is all of them. Nothing wanted is
// everything.
func subset(wanted, have []string) ([]string, bool) {
	if len(wanted) == 0 {
		return slices.Clone(have), true
	}
	var got []string
	for _, h := range have {
		if slices.Contains(wanted, h) {
			got = append(got, h)
		}
	}
	for _, w := range wanted {
		if !slices.Contains(have, w) {
			return got, false
		}
	}
	return got, true
}
