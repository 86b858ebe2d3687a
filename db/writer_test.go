package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

func openSQLite(t testing.TB, path string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// together runs the functions in one transaction of the writer, after one that holds it up until all wait.
func together(t testing.TB, d *db.DB, fns ...func(context.Context, *db.Tx) error) []error {
	t.Helper()
	errs := make([]error, len(fns))
	var all sync.WaitGroup
	hold(t, d, func() {
		for i, fn := range fns {
			all.Go(func() {
				defer func() {
					if p := recover(); p != nil {
						errs[i] = fmt.Errorf("panic: %v", p)
					}
				}()
				errs[i] = errors.New("its goroutine ended")
				errs[i] = d.Update(context.Background(), fn)
			})
			eventually(t, "it waits", func() bool { return d.Waiting() == i+1 })
		}
	})
	all.Wait()
	return errs
}

// hold calls meanwhile while a transaction holds the writer up.
func hold(t testing.TB, d *db.DB, meanwhile func()) {
	t.Helper()
	holds, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- d.Update(context.Background(), func(context.Context, *db.Tx) error {
			close(holds)
			<-release
			return nil
		})
	}()
	<-holds
	meanwhile()
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestOneChangeHarmsNoOther has changes fail in every way within one transaction.
func TestOneChangeHarmsNoOther(t *testing.T) {
	d := openSQLite(t, filepath.Join(t.TempDir(), "standin.db"))
	things(t, d)
	after := func(id string, end func() error) func(context.Context, *db.Tx) error {
		return func(ctx context.Context, tx *db.Tx) error {
			if err := put(id, 1)(ctx, tx); err != nil {
				return err
			}
			return end()
		}
	}
	errs := together(t, d,
		put("a", 1),
		after("b", func() error { panic("fault") }),
		put("c", 1),
		after("d", func() error { runtime.Goexit(); return nil }),
		put("a", 2),
		after("e", func() error { return standin.Refuse(standin.Denied, "test", "test.no", "No.") }),
		put("b", 1), // what panicked before is undone
		put("f", 1),
	)
	for i, want := range []string{"", "panic: fault", "", "its goroutine ended", "db.conflict", "test.no", "", ""} {
		got := ""
		if errs[i] != nil {
			if got = standin.CodeOf(errs[i]); got == "" {
				got = errs[i].Error()
			}
		}
		if got != want {
			t.Errorf("change %d: got %q, want %q", i, got, want)
		}
	}
	if n := count(t, d); n != 4 {
		t.Errorf("got %d rows, want a, b, c and f", n)
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	d := openSQLite(t, filepath.Join(t.TempDir(), "standin.db"))
	things(t, d)
	hold(t, d, func() {
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() { gone <- d.Update(ctx, put("a", 1)) }()
		eventually(t, "it waits", func() bool { return d.Waiting() == 1 })
		cancel()
		expectKind(t, "withdrawn", <-gone, standin.Unavailable, "db.unavailable") // while the writer is still held up
	})
	if err := d.Update(t.Context(), put("b", 1)); err != nil {
		t.Fatal(err)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("got %d rows, want b alone", n)
	}
}

// TestALostBatchRunsAgain fills the database in the middle of a transaction: the change that does not fit is refused, the
// others are done.
func TestALostBatchRunsAgain(t *testing.T) {
	d := openSQLite(t, filepath.Join(t.TempDir(), "standin.db"))
	things(t, d)
	var tries int
	errs := together(t, d,
		put("a", 1),
		func(ctx context.Context, tx *db.Tx) error {
			tries++
			if _, err := tx.Exec(ctx, `PRAGMA max_page_count = 8`); err != nil {
				return err
			}
			return run(`INSERT INTO things (id, n) VALUES (hex(zeroblob(60000)), 1)`)(ctx, tx)
		},
		put("b", 1),
	)
	if errs[0] != nil || errs[2] != nil {
		t.Errorf("got %v and %v, want the others done", errs[0], errs[2])
	}
	expectKind(t, "a full database", errs[1], standin.Unavailable, "db.unavailable")
	if tries != 2 {
		t.Errorf("got %d tries, want 2", tries)
	}
	if n := count(t, d); n != 2 {
		t.Errorf("got %d rows, want 2", n)
	}
}

// TestAnIOErrorLosesNothing runs itself again as a process whose files cannot grow, for that limit is a process's.
func TestAnIOErrorLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "standin.db")
	if again := os.Getenv("STANDIN_TEST_SMALL_FILES"); again != "" {
		writeSmall(t, again)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAnIOErrorLosesNothing$", "-test.v")
	cmd.Env = append(os.Environ(), "STANDIN_TEST_SMALL_FILES="+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	d := openSQLite(t, path)
	if n := count(t, d); n != 3 {
		t.Errorf("got %d rows in the next process, want the 3 that were acknowledged", n)
	}
	err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		whole, err := one[string](ctx, tx, `PRAGMA integrity_check`)
		if whole != "ok" {
			t.Errorf("got %q, want a whole file", whole)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func writeSmall(t *testing.T, path string) {
	d := openSQLite(t, path)
	things(t, d)
	// The log is to be the longest of the files.
	if err := d.Update(t.Context(), run(`INSERT INTO things (id, n) VALUES ('a' || hex(zeroblob(60000)), 1)`)); err != nil {
		t.Fatal(err)
	}
	count(t, d) // a reader keeps the log as it is when the writer's connection is given up
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	// One page more fits into the log, a commit of several does not.
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(info.Size()) + 5000, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	var fns []func(context.Context, *db.Tx) error
	for i := range 20 {
		fns = append(fns, run(fmt.Sprintf(`INSERT INTO things (id, n) VALUES ('x%d' || hex(zeroblob(9000)), 1)`, i)))
	}
	for i, err := range together(t, d, fns...) {
		if standin.KindOf(err) != standin.Unavailable {
			t.Errorf("change %d: got %v, want unavailable", i, err)
		}
	}
	if n := count(t, d); n != 1 {
		t.Errorf("got %d rows, want what was there before", n)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	for i, err := range together(t, d, put("b", 1), put("c", 1)) {
		if err != nil {
			t.Errorf("change %d, with room again: %v", i, err)
		}
	}
}

// TestALockedDatabaseFailsAllAtOnce: while another program holds the file, nobody waits for the sum of everyone's waits.
func TestALockedDatabaseFailsAllAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "standin.db")
	d := openSQLite(t, path)
	things(t, d)
	const patience = 300 * time.Millisecond
	if err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := one[int64](ctx, tx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, patience.Milliseconds()))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	const waiters = 40
	errs := make([]error, waiters)
	var all sync.WaitGroup
	if _, err := other.Exec(`BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for i := range waiters {
		all.Go(func() { errs[i] = d.Update(context.Background(), put(fmt.Sprint(i), 1)) })
	}
	all.Wait()
	if took := time.Since(begun); took > waiters*patience/2 {
		t.Errorf("%d waiters took %v, want no more than a few times %v", waiters, took, patience)
	}
	for i, err := range errs {
		expectKind(t, fmt.Sprint("change ", i), err, standin.Unavailable, "db.unavailable")
	}
	if _, err := other.Exec(`ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if err := d.Update(t.Context(), put("z", 1)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("got %d rows, want 1", n)
	}
}

func TestCloseFinishesWhatWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "standin.db")
	d := openSQLite(t, path)
	things(t, d)
	var all sync.WaitGroup
	closed := make(chan error)
	errs := make([]error, 10)
	hold(t, d, func() {
		for i := range errs {
			all.Go(func() { errs[i] = d.Update(context.Background(), put(fmt.Sprint(i), 1)) })
		}
		eventually(t, "all wait", func() bool { return d.Waiting() == len(errs) })
		go func() { closed <- d.Close() }()
	})
	all.Wait()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	for i, err := range errs {
		if err != nil {
			t.Errorf("change %d: %v", i, err)
		}
	}
	expectKind(t, "after closing", d.Update(t.Context(), put("z", 1)), standin.Unavailable, "db.unavailable")
	if n := count(t, openSQLite(t, path)); n != 10 {
		t.Errorf("got %d rows, want 10", n)
	}
}

// TestTheFileIsItsOwners has odd names in its path.
func TestTheFileIsItsOwners(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b%20c#d?e=f&g", "ü")
	d := openSQLite(t, filepath.Join(dir, "standin.db"))
	things(t, d)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]fs.FileMode{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		modes[e.Name()] = info.Mode()
	}
	for _, name := range []string{"standin.db", "standin.db-wal", "standin.db-shm"} {
		if got := modes[name]; got != 0o600 {
			t.Errorf("%s: got mode %v of %v, want 0600", name, got, modes)
		}
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got %v, %v, want a directory of mode 0700", info.Mode(), err)
	}
}

