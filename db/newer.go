package db

import (
	"context"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/standin-id/standin"
)

// lookEvery is how often Watch looks: for so long a program may go on beside one that knows more than it does.
const lookEvery = 2 * time.Second

// Watch looks at the schema's version now and then, until ctx ends. While a newer program has brought it further than this one
// knows, View and Update refuse everything as Unavailable "db.superseded", because rules that this program does not know may be
// in it (THREATS 54). It is logged once, and ends where the schema is one that the program knows again.
func (d *DB) Watch(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		before := d.newer.Load()
		err := d.LookAtSchema(ctx) // an unreachable database is for others to report: whatever is asked meets it
		switch after := d.newer.Load(); {
		case before == 0 && after != 0:
			log.ErrorContext(ctx, "a newer program has changed the schema; nothing is answered any more", "error", err)
		case before != 0 && after == 0:
			log.InfoContext(ctx, "the schema is one that this program knows again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// LookAtSchema looks at the schema's version now, and from then on refuses what Watch says, or does not any more. Its error is that
// refusal, or why the database did not answer, which changes nothing.
func (d *DB) LookAtSchema(ctx context.Context) error {
	var found int64
	err := d.read.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&found)
	if err != nil {
		return d.dialect.classify(err)
	}
	if found <= newestKnown() {
		found = 0
	}
	d.newer.Store(found)
	return d.Superseded()
}

// Superseded returns the refusal of Watch, nil where there is none.
func (d *DB) Superseded() error {
	found := d.newer.Load()
	if found == 0 {
		return nil
	}
	return standin.Refuse(standin.Unavailable, "db", "db.superseded",
		"A newer program has changed the database: the schema has version {found}, and this program knows {known}. Nothing was changed. Start the newer program.").
		With("found", found).With("known", newestKnown())
}

// newestKnown is the version to which Migrate brings the schema.
var newestKnown = sync.OnceValue(func() (newest int64) {
	files, err := fs.Glob(schema, "schema/*.sql")
	for _, name := range files {
		var version int64
		if version, err = goose.NumericComponent(name); err != nil {
			break
		}
		newest = max(newest, version)
	}
	if err != nil {
		panic("db: " + err.Error()) // a fault of this package, whose files these are
	}
	return newest
})
