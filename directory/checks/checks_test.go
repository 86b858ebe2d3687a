package checks

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

const acme standin.OrganisationID = "acme"

// house is an organisation with a record that is sealed, and its checks.
type house struct {
	t      *testing.T
	db     *db.DB
	ledger *ledger.Ledger
	key    ledger.Key
	now    time.Time
	*Checks
}

var quiet = slog.New(slog.DiscardHandler)

func settle(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, db: d, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return h.now }
	h.ledger = ledger.New(d, clock)
	dir := directory.New(d, h.ledger, clock)
	var err error
	if h.key, err = ledger.NewKey("test.example"); err != nil {
		t.Fatal(err)
	}
	h.Checks = New(d, h.ledger, dir, h.key.Verifier(), clock, quiet)
	if _, err := dir.PutOrganisation(t.Context(), operator, directory.Organisation{Name: "Acme", Settings: directory.DefaultSettings()}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []standin.PersonID{"ada", "bilal", "chiara"} {
		err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, _, err := dir.PutPersonIn(ctx, tx, operator, directory.Person{ID: id, Name: string(id), Email: string(id) + "@acme.example"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	h.seal()
	return h
}

var operator = standin.OperatorCaller(acme, "test")

func (h *house) seal() {
	h.t.Helper()
	if err := ledger.NewSequencer(h.ledger, h.key, quiet).Flush(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// check asks, lets the check run, and returns what it found.
func (h *house) check() Check {
	h.t.Helper()
	h.now = h.now.Add(time.Second)
	if _, err := h.Ask(h.t.Context(), operator); err != nil {
		h.t.Fatal(err)
	}
	if did, err := h.Step(h.t.Context()); !did || err != nil {
		h.t.Fatalf("got %t (%v), want the check done", did, err)
	}
	c, err := h.Latest(h.t.Context(), operator)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *house) execute(statement string, args ...any) {
	h.t.Helper()
	err := h.db.UpdateReadCommitted(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, statement, args...)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestCheckFindsTheFirstBadRecord: an altered record is named, by its place and its id.
func TestCheckFindsTheFirstBadRecord(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := settle(t, d)
		good := h.check()
		if !good.Good() || good.Size < 4 || good.Done != good.Size || good.Record != "" {
			t.Errorf("got %+v of a record that nobody touched", good)
		}
		var id standin.RecordID
		err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 2`).Scan(&id)
		})
		if err != nil {
			t.Fatal(err)
		}
		h.execute(`UPDATE records SET resource = 'person:mallory' WHERE organisation = 'acme' AND id = $1`, string(id))
		bad := h.check()
		if bad.Good() || bad.Running() || bad.Finding != ledger.Altered || bad.Sequence != 2 || bad.Last != 2 || bad.Record != id || bad.Detail == "" {
			t.Errorf("got %+v, want record 2, %s, altered", bad, id)
		}
		records := h.records("audit.verified")
		if len(records) != 2 || records[0].Outcome != ledger.Failed || records[1].Outcome != ledger.Done || records[0].Actor != standin.SystemActor("audit") {
			t.Errorf("got records %+v, want what both checks found", records)
		}
	})
}

func (h *house) records(action string) (all []ledger.Record) {
	h.t.Helper()
	err := h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		all, _, err = h.ledger.Page(ctx, tx, ledger.Filter{Organisation: acme, Action: action}, ledger.Cursor{}, 100)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// TestOneCheckAtATime: who asks while one runs is shown that one; one that a program began and left is begun anew, by one
// program.
func TestOneCheckAtATime(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := settle(t, d)
		first, err := h.Ask(t.Context(), operator)
		if err != nil || !first.Running() {
			t.Fatalf("got %+v (%v), want a check that runs", first, err)
		}
		h.now = h.now.Add(time.Second)
		if again, err := h.Ask(t.Context(), operator); err != nil || again.ID != first.ID {
			t.Errorf("got %+v (%v), want the check that runs", again, err)
		}
		if got := len(h.records("audit.verify")); got != 1 {
			t.Errorf("got %d records of asking, want 1", got)
		}
		if c, err := h.take(t.Context()); err != nil || c.ID != first.ID {
			t.Fatalf("got %+v (%v), want the check taken", c, err)
		}
		if did, err := h.Step(t.Context()); did || err != nil {
			t.Errorf("got %t (%v): somebody else has it", did, err)
		}
		h.now = h.now.Add(lease)
		if did, err := h.Step(t.Context()); !did || err != nil {
			t.Errorf("got %t (%v), want it done by another", did, err)
		}
		if did, err := h.Step(t.Context()); did || err != nil {
			t.Errorf("got %t (%v), want nothing left", did, err)
		}
	})
}

// TestOthersAskForNoCheck: who does not see the whole record neither asks nor hears what was found.
func TestOthersAskForNoCheck(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := settle(t, d)
		h.check()
		for name, caller := range map[string]standin.Caller{
			"a person": {Organisation: acme, Actor: "person:ada", Principal: "ada"},
			"nobody":   {Organisation: acme},
		} {
			if _, err := h.Ask(t.Context(), caller); standin.KindOf(err) != standin.Denied {
				t.Errorf("%s asks: got %v, want denied", name, err)
			}
			if _, err := h.Latest(t.Context(), caller); standin.KindOf(err) != standin.Denied {
				t.Errorf("%s looks: got %v, want denied", name, err)
			}
		}
		other := standin.OperatorCaller("rival", "test")
		if c, err := h.Latest(t.Context(), other); err != nil || c.ID != "" {
			t.Errorf("another organisation: got %+v (%v), want none", c, err)
		}
	})
}
