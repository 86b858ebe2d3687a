package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/signin"
)

// Me says who asks, and for whom.
type Me struct {
	Identity     string     `json:"identity" doc:"For the header Standin-Identity: a change made for another identity is refused." example:"person:p-1 for p-2 in s-3"`
	Actor        string     `json:"actor" doc:"Who is really there." example:"person:p-1"`
	Organisation string     `json:"organisation"`
	Word         string     `json:"word,omitempty" doc:"What the organisation calls a stand-in; for people." example:"deputy"`
	May          []string   `json:"may,omitempty" doc:"What an API key was made for."`
	Person       *Person    `json:"person,omitempty" doc:"The actor; absent for API keys."`
	Principal    *Person    `json:"principal,omitempty" doc:"Whom the actor acts for; absent in their own name."`
	Acting       *Session   `json:"acting,omitempty" doc:"The acting session, or the last one while its end was not taken note of."`
	NoticeDue    string     `json:"notice_due,omitempty" doc:"The version of the privacy notice that is yet to be accepted; until then nothing else can be done."`
	NeedsProof   bool       `json:"needs_proof" doc:"Whether administration asks for the password first."`
	LoginEnds    *time.Time `json:"login_ends_at,omitempty"`
	ProvedAt     *time.Time `json:"proved_at,omitempty" doc:"When a factor was last proved; acting starts within 15 minutes of that."`
}

// Login is one of the caller's own sign-ins.
type Login struct {
	ID      string    `json:"id"`
	Since   time.Time `json:"since"`
	Seen    time.Time `json:"seen" doc:"To the minute."`
	Ends    time.Time `json:"ends"`
	Address string    `json:"address"`
	Agent   string    `json:"agent"`
	Factors []string  `json:"factors" nullable:"false" doc:"What was proved (RFC 8176)."`
	Here    bool      `json:"here" doc:"It is the one that asks."`
}

// Notice is a privacy notice.
type Notice struct {
	Version string `json:"version"`
	Text    string `json:"text"`
}

// withCookie is an answer that gives the browser a new token.
type withCookie[T any] struct {
	Cookie string `header:"Set-Cookie" doc:"The login's new token."`
	Body   T
}

// onlyCookie is an answer that does nothing else.
type onlyCookie struct {
	Cookie string `header:"Set-Cookie" doc:"The login's new token, or none any more."`
}

func (a *api) cookie(token string) string { return signin.Cookie(a.secure, token).String() }

func (a *api) describeMe() {
	const tag = "Me"
	put(a, http.MethodPost, "/sign-in", about{id: "signIn", tag: tag, open: true, fails: []int{401, 429}, summary: "Sign in with e-mail and password",
		text: "Sets the cookie. A wrong password and an unknown address are answered alike. A sign-in that the browser had before ends."}, a.signIn)
	put(a, http.MethodPost, "/sign-out", about{id: "signOut", tag: tag, open: true, status: http.StatusNoContent, summary: "Sign out",
		text: "Ends the sign-in of the cookie and what is acted in it. Needs no permission."}, a.signOut)
	put(a, http.MethodGet, "/me", about{id: "getMe", tag: tag, early: true, people: true, any: true, summary: "Say who asks, and for whom",
		text: "The person, whom they act for and until when, and what is asked of them first."}, a.getMe)
	put(a, http.MethodPost, "/me/proof", about{id: "prove", tag: tag, person: true, early: true, fails: []int{429}, summary: "Prove the password again",
		text: "The actor's own, whoever they act for. Sets the cookie."}, a.prove)
	put(a, http.MethodGet, "/me/privacy-notice", about{id: "getPrivacyNotice", tag: tag, person: true, early: true, summary: "Read the privacy notice in force",
		text: "The organisation's own, or the built-in one in the person's language."}, a.getPrivacyNotice)
	put(a, http.MethodPost, "/me/privacy-notice/accept", about{id: "acceptPrivacyNotice", tag: tag, person: true, early: true, status: http.StatusNoContent,
		summary: "Accept the privacy notice", text: "The version that was read. Never while acting."}, a.acceptPrivacyNotice)
	put(a, http.MethodPut, "/me/preferences", about{id: "setPreferences", tag: tag, person: true, status: http.StatusNoContent,
		summary: "Choose time zone and language", text: "Of the person themselves. Not while acting."}, a.setPreferences)
	put(a, http.MethodGet, "/me/logins", about{id: "listLogins", tag: tag, person: true, summary: "List one's own sign-ins",
		text: "The oldest first. While acting they are the actor's, never the principal's."}, a.listLogins)
	put(a, http.MethodDelete, "/me/logins", about{id: "endLogins", tag: tag, person: true, status: http.StatusNoContent, summary: "Sign out everywhere",
		text: "Ends every sign-in of one's own, this one too."}, a.endLogins)
	put(a, http.MethodDelete, "/me/logins/{id}", about{id: "endLogin", tag: tag, person: true, status: http.StatusNoContent, summary: "End one of one's own sign-ins",
		text: "In another browser, perhaps."}, a.endLogin)
}

