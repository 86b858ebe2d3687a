package provider

import (
	"context"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
	library "github.com/luikyv/go-oidc/pkg/provider"

	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/dpop"
)

// The paths of the endpoints, below the issuer.
const (
	Authorize  = "/oauth2/authorize"
	TokenPath  = "/oauth2/token"
	UserInfo   = "/oauth2/userinfo"
	Introspect = "/oauth2/introspect"
	Revoke     = "/oauth2/revoke"
	Push       = "/oauth2/par"
	JWKS       = "/oauth2/jwks"
	EndSession = "/oauth2/logout"
	OpenID     = "/.well-known/openid-configuration"
	OAuth      = "/.well-known/oauth-authorization-server"
)

// Scopes are what an application may ask for. A scope that is not among them is ignored (OpenID Connect Core §3.1.2.1);
// offline_access is known and adds nothing, for no grant outlives its login.
var scopes = []string{"openid", "profile", "email", "offline_access"}

// pushLasts is how long a pushed request can be begun with (RFC 9126 §2.2).
const pushLasts = 90 * time.Second

// library returns the protocol library, of which this file names every option that is set. What it is trusted with: the order of
// steps and the forms of requests and answers at authorize, par and token, and the metadata. What it is not trusted with, and
// why, docs/decisions/0020 says: who a client is, what a token says, what stands, and every secret.
func (p *Provider) library() (*library.Provider, error) {
	asymmetric, kept := dpop.Algorithms, stores{p}
	return library.New(p.issuer, kept, p.keySet,
		// Endpoints.
		library.WithAuthorizeEndpoint(Authorize), library.WithTokenEndpoint(TokenPath), library.WithUserInfoEndpoint(UserInfo),
		library.WithJWKSEndpoint(JWKS), library.WithPAREndpoint(Push),
		// Clients come from the application room, already authenticated: its check is that somebody did.
		library.WithDCR(kept), library.WithClientSecretVerifier(p.shown),
		library.WithSecretBasicAuthn(), library.WithSecretPostAuthn(), library.WithNoneAuthn(),
		// Authorization code with PKCE S256, pushed or not, answered with iss.
		library.WithAuthCodeGrant(kept), library.WithAuthCodeFunc(p.code), library.WithAuthCodeLifetime(int(token.CodeLasts.Seconds())),
		library.WithAuthSessionLifetime(int(token.RequestLasts.Seconds())), library.WithAuthnSessionIDFunc(newRequestID),
		library.WithPKCERequired(goidc.CodeChallengeMethodSHA256), library.WithIssuerResponseParameter(),
		library.WithPAR(kept), library.WithPARLifetime(int(pushLasts.Seconds())), library.WithPARIDFunc(newRequestID),
		library.WithPolicies(goidc.NewPolicy("standin", p.setup, p.decide)), library.WithErrorRenderer(p.showError), library.WithErrorHandler(p.noteError),
		library.WithScopes(goidc.ScopeOpenID, goidc.ScopeProfile, goidc.ScopeEmail, goidc.ScopeOfflineAccess),
		// Refresh tokens rotate; which and when, the token room says.
		library.WithRefreshTokenGrant(kept), library.WithRefreshTokenRotation(), library.WithRefreshTokenFunc(p.refreshToken),
		library.WithRefreshTokenShouldIssue(func(context.Context, *goidc.Client, *goidc.Grant) bool { return false }),
		// Exchange, by clients that are registered to.
		library.WithTokenExchangeGrant(p.exchange), library.WithTokenExchangeClientAuthnRequired(), library.WithGrantHandler(p.handleGrant),
		// Access tokens are ours, signed once: the library takes them for opaque.
		library.WithOpaqueTokens(kept), library.WithOpaqueTokenFunc(p.accessToken), library.WithTokenOptions(p.tokenOptions), library.WithTokenHandler(p.minted),
		// ID tokens are signed by the library with our keys.
		library.WithIDTokenSignatureAlgs(goidc.ES256, goidc.RS256), library.WithSigner(p.signer), library.WithIDTokenClaims(p.idTokenClaims),
		library.WithIDTokenLifetime(int(token.OwnLasts.Seconds())),
		// Proofs were checked, and their use noted, before the library looks at them.
		library.WithDPoP(asymmetric[0], asymmetric[1:]...), library.WithJTIConsumer(func(context.Context, string) error { return nil }),
		library.WithJWTLifetime(never), library.WithJWTLeewayTime(int(dpop.Lasts.Seconds())),
	)
}
