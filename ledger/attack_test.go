package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// An attack is what somebody who holds the database or an export did, and what must be found of it.
type attack struct {
	did     string
	place   int64            // the first record that is bad; -1 where it has no place
	id      standin.RecordID // its id, "" where it may not be known
	spread  int64            // how many other records the proof may cover
	finding Finding          // "" where several fit
	known   []string         // checkpoints kept elsewhere
}

// expect compares the first problem found with the attack on the organisation's tree.
func (a *attack) expect(t *testing.T, organisation standin.OrganisationID, problems []Problem) {
	t.Helper()
	if len(problems) == 0 {
		t.Errorf("not found: %s", a.did)
		return
	}
	got := problems[0]
	switch {
	case got.Organisation != organisation:
		t.Errorf("%s: got %v, want organisation %s", a.did, got, organisation)
	case got.Sequence > a.place || got.Last < a.place || got.Last-got.Sequence > a.spread:
		t.Errorf("%s: got records %d to %d (%v), want record %d and at most %d others", a.did, got.Sequence, got.Last, got, a.place, a.spread)
	case a.finding != "" && got.Finding != a.finding:
		t.Errorf("%s: got %v, want that it was %s", a.did, got, a.finding)
	case a.id != "" && got.Record != a.id:
		t.Errorf("%s: got %v, want record %s", a.did, got, a.id)
	}
}

// The tree of acme that grown makes: the sizes that its checkpoints cover, and those of the others at the same instants.
var (
	acmeSizes  = []int64{4, 9, 15, 22, 30}
	otherSizes = []int64{2, 4, 6, 8, 10}
	orderSizes = []int64{6, 13, 21, 30, 40}
)

// batchOf returns the first and the last record that one checkpoint added, i among them.
func batchOf(i int64) (first, last int64) {
	for _, size := range acmeSizes {
		if i < size {
			return first, size - 1
		}
		first = size
	}
	panic("no such record")
}

// TestThreat76And77AttacksOnADatabase makes random attacks, clever ones among them that repair what they can without the
// key, and some that have the key, and wants the first bad record named.
func TestThreat76And77AttacksOnADatabase(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		rounds := 1000
		if d.Dialect() == "postgres" && os.Getenv("STANDIN_TEST_STRICT") == "" {
			rounds = 150
		}
		l, key := grown(t, d)
		b := &burglar{rand: rand.New(rand.NewPCG(rand.Uint64(), 0)), ledger: l, key: key}
		b.read(t)
		attacks := []func(context.Context, *db.Tx) (attack, error){b.alter, b.alterCleverly, b.remove, b.exchange, b.exchangePlaces,
			b.insert, b.addUnplaced, b.alterWaiting, b.fork, b.rollBack}
		for n := range rounds {
			undo := errors.New("undo")
			var a attack
			var report Report
			err := d.UpdateReadCommitted(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
				if a, err = attacks[n%len(attacks)](ctx, tx); err != nil {
					return err
				}
				if report, err = verify(ctx, tx, key.Verifier(), a.known); err != nil {
					return err
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Fatalf("%s: %v", a.did, err)
			}
			if a.expect(t, "acme", report.Problems); t.Failed() {
				return
			}
		}
		if report := verified(t, d, key, b.kept...); len(report.Problems) > 0 {
			t.Errorf("after undoing all: got %v, want no problem", report.Problems)
		}
	})
}

// A burglar holds the database of grown, and attacks the tree of acme.
type burglar struct {
	rand   *rand.Rand
	ledger *Ledger
	key    Key
	ids    []standin.RecordID // of acme's records, by their places
	kept   []string           // acme's checkpoints, as somebody may have kept them
}

func (b *burglar) read(t *testing.T) {
	for i := range acmeSizes[len(acmeSizes)-1] {
		b.ids = append(b.ids, query1[standin.RecordID](t, b.ledger.db, `SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = $1`, i))
	}
	for _, size := range acmeSizes {
		b.kept = append(b.kept, query1[string](t, b.ledger.db, `SELECT note FROM checkpoints WHERE organisation = 'acme' AND size = $1`, size))
	}
}

func (b *burglar) some() int64 { return b.rand.Int64N(int64(len(b.ids))) }

// two returns two places, the smaller first.
func (b *burglar) two() (int64, int64) {
	i, j := b.some(), b.some()
	for i == j {
		j = b.some()
	}
	return min(i, j), max(i, j)
}

type statement struct {
	text string
	args []any
}

func all(ctx context.Context, tx *db.Tx, statements ...statement) error {
	for _, s := range statements {
		n, err := tx.Exec(ctx, s.text, s.args...)
		if err != nil {
			return fmt.Errorf("%s: %w", s.text, err)
		}
		if n == 0 {
			return fmt.Errorf("%s: it changed nothing", s.text)
		}
	}
	return nil
}

