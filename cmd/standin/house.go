package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// house is the rooms, joined over one database.
type house struct {
	db           *db.DB
	ledger       *ledger.Ledger
	applications *application.Applications
	directory    *directory.Directory
	delegations  *delegation.Delegations

	key       ledger.Key
	sequencer *ledger.Sequencer
	log       *slog.Logger
}

// furnish joins the rooms over d.
func furnish(d *db.DB, key ledger.Key, log *slog.Logger) *house {
	h := &house{db: d, key: key, log: log, ledger: ledger.New(d, time.Now)}
	h.directory = directory.New(d, h.ledger, time.Now)
	h.applications = application.New(d, h.ledger, time.Now)
	h.delegations = delegation.New(d, h.ledger, h.directory, time.Now)
	h.sequencer = ledger.NewSequencer(h.ledger, key, log)
	return h
}

// openHouse opens the database and the keys, making both where there are none, and joins the rooms.
func openHouse(ctx context.Context, cmd *cobra.Command, log *slog.Logger) (*house, error) {
	_, dir, err := source(cmd)
	if err != nil {
		return nil, err
	}
	d, err := openMigrated(ctx, cmd, log)
	if err != nil {
		return nil, err
	}
	key, err := keysFor(ctx, d, keysPath(cmd, dir), log)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return furnish(d, key, log), nil
}

// keysFor reads the keys, or makes them for a database that nothing was signed in yet: with new keys, what was signed
// before would look forged.
func keysFor(ctx context.Context, d *db.DB, path string, log *slog.Logger) (ledger.Key, error) {
	key, err := readKeys(path)
	if standin.KindOf(err) != standin.NotFound {
		return key, err
	}
	var signed string
	err = d.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		var err error
		signed, err = ledger.New(d, time.Now).Checkpoint(ctx, tx)
		return err
	})
	if err != nil {
		return key, err
	}
	if signed != "" {
		return key, refuse("standin.keys_missing", "The record in this database was signed with keys that are not in {file}. "+
			"Put the file of keys back, or name it with --keys.").With("file", path)
	}
	key, made, err := ensureKeys(path)
	if err == nil && made {
		log.Info("keys were made; keep a copy of them", "file", path, "key", key.Verifier().String())
	}
	return key, err
}

// close finishes the record of what was done and closes the database.
func (h *house) close(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := h.sequencer.Flush(bounded)
	if err != nil {
		h.log.Warn("records wait for their place in the tree; the next start goes on with them", "error", err)
	}
	return errors.Join(err, h.db.Close())
}
