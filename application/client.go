package application

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// Client is an OpenID Connect client. Its id is unique in the installation.
type Client struct {
	Organisation standin.OrganisationID
	ID           standin.ClientID
	Name         string // what people call it, "" where it came from a world file
	// Application is the one whose catalogue the client speaks of, "" if none.
	Application  standin.ApplicationID
	RedirectURIs []string // compared byte by byte
	PostLogout   []string
	BackChannel  string // "" if none
	// Initiate is where a browser begins to sign in (OpenID Connect Core §4, initiate_login_uri), "" if the client has no such page.
	Initiate    string
	Audiences   []string // of its access tokens; its own id where there are none
	Algorithm   string   // of its ID tokens: ES256 or RS256
	Recipe      string   // of Recipes, "" where it was not registered by one
	Public      bool     // cannot keep a secret, and has none
	Exchange    bool     // may exchange tokens
	StandIns    bool     // may be signed in to while acting
	ReadsAct    bool     // reads `act` itself; else "name" says who acts for whom
	ThirdParty  bool     // is told of a person only with their consent
	RequirePAR  bool     // every authorization request is pushed first (RFC 9126)
	RequireDPoP bool     // every token is bound to a key (RFC 9449)
	Ended       bool     // refused from now on, and never revived
	MadeBy      standin.Actor
	CreatedAt   time.Time
	Former      time.Time // until when the secret before works, zero where there is none
	Version     int64
}

// ES256 and RS256 are the algorithms with which ID tokens are signed.
const (
	ES256 = "ES256"
	RS256 = "RS256"
)

const (
	maxURIs      = 50
	maxAudiences = 20
	maxAudience  = 200 // bytes
	minSecret    = 8
	maxSecret    = 500
)

// Check refuses a client with a malformed id or address.
func (c Client) Check() error {
	if !validID(string(c.ID)) || c.ID == standin.ClientID(rights.Standin) { // which is an audience, too, and its own for a client without any
		return standin.Refuse(standin.Invalid, "application.put_client", "application.bad_client_id",
			`a client's id has up to {most} letters, digits, and . _ - @, and is not "standin"`).With("most", maxID).On("id")
	}
	if !readable(c.Name) {
		return badName()
	}
	if len(c.RedirectURIs) == 0 {
		return standin.Refuse(standin.Invalid, "application.put_client", "application.no_redirect",
			"at least one redirect URI is expected").On("redirect_uris")
	}
	if err := checkURIs(c.RedirectURIs, "redirect_uris"); err != nil {
		return err
	}
	if err := checkURIs(c.PostLogout, "post_logout_redirect_uris"); err != nil {
		return err
	}
	if c.BackChannel != "" {
		if err := CheckURI(c.BackChannel, "backchannel_logout_uri"); err != nil {
			return err
		}
	}
	if err := c.checkInitiate(); err != nil {
		return err
	}
	if err := c.checkTokens(); err != nil {
		return err
	}
	if err := c.checkRecipe(); err != nil {
		return err
	}
	return c.checkSwitches()
}

func checkURIs(uris []string, field string) error {
	if len(uris) > maxURIs {
		return standin.Refuse(standin.Invalid, "application.put_client", "application.many_uris",
			"at most {most} addresses are expected").With("most", maxURIs).On(field)
	}
	for _, u := range uris {
		if err := CheckURI(u, field); err != nil {
			return err
		}
	}
	return nil
}

// CheckURI refuses an address that a browser or this server should not be sent to: one that is not https (or http on
// this machine), that has a fragment, a wildcard or a password, or that would be read differently elsewhere (RFC 9700
// §2.1, THREATS 65).
func CheckURI(text, field string) error {
	refuse := func(why string) error {
		return standin.Refuse(standin.Invalid, "application.put_client", "application.bad_uri",
			`"{uri}" cannot be used: {why}`).With("uri", shorten(text)).With("why", why).On(field)
	}
	if len(text) > 2000 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }) {
		return refuse("up to 2000 visible ASCII characters without a backslash are expected")
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Host == "" {
		return refuse("an absolute address is expected, such as https://app.example/callback")
	}
	switch {
	case strings.Contains(text, "#"):
		return refuse("a fragment is not allowed")
	case strings.Contains(text, "*"):
		return refuse("addresses are compared exactly; a wildcard is not allowed")
	case u.User != nil:
		return refuse("a name or password in the address is not allowed")
	case u.Hostname() == "":
		return refuse("a host is expected")
	case slices.ContainsFunc(strings.Split(u.Path, "/"), func(part string) bool { return part == "." || part == ".." }):
		return refuse(`"." and ".." in the path are not allowed`)
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return standin.Refuse(standin.Invalid, "application.put_client", "application.uri_not_https",
		`"{uri}" cannot be used: https is expected (http only for 127.0.0.1, [::1] and localhost)`).With("uri", shorten(text)).On(field)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func shorten(text string) string {
	const most = 100
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