// alteration returns a statement that alters something in the record.
func (b *burglar) alteration(id standin.RecordID) statement {
	columns := []string{"actor", "principal", "session", "delegation", "action", "resource", "reasons", "commitment", "salt", "address",
		"agent", "before_state", "after_state"}
	column := columns[b.rand.IntN(len(columns))]
	return statement{"UPDATE records SET " + column + " = " + column + " || 'x' WHERE id = $1", []any{string(id)}}
}

func (b *burglar) alter(ctx context.Context, tx *db.Tx) (attack, error) {
	i := b.some()
	s := b.alteration(b.ids[i])
	a := attack{did: fmt.Sprintf("alter %d: %s", i, s.text), place: i, id: b.ids[i], finding: Altered}
	also, _ := b.two() // and another one behind it, sometimes
	if also > i {
		return a, all(ctx, tx, s, b.alteration(b.ids[also]))
	}
	return a, all(ctx, tx, s)
}

// alterCleverly alters a record and everything above it that needs no key.
func (b *burglar) alterCleverly(ctx context.Context, tx *db.Tx) (attack, error) {
	i := b.some()
	first, last := batchOf(i)
	a := attack{did: fmt.Sprintf("alter %d cleverly", i), place: i, spread: last - first, finding: Altered}
	found, err := readStored(ctx, tx, `SELECT `+recordColumns+` FROM records r
		LEFT JOIN leaves l ON l.organisation = r.organisation AND l.record = r.id WHERE r.id = $1`, string(b.ids[i]))
	if err != nil {
		return a, err
	}
	s := found[0]
	s.Actor, s.Origin.Address = "person:somebody-else", "198.51.100.7"
	committed := commitment(&s.Record, s.salt)
	err = all(ctx, tx, statement{`UPDATE records SET actor = $1, address = $2, commitment = $3 WHERE id = $4`,
		[]any{string(s.Actor), s.Origin.Address, committed, string(s.ID)}},
		statement{`UPDATE leaves SET hash = $1 WHERE record = $2`, []any{tlog.RecordHash(leaf(&s.Record, committed)).String(), string(s.ID)}})
	if err != nil {
		return a, err
	}
	return a, regrow(ctx, tx, int64(len(b.ids)))
}

