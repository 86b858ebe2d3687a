package authzen

import (
	"context"
	"crypto/sha256"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
)

const (
	keyAge   = 500 * time.Millisecond // after which the database is asked again whether the key still opens something
	mostKeys = 10_000
	// keyPatience is how long a request waits for the database to tell whose its key is, before it is refused (THREATS 74).
	keyPatience = 2 * time.Second
)

// keyring remembers for a moment whose a secret is, so that an application that asks a thousand times a second does not
// make the database look up its key a thousand times. A key that was ended opens nothing after that moment.
type keyring struct {
	applications *application.Applications
	now          func() time.Time

	mu    sync.RWMutex
	known map[[sha256.Size]byte]*holder
}

// holder is whose a secret is. One request looks anew for all, before what is known gets too old.
type holder struct {
	seen atomic.Pointer[sighting]
	// looks holds at most one: who looks anew.
	looks chan struct{}
}

// sighting is the key as it was at an instant before the database was asked.
type sighting struct {
	caller standin.Caller
	at     time.Time
}

// fresh reports whether no more than age has passed since; a clock that went back makes nothing fresh.
func (s *sighting) fresh(now time.Time, age time.Duration) bool {
	passed := now.Sub(s.at)
	return 0 <= passed && passed < age
}

// caller returns the API key that the request proves to come from; Unauthenticated where none, Denied where it was not
// made to ask for decisions.
func (k *keyring) caller(r *http.Request) (standin.Caller, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if secret = strings.TrimSpace(secret); !strings.EqualFold(scheme, "Bearer") || secret == "" {
		return standin.Caller{}, standin.Refuse(standin.Unauthenticated, "authzen", "authzen.nobody", "Send an API key as Authorization: Bearer.")
	}
	caller, err := k.find(r.Context(), secret)
	if err != nil {
		return standin.Caller{}, err
	}
	if !caller.Entitled("decide") {
		return standin.Caller{}, standin.Refuse(standin.Denied, "authzen", "authzen.not_entitled", "This API key was not made to ask for decisions.")
	}
	caller.Origin = origin(r)
	return caller, nil
}

func (k *keyring) find(ctx context.Context, secret string) (standin.Caller, error) {
	sum, now := sha256.Sum256([]byte(secret)), k.now()
	k.mu.RLock()
	h := k.known[sum]
	k.mu.RUnlock()
	if h == nil {
		return k.first(ctx, sum, secret)
	}
	s := h.seen.Load()
	if s.fresh(now, keyAge/2) {
		return s.caller, nil
	}
	ctx, cancel := context.WithTimeout(ctx, keyPatience)
	defer cancel()
	if s.fresh(now, keyAge) {
		select {
		case h.looks <- struct{}{}:
		default:
			return s.caller, nil // somebody looks already
		}
	} else {
		select {
		case h.looks <- struct{}{}:
		case <-ctx.Done():
			return standin.Caller{}, slow(ctx.Err())
		}
	}
	defer func() { <-h.looks }()
	if s := h.seen.Load(); s.fresh(k.now(), keyAge/2) {
		return s.caller, nil
	}
	s, err := k.look(ctx, secret)
	if err != nil {
		return standin.Caller{}, err
	}
	h.seen.Store(s)
	return s.caller, nil
}

func slow(cause error) error {
	return standin.Refuse(standin.Unavailable, "authzen", "decision.unavailable",
		"It cannot be decided now, so the answer is no. Try again in a moment.").Because(cause)
}

// first looks for a secret that is not known yet, and remembers whose it is where it is somebody's.
func (k *keyring) first(ctx context.Context, sum [sha256.Size]byte, secret string) (standin.Caller, error) {
	ctx, cancel := context.WithTimeout(ctx, keyPatience)
	defer cancel()
	s, err := k.look(ctx, secret)
	if err != nil {
		return standin.Caller{}, err
	}
	h := &holder{looks: make(chan struct{}, 1)}
	h.seen.Store(s)
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) >= mostKeys {
		clear(k.known)
	}
	k.known[sum] = h
	return s.caller, nil
}

// look asks the database.
func (k *keyring) look(ctx context.Context, secret string) (*sighting, error) {
	at := k.now()
	caller, err := k.applications.Key(ctx, secret)
	if err != nil && ctx.Err() != nil {
		return nil, slow(err)
	}
	if err != nil {
		return nil, err
	}
	return &sighting{caller, at}, k.applications.Used(ctx, caller)
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
