package main

import (
	"time"

	"github.com/standin-id/standin/token/logout"
)

// telling returns what tells applications that somebody is signed out, for the tokens as they are issued here.
func (h *house) telling() *logout.Logout {
	return logout.New(logout.House{DB: h.db, Ledger: h.ledger, Directory: h.directory, Applications: h.applications, Tokens: h.tokens,
		Keys: h.signing, Log: h.log}, time.Now)
}
