package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token"
)

// SignedIn is one application that a person is signed in to.
type SignedIn struct {
	ID         string    `json:"id"`
	Client     string    `json:"client"`
	Name       string    `json:"name" doc:"The application's."`
	Principal  Party     `json:"principal" doc:"Whom the person is there: themselves, or the one for whom they act."`
	Session    string    `json:"session,omitempty" doc:"The acting session; absent in one's own name."`
	Login      string    `json:"login" doc:"The sign-in that it rests on."`
	Scopes     []string  `json:"scopes"`
	SignedInAt time.Time `json:"signed_in_at"`
	UsedAt     time.Time `json:"used_at" doc:"When the application last asked for fresh tokens."`
	Until      time.Time `json:"until" doc:"When it ends at the latest."`
}

// Consent is what a person allows one application to be told about them.
type Consent struct {
	Client  string    `json:"client"`
	Name    string    `json:"name" doc:"The application's."`
	Scopes  []string  `json:"scopes"`
	GivenAt time.Time `json:"given_at"`
}

func (a *api) describeGranted() {
	const tag = "Applications one uses"
	put(a, http.MethodGet, "/me/applications", about{id: "listMyApplications", tag: tag, person: true, summary: "List the applications that one is signed in to",
		text: "In whatever browser and as whomever, the newest first. While acting they are the actor's, never the principal's."}, a.listMyApplications)
	put(a, http.MethodDelete, "/me/applications/{grant}", about{id: "endMyApplication", tag: tag, person: true, status: http.StatusNoContent,
		summary: "Sign out of one application", text: "It holds at once, and the application is told. It works while acting, too."}, a.endMyApplication)
	put(a, http.MethodGet, "/me/consents", about{id: "listConsents", tag: tag, person: true, summary: "List what one allowed applications to be told",
		text: "The newest first. While acting they are the actor's, never the principal's."}, a.listConsents)
	put(a, http.MethodPut, "/me/consents/{client}", about{id: "giveConsent", tag: tag, person: true, status: http.StatusNoContent,
		summary: "Allow an application to be told about oneself", text: "Beside what was allowed before, until it is taken back. Never while acting."}, a.giveConsent)
	put(a, http.MethodDelete, "/me/consents/{client}", about{id: "withdrawConsent", tag: tag, person: true, status: http.StatusNoContent,
		summary: "Take back what one allowed an application", text: "What it holds in one's name by that ends at once. Never while acting."}, a.withdrawConsent)
}

func (a *api) listMyApplications(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[SignedIn]], error) {
	list, err := a.Tokens.GrantsOf(ctx, who)
	return whole(list, func(s token.SignedIn) SignedIn {
		g := s.Grant
		used := g.RefreshedAt
		if used.IsZero() {
			used = g.CreatedAt
		}
		return SignedIn{ID: string(g.ID), Client: string(g.Client), Name: s.ClientName, Principal: Party{ID: string(g.Principal), Name: s.PrincipalName},
			Session: string(g.Session), Login: string(g.Login), Scopes: texts(g.Scopes), SignedInAt: g.CreatedAt, UsedAt: used, Until: g.ExpiresAt}
	}), err
}

type grantPath struct {
	Grant standin.GrantID `path:"grant" maxLength:"200" doc:"The id that the list of applications gives."`
}

func (a *api) endMyApplication(ctx context.Context, who standin.Caller, in *grantPath) (*none, error) {
	return &none{}, a.Tokens.EndOwn(ctx, who, in.Grant)
}

func (a *api) listConsents(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[Consent]], error) {
	list, err := a.Tokens.Allowances(ctx, who)
	return whole(list, func(c token.Consent) Consent {
		return Consent{Client: string(c.Client), Name: c.ClientName, Scopes: texts(c.Scopes), GivenAt: c.GivenAt}
	}), err
}

// Scopes are what an application asks for.
type Scopes struct {
	Scopes []string `json:"scopes" minItems:"1" maxItems:"50" doc:"Such as openid, profile, email." nullable:"false"`
}

type giveConsentIn struct {
	ConsentPath
	Body Scopes
}

// ConsentPath names an application.
type ConsentPath struct {
	Client standin.ClientID `path:"client" maxLength:"200" doc:"The application's client id."`
}

func (a *api) giveConsent(ctx context.Context, who standin.Caller, in *giveConsentIn) (*none, error) {
	if err := a.known(ctx, who, in.Client); err != nil {
		return nil, err
	}
	for _, s := range in.Body.Scopes {
		if s == "" || len(s) > 200 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			return nil, standin.Refuse(standin.Invalid, "api.consent", "api.bad_scope", "A scope is up to 200 visible ASCII characters (RFC 6749 §3.3).").On("scopes")
		}
	}
	return &none{}, a.Tokens.Allow(ctx, who, in.Client, in.Body.Scopes)
}

func (a *api) withdrawConsent(ctx context.Context, who standin.Caller, in *ConsentPath) (*none, error) {
	if err := a.known(ctx, who, in.Client); err != nil {
		return nil, err
	}
	return &none{}, a.Tokens.Disallow(ctx, who, in.Client)
}

// known refuses where the caller's organisation has no such client.
func (a *api) known(ctx context.Context, who standin.Caller, id standin.ClientID) error {
	return a.DB.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		c, err := a.Applications.Client(ctx, tx, id)
		if err == nil && c.Organisation != who.Organisation {
			err = standin.Refuse(standin.NotFound, "api.client", "api.no_client", "There is no such application.")
		}
		return err
	})
}
