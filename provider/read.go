package provider

import (
	"net/http"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/dpop"
)

// bearer returns the access token that a request presents, and by which scheme (RFC 6750 §2.1, RFC 9449 §7.1). A token in a
// query or a form is not read.
func bearer(r *http.Request) (scheme, raw string) {
	all := r.Header.Values("Authorization")
	if len(all) != 1 {
		return "", ""
	}
	scheme, raw, _ = strings.Cut(all[0], " ")
	return strings.ToLower(scheme), strings.TrimSpace(raw)
}

// userInfo tells an application whom its access token is about, as they are now (OpenID Connect Core §5.3).
func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	r, c := p.begin(r)
	scheme, raw := bearer(r)
	if raw == "" || scheme != "bearer" && scheme != "dpop" {
		challenge(w, "Bearer", nil)
		return
	}
	who, access, err := p.tokens.Read(r.Context(), raw, false)
	c.client = who.Client
	if e := p.holds(r, c, scheme, raw, access, err); e != nil {
		p.unread(w, r, c, scheme, err, e)
		return
	}
	p.allowOrigin(w, r, who.Client)
	if !has(access.Scopes, "openid") {
		p.unread(w, r, c, scheme, nil, refuse("insufficient_scope", "the token has not the scope openid"))
		return
	}
	if err := p.tokens.Use(r.Context(), who); err != nil {
		p.unread(w, r, c, scheme, err, refuse("invalid_token", "the token is not known here, or is over"))
		return
	}
	p.seen(r.Context(), c, asked["token.read"], nil)
	who.Scopes = access.Scopes
	writeJSON(w, http.StatusOK, token.Claims(who, c.now))
}

// holds refuses a token that does not stand, or whose key the application does not show (RFC 9449 §7.1).
func (p *Provider) holds(r *http.Request, c *call, scheme, raw string, access token.Access, err error) *oauthError {
	switch kind := standin.KindOf(err); {
	case kind == standin.Unavailable || kind == standin.Internal:
		return p.unforeseen(r.Context(), err)
	case err != nil:
		return refuse("invalid_token", "the token is not known here, or is over")
	case (access.JKT != "") != (scheme == "dpop"):
		return refuse("invalid_token", "a token is presented as what it is: DPoP where it is bound to a key, else Bearer")
	case access.JKT == "":
		return nil
	}
	if _, err := dpop.From(r); err != nil || r.Header.Get(dpop.Header) == "" {
		return refuse("invalid_dpop_proof", "exactly one proof is needed")
	}
	return p.proof(r, c, raw, access.JKT)
}

// unread answers where a token opened nothing.
func (p *Provider) unread(w http.ResponseWriter, r *http.Request, c *call, scheme string, err error, e *oauthError) {
	if c.client.ID != "" {
		p.seen(r.Context(), c, asked["token.read"], e)
	}
	if e.status >= http.StatusInternalServerError {
		e.answer(w)
		return
	}
	if e.code == "invalid_dpop_proof" {
		e = &oauthError{code: e.code, text: e.text, status: http.StatusUnauthorized}
	}
	if scheme == "dpop" {
		challenge(w, "DPoP", e)
		return
	}
	challenge(w, "Bearer", e)
}

// challenge says how a token is to be presented (RFC 6750 §3, RFC 9449 §7.1).
func challenge(w http.ResponseWriter, scheme string, e *oauthError) {
	text := scheme + ` realm="standin"`
	if scheme == "DPoP" {
		var names []string
		for _, a := range dpop.Algorithms {
			names = append(names, string(a))
		}
		text += `, algs="` + strings.Join(names, " ") + `"`
	}
	if e == nil {
		w.Header().Set("WWW-Authenticate", text)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	text += `, error="` + e.code + `", error_description="` + e.text + `"`
	if e.code == "insufficient_scope" {
		text += `, scope="openid"`
	}
	w.Header().Set("WWW-Authenticate", text)
	writeJSON(w, e.status, map[string]string{"error": e.code, "error_description": e.text})
}

// introspect tells an application what an access token says by now (RFC 7662): one of its own, or one that it is meant for as a
// resource server. Every other is to it like one that there never was (§4).
func (p *Provider) introspect(w http.ResponseWriter, r *http.Request) {
	r, c := p.begin(r)
	e := readForm(w, r)
	if e == nil {
		e = p.prove(r, c)
	}
	switch {
	case e != nil:
	case c.client.Public:
		e = refuse("invalid_client", "who looks at tokens shows a secret")
	case r.PostForm.Get("token") == "":
		e = refuse("invalid_request", "token is missing")
	}
	if e != nil {
		p.refused(w, r, c, "token.introspect", nil, e)
		return
	}
	who, access, err := p.tokens.Read(r.Context(), r.PostForm.Get("token"), false)
	if kind := standin.KindOf(err); kind == standin.Unavailable || kind == standin.Internal {
		p.unforeseen(r.Context(), err).answer(w)
		return
	}
	p.seen(r.Context(), c, asked["token.introspect"], nil)
	if err != nil || !concerns(c, who) {
		writeJSON(w, http.StatusOK, map[string]bool{"active": false})
		return
	}
	writeJSON(w, http.StatusOK, p.introspected(c, who, access))
}

// concerns reports whether the token is the client's own, or made for it.
func concerns(c *call, who token.Who) bool {
	return who.Grant.Organisation == c.client.Organisation && (who.Client.ID == c.client.ID || has(who.Audience, string(c.client.ID)))
}

func (p *Provider) introspected(c *call, who token.Who, access token.Access) map[string]any {
	who.Scopes = access.Scopes
	said := token.Claims(who, c.now)
	said["active"], said["iss"], said["client_id"], said["jti"] = true, p.issuer, string(access.Client), access.ID
	said["scope"], said["aud"] = strings.Join(access.Scopes, " "), access.Audience
	said["iat"], said["exp"], said["token_type"] = access.IssuedAt.Unix(), access.ExpiresAt.Unix(), "Bearer"
	if access.JKT != "" {
		said["token_type"], said["cnf"] = "DPoP", map[string]string{"jkt": access.JKT}
	}
	return said
}

// revoke ends what a token is of (RFC 7009). A token that is not the client's, or of nothing, is answered alike.
func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) {
	r, c := p.begin(r)
	e := readForm(w, r)
	if e == nil {
		e = p.prove(r, c)
	}
	if e == nil && r.PostForm.Get("token") == "" {
		e = refuse("invalid_request", "token is missing")
	}
	var err error
	if e == nil {
		p.allowOrigin(w, r, c.client)
		if err = p.tokens.Revoke(r.Context(), c.client, r.PostForm.Get("token"), c.origin); err != nil {
			e = p.unforeseen(r.Context(), err)
		}
	}
	if e != nil {
		p.refused(w, r, c, "token.revoke", err, e)
		return
	}
	w.WriteHeader(http.StatusOK)
}
