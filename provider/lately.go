package provider

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/standin-id/standin/application"
)

// fresh is for how long a client that showed its secret need not be looked up again: what is acknowledged to be over is
// refused everywhere within a second (DESIGN.md P5). That the client has ended, the transaction of what it asks for asks anyway.
const fresh = 500 * time.Millisecond

// mostLately bounds what is remembered.
const mostLately = 1000

// shownBy is a client with what it showed.
type shownBy struct {
	id     string
	secret [sha256.Size]byte
}

// lately remembers which clients showed the right secret within the last half second, and how they were read then. What was
// wrong is not remembered.
type lately struct {
	mu  sync.Mutex
	all map[shownBy]remembered
}

type remembered struct {
	client application.Client
	at     time.Time
}

func (l *lately) get(of shownBy, now time.Time) (application.Client, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.all[of]
	if age := now.Sub(r.at); !ok || age < 0 || age >= fresh {
		return application.Client{}, false
	}
	return r.client, true
}

func (l *lately) put(of shownBy, client application.Client, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil || len(l.all) >= mostLately {
		l.all = map[shownBy]remembered{}
	}
	l.all[of] = remembered{client, now}
}