// regrow computes the hashes of acme's tree from its leaves anew.
func regrow(ctx context.Context, tx *db.Tx, size int64) error {
	var e edge
	for n := range size {
		h, err := readHash(ctx, tx, `SELECT hash FROM leaves WHERE organisation = 'acme' AND sequence = $1`, n)
		if err != nil {
			return err
		}
		nodes, err := e.add(h)
		if err != nil {
			return err
		}
		for _, node := range nodes {
			if _, err := tx.Exec(ctx, `UPDATE hashes SET hash = $1 WHERE organisation = 'acme' AND place = $2`, node.hash.String(), node.place); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *burglar) remove(ctx context.Context, tx *db.Tx) (attack, error) {
	i := b.some()
	a := attack{did: fmt.Sprintf("remove %d", i), place: i, finding: Removed}
	if i == int64(len(b.ids))-1 {
		a.spread = 1 // the one before has lost its neighbour
	}
	record := statement{`DELETE FROM records WHERE id = $1`, []any{string(b.ids[i])}}
	place := statement{`DELETE FROM leaves WHERE record = $1`, []any{string(b.ids[i])}}
	switch b.rand.IntN(4) {
	case 0:
		return a, all(ctx, tx, record)
	case 1:
		return a, all(ctx, tx, place)
	case 2:
		return a, all(ctx, tx, record, place)
	}
	if i == int64(len(b.ids))-1 {
		return a, all(ctx, tx, record, place)
	}
	// Those behind it move up, so that no place is empty.
	first, last := batchOf(i)
	a.did, a.spread, a.finding = a.did+" and renumber", max(last-first, 1), ""
	return a, all(ctx, tx, record, place,
		statement{`UPDATE leaves SET sequence = -sequence WHERE organisation = 'acme' AND sequence > $1`, []any{i}},
		statement{`UPDATE leaves SET sequence = -sequence - 1 WHERE organisation = 'acme' AND sequence < 0`, nil})
}

// exchange gives two leaves each other's record.
func (b *burglar) exchange(ctx context.Context, tx *db.Tx) (attack, error) {
	i, j := b.two()
	a := attack{did: fmt.Sprintf("exchange records %d and %d", i, j), place: i, id: b.ids[j], finding: Reordered}
	set := func(sequence int64, id standin.RecordID) statement {
		return statement{`UPDATE leaves SET record = $1 WHERE organisation = 'acme' AND sequence = $2`, []any{string(id), sequence}}
	}
	return a, all(ctx, tx, set(i, "x"), set(j, b.ids[i]), set(i, b.ids[j]))
}

// exchangePlaces gives two leaves each other's place; each still fits its record.
func (b *burglar) exchangePlaces(ctx context.Context, tx *db.Tx) (attack, error) {
	i, j := b.two()
	first, last := batchOf(i)
	a := attack{did: fmt.Sprintf("exchange places %d and %d", i, j), place: i, spread: max(last-first, 1)}
	set := func(from, to int64) statement {
		return statement{`UPDATE leaves SET sequence = $1 WHERE organisation = 'acme' AND sequence = $2`, []any{to, from}}
	}
	return a, all(ctx, tx, set(i, -1), set(j, i), set(-1, j))
}

// insert puts a record that was never written between two others.
func (b *burglar) insert(ctx context.Context, tx *db.Tx) (attack, error) {
	i := b.some()
	first, last := batchOf(i)
	a := attack{did: fmt.Sprintf("insert before %d", i), place: i, spread: max(last-first, 1)}
	id, err := b.ledger.Append(ctx, tx, sample("acme", 500))
	if err != nil {
		return a, err
	}
	return a, all(ctx, tx,
		statement{`UPDATE leaves SET sequence = -sequence - 1 WHERE organisation = 'acme' AND sequence >= $1`, []any{i}},
		statement{`UPDATE leaves SET sequence = -sequence WHERE organisation = 'acme' AND sequence < 0`, nil},
		statement{`INSERT INTO leaves (organisation, sequence, position, record, hash)
			SELECT organisation, $1, 1000, id, hash FROM waiting WHERE id = $2`, []any{i, string(id)}},
		statement{`DELETE FROM waiting WHERE id = $1`, []any{string(id)}})
}

// addUnplaced writes a record past Standin.
func (b *burglar) addUnplaced(ctx context.Context, tx *db.Tx) (attack, error) {
	id, err := b.ledger.Append(ctx, tx, sample("acme", 500))
	if err != nil {
		return attack{}, err
	}
	return attack{did: "add a record without a place", place: -1, id: id, finding: Inserted},
		all(ctx, tx, statement{`DELETE FROM waiting WHERE id = $1`, []any{string(id)}})
}

func (b *burglar) alterWaiting(ctx context.Context, tx *db.Tx) (attack, error) {
	var id standin.RecordID
	err := tx.QueryRow(ctx, `SELECT id FROM waiting ORDER BY id LIMIT 1 OFFSET $1`, b.rand.IntN(3)).Scan(&id)
	if err != nil {
		return attack{}, err
	}
	s := b.alteration(id)
	return attack{did: "alter one that waits: " + s.text, place: -1, id: id, finding: Altered}, all(ctx, tx, s)
}

// rollBack puts an older state in place, which is whole in itself.
func (b *burglar) rollBack(ctx context.Context, tx *db.Tx) (attack, error) {
	k := b.rand.IntN(len(acmeSizes) - 1)
	later := k + 1 + b.rand.IntN(len(acmeSizes)-k-1)
	a := attack{did: fmt.Sprintf("roll back to %d", acmeSizes[k]), place: acmeSizes[k], finding: RolledBack, known: b.kept[:later+1]}
	return a, b.backTo(ctx, tx, k)
}

func (b *burglar) backTo(ctx context.Context, tx *db.Tx, k int) error {
	statements := []statement{{`DELETE FROM records WHERE id IN (SELECT record FROM leaves WHERE position >= $1)`, []any{orderSizes[k]}},
		{`DELETE FROM leaves WHERE position >= $1`, []any{orderSizes[k]}}}
	for o, size := range map[standin.OrganisationID]int64{"acme": acmeSizes[k], "other": otherSizes[k], order: orderSizes[k], standin.Operator: 0} {
		statements = append(statements, statement{`DELETE FROM checkpoints WHERE organisation = $1 AND size > $2`, []any{string(o), size}})
		if o != standin.Operator {
			statements = append(statements, statement{`DELETE FROM hashes WHERE organisation = $1 AND place >= $2`, []any{string(o), tlog.StoredHashCount(size)}})
		}
	}
	return all(ctx, tx, statements...)
}

// fork has the holder of the key sign another history from some checkpoint on.
func (b *burglar) fork(ctx context.Context, tx *db.Tx) (attack, error) {
	k := b.rand.IntN(len(acmeSizes) - 1)
	a := attack{did: fmt.Sprintf("fork after %d", acmeSizes[k]), place: acmeSizes[k], spread: acmeSizes[k+1] - acmeSizes[k] - 1,
		finding: Forked, known: b.kept}
	if err := b.backTo(ctx, tx, k); err != nil {
		return a, err
	}
	for n := range 10 {
		if _, err := b.ledger.Append(ctx, tx, sample("acme", 600+n)); err != nil {
			return a, err
		}
	}
	_, _, err := NewSequencer(b.ledger, b.key, quiet).place(ctx, tx, noon)
	return a, err
}
