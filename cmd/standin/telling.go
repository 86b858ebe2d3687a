package main

import (
	"net/netip"
	"time"

	"github.com/standin-id/standin/token/logout"
)

// telling returns what tells applications that somebody is signed out, for the tokens as they are issued here, also within
// the networks.
func (h *house) telling(networks ...netip.Prefix) *logout.Logout {
	return logout.New(logout.House{DB: h.db, Ledger: h.ledger, Directory: h.directory, Applications: h.applications, Tokens: h.tokens,
		Keys: h.signing, Log: h.log, Networks: networks}, time.Now)
}
