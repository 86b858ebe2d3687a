package application

import (
	"net/url"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// Audience is whom the client's access tokens are for (RFC 9068 §3): what was registered, its own id where nothing was.
func (c Client) Audience() []string {
	if len(c.Audiences) == 0 {
		return []string{string(c.ID)}
	}
	return slices.Clone(c.Audiences)
}

// Origins are those of the client's redirect URIs, in their order, each once.
func (c Client) Origins() []string {
	var all []string
	for _, uri := range c.RedirectURIs {
		if o := Origin(uri); o != "" && !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	return all
}

// Origin returns the origin of an address as browsers write it (RFC 6454 §6.2), "" where it has none.
func Origin(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return ""
	}
	host := strings.ToLower(u.Host)
	switch {
	case u.Scheme == "https":
		host = strings.TrimSuffix(host, ":443")
	case u.Scheme == "http":
		host = strings.TrimSuffix(host, ":80")
	default:
		return ""
	}
	return u.Scheme + "://" + host
}

// checkInitiate refuses an address to begin at that is not on the client's own ground: browsers are sent there.
func (c Client) checkInitiate() error {
	const field = "initiate_login_uri"
	if c.Initiate == "" {
		return nil
	}
	if err := CheckURI(c.Initiate, field); err != nil {
		return err
	}
	if !slices.Contains(c.Origins(), Origin(c.Initiate)) {
		return standin.Refuse(standin.Invalid, "application.put_client", "application.foreign_initiate",
			"The address where signing in begins is on the same host as a redirect URI.").On(field)
	}
	return nil
}

// checkTokens refuses what tokens could not say.
func (c Client) checkTokens() error {
	const op = "application.put_client"
	if c.Algorithm != "" && c.Algorithm != ES256 && c.Algorithm != RS256 {
		return standin.Refuse(standin.Invalid, op, "application.bad_algorithm", "ID tokens are signed with ES256 or RS256.").On("id_token_alg")
	}
	if len(c.Audiences) > maxAudiences {
		return standin.Refuse(standin.Invalid, op, "application.many_audiences", "At most {most} audiences are expected.").
			With("most", maxAudiences).On("audiences")
	}
	for i, a := range c.Audiences {
		bad := a == "" || len(a) > maxAudience || strings.ContainsFunc(a, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"\,`, r) })
		if bad || slices.Contains(c.Audiences[:i], a) {
			return standin.Refuse(standin.Invalid, op, "application.bad_audience",
				`"{audience}" cannot be an audience: up to {most} visible ASCII characters without quotes, commas and backslashes are expected, and each audience once.`).
				With("audience", shorten(a)).With("most", maxAudience).On("audiences")
		}
	}
	return nil
}

// checkSwitches refuses what does not go together.
func (c Client) checkSwitches() error {
	const op = "application.put_client"
	switch {
	case c.Public && c.Exchange:
		return standin.Refuse(standin.Invalid, op, "application.public_exchange",
			"A public client cannot exchange tokens: anybody could ask in its name.").On("exchange")
	case c.ThirdParty && slices.Contains(c.Audiences, string(rights.Standin)):
		return standin.Refuse(standin.Invalid, op, "application.third_party_api",
			"An application of somebody else gets no tokens for Standin's own programming interface.").On("audiences")
	case len(c.Audiences) > 1 && slices.Contains(c.Audiences, string(rights.Standin)): // RFC 9068 §5: each of them could present it to the others
		return standin.Refuse(standin.Invalid, op, "application.api_alone",
			"Tokens for Standin's own programming interface are for nothing else: whoever else they are for could call it in people's place. Connect it once more, for that alone.").On("audiences")
	}
	return nil
}