// TestThreat75TheFileDeletedUnderneath: what is written to a file that is gone is not acknowledged.
func TestThreat75TheFileDeletedUnderneath(t *testing.T) {
	for what, harm := range map[string]func(t *testing.T, path string){
		"removed":     func(t *testing.T, path string) { remove(t, path) },
		"log removed": func(t *testing.T, path string) { remove(t, path+"-wal") },
		"replaced": func(t *testing.T, path string) {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			remove(t, path)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "standin.db")
			d := openSQLite(t, path)
			things(t, d)
			if err := d.Update(t.Context(), put("a", 1)); err != nil {
				t.Fatal(err)
			}
			harm(t, path)
			expectKind(t, what, d.Update(t.Context(), put("b", 1)), standin.Unavailable, "db.file_gone")
			expectKind(t, what+", later", d.Update(t.Context(), put("c", 1)), standin.Unavailable, "db.file_gone")
			if _, err := os.Stat(path); err == nil && what == "removed" {
				t.Error("an empty file was made in its place")
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			if what != "log removed" {
				return
			}
			if n := count(t, openSQLite(t, path)); n != 1 {
				t.Errorf("got %d rows at the next start, want the one that was acknowledged", n)
			}
		})
	}
	path := filepath.Join(t.TempDir(), "standin.db")
	d := openSQLite(t, path)
	things(t, d)
	err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		remove(t, path)
		return put("a", 1)(ctx, tx)
	})
	expectKind(t, "removed in the middle", err, standin.Unavailable, "db.file_gone")
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("this is not a database, but long enough to be looked at as one; "+
		"its first bytes are not those that a database begins with, so nothing may be written to it"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, path := range map[string]string{"a text": text, "a directory": dir, "below a file": filepath.Join(text, "standin.db")} {
		d, err := db.Open(t.Context(), path)
		expectKind(t, what, err, standin.Unavailable, "db.unavailable")
		if err == nil {
			d.Close()
		}
	}
}
