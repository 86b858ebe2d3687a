package db_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// TestManyRowsAtOnce: any number of rows arrives whole and in order, with what is absent and what is no ASCII; one that is
// refused takes all with it.
func TestManyRowsAtOnce(t *testing.T) {
	into := db.NewInto("many_rows", "name TEXT, at BIGINT, note TEXT, n BIGINT")
	if got := into.Columns(); got != "name, at, note, n" {
		t.Fatalf("got %q", got)
	}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		insert := func(values ...any) error {
			return d.Update(ctx, func(ctx context.Context, tx *db.Tx) error { return tx.Insert(ctx, into, values) })
		}
		err := d.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `CREATE TABLE many_rows (name TEXT PRIMARY KEY, at BIGINT, note TEXT, n BIGINT NOT NULL)`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		begun := time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC)
		for _, count := range []int{0, 1, 2, 33, 100} {
			var values []any
			for range count {
				n := int64(len(want))
				name, at, note := fmt.Sprintf("%03d ä{\"\\,", n), db.Time{}, any(nil)
				shown := "-"
				if n%3 > 0 {
					at, note = db.Time{Time: begun.Add(time.Duration(n) * time.Second)}, "NULL"
					shown = fmt.Sprint(standin.Micros(at.Time), " NULL")
				}
				values = append(values, name, at, note, n)
				want = append(want, fmt.Sprint(name, " ", shown, " ", n))
			}
			if err := insert(values...); err != nil {
				t.Fatalf("%d rows: %v", count, err)
			}
		}
		if err := insert("zzz", int64(1), "", int64(1), want[0][:3]+" ä{\"\\,", int64(1), "", int64(2)); standin.KindOf(err) == "" {
			t.Errorf("a name was taken twice: %v", err)
		}
		if err := insert("zzz", int64(1), "a\x00b", int64(1), "zzzz", int64(1), "", int64(2)); standin.CodeOf(err) != "db.not_text" {
			t.Errorf("got %v, want it refused as no text", err)
		}
		var got []string
		err = d.View(ctx, func(ctx context.Context, tx *db.Tx) error {
			got = nil
			rows, err := tx.Query(ctx, `SELECT name, COALESCE(CAST(at AS TEXT) || ' ' || note, '-'), n FROM many_rows`)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var name, rest string
				var n int64
				if err := rows.Scan(&name, &rest, &n); err != nil {
					return err
				}
				got = append(got, fmt.Sprint(name, " ", rest, " ", n))
			}
			return rows.Err()
		})
		if slices.Sort(got); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%v\n%s", err, cmp.Diff(want, got))
		}
	})
}
