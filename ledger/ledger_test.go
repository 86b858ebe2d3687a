package ledger

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// noon is the instant of the tests that need one.
var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// quiet is a log that nobody reads.
var quiet = slog.New(slog.DiscardHandler)

// ticking returns a clock that gives a later instant each time.
func ticking() func() time.Time {
	var n int
	return func() time.Time {
		n++
		return noon.Add(time.Duration(n) * time.Millisecond)
	}
}

func newKey(t testing.TB) Key {
	t.Helper()
	key, err := NewKey("test.example")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sample is a record of the kind that the product writes; n makes it different from others.
func sample(organisation standin.OrganisationID, n int) Record {
	return Record{Organisation: organisation, At: noon.Add(time.Duration(n) * time.Second),
		Actor: standin.PersonActor(standin.PersonID(fmt.Sprintf("p-%d", n%7))), Principal: standin.PersonID(fmt.Sprintf("p-%d", n%5)),
		Session: "s-1", Delegation: standin.DelegationID(fmt.Sprintf("d-%d", n)), Action: "delegation.change",
		Resource: fmt.Sprintf("delegation:d-%d", n), Reasons: []string{"a.b", "c.d"},
		Origin: standin.Origin{Address: "192.0.2.1", Agent: `A "browser"`}, Before: State(map[string]int{"version": n}),
		After: State(map[string]any{"version": n + 1, "purpose": "<annual> & leave\u2028\u0000"})}
}

// add appends records in one transaction and returns their ids.
func add(t testing.TB, l *Ledger, records ...Record) []standin.RecordID {
	t.Helper()
	var ids []standin.RecordID
	err := l.db.Update(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		ids = nil
		for _, r := range records {
			id, err := l.Append(ctx, tx, r)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// samples returns n records of the organisation.
func samples(organisation standin.OrganisationID, from, n int) []Record {
	all := make([]Record, n)
	for i := range all {
		all[i] = sample(organisation, from+i)
	}
	return all
}

func flush(t testing.TB, l *Ledger, key Key) {
	t.Helper()
	if err := NewSequencer(l, key, quiet).Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// execute runs a statement as somebody would who holds the database.
func execute(t testing.TB, d *db.DB, statement string, args ...any) int64 {
	t.Helper()
	var n int64
	err := d.UpdateReadCommitted(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = tx.Exec(ctx, statement, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return n
}

// query1 reads one value.
func query1[T any](t testing.TB, d *db.DB, query string, args ...any) T {
	t.Helper()
	var v T
	err := d.View(context.Background(), func(ctx context.Context, tx *db.Tx) error { return tx.QueryRow(ctx, query, args...).Scan(&v) })
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func view[T any](t testing.TB, d *db.DB, read func(ctx context.Context, tx *db.Tx) (T, error)) T {
	t.Helper()
	var v T
	err := d.View(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		v, err = read(ctx, tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sum(parts ...[]byte) [32]byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return [32]byte(h.Sum(nil))
}
