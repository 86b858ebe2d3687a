package provider

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"github.com/standin-id/standin/token"
)

// issue is the token endpoint (RFC 6749 §3.2).
func (p *Provider) issue(w http.ResponseWriter, r *http.Request) {
	r, c := p.begin(r)
	e := readForm(w, r, "audience", "resource")
	if e == nil {
		e = p.prove(r, c)
	}
	if e == nil {
		p.allowOrigin(w, r, c.client)
		c.form = r.PostForm
		e = p.proof(r, c, "", "")
	}
	if e == nil && c.client.RequireDPoP && c.proof.Thumbprint == "" { // the library lets a sign-in from before go on without
		e = refuse("invalid_request", "a DPoP proof is required for this token request")
	}
	action := actionOf(r.PostForm.Get("grant_type"))
	if e != nil {
		p.refused(w, r, c, action, nil, e)
		return
	}
	p.through(w, r, c, action)
}

// actionOf says what a request at the token endpoint is, in records.
func actionOf(grant string) string {
	switch goidc.GrantType(grant) {
	case goidc.GrantAuthorizationCode:
		return "token.redeem"
	case goidc.GrantRefreshToken:
		return "token.refresh"
	case goidc.GrantTokenExchange:
		return "token.exchange"
	}
	return "token.issue"
}

// through lets the library answer an application, and answers itself where the library refuses.
func (p *Provider) through(w http.ResponseWriter, r *http.Request, c *call, action string) {
	held := &held{ResponseWriter: w}
	r.RequestURI = r.URL.Path // which is what a proof is compared with
	p.protocol.ServeHTTP(held, unending(r))
	if held.status == 0 || held.status >= http.StatusBadRequest {
		err := c.err
		if err == nil {
			err = refuse("temporarily_unavailable", "try again in a moment")
		}
		p.refused(w, r, c, action, err, p.unforeseen(r.Context(), err))
		return
	}
	p.seen(r.Context(), c, asked[action], nil)
}

// refused answers with the error, whose cause is err, and notes it where the client is known.
func (p *Provider) refused(w http.ResponseWriter, r *http.Request, c *call, action string, err error, e *oauthError) {
	if c.proved && e.status < http.StatusInternalServerError {
		p.note(r.Context(), c, action, err, e)
	}
	e.answer(w)
}

// held lets an answer through, unless it is an error: that is answered in our own words.
type held struct {
	http.ResponseWriter
	status int
}

func (h *held) WriteHeader(status int) {
	if h.status = status; status < http.StatusBadRequest {
		h.ResponseWriter.WriteHeader(status)
	}
}

func (h *held) Write(b []byte) (int, error) {
	if h.status >= http.StatusBadRequest {
		return len(b), nil
	}
	return h.ResponseWriter.Write(b)
}

// exchange is the library's way to the exchange policy, which is the token room's alone (docs/decisions/0018). It is asked here
// with the client that was proved, which the library does not hand on.
func (p *Provider) exchange(ctx context.Context, r goidc.TokenExchangeRequest) (goidc.TokenExchangeResult, error) {
	c := callOf(ctx)
	who, err := p.tokens.Exchange(c.ctx, c.client, token.Exchanging{SubjectToken: r.SubjectToken, SubjectType: string(r.SubjectTokenType),
		ActorToken: r.ActorToken, ActorType: string(r.ActorTokenType), RequestedType: string(r.RequestedTokenType), Scopes: strings.Fields(c.value("scope")),
		Audience: append(r.Audience, r.Resource...), JKT: c.proof.Thumbprint, Origin: c.origin})
	if err != nil {
		return goidc.TokenExchangeResult{}, err
	}
	c.who = who
	return goidc.TokenExchangeResult{Subject: string(who.Grant.Principal)}, nil
}

// handleGrant gives a grant that was exchanged the scopes that it got.
func (p *Provider) handleGrant(ctx context.Context, kind goidc.GrantType, grant *goidc.Grant) error {
	if c := callOf(ctx); kind == goidc.GrantTokenExchange {
		grant.ID, grant.Scopes, grant.JWKThumbprint = string(c.who.Grant.ID), strings.Join(c.who.Scopes, " "), c.who.Grant.JKT
	}
	return nil
}

// accessToken makes the access token: a JWT of the form at+jwt (RFC 9068), which the library hands on as it is.
func (p *Provider) accessToken(ctx context.Context, _ *goidc.Grant) string {
	c := callOf(ctx)
	ctx, cancel := briefly(ctx)
	defer cancel()
	raw, made, err := p.tokens.Mint(ctx, c.who)
	c.access, c.made, c.err = raw, made, err
	return raw
}

// minted lets no answer out without the token that it is of.
func (p *Provider) minted(ctx context.Context, _ *goidc.Token, _ *goidc.Grant) error {
	return callOf(ctx).err
}

// tokenOptions says how long the access token is told to last: to its end, which is where what it rests on ends.
func (p *Provider) tokenOptions(ctx context.Context, _ *goidc.Grant, _ *goidc.Client) goidc.TokenOptions {
	c := callOf(ctx)
	return goidc.NewOpaqueTokenOptions(int(c.who.Expires(c.who.At).Sub(c.who.At).Seconds()))
}

// refreshToken hands the library the refresh token that the token room made.
func (p *Provider) refreshToken(ctx context.Context) string { return callOf(ctx).refresh }

// idTokenClaims are the same as the access token's about who it is, and the access token's hash (OpenID Connect Core §3.1.3.6),
// which the library leaves out of what is answered to a code.
func (p *Provider) idTokenClaims(ctx context.Context, _ *goidc.Grant) map[string]any {
	c := callOf(ctx)
	claims := token.Claims(c.who, c.who.At)
	sum := sha256.Sum256([]byte(c.access))
	claims["at_hash"] = base64.RawURLEncoding.EncodeToString(sum[:16])
	claims["azp"] = string(c.client.ID)
	claims["iat"], claims["exp"] = c.made.IssuedAt.Unix(), c.made.ExpiresAt.Unix()
	return claims
}

// signer lends the library the key that signs. It is given the form of signature that JWS has (RFC 7518 §3.4), which the
// library writes as it gets it.
func (p *Provider) signer(ctx context.Context, algorithm goidc.SignatureAlgorithm) (string, crypto.Signer, error) {
	ctx, cancel := briefly(ctx)
	defer cancel()
	kid, key, err := p.keys.Signer(ctx, string(algorithm))
	if err != nil {
		return "", nil, err
	}
	if k, ok := key.(*ecdsa.PrivateKey); ok {
		return kid, plainSigner{k}, nil
	}
	return kid, key, nil
}

// plainSigner signs as R and S one behind the other, 32 bytes each, where ecdsa.PrivateKey would write ASN.1.
type plainSigner struct{ *ecdsa.PrivateKey }

func (s plainSigner) Sign(random io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	r, t, err := ecdsa.Sign(random, s.PrivateKey, digest)
	if err != nil {
		return nil, err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	t.FillBytes(signature[32:])
	return signature, nil
}
