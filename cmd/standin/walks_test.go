package main

import (
	"context"
	"log/slog"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/cmd/standin/keys"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// TestEveryTableIsWalkedOrSaysWhyNot: whoever adds a table says how its rows are compared with the record, or why not.
func TestEveryTableIsWalkedOrSaysWhyNot(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		walked := map[string]bool{}
		for _, w := range furnish(d, keys.Set{}, slog.New(slog.DiscardHandler)).walks() {
			for _, table := range w.Tables {
				walked[table] = true
			}
		}
		query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
		if d.Dialect() == "postgres" {
			query = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
		}
		there := map[string]bool{}
		err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			rows, err := tx.Query(ctx, query)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var table string
				if err := rows.Scan(&table); err != nil {
					return err
				}
				there[table] = true
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		for table := range there {
			if walked[table] == (unwalked[table] != "") {
				t.Errorf("table %s: walked is %v, reason not to is %q: want one of them", table, walked[table], unwalked[table])
			}
		}
		for table := range unwalked {
			walked[table] = true
		}
		for table := range walked {
			if !there[table] {
				t.Errorf("there is no table %s", table)
			}
		}
	})
}

// TestRowsThatNobodyRecordedAreFound: checks of the record and set-up links, too.
func TestRowsThatNobodyRecordedAreFound(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := wired(t, d)
		h := s.house
		if _, _, err := h.signin.SetUpLink(t.Context()); err != nil {
			t.Fatal(err)
		}
		token, _, err := h.signin.SetUpLink(t.Context()) // ends the one before
		if err != nil || token == "" {
			t.Fatal(err)
		}
		w := &acmeOf{t: t, h: h}
		w.found()
		for _, outcome := range []string{"good", "bad"} {
			if _, err := h.checks.Ask(t.Context(), standin.OperatorCaller("acme", "test")); err != nil {
				t.Fatal(err)
			}
			if outcome == "bad" {
				w.past(`UPDATE records SET agent = 'another' WHERE organisation = 'acme' AND action = 'organisation.create'`)
			}
			if did, err := h.checks.Step(t.Context()); !did || err != nil {
				t.Fatalf("got %v (%v), want the check done", did, err)
			}
		}
		if got := w.unexplained(); len(got) > 0 {
			t.Fatalf("got %v, want every row explained", got)
		}
		for name, statement := range map[string]string{
			"a finding that was taken away": `UPDATE record_checks SET finding = '' WHERE finding <> ''`,
			"a link that lives again":       `UPDATE setup_links SET ended_at = NULL, ended_how = '' WHERE ended_how = 'replaced'`,
			"a check that nobody asked for": `UPDATE record_checks SET id = id || '-2' WHERE finding = ''`,
		} {
			before := len(w.unexplained())
			w.past(statement)
			if after := len(w.unexplained()); after <= before {
				t.Errorf("%s: got %d findings, want more than %d", name, after, before)
			}
		}
	})
}

// acmeOf is an organisation in a house, and what somebody changes past Standin.
type acmeOf struct {
	t *testing.T
	h *house
}

func (w *acmeOf) found() {
	w.t.Helper()
	err := w.h.db.Update(w.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := w.h.directory.PutOrganisationIn(ctx, tx, standin.OperatorCaller("acme", "test"), directory.Organisation{ID: "acme", Name: "Acme", Settings: directory.DefaultSettings()})
		return err
	})
	if err == nil {
		err = w.h.sequencer.Flush(w.t.Context())
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *acmeOf) past(statement string) {
	w.t.Helper()
	err := w.h.db.UpdateReadCommitted(w.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, statement)
		if err == nil && n == 0 {
			w.t.Errorf("%s: changes nothing", statement)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *acmeOf) unexplained() (all []string) {
	w.t.Helper()
	err := w.h.db.View(w.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		all = nil
		return w.h.unexplained(ctx, tx, func(org standin.OrganisationID, x ledger.Difference) {
			all = append(all, x.Resource+" of "+string(org)+": "+x.What)
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}
