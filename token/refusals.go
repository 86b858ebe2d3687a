package token

import (
	"errors"

	"github.com/standin-id/standin"
)

// What is refused here. Each code has its name in the protocol: Protocol.

func unknown() *standin.Error {
	return standin.Refuse(standin.Unauthenticated, "token.read", "token.unknown", "Standin does not know this code or token.")
}

// over says that what a token rests on is over. cause says what it was.
func over(cause error) *standin.Error {
	return standin.Refuse(standin.Unauthenticated, "token.stand", "token.over", "What this token rests on is over.").Because(cause)
}

func reused() *standin.Error {
	return standin.Refuse(standin.Denied, "token.redeem", "token.reused", "This was used before. The sign-in that it was of is ended.")
}

func notYours() *standin.Error {
	return standin.Refuse(standin.Denied, "token.redeem", "token.not_yours", "This was made for another application.")
}

func clientOver() *standin.Error {
	return standin.Refuse(standin.Denied, "token.client", "token.client_over", "This application is signed in to no more.")
}

func noExchange() *standin.Error {
	return standin.Refuse(standin.Denied, "token.exchange", "token.no_exchange", "This application does not exchange tokens.")
}

func noStandIns() *standin.Error {
	return standin.Refuse(standin.Denied, "token.client", "token.no_stand_ins", "This application takes no stand-ins.")
}

func noConsent() *standin.Error {
	return standin.Refuse(standin.Denied, "token.client", "token.consent",
		"Nobody allowed this application to be told this. Whoever it is about allows it, when nobody stands in for them.")
}

func badScope() *standin.Error {
	return standin.Refuse(standin.Invalid, "token.scope", "token.scope", "More is asked for than there is to give.").On("scope")
}

func badTarget() *standin.Error {
	return standin.Refuse(standin.Invalid, "token.exchange", "token.target", "This token opens nothing there.").On("audience")
}

func badKey() *standin.Error {
	return standin.Refuse(standin.Denied, "token.redeem", "token.key", "This is bound to another key.")
}

func badSubject(cause error) *standin.Error {
	return standin.Refuse(standin.Invalid, "token.exchange", "token.subject_bad",
		"The subject token is none of Standin's, is over, or was not given to this application.").On("subject_token").Because(cause)
}

func badActor(cause error) *standin.Error {
	return standin.Refuse(standin.Invalid, "token.exchange", "token.actor_bad",
		"The actor token is none of Standin's, is over, or was not given to this application.").On("actor_token").Because(cause)
}

// protocol names each refusal as RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 9449 §5 and OpenID Connect Core §3.1.2.6 do.
var protocol = map[string]string{
	"token.unknown": "invalid_grant", "token.over": "invalid_grant", "token.reused": "invalid_grant", "token.not_yours": "invalid_grant",
	"token.redirect": "invalid_grant", "token.verifier": "invalid_grant", "token.key": "invalid_grant", "token.code_late": "invalid_grant",
	"token.client_over": "unauthorized_client", "token.no_exchange": "unauthorized_client",
	"token.scope": "invalid_scope", "token.target": "invalid_target",
	"token.subject_missing": "invalid_request", "token.subject_bad": "invalid_request", "token.actor_bad": "invalid_request",
	"token.actor_other": "invalid_request", "token.nobody_acts": "invalid_request", "token.type": "invalid_request",
	"token.chain": "invalid_request", "token.request_over": "invalid_request", "token.proof_used": "invalid_dpop_proof",
	"token.no_stand_ins": "access_denied", "token.consent": "consent_required", "token.proof_old": "login_required",
	"token.switched": "account_selection_required",
}

// Protocol returns what the refusal is called in OAuth 2.0 and OpenID Connect: "temporarily_unavailable" where the database
// is away, "server_error" for what is no refusal of this room.
func Protocol(err error) string {
	if e, ok := errors.AsType[*standin.Error](err); ok {
		if name := protocol[e.Code]; name != "" {
			return name
		}
		if e.Kind == standin.Unavailable {
			return "temporarily_unavailable"
		}
	}
	return "server_error"
}
