package ledger

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Verify recomputes the whole ledger in d from its records: every leaf, every hash of every tree, every checkpoint, and
// the order of the installation. known are checkpoints kept elsewhere, which alone can show that the holder of the key
// signed another history or that an older copy of the database was put in place. It reads one consistent state, also
// beside a running server, and keeps only a few thousand records in memory.
//
// The error says that verification could not be done; what it found is in the report.
func Verify(ctx context.Context, d *db.DB, by Verifier, known []string) (Report, error) {
	var report Report
	err := d.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		report, err = verify(ctx, tx, by, known)
		return err
	})
	return report, err
}

func verify(ctx context.Context, tx *db.Tx, by Verifier, known []string) (report Report, err error) {
	kept, err := knownTo(by, known)
	if err != nil {
		return report, err
	}
	organisations, err := organisations(ctx, tx)
	if err != nil {
		return report, err
	}
	for _, organisation := range organisations {
		r := &reader{walk: newWalk(organisation, by, kept), tx: tx}
		if err := report.take(r, r.verifyOrganisation(ctx)); err != nil {
			return report, err
		}
		delete(kept, origin(by.Name(), organisation))
	}
	r := &reader{walk: newWalk(order, by, kept), tx: tx}
	if err := report.take(r, r.verifyOrder(ctx)); err != nil {
		return report, err
	}
	delete(kept, by.Name())
	report.missing(kept)
	return report, nil
}

// missing reports the trees of which checkpoints were kept and nothing else is there.
func (report *Report) missing(kept map[string][]Checkpoint) {
	for _, tree := range slices.Sorted(maps.Keys(kept)) {
		cs := kept[tree]
		report.Problems = append(report.Problems, Problem{standin.OrganisationID(tree), -1, -1, "", RolledBack,
			"a checkpoint was kept of this tree, of which nothing is here; it covers " + count(cs[len(cs)-1].Size, "record")})
	}
}

// take puts into the report what one reader found: a *Problem is a finding, any other error ends the verification.
func (report *Report) take(r *reader, err error) error {
	var found *Problem
	switch {
	case errors.As(err, &found):
		report.Problems = append(report.Problems, *found)
	case err != nil && standin.KindOf(err) == standin.Internal:
		// A column holds what no column of its kind can.
		report.Problems = append(report.Problems, *r.problem(r.size, "", Altered, "what is stored cannot be read: %v", err))
	case err != nil:
		return err
	}
	report.Trees = append(report.Trees, r.tree(r.waiting))
	return nil
}

// Error makes a problem an error within the verifier.
func (p *Problem) Error() string { return p.String() }

