package client

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Handler returns the handler of the client's own addresses, all beside the redirect URL, and of /.standin/ for the banner:
//
//	…/callback     where Standin sends people back (the redirect URL, however it is called)
//	…/login        signs in; the client's initiate_login_uri
//	…/logout       signs out here and at Standin, by POST
//	…/backchannel  hears from Standin what ended; the client's backchannel_logout_uri
//
// Middleware serves them, too; who mounts it for the whole application need not mount this.
func (c *Client) Handler() http.Handler {
	mux := http.NewServeMux()
	redirect, err := url.Parse(c.RedirectURL)
	if err != nil || c.RedirectURL == "" { // New took it for Decide and Record alone
		return http.NotFoundHandler()
	}
	mux.HandleFunc("GET "+redirect.Path, c.callback)
	mux.HandleFunc("GET "+path.Join(c.base, "login"), c.login)
	mux.HandleFunc("GET "+path.Join(c.base, "logout"), c.askLogout)
	mux.HandleFunc("POST "+path.Join(c.base, "logout"), c.logout)
	mux.HandleFunc("POST "+path.Join(c.base, "backchannel"), c.backchannel)
	mux.HandleFunc("/.standin/", c.banner)
	return mux
}

// login begins a sign-in (OpenID Connect Core 1.0 §4): whoever sends a browser here chooses nothing but a page of the
// application's own to come back to.
func (c *Client) login(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if iss := q.Get("iss"); iss != "" && iss != c.Issuer {
		c.refuse(w, r, http.StatusForbidden, fmt.Errorf("standin: %.100q is not where people sign in", iss))
		return
	}
	back := q.Get("return")
	if to := q.Get("target_link_uri"); to != "" {
		back, _ = strings.CutPrefix(to, c.origin)
	}
	var options []oauth2.AuthCodeOption
	switch prompt := q.Get("prompt"); prompt {
	case "select_account", "login":
		options = append(options, oauth2.SetAuthURLParam("prompt", prompt))
	}
	c.signIn(w, r, back, options...)
}

// signIn sends the browser to Standin.
func (c *Client) signIn(w http.ResponseWriter, r *http.Request, back string, options ...oauth2.AuthCodeOption) {
	e, err := c.endpoints(r.Context())
	if err != nil {
		c.refuse(w, r, http.StatusServiceUnavailable, err)
		return
	}
	verifier := oauth2.GenerateVerifier()
	a, err := c.begin(w, r, verifier, c.local(back))
	if err != nil {
		c.refuse(w, r, http.StatusInternalServerError, err)
		return
	}
	options = append(options, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(verifier))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, e.oauth.AuthCodeURL(a.State, options...), http.StatusSeeOther)
}

// local returns to where it is a page of the application's own, as a path, and "/" otherwise (THREATS 65). A page of ours that
// signs in or out is none to come back to.
func (c *Client) local(to string) string {
	u, err := url.Parse(to)
	if err != nil || len(to) > 2000 || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || u.Scheme != "" || u.Host != "" || u.User != nil ||
		strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
		return "/"
	}
	if clean := path.Clean(u.Path); strings.HasPrefix(clean, "//") || c.owns(clean) {
		return "/"
	}
	return to
}

// owns reports whether the path is one of the handler's.
func (c *Client) owns(p string) bool {
	if strings.HasPrefix(p, "/.standin/") {
		return true
	}
	redirect, err := url.Parse(c.RedirectURL)
	if err != nil || c.RedirectURL == "" {
		return false
	}
	for _, name := range []string{"login", "logout", "backchannel"} {
		if p == path.Join(c.base, name) {
			return true
		}
	}
	return p == redirect.Path
}

