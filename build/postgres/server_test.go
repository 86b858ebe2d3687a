//go:build linux

package postgres

import (
	"database/sql"
	"errors"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// parent returns an empty directory that the cluster's owner may enter, and checks at the end that it is empty again.
func parent(t *testing.T) string {
	t.Helper()
	if _, err := Programs(); err != nil && os.Getenv("STANDIN_TEST_STRICT") == "" {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "postgres-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(dir); err != nil {
			t.Errorf("something was left behind: %v", err)
		}
	})
	return dir
}

func TestServerIsAsStrictAsStandinDemands(t *testing.T) {
	s, err := Start(parent(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	db, err := sql.Open("pgx", s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, c := range []struct{ query, want string }{
		{"SHOW fsync", "on"},
		{"SHOW synchronous_commit", "on"},
		{"SHOW full_page_writes", "on"},
		{"SHOW server_encoding", "UTF8"},
		{"SHOW listen_addresses", "127.0.0.1"},
		{"SELECT ('a' < 'B' AND 'B' < 'c')::text", "true"}, // false in the C collation
	} {
		var got string
		if err := db.QueryRow(c.query).Scan(&got); err != nil || got != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.query, got, err, c.want)
		}
	}
	stranger := strings.Replace(s.URL(), s.password, "guess", 1)
	other, err := sql.Open("pgx", stranger)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Ping(); err == nil {
		t.Error("a wrong password was let in")
	}
}

// TestCrashLosesNothingDurable commits, crashes the server, and finds what was committed.
func TestCrashLosesNothingDurable(t *testing.T) {
	s, err := Start(parent(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	ask := func(query string) (got string) {
		t.Helper()
		db, err := sql.Open("pgx", s.URL())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.QueryRow(query).Scan(&got); err != nil && !errors.Is(err, sql.ErrNoRows) {
			t.Fatalf("%s: %v", query, err)
		}
		return got
	}
	ask(`CREATE TABLE kept AS SELECT 'here' AS word`)
	if err := s.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if got, want := ask(`SELECT word FROM kept`), "here"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
