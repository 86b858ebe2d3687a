//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/standin-id/standin/build/postgres"
)

// parent returns an empty directory that the cluster's owner may enter, and checks at the end that it is empty again.
func parent(t *testing.T) string {
	t.Helper()
	if _, err := postgres.Programs(); err != nil && os.Getenv("STANDIN_TEST_STRICT") == "" {
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
