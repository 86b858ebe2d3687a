package provider

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token/dpop"
)

// findClient returns the live client of the id; NotFound where there is none. It reads the database at each request, so a
// client that was ended or changed is what it is now on every replica.
func (p *Provider) findClient(ctx context.Context, id string) (client application.Client, err error) {
	err = p.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		client, err = p.applications.Client(ctx, tx, standin.ClientID(id))
		return err
	})
	if err == nil && client.Ended {
		err = standin.Refuse(standin.NotFound, "provider.client", "provider.no_client", "Standin knows no such application.")
	}
	return client, err
}

// presented returns the client that the form names and the secret that it shows for it: by the header or in the form, not by both
// (RFC 6749 §2.3). By the header, both are encoded as a form is (§2.3.1), which many programs leave out: then the secret is
// as it was sent.
func presented(r *http.Request) (id, secret, sent string, e *oauthError) {
	id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if r.PostForm.Has("client_assertion") {
		return "", "", "", refuse("invalid_client", "assertions are not read; a client shows its secret")
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return id, secret, secret, nil
	}
	name, password, ok := r.BasicAuth()
	if !ok {
		return "", "", "", refuse("invalid_client", "the Authorization header is not of the form Basic")
	}
	if n, err := url.QueryUnescape(name); err == nil {
		name = n
	}
	if secret != "" || id != "" && id != name {
		return "", "", "", refuse("invalid_request", "the client shows itself in two ways")
	}
	if secret, err := url.QueryUnescape(password); err == nil {
		return name, secret, password, nil
	}
	return name, password, password, nil
}

// prove finds out which client asks, once for each request, and notes it in the call. What it hands on to the library is a form
// in which that client names itself.
func (p *Provider) prove(r *http.Request, c *call) *oauthError {
	c.now = standin.Now(p.now) // reading the form may have taken its time
	id, secret, sent, e := presented(r)
	if e != nil {
		return e
	}
	if id == "" {
		return refuse("invalid_client", "the client is not named")
	}
	of := shownBy{id, sha256.Sum256([]byte(sent))}
	if client, ok := p.lately.get(of, c.now); ok {
		c.client = client
		p.proven(r, c)
		return nil
	}
	wrong := false
	err := p.db.View(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		client, err := p.applications.Client(ctx, tx, standin.ClientID(id))
		if err != nil {
			return err
		}
		c.client, wrong = client, false
		if client.Public {
			wrong = secret != ""
			return nil
		}
		if err = p.applications.CheckClientSecret(ctx, tx, client.ID, secret); err != nil && sent != secret {
			err = p.applications.CheckClientSecret(ctx, tx, client.ID, sent)
		}
		wrong = err != nil && standin.KindOf(err) != standin.Internal && standin.KindOf(err) != standin.Unavailable
		if wrong {
			return nil
		}
		return err
	})
	switch {
	case standin.KindOf(err) == standin.NotFound:
		return refuse("invalid_client", "the client is not known, or its secret is another")
	case err != nil:
		return p.unforeseen(r.Context(), err)
	case wrong || c.client.Ended:
		e := refuse("invalid_client", "the client is not known, or its secret is another")
		p.note(r.Context(), c, "token.issue", nil, e)
		return e
	}
	p.lately.put(of, c.client, c.now)
	p.proven(r, c)
	return nil
}

// proven notes that the client is who it says, and names it in the form as the library reads it.
func (p *Provider) proven(r *http.Request, c *call) {
	c.proved = true
	r.Header.Del("Authorization")
	r.PostForm.Set("client_id", string(c.client.ID))
	if !c.client.Public {
		r.PostForm.Set("client_secret", "shown")
	}
}

// proof checks the request's proof of possession, where it has one, and that it is used once.
func (p *Provider) proof(r *http.Request, c *call, accessToken, thumbprint string) *oauthError {
	text, err := dpop.From(r)
	if err == nil && text == "" {
		return nil
	}
	if err == nil {
		c.proof, err = dpop.Check(text, dpop.Want{Method: r.Method, URL: p.issuer + r.URL.Path, AccessToken: accessToken, Thumbprint: thumbprint, Now: c.now})
	}
	if err != nil {
		return refuse("invalid_dpop_proof", plain(err.Error()))
	}
	if c.client.Public && accessToken == "" && !p.showing.room(c.origin, c.now) {
		return refuse("temporarily_unavailable", "too many proofs come from this address; try again in a minute")
	}
	if err := p.tokens.UseProof(r.Context(), c.proof.Thumbprint, c.proof.Once, c.proof.Until); err != nil {
		return p.unforeseen(r.Context(), err)
	}
	return nil
}

// Client is the library's way to a client: the one that the request proved, or named at authorize.
func (s stores) Client(ctx context.Context, id string) (*goidc.Client, error) {
	c := callOf(ctx)
	if string(c.client.ID) != id || id == "" {
		return nil, goidc.ErrNotFound
	}
	return s.translated(c.client), nil
}

// SaveClient and DeleteClient: the library registers nobody.
func (stores) SaveClient(context.Context, *goidc.Client) error { return errors.ErrUnsupported }
func (stores) DeleteClient(context.Context, string) error      { return errors.ErrUnsupported }

// translated returns the client as the library reads it.
func (p *Provider) translated(client application.Client) *goidc.Client {
	grants := []goidc.GrantType{goidc.GrantAuthorizationCode, goidc.GrantRefreshToken}
	if client.Exchange {
		grants = append(grants, goidc.GrantTokenExchange)
	}
	how := goidc.AuthnMethodSecretPost
	if client.Public {
		how = goidc.AuthnMethodNone
	}
	return &goidc.Client{ID: string(client.ID), ClientMeta: goidc.ClientMeta{Name: client.Name, ApplicationType: goidc.ApplicationTypeWeb,
		RedirectURIs: p.addresses(client), GrantTypes: grants, ResponseTypes: []goidc.ResponseType{goidc.ResponseTypeCode},
		ScopeIDs: strings.Join(scopes, " "), SubIdentifierType: goidc.SubIdentifierPublic, IDTokenSigAlg: goidc.SignatureAlgorithm(client.Algorithm),
		TokenAuthnMethod: how, PARIsRequired: client.RequirePAR, DPoPTokenBindingIsRequired: client.RequireDPoP}}
}

// shown is the library's check of a secret: prove made it before.
func (p *Provider) shown(ctx context.Context, _, _ string) error {
	if c := callOf(ctx); !c.proved || c.client.Public {
		return errors.New("the client did not show its secret")
	}
	return nil
}

// readForm reads a form that an application sent: bounded, of the one type, and with no parameter twice (RFC 6749 §3.2).
func readForm(w http.ResponseWriter, r *http.Request, many ...string) *oauthError {
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded") {
		return refuse("invalid_request", "a form of type application/x-www-form-urlencoded is expected")
	}
	if r.ContentLength > mostForm {
		return &oauthError{code: "invalid_request", text: "the form is too large", status: http.StatusRequestEntityTooLarge}
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if err := r.ParseForm(); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return &oauthError{code: "invalid_request", text: "the form is too large", status: http.StatusRequestEntityTooLarge}
		}
		return refuse("invalid_request", "the form cannot be read")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 && !has(many, name) {
			return refuse("invalid_request", plain(shortened(name))+" came more than once")
		}
	}
	return nil
}
