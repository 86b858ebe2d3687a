package ledger

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// TestManyAreAsEach appends records together, in numbers that need several statements, and finds them as if each had been
// appended by itself: in their order, whole, and verified.
func TestManyAreAsEach(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, key := New(d, ticking()), newKey(t)
		var given []standin.RecordID
		for _, n := range []int{0, 1, 2, 3, 130, 261} {
			var ids []standin.RecordID
			err := d.UpdateReadCommitted(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
				ids, err = l.AppendAll(ctx, tx, samples("acme", len(given), n))
				return err
			})
			if err != nil || len(ids) != n {
				t.Fatalf("got %d ids, %v, want %d", len(ids), err, n)
			}
			given = append(given, ids...)
		}
		flush(t, l, key)
		var found []standin.RecordID
		err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			found = nil
			all, err := l.Read(ctx, tx, 0, 1000)
			for i, r := range all {
				found = append(found, r.ID)
				want := sample("acme", i)
				if want.clean(); r.Resource != want.Resource || string(r.After) != string(want.After) || !r.At.Equal(want.At) {
					t.Errorf("record %d is %+v, want %+v", i, r, want)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(given, found); diff != "" {
			t.Errorf("ids: -given +found:\n%s", diff)
		}
		report, err := Verify(t.Context(), d, key.Verifier(), nil)
		if err != nil || len(report.Problems) > 0 {
			t.Errorf("got %v, %v, want no problem", report.Problems, err)
		}
	})
}

// TestManyAreAllOrNone has one incomplete record among good ones.
func TestManyAreAllOrNone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l := New(d, ticking())
		bad := samples("acme", 0, 3)
		bad[2].Actor = ""
		err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := l.AppendAll(ctx, tx, bad)
			return err
		})
		if standin.CodeOf(err) != "ledger.incomplete" {
			t.Errorf("got %v, want it refused", err)
		}
		err = d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			n, _, err := l.Waiting(ctx, tx)
			if n != 0 {
				t.Errorf("%d records were written, want none", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
