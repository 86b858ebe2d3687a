package client_test

import (
	"context"
	"sync"

	"github.com/standin-id/standin/client"
)

// spying is a store that tells the test what it was given last.
type spying struct {
	client.Store
	mu   sync.Mutex
	kept client.Session
}

func (s *spying) Create(ctx context.Context, key string, given client.Session) error {
	s.mu.Lock()
	s.kept = given
	s.mu.Unlock()
	return s.Store.Create(ctx, key, given)
}

func (s *spying) Renew(ctx context.Context, key string, given client.Session) (bool, error) {
	s.mu.Lock()
	s.kept = given
	s.mu.Unlock()
	return s.Store.Renew(ctx, key, given)
}

func (s *spying) last() client.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept
}
