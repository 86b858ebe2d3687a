package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// grown makes a ledger of three organisations whose trees grew in several steps, with some records that wait.
func grown(t testing.TB, d *db.DB) (*Ledger, Key) {
	t.Helper()
	l, key := New(d, ticking()), newKey(t)
	for i := range 5 {
		add(t, l, samples("acme", 10*i, 4+i)...)
		add(t, l, samples("other", 10*i, 2)...)
		flush(t, l, key)
	}
	add(t, l, sample(standin.Operator, 1))
	flush(t, l, key)
	add(t, l, samples("acme", 100, 3)...)
	return l, key
}

func verified(t testing.TB, d *db.DB, key Key, known ...string) Report {
	t.Helper()
	report, err := Verify(t.Context(), d, key.Verifier(), known)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestVerifyAcceptsWhatWasWritten(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		_, key := grown(t, d)
		report := verified(t, d, key)
		if len(report.Problems) > 0 {
			t.Errorf("got problems %v, want none", report.Problems)
		}
		var got []string
		for _, tree := range report.Trees {
			got = append(got, fmt.Sprintf("%s %d/%d/%d", tree.Organisation, tree.Size, tree.Checkpoints, tree.Waiting))
		}
		want := []string{"acme 30/5/3", "other 10/5/0", "standin 1/1/0", " 41/6/0"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// TestThreat76RandomEdits edits the ledger's tables at random, as somebody could who holds the database, and wants every
// edit found.
func TestThreat76RandomEdits(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		edits := 1000
		if d.Dialect() == "postgres" && os.Getenv("STANDIN_TEST_STRICT") == "" {
			edits = 200
		}
		_, key := grown(t, d)
		seed := rand.Uint64()
		e := &editor{Rand: rand.New(rand.NewPCG(seed, 0))}
		kinds := map[string]int{}
		for n := 0; n < edits; {
			undo := errors.New("undo")
			var did string
			var report Report
			err := d.UpdateReadCommitted(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				var err error
				if did, err = e.edit(ctx, tx); err != nil || did == "" {
					return errors.Join(undo, err)
				}
				if report, err = verify(ctx, tx, key.Verifier(), nil); err != nil {
					return err
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Fatalf("%s: %v", did, err)
			}
			if did == "" {
				continue // the schema refused it, or it changed nothing
			}
			n++
			kinds[strings.Join(strings.Fields(did)[:2], " ")]++
			if len(report.Problems) == 0 {
				t.Errorf("seed %d: not found: %s", seed, did)
			}
		}
		t.Log(kinds)
		if len(kinds) < 13 {
			t.Errorf("got %d kinds of edits, want nearly all 15: %v", len(kinds), kinds)
		}
		if report := verified(t, d, key); len(report.Problems) > 0 {
			t.Errorf("after undoing all: got %v, want no problem", report.Problems)
		}
	})
}

// editor edits one row, or two, at random.
type editor struct{ *rand.Rand }

var tables = map[string][]string{
	"records": {"organisation", "id", "at", "actor", "principal", "session", "delegation", "action", "resource", "outcome",
		"reasons", "commitment", "salt", "address", "agent", "before_state", "after_state"},
	"waiting":     {"id", "organisation", "at", "hash"},
	"leaves":      {"organisation", "sequence", "position", "record", "hash"},
	"hashes":      {"organisation", "place", "hash"},
	"checkpoints": {"organisation", "size", "at", "note"},
}

func (e *editor) edit(ctx context.Context, tx *db.Tx) (did string, err error) {
	names := []string{"records", "waiting", "leaves", "hashes", "checkpoints"}
	table := names[e.IntN(len(names))]
	columns := tables[table]
	rows, err := allRows(ctx, tx, table)
	if err != nil {
		return "", err
	}
	row, other := rows[e.IntN(len(rows))], rows[e.IntN(len(rows))]
	column := e.IntN(len(columns))
	var statement string
	var args []any
	switch e.IntN(3) {
	case 0:
		statement, args = "DELETE FROM "+table+" WHERE "+where(columns, 1), row
		did = fmt.Sprintf("delete %s %v", table, row)
	case 1:
		copied := slices.Clone(row)
		for range 1 + e.IntN(len(columns)) {
			c := e.IntN(len(columns))
			copied[c] = e.other(copied[c], other[c])
		}
		statement, args = "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+placeholders(1, len(columns))+")", copied
		did = fmt.Sprintf("insert %s %v", table, copied)
	case 2:
		value := e.other(row[column], other[column])
		statement = "UPDATE " + table + " SET " + columns[column] + " = $1 WHERE " + where(columns, 2)
		args = append([]any{value}, row...)
		did = fmt.Sprintf("update %s %s of %v to %v", table, columns[column], row, value)
		if value == row[column] {
			return "", nil
		}
	}
	n, err := tx.Exec(ctx, statement, args...)
	if err != nil || n == 0 {
		return "", nil // a constraint refused it
	}
	return did, nil
}

// other returns another value of the same kind.
func (e *editor) other(value, elsewhere any) any {
	switch v := value.(type) {
	case int64:
		return []any{v + 1, v - 1, -v, v * 2, elsewhere, e.Int64N(50)}[e.IntN(6)]
	case string:
		flipped := []byte(v + "x")
		flipped[e.IntN(len(flipped))] = byte('0' + e.IntN(60))
		return []any{string(flipped), v + " ", "", strings.ToUpper(v), elsewhere, v[:len(v)/2]}[e.IntN(6)]
	default:
		return []any{"{}", "", elsewhere}[e.IntN(3)]
	}
}

func where(columns []string, from int) string {
	var all []string
	for i, c := range columns {
		p := placeholders(from+i, 1)
		if c == "before_state" || c == "after_state" {
			all = append(all, "("+c+" = CAST("+p+" AS TEXT) OR "+c+" IS NULL)")
			continue
		}
		all = append(all, c+" = "+p)
	}
	return strings.Join(all, " AND ")
}

func allRows(ctx context.Context, tx *db.Tx, table string) ([][]any, error) {
	columns := tables[table]
	rows, err := tx.Query(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+table+" ORDER BY 1, 2, 3")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][]any
	for rows.Next() {
		row := make([]any, len(columns))
		to := make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// naive computes a tree's hash as RFC 6962 §2.1 defines it.
func naive(leaves [][]byte) tlog.Hash {
	switch len(leaves) {
	case 0:
		return tlog.Hash(sum())
	case 1:
		return tlog.Hash(sum([]byte{0}, leaves[0]))
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	left, right := naive(leaves[:k]), naive(leaves[k:])
	return tlog.Hash(sum([]byte{1}, left[:], right[:]))
}
