package api

import (
	"net/http"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/dpop"
)

// byCookie are the operations that change the sign-in itself, or consent to something: applications do not do that for anybody
// (P4), so that only the cookie of the sign-in opens them.
var byCookie = []string{"signOut", "prove", "changePassword", "startActing", "extendActing", "stopActing", "acceptPrivacyNotice", "giveConsent"}

func cookieOnly() error {
	return standin.Refuse(standin.Denied, "api", "api.cookie_only", "No application does this for anybody. It is done on Standin's own pages.")
}

// isToken reports whether what comes as Authorization can be an access token. API keys have no dots.
func isToken(secret string) bool { return strings.Count(secret, ".") == 2 }

// findByToken finds out who asks by a person's access token that an application was given for Standin's own interface
// (audience "standin"). It is asked anew whether everything stands that it rests on; whoever acts asks as the principal, with
// the actor beside them, as with the cookie of their sign-in. The cookie that may come along is not looked at.
//
// A token that is bound to a key comes as "DPoP" with a proof, any other as "Bearer" (RFC 9449 §7.1, 7.2).
func (a *api) findByToken(r *http.Request, scheme, raw string) (*proved, error) {
	who := &proved{origin: origin(r), access: raw}
	w, access, err := a.Tokens.Read(r.Context(), raw, false)
	if err != nil {
		return who, err
	}
	if !access.For(token.Standin) || len(access.Audience) > 1 { // anybody else that it is for could present it here
		return who, standin.Refuse(standin.Unauthenticated, "api", "api.token_audience", "This token was not made for Standin's own interface alone.")
	}
	if err := a.bound(r, scheme, raw, access); err != nil {
		return who, err
	}
	if err := a.visited(r, who, w); err != nil {
		return who, err
	}
	return who, a.Tokens.Use(r.Context(), w) // not before: what was refused keeps no sign-in alive
}

// visited fills in who is there in the login of the token, which must be whom the token says.
func (a *api) visited(r *http.Request, who *proved, w token.Who) error {
	v, err := a.Signin.VisitByID(r.Context(), w.Grant.Organisation, w.Grant.Login, who.origin)
	if err != nil {
		return err
	}
	if v.Caller.Identity() != w.Caller(who.origin).Identity() {
		return standin.Refuse(standin.Unauthenticated, "api", "api.token_switched", "Whoever this token is of is somebody else by now.")
	}
	who.visit, who.Caller = &v, v.Caller
	return nil
}

// bound refuses a token that is bound to a key without a proof of it, and a proof that was used before.
func (a *api) bound(r *http.Request, scheme, raw string, access token.Access) error {
	withProof := strings.EqualFold(scheme, "DPoP")
	if withProof != (access.JKT != "") {
		return badProof(nil)
	}
	if !withProof {
		return nil
	}
	proof, err := dpop.From(r)
	if err != nil {
		return badProof(err)
	}
	p, err := dpop.Check(proof, dpop.Want{Method: r.Method, URL: a.Tokens.Issuer() + r.URL.Path, AccessToken: raw, Thumbprint: access.JKT, Now: a.now()})
	if err != nil {
		return badProof(err)
	}
	if err = a.Tokens.UseProof(r.Context(), p.Thumbprint, p.Once, p.Until); standin.KindOf(err) == standin.Denied {
		err = badProof(err)
	}
	return err
}

func badProof(cause error) error {
	return standin.Refuse(standin.Unauthenticated, "api", "api.token_proof",
		"A token that is bound to a key comes with a proof of that key, as Authorization: DPoP, and any other as Bearer.").Because(cause)
}
