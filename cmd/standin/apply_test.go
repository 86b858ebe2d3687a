package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/standin-id/standin/db/dbtest"
)

// TestApplyGoesOnWhereItWasInterrupted stops apply in the middle. It says so, what it told as applied is there, the record
// explains it, and applying again does the rest.
func TestApplyGoesOnWhereItWasInterrupted(t *testing.T) {
	const people = 1500
	var text strings.Builder
	text.WriteString("organisations:\n  - id: acme\n    name: Acme Ltd\n    people:\n")
	for i := range people {
		fmt.Fprintf(&text, "      - {id: p-%d, name: Person %d, email: p%d@acme.example}\n", i, i, i)
	}
	file := filepath.Join(t.TempDir(), "many.yaml")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	dbtest.Sources(t, func(t *testing.T, source string) {
		p := place(t, source)
		cmd := p.command("apply", "-f", file, "--yes", "--log-level", "warn")
		talk, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var done, total int
		var said []string
		for lines := bufio.NewScanner(talk); lines.Scan(); {
			if said = append(said, lines.Text()); done > 0 {
				continue
			}
			if n, _ := fmt.Sscanf(lines.Text(), "%d of %d applied", &done, &total); n == 2 {
				if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
					t.Fatal(err)
				}
			}
		}
		failure, ok := errors.AsType[*exec.ExitError](cmd.Wait())
		if !ok || failure.ExitCode() != exitRefused || !strings.Contains(said[len(said)-1], "apply again to do the rest") {
			t.Fatalf("interrupted after %d of %d, apply ended with %v: %s", done, total, cmd.ProcessState, said)
		}
		p.run(t, "audit", "verify")
		p.run(t, "doctor")
		var created, changed, same int
		out := p.run(t, "apply", "-f", file, "--plan")
		counts := out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:]
		if _, err := fmt.Sscanf(counts, "%d to create, %d to change, %d the same", &created, &changed, &same); err != nil {
			t.Fatalf("%v: %q", err, counts)
		}
		if same < done || created == 0 || created+same != total || changed != 0 {
			t.Errorf("of %d it told %d as applied; now %d are there and %d are missing", total, done, same, created)
		}
		p.run(t, "apply", "-f", file, "--yes")
		if out := p.run(t, "apply", "-f", file, "--plan"); !strings.Contains(out, fmt.Sprintf("0 to create, 0 to change, %d the same", total)) {
			t.Errorf("after applying again: %s", out)
		}
		p.run(t, "audit", "verify")
	})
}
