package provider

import (
	"context"
	"encoding/json"
	"math"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/token"
)

// stores is where the library thinks that it keeps things. Each method asks the token room, whose one transaction checks and
// writes together; the library's own order, read and then write, decides nothing.
type stores struct{ *Provider }

// never is when the library takes something to be over that the token room found to be good by its own clock.
const never = math.MaxInt64

// kept is what the adapter keeps with a request: the library's state and ours.
type kept struct {
	Session *goidc.AuthnSession `json:"session"`
	Ask     ask                 `json:"ask"`
}

// SaveSession keeps an authorization request that waits: pushed, or for a person. One that is over is dropped.
func (s stores) SaveSession(ctx context.Context, session *goidc.AuthnSession) error {
	c := callOf(ctx)
	if session.Status != goidc.StatusPending {
		if c.request.ID == "" || session.Status == goidc.StatusSuccess { // the sign-in itself consumed it
			return nil
		}
		_, err := s.tokens.DropRequest(c.ctx, c.request.ID)
		return err
	}
	if c.request.ID != "" {
		return nil // it is kept already, and nothing of it changes
	}
	if known := c.proved && !c.client.Public; !known && !s.crowd.room(c.origin, c.now) {
		return standin.Refuse(standin.TooMany, "provider.authorize", "provider.crowd", "Too many sign-ins begin from this address. Try again in a minute.")
	}
	data, err := json.Marshal(kept{session, c.ask})
	if err != nil {
		return err
	}
	r := token.Request{Organisation: c.client.Organisation, ID: session.ID, Client: c.client.ID, Browser: c.browser, Scopes: strings.Fields(session.Scopes),
		Prompt: c.ask.Prompt, MaxAge: c.ask.MaxAge, RedirectURI: session.RedirectURI, CreatedAt: c.now, ExpiresAt: c.now.Add(token.RequestLasts), Data: data}
	if session.PushedAuthReqID != "" {
		r.Pushed, r.ExpiresAt = token.Hashed(session.PushedAuthReqID), c.now.Add(pushLasts)
	}
	return s.tokens.SaveRequest(c.ctx, r)
}

// Session returns the request that the call continues.
func (s stores) Session(ctx context.Context, id string) (*goidc.AuthnSession, error) {
	c := callOf(ctx)
	if c.request.ID != id || id == "" {
		return nil, goidc.ErrNotFound
	}
	return c.unpack(c.request.Data)
}

// unpack reads what was kept with a request.
func (c *call) unpack(data []byte) (*goidc.AuthnSession, error) {
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return nil, err
	}
	c.ask, k.Session.ExpiresAt = k.Ask, never
	if k.Session.Store == nil {
		k.Session.Store = map[string]any{} // an empty one comes back as none
	}
	return k.Session, nil
}

// SessionByPushedAuthReqID takes a pushed request: it can be begun with once (RFC 9126 §4). From here on it is a request of
// this browser, under another id.
func (s stores) SessionByPushedAuthReqID(ctx context.Context, id string) (*goidc.AuthnSession, error) {
	c := callOf(ctx)
	pushed, err := s.tokens.PushedRequest(c.ctx, token.Hashed(id))
	if standin.KindOf(err) == standin.NotFound || err == nil && pushed.Client != c.client.ID {
		return nil, goidc.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if first, err := s.tokens.DropRequest(c.ctx, pushed.ID); err != nil {
		return nil, err
	} else if !first {
		return nil, goidc.ErrNotFound
	}
	session, err := c.unpack(pushed.Data)
	if err != nil {
		return nil, err
	}
	c.ask.At = c.now
	session.ID, session.PushedAuthReqID = newRequestID(ctx), ""
	return session, nil
}

// GrantByAuthCode redeems the code: the token room checks all that the request has to say about it and uses it up. The library
// then finds nothing left to refuse but what a client says against its own request.
func (s stores) GrantByAuthCode(ctx context.Context, code string) (*goidc.Grant, error) {
	c := callOf(ctx)
	who, refresh, err := s.tokens.Redeem(c.ctx, c.client, token.Redemption{Code: code, RedirectURI: c.value("redirect_uri"), Verifier: c.value("code_verifier"),
		JKT: c.proof.Thumbprint, Origin: c.origin})
	if err != nil {
		return nil, err
	}
	c.who, c.refresh = who, refresh
	g := s.grant(c)
	g.AuthParams.RedirectURI, g.AuthParams.CodeChallenge, g.AuthParams.CodeChallengeMethod = who.Grant.RedirectURI, who.Grant.Challenge, goidc.CodeChallengeMethodSHA256
	g.AuthCodeExpiresAt = never
	g.RefreshToken = refresh
	return g, nil
}

// GrantByRefreshToken renews the grant: the token room asks everything anew and spends the token, in one transaction.
func (s stores) GrantByRefreshToken(ctx context.Context, refresh string) (*goidc.Grant, error) {
	c := callOf(ctx)
	who, next, err := s.tokens.Refresh(c.ctx, c.client, token.Renewal{Token: refresh, Scopes: strings.Fields(c.value("scope")), JKT: c.proof.Thumbprint, Origin: c.origin})
	if err != nil {
		return nil, err
	}
	c.who, c.refresh = who, next
	return s.grant(c), nil
}

// grant returns what stands as the library reads it.
func (s stores) grant(c *call) *goidc.Grant {
	g := c.who.Grant
	return &goidc.Grant{ID: string(g.ID), CreatedAt: int(g.CreatedAt.Unix()), Subject: string(g.Principal), ClientID: string(g.Client),
		Scopes: strings.Join(c.who.Scopes, " "), JWKThumbprint: g.JKT, AuthParams: goidc.AuthorizationParameters{Nonce: g.Nonce}}
}

// SaveGrant: what there is to write, the token room wrote. A grant that the library calls off after that is ended.
func (s stores) SaveGrant(ctx context.Context, grant *goidc.Grant) error {
	c := callOf(ctx)
	if grant.RevokedAt == 0 || c.ended || c.who.Grant.ID == "" {
		return nil
	}
	c.ended = true
	ctx, cancel := briefly(ctx)
	defer cancel()
	return s.tokens.EndGrant(ctx, c.who.Grant.Organisation, c.who.Grant.ID, token.Revoked, c.origin)
}

// Grant, SaveToken and Token: the library looks at no token; userinfo, introspection and revocation are ours.
func (stores) Grant(context.Context, string) (*goidc.Grant, error) { return nil, goidc.ErrNotFound }
func (stores) SaveToken(context.Context, *goidc.Token) error       { return nil }
func (stores) Token(context.Context, string) (*goidc.Token, error) { return nil, goidc.ErrNotFound }

// value returns what the token endpoint's form says.
func (c *call) value(name string) string {
	if v := c.form[name]; len(v) == 1 {
		return v[0]
	}
	return ""
}
