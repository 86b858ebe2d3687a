package frame

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token"
)

// continuing is where authorization requests go on; the rest is the request's id.
const continuing = "/oauth2/authorize/"

// Asking is the application that somebody is on the way to.
type Asking struct {
	Client   standin.ClientID
	Name     string
	StandIns bool   // it can be used while acting
	Back     string // leads back there without what it asked for; "" where it asked for nothing
	Begin    string // its registered address at which signing in begins (OpenID Connect Core §4), "" where it has none
}

// Asked returns the application whose authorization request the address leads to in the end, nil where it leads elsewhere,
// and lets the forms of the page that is written end there. It only names: who may go on, the request's own rules say.
func (s *Site) Asked(w http.ResponseWriter, r *http.Request, to string) *Asking {
	id := destination(to)
	if id == "" || s.Tokens == nil {
		return nil
	}
	ctx := r.Context()
	request, err := s.Waiting(ctx, to)
	var c application.Client
	if err == nil {
		c, err = s.client(ctx, request.Client)
	}
	if err != nil {
		if kind := standin.KindOf(err); kind != standin.NotFound && kind != standin.Invalid {
			s.Log.WarnContext(ctx, "authorization request not read", "error", err)
		}
		return nil
	}
	leadTo(w.Header(), c.Origins())
	return &Asking{Client: c.ID, Name: called(c), StandIns: c.StandIns, Back: continuing + url.PathEscape(id) + "?deny=1", Begin: s.begin(c)}
}

// Waiting returns the authorization request that the address leads to in the end. Errors are those of token.Tokens.Request.
func (s *Site) Waiting(ctx context.Context, to string) (token.Request, error) {
	if s.Tokens == nil {
		return token.Request{}, NoPage()
	}
	return s.Tokens.Request(ctx, destination(to))
}

// AskingClient returns the application of the organisation with that id, nil where there is none, and lets the forms of the
// page that is written end there.
func (s *Site) AskingClient(w http.ResponseWriter, r *http.Request, org standin.OrganisationID, id standin.ClientID) (*Asking, error) {
	c, err := s.client(r.Context(), id)
	if standin.KindOf(err) == standin.NotFound || err == nil && (c.Organisation != org || c.Ended) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	origins := c.Origins()
	for _, uri := range c.PostLogout {
		origins = append(origins, application.Origin(uri))
	}
	leadTo(w.Header(), origins)
	return &Asking{Client: c.ID, Name: called(c), StandIns: c.StandIns, Begin: s.begin(c)}, nil
}

func (s *Site) client(ctx context.Context, id standin.ClientID) (c application.Client, err error) {
	err = s.DB.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		c, err = s.Applications.Client(ctx, tx, id)
		return err
	})
	return c, err
}

func called(c application.Client) string {
	if c.Name == "" {
		return string(c.ID)
	}
	return c.Name
}

// begin returns the client's own address at which signing in begins, saying who asks for it: only what was registered, and
// nothing that came with a request (THREATS 65).
func (s *Site) begin(c application.Client) string {
	if c.Initiate == "" || s.Tokens == nil {
		return ""
	}
	u, err := url.Parse(c.Initiate)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("iss", s.Tokens.Issuer())
	u.RawQuery = q.Encode()
	return u.String()
}

// destination returns the id of the authorization request that the address of this site leads to in the end, "" where it
// leads elsewhere: pages on the way hand each other on as "return".
func destination(to string) string {
	for range 4 {
		u, err := url.Parse(Local(to))
		if err != nil {
			return ""
		}
		if id, ok := strings.CutPrefix(u.Path, continuing); ok && id != "" && !strings.Contains(id, "/") {
			return id
		}
		to = u.Query().Get("return")
	}
	return ""
}

// leadTo lets the page's forms end at the origins, too: browsers hold every redirect that answers a form against the policy
// (CSP3 §6.4.1).
func leadTo(h http.Header, origins []string) {
	var sources []string
	for _, o := range origins {
		u, err := url.Parse(o)
		switch {
		case err != nil || u.Host == "" || strings.ContainsAny(o, " ;,'\""):
			continue
		case strings.Contains(u.Host, "["):
			o = u.Scheme + ":" // a policy cannot name an address of IPv6
		}
		if !slices.Contains(sources, o) {
			sources = append(sources, o)
		}
	}
	if len(sources) > 0 {
		h.Set("Content-Security-Policy", strings.Replace(policy, "form-action 'self'", "form-action 'self' "+strings.Join(sources, " "), 1))
	}
}
