// Package dbtest runs a room's tests on both databases, each test in a fresh file or schema with the whole schema in it.
package dbtest

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Run runs test as the subtests "sqlite" and "postgres". PostgreSQL is the server at STANDIN_TEST_POSTGRES, the address
// of a superuser; without it that half is skipped, unless CI or STANDIN_TEST_STRICT says that nothing may be skipped.
func Run(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	Sources(t, func(t *testing.T, source string) { test(t, open(t, source)) })
}

// Sources is Run for tests that open the database themselves, several times perhaps: source is what db.Open takes.
func Sources(t *testing.T, test func(t *testing.T, source string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "standin.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, PostgresSchema(t)) })
}

// PostgresSchema makes an empty schema, dropped when the test ends, and returns the database address that uses it.
func PostgresSchema(t testing.TB) string {
	t.Helper()
	server := os.Getenv("STANDIN_TEST_POSTGRES")
	if server == "" {
		if os.Getenv("CI") != "" || os.Getenv("STANDIN_TEST_STRICT") != "" {
			t.Fatal("STANDIN_TEST_POSTGRES names no server; run the tests with make test")
		}
		t.Skip("STANDIN_TEST_POSTGRES names no server")
	}
	name := "test_" + strings.ReplaceAll(standin.NewID("s"), "-", "_")
	execute(t, server, `CREATE SCHEMA `+name)
	t.Cleanup(func() { execute(t, server, `DROP SCHEMA `+name+` CASCADE`) })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

func execute(t testing.TB, server, statement string) {
	t.Helper()
	d, err := db.Open(context.Background(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.UpdateReadCommitted(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, statement)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, source string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}
