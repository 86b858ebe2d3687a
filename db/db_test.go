package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// things makes the table that these tests write.
func things(t testing.TB, d *db.DB) {
	t.Helper()
	execute(t, d, `CREATE TABLE things (id TEXT PRIMARY KEY, n BIGINT NOT NULL CHECK (n >= 0))`)
}

func execute(t testing.TB, d *db.DB, statement string, args ...any) {
	t.Helper()
	if err := d.UpdateReadCommitted(t.Context(), run(statement, args...)); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// run returns a function for a transaction that runs one statement.
func run(statement string, args ...any) func(context.Context, *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, statement, args...)
		return err
	}
}

func put(id string, n int) func(context.Context, *db.Tx) error {
	return run(`INSERT INTO things (id, n) VALUES ($1, $2)`, id, n)
}

func one[T any](ctx context.Context, tx *db.Tx, query string, args ...any) (T, error) {
	var v T
	err := tx.QueryRow(ctx, query, args...).Scan(&v)
	return v, err
}

func count(t testing.TB, d *db.DB) int64 {
	t.Helper()
	var n int64
	err := d.View(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = one[int64](ctx, tx, `SELECT COUNT(*) FROM things`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func expectKind(t testing.TB, what string, err error, kind standin.Kind, code string) {
	t.Helper()
	if standin.KindOf(err) != kind || standin.CodeOf(err) != code {
		t.Errorf("%s: got %v (%s), want %s, %s", what, err, standin.KindOf(err), kind, code)
	}
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain for: %s", what)
		case <-tick.C:
		}
	}
}

func TestATransactionIsWholeOrNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		things(t, d)
		refused := standin.Refuse(standin.Denied, "test", "test.no", "No.")
		err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(put("a", 1)(ctx, tx), refused)
		})
		expectKind(t, "its own error", err, standin.Denied, "test.no")

		func() {
			defer func() {
				if got := recover(); got != "fault" {
					t.Errorf("got panic %v, want the function's own", got)
				}
			}()
			d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				if err := put("b", 1)(ctx, tx); err != nil {
					return err
				}
				panic("fault")
			})
		}()

		err = d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			put("c", 1)(ctx, tx)
			put("c", 1)(ctx, tx) // its error is swallowed, and must not be
			return nil
		})
		expectKind(t, "an error swallowed", err, standin.Conflict, "db.conflict")

		err = d.View(t.Context(), put("d", 1))
		if err == nil {
			t.Error("a view wrote, want an error")
		}

		if n := count(t, d); n != 0 {
			t.Errorf("got %d rows, want none", n)
		}
		if err := d.Update(t.Context(), put("e", 1)); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestATransactionThatEndedIsRefused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		things(t, d)
		var kept *db.Tx
		if err := d.Update(t.Context(), func(_ context.Context, tx *db.Tx) error { kept = tx; return nil }); err != nil {
			t.Fatal(err)
		}
		expectKind(t, "a transaction after its end", put("a", 1)(t.Context(), kept), standin.Internal, "db.over")
		_, err := one[int64](t.Context(), kept, `SELECT 1`)
		expectKind(t, "a query after its end", err, standin.Internal, "db.over")
		if n := count(t, d); n != 0 {
			t.Errorf("got %d rows, want none", n)
		}
	})
}

func TestATransactionWithinAnotherIsRefused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		things(t, d)
		other := func(context.Context, *db.Tx) error { return nil }
		for _, outer := range []func(context.Context, func(context.Context, *db.Tx) error) error{d.Update, d.UpdateReadCommitted, d.View} {
			for _, inner := range []func(context.Context, func(context.Context, *db.Tx) error) error{d.Update, d.UpdateReadCommitted, d.View} {
				err := outer(t.Context(), func(ctx context.Context, _ *db.Tx) error { return inner(ctx, other) })
				expectKind(t, "nested", err, standin.Internal, "db.nested")
			}
		}
		if err := d.Update(t.Context(), put("a", 1)); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// TestWriteSkewIsRefused has two people go off call at once, each of whom may only while the other stays.
