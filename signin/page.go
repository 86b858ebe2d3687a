package signin

import "net/url"

// Where links lead, below the public address. The token travels in the query, which no log holds.
const (
	SetUpPage = "/setup"    // of SetUpLink
	LinkPage  = "/password" // of Invite
)

// Address returns the link to hand over: page is SetUpPage or LinkPage, base the public address without a path.
func Address(base, page, token string) string {
	return base + page + "?" + url.Values{"token": {token}}.Encode()
}
