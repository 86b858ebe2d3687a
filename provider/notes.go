package provider

import (
	"context"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
)

// asked is what the action of a record is called where administrators see what a client asked for last.
var asked = map[string]string{"client.authorize": application.AskedAuthorize, "client.push": application.AskedPush, "token.redeem": application.AskedToken,
	"token.refresh": application.AskedRefresh, "token.exchange": application.AskedExchange, "token.issue": application.AskedToken,
	"token.read": application.AskedUserInfo, "token.introspect": application.AskedIntrospect, "token.revoke": application.AskedToken,
	"client.sign_out": application.AskedLogout}

// note records that a known client was refused, unless the token room did in its own transaction, and lets the client's
// administrators see it.
func (p *Provider) note(ctx context.Context, c *call, action string, err error, e *oauthError) {
	ctx, cancel := briefly(ctx)
	defer cancel()
	if !fromTokens(err) {
		if failed := p.tokens.Refused(ctx, c.client.ID, c.there, action, recorded(e), c.origin); standin.KindOf(failed) == standin.Internal {
			p.log.WarnContext(ctx, "a refusal could not be recorded", "client", c.client.ID, "error", failed)
		}
	}
	p.seen(ctx, c, asked[action], e)
}

// recorded is the refusal as records and pages name it.
func recorded(e *oauthError) *standin.Error {
	switch e.code {
	case "redirect_uri":
		return standin.Refuse(standin.Denied, "provider.authorize", "provider.redirect", "The address to go back to is none that is registered.")
	case "other_browser":
		return standin.Refuse(standin.Denied, "provider.authorize", "provider.other_browser", "Another browser began this sign-in.")
	case "invalid_client":
		return standin.Refuse(standin.Denied, "provider.client", "provider.secret", "The application did not show its secret.")
	case "invalid_dpop_proof":
		return standin.Refuse(standin.Denied, "provider.token", "provider.proof", "The application did not show the key that this is bound to.")
	case "invalid_scope":
		return standin.Refuse(standin.Denied, "provider.token", "provider.scope", "More was asked for than there is to give.")
	case "unauthorized_client", "unsupported_grant_type", "unsupported_response_type", "request_not_supported", "request_uri_not_supported":
		return standin.Refuse(standin.Denied, "provider.token", "provider.unsupported", "This is not done here, or not for this application.")
	case "access_denied":
		return standin.Refuse(standin.Denied, "provider.authorize", "provider.denied", "Nobody allowed this application to sign this person in.")
	}
	return standin.Refuse(standin.Denied, "provider.request", "provider.malformed", "The application's request was not as it has to be.")
}

// fromTokens reports whether the token room refused, and so recorded it.
func fromTokens(err error) bool { return strings.HasPrefix(standin.CodeOf(err), "token.") }

// seen lets a client's administrators see that it asked, and what was wrong. What cannot be written now is not worth refusing
// anything for.
func (p *Provider) seen(ctx context.Context, c *call, what string, e *oauthError) {
	if c.trial {
		return
	}
	problem, detail := "", ""
	if e != nil {
		problem, detail = wrong(what, e), e.text
	}
	if err := p.applications.Seen(ctx, c.client, what, problem, detail); err != nil && ctx.Err() == nil {
		p.log.DebugContext(ctx, "what a client asked for could not be noted", "client", c.client.ID, "error", err)
	}
}

// wrong sorts a refusal by what those who connect the client would change.
func wrong(what string, e *oauthError) string {
	switch e.code {
	case "redirect_uri":
		return application.WrongRedirect
	case "invalid_client":
		return application.WrongSecret
	case "invalid_dpop_proof":
		return application.WrongDPoP
	case "invalid_scope", "invalid_target":
		return application.WrongScope
	case "unauthorized_client", "unsupported_grant_type", "unsupported_response_type":
		return application.WrongGrant
	case "access_denied":
		return application.WrongDenied
	case "invalid_token":
		return application.WrongToken
	case "invalid_grant":
		if what == application.AskedRefresh {
			return application.WrongRefresh
		}
		return application.WrongCode
	}
	switch {
	case strings.HasPrefix(e.text, "code_challenge"):
		return application.WrongPKCE
	case e.text == pushes:
		return application.WrongPush
	}
	return application.WrongRequest
}
