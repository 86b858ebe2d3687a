package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
)

// step is what comes next for an authorization request: a page of Standin, a refusal that the application is told, or, where it
// is zero, the sign-in itself.
type step struct {
	page    string
	refusal *oauthError
}

// facts are what the next step is decided by.
type facts struct {
	ask     ask
	client  application.Client
	visit   *signin.Visit // nil where nobody is here
	chooses bool          // the person could stand in for somebody now, which is asked where the client takes stand-ins
	allowed bool          // the person behind sub allowed the client all that it asks for; meant for third parties alone
	again   bool          // they were asked since the request came, which prompt=consent wants
}

// next says what comes next, always in the same order: who is here, what they must still accept, as whom they go on, whether
// the application takes them, and whether it may be told (FEATURES.md C1, DESIGN.md §4). prompt=none turns every page into
// the error that OpenID Connect Core §3.1.2.6 has for it.
func next(f facts) step {
	v, silent := f.visit, f.ask.wants("none")
	page := func(path, code string) step {
		if silent {
			return step{refusal: refuse(code, "the person has to be asked, and prompt is none")}
		}
		return step{page: path}
	}
	switch {
	case v == nil || silent && v.Organisation.ID != f.client.Organisation: // who is nobody to whoever only looks (P12)
		return page("/signin", "login_required")
	case v.Organisation.ID != f.client.Organisation:
		return step{refusal: refuse("access_denied", "nobody is signed in whom this client may know")}
	case proofDue(f):
		return page("/prove", "login_required")
	case v.NoticeDue != nil:
		return page("/terms", "interaction_required")
	case f.chooses && f.client.StandIns && (v.Chosen.IsZero() || f.ask.wants("select_account") && v.Chosen.Before(f.ask.At)):
		return page("/choose", "account_selection_required")
	case v.Caller.Acting() && !f.client.StandIns:
		return page("/choose", "interaction_required")
	case f.ask.HintSub != "" && (f.ask.HintActor != v.Person.ID || silent && f.ask.HintSub != v.Caller.Principal):
		return step{refusal: refuse("login_required", "the person is not the one that id_token_hint names")}
	case !f.client.ThirdParty || f.allowed && (f.again || !f.ask.wants("consent")):
		return step{}
	case v.Caller.Acting() && !f.allowed:
		// Consents are never given in somebody else's place (DESIGN.md P4, THREATS 22).
		return step{refusal: refuse("access_denied", "the person behind it did not allow this application, and nobody else may")}
	case v.Caller.Acting():
		return step{}
	}
	return page("/consent", "consent_required")
}

// proofDue reports whether the application wants a factor proved more lately than it was. Both prompt=login and max_age count
// back from the request's coming, so that having proved it since is enough.
func proofDue(f facts) bool {
	proved := f.visit.Caller.Login.Proved
	return f.ask.wants("login") && proved.Before(f.ask.At) || f.ask.MaxAge >= 0 && proved.Before(f.ask.At.Add(-f.ask.MaxAge))
}

// setup: there is one policy, for every request.
func (p *Provider) setup(*http.Request, *goidc.AuthnSession, *goidc.Client) bool { return true }

// decide is the policy as the library calls it, when the request comes and each time its browser comes back with it.
func (p *Provider) decide(w http.ResponseWriter, r *http.Request, session *goidc.AuthnSession, _ *goidc.Client) (goidc.Status, error) {
	c := callOf(r.Context())
	ctx := c.ctx
	f, err := p.facts(ctx, r, c, session)
	if err != nil {
		return goidc.StatusFailure, p.told(ctx, c, err)
	}
	p.renew(w, r, c, f.visit)
	switch s := next(f); {
	case s.refusal != nil:
		return goidc.StatusFailure, p.told(ctx, c, s.refusal)
	case s.page != "":
		c.going = s.page + "?return=" + url.QueryEscape(Authorize+"/"+session.ID)
		return goidc.StatusPending, nil
	}
	grant, code, err := p.tokens.Begin(ctx, *f.visit, p.wish(c, f, session))
	if err != nil {
		return goidc.StatusFailure, p.told(ctx, c, err)
	}
	c.code = code
	session.Subject, session.GrantedScopes = string(grant.Principal), strings.Join(grant.Scopes, " ")
	p.seen(ctx, c, application.AskedAuthorize, nil)
	return goidc.StatusSuccess, nil
}

