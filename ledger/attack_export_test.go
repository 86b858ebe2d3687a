package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin/db"
)

// TestThreat76And77AttacksOnAnExport makes random attacks on the lines of a whole export and wants the first bad record
// named.
func TestThreat76And77AttacksOnAnExport(t *testing.T) {
	d := openSQLite(t)
	l, key := grown(t, d)
	b := &burglar{rand: rand.New(rand.NewPCG(rand.Uint64(), 0)), ledger: l, key: key}
	b.read(t)
	export := exports(t, d, key, Selection{})
	attacks := []func(*paper) attack{b.alterLine, b.alterLineCleverly, b.removeLine, b.exchangeLines, b.insertLine, b.alterWaitingLine, b.cutOff}
	for n := range 1000 {
		p := readPaper(t, export)
		a := attacks[n%len(attacks)](p)
		report := verifiedExport(t, p.write(t), key, a.known...)
		if a.expect(t, "acme", report.Problems); t.Failed() {
			return
		}
	}
	if report := verifiedExport(t, readPaper(t, export).write(t), key, b.kept...); len(report.Problems) > 0 {
		t.Errorf("what was not attacked: got %v, want no problem", report.Problems)
	}
}

// TestThreat77ForkedExports exports another history that the holder of the key signed.
func TestThreat77ForkedExports(t *testing.T) {
	for range 3 {
		d := openSQLite(t)
		l, key := grown(t, d)
		b := &burglar{rand: rand.New(rand.NewPCG(rand.Uint64(), 0)), ledger: l, key: key}
		b.read(t)
		var a attack
		err := d.UpdateReadCommitted(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
			a, err = b.fork(ctx, tx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		export := exports(t, d, key, Selection{})
		a.expect(t, "acme", verifiedExport(t, export, key, a.known...).Problems)
		if report := verifiedExport(t, export, key); len(report.Problems) > 0 {
			t.Errorf("%s: got %v, want it whole in itself", a.did, report.Problems)
		}
	}
}

// A paper is an export whose lines can be edited.
type paper struct {
	lines   []line
	records []int // the lines of acme's records that have a place, in their order
	waiting []int
}

func readPaper(t *testing.T, export []byte) *paper {
	t.Helper()
	p := &paper{}
	for text := range bytes.Lines(export) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatal(err)
		}
		if l.Record != nil && l.Record.Organisation == "acme" {
			if l.Record.Sequence >= 0 {
				p.records = append(p.records, len(p.lines))
			} else {
				p.waiting = append(p.waiting, len(p.lines))
			}
		}
		p.lines = append(p.lines, l)
	}
	return p
}

func (p *paper) write(t *testing.T) []byte {
	t.Helper()
	var all []byte
	for _, l := range p.lines {
		text, err := l.encode()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

func (p *paper) record(i int64) *line { return &p.lines[p.records[i]] }

// renumber gives acme's records the places in which they now stand, and counts all.
func (p *paper) renumber() {
	sequence, records := int64(0), int64(0)
	for _, l := range p.lines {
		switch {
		case l.End != nil:
			*l.End = records
		case l.Record != nil:
			records++
			if l.Record.Organisation == "acme" && l.Record.Sequence >= 0 {
				l.Record.Sequence = sequence
				sequence++
			}
		}
	}
}

// alterLineOf alters one thing in the line.
func (b *burglar) alterLineOf(l *line) string {
	r := l.Record
	texts := []*string{(*string)(&r.Actor), (*string)(&r.Principal), (*string)(&r.Session), (*string)(&r.Delegation), &r.Action, &r.Resource,
		&r.Address, &r.Agent, r.Before, r.After, &r.Salt, &r.Commitment, &r.Reasons[0]}
	switch n := b.rand.IntN(len(texts) + 2); n {
	case len(texts):
		r.At++
		return "its instant"
	case len(texts) + 1:
		r.After = nil
		return "its state after"
	default:
		*texts[n] += "x"
		return fmt.Sprint("text ", n)
	}
}

func (b *burglar) alterLine(p *paper) attack {
	i := b.some()
	l := p.record(i)
	return attack{did: fmt.Sprintf("alter %d: %s", i, b.alterLineOf(l)), place: i, id: l.Record.ID, finding: Altered}
}

func (b *burglar) alterWaitingLine(p *paper) attack {
	l := &p.lines[p.waiting[b.rand.IntN(len(p.waiting))]]
	return attack{did: "alter one that waits: " + b.alterLineOf(l), place: -1, id: l.Record.ID, finding: Altered}
}

func (b *burglar) alterLineCleverly(p *paper) attack {
	i := b.some()
	first, last := batchOf(i)
	l := p.record(i)
	l.Record.Actor, l.Record.Address = "person:somebody-else", "198.51.100.7"
	s := l.Record.stored()
	l.Record.Commitment = commitment(&s.Record, s.salt)
	l.Hash = tlog.RecordHash(leaf(&s.Record, l.Record.Commitment)).String()
	return attack{did: fmt.Sprintf("alter %d cleverly", i), place: i, spread: last - first, finding: Altered}
}

func (b *burglar) removeLine(p *paper) attack {
	i := b.some()
	first, last := batchOf(i)
	a := attack{did: fmt.Sprintf("remove %d", i), place: i, finding: Removed}
	p.lines = slices.Delete(p.lines, p.records[i], p.records[i]+1)
	switch {
	case i == last:
		a.spread = last - first // a checkpoint is the next line, not a record
	case b.rand.IntN(2) == 0:
		p.renumber()
		a.did, a.spread = a.did+" and renumber", last-first
	}
	return a
}

func (b *burglar) exchangeLines(p *paper) attack {
	i, j := b.two()
	first, last := batchOf(i)
	a := attack{did: fmt.Sprintf("exchange %d and %d", i, j), place: i}
	x, y := p.record(i), p.record(j)
	*x, *y = *y, *x
	if b.rand.IntN(2) == 0 {
		p.renumber()
		a.did, a.spread = a.did+" and renumber", last-first
	}
	return a
}

func (b *burglar) insertLine(p *paper) attack {
	i := b.some()
	first, last := batchOf(i)
	a := attack{did: fmt.Sprintf("insert before %d", i), place: i, spread: last - first + 1}
	forged := *p.record(i).Record
	forged.Actor, forged.ID = "person:somebody-else", "r-forged"
	s := forged.stored()
	l := line{Record: &forged, Hash: tlog.RecordHash(leaf(&s.Record, forged.Commitment)).String()}
	p.lines = slices.Insert(p.lines, p.records[i], l)
	p.renumber()
	return a
}

// cutOff removes the end of acme's tree behind a checkpoint, which is whole in itself; a checkpoint kept elsewhere tells.
func (b *burglar) cutOff(p *paper) attack {
	k := b.rand.IntN(len(acmeSizes) - 1)
	from, to := p.records[acmeSizes[k]], p.records[len(p.records)-1]+2 // with the last checkpoint
	p.lines = slices.Delete(p.lines, from, to)
	p.renumber()
	return attack{did: fmt.Sprintf("cut off behind %d", acmeSizes[k]), place: acmeSizes[k], finding: RolledBack, known: b.kept}
}