// Credentials are what a person signs in with.
type Credentials struct {
	Email    string `json:"email" maxLength:"1000"`
	Password string `json:"password" maxLength:"5000"`
}

func (a *api) signIn(ctx context.Context, _ standin.Caller, in *body[Credentials]) (*withCookie[Me], error) {
	from := asker(ctx)
	token, _, err := a.Signin.Password(ctx, in.Body.Email, in.Body.Password, from.origin)
	if err != nil {
		return nil, err
	}
	if from.token != "" {
		if err := a.Signin.Out(ctx, from.token, from.origin); err != nil {
			return nil, err
		}
	}
	v, err := a.Signin.Resolve(ctx, token, from.origin)
	if err != nil {
		return nil, err
	}
	standin.RequestOf(ctx).AskedBy(v.Caller)
	return &withCookie[Me]{a.cookie(token), me(v.Caller, &v)}, nil
}

func (a *api) signOut(ctx context.Context, _ standin.Caller, _ *none) (*onlyCookie, error) {
	from := asker(ctx)
	return &onlyCookie{a.cookie("")}, a.Signin.Out(ctx, from.token, from.origin)
}

func (a *api) getMe(ctx context.Context, who standin.Caller, _ *none) (*body[Me], error) {
	return &body[Me]{me(who, asker(ctx).visit)}, nil
}

// me says who asks; v is nil for API keys.
func me(who standin.Caller, v *signin.Visit) Me {
	me := Me{Identity: who.Identity(), Actor: string(who.Actor), Organisation: string(who.Organisation), May: who.May}
	if v == nil {
		return me
	}
	self := person(v.Person)
	me.Person, me.Word, me.NeedsProof = &self, v.Organisation.Settings.Word, v.NeedsProof
	me.LoginEnds, me.ProvedAt = moment(who.Login.Ends), moment(who.Login.Proved)
	if who.Acting() {
		principal := person(v.Principal)
		me.Principal = &principal
	}
	if v.Session.ID != "" {
		s := session(v.Session, v.Ended)
		s.Live = who.Acting()
		me.Acting = &s
	}
	if v.NoticeDue != nil {
		me.NoticeDue = v.NoticeDue.Version
	}
	return me
}

// Proof is a factor that is proved again.
type Proof struct {
	Password string `json:"password" maxLength:"5000"`
}

func (a *api) prove(ctx context.Context, who standin.Caller, in *body[Proof]) (*onlyCookie, error) {
	from := asker(ctx)
	token, _, err := a.Signin.Prove(ctx, from.token, in.Body.Password, from.origin)
	return &onlyCookie{a.cookie(token)}, err
}

func (a *api) getPrivacyNotice(ctx context.Context, _ standin.Caller, _ *none) (*body[Notice], error) {
	from := asker(ctx)
	var n directory.PrivacyNotice = from.visit.Organisation.Settings.Notice(from.visit.Person.Language)
	return &body[Notice]{Notice{n.Version, n.Text}}, nil
}

// NoticeAcceptance says which privacy notice is accepted.
type NoticeAcceptance struct {
	Version string `json:"version" maxLength:"64" doc:"The version that was read."`
}

func (a *api) acceptPrivacyNotice(ctx context.Context, who standin.Caller, in *body[NoticeAcceptance]) (*none, error) {
	return &none{}, a.Signin.AcceptNotice(ctx, who, in.Body.Version)
}

// Preferences are what people decide about themselves.
type Preferences struct {
	TimeZone string `json:"time_zone,omitempty" maxLength:"100" doc:"Left out: as it is." example:"Europe/Berlin"`
	Language string `json:"language,omitempty" maxLength:"50" doc:"A BCP 47 tag; left out: the browser decides."`
}

func (a *api) setPreferences(ctx context.Context, who standin.Caller, in *body[Preferences]) (*none, error) {
	return &none{}, a.Directory.SetPreferences(ctx, who, in.Body.TimeZone, in.Body.Language)
}

func (a *api) listLogins(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[Login]], error) {
	list, err := a.Signin.Browsers(ctx, who)
	return whole(list, loginOf), err
}

func (a *api) endLogins(ctx context.Context, who standin.Caller, _ *none) (*onlyCookie, error) {
	return &onlyCookie{a.cookie("")}, a.Signin.OutEverywhere(ctx, who)
}

type loginPath struct {
	ID standin.LoginID `path:"id" maxLength:"200" doc:"The sign-in's id."`
}

func (a *api) endLogin(ctx context.Context, who standin.Caller, in *loginPath) (*none, error) {
	return &none{}, a.Signin.OutElsewhere(ctx, who, in.ID)
}
