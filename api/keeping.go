package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
)

// Client is an OpenID Connect client. Its secret is never shown again.
type Client struct {
	ID            string     `json:"id"`
	Name          string     `json:"name" doc:"Empty for one from a world file."`
	Application   string     `json:"application,omitempty"`
	RedirectURIs  []string   `json:"redirect_uris" nullable:"false"`
	PostLogout    []string   `json:"post_logout_redirect_uris" nullable:"false"`
	BackChannel   string     `json:"backchannel_logout_uri,omitempty"`
	Initiate      string     `json:"initiate_login_uri,omitempty"`
	Audiences     []string   `json:"audiences" nullable:"false" doc:"Of its access tokens; its own id where there are none."`
	Algorithm     string     `json:"id_token_alg" doc:"ES256 or RS256."`
	Recipe        string     `json:"recipe,omitempty" doc:"By which it was registered."`
	Public        bool       `json:"public"`
	Exchange      bool       `json:"exchange"`
	StandIns      bool       `json:"stand_ins" doc:"Whether it may be signed in to while acting."`
	ReadsAct      bool       `json:"reads_act" doc:"Whether it reads act itself; else name says who acts for whom."`
	ThirdParty    bool       `json:"third_party" doc:"Whether people are asked for their consent."`
	RequirePAR    bool       `json:"require_par"`
	RequireDPoP   bool       `json:"require_dpop"`
	Ended         bool       `json:"ended"`
	CreatedAt     time.Time  `json:"created_at"`
	FormerWorksTo *time.Time `json:"former_works_until,omitempty" doc:"Until when the secret before works."`
	Version       int64      `json:"version"`
}

// ClientForm is what can be written of a client.
type ClientForm struct {
	Name         string   `json:"name" maxLength:"1000"`
	Application  string   `json:"application,omitempty" maxLength:"200"`
	RedirectURIs []string `json:"redirect_uris" nullable:"false" maxItems:"100"`
	PostLogout   []string `json:"post_logout_redirect_uris,omitempty" maxItems:"100"`
	BackChannel  string   `json:"backchannel_logout_uri,omitempty" maxLength:"2000"`
	Initiate     string   `json:"initiate_login_uri,omitempty" maxLength:"2000" doc:"Where signing in begins, on the host of a redirect URI."`
	Audiences    []string `json:"audiences,omitempty" maxItems:"100" doc:"Whom its access tokens are for; its own id where there are none."`
	Algorithm    string   `json:"id_token_alg,omitempty" maxLength:"20" doc:"ES256, which is the default, or RS256."`
	Recipe       string   `json:"recipe,omitempty" maxLength:"20" doc:"apache, nginx, caddy, node, go, python, sdk or other."`
	Public       bool     `json:"public,omitempty" doc:"It cannot keep a secret, and gets none."`
	Exchange     bool     `json:"exchange,omitempty"`
	StandIns     bool     `json:"stand_ins,omitempty"`
	ReadsAct     bool     `json:"reads_act,omitempty" doc:"It reads act itself; else name says who acts for whom."`
	ThirdParty   bool     `json:"third_party,omitempty" doc:"People are asked for their consent first."`
	RequirePAR   bool     `json:"require_par,omitempty" doc:"Authorization requests must be pushed (RFC 9126)."`
	RequireDPoP  bool     `json:"require_dpop,omitempty" doc:"Tokens must be bound to a key (RFC 9449)."`
	Version      int64    `json:"version,omitempty" minimum:"0" doc:"The version that the change was made for."`
}

// NewClient is a client with its secret, which is shown only now.
type NewClient struct {
	Client
	Secret string `json:"secret,omitempty" doc:"Absent for a public client."`
}

// Key is an API key. Its secret is never shown again.
type Key struct {
	ID            string     `json:"id"`
	Name          string     `json:"name" doc:"Empty for one from a world file."`
	May           []string   `json:"may" nullable:"false"`
	ExpiresAt     *time.Time `json:"expires_at,omitempty"`
	Ended         bool       `json:"ended"`
	CreatedAt     time.Time  `json:"created_at"`
	FormerWorksTo *time.Time `json:"former_works_until,omitempty" doc:"Until when the secret before works."`
	LastUsedAt    *time.Time `json:"last_used_at,omitempty" doc:"To the minute; absent where it never was."`
	Version       int64      `json:"version"`
}

