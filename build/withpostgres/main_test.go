//go:build linux

package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// parent returns an empty directory that the cluster's owner may enter, and checks at the end that it is empty again.
func parent(t *testing.T) string {
	t.Helper()
	if _, err := programs(); err != nil && os.Getenv("STANDIN_TEST_STRICT") == "" {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "withpostgres-test-")
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
	s, err := start(parent(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	db, err := sql.Open("pgx", s.url())
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
	stranger := strings.Replace(s.url(), s.password, "guess", 1)
	other, err := sql.Open("pgx", stranger)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Ping(); err == nil {
		t.Error("a wrong password was let in")
	}
}

func TestStatusIsTheCommands(t *testing.T) {
	dir := parent(t)
	if got, err := run(dir, 0, []string{"sh", "-c", `test -n "$STANDIN_TEST_POSTGRES" && exit 3`}); got != 3 || err != nil {
		t.Errorf("got %d (%v), want 3", got, err)
	}
	if got, err := run(dir, 0, []string{filepath.Join(dir, "absent")}); got == 0 || err == nil {
		t.Errorf("a command that does not exist: got %d (%v), want a failure", got, err)
	}
}

// TestServerThatDiesFailsTheRun kills the server under the command, which must not be reported as a success.
func TestServerThatDiesFailsTheRun(t *testing.T) {
	dir := parent(t)
	got, err := run(dir, 0, []string{"sh", "-c", `kill -9 $(head -n 1 ` + dir + `/*/data/postmaster.pid); exec sleep 60`})
	if got == 0 || err == nil || !strings.Contains(err.Error(), "ended by itself") {
		t.Errorf("got %d (%v), want a failure that names the server", got, err)
	}
}
