package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/token"
)

// authorize begins a sign-in (OpenID Connect Core §3.1.2). Whatever is wrong before the application and its address are certain
// is shown to the person; the rest is told to the application.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	r, c := p.begin(r)
	values, ok := p.parameters(w, r)
	if !ok {
		return
	}
	id := values.Get("client_id")
	client, err := p.findClient(r.Context(), id)
	switch {
	case standin.KindOf(err) == standin.NotFound || len(values["client_id"]) > 1:
		p.cannotReturn(w, r, http.StatusBadRequest, "unknown_client", id, values.Get("redirect_uri"))
		return
	case err != nil:
		p.log.ErrorContext(r.Context(), "a client could not be read", "error", err)
		p.fail(w, r, p.unforeseen(r.Context(), err).status)
		return
	}
	c.client = client
	if strings.HasPrefix(values.Get("request_uri"), requestURI) {
		p.hand(w, r, c, url.Values{"client_id": {id}, "request_uri": {values.Get("request_uri")}})
		return
	}
	if address := values.Get("redirect_uri"); !p.registered(client, address) || len(values["redirect_uri"]) > 1 {
		p.note(r.Context(), c, "client.authorize", nil, refuse("redirect_uri", plain(shortened(address))))
		p.cannotReturn(w, r, http.StatusBadRequest, "redirect_uri", id, address)
		return
	}
	c.trial = values.Get("redirect_uri") == p.trialPage(client)
	if e := p.read(r, c, values); e != nil {
		p.note(r.Context(), c, "client.authorize", nil, e)
		p.backWith(w, r, values, e)
		return
	}
	p.hand(w, r, c, trimmed(values))
}

// pushes says what a client does that is to push its requests.
const pushes = "this client pushes its requests"

// requestURI is how references to pushed requests begin (RFC 9126 §2.2).
const requestURI = "urn:ietf:params:oauth:request_uri:"

// parameters returns those with which a browser was led here; where it returns false, it answered. What came as a form is asked
// for again as a query: with a form from elsewhere, browsers send no cookie (SameSite=Lax), and nobody would seem to be here.
func (p *Provider) parameters(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	query, form := r.URL.RawQuery, r.Method == http.MethodPost
	if form {
		if e := readForm(w, r, append(once, "resource", "acr_values", "ui_locales")...); e != nil {
			p.cannotReturn(w, r, http.StatusBadRequest, "malformed", "", "")
			return nil, false
		}
		query = r.PostForm.Encode()
	}
	values, err := url.ParseQuery(query)
	switch {
	case err != nil || len(query) > mostQuery:
		p.cannotReturn(w, r, http.StatusBadRequest, "malformed", "", "")
	case form:
		http.Redirect(w, r, r.URL.Path+"?"+query, http.StatusSeeOther)
	default:
		return values, true
	}
	return nil, false
}

// read checks what a request asks for and notes it in the call.
func (p *Provider) read(r *http.Request, c *call, values url.Values) *oauthError {
	if e := check(values); e != nil {
		return e
	}
	if values.Get("request_uri") != "" {
		return refuse("request_uri_not_supported", "only pushed requests are read")
	}
	if c.client.RequirePAR && r.URL.Path != Push {
		return refuse("invalid_request", pushes)
	}
	asked, e := readAsk(values, c.now)
	if e != nil {
		return e
	}
	if hint := values.Get("id_token_hint"); hint != "" {
		about, err := p.tokens.ReadHint(r.Context(), hint)
		if err != nil || about.Client != c.client.ID {
			return refuse("invalid_request", "id_token_hint is no ID token of this client")
		}
		asked.HintSub, asked.HintActor = about.Principal, about.Actor
	}
	c.ask = asked
	return nil
}

// hand lets the library answer the request, with the parameters that it is to see, and then sends the browser where the policy
// said. Only then, so that nobody comes back before what waits for them is kept.
func (p *Provider) hand(w http.ResponseWriter, r *http.Request, c *call, values url.Values) {
	c.browser = p.bind(w, r)
	next := r.Clone(context.WithoutCancel(r.Context()))
	next.Method, next.Body, next.Form, next.PostForm = http.MethodGet, http.NoBody, nil, nil
	next.URL = &url.URL{Path: Authorize, RawQuery: values.Encode()}
	next.RequestURI = next.URL.String()
	p.protocol.ServeHTTP(w, next)
	p.leave(w, r, c)
}

// leave sends the browser to the page that the policy chose, if it chose one.
func (p *Provider) leave(w http.ResponseWriter, r *http.Request, c *call) {
	if c.going != "" && c.err == nil {
		http.Redirect(w, r, c.going, http.StatusSeeOther)
	}
}

