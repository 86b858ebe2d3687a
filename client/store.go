package client

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Session is somebody's sign-in to the application, as a Store keeps it. The tokens in it open Standin: keep it as one keeps
// passwords.
type Session struct {
	Identity     Identity
	SID          string // Standin's: the acting session, or the login in one's own name
	AccessToken  string
	RefreshToken string
	IDToken      string
	Renewed      time.Time // when the tokens were given
	Expires      time.Time // the access token's end
	Checked      time.Time // when Standin last said that it stands
	Ended        time.Time // nobody is signed in by it any more, zero while it stands
}

// Ending says which sessions Standin ended.
type Ending struct {
	JTI   string // of the logout token, "" where none was sent
	Until time.Time
	SID   string // of these sessions, "" for all of the subject
	Sub   string // of this principal, "" for anybody's
	At    time.Time
}

// Store keeps sessions by key: a hash, so that reading the store signs nobody in. An application with several replicas gives
// them one Store; its Lock holds for all of them. It must be safe for concurrent use. Whoever asks for what is not there gets
// ErrNobody.
type Store interface {
	Create(ctx context.Context, key string, s Session) error
	Load(ctx context.Context, key string) (Session, error)
	// Renew replaces a session that is there and has not ended, and reports whether it is: one that ended stays ended.
	Renew(ctx context.Context, key string, s Session) (bool, error)
	Delete(ctx context.Context, key string) error
	// End ends all that the ending speaks of, and returns their keys. again reports that the logout token was there before; then
	// nothing is ended. Both happen together or not at all.
	End(ctx context.Context, e Ending) (keys []string, again bool, err error)
	// Lock waits until nobody else renews the session: refresh tokens work once.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// Memory is a Store in this process. Sessions are forgotten with it, and when nobody used them for a day.
type Memory struct {
	mu       sync.Mutex
	sessions map[string]Session
	tokens   map[string]time.Time // logout tokens that were used, until they are over
	locks    map[string]*turn
	swept    time.Time
	now      func() time.Time
}

// turn is who waits for a session.
type turn struct {
	free chan struct{} // holds one value while nobody has it
	want int
}

const (
	forgotten = 24 * time.Hour
	sweeping  = 10 * time.Minute
)

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{sessions: map[string]Session{}, tokens: map[string]time.Time{}, locks: map[string]*turn{}, now: time.Now}
}

// Create keeps a new session.
func (m *Memory) Create(_ context.Context, key string, s Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep()
	if _, there := m.sessions[key]; there {
		return errors.New("standin: there is such a session")
	}
	m.sessions[key] = s
	return nil
}

// Load returns a session.
func (m *Memory) Load(_ context.Context, key string) (Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, there := m.sessions[key]
	if !there {
		return Session{}, ErrNobody
	}
	return s, nil
}

// Renew replaces a session that stands.
func (m *Memory) Renew(_ context.Context, key string, s Session) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	former, there := m.sessions[key]
	if !there || !former.Ended.IsZero() {
		return false, nil
	}
	m.sessions[key] = s
	return true, nil
}

// Delete forgets a session.
func (m *Memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, key)
	return nil
}

// End ends sessions.
func (m *Memory) End(_ context.Context, e Ending) (keys []string, again bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep()
	if _, again := m.tokens[e.JTI]; again && e.JTI != "" {
		return nil, true, nil
	}
	if e.JTI != "" {
		m.tokens[e.JTI] = e.Until
	}
	if e.SID == "" && e.Sub == "" {
		return nil, false, nil
	}
	for key, s := range m.sessions {
		if s.Ended.IsZero() && (e.SID == "" || e.SID == s.SID) && (e.Sub == "" || e.Sub == s.Identity.Principal.ID) {
			s.Ended, s.RefreshToken = e.At, ""
			m.sessions[key] = s
			keys = append(keys, key)
		}
	}
	return keys, false, nil
}

// Lock waits for the session's turn.
func (m *Memory) Lock(ctx context.Context, key string) (unlock func(), err error) {
	m.mu.Lock()
	t := m.locks[key]
	if t == nil {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		m.locks[key] = t
	}
	t.want++
	m.mu.Unlock()
	leave := func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if t.want--; t.want == 0 {
			delete(m.locks, key)
		}
	}
	select {
	case <-t.free:
		return func() { t.free <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// sweep forgets what is over: called with the lock held, it works now and then.
func (m *Memory) sweep() {
	now := m.now()
	if now.Sub(m.swept) < sweeping {
		return
	}
	m.swept = now
	for key, s := range m.sessions {
		if now.Sub(s.Expires) > forgotten || !s.Ended.IsZero() && now.After(s.Expires) {
			delete(m.sessions, key)
		}
	}
	for jti, until := range m.tokens {
		if now.After(until) {
			delete(m.tokens, jti)
		}
	}
}
