package ledger

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
)

// Finding says what is wrong with a record or a tree.
type Finding string

const (
	Altered    Finding = "altered"     // it is not what was recorded
	Removed    Finding = "removed"     // something that was recorded or signed is gone
	Reordered  Finding = "reordered"   // it has another record's place
	Inserted   Finding = "inserted"    // it was never recorded, or never signed
	Forked     Finding = "forked"      // the tree is not the one that a checkpoint kept elsewhere covers
	RolledBack Finding = "rolled back" // the tree is shorter than a checkpoint kept elsewhere says
)

// Problem is one thing that is wrong. Where one proof covers several records, the bad one is among those from Sequence to
// Last, and those before are good.
type Problem struct {
	Organisation standin.OrganisationID // "" for the order of the whole installation
	Sequence     int64                  // -1 where the record has no place
	Last         int64                  // Sequence where the record is known
	Record       standin.RecordID       // "" where it is not known which it was
	Finding      Finding
	Detail       string
}

// String returns the problem as one line.
func (p Problem) String() string {
	var b strings.Builder
	if p.Organisation == order {
		b.WriteString("order of the installation")
	} else {
		fmt.Fprintf(&b, "organisation %s", p.Organisation)
	}
	if p.Sequence >= 0 {
		fmt.Fprintf(&b, ", record %d", p.Sequence)
	}
	if p.Record != "" {
		fmt.Fprintf(&b, ", id %s", p.Record)
	}
	return fmt.Sprintf("%s: %s: %s", &b, p.Finding, p.Detail)
}

// Tree is what was verified of one tree.
type Tree struct {
	Organisation standin.OrganisationID
	Size         int64 // records that the last checkpoint covers
	Checkpoints  int64
	Waiting      int64      // records that have no place yet: counted, not covered
	Last         Checkpoint // its last checkpoint
}

// Report is the outcome of a verification. Problems has the first problem of each organisation, then that of the
// installation's order; it is empty where all is well.
type Report struct {
	Trees    []Tree
	Problems []Problem
}

// knownTo reads checkpoints that were kept elsewhere, by the origins of their trees.
func knownTo(by Verifier, notes []string) (map[string][]Checkpoint, error) {
	known := map[string][]Checkpoint{}
	for _, text := range notes {
		c, err := openCheckpoint(text, by)
		if err != nil {
			return nil, standin.Refuse(standin.Invalid, "ledger.verify", "ledger.bad_checkpoint",
				"The checkpoint that was kept is not one that the key signed.").Because(err)
		}
		known[c.Origin] = append(known[c.Origin], c)
	}
	for _, cs := range known {
		slices.SortFunc(cs, func(a, b Checkpoint) int { return int(a.Size - b.Size) })
	}
	return known, nil
}

// A walk recomputes one tree from its first leaf to its last.
type walk struct {
	edge
	organisation standin.OrganisationID
	by           Verifier
	known        []Checkpoint // kept elsewhere, those not yet reached
	agreed       int64        // up to here, one of them agreed
	signed       Checkpoint   // the last that was checked
	checkpoints  int64
}

func newWalk(organisation standin.OrganisationID, by Verifier, known map[string][]Checkpoint) *walk {
	return &walk{organisation: organisation, by: by, known: known[origin(by.Name(), organisation)]}
}

func (w *walk) problem(sequence int64, record standin.RecordID, f Finding, format string, args ...any) *Problem {
	return &Problem{w.organisation, sequence, sequence, record, f, fmt.Sprintf(format, args...)}
}

// through says that the proof covers records up to last.
func (p *Problem) through(last int64) *Problem {
	p.Last = last
	return p
}

// record checks a record by itself and returns its leaf's hash.
func (w *walk) record(s *stored) (tlog.Hash, *Problem) {
	if s.Organisation != w.organisation {
		return tlog.Hash{}, w.problem(s.Sequence, s.ID, Altered, "it belongs to organisation %q", s.Organisation)
	}
	if reasonsText(s.Reasons) != s.reasons {
		return tlog.Hash{}, w.problem(s.Sequence, s.ID, Altered, "its reasons are not as they were written")
	}
	if commitment(&s.Record, s.salt) != s.commitment {
		return tlog.Hash{}, w.problem(s.Sequence, s.ID, Altered, "its origin, state before or state after is not what it was committed to")
	}
	return tlog.RecordHash(leaf(&s.Record, s.commitment)), nil
}

// grow adds a leaf and compares the tree with the checkpoints kept elsewhere.
func (w *walk) grow(h tlog.Hash) ([]node, *Problem) {
	nodes, err := w.add(h)
	if err != nil {
		return nil, w.problem(w.size, "", Altered, "%v", err)
	}
	for len(w.known) > 0 && w.known[0].Size <= w.size {
		c := w.known[0]
		w.known = w.known[1:]
		if root, err := w.root(); c.Size == w.size && (err != nil || root != c.Root) {
			return nil, w.problem(w.agreed, "", Forked, "the %d records from here on are not those that the checkpoint kept from %s covers",
				c.Size-w.agreed, c.At.Format("2006-01-02 15:04:05 MST")).through(c.Size - 1)
		}
		w.agreed = c.Size
	}
	return nodes, nil
}

// sign checks a checkpoint of the tree as it is now.
func (w *walk) sign(text string) (Checkpoint, *Problem) {
	c, err := openCheckpoint(text, w.by)
	if err != nil {
		return c, w.problem(-1, "", Altered, "a checkpoint after record %d cannot be trusted: %v", w.size-1, err)
	}
	if c.Origin != origin(w.by.Name(), w.organisation) {
		return c, w.problem(-1, "", Altered, "a checkpoint after record %d is of another tree, %s", w.size-1, c.Origin)
	}
	if c.Note != text {
		return c, w.problem(-1, "", Altered, "the checkpoint after record %d is not as it was written", w.size-1)
	}
	if c.Size != w.size {
		return c, w.problem(w.signed.Size, "", Removed, "a checkpoint for %d records stands where there are %d", c.Size, w.size).
			through(max(c.Size, w.size) - 1)
	}
	if c.Previous != w.signed.Size {
		return c, w.problem(-1, "", Removed, "the checkpoint for %d records follows one for %d, which is gone", c.Size, c.Previous)
	}
	if root, err := w.root(); err != nil || root != c.Root {
		return c, w.problem(w.signed.Size, "", Altered, "records %d to %d are not, or not in this order, what the checkpoint for %d records covers",
			w.signed.Size, c.Size-1, c.Size).through(c.Size - 1)
	}
	w.signed = c
	w.checkpoints++
	return c, nil
}

// end checks that nothing is missing at the tree's end.
func (w *walk) end() *Problem {
	if w.signed.Size < w.size {
		return w.problem(w.signed.Size, "", Inserted, "no checkpoint covers records %d to %d", w.signed.Size, w.size-1).through(w.size - 1)
	}
	if len(w.known) > 0 {
		c := w.known[len(w.known)-1]
		return w.problem(w.size, "", RolledBack, "the tree ends here; the checkpoint kept from %s covers %d records",
			c.At.Format("2006-01-02 15:04:05 MST"), c.Size)
	}
	return nil
}

func (w *walk) tree(waiting int64) Tree {
	return Tree{Organisation: w.organisation, Size: w.signed.Size, Checkpoints: w.checkpoints, Waiting: waiting, Last: w.signed}
}
