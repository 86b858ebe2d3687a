package api

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
)

// IdentityHeader carries the identity that a change was made for; a change made for another is refused (THREATS 37).
const IdentityHeader = "Standin-Identity"

// proved is who asks, as it was proved for this request: an API key, or a person by the cookie of their sign-in or an access
// token.
type proved struct {
	standin.Caller
	operation *huma.Operation
	origin    standin.Origin
	secret    string        // of the API key that asks, "" where none does
	access    string        // the access token that says who asks, "" where none does
	token     string        // the cookie's
	visit     *signin.Visit // nil where an API key asks
	body      io.Reader     // of a request that brings a list
}

type provedKey struct{}

func asker(ctx context.Context) *proved { return ctx.Value(provedKey{}).(*proved) }

// gate lets pass whom the operation is for, with what it can read.
func (a *api) gate(op about) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(hc)
		who, err := a.admitted(op, hc.Operation(), r)
		if err != nil {
			write(w, a.problem(r.Context(), hc.Operation(), err))
			return
		}
		next(huma.WithValue(hc, provedKey{}, who))
	}
}

// admitted finds out who asks and whether they may ask this now, before anything is read of what they sent.
func (a *api) admitted(op about, described *huma.Operation, r *http.Request) (*proved, error) {
	if a.origins.Check(r) != nil {
		return nil, standin.Refuse(standin.Denied, "api", "api.other_origin",
			"Requests that other web sites make in somebody's browser are not answered.")
	}
	who, err := a.find(r)
	if who.operation = described; err != nil && !op.open {
		return nil, err
	}
	if err == nil {
		standin.RequestOf(r.Context()).AskedBy(who.Caller)
	}
	if op.person && who.secret != "" && err == nil {
		return nil, standin.Refuse(standin.Denied, "api", "api.people_only", "This is for people who signed in, not for API keys.")
	}
	if who.access != "" && slices.Contains(byCookie, op.id) && err == nil {
		return nil, cookieOnly()
	}
	if !op.open && !op.stops {
		if err := who.admit(op, r); err != nil {
			return nil, err
		}
	}
	began := a.now()
	if err = received(described, r); err == nil && !op.open && !op.stops && a.now().Sub(began) > late {
		err = a.remains(r.Context(), who)
	}
	who.body = r.Body
	return who, err
}

// late is how long a body may take before it is asked once more who sends it: what is acknowledged to be over is refused
// everywhere within a second (DESIGN.md P5).
const late = 500 * time.Millisecond

// find finds out who asks. A request with an API key or an access token is theirs, whatever cookies come with it.
func (a *api) find(r *http.Request) (*proved, error) {
	who := &proved{origin: origin(r), token: signin.Token(r, a.secure)}
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, secret, _ := strings.Cut(header, " ")
		if secret = strings.TrimSpace(secret); isToken(secret) && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "DPoP")) {
			return a.findByToken(r, scheme, secret)
		}
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			return who, nobody()
		}
		caller, err := a.Applications.Key(r.Context(), secret)
		if err != nil {
			return who, err
		}
		caller.Origin = who.origin
		who.Caller, who.secret = caller, secret
		return who, a.Applications.Used(r.Context(), caller)
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

// still refuses where the asker is no longer who they were when the operation began, for answers that go on for long: what
// was ended meanwhile is not read any further (THREATS 43).
func (a *api) still(ctx context.Context) error { return a.remains(ctx, asker(ctx)) }

// remains refuses where the asker is no longer who they were.
func (a *api) remains(ctx context.Context, from *proved) error {
	if from.secret != "" {
		caller, err := a.Applications.Key(ctx, from.secret)
		if err != nil {
			return err
		}
		return caller.RequireIdentity(from.Identity())
	}
	if from.access != "" {
		w, _, err := a.Tokens.Read(ctx, from.access, true)
		if err != nil {
			return err
		}
		return w.Caller(from.origin).RequireIdentity(from.Identity())
	}
	v, err := a.Signin.Resolve(ctx, from.token, from.origin)
	if err != nil {
		return err
	}
	return v.Caller.RequireIdentity(from.Identity())
}

// admit refuses what the asker must do something else before, and keys that were made for something else. People's powers
// are the use cases' business.
func (p *proved) admit(op about, r *http.Request) error {
	if p.visit == nil {
		if p.Entitled("admin") || op.people && p.Entitled("people") || op.decide && p.Entitled("decide") || op.record && p.EntitledSomewhere("record") || op.any {
			return nil
		}
		return standin.Refuse(standin.Denied, "api", "api.not_entitled", "This API key was not made for this.")
	}
	if err := p.sameIdentity(r); err != nil {
		return err
	}
	if p.visit.NoticeDue != nil && !op.early {
		return standin.Refuse(standin.Denied, "api", "api.notice_due", "Read and accept the privacy notice first.")
	}
	if op.admin {
		return p.visit.RequireProof()
	}
	return nil
}

// sameIdentity refuses what was made for another identity. A page that changes something has to say for which it was made,
// for it may be older than the identity; programs that are no browsers, and so have no pages, need not.
func (p *proved) sameIdentity(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if made := r.Header.Get(IdentityHeader); made != "" {
		return p.RequireIdentity(made)
	}
	if r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "" {
		return nil
	}
	return standin.Refuse(standin.Invalid, "api", "api.identity_missing",
		"Say for which identity this was made: send what /api/v1/me gives as the header Standin-Identity.")
}

// administering asks for a proof of who has acted meanwhile and now administers for somebody else (THREATS 35).
func administering(ctx context.Context, mine bool) error {
	if v := asker(ctx).visit; v != nil && !mine {
		return v.RequireProof()
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
