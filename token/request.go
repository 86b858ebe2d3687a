package token

import (
	"time"

	"github.com/standin-id/standin"
)

// Request is an authorization request that waits for a person to sign in, choose and allow.
type Request struct {
	Organisation standin.OrganisationID
	ID           string
	Client       standin.ClientID
	ClientName   string // as people call it; its id where it has no name. Read only.
	ThirdParty   bool   // it needs the person's consent. Read only.
	StandIns     bool   // it can be signed in to while acting. Read only.
	// Pushed is the SHA-256 of the handle under which it was pushed (RFC 9126), Browser that of the cookie which binds it to
	// a browser; "" where there is none.
	Pushed, Browser string
	RedirectURI     string
	Scopes          []string
	Prompt          []string
	MaxAge          time.Duration // negative where none was asked for
	CreatedAt       time.Time
	ExpiresAt       time.Time
	Data            []byte // the adapter's own
}
