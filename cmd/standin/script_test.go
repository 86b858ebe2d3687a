package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

func TestMain(m *testing.M) {
	testscript.Main(tidied{m}, map[string]func(){"standin": main})
}

// tidied runs the tests and removes the program that they built.
type tidied struct{ *testing.M }

func (m tidied) Run() int {
	dir, err := os.MkdirTemp("", "standin-built-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	shippedTo = dir
	return m.M.Run()
}

// TestCommands runs every script in testdata/scripts on both databases. Beside the usual commands, scripts have
//
//	exits STATUS COMMAND...   runs the command, which must end with that exit status
//	await URL                 waits until the address answers 200
//	sql STATEMENT             changes the database past Standin
//	put FILE OLD NEW          replaces the only OLD in the file by NEW
//	take NAME FILE PATTERN    sets $NAME to what the pattern's group matches in the file
//	note FILE JSON            writes the last checkpoint of the whole installation in a report of audit verify
//
// and $LISTEN and $OTHER, free addresses, $DIALECT, also as a condition, and world.yaml. The settings name the database and
// the file of keys, $KEYS.
func TestCommands(t *testing.T) {
	scripts, err := filepath.Glob("testdata/scripts/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) {
			dbtest.Sources(t, func(t *testing.T, source string) {
				testscript.Run(t, testscript.Params{Files: []string{script}, RequireExplicitExec: true,
					Setup: func(e *testscript.Env) error { return furnishScript(e, source) },
					Condition: func(dialect string) (bool, error) {
						return strings.HasPrefix(source, "postgres:") == (dialect == "postgres"), nil
					},
					Cmds: map[string]func(*testscript.TestScript, bool, []string){
						"exits": exits, "await": await, "put": put, "take": take, "note": note,
						"sql": func(ts *testscript.TestScript, _ bool, args []string) {
							ts.Check(change(source, strings.Join(args, " ")))
						},
					}})
			})
		})
	}
}

func furnishScript(e *testscript.Env, source string) error {
	e.Setenv("DIALECT", "postgres")
	e.Setenv("KEYS", filepath.Join(e.WorkDir, "standin.keys"))
	e.Setenv("STANDIN_KEYS", e.Getenv("KEYS"))
	if strings.HasPrefix(source, "postgres:") {
		e.Setenv("STANDIN_DATABASE", source)
	} else {
		e.Setenv("STANDIN_DATA", filepath.Dir(source))
		e.Setenv("DIALECT", "sqlite")
	}
	text, err := os.ReadFile("testdata/world.yaml")
	if err == nil {
		err = os.WriteFile(filepath.Join(e.WorkDir, "world.yaml"), text, 0o600)
	}
	if err != nil {
		return err
	}
	for _, name := range []string{"LISTEN", "OTHER"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		e.Setenv(name, l.Addr().String())
	}
	return nil
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		failure, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = failure.ExitCode()
	}
	if got != want {
		ts.Fatalf("got exit status %d, want %d", got, want)
	}
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await URL")
	}
	ts.Check(answers(args[0]))
}

func put(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: put FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if strings.Count(text, args[1]) != 1 {
		ts.Fatalf("%s has %q %d times, want it once", args[0], args[1], strings.Count(text, args[1]))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
}

func take(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: take NAME FILE PATTERN")
	}
	pattern, err := regexp.Compile(args[2])
	ts.Check(err)
	found := pattern.FindStringSubmatch(ts.ReadFile(args[1]))
	if len(found) != 2 {
		ts.Fatalf("%s does not match %s", args[1], args[2])
	}
	ts.Setenv(args[0], found[1])
}

func note(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: note FILE JSON")
	}
	var report auditReport
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &report))
	for _, tree := range report.Trees {
		if tree.Organisation == "" {
			ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(tree.Checkpoint), 0o600))
			return
		}
	}
	ts.Fatalf("%s tells of no whole installation", args[1])
}

// answers returns when the address answers 200.
func answers(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(r); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.New(address + " does not answer")
		case <-again.C:
		}
	}
}

// change runs a statement on the database, past Standin.
func change(source, statement string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, source)
	if err != nil {
		return err
	}
	err = d.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, statement)
		return err
	})
	return errors.Join(err, d.Close())
}
