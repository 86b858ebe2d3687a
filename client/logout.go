package client

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// askLogout shows one button, for signing out is a POST.
func (c *Client) askLogout(w http.ResponseWriter, r *http.Request) {
	c.show(w, r, http.StatusOK, notice{Title: "sign_out", Action: path.Join(c.base, "logout"), Button: "sign_out"})
}

// logout signs out here, and then at Standin (OpenID Connect RP-Initiated Logout 1.0 §2), if a page of this application's asks.
func (c *Client) logout(w http.ResponseWriter, r *http.Request) {
	if err := c.csrf.Check(r); err != nil {
		c.refuse(w, r, http.StatusForbidden, err)
		return
	}
	hint := ""
	if key, s, err := c.load(r); err == nil {
		hint = s.IDToken
		c.leave(r.Context(), key, "")
	}
	c.setCookie(w, c.cookie(""), "", 0)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Clear-Site-Data", `"cache"`) // THREATS 73
	to := "/"
	if e, err := c.endpoints(r.Context()); err == nil && e.logout != "" && hint != "" {
		q := url.Values{"client_id": {c.ClientID}, "id_token_hint": {hint}}
		if c.AfterLogout != "" {
			q.Set("post_logout_redirect_uri", c.AfterLogout)
		}
		to = e.logout + "?" + q.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// mostSkew is how far Standin's clock may be in front of ours.
const mostSkew = time.Minute

// backchannel hears from Standin which sessions ended (OpenID Connect Back-Channel Logout 1.0 §2.5-2.8). When it answers 200
// they have, and what is in flight of them is cancelled.
func (c *Client) backchannel(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	raw := r.PostFormValue("logout_token")
	e, err := c.endpoints(r.Context())
	if err != nil {
		c.log.Error("a logout token cannot be checked", "error", err)
		problem(w, http.StatusServiceUnavailable, "temporarily_unavailable")
		return
	}
	t, err := c.logoutToken(r, e, raw)
	if err != nil {
		c.log.Warn("a logout token was refused", "error", err)
		problem(w, http.StatusBadRequest, "invalid_request")
		return
	}
	n, again, err := c.end(r.Context(), Ending{JTI: t.TokenID, Until: t.Expiry.Add(2 * mostSkew), SID: t.SessionID, Sub: t.Subject, At: c.now()})
	switch {
	case err != nil:
		c.log.Error("ended sessions could not be noted", "error", err)
		problem(w, http.StatusServiceUnavailable, "temporarily_unavailable")
	case again:
		c.log.Warn("a logout token was sent twice", "jti", t.TokenID)
		problem(w, http.StatusBadRequest, "invalid_request")
	default:
		c.log.Info("Standin ended sessions", "sid", t.SessionID, "sessions", n)
		w.WriteHeader(http.StatusOK)
	}
}

// logoutToken checks all that §2.6 asks for, and that the token is one by its type, so that no other token of Standin's passes
// for it.
func (c *Client) logoutToken(r *http.Request, e *endpoints, raw string) (*oidc.LogoutToken, error) {
	head, _, _ := strings.Cut(raw, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return nil, err
	}
	var header struct {
		Type string `json:"typ"`
	}
	if err := json.Unmarshal(text, &header); err != nil {
		return nil, err
	}
	if !strings.EqualFold(strings.TrimPrefix(strings.ToLower(header.Type), "application/"), "logout+jwt") {
		return nil, errors.New("the token is not of type logout+jwt")
	}
	t, err := e.verifier.VerifyLogout(c.context(r.Context()), raw)
	if err != nil {
		return nil, err
	}
	var said struct {
		Events map[string]json.RawMessage `json:"events"`
	}
	if err := t.Claims(&said); err != nil {
		return nil, err
	}
	var event map[string]any
	if err := json.Unmarshal(said.Events["http://schemas.openid.net/event/backchannel-logout"], &event); err != nil || event == nil {
		return nil, errors.New("the event is no object")
	}
	now := c.now()
	if t.IssuedAt.IsZero() || t.IssuedAt.After(now.Add(mostSkew)) || t.Expiry.Sub(t.IssuedAt) > 24*time.Hour {
		return nil, errors.New("the token's instants cannot be right")
	}
	return t, nil
}

// problem answers a program as RFC 6749 §5.2 has it.
func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code}) // whoever went away needs no answer
}