// KeyForm is what can be written of an API key.
type KeyForm struct {
	Name      string     `json:"name" maxLength:"1000"`
	May       []string   `json:"may" nullable:"false" maxItems:"20" doc:"decide, record, people, scim, admin. A key for record:desk records what was done in the application desk, and in no other."`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	Version   int64      `json:"version,omitempty" minimum:"0" doc:"The version that the change was made for."`
}

// NewKey is an API key with its secret, which is shown only now.
type NewKey struct {
	Key
	Secret string `json:"secret"`
}

// Rotation asks for a new secret.
type Rotation struct {
	Overlap Span `json:"overlap" doc:"How long the secret before goes on working, 0s to 7d."`
}

func client(c application.Client) Client {
	return Client{ID: string(c.ID), Name: c.Name, Application: string(c.Application), RedirectURIs: texts(c.RedirectURIs),
		PostLogout: texts(c.PostLogout), BackChannel: c.BackChannel, Public: c.Public, Exchange: c.Exchange, StandIns: c.StandIns, Ended: c.Ended,
		Initiate: c.Initiate, Audiences: texts(c.Audiences), Algorithm: c.Algorithm, Recipe: c.Recipe,
		ReadsAct: c.ReadsAct, ThirdParty: c.ThirdParty, RequirePAR: c.RequirePAR, RequireDPoP: c.RequireDPoP,
		CreatedAt: c.CreatedAt, FormerWorksTo: moment(c.Former), Version: c.Version}
}

func (f ClientForm) client(id standin.ClientID) application.Client {
	return application.Client{ID: id, Name: f.Name, Application: standin.ApplicationID(f.Application), RedirectURIs: f.RedirectURIs,
		PostLogout: f.PostLogout, BackChannel: f.BackChannel, Public: f.Public, Exchange: f.Exchange, StandIns: f.StandIns,
		Initiate: f.Initiate, Audiences: f.Audiences, Algorithm: f.Algorithm, Recipe: f.Recipe,
		ReadsAct: f.ReadsAct, ThirdParty: f.ThirdParty, RequirePAR: f.RequirePAR, RequireDPoP: f.RequireDPoP, Version: f.Version}
}

func key(k application.Key) Key {
	return Key{ID: string(k.ID), Name: k.Name, May: texts(k.May), ExpiresAt: moment(k.Expires), Ended: k.Ended, CreatedAt: k.CreatedAt,
		FormerWorksTo: moment(k.Former), LastUsedAt: moment(k.UsedAt), Version: k.Version}
}

func (f KeyForm) keep() application.KeepKeys {
	return application.KeepKeys{Name: f.Name, May: f.May, Expires: instant(f.ExpiresAt)}
}

func (a *api) describeKeeping() {
	const tag = "Clients and keys"
	put(a, http.MethodGet, "/clients", about{id: "listClients", tag: tag, admin: true, summary: "List the OpenID Connect clients",
		text: "Needs standin:settings.manage. Secrets are never shown."}, a.listClients)
	put(a, http.MethodPost, "/clients", about{id: "registerClient", tag: tag, admin: true, status: http.StatusCreated, summary: "Register a client",
		text: "Needs standin:settings.manage. The secret is shown only now."}, a.registerClient)
	put(a, http.MethodPut, "/clients/{id}", about{id: "changeClient", tag: tag, admin: true, summary: "Change a client",
		text: "Needs standin:settings.manage. Whether it is public cannot be changed."}, a.changeClient)
	put(a, http.MethodPost, "/clients/{id}/rotate", about{id: "rotateClient", tag: tag, admin: true, summary: "Give a client a new secret",
		text: "Shown only now. The one before works for the overlap."}, a.rotateClient)
	put(a, http.MethodDelete, "/clients/{id}", about{id: "endClient", tag: tag, admin: true, status: http.StatusNoContent, summary: "End a client",
		text: "For good."}, a.endClient)
	put(a, http.MethodGet, "/keys", about{id: "listKeys", tag: tag, admin: true, summary: "List the API keys",
		text: "Needs standin:settings.manage. Secrets are never shown."}, a.listKeys)
	put(a, http.MethodPost, "/keys", about{id: "makeKey", tag: tag, admin: true, status: http.StatusCreated, summary: "Make an API key",
		text: "Needs standin:settings.manage; nobody gives a key more than they could do. The secret is shown only now."}, a.makeKey)
	put(a, http.MethodPut, "/keys/{id}", about{id: "changeKey", tag: tag, admin: true, summary: "Change an API key",
		text: "Its name, what it may, when it ends."}, a.changeKey)
	put(a, http.MethodPost, "/keys/{id}/rotate", about{id: "rotateKey", tag: tag, admin: true, summary: "Give an API key a new secret",
		text: "Shown only now. The one before works for the overlap."}, a.rotateKey)
	put(a, http.MethodDelete, "/keys/{id}", about{id: "endKey", tag: tag, admin: true, status: http.StatusNoContent, summary: "End an API key",
		text: "For good."}, a.endKey)
	a.describeClients()
}

