// Package logout owns that applications are told when somebody is signed in to them no more: it follows the record, ends
// the grants that fell with what happened, and sends each application that wants it a logout token (OpenID Connect
// Back-Channel Logout 1.0), until the application says that it was understood or a day is over.
//
// It refuses to decide anything: what it ends was refused before. It refuses to send anywhere but to the registered
// address, which is https or on this machine, to connect from a public place to a network that the operator did not name,
// to follow where an answer leads, and to let one application that does not answer delay the others.
package logout

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/keys"
)

const (
	// GivesUp is how long an application that does not answer is told again.
	GivesUp = 24 * time.Hour
	// Answers is how long an application may take for one answer.
	Answers = 5 * time.Second
	// AtOnce and EachAtOnce are how many requests may be under way: all together, and to one application.
	AtOnce, EachAtOnce = 32, 4
	// Kept is for how long what became of a delivery is known.
	Kept = 30 * 24 * time.Hour

	taken   = 2 * Answers // how long one that is taken is left to whoever took it
	longest = 15 * time.Minute
	poll    = time.Second // how often what is due is looked for
	again   = time.Second
)

// system is who ends grants that fell and tells applications.
const system standin.Actor = "system:logout"

// Logout tells applications. It is safe for concurrent use; any number of programs may work on one database.
type Logout struct {
	db           *db.DB
	ledger       *ledger.Ledger
	directory    *directory.Directory
	applications *application.Applications
	tokens       *token.Tokens
	keys         *keys.Keys
	now          func() time.Time
	log          *slog.Logger

	reach  reach
	client *http.Client
	slots  *semaphore.Weighted
	busy   busy
	woken  chan struct{} // something is to be told soon
}

// House is what Logout stands on.
type House struct {
	DB           *db.DB
	Ledger       *ledger.Ledger
	Directory    *directory.Directory
	Applications *application.Applications
	Tokens       *token.Tokens
	Keys         *keys.Keys
	Log          *slog.Logger
	// Networks are those within which applications are told although not everybody can reach them. A Standin whose public
	// address is on this machine reaches all.
	Networks []netip.Prefix
}

// New returns what tells the applications of the house, as its Tokens' public address lets them be reached.
func New(h House, now func() time.Time) *Logout {
	to := reachFrom(h.Tokens.Issuer(), h.Networks)
	return &Logout{db: h.DB, ledger: h.Ledger, directory: h.Directory, applications: h.Applications, tokens: h.Tokens, keys: h.Keys, now: now, log: h.Log,
		reach: to, client: to.caller(), slots: semaphore.NewWeighted(AtOnce), busy: busy{by: map[standin.ClientID]int{}}, woken: make(chan struct{}, 1)}
}

// Run follows the record and tells applications until ctx ends; what is under way then is given up and done again by the
// next program.
func (o *Logout) Run(ctx context.Context) error {
	var all sync.WaitGroup
	all.Go(func() { o.deliver(ctx) })
	all.Go(func() { o.sweepAll(ctx) })
	for ctx.Err() == nil {
		if err := o.ledger.FollowSome(ctx, "logout", followed, o.follow); err != nil {
			o.log.Error("applications cannot be told who is signed out; it is tried again, and all is refused all the same", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
	all.Wait()
	return nil
}

// wake makes the next look for what is due happen now.
func (o *Logout) wake() {
	select {
	case o.woken <- struct{}{}:
	default:
	}
}
