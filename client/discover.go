package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// endpoints are what Standin's metadata says (OpenID Connect Discovery 1.0 §3).
type endpoints struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	userinfo string
	logout   string
	says     bool // answers name their issuer (RFC 9207)
}

// endpoints finds Standin, once. All its addresses must be on the issuer's own origin, so that metadata leads nowhere else.
func (c *Client) endpoints(ctx context.Context) (*endpoints, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found != nil {
		return c.found, nil
	}
	p, err := oidc.NewProvider(c.context(ctx), c.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: its metadata: %w", ErrAway, err)
	}
	var more struct {
		Userinfo string `json:"userinfo_endpoint"`
		Logout   string `json:"end_session_endpoint"`
		Keys     string `json:"jwks_uri"`
		Says     bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if err := p.Claims(&more); err != nil {
		return nil, fmt.Errorf("%w: its metadata: %w", ErrAway, err)
	}
	e := &endpoints{userinfo: more.Userinfo, logout: more.Logout, says: more.Says,
		verifier: p.Verifier(&oidc.Config{ClientID: c.ClientID, SupportedSigningAlgs: []string{oidc.ES256, oidc.RS256}, Now: c.now}),
		oauth: oauth2.Config{ClientID: c.ClientID, ClientSecret: c.ClientSecret, RedirectURL: c.RedirectURL, Endpoint: p.Endpoint(),
			Scopes: append([]string{oidc.ScopeOpenID}, c.Scopes...)}}
	e.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if c.ClientSecret == "" {
		e.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	for _, to := range []string{e.oauth.Endpoint.AuthURL, e.oauth.Endpoint.TokenURL, more.Userinfo, more.Logout, more.Keys} {
		if err := c.ofIssuer(to); err != nil {
			return nil, err
		}
	}
	c.found = e
	return e, nil
}

func (c *Client) ofIssuer(to string) error {
	u, err := url.Parse(to)
	issuer, errIssuer := url.Parse(c.Issuer)
	if errors.Join(err, errIssuer) != nil || u.Scheme != issuer.Scheme || u.Host != issuer.Host {
		return fmt.Errorf("standin: the metadata names %q, which is not the issuer's own", to)
	}
	return nil
}

// context returns ctx for the libraries that speak OpenID Connect, with the client's way to speak.
func (c *Client) context(ctx context.Context) context.Context { return oidc.ClientContext(ctx, c.http) }

// trade sorts errors of the token endpoint (RFC 6749 §5.2): a grant that is refused is over; whatever else went wrong, nothing
// is certain.
func trade(err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case ok && refused.ErrorCode == "invalid_grant":
		return fmt.Errorf("%w: %w", ErrEnded, err)
	case ok && refused.ErrorCode == "invalid_client", ok && refused.ErrorCode == "unauthorized_client":
		return misconfigured{refused.ErrorCode}
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

// misconfigured says that Standin refuses the application itself. It is as uncertain as ErrAway whether anybody's access
// stands.
type misconfigured struct{ code string }

func (m misconfigured) Error() string {
	return "standin: Standin refuses this application (" + m.code + "): look at ClientID and ClientSecret"
}

func (misconfigured) Is(target error) bool { return target == ErrAway }

// verified returns who an ID token says is there, with its sid (OpenID Connect Core 1.0 §3.1.3.7). nonce is what was sent.
func (c *Client) verified(ctx context.Context, e *endpoints, t *oauth2.Token, nonce string) (Identity, string, string, error) {
	raw, _ := t.Extra("id_token").(string)
	if raw == "" {
		return Identity{}, "", "", fmt.Errorf("%w: no ID token came", errClaims)
	}
	id, err := e.verifier.Verify(c.context(ctx), raw)
	if err != nil {
		return Identity{}, "", "", fmt.Errorf("standin: the ID token: %w", err)
	}
	if id.Nonce != nonce && nonce != "" {
		return Identity{}, "", "", fmt.Errorf("%w: the ID token was made for another sign-in", errClaims)
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(t.AccessToken); err != nil {
			return Identity{}, "", "", fmt.Errorf("standin: the access token: %w", err)
		}
	}
	var text jsonText
	if err := id.Claims(&text); err != nil {
		return Identity{}, "", "", err
	}
	who, sid, err := read(text)
	return who, sid, raw, err
}

// jsonText takes claims as they are.
type jsonText []byte

func (t *jsonText) UnmarshalJSON(text []byte) error {
	*t = append((*t)[:0], text...)
	return nil
}

// stands asks Standin whether what the access token rests on stands, and for whom (OpenID Connect Core 1.0 §5.3).
func (c *Client) stands(ctx context.Context, accessToken string) (Identity, string, error) {
	e, err := c.endpoints(ctx)
	if err != nil {
		return Identity{}, "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.userinfo, nil)
	if err != nil {
		return Identity{}, "", err
	}
	r.Header.Set("Authorization", "Bearer "+accessToken)
	status, text, err := c.do(r)
	switch {
	case err != nil:
		return Identity{}, "", err
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return Identity{}, "", fmt.Errorf("%w: userinfo answered %d", ErrEnded, status)
	case status != http.StatusOK:
		return Identity{}, "", fmt.Errorf("%w: userinfo answered %d", ErrAway, status)
	}
	return read(text)
}
