package token

import (
	"time"

	"github.com/standin-id/standin"
)

// Wish is a sign-in to an application that an authorization request asks for and a person has agreed to.
type Wish struct {
	// Request is consumed in the same transaction: a second sign-in by it is refused. "" where none was kept.
	Request     string
	Client      standin.ClientID
	Scopes      []string
	Nonce       string
	RedirectURI string
	Challenge   string // S256
	JKT         string // "" where the code is bound to no key
	Data        []byte
	// Grant and Code are the adapter's choice, by NewGrantID and NewSecret; made here where they are "".
	Grant standin.GrantID
	Code  string
	// Authenticated, where set, is the oldest proof of a factor with which the application is content (max_age, prompt=login).
	Authenticated time.Time
}

// Redemption is what an application presents with a code.
type Redemption struct {
	Code        string
	RedirectURI string
	Verifier    string // RFC 7636
	JKT         string // of its DPoP proof, "" where there is none
	Data        []byte // replaces the adapter's own where not nil
	Origin      standin.Origin
}

// Renewal is what an application presents with a refresh token.
type Renewal struct {
	Token  string
	Scopes []string // fewer than before; all of them where empty
	JKT    string
	Origin standin.Origin
}

// Exchanging is what an application presents to exchange a token (RFC 8693 §2.1).
type Exchanging struct {
	SubjectToken, SubjectType string
	ActorToken, ActorType     string
	RequestedType             string
	Scopes                    []string
	Audience                  []string // audience and resource parameters
	JKT                       string
	Grant                     standin.GrantID // by NewGrantID; made here where ""
	Data                      []byte
	Origin                    standin.Origin
}

// Which says which grants are meant: all of the organisation that match every field that is not "". Person is actor or
// principal.
type Which struct {
	Organisation standin.OrganisationID
	Login        standin.LoginID
	Session      standin.SessionID
	Delegation   standin.DelegationID
	Person       standin.PersonID
	Client       standin.ClientID
}

// Consent is which of a person's data an application of somebody else's may be told, by that person.
type Consent struct {
	Organisation standin.OrganisationID
	Person       standin.PersonID
	Client       standin.ClientID
	ClientName   string // read only
	Scopes       []string
	GivenAt      time.Time
	EndedAt      time.Time
}

// SignedIn is an application that a person is signed in to, as they see it.
type SignedIn struct {
	Grant         Grant
	ClientName    string
	PrincipalName string // whom they act for there, themselves in their own name
}
