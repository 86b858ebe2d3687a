package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
)

// Link is a link by which a person sets their password.
type Link struct {
	Token     string    `json:"token" doc:"Told once. The link is /password?token= with this at its end, below the public address."`
	Person    string    `json:"person" doc:"The person's id."`
	Again     bool      `json:"again" doc:"They have a password already, which works until the link is used."`
	ExpiresAt time.Time `json:"expires_at"`
}

// Invitation is what a link is for.
type Invitation struct {
	Organisation string    `json:"organisation" doc:"Its name."`
	Name         string    `json:"name" doc:"Of the person."`
	Email        string    `json:"email"`
	Again        bool      `json:"again" doc:"This replaces a password."`
	By           string    `json:"by" doc:"Who made the link." example:"person:p-1"`
	ByName       string    `json:"by_name,omitempty"`
	MadeAt       time.Time `json:"made_at"`
	ExpiresAt    time.Time `json:"expires_at"`
}

// Token is the secret of a link.
type Token struct {
	Token string `json:"token" maxLength:"200"`
}

// FirstPassword is the password that a link is for.
type FirstPassword struct {
	Token    string `json:"token" maxLength:"200"`
	Password string `json:"password" maxLength:"5000"`
}

// Standing says how a person signs in.
type Standing struct {
	PasswordSetAt *time.Time `json:"password_set_at,omitempty" doc:"Absent where they have none."`
	InvitedAt     *time.Time `json:"invited_at,omitempty" doc:"When the link was made that can still be used."`
	InvitedBy     string     `json:"invited_by,omitempty" example:"person:p-1"`
	ExpiresAt     *time.Time `json:"expires_at,omitempty" doc:"Of that link."`
}

// NewPassword replaces one's own password.
type NewPassword struct {
	Former   string `json:"former" maxLength:"5000" doc:"The present one."`
	Password string `json:"password" maxLength:"5000"`
}

// Founding is what the first organisation is made of.
type Founding struct {
	Token         string   `json:"token" maxLength:"200" doc:"Of the link that serve logs on an empty database, and standin setup-link prints."`
	ID            string   `json:"id" maxLength:"200" doc:"The organisation's."`
	Name          string   `json:"name" maxLength:"1000"`
	TimeZone      string   `json:"time_zone,omitempty" maxLength:"100" doc:"Left out: UTC."`
	Units         []string `json:"units,omitempty" maxItems:"100" doc:"At the top; left out: one, named as the organisation's id."`
	Administrator string   `json:"administrator" maxLength:"1000" doc:"The first administrator's name."`
	Email         string   `json:"email" maxLength:"1000"`
	Password      string   `json:"password" maxLength:"5000"`
	Language      string   `json:"language,omitempty" maxLength:"50"`
}

func (a *api) describeLinks() {
	const tag = "Ways in"
	put(a, http.MethodGet, "/people/{id}/sign-in", about{id: "getStanding", tag: tag, admin: true, people: true, summary: "Say how a person signs in",
		text: "Needs standin:person.manage at their unit."}, a.getStanding)
	put(a, http.MethodPost, "/people/{id}/invitation", about{id: "invite", tag: tag, admin: true, people: true, status: http.StatusCreated,
		summary: "Make a link by which a person sets their password", text: "The link before ends. Not for oneself, for nobody above, and for " +
			"nobody with powers that the caller has not. The person is told who made it."}, a.invite)
	put(a, http.MethodDelete, "/people/{id}/invitation", about{id: "uninvite", tag: tag, admin: true, people: true, status: http.StatusNoContent,
		summary: "End a link that was not used", text: "404 where there is none."}, a.uninvite)
	put(a, http.MethodPost, "/invitation", about{id: "getInvitation", tag: tag, open: true, fails: []int{404, 409, 429}, summary: "Say what a link is for",
		text: "A link that is over and one that never was are answered alike."}, a.getInvitation)
	put(a, http.MethodPost, "/invitation/accept", about{id: "acceptInvitation", tag: tag, open: true, fails: []int{404, 409, 429}, summary: "Set the password by a link",
		text: "Ends the person's sign-ins and signs them in: sets the cookie."}, a.acceptInvitation)
	put(a, http.MethodPut, "/me/password", about{id: "changePassword", tag: tag, person: true, fails: []int{429}, summary: "Change one's own password",
		text: "Ends one's other sign-ins. Sets the cookie. Never while acting."}, a.changePassword)
	put(a, http.MethodPost, "/me/password/known", about{id: "knowLink", tag: tag, person: true, status: http.StatusNoContent,
		summary: "Note that one knows who made the link by which one's password was set", text: "Until then /me tells it. Never while acting."}, a.knowLink)
	put(a, http.MethodPost, "/set-up/open", about{id: "isSetUpOpen", tag: tag, open: true, fails: []int{404, 409, 429}, status: http.StatusNoContent,
		summary: "Say whether a link sets up this installation", text: "404 for one that is over, and once there is an organisation."}, a.isSetUpOpen)
	put(a, http.MethodPost, "/set-up", about{id: "setUp", tag: tag, open: true, fails: []int{404, 409, 429}, status: http.StatusCreated, summary: "Make the first organisation",
		text: "With its units, roles and first administrator, who is signed in: sets the cookie."}, a.setUp)
}

