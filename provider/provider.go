// Package provider owns how applications that speak OpenID Connect and OAuth 2.0 meet Standin: the forms of their requests, the
// order of the steps of a sign-in, and the answers. It is an adapter: what a grant is and whether it stands, the token room
// says; who is here, the sign-in; whom they may act for, acting. The library below it knows the protocol and keeps nothing.
//
// It refuses whatever it has not checked itself to redirect to, a request that another browser began, a client that did not
// show who it is, and anything said twice. It never begins to act: that is done on Standin's own pages, by the actor.
package provider

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/keys"
)

// Rooms are what the provider adapts.
type Rooms struct {
	DB           *db.DB
	Applications *application.Applications
	Acting       *acting.Acting
	Signin       *signin.Signin
	Keys         *keys.Keys
	Tokens       *token.Tokens
}

// Config says how the provider answers.
type Config struct {
	Rooms
	Issuer string // the public address, without a path
	Secure bool   // whether pages come over https
	Now    func() time.Time
	Log    *slog.Logger
	// Fail shows a page that says no.
	Fail func(w http.ResponseWriter, r *http.Request, status int)
	// CannotReturn shows one where a browser cannot be sent back to an application: code says why, client and address are
	// what was sent.
	CannotReturn func(w http.ResponseWriter, r *http.Request, status int, code, client, address string)
}

// Provider answers applications. It is safe for concurrent use.
type Provider struct {
	db           *db.DB
	applications *application.Applications
	acting       *acting.Acting
	signin       *signin.Signin
	keys         *keys.Keys
	tokens       *token.Tokens
	issuer       string
	secure       bool
	now          func() time.Time
	log          *slog.Logger
	fail         func(w http.ResponseWriter, r *http.Request, status int)
	cannotReturn func(w http.ResponseWriter, r *http.Request, status int, code, client, address string)
	protocol     http.Handler // the library
	lately       *lately
	crowd        *crowd // who begins to sign in
	showing      *crowd // clients without a secret that show keys
	metadata     []byte // what describes it
}

// New returns the provider. The error is a fault of ours: options that the library does not take together.
func New(c Config) (*Provider, error) {
	p := &Provider{db: c.DB, applications: c.Applications, acting: c.Acting, signin: c.Signin, keys: c.Keys,
		tokens: c.Tokens, issuer: strings.TrimSuffix(c.Issuer, "/"), secure: c.Secure, now: c.Now, log: c.Log, fail: c.Fail, cannotReturn: c.CannotReturn, lately: &lately{}, crowd: &crowd{most: mostBegun},
		showing: &crowd{most: mostShown}}
	l, err := p.library()
	if err != nil {
		return nil, err
	}
	p.protocol = l.Handler()
	p.metadata, err = p.describing()
	return p, err
}

// Handler answers everything below /oauth2/ and the two documents that describe it.
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+OpenID, p.describe)
	mux.HandleFunc("GET "+OAuth, p.describe)
	mux.HandleFunc("GET "+JWKS, p.publish)
	mux.HandleFunc("GET "+Authorize, p.authorize)
	mux.HandleFunc("POST "+Authorize, p.authorize)
	mux.HandleFunc("GET "+Authorize+"/{request}", p.resume)
	mux.HandleFunc("POST "+Push, p.push)
	mux.HandleFunc("POST "+TokenPath, p.issue)
	mux.HandleFunc("GET "+UserInfo, p.userInfo)
	mux.HandleFunc("POST "+UserInfo, p.userInfo)
	mux.HandleFunc("POST "+Introspect, p.introspect)
	mux.HandleFunc("POST "+Revoke, p.revoke)
	mux.HandleFunc("GET "+EndSession, p.endSession)
	mux.HandleFunc("POST "+EndSession, p.endSession)
	for path, methods := range shared {
		mux.HandleFunc("OPTIONS "+path, p.preflight(methods))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if Asked(r.URL.Path) {
			Fail(w, r, http.StatusMethodNotAllowed)
			return
		}
		p.fail(w, r, http.StatusNotFound)
	})
	return mux
}

// unforeseen notes an error that no client can do anything about, and returns what it is told.
func (p *Provider) unforeseen(ctx context.Context, err error) *oauthError {
	e := toldOf(err)
	if e.code == "server_error" {
		p.log.ErrorContext(ctx, "a request of an application failed", "error", err)
	}
	return e
}

// noteError is told by the library what it refuses; what is to be answered is decided after it.
func (p *Provider) noteError(ctx context.Context, err error) {
	if c := callOf(ctx); c.err == nil {
		c.err = err
	}
}

// keySet returns the public keys by which the library reads an id_token_hint and publishes nothing.
func (p *Provider) keySet(ctx context.Context) (goidc.JSONWebKeySet, error) {
	set, err := p.keys.Public(ctx)
	return goidc.JSONWebKeySet{Keys: set.Keys}, err
}

// shortened bounds what came from outside and is said again.
func shortened(text string) string {
	if len(text) > 80 {
		return text[:80]
	}
	return text
}

func has(list []string, one string) bool {
	for _, s := range list {
		if s == one {
			return true
		}
	}
	return false
}
