package db_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// TestStatementsAreKeptCompiled: a statement that is run again sees what changed meanwhile, the schema too; after one that
// failed and after a change that was undone it runs as before; and so it does when more texts passed than are kept.
func TestStatementsAreKeptCompiled(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		run := func(statement string, args ...any) error {
			return d.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, statement, args...)
				return err
			})
		}
		sum := func() (n, rows int) {
			t.Helper()
			err := d.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
				return tx.QueryRow(ctx, `SELECT CAST(COALESCE(SUM(value), 0) AS BIGINT), COUNT(*) FROM kept_compiled`).Scan(&n, &rows)
			})
			if err != nil {
				t.Fatal(err)
			}
			return n, rows
		}
		const insert = `INSERT INTO kept_compiled (name, value) VALUES ($1, $2)`
		if err := errors.Join(run(`CREATE TABLE kept_compiled (name TEXT PRIMARY KEY, value BIGINT NOT NULL)`), run(insert, "a", 1)); err != nil {
			t.Fatal(err)
		}
		if run(insert, "a", 2) == nil {
			t.Fatal("a name was taken twice")
		}
		undone := errors.New("undone")
		err := d.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, insert, "undone", 100); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if n, rows := sum(); n != 1 || rows != 1 {
			t.Errorf("got %d in %d rows, want 1 in one", n, rows)
		}
		if err := run(`ALTER TABLE kept_compiled ADD COLUMN later BIGINT NOT NULL DEFAULT 7`); err != nil {
			t.Fatal(err)
		}
		for i := range 450 {
			if err := run(fmt.Sprintf(`UPDATE kept_compiled SET later = %d WHERE name = $1`, i), "a"); err != nil {
				t.Fatal(err)
			}
		}
		if err := run(insert, "b", 2); err != nil {
			t.Fatal(err)
		}
		var first, later int
		err = d.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT value FROM kept_compiled ORDER BY name`)
			if err != nil {
				return err
			}
			rows.Next() // and no further
			if err := errors.Join(rows.Scan(&first), rows.Close()); err != nil {
				return err
			}
			if err := tx.QueryRow(ctx, `SELECT value FROM kept_compiled ORDER BY name`).Scan(&first); err != nil {
				return err
			}
			return tx.QueryRow(ctx, `SELECT later FROM kept_compiled WHERE name = 'a'`).Scan(&later)
		})
		if n, rows := sum(); err != nil || n != 3 || rows != 2 || first != 1 || later != 449 {
			t.Errorf("got %d in %d rows, first %d, later %d (%v)", n, rows, first, later, err)
		}
	})
}

func TestPlaceholdersInOrderNeedNoName(t *testing.T) {
	for query, want := range map[string]string{
		`INSERT INTO t VALUES ($1, $2), ($3, $4)`:   `INSERT INTO t VALUES (?, ?), (?, ?)`,
		`SELECT a FROM t WHERE b = $1 AND c = '$2'`: `SELECT a FROM t WHERE b = ? AND c = '$2'`,
		`SELECT "$1" FROM t WHERE b = $1`:           `SELECT "$1" FROM t WHERE b = ?`,
		`SELECT 'it''s $9' WHERE b = $1`:            `SELECT 'it''s $9' WHERE b = ?`,
		`UPDATE t SET a = $2 WHERE b = $1`:          `UPDATE t SET a = $2 WHERE b = $1`,
		`SELECT a FROM t WHERE b = $1 OR c = $1`:    `SELECT a FROM t WHERE b = $1 OR c = $1`,
		`SELECT a FROM t WHERE b = $10`:             `SELECT a FROM t WHERE b = $10`,
		`SELECT a FROM t`:                           `SELECT a FROM t`,
	} {
		if got := db.Unnamed(query); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
