package provider

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/dpop"
)

// call is one request while it is answered: what was found out before the library saw it, and what the rooms answered, which the
// library's callbacks hand on to it.
type call struct {
	// ctx is the request's, with its end in time. The library is given one that does not end: once it did, it would write
	// nothing, and an answer of nothing would be taken for a good one.
	ctx    context.Context
	now    time.Time
	origin standin.Origin
	client application.Client
	proved bool       // the client is who it says, or public
	trial  bool       // its administrators try it out: the client itself asked nothing
	proof  dpop.Proof // zero where there is none

	ask     ask
	browser string        // hash of the cookie that the request is bound to
	there   *token.Grant  // who is here, in the middle of a sign-in, as records name them; nil where that is nobody
	request token.Request // the one that is continued, zero where it has just begun
	going   string        // the page that the browser is sent to, "" where it stays in the protocol

	form    map[string][]string // of the token endpoint
	who     token.Who
	access  string // the access token that was made
	made    token.Access
	refresh string // the refresh token to give out
	code    string
	ended   bool // the grant was ended already, and that recorded
	err     error
}

type callKey struct{}

// begin returns the request with its call.
func (p *Provider) begin(r *http.Request) (*http.Request, *call) {
	c := &call{now: standin.Now(p.now), origin: originOf(r)}
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	c.ctx = r.Context()
	return r, c
}

// unending returns the request as the library is given it.
func unending(r *http.Request) *http.Request {
	return r.WithContext(context.WithoutCancel(r.Context()))
}

// brief bounds what is done whatever became of the request: signing what is written already, and writing down what was refused.
const brief = time.Second

// briefly returns a context for that.
func briefly(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), brief)
}

// callOf returns the call that the context belongs to; an empty one, which proves nothing, outside of any.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{ctx: ctx}
}

// originOf says where the request came from. The address is what the server in front believes.
func originOf(r *http.Request) standin.Origin {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	agent := r.Header.Get("User-Agent")
	return standin.Origin{Address: host, Agent: strings.ToValidUTF8(agent[:min(len(agent), 300)], "")}
}

// newRequestID is the library's source of ids for requests, and of the secret half of request_uri.
func newRequestID(context.Context) string { return standin.NewSecret() }