func (a *api) getStanding(ctx context.Context, who standin.Caller, in *PersonPath) (*body[Standing], error) {
	s, err := a.Signin.StandingOf(ctx, who, in.ID)
	return &body[Standing]{Standing{moment(s.Password), moment(s.Invited), string(s.By), moment(s.Expires)}}, err
}

func (a *api) invite(ctx context.Context, who standin.Caller, in *PersonPath) (*body[Link], error) {
	l, err := a.Signin.Invite(ctx, who, in.ID)
	return &body[Link]{Link{l.Token, string(l.Person.ID), l.Again, l.Expires}}, err
}

func (a *api) uninvite(ctx context.Context, who standin.Caller, in *PersonPath) (*none, error) {
	return &none{}, a.Signin.Uninvite(ctx, who, in.ID)
}

func (a *api) getInvitation(ctx context.Context, _ standin.Caller, in *body[Token]) (*body[Invitation], error) {
	i, err := a.Signin.Invitation(ctx, in.Body.Token, asker(ctx).origin)
	return &body[Invitation]{Invitation{Organisation: i.Organisation.Name, Name: i.Person.Name, Email: i.Person.Email, Again: i.Again,
		By: string(i.By), ByName: i.ByName, MadeAt: i.Made, ExpiresAt: i.Expires}}, err
}

func (a *api) acceptInvitation(ctx context.Context, _ standin.Caller, in *body[FirstPassword]) (*withCookie[Me], error) {
	token, _, err := a.Signin.AcceptInvitation(ctx, in.Body.Token, in.Body.Password, asker(ctx).origin)
	return a.entered(ctx, token, err)
}

func (a *api) changePassword(ctx context.Context, _ standin.Caller, in *body[NewPassword]) (*withCookie[Me], error) {
	from := asker(ctx)
	token, _, err := a.Signin.ChangePassword(ctx, from.token, in.Body.Former, in.Body.Password, from.origin)
	return a.entered(ctx, token, err)
}

func (a *api) knowLink(ctx context.Context, who standin.Caller, _ *none) (*none, error) {
	return &none{}, a.Signin.KnowLink(ctx, who)
}

func (a *api) isSetUpOpen(ctx context.Context, _ standin.Caller, in *body[Token]) (*none, error) {
	return &none{}, a.Signin.SetUpOpen(ctx, in.Body.Token, asker(ctx).origin)
}

func (a *api) setUp(ctx context.Context, _ standin.Caller, in *body[Founding]) (*withCookie[Me], error) {
	f := in.Body
	token, _, err := a.Signin.SetUp(ctx, f.Token, signin.Founding{ID: standin.OrganisationID(f.ID), Name: f.Name, TimeZone: f.TimeZone,
		Units: ids[standin.UnitID](f.Units), Administrator: f.Administrator, Email: f.Email, Password: f.Password, Language: f.Language}, asker(ctx).origin)
	return a.entered(ctx, token, err)
}

// entered answers with the cookie and who they are who were just let in by token.
func (a *api) entered(ctx context.Context, token string, err error) (*withCookie[Me], error) {
	if err != nil {
		return nil, err
	}
	v, err := a.Signin.Resolve(ctx, token, asker(ctx).origin)
	if err != nil {
		return nil, err
	}
	standin.RequestOf(ctx).AskedBy(v.Caller)
	return &withCookie[Me]{a.cookie(token), me(v.Caller, &v)}, nil
}