// resume goes on with a request whose person was sent to one of Standin's pages, in the browser that it was begun in.
func (p *Provider) resume(w http.ResponseWriter, r *http.Request) {
	r, c := p.begin(r)
	request, err := p.tokens.Request(r.Context(), r.PathValue("request"))
	if standin.KindOf(err) == standin.NotFound || err == nil && request.Pushed != "" {
		p.cannotReturn(w, r, http.StatusBadRequest, "request_over", "", "")
		return
	}
	if err == nil {
		c.client, err = p.findClient(r.Context(), string(request.Client))
	}
	switch {
	case standin.KindOf(err) == standin.NotFound:
		p.cannotReturn(w, r, http.StatusBadRequest, "unknown_client", string(request.Client), "")
		return
	case err != nil:
		p.fail(w, r, p.unforeseen(r.Context(), err).status)
		return
	case request.Browser == "" || request.Browser != p.bound(r):
		p.note(r.Context(), c, "client.authorize", nil, refuse("other_browser", "another browser began this"))
		p.cannotReturn(w, r, http.StatusBadRequest, "other_browser", string(request.Client), "")
		return
	case !p.registered(c.client, request.RedirectURI): // it was taken from the client since
		p.note(r.Context(), c, "client.authorize", nil, refuse("redirect_uri", plain(shortened(request.RedirectURI))))
		p.cannotReturn(w, r, http.StatusBadRequest, "redirect_uri", string(request.Client), request.RedirectURI)
		return
	}
	c.request, c.browser, c.trial = request, request.Browser, request.RedirectURI == p.trialPage(c.client)
	if r.URL.Query().Get("deny") != "" {
		p.deny(w, r, c)
		return
	}
	next := r.Clone(context.WithoutCancel(r.Context()))
	next.URL = &url.URL{Path: Authorize + "/" + request.ID}
	next.RequestURI = next.URL.String()
	p.protocol.ServeHTTP(w, next)
	p.leave(w, r, c)
}

// deny ends a request that its person does not want to go on with.
func (p *Provider) deny(w http.ResponseWriter, r *http.Request, c *call) {
	session, err := c.unpack(c.request.Data)
	if err == nil {
		_, err = p.tokens.DropRequest(r.Context(), c.request.ID)
	}
	if err != nil {
		p.fail(w, r, p.unforeseen(r.Context(), err).status)
		return
	}
	e := refuse("access_denied", "the person went back")
	p.note(r.Context(), c, "client.authorize", nil, e)
	p.backWith(w, r, url.Values{"redirect_uri": {session.RedirectURI}, "response_mode": {string(session.ResponseMode)}, "state": {session.State}}, e)
}

// push keeps a request that the application sends itself (RFC 9126 §2).
func (p *Provider) push(w http.ResponseWriter, r *http.Request) {
	r, c := p.begin(r)
	e := readForm(w, r, "resource")
	if e == nil {
		e = p.prove(r, c)
	}
	if e == nil {
		switch values := r.PostForm; {
		case values.Get("request_uri") != "":
			e = refuse("invalid_request", "a pushed request refers to no other")
		case !p.registered(c.client, values.Get("redirect_uri")):
			e = refuse("invalid_request", "redirect_uri is none of the client's")
		default:
			e = p.read(r, c, values)
		}
	}
	if e == nil {
		e = p.proof(r, c, "", r.PostForm.Get("dpop_jkt"))
	}
	if e != nil {
		p.refused(w, r, c, "client.push", nil, e)
		return
	}
	form := trimmed(r.PostForm)
	form.Set("client_id", string(c.client.ID))
	form.Set("client_secret", r.PostForm.Get("client_secret"))
	r.PostForm, r.Form = form, form
	p.through(w, r, c, "client.push")
}

// requestCookie holds the secret that binds authorization requests to a browser, so that nobody finishes what somebody else
// began (RFC 9700 §4.7, THREATS 63).
func (p *Provider) requestCookie() string {
	if p.secure {
		return "__Host-standin-request"
	}
	return "standin-request"
}

// bound returns the hash of the browser's secret, "" where it has none.
func (p *Provider) bound(r *http.Request) string {
	cookie, err := r.Cookie(p.requestCookie())
	if err != nil || len(cookie.Value) < 20 || len(cookie.Value) > 100 {
		return ""
	}
	return token.Hashed(cookie.Value)
}

// bind gives the browser a secret unless it has one; several requests of one browser share it.
func (p *Provider) bind(w http.ResponseWriter, r *http.Request) string {
	if hash := p.bound(r); hash != "" {
		return hash
	}
	secret := standin.NewSecret()
	http.SetCookie(w, &http.Cookie{Name: p.requestCookie(), Value: secret, Path: "/", Secure: p.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return token.Hashed(secret)
}

// showError is the library's way to a page where it cannot send the browser back.
func (p *Provider) showError(w http.ResponseWriter, r *http.Request, err error) error {
	c := callOf(r.Context())
	e := toldOf(err)
	if e.status >= http.StatusInternalServerError {
		p.fail(w, r, p.unforeseen(r.Context(), err).status)
		return nil
	}
	code := "malformed"
	if c.request.ID != "" || strings.Contains(err.Error(), "request_uri") || strings.Contains(err.Error(), "pushed") {
		code = "request_over"
	}
	p.note(r.Context(), c, "client.authorize", err, e)
	p.cannotReturn(w, r, http.StatusBadRequest, code, string(c.client.ID), "")
	return nil
}
