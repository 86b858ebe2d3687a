//go:build chaos

package imports_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/ledger"
)

// TestKilledAgainAndAgainNothingComesTwice kills the real program with SIGKILL each time it tells that it came a part
// further, imports again until all is done, and counts what was made by the records.
func TestKilledAgainAndAgainNothingComesTwice(t *testing.T) {
	program := filepath.Join(t.TempDir(), "standin")
	if out, err := exec.Command("go", "build", "-o", program, "../../cmd/standin").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const n = 1000
	who, cover := people(t, n), delegations(t, n, 2*n)
	dbtest.Sources(t, func(t *testing.T, source string) {
		h := furnish(t, source)
		flags := []string{"--database", source}
		if !strings.HasPrefix(source, "postgres:") {
			flags = []string{"--data", filepath.Dir(source)}
		}
		flags = append(flags, "--keys", filepath.Join(t.TempDir(), "keys"), "--yes", "--organisation", string(acme))
		for _, path := range []string{who, cover} {
			killed(t, program, append([]string{"import", path}, flags...), 3)
		}
		for action, want := range map[string]int{"person.create": n, "role.hold": n, "delegation.name": 2 * n} {
			if got := h.records(t, action); got != want {
				t.Errorf("%d records of %s, want %d", got, action, want)
			}
		}
		for _, path := range []string{who, cover} {
			if p := h.plan(t, path); p.Counts().Skip != len(p.Rows) {
				t.Errorf("%s comes to %+v in the end: %s", filepath.Base(path), p.Counts(), first(p))
			}
		}
	})
}

// killed runs the program, kills it so often when it tells of progress, and then lets it finish.
func killed(t *testing.T, program string, args []string, kills int) {
	t.Helper()
	for run := range kills + 1 {
		cmd := exec.Command(program, args...)
		cmd.Stdout = os.Stderr
		talk, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		told := 0
		for lines := bufio.NewScanner(talk); lines.Scan(); {
			if strings.Contains(lines.Text(), "applied") {
				if told++; told == 2 && run < kills {
					if err := cmd.Process.Kill(); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if err := cmd.Wait(); (err != nil) != (run < kills) {
			t.Fatalf("run %d of %v came to %v", run, args, err)
		}
	}
}

// records returns how many things were done by the action, and refuses that one was done twice.
func (h *house) records(t *testing.T, action string) int {
	t.Helper()
	done := map[string]bool{}
	after := ledger.Cursor{}
	for {
		var page []ledger.Record
		if err := h.db.View(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
			page, after, err = h.l.Page(ctx, tx, ledger.Filter{Organisation: acme, Action: action}, after, 200)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			if done[r.Resource] {
				t.Errorf("%s was done twice to %s", action, r.Resource)
			}
			done[r.Resource] = true
		}
		if after == (ledger.Cursor{}) || len(page) == 0 {
			return len(done)
		}
	}
}
