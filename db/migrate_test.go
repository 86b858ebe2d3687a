package db_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

func opened(t testing.TB, source string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestMigrateTwice(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		d := opened(t, source)
		if pending, err := d.Pending(t.Context()); !pending || err != nil {
			t.Errorf("got %v, %v, want an empty database to have something pending", pending, err)
		}
		from, to, err := d.Migrate(t.Context())
		if from != 0 || to < 6 || err != nil {
			t.Errorf("got %d to %d, %v, want from 0", from, to, err)
		}
		if pending, err := d.Pending(t.Context()); pending || err != nil {
			t.Errorf("got %v, %v, want nothing pending", pending, err)
		}
		again, same, err := d.Migrate(t.Context())
		if again != to || same != to || err != nil {
			t.Errorf("again: got %d to %d, %v, want %d to itself", again, same, err, to)
		}
	})
}

// TestSeveralMigrateAtOnce: replicas that start together, on an empty database and on one that was looked at before.
func TestSeveralMigrateAtOnce(t *testing.T) {
	for _, looked := range []bool{false, true} {
		dbtest.Sources(t, func(t *testing.T, source string) {
			var all sync.WaitGroup
			start := make(chan struct{})
			for i := range 4 {
				d := opened(t, source)
				if i == 0 && looked {
					if _, err := d.Pending(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				all.Go(func() {
					<-start
					if _, to, err := d.Migrate(t.Context()); to < 6 || err != nil {
						t.Errorf("got %d, %v, want the newest version", to, err)
					}
				})
			}
			close(start)
			all.Wait()
		})
	}
}

// TestANewerSchemaIsLeftAlone starts an old program on what a newer one migrated.
func TestANewerSchemaIsLeftAlone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)`, true)
		_, _, err := d.Migrate(t.Context())
		expectKind(t, "migrate", err, standin.Invalid, "db.newer_schema")
		_, err = d.Pending(t.Context())
		expectKind(t, "pending", err, standin.Invalid, "db.newer_schema")
	})
}

// TestTextIsInTheOrderOfItsBytes on both databases, whatever language PostgreSQL was made for, and where a former program left
// the order to it.
func TestTextIsInTheOrderOfItsBytes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		names := []string{"B", "_", "a", "b", "ä"}
		for _, name := range []string{"ä", "a", "_", "b", "B"} {
			execute(t, d, `INSERT INTO followers (name, position) VALUES ($1, 0)`, name)
		}
		inOrder := func() {
			t.Helper()
			if got := texts(t, d, `SELECT name FROM followers ORDER BY name`); !slices.Equal(got, names) {
				t.Errorf("got %q, want %q", got, names)
			}
		}
		inOrder()
		if d.Dialect() != "postgres" {
			return
		}
		const others = `SELECT table_name || '.' || column_name FROM information_schema.columns
			WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`
		if got := texts(t, d, others); len(got) > 0 {
			t.Errorf("the order of %q is the database's own", got)
		}
		execute(t, d, `CREATE TABLE of_somebody_else (name TEXT)`)
		execute(t, d, `ALTER TABLE followers ALTER COLUMN name TYPE TEXT COLLATE "default"`)
		execute(t, d, `ALTER TABLE people ALTER COLUMN email TYPE TEXT COLLATE "default", ALTER COLUMN id TYPE TEXT COLLATE "default"`)
		if got := texts(t, d, others); len(got) != 4 {
			t.Fatalf("got %q, want what was changed just now", got)
		}
		if _, _, err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := texts(t, d, others); !slices.Equal(got, []string{"of_somebody_else.name"}) {
			t.Errorf("the order of %q stayed, want it of somebody else's alone", got)
		}
		inOrder()
	})
}

func texts(t *testing.T, d *db.DB, query string) (all []string) {
	t.Helper()
	err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		for all = nil; rows.Next(); {
			var text string
			if err := rows.Scan(&text); err != nil {
				return err
			}
			all = append(all, text)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
