package authzen

import (
	"context"
	"crypto/sha256"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
)

const (
	keyAge   = 500 * time.Millisecond // after which the database is asked again whether the key still opens something
	mostKeys = 10_000
)

// keyring remembers for a moment whose a secret is, so that an application that asks a thousand times a second does not
// make the database look up its key a thousand times. A key that was ended opens nothing after that moment.
type keyring struct {
	applications *application.Applications
	now          func() time.Time

	mu    sync.RWMutex
	known map[[sha256.Size]byte]holder
}

type holder struct {
	caller standin.Caller
	since  time.Time
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
	h, ok := k.known[sum]
	k.mu.RUnlock()
	if age := now.Sub(h.since); ok && 0 <= age && age < keyAge {
		return h.caller, nil
	}
	caller, err := k.applications.Key(ctx, secret)
	if err != nil {
		return standin.Caller{}, err
	}
	if err := k.applications.Used(ctx, caller); err != nil {
		return standin.Caller{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) >= mostKeys {
		clear(k.known)
	}
	k.known[sum] = holder{caller, now} // the instant before the database was asked
	return caller, nil
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
