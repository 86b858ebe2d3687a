package ledger

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// TestThreat76TheFirstBadRecordIsNamed wants not only that an edit is found, but where.
func TestThreat76TheFirstBadRecordIsNamed(t *testing.T) {
	cases := map[string]struct {
		edit     []string
		sequence int64
		finding  Finding
	}{
		"actor altered":      {[]string{`UPDATE records SET actor = 'person:p-9' WHERE id = (SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 7)`}, 7, Altered},
		"instant altered":    {[]string{`UPDATE records SET at = at + 1 WHERE id = (SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 7)`}, 7, Altered},
		"state altered":      {[]string{`UPDATE records SET after_state = '{}' WHERE id = (SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 7)`}, 7, Altered},
		"state erased":       {[]string{`UPDATE records SET after_state = NULL WHERE id = (SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 7)`}, 7, Altered},
		"address altered":    {[]string{`UPDATE records SET address = '' WHERE id = (SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 7)`}, 7, Altered},
		"salt altered":       {[]string{`UPDATE records SET salt = '' WHERE id = (SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 7)`}, 7, Altered},
		"commitment altered": {[]string{`UPDATE records SET commitment = '' WHERE id = (SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 7)`}, 7, Altered},
		"two altered": {[]string{`UPDATE records SET actor = 'person:p-9' WHERE id IN (SELECT record FROM leaves WHERE organisation = 'acme' AND sequence IN (7, 20))`},
			7, Altered},
		"record removed": {[]string{`DELETE FROM records WHERE id = (SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 7)`}, 7, Removed},
		"leaf removed":   {[]string{`DELETE FROM leaves WHERE organisation = 'acme' AND sequence = 7`}, 7, Removed},
		"record and leaf removed": {[]string{`DELETE FROM records WHERE id = (SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 7)`,
			`DELETE FROM leaves WHERE organisation = 'acme' AND sequence = 7`}, 7, Removed},
		"places swapped": {[]string{`UPDATE leaves SET sequence = -7 WHERE organisation = 'acme' AND sequence = 7`,
			`UPDATE leaves SET sequence = 7 WHERE organisation = 'acme' AND sequence = 9`,
			`UPDATE leaves SET sequence = 9 WHERE organisation = 'acme' AND sequence = -7`}, 6, Altered}, // 6 and 7 have one hash
		"renumbered after removal": {[]string{`DELETE FROM records WHERE id = (SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 7)`,
			`DELETE FROM leaves WHERE organisation = 'acme' AND sequence = 7`, `UPDATE leaves SET sequence = -sequence WHERE organisation = 'acme' AND sequence > 7`,
			`UPDATE leaves SET sequence = -sequence - 1 WHERE organisation = 'acme' AND sequence < 0`}, 6, Altered},
	}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		_, key := grown(t, d)
		id := query1[standin.RecordID](t, d, `SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 7`)
		for name, c := range cases {
			undo := errors.New("undo")
			err := d.UpdateReadCommitted(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				for _, statement := range c.edit {
					if _, err := tx.Exec(ctx, statement); err != nil {
						return err
					}
				}
				report, err := verify(ctx, tx, key.Verifier(), nil)
				if err != nil {
					return err
				}
				if len(report.Problems) == 0 {
					t.Errorf("%s: got no problem", name)
					return undo
				}
				got := report.Problems[0]
				if got.Organisation != "acme" || got.Sequence != c.sequence || got.Finding != c.finding {
					t.Errorf("%s: got %v, want acme, record %d, %s", name, got, c.sequence, c.finding)
				}
				if got.Record != "" && got.Record != id {
					t.Errorf("%s: got record %s, want %s", name, got.Record, id)
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestThreat76ReorderedRecordsAreNamed(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		_, key := grown(t, d)
		ids := map[int]string{}
		for _, n := range []int{7, 9} {
			ids[n] = query1[string](t, d, `SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = $1`, n)
		}
		execute(t, d, `UPDATE leaves SET record = 'x' WHERE organisation = 'acme' AND sequence = 7`)
		execute(t, d, `UPDATE leaves SET record = $1 WHERE organisation = 'acme' AND sequence = 9`, ids[7])
		execute(t, d, `UPDATE leaves SET record = $1 WHERE organisation = 'acme' AND sequence = 7`, ids[9])
		want := Problem{"acme", 7, 7, standin.RecordID(ids[9]), Reordered, "its place is record 9"}
		if got := verified(t, d, key).Problems; len(got) == 0 || got[0] != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestThreat76AWholeOrganisationRemoved leaves no trace in the organisation's own tables; the order of the installation
// remembers.
func TestThreat76AWholeOrganisationRemoved(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		_, key := grown(t, d)
		kept := view(t, d, func(ctx context.Context, tx *db.Tx) (string, error) { return lastCheckpoint(ctx, tx, "other") })
		for _, table := range []string{"records", "leaves", "hashes", "checkpoints", "waiting"} {
			execute(t, d, `DELETE FROM `+table+` WHERE organisation = 'other'`)
		}
		report := verified(t, d, key, kept)
		if len(report.Problems) != 2 || report.Problems[0].Finding != Removed || report.Problems[1].Finding != RolledBack {
			t.Errorf("got %v, want the order's hole and the checkpoint that was kept", report.Problems)
		}
	})
}

// TestThreat77RollBack puts an older copy in place, which is whole in itself.
func TestThreat77RollBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, key := New(d, ticking()), newKey(t)
		var kept, whole []string
		for i := range 3 {
			add(t, l, samples("acme", 10*i, 5)...)
			flush(t, l, key)
			kept = append(kept, view(t, d, func(ctx context.Context, tx *db.Tx) (string, error) { return lastCheckpoint(ctx, tx, "acme") }))
			whole = append(whole, view(t, d, l.Checkpoint))
		}
		export := exports(t, d, key, Selection{})
		if report := verified(t, d, key, append(kept, whole...)...); len(report.Problems) > 0 {
			t.Fatalf("got %v, want no problem before", report.Problems)
		}
		goBack(t, d, "acme", 10, 10)
		if report := verified(t, d, key, kept[:2]...); len(report.Problems) > 0 {
			t.Errorf("got %v, want what is left to be whole", report.Problems)
		}
		for name, c := range map[string]struct {
			kept         string
			organisation standin.OrganisationID
		}{"of the tree": {kept[2], "acme"}, "of the installation": {whole[2], order}} {
			report := verified(t, d, key, c.kept)
			if len(report.Problems) != 1 || report.Problems[0].Finding != RolledBack || report.Problems[0].Organisation != c.organisation ||
				report.Problems[0].Sequence != 10 {
				t.Errorf("a checkpoint %s: got %v, want rolled back to 10", name, report.Problems)
			}
		}
		shorter := exports(t, d, key, Selection{})
		if report := verifiedExport(t, shorter, key, kept[2]); len(report.Problems) != 1 || report.Problems[0].Finding != RolledBack {
			t.Errorf("export: got %v, want rolled back", report.Problems)
		}
		if report := verifiedExport(t, export, key, kept...); len(report.Problems) != 0 {
			t.Errorf("export from before: got %v, want no problem", report.Problems)
		}
	})
}

