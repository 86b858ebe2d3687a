package api

import (
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/standin-id/standin"
)

// proved is who asks, as it was proved for this request.
type proved struct {
	standin.Caller
}

type provedKey struct{}

func asker(ctx context.Context) *proved { return ctx.Value(provedKey{}).(*proved) }

// known lets requests pass whose asker is proved. The description of the API is for everybody.
func (a *api) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, Prefix+"/") {
			next.ServeHTTP(w, r)
			return
		}
		who, err := a.prove(r)
		if err != nil {
			write(w, *a.problem(r.Context(), err))
			return
		}
		standin.RequestOf(r.Context()).AskedBy(who.Caller)
		*r = *r.WithContext(context.WithValue(r.Context(), provedKey{}, who))
		next.ServeHTTP(w, r)
	})
}

// prove finds out who asks. A request with an API key is the key's, whatever cookies come with it.
func (a *api) prove(r *http.Request) (*proved, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, secret, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			return nil, nobody()
		}
		caller, err := a.Applications.Key(r.Context(), strings.TrimSpace(secret))
		caller.Origin = origin(r)
		return &proved{Caller: caller}, err
	}
	return nil, nobody()
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

// entitled refuses API keys that were made for something else. People's powers are the use cases' business.
func entitled(who standin.Caller, op about) error {
	if who.Actor.Key() == "" || who.Entitled("admin") || op.people && who.Entitled("people") {
		return nil
	}
	return standin.Refuse(standin.Denied, "api", "api.not_entitled", "This API key was not made for this.")
}
