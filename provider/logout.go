package provider

import (
	"net/http"
	"net/url"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
)

// endSession lets an application sign its person out of Standin, too (OpenID Connect RP-Initiated Logout §2). With an ID token
// of the present sign-in it is done at once; else the person is asked, for anybody can lead a browser here. Nobody is told that
// they are signed out who is not.
func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) {
	r, c := p.begin(r)
	values, ok := p.parameters(w, r)
	if !ok {
		return
	}
	if repeated(values, leaving) != "" {
		p.cannotReturn(w, r, http.StatusBadRequest, "malformed", "", "")
		return
	}
	a, known, ok := p.leaver(w, r, c, values)
	if !ok {
		return
	}
	visit, err := p.signin.Resolve(r.Context(), signin.Token(r, p.secure), c.origin)
	switch kind := standin.KindOf(err); {
	case kind == standin.Unavailable || kind == standin.Internal:
		p.fail(w, r, p.unforeseen(r.Context(), err).status)
	case err != nil:
		p.goOn(w, r, values, "/signed-out")
	case values.Get("left") != "" && values.Get("stay") != "": // they were asked, and are signed in as before
		p.goOn(w, r, values, "/")
	case known && present(a, visit):
		if err := p.signin.Out(r.Context(), signin.Token(r, p.secure), c.origin); err != nil {
			p.fail(w, r, p.unforeseen(r.Context(), err).status)
			return
		}
		http.SetCookie(w, signin.Cookie(p.secure, ""))
		w.Header().Set("Clear-Site-Data", `"cache"`)
		p.goOn(w, r, values, "/signed-out")
	default:
		back := url.Values{"left": {"1"}}
		for _, name := range leaving {
			if v := values.Get(name); v != "" && name != "id_token_hint" {
				back.Set(name, v)
			}
		}
		if c.client.ID != "" {
			back.Set("client_id", string(c.client.ID))
		}
		asking := url.Values{"return": {EndSession + "?" + back.Encode()}}
		if c.client.ID != "" {
			asking.Set("client", string(c.client.ID))
		}
		http.Redirect(w, r, "/leave?"+asking.Encode(), http.StatusSeeOther)
	}
}

// leaving are the parameters that count there.
var leaving = []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "state"}

// leaver reads which client leads its person here, and whom it means; where that does not fit together, it answers and
// returns false.
func (p *Provider) leaver(w http.ResponseWriter, r *http.Request, c *call, values url.Values) (a token.Hint, known, ok bool) {
	id := values.Get("client_id")
	if text := values.Get("id_token_hint"); text != "" {
		var err error
		if a, err = p.tokens.ReadHint(r.Context(), text); err != nil || id != "" && string(a.Client) != id {
			p.cannotReturn(w, r, http.StatusBadRequest, "malformed", id, "")
			return a, false, false
		}
		id, known = string(a.Client), true
	}
	if id != "" {
		client, err := p.findClient(r.Context(), id)
		if standin.KindOf(err) == standin.NotFound {
			p.cannotReturn(w, r, http.StatusBadRequest, "unknown_client", id, "")
			return a, false, false
		}
		if err != nil {
			p.fail(w, r, p.unforeseen(r.Context(), err).status)
			return a, false, false
		}
		c.client = client
		p.seen(r.Context(), c, application.AskedLogout, nil)
	}
	if address := values.Get("post_logout_redirect_uri"); address != "" && !has(c.client.PostLogout, address) {
		if c.client.ID != "" {
			p.note(r.Context(), c, "client.sign_out", nil, refuse("redirect_uri", plain(shortened(address))))
		}
		p.cannotReturn(w, r, http.StatusBadRequest, "redirect_uri", id, address)
		return a, false, false
	}
	return a, known, true
}

// present reports whether the ID token is of the sign-in that this browser holds.
func present(a token.Hint, v signin.Visit) bool {
	return a.SID != "" && (a.SID == string(v.Caller.Login.ID) || a.SID == string(v.Caller.Session))
}

// goOn sends the browser to the client's address, which was checked, else to Standin's page.
func (p *Provider) goOn(w http.ResponseWriter, r *http.Request, values url.Values, own string) {
	address := values.Get("post_logout_redirect_uri")
	if address == "" {
		http.Redirect(w, r, own, http.StatusSeeOther)
		return
	}
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // it is one of those that registration read
	}
	if state := values.Get("state"); state != "" {
		q := u.Query()
		q.Set("state", state)
		u.RawQuery = q.Encode()
	}
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
}
