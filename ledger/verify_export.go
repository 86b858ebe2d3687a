package ledger

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
)

// longestLine is how long a line of an export may be.
const longestLine = 64 << 20

// VerifyExport checks an export without the database, as Verify checks the database: whole trees by recomputing them,
// parts by the proofs. known are checkpoints kept elsewhere, of trees that the export holds. The error says that
// verification could not be done; what it found is in the report.
func VerifyExport(ctx context.Context, r io.Reader, by Verifier, known []string) (Report, error) {
	kept, err := knownTo(by, known)
	if err != nil {
		return Report{}, err
	}
	p := &parser{by: by, kept: kept}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), longestLine)
	for lines.Scan() && p.bad == nil {
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
		p.lines++
		if err := p.line(lines.Bytes()); err != nil {
			return Report{}, err
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
		return Report{}, err
	}
	if p.bad == nil && !p.ended {
		p.fail(Removed, "the export breaks off after line %d", p.lines)
	}
	if p.bad != nil {
		p.report.Problems = append(p.report.Problems, *p.bad)
		return p.report, nil
	}
	for tree := range p.kept {
		return p.report, standin.Refuse(standin.Invalid, "ledger.verify", "ledger.not_in_export",
			"The checkpoint kept of {tree} is of a tree that this export does not hold. Verify the database instead.").With("tree", tree)
	}
	return p.report, nil
}

// A parser reads an export line by line and checks it.
type parser struct {
	by      Verifier
	kept    map[string][]Checkpoint
	header  *header
	walk    *walk // the current tree
	waiting int64
	waits   standin.RecordID // the last that has no place yet
	records int64
	lines   int
	ended   bool
	seen    []standin.OrganisationID
	report  Report
	bad     *Problem
}

func (p *parser) fail(f Finding, format string, args ...any) {
	problem := Problem{Sequence: -1, Last: -1, Finding: f, Detail: fmt.Sprintf(format, args...)}
	if p.walk != nil {
		problem.Organisation, problem.Sequence, problem.Last = p.walk.organisation, p.walk.size, p.walk.size
	}
	p.bad = &problem
}

// line checks one line. Every line must be byte for byte what Export writes.
func (p *parser) line(text []byte) error {
	var l line
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		p.fail(Altered, "line %d is not a line of an export", p.lines)
		return nil
	}
	if again, err := l.encode(); err != nil || !bytes.Equal(bytes.TrimSuffix(again, []byte("\n")), text) {
		p.fail(Altered, "line %d is not as it was written", p.lines)
		return nil
	}
	switch {
	case p.ended, (p.header == nil) != (l.Export != nil), l.kinds() != 1, l.Record == nil && (l.Proof != nil || l.Hash != ""):
		p.fail(Altered, "line %d stands where it does not belong", p.lines)
	case l.Export != nil:
		return p.begin(l.Export)
	case l.Tree != nil:
		p.open(standin.OrganisationID(*l.Tree))
	case l.End != nil:
		p.end(*l.End)
	case p.walk == nil:
		p.fail(Altered, "line %d stands where it does not belong", p.lines)
	case l.Checkpoint != "":
		p.checkpoint(l.Checkpoint)
	default:
		p.record(&l)
	}
	return nil
}

// kinds counts the fields that make a line what it is.
func (l *line) kinds() int {
	n := 0
	for _, is := range []bool{l.Export != nil, l.Tree != nil, l.Checkpoint != "", l.Record != nil, l.End != nil} {
		if is {
			n++
		}
	}
	return n
}

func (p *parser) begin(h *header) error {
	if h.Version != exportVersion {
		return standin.Refuse(standin.Invalid, "ledger.verify", "ledger.export_version",
			"The export has version {version}, which this program does not know.").With("version", h.Version)
	}
	if h.Key != p.by.String() {
		return standin.Refuse(standin.Invalid, "ledger.verify", "ledger.export_key",
			"The export says that it was signed with another key than the one it is to be verified with.")
	}
	p.header = h
	return nil
}

func (p *parser) open(organisation standin.OrganisationID) {
	if p.close(); p.bad != nil {
		return
	}
	if organisation == order || slices.Contains(p.seen, organisation) {
		p.fail(Inserted, "line %d begins a tree that does not belong here", p.lines)
		return
	}
	p.seen = append(p.seen, organisation)
	p.walk, p.waiting, p.waits = newWalk(organisation, p.by, p.kept), 0, ""
	delete(p.kept, origin(p.by.Name(), organisation))
}