// callback finishes a sign-in.
func (c *Client) callback(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // the code stays between the three
	q := r.URL.Query()
	a, err := c.finish(w, r, q.Get("state"))
	if err != nil {
		c.refuse(w, r, http.StatusForbidden, err)
		return
	}
	e, err := c.endpoints(r.Context())
	if err != nil {
		c.refuse(w, r, http.StatusServiceUnavailable, err)
		return
	}
	if iss := q.Get("iss"); iss != c.Issuer && (e.says || iss != "") { // RFC 9207 §2.4: mixed up with another provider
		c.refuse(w, r, http.StatusForbidden, errors.New("standin: the answer is another provider's"))
		return
	}
	if q.Get("error") != "" || q.Get("code") == "" {
		c.refuse(w, r, http.StatusForbidden, fmt.Errorf("%w: Standin answered %.60q %.300q", ErrNobody, q.Get("error"), q.Get("error_description")))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*patience)
	defer cancel()
	s, err := c.redeem(ctx, e, a, q.Get("code"))
	if err == nil {
		err = c.enter(ctx, w, r, s)
	}
	if err != nil {
		c.refuse(w, r, statusOf(err), err)
		return
	}
	http.Redirect(w, r, a.Return, http.StatusSeeOther)
}

// redeem gets tokens for the code, and checks all that they say.
func (c *Client) redeem(ctx context.Context, e *endpoints, a attempt, code string) (Session, error) {
	t, err := e.oauth.Exchange(c.context(ctx), code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Session{}, trade(err)
	}
	who, sid, raw, err := c.verified(ctx, e, t, a.Nonce)
	if err != nil {
		return Session{}, err
	}
	now := c.now()
	return Session{Identity: who, SID: sid, AccessToken: t.AccessToken, RefreshToken: t.RefreshToken, IDToken: raw, Renewed: now,
		Expires: ends(t, now)}, nil
}

// ends returns until when the access token is good for; one that does not say is good for no longer than while acting.
func ends(t *oauth2.Token, now time.Time) time.Time {
	if t.Expiry.IsZero() {
		return now.Add(5 * time.Minute)
	}
	return now.Add(time.Until(t.Expiry))
}

// enter signs the browser in by a new session: whatever identifier it came with opens nothing any more (THREATS 27). Standin
// is asked once more after the session is kept: an end that came before that is seen here, one that comes after finds it.
func (c *Client) enter(ctx context.Context, w http.ResponseWriter, r *http.Request, s Session) error {
	if former, _, err := c.load(r); err == nil {
		c.leave(ctx, former, s.SID)
	}
	token := rand.Text() + rand.Text()
	key := keyOf(token)
	if err := c.Sessions.Create(ctx, key, s); err != nil {
		return err
	}
	who, sid, err := c.stands(ctx, s.AccessToken)
	if err == nil && (!who.same(s.Identity) || sid != s.SID) {
		err = fmt.Errorf("%w: userinfo speaks of others than the ID token", errClaims)
	}
	if err == nil {
		s.Identity, s.Checked = who, c.now()
		var stands bool
		if stands, err = c.Sessions.Renew(ctx, key, s); err == nil && !stands {
			err = ErrEnded
		}
	}
	if err != nil {
		return errors.Join(err, c.Sessions.Delete(ctx, key))
	}
	c.setCookie(w, c.cookie(""), token, forgotten)
	return nil
}

// keyOf is under which key the session of a cookie is kept.
func keyOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// load returns the key of the browser's session, and the session, which may have ended.
func (c *Client) load(r *http.Request) (key string, s Session, err error) {
	k, err := r.Cookie(c.cookie(""))
	if err != nil || len(k.Value) < 20 || len(k.Value) > 200 {
		return "", Session{}, ErrNobody
	}
	key = keyOf(k.Value)
	s, err = c.Sessions.Load(r.Context(), key)
	return key, s, err
}

// leave forgets a session, and stops what is in flight of it. What was changed in its acting session is dropped, unless the
// same goes on by a new sign-in.
func (c *Client) leave(ctx context.Context, key, goesOn string) {
	s, err := c.Sessions.Load(ctx, key)
	if err := c.Sessions.Delete(ctx, key); err != nil {
		c.log.Error("a session could not be forgotten", "error", err)
	}
	c.watched.end(key)
	if err == nil && s.Identity.Acting() && s.SID != goesOn {
		c.watched.ended(s.SID)
	}
}