// renew gives the login another token where acting in it was ended from an application, which has no token of it to replace
// (THREATS 27). Where that cannot be done now, the next page does it.
func (p *Provider) renew(w http.ResponseWriter, r *http.Request, c *call, visit *signin.Visit) {
	if visit == nil || !visit.Renew {
		return
	}
	if text, err := p.signin.Renew(r.Context(), signin.Token(r, p.secure), c.origin); err == nil && text != "" {
		http.SetCookie(w, signin.Cookie(p.secure, text))
	}
}

func (p *Provider) wish(c *call, f facts, session *goidc.AuthnSession) token.Wish {
	jkt := session.JWKThumbprint
	if jkt == "" {
		jkt = session.DPoPJKT
	}
	w := token.Wish{Request: c.request.ID, Client: c.client.ID, Scopes: strings.Fields(session.Scopes), Nonce: session.Nonce, RedirectURI: session.RedirectURI,
		Challenge: session.CodeChallenge, JKT: jkt}
	if f.ask.MaxAge >= 0 {
		w.Authenticated = f.ask.At.Add(-f.ask.MaxAge)
	}
	if f.ask.wants("login") {
		w.Authenticated = f.ask.At
	}
	return w
}

// told records what the application is refused and returns it as the library sends it on. That somebody would have to be
// asked is no refusal worth a record: applications ask so each time they look.
func (p *Provider) told(ctx context.Context, c *call, err error) error {
	e := p.unforeseen(ctx, err)
	switch e.code {
	case "login_required", "account_selection_required", "interaction_required", "consent_required":
		p.seen(ctx, c, application.AskedAuthorize, nil)
	default:
		p.note(ctx, c, "client.authorize", err, e)
	}
	return goidc.NewError(goidc.ErrorCode(e.code), e.text)
}

// facts asks the rooms.
func (p *Provider) facts(ctx context.Context, r *http.Request, c *call, session *goidc.AuthnSession) (facts, error) {
	f := facts{ask: c.ask, client: c.client}
	visit, err := p.signin.Resolve(ctx, signin.Token(r, p.secure), c.origin)
	switch standin.KindOf(err) {
	case "":
		f.visit = &visit
		c.there = &token.Grant{Organisation: visit.Organisation.ID, Client: c.client.ID, Login: visit.Caller.Login.ID, Actor: visit.Person.ID,
			Principal: visit.Caller.Principal, Session: visit.Caller.Session, Delegation: visit.Caller.Delegation}
		standin.RequestOf(ctx).AskedBy(visit.Caller)
	case standin.Unauthenticated, standin.Denied, standin.Conflict:
		return f, nil // the page at which they sign in says which it is
	default:
		return f, err
	}
	if visit.Organisation.ID != c.client.Organisation {
		return f, nil
	}
	choices, err := p.acting.Choices(ctx, visit.Caller)
	if err != nil {
		return f, err
	}
	for _, choice := range choices {
		if choice.Refusal == nil {
			f.chooses = true
		}
	}
	if !c.client.ThirdParty {
		return f, nil
	}
	if f.allowed, err = p.tokens.Allowed(ctx, visit.Caller, c.client.ID, strings.Fields(session.Scopes)); err != nil || !c.ask.wants("consent") || visit.Caller.Acting() {
		return f, err
	}
	given, err := p.tokens.Allowances(ctx, visit.Caller)
	for _, consent := range given {
		f.again = f.again || consent.Client == c.client.ID && !consent.GivenAt.Before(c.ask.At)
	}
	return f, err
}

// code hands the library the code that the sign-in made.
func (p *Provider) code(ctx context.Context) string { return callOf(ctx).code }
