package db_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// TestThreat54AnOldProgramStopsWhereTheSchemaMovedOn under it: neither reads nor writes by rules that it does not know, says so once,
// and goes on where the schema is its own again.
func TestThreat54AnOldProgramStopsWhereTheSchemaMovedOn(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		old, newer := opened(t, source), opened(t, source)
		if _, _, err := old.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		nothing := func(context.Context, *db.Tx) error { return nil }
		serves := func(want bool) {
			t.Helper()
			for name, err := range map[string]error{"view": old.View(t.Context(), nothing), "update": old.Update(t.Context(), nothing),
				"read committed": old.UpdateReadCommitted(t.Context(), nothing), "ready": old.Superseded()} {
				if want && err != nil {
					t.Errorf("%s: got %v, want it served", name, err)
				}
				if !want {
					expectKind(t, name, err, standin.Unavailable, "db.superseded")
				}
			}
		}
		if err := old.LookAtSchema(t.Context()); err != nil {
			t.Fatalf("its own schema: %v", err)
		}
		serves(true)
		execute(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)`, true)
		expectKind(t, "look", old.LookAtSchema(t.Context()), standin.Unavailable, "db.superseded")
		serves(false)
		execute(t, newer, `DELETE FROM goose_db_version WHERE version_id = 9999`)
		if err := old.LookAtSchema(t.Context()); err != nil {
			t.Fatalf("its own schema again: %v", err)
		}
		serves(true)
	})
}

// TestThreat54TheSchemaIsWatched: a program that serves finds out within seconds, and logs it once.
func TestThreat54TheSchemaIsWatched(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		old, newer := opened(t, source), opened(t, source)
		if _, _, err := old.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- old.Watch(ctx, slog.New(slog.NewTextHandler(&log, nil))) }()
		until := func(what string, superseded bool) {
			t.Helper()
			for deadline := time.Now().Add(30 * time.Second); (old.Superseded() != nil) != superseded; {
				if time.Now().After(deadline) {
					t.Fatalf("%s: not seen after half a minute", what)
				}
				<-time.After(20 * time.Millisecond)
			}
		}
		execute(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)`, true)
		until("a newer schema", true)
		execute(t, newer, `DELETE FROM goose_db_version WHERE version_id = 9999`)
		until("its own again", false)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := strings.Count(log.String(), "level=ERROR"); got != 1 {
			t.Errorf("got %d errors logged, want one: %s", got, log.String())
		}
	})
}
