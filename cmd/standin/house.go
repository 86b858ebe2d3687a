package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/cmd/standin/keys"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/decision/trials"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/directory/checks"
	"github.com/standin-id/standin/directory/rules"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
	signing "github.com/standin-id/standin/token/keys"
	"github.com/standin-id/standin/token/logout"
	"github.com/standin-id/standin/world"
	"github.com/standin-id/standin/world/exports"
)

// house is the rooms, joined over one database.
type house struct {
	db           *db.DB
	ledger       *ledger.Ledger
	applications *application.Applications
	directory    *directory.Directory
	delegations  *delegation.Delegations
	acting       *acting.Acting
	decisions    *decision.Decisions
	rules        *rules.Rules
	trials       *trials.Trials
	signin       *signin.Signin
	tokens       *token.Tokens
	world        *world.World
	checks       *checks.Checks
	exports      *exports.Exports

	key       ledger.Key
	signing   *signing.Keys
	logout    *logout.Logout // nil where nothing is served
	sequencer *ledger.Sequencer
	log       *slog.Logger
}

// furnish joins the rooms over d.
func furnish(d *db.DB, set keys.Set, log *slog.Logger) *house {
	h := &house{db: d, key: set.Ledger, log: log, ledger: ledger.New(d, time.Now)}
	h.directory = directory.New(d, h.ledger, time.Now)
	h.applications = application.New(d, h.ledger, time.Now).With(h.directory.MayKeepAccess)
	h.delegations = delegation.New(d, h.ledger, h.directory, time.Now)
	h.acting = acting.New(d, h.ledger, h.directory, h.delegations, time.Now)
	h.decisions = decision.New(d, h.ledger, h.directory, h.applications, h.delegations, h.acting, time.Now)
	h.rules = rules.New(d, h.ledger, h.directory, time.Now)
	h.trials = trials.New(d, h.ledger, h.directory, h.applications, h.acting, time.Now)
	h.signin = signin.New(d, h.ledger, h.directory, h.acting, time.Now, signin.Options{})
	h.world = world.New(d, h.ledger, h.applications, h.directory, h.delegations, h.signin, time.Now)
	h.checks = checks.New(d, h.ledger, h.directory, h.key.Verifier(), time.Now, log)
	h.exports = exports.New(d, h.ledger, h.directory, h.applications, time.Now, log)
	h.sequencer = ledger.NewSequencer(h.ledger, h.key, log)
	h.signing = signing.New(d, h.ledger, h.directory, set.Seal, time.Now, log)
	h.tokens = token.New(token.House{DB: d, Ledger: h.ledger, Applications: h.applications, Directory: h.directory, Delegations: h.delegations,
		Acting: h.acting, Signin: h.signin, Keys: h.signing}, time.Now)
	return h
}

// openHouse opens the database and the keys that the settings name, making both where there are none, and joins the rooms.
func openHouse(ctx context.Context, cmd *cobra.Command, log *slog.Logger) (*house, error) {
	from, dir, err := source(cmd)
	if err != nil {
		return nil, err
	}
	return openAt(ctx, from, keysPath(cmd, dir), log)
}

func openAt(ctx context.Context, from, path string, log *slog.Logger) (*house, error) {
	d, err := openMigrated(ctx, from, log)
	if err != nil {
		return nil, err
	}
	set, err := keys.For(ctx, d, path, log)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return furnish(d, set, log), nil
}

// every is how often ends that nobody saw are written down. Whether somebody may act is asked anew at every use.
const every = 20 * time.Second

// recordEnds writes down acting sessions and logins that ended by themselves, until ctx ends.
func (h *house) recordEnds(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if n, err := h.acting.CloseExpired(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("ends of acting could not be recorded; they hold all the same", "error", err)
		} else if n > 0 {
			h.log.Debug("ends of acting were recorded", "sessions", n)
		}
		if n, err := h.signin.CloseExpired(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("ends of sign-ins could not be recorded; they hold all the same", "error", err)
		} else if n > 0 {
			h.log.Debug("ends of sign-ins were recorded", "sign-ins", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// close finishes the record of what was done and closes the database.
func (h *house) close(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := h.sequencer.Flush(bounded); err != nil {
		// They are durable, so this is no failure of what was done.
		h.log.Warn("records wait for their place in the tree; the next start goes on with them", "error", err)
	}
	return h.db.Close()
}