// TestThreat77Fork has the holder of the key sign another history, which is whole in itself.
func TestThreat77Fork(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, key := New(d, ticking()), newKey(t)
		var kept []string
		for i := range 3 {
			add(t, l, samples("acme", 10*i, 5)...)
			flush(t, l, key)
			kept = append(kept, view(t, d, func(ctx context.Context, tx *db.Tx) (string, error) { return lastCheckpoint(ctx, tx, "acme") }))
		}
		goBack(t, d, "acme", 5, 5)
		add(t, l, samples("acme", 40, 12)...)
		flush(t, l, key)
		if report := verified(t, d, key, kept[0]); len(report.Problems) > 0 {
			t.Fatalf("got %v, want the other history to be whole in itself", report.Problems)
		}
		for i, known := range [][]string{kept[:2], kept, kept[1:2], kept[2:]} {
			want := Problem{Organisation: "acme", Sequence: []int64{5, 5, 0, 0}[i], Finding: Forked}
			for what, report := range map[string]Report{"database": verified(t, d, key, known...),
				"export": verifiedExport(t, exports(t, d, key, Selection{}), key, known...)} {
				if len(report.Problems) != 1 {
					t.Errorf("%s, %d: got %v, want one problem", what, i, report.Problems)
					continue
				}
				if got := report.Problems[0]; got.Organisation != want.Organisation || got.Sequence != want.Sequence || got.Finding != want.Finding {
					t.Errorf("%s, %d: got %v, want %v", what, i, got, want)
				}
			}
		}
	})
}

