package main

import (
	"time"

	"github.com/standin-id/standin/provider/session"
	"github.com/standin-id/standin/web/words"
)

// newBanners returns what answers the pages of applications: who acts, how long yet, and the banner.
func (s *server) newBanners() *session.Session {
	h := s.house
	return session.New(session.Config{DB: h.db, Ledger: h.ledger, Applications: h.applications, Directory: h.directory, Acting: h.acting,
		Signin: h.signin, Tokens: h.tokens, Words: speaking, URL: s.url, Now: time.Now, Log: s.log})
}

// speaking hands the words of the pages to what is shown in applications.
func speaking(preferences ...string) session.Words { return words.In(preferences...) }