func TestWriteSkewIsRefused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		things(t, d)
		var tries atomic.Int64
		for round := range 20 {
			execute(t, d, `DELETE FROM things`)
			execute(t, d, `INSERT INTO things (id, n) VALUES ('p-1', 1), ('p-2', 1)`)
			var both, over sync.WaitGroup
			both.Add(2)
			for _, me := range []string{"p-1", "p-2"} {
				first := true
				over.Go(func() {
					err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
						tries.Add(1)
						on, err := one[int64](ctx, tx, `SELECT COUNT(*) FROM things WHERE n = 1`)
						if first && d.Dialect() == "postgres" { // both have looked before either writes
							first = false
							both.Done()
							both.Wait()
						}
						if err != nil || on < 2 {
							return err
						}
						_, err = tx.Exec(ctx, `UPDATE things SET n = 0 WHERE id = $1`, me)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			over.Wait()
			err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				on, err := one[int64](ctx, tx, `SELECT COUNT(*) FROM things WHERE n = 1`)
				if err == nil && on != 1 {
					t.Errorf("round %d: got %d on call, want 1", round, on)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := tries.Load(); d.Dialect() == "postgres" && got < 60 {
			t.Errorf("got %d tries, want one of each pair to have run again", got)
		}
	})
}

func TestNoChangeIsLost(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		things(t, d)
		execute(t, d, `INSERT INTO things (id, n) VALUES ('counter', 0)`)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 10 {
					err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
						n, err := one[int64](ctx, tx, `SELECT n FROM things WHERE id = 'counter'`)
						if err != nil {
							return err
						}
						_, err = tx.Exec(ctx, `UPDATE things SET n = $1 WHERE id = 'counter'`, n+1)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			n, err := one[int64](ctx, tx, `SELECT n FROM things WHERE id = 'counter'`)
			if n != 80 {
				t.Errorf("got %d, want 80", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAViewSeesOneState(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		things(t, d)
		err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			before, err := one[int64](ctx, tx, `SELECT COUNT(*) FROM things`)
			if err != nil {
				return err
			}
			if err := d.Update(t.Context(), put("a", 1)); err != nil {
				return err
			}
			after, err := one[int64](ctx, tx, `SELECT COUNT(*) FROM things`)
			if before != 0 || after != 0 {
				t.Errorf("got %d, then %d, want none twice", before, after)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d); n != 1 {
			t.Errorf("got %d afterwards, want 1", n)
		}
	})
}

// TestCancelled: what has begun is seen to its end; what has not is not done.
func TestCancelled(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		things(t, d)
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
			cancel()
			if ctx.Err() != nil {
				t.Error("the cancellation reached the function")
			}
			return put("a", 1)(ctx, tx)
		})
		if err != nil {
			t.Errorf("cancelled inside: %v, want it done", err)
		}
		expectKind(t, "cancelled before", d.Update(ctx, put("b", 1)), standin.Unavailable, "db.unavailable")
		expectKind(t, "a view", d.View(ctx, func(context.Context, *db.Tx) error { return nil }), standin.Unavailable, "db.unavailable")
		if n := count(t, d); n != 1 {
			t.Errorf("got %d rows, want 1", n)
		}
	})
}

func TestErrorsHaveKinds(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		things(t, d)
		execute(t, d, `INSERT INTO things (id, n) VALUES ('a', 1)`)
		type named string
		bad := "a\x00b"
		for what, c := range map[string]struct {
			fn   func(context.Context, *db.Tx) error
			kind standin.Kind
			code string
		}{
			"a key that exists":    {put("a", 2), standin.Conflict, "db.conflict"},
			"against a constraint": {put("b", -1), standin.Invalid, "db.constraint"},
			"a null":               {run(`INSERT INTO things (id, n) VALUES ('b', NULL)`), standin.Invalid, "db.constraint"},
			"a NUL":                {put(bad, 1), standin.Invalid, "db.not_text"},
			"not UTF-8":            {put("a\xff", 1), standin.Invalid, "db.not_text"},
			"half a character":     {put("ä"[:1], 1), standin.Invalid, "db.not_text"},
			"of another type":      {run(`DELETE FROM things WHERE id = $1`, named(bad)), standin.Invalid, "db.not_text"},
			"behind a pointer":     {run(`DELETE FROM things WHERE id = $1`, &bad), standin.Invalid, "db.not_text"},
			"no row": {func(ctx context.Context, tx *db.Tx) error {
				_, err := one[int64](ctx, tx, `SELECT n FROM things WHERE id = 'z'`)
				return err
			}, standin.NotFound, "db.not_found"},
			"no such table": {run(`DELETE FROM nothing`), standin.Internal, ""},
			"no row, and on": {func(ctx context.Context, tx *db.Tx) error {
				if _, err := one[int64](ctx, tx, `SELECT n FROM things WHERE id = 'z'`); !db.IsNotFound(err) {
					return fmt.Errorf("got %v, want that there is no row", err)
				}
				return put("a", 2)(ctx, tx)
			}, standin.Conflict, "db.conflict"},
		} {
			expectKind(t, what, d.Update(t.Context(), c.fn), c.kind, c.code)
		}
		if n := count(t, d); n != 1 {
			t.Errorf("got %d rows, want 1", n)
		}
	})
}

// TestCommittedTellsEveryone: whoever waits hears of a commit, and of none that failed.
func TestCommittedTellsEveryone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		things(t, d)
		first, stopFirst := d.Committed()
		second, stopSecond := d.Committed()
		defer stopSecond()
		told := func(c <-chan struct{}) bool {
			select {
			case <-c:
				return true
			default:
				return false
			}
		}
		d.Update(t.Context(), put("a", -1))
		if told(first) || told(second) {
			t.Error("a change that failed was told")
		}
		if err := d.Update(t.Context(), put("a", 1)); err != nil {
			t.Fatal(err)
		}
		if !told(first) || !told(second) || told(first) {
			t.Error("a change was not told once to each")
		}
		stopFirst()
		if err := d.Update(t.Context(), put("b", 1)); err != nil {
			t.Fatal(err)
		}
		if told(first) || !told(second) {
			t.Error("the one that stopped was told, or the other was not")
		}
	})
}
