package client

import (
	"context"
	"sync"
)

// watch knows the requests in flight of each session, so that an end stops them.
type watch struct {
	mu   sync.Mutex
	held map[string]map[*held]bool
	ends []func(sid string)
}

// held is one request in flight.
type held struct{ cancel context.CancelCauseFunc }

// hold returns a context that ends, with ErrEnded as its cause, when the session does. done must be called.
func (w *watch) hold(ctx context.Context, key string) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	h := &held{cancel}
	w.mu.Lock()
	if w.held[key] == nil {
		w.held[key] = map[*held]bool{}
	}
	w.held[key][h] = true
	w.mu.Unlock()
	return ctx, func() {
		w.mu.Lock()
		delete(w.held[key], h)
		if len(w.held[key]) == 0 {
			delete(w.held, key)
		}
		w.mu.Unlock()
		cancel(nil)
	}
}

// end stops what is in flight of the session.
func (w *watch) end(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for h := range w.held[key] {
		h.cancel(ErrEnded)
	}
}

// whenEnded calls do with the sid of each session that ends.
func (w *watch) whenEnded(do func(sid string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends = append(w.ends, do)
}

// ended tells those who asked for it.
func (w *watch) ended(sid string) {
	if sid == "" {
		return
	}
	w.mu.Lock()
	ends := w.ends
	w.mu.Unlock()
	for _, do := range ends {
		do(sid)
	}
}