func TestCheckpointsOfOthersAreRefused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		_, key := grown(t, d)
		stranger, err := NewKey("else.example")
		if err != nil {
			t.Fatal(err)
		}
		for name, k := range map[string]Key{"another key of the same name": newKey(t), "another installation": stranger} {
			c := Checkpoint{Origin: origin(k.name, "acme"), Size: 4, At: noon}
			if err := c.sign(k); err != nil {
				t.Fatal(err)
			}
			for _, note := range []string{c.Note, "", "nonsense"} {
				_, err := Verify(t.Context(), d, key.Verifier(), []string{note})
				if got, want := standin.CodeOf(err), "ledger.bad_checkpoint"; got != want {
					t.Errorf("%s: got %v, want %s", name, err, want)
				}
			}
		}
		report, err := Verify(t.Context(), d, newKey(t).Verifier(), nil)
		if err != nil || len(report.Problems) != 4 {
			t.Errorf("with a wrong key: got %v, %v, want a problem with each tree", report.Problems, err)
		}
	})
}

// TestThreat78RecordsTakeAnyText appends what browsers and attackers send, and reads it back as it was written.
func TestThreat78RecordsTakeAnyText(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, key := New(d, ticking()), newKey(t)
		for i, text := range []string{"\x00", "\xff\xfe", "a\nb\r\n\"}{", "<script>", "\u202e\u2066", "'; DROP TABLE records; --", "😀\u0301"} {
			r := sample("acme", i)
			r.Origin.Agent, r.Resource, r.Reasons = text, "desk:"+text, []string{text}
			r.After = State(map[string]string{"text": text})
			add(t, l, r)
		}
		flush(t, l, key)
		if report := verified(t, d, key); len(report.Problems) > 0 || report.Trees[0].Size != 7 {
			t.Errorf("got %+v, want 7 records without a problem", report)
		}
		if report := verifiedExport(t, exports(t, d, key, Selection{}), key); len(report.Problems) > 0 || report.Trees[0].Size != 7 {
			t.Errorf("export: got %+v, want 7 records without a problem", report)
		}
		for _, incomplete := range []Record{{}, {Organisation: "acme", Actor: "a", Action: "b"}, {At: noon, Actor: "a", Action: "b"},
			{At: noon, Organisation: "acme", Action: "b"}, {At: noon, Organisation: "acme", Actor: "a"},
			{At: noon, Organisation: "acme", Actor: "a", Action: "b", After: []byte("{")}, {At: noon, Organisation: "acme", Actor: "a", Action: "b", Before: []byte{}}} {
			err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				_, err := l.Append(ctx, tx, incomplete)
				return err
			})
			if got, want := standin.KindOf(err), standin.Internal; got != want {
				t.Errorf("%+v: got %v, want %v", incomplete, fmt.Sprint(err), want)
			}
		}
	})
}