// ClientPath is the path parameter of operations on one client.
type ClientPath struct {
	ID standin.ClientID `path:"id" maxLength:"200" doc:"The client's id."`
}

// KeyPath is the path parameter of operations on one API key.
type KeyPath struct {
	ID standin.KeyID `path:"id" maxLength:"200" doc:"The key's id."`
}

func (a *api) listClients(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[Client]], error) {
	list, err := a.Applications.KeptClients(ctx, who)
	return whole(list, client), err
}

func (a *api) registerClient(ctx context.Context, who standin.Caller, in *body[ClientForm]) (*body[NewClient], error) {
	c, secret, err := a.Applications.RegisterClient(ctx, who, in.Body.client(""))
	return &body[NewClient]{NewClient{client(c), secret}}, err
}

type changeClientIn struct {
	ClientPath
	Body ClientForm
}

func (a *api) changeClient(ctx context.Context, who standin.Caller, in *changeClientIn) (*body[Changed], error) {
	changed, err := a.Applications.ChangeClient(ctx, who, in.Body.client(in.ID))
	return &body[Changed]{Changed{changed}}, err
}

type rotateClientIn struct {
	ClientPath
	Body Rotation
}

func (a *api) rotateClient(ctx context.Context, who standin.Caller, in *rotateClientIn) (*body[NewClient], error) {
	c, secret, err := a.Applications.RotateClient(ctx, who, in.ID, time.Duration(in.Body.Overlap))
	return &body[NewClient]{NewClient{client(c), secret}}, err
}

func (a *api) endClient(ctx context.Context, who standin.Caller, in *ClientPath) (*none, error) {
	return &none{}, a.Applications.EndClient(ctx, who, in.ID)
}

func (a *api) listKeys(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[Key]], error) {
	list, err := a.Applications.KeptKeys(ctx, who)
	return whole(list, key), err
}

func (a *api) makeKey(ctx context.Context, who standin.Caller, in *body[KeyForm]) (*body[NewKey], error) {
	k, secret, err := a.Applications.MakeKey(ctx, who, in.Body.keep())
	return &body[NewKey]{NewKey{key(k), secret}}, err
}

type changeKeyIn struct {
	KeyPath
	Body KeyForm
}

func (a *api) changeKey(ctx context.Context, who standin.Caller, in *changeKeyIn) (*body[Changed], error) {
	changed, err := a.Applications.ChangeKey(ctx, who, in.ID, in.Body.keep(), in.Body.Version)
	return &body[Changed]{Changed{changed}}, err
}

type rotateKeyIn struct {
	KeyPath
	Body Rotation
}

func (a *api) rotateKey(ctx context.Context, who standin.Caller, in *rotateKeyIn) (*body[NewKey], error) {
	k, secret, err := a.Applications.RotateKey(ctx, who, in.ID, time.Duration(in.Body.Overlap))
	return &body[NewKey]{NewKey{key(k), secret}}, err
}

func (a *api) endKey(ctx context.Context, who standin.Caller, in *KeyPath) (*none, error) {
	return &none{}, a.Applications.EndKey(ctx, who, in.ID)
}
