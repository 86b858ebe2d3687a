package provider

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
)

// ask is what an authorization request asks for beside what the library keeps of it, as it was read once, when it came.
type ask struct {
	Prompt []string      `json:"prompt,omitempty"`
	MaxAge time.Duration `json:"max_age"` // negative where none was asked for
	// HintSub and HintActor are whom the id_token_hint is about; "" where there was none.
	HintSub   standin.PersonID `json:"hint_sub,omitempty"`
	HintActor standin.PersonID `json:"hint_actor,omitempty"`
	// At is when the browser came with it: what prompt and max_age ask for must have happened since.
	At time.Time `json:"at"`
}

func (a ask) wants(prompt string) bool { return slices.Contains(a.Prompt, prompt) }

const (
	mostQuery = 8 << 10  // bytes of an authorization request's parameters
	mostForm  = 64 << 10 // bytes of a form
)

// once are the parameters that count here, none of which may come twice (RFC 6749 §3.1); another that is not among them is
// ignored.
var once = []string{"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge",
	"code_challenge_method", "dpop_jkt", "request_uri", "request", "prompt", "max_age", "id_token_hint"}

// passed are those of them that the library reads.
var passed = []string{"client_id", "redirect_uri", "response_type", "response_mode", "state", "nonce", "code_challenge",
	"code_challenge_method", "dpop_jkt", "request_uri"}

// repeated returns a parameter that came more than once, "" where none did.
func repeated(values url.Values, names []string) string {
	for _, name := range names {
		if len(values[name]) > 1 {
			return name
		}
	}
	return ""
}

// registered reports whether the address is one of the client's, byte for byte (RFC 9700 §4.1.3, THREATS 65).
func (p *Provider) registered(client application.Client, address string) bool {
	return address != "" && slices.Contains(p.addresses(client), address)
}

// addresses are the client's, and the page of Standin's own at which its administrators try it out and no token leaves. That
// page can neither push nor prove a key.
func (p *Provider) addresses(client application.Client) []string {
	if client.RequirePAR || client.RequireDPoP {
		return client.RedirectURIs
	}
	return append(slices.Clip(client.RedirectURIs), p.trialPage(client))
}

func (p *Provider) trialPage(client application.Client) string {
	return p.issuer + "/apps/" + string(client.ID) + "/test"
}

// check refuses an authorization request of a known client to one of its addresses, by the error that the client is told.
func check(values url.Values) *oauthError {
	if name := repeated(values, once); name != "" {
		return refuse("invalid_request", name+" came more than once")
	}
	switch {
	case values.Get("request") != "":
		return refuse("request_not_supported", "request objects are not read; push the request instead")
	case values.Get("response_type") == "":
		return refuse("invalid_request", "response_type is missing")
	case values.Get("response_type") != "code":
		return refuse("unsupported_response_type", "response_type is code")
	case !slices.Contains([]string{"", "query", "fragment"}, values.Get("response_mode")):
		return refuse("invalid_request", "response_mode is query or fragment")
	case len(values.Get("state")) > 2048 || len(values.Get("nonce")) > 2048:
		return refuse("invalid_request", "state and nonce have up to 2048 bytes")
	case values.Get("dpop_jkt") != "" && !hashed(values.Get("dpop_jkt")):
		return refuse("invalid_request", "dpop_jkt is a SHA-256 thumbprint")
	case values.Get("code_challenge") == "":
		return refuse("invalid_request", "code_challenge is missing (PKCE)")
	case values.Get("code_challenge_method") != "S256":
		return refuse("invalid_request", "code_challenge_method is S256")
	case !hashed(values.Get("code_challenge")):
		return refuse("invalid_request", "code_challenge is no SHA-256")
	}
	return nil
}

// hashed reports whether the text is a SHA-256 as base64url writes it.
func hashed(text string) bool {
	sum, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && len(sum) == 32
}

// readAsk reads what the parameters ask for, but the hint.
func readAsk(values url.Values, now time.Time) (ask, *oauthError) {
	a := ask{MaxAge: -1, At: now, Prompt: strings.Fields(values.Get("prompt"))}
	for _, prompt := range a.Prompt {
		if !slices.Contains(prompts, prompt) {
			return a, refuse("invalid_request", "prompt is none, login, consent or select_account")
		}
	}
	if a.wants("none") && len(a.Prompt) > 1 {
		return a, refuse("invalid_request", "prompt=none stands alone")
	}
	if text := values.Get("max_age"); text != "" {
		seconds, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return a, refuse("invalid_request", "max_age is a number of seconds")
		}
		a.MaxAge = time.Duration(seconds) * time.Second
	}
	return a, nil
}

// prompts are those of OpenID Connect Core §3.1.2.1; each does something here.
var prompts = []string{"none", "login", "consent", "select_account"}

// known returns the scopes that are known, in the order in which they were asked for.
func known(scope string) []string {
	var all []string
	for s := range strings.FieldsSeq(scope) {
		if slices.Contains(scopes, s) && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// trimmed returns the parameters that the library is to see.
func trimmed(values url.Values) url.Values {
	kept := url.Values{}
	for _, name := range passed {
		if v := values.Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	if s := known(values.Get("scope")); len(s) > 0 {
		kept.Set("scope", strings.Join(s, " "))
	}
	return kept
}
