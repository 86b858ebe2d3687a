package api

import (
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
)

// IdentityHeader carries the identity that a change was made for; a change made for another is refused (THREATS 37).
const IdentityHeader = "Standin-Identity"

// proved is who asks, as it was proved for this request: an API key, or a person by the cookie of their sign-in.
type proved struct {
	standin.Caller
	origin standin.Origin
	token  string        // the cookie's
	visit  *signin.Visit // nil for API keys
}

type provedKey struct{}

func asker(ctx context.Context) *proved { return ctx.Value(provedKey{}).(*proved) }

// gate lets pass whom the operation is for.
func (a *api) gate(op about) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(hc)
		who, err := a.find(r)
		if op.open {
			err = nil
		}
		if err == nil {
			standin.RequestOf(r.Context()).AskedBy(who.Caller)
			err = who.admit(op, r)
		}
		if err != nil {
			write(w, *a.problem(r.Context(), err))
			return
		}
		next(huma.WithValue(hc, provedKey{}, who))
	}
}

// find finds out who asks. A request with an API key is the key's, whatever cookies come with it.
func (a *api) find(r *http.Request) (*proved, error) {
	who := &proved{origin: origin(r), token: signin.Token(r, a.secure)}
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, secret, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			return who, nobody()
		}
		caller, err := a.Applications.Key(r.Context(), strings.TrimSpace(secret))
		caller.Origin = who.origin
		who.Caller = caller
		return who, err
	}
	if who.token == "" {
		return who, nobody()
	}
	v, err := a.Signin.Resolve(r.Context(), who.token, who.origin)
	if err != nil {
		return who, err
	}
	who.visit, who.Caller = &v, v.Caller
	return who, nil
}

// admit refuses what the asker must do something else before, and keys that were made for something else. People's powers
// are the use cases' business.
func (p *proved) admit(op about, r *http.Request) error {
	if op.open {
		return nil
	}
	if p.visit == nil {
		if p.Entitled("admin") || op.people && p.Entitled("people") || op.any {
			return nil
		}
		return standin.Refuse(standin.Denied, "api", "api.not_entitled", "This API key was not made for this.")
	}
	if made := r.Header.Get(IdentityHeader); made != "" {
		if err := p.RequireIdentity(made); err != nil {
			return err
		}
	}
	if p.visit.NoticeDue != nil && !op.early {
		return standin.Refuse(standin.Denied, "api", "api.notice_due", "Read and accept the privacy notice first.")
	}
	if op.admin {
		return p.visit.RequireProof()
	}
	return nil
}

func nobody() error {
	return standin.Refuse(standin.Unauthenticated, "api", "api.nobody", "Send an API key as Authorization: Bearer, or sign in.")
}

// origin says where the request came from. The address is what the server in front believes.
func origin(r *http.Request) standin.Origin {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	agent := r.Header.Get("User-Agent")
	return standin.Origin{Address: host, Agent: strings.ToValidUTF8(agent[:min(len(agent), 300)], "")}
}
