package apps

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/frame"
)

// Test shows what an application would receive from a sign-in that was made to try it out.
type Test struct {
	frame.Base
	Tabs     []frame.Tab
	Name, To string
	State    string // "begin", "over", "refused" or "received"
	// Error and Why are what the application would be told, where it is refused.
	Error, Why string
	// What it would receive: who is really there, for whom, as what name, and for how long.
	Actor, Principal *frame.Who // Principal is nil in one's own name
	Shown            string
	ReadsAct         bool
	Token, Ends      frame.Moment
	Claims           string
}

const (
	testCookie  = "standin-test"
	testSeconds = 600
)

// cookieName is that of the cookie which binds a test sign-in to the browser that began it.
func (v *visit) cookieName() string {
	if v.Secure {
		return "__Host-" + testCookie
	}
	return testCookie
}

// testable returns the client where a test sign-in can be made for it.
func (v *visit) testable(caller standin.Caller) (application.Client, error) {
	c, err := v.Applications.KeptClient(v.R.Context(), caller, v.clientID())
	if err == nil && (v.Tokens == nil || c.Ended || c.RequirePAR || c.RequireDPoP) {
		err = frame.NoPage()
	}
	return c, err
}

// test begins a sign-in as the application would begin it: with an ordinary authorization request (OpenID Connect Core
// §3.1.2.1), which comes back to a page of ours.
func (v *visit) test() error {
	if err := v.settles(v.Caller); err != nil {
		return err
	}
	c, err := v.testable(v.Caller)
	if err != nil {
		return err
	}
	state, verifier := standin.NewSecret(), standin.NewSecret()
	sum := sha256.Sum256([]byte(verifier))
	v.Keep(v.W, v.cookieName(), state+"."+verifier+"."+string(c.ID), testSeconds)
	q := url.Values{"response_type": {"code"}, "client_id": {string(c.ID)}, "redirect_uri": {TestAt(v.issuer(), c.ID)},
		"scope": {"openid profile email"}, "state": {state}, "nonce": {standin.NewSecret()}, "prompt": {"select_account"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	http.Redirect(v.W, v.R, "/oauth2/authorize?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// tested is where the test sign-in comes back to. Whoever administers may be acting by now: they chose to, to see what the
// application would be told. So the page is theirs by what they may do in their own name.
func (v *visit) tested() error {
	own := standin.Caller{Organisation: v.Caller.Organisation, Actor: v.Caller.Actor, Principal: v.Caller.Actor.Person(),
		Login: v.Caller.Login, Origin: v.Caller.Origin}
	err := v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		return v.Directory.Require(ctx, tx, own, "settings", "manage", "")
	})
	if err != nil {
		return err
	}
	c, err := v.testable(own)
	if err != nil {
		return err
	}
	page := NewTest(v.Base, c)
	q := v.R.URL.Query()
	if q.Has("code") || q.Has("error") {
		verifier := v.verifier(c.ID, q)
		v.Keep(v.W, v.cookieName(), "", -1)
		if err := v.receive(page, c, verifier, q); err != nil {
			return err
		}
	}
	v.Show(v.W, v.R, http.StatusOK, "app-test", page)
	return nil
}

// NewTest returns the page before a test sign-in.
func NewTest(b frame.Base, c application.Client) *Test {
	b.Nav = "organisation"
	return &Test{Base: b, Tabs: admin.Tabs(b, "apps"), Name: Called(c), To: At(c.ID), State: "begin", ReadsAct: c.ReadsAct}
}

// verifier returns the PKCE verifier of the test that this browser began for the client, "" where the answer is to no such
// test (RFC 6749 §10.12, RFC 9207 §2.4).
func (v *visit) verifier(id standin.ClientID, q url.Values) string {
	held, err := v.R.Cookie(v.cookieName())
	if err != nil || q.Get("iss") != v.issuer() {
		return ""
	}
	parts := strings.SplitN(held.Value, ".", 3)
	if len(parts) != 3 || parts[0] != q.Get("state") || parts[2] != string(id) {
		return ""
	}
	return parts[1]
}

// receive puts into the page what the application would receive. The sign-in ends at once, and no token of it leaves.
func (v *visit) receive(page *Test, c application.Client, verifier string, q url.Values) error {
	if verifier == "" {
		page.State = "over"
		return nil
	}
	if q.Has("error") {
		page.State, page.Error, page.Why = "refused", q.Get("error"), q.Get("error_description")
		return nil
	}
	ctx, origin := v.R.Context(), frame.Origin(v.R)
	w, _, err := v.Tokens.Redeem(ctx, c, token.Redemption{Code: q.Get("code"), RedirectURI: TestAt(v.issuer(), c.ID), Verifier: verifier, Origin: origin})
	if refusal, known := errors.AsType[*standin.Error](err); known && refusal.Kind != standin.Internal && refusal.Kind != standin.Unavailable {
		page.State, page.Error, page.Why = "refused", token.Protocol(err), v.Base.Error(refusal)
		return nil
	}
	if err != nil {
		return err
	}
	if err := v.Tokens.EndGrant(ctx, w.Grant.Organisation, w.Grant.ID, token.Tried, origin); err != nil {
		return err
	}
	return page.Receive(w, v.Base)
}

// Receive puts into the page what an application is told of a sign-in.
func (t *Test) Receive(w token.Who, b frame.Base) error {
	claims := token.Claims(w, w.At)
	text, err := written(claims)
	if err != nil {
		return err
	}
	t.State, t.Claims = "received", text
	t.Shown, _ = claims["name"].(string)
	actor := frame.Someone(w.Actor.ID, w.Actor.Name, w.Actor.Unit)
	t.Actor, t.Token, t.Ends = &actor, b.Near(w.Expires(w.At)), b.Until(w.Until)
	if w.Acting() {
		principal := frame.Someone(w.Principal.ID, w.Principal.Name, w.Principal.Unit)
		t.Principal = &principal
	}
	return nil
}

// written returns the claims as JSON to be read: what would not show, or change the direction of what does, is escaped
// (RFC 8259 §7; THREATS 71).
func written(claims map[string]any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(claims); err != nil {
		return "", err
	}
	var text strings.Builder
	for _, r := range strings.TrimSpace(b.String()) {
		if unicode.Is(unicode.Cf, r) && r <= 0xffff {
			fmt.Fprintf(&text, `\u%04x`, r)
		} else {
			text.WriteRune(r)
		}
	}
	return text.String(), nil
}
