package standin

import (
	"context"
	"sync/atomic"
)

// Request is what is known about the HTTP request that is being answered: its id, and who turned out to ask. The id is on
// every line of the log and on every error page; the caller becomes known while the request is answered.
type Request struct {
	ID     string
	caller atomic.Pointer[Caller]
}

type requestKey struct{}

// WithRequest returns a context in which RequestOf finds r.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestOf returns the request that ctx belongs to. It is never nil: outside of a request it is an empty one.
func RequestOf(ctx context.Context) *Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r
	}
	return &Request{}
}

// AskedBy notes who asks, as soon as that is proved. The latest wins: starting and stopping change it.
func (r *Request) AskedBy(c Caller) { r.caller.Store(&c) }

// Caller returns who asks; ok is false while nobody is proved.
func (r *Request) Caller() (c Caller, ok bool) {
	if p := r.caller.Load(); p != nil {
		return *p, true
	}
	return Caller{}, false
}
