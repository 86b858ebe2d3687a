package main

import (
	"time"

	"github.com/standin-id/standin/provider"
	"github.com/standin-id/standin/web"
)

// newProvider returns what answers applications that speak OpenID Connect, at the server's public address.
func (s *server) newProvider() (*provider.Provider, error) {
	h, page := s.house, web.Fail(s.log, time.Now)
	return provider.New(provider.Config{Rooms: provider.Rooms{DB: h.db, Applications: h.applications,
		Acting: h.acting, Signin: h.signin, Keys: h.signing, Tokens: h.tokens},
		Issuer: s.url.String(), Secure: s.url.Scheme == "https", Now: time.Now, Log: s.log, Fail: page, CannotReturn: web.CannotReturn(s.log, time.Now)})
}