// organisations returns all that the ledger's tables speak of.
func organisations(ctx context.Context, tx *db.Tx) ([]standin.OrganisationID, error) {
	rows, err := tx.Query(ctx, `SELECT organisation FROM records UNION SELECT organisation FROM leaves
		UNION SELECT organisation FROM waiting
		UNION SELECT organisation FROM hashes WHERE organisation <> ''
		UNION SELECT organisation FROM checkpoints WHERE organisation <> ''
		ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []standin.OrganisationID
	for rows.Next() {
		var o standin.OrganisationID
		if err := rows.Scan(&o); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

// A reader verifies one tree in the database.
type reader struct {
	*walk
	tx          *db.Tx
	hashes      *stream[node]
	checkpoints *stream[checkpointRow]
	waiting     int64
	told        func(done int64) // how far it came; nil where nobody wants to know
}

type checkpointRow struct {
	size int64
	at   int64
	note string
}

type leafRow struct {
	organisation standin.OrganisationID
	sequence     int64
	position     int64
	record       standin.RecordID
	hash         string
}

// verifyOrganisation returns a *Problem, nil where all is well, or another error.
func (r *reader) verifyOrganisation(ctx context.Context) error {
	if r.organisation == order {
		return r.problem(-1, "", Inserted, "records without an organisation")
	}
	r.open(ctx)
	last := int64(math.MinInt64)
	for {
		leaves, err := r.leaves(ctx, `SELECT organisation, sequence, position, record, hash FROM leaves
			WHERE organisation = $1 AND sequence > $2 ORDER BY sequence LIMIT 1000`, string(r.organisation), last)
		if err != nil {
			return err
		}
		if len(leaves) == 0 {
			break
		}
		records, err := readStored(ctx, r.tx, `SELECT `+recordColumns+` FROM leaves l
			JOIN records r ON r.organisation = l.organisation AND r.id = l.record
			WHERE l.organisation = $1 AND l.sequence > $2 AND l.sequence <= $3 ORDER BY l.sequence`,
			string(r.organisation), last, leaves[len(leaves)-1].sequence)
		if err != nil {
			return err
		}
		last = leaves[len(leaves)-1].sequence
		for _, l := range leaves {
			hash, err := r.leaf(ctx, l, &records)
			if err != nil {
				return err
			}
			if err := r.step(hash); err != nil {
				return err
			}
		}
		if r.told != nil {
			r.told(r.size)
		}
	}
	if err := r.finish(ctx); err != nil {
		return err
	}
	return r.verifyRest(ctx)
}

// leaf checks the row of the next leaf and its record, which is the first of records if it is there.
func (r *reader) leaf(ctx context.Context, l leafRow, records *[]stored) (tlog.Hash, error) {
	if l.sequence != r.size {
		id, _, err := r.orphan(ctx)
		if err != nil {
			return tlog.Hash{}, err
		}
		return tlog.Hash{}, r.problem(r.size, id, Removed, "its place is empty")
	}
	if len(*records) == 0 || (*records)[0].Sequence != l.sequence {
		return tlog.Hash{}, r.problem(l.sequence, l.record, Removed, "the record is gone")
	}
	s := (*records)[0]
	*records = (*records)[1:]
	hash, bad := r.record(&s)
	if bad != nil {
		return hash, bad
	}
	if hash.String() == l.hash {
		return hash, nil
	}
	elsewhere, err := r.leaves(ctx, `SELECT organisation, sequence, position, record, hash FROM leaves
		WHERE organisation = $1 AND hash = $2`, string(r.organisation), hash.String())
	if err != nil {
		return hash, err
	}
	if len(elsewhere) > 0 {
		return hash, r.problem(l.sequence, l.record, Reordered, "its place is record %d", elsewhere[0].sequence)
	}
	return hash, r.problem(l.sequence, l.record, Altered, "it is not what its leaf says")
}

// step lets the tree grow and compares what is stored of it.
func (r *reader) step(leaf tlog.Hash) error {
	nodes, bad := r.grow(leaf)
	if bad != nil {
		return bad
	}
	for _, n := range nodes {
		level, first := tlog.SplitStoredHashIndex(n.place)
		first <<= level
		stored, err := r.hashes.next()
		switch {
		case err != nil:
			return err
		case stored == nil || stored.place > n.place:
			return r.problem(first, "", Removed, "the hash over records %d to %d is gone", first, r.size-1).through(r.size - 1)
		case stored.place < n.place:
			return r.problem(-1, "", Inserted, "a hash is stored at place %d of the tree, where none belongs", stored.place)
		case stored.hash != n.hash:
			return r.problem(first, "", Altered, "records %d to %d are not, or not in this order, what the hash over them says", first, r.size-1).through(r.size - 1)
		}
	}
	c, err := r.checkpoints.peek()
	if err != nil || c == nil || c.size > r.size {
		return err
	}
	return r.checkpoint()
}

// checkpoint checks the next stored checkpoint.
func (r *reader) checkpoint() error {
	row, err := r.checkpoints.next()
	if err != nil {
		return err
	}
	if row.size != r.size {
		return r.problem(-1, "", Inserted, "a checkpoint is stored for %d records, where none belongs", row.size)
	}
	c, bad := r.sign(row.note)
	if bad != nil {
		return bad
	}
	if standin.Micros(c.At) != row.at {
		return r.problem(-1, "", Altered, "the checkpoint for %d records is stored under another instant", c.Size)
	}
	return nil
}

// finish checks that nothing is stored of the tree beyond its leaves.
func (r *reader) finish(ctx context.Context) error {
	c, err := r.checkpoints.peek()
	if err != nil {
		return err
	}
	if c != nil && c.size > r.size {
		id, _, err := r.orphan(ctx)
		if err != nil {
			return err
		}
		first := r.size &^ 1 // no hash over a pair covers the last record of an odd number
		return r.problem(first, id, Removed, "the tree ends with %s, and a checkpoint covers %d", count(r.size, "record"), c.size).through(c.size - 1)
	}
	if c != nil {
		return r.problem(-1, "", Inserted, "a checkpoint is stored for %d records, where none belongs", c.size)
	}
	if bad := r.end(); bad != nil {
		return bad
	}
	h, err := r.hashes.next()
	if err != nil {
		return err
	}
	if h != nil {
		return r.problem(-1, "", Inserted, "a hash is stored at place %d of the tree, where none belongs", h.place)
	}
	return nil
}

// verifyOrder checks the order of the installation against the leaves of all organisations.
func (r *reader) verifyOrder(ctx context.Context) error {
	r.open(ctx)
	last := int64(math.MinInt64)
	next := map[standin.OrganisationID]int64{}
	for {
		leaves, err := r.leaves(ctx, `SELECT organisation, sequence, position, record, hash FROM leaves
			WHERE position > $1 ORDER BY position LIMIT 1000`, last)
		if err != nil {
			return err
		}
		if len(leaves) == 0 {
			return r.finish(ctx)
		}
		last = leaves[len(leaves)-1].position
		for _, l := range leaves {
			if l.position != r.size {
				return r.problem(r.size, "", Removed, "no record has this position")
			}
			if l.sequence != next[l.organisation] {
				return r.problem(r.size, l.record, Reordered, "record %d of organisation %s comes before record %d", l.sequence,
					l.organisation, next[l.organisation])
			}
			next[l.organisation]++
			hash, err := tlog.ParseHash(l.hash)
			if err != nil {
				return r.problem(r.size, l.record, Altered, "its hash cannot be read")
			}
			if err := r.step(tlog.RecordHash(orderLeaf(l.organisation, l.sequence, hash))); err != nil {
				return err
			}
		}
	}
}