// close ends the current tree.
func (p *parser) close() {
	if p.walk == nil {
		return
	}
	switch {
	case p.header.Whole:
		p.bad = p.walk.end()
	case len(p.walk.known) > 0:
		p.compare()
	}
	if p.bad == nil {
		p.report.Trees = append(p.report.Trees, p.walk.tree(p.waiting))
		p.walk = nil
	}
}

// compare compares the checkpoint of a part with those kept elsewhere.
func (p *parser) compare() {
	for _, c := range p.walk.known {
		switch {
		case c.Size > p.walk.signed.Size:
			p.bad = p.walk.problem(-1, "", RolledBack, "the tree has %s, and a checkpoint kept elsewhere covers %d", count(p.walk.signed.Size, "record"), c.Size)
		case c.Size == p.walk.signed.Size && c.Root != p.walk.signed.Root:
			p.bad = p.walk.problem(-1, "", Forked, "the tree is not the one that a checkpoint kept elsewhere covers")
		}
	}
}

func (p *parser) end(records int64) {
	if p.close(); p.bad != nil {
		return
	}
	if p.ended = true; records != p.records {
		p.fail(Removed, "the export says that it has %s, and has %d", count(records, "record"), p.records)
	}
}

func (p *parser) checkpoint(text string) {
	if p.waiting > 0 {
		p.fail(Reordered, "the checkpoint in line %d stands behind records that wait for a place", p.lines)
		return
	}
	if p.header.Whole {
		_, p.bad = p.walk.sign(text)
		return
	}
	c, err := openCheckpoint(text, p.by)
	if err != nil || c.Note != text || c.Origin != origin(p.by.Name(), p.walk.organisation) || p.walk.checkpoints > 0 {
		p.fail(Altered, "the checkpoint in line %d cannot be trusted", p.lines)
		return
	}
	p.walk.signed = c
	p.walk.checkpoints++
}

func (p *parser) record(l *line) {
	p.records++
	s := l.Record.stored()
	hash, bad := p.walk.record(s)
	switch {
	case bad != nil:
		p.bad = bad
	case l.Record.Reasons == nil:
		p.bad = p.walk.problem(s.Sequence, s.ID, Altered, "its reasons are not as they were written")
	case hash.String() != l.Hash:
		p.bad = p.walk.problem(s.Sequence, s.ID, Altered, "it is not what the hash of its leaf says")
	case s.Sequence == -1:
		p.waiting++
		if l.Proof != nil || s.ID <= p.waits {
			p.bad = p.walk.problem(-1, s.ID, Reordered, "the record waits behind one that is newer")
		}
		p.waits = s.ID
	case p.waiting > 0:
		p.bad = p.walk.problem(s.Sequence, s.ID, Reordered, "the record stands behind those that wait for a place")
	case p.header.Whole:
		if l.Proof != nil || s.Sequence != p.walk.size {
			p.bad = p.walk.problem(p.walk.size, s.ID, Removed, "record %d stands where record %d belongs", s.Sequence, p.walk.size)
			return
		}
		_, p.bad = p.walk.grow(hash)
	default:
		p.prove(s, hash, l.Proof)
	}
}

// prove checks that the checkpoint of a part covers the record.
func (p *parser) prove(s *stored, hash tlog.Hash, texts []string) {
	proof := make(tlog.RecordProof, len(texts))
	var err error
	for i, text := range texts {
		if proof[i], err = tlog.ParseHash(text); err != nil || proof[i].String() != text {
			p.bad = p.walk.problem(s.Sequence, s.ID, Altered, "its proof cannot be read")
			return
		}
	}
	if tlog.CheckRecord(proof, p.walk.signed.Size, p.walk.signed.Root, s.Sequence, hash) != nil {
		p.bad = p.walk.problem(s.Sequence, s.ID, Altered, "it is not what the checkpoint covers, or not at this place")
		return
	}
	if s.Sequence < p.walk.size {
		p.bad = p.walk.problem(s.Sequence, s.ID, Reordered, "it comes after record %d", p.walk.size-1)
		return
	}
	p.walk.size = s.Sequence + 1
}
