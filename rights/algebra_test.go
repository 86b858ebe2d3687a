package rights

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/standin-id/standin"
)

// inParallel calls each with the numbers from 0, on every processor, until it says that it is enough or the test failed.
func inParallel(t *testing.T, each func(t *testing.T, number uint64) (enough bool)) {
	t.Helper()
	var next atomic.Uint64
	var over atomic.Bool
	t.Run("all", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("some", func(t *testing.T) {
				t.Parallel()
				for !over.Load() && !t.Failed() {
					over.CompareAndSwap(false, each(t, next.Add(1)))
				}
			})
		}
	})
}

// TestTheNaiveImplementationAgrees asks Permits and another implementation, made by another method, the same.
func TestTheNaiveImplementationAgrees(t *testing.T) {
	seed := seedOf(t)
	var asked, permitted atomic.Int64
	inParallel(t, func(t *testing.T, number uint64) bool {
		tr := newTrace(seed, number, 3)
		v, n := NewVocabulary(tr.catalogues), newNaive(tr.catalogues)
		a := v.Authority(tr.person, tr.held)
		count, yes := int64(0), int64(0)
		everyQuestion(v, func(q *Question) {
			count++
			if got, want := a.Permits(nil, q), n.permits(tr.person, tr.held, nil, false, q); got != want {
				t.Fatalf("in their own name %+v: got %v, want %v\n%v", *q, got, want, tr)
			}
		})
		for i := range tr.limits {
			b := v.Bounds(tr.limits[i], tr.entry)
			everyQuestion(v, func(q *Question) {
				count++
				got, want := a.Permits(b, q), n.permits(tr.person, tr.held, &tr.limits[i], tr.entry, q)
				if got != want {
					t.Fatalf("within limits %d %+v: got %v, want %v\n%v", i, *q, got, want, tr)
				}
				if got {
					yes++
				}
			})
		}
		permitted.Add(yes)
		return asked.Add(count) >= naiveQuestions
	})
	t.Logf("%d questions, %d permitted within limits", asked.Load(), permitted.Load())
	if permitted.Load() < asked.Load()/100 {
		t.Error("next to nothing was permitted: the questions show little")
	}
}

// TestP2WithinLimitsIsWithinThePrincipalsRights: whatever limits say, they add nothing; and what does not widen opens
// nothing, a line more in deny above all. Each trace is one person, one delegation of theirs, and one edit of its limits.
func TestP2WithinLimitsIsWithinThePrincipalsRights(t *testing.T) {
	seed := seedOf(t)
	var made, permitted, narrowed, refused atomic.Int64
	inParallel(t, func(t *testing.T, number uint64) bool {
		tr := newTrace(seed, number, 10)
		v := NewVocabulary(tr.catalogues)
		a := v.Authority(tr.person, tr.held)
		for i := 1; i < len(tr.limits); i++ {
			permits, narrow, closed := tr.edited(t, a, tr.limits[i-1], tr.limits[i])
			permitted.Add(permits)
			narrowed.Add(narrow)
			refused.Add(closed)
		}
		return made.Add(int64(len(tr.limits)-1)) >= traces
	})
	t.Logf("%d traces: %d permits, of which %d under limits then narrowed, of which %d no longer", made.Load(), permitted.Load(),
		narrowed.Load(), refused.Load())
	if permitted.Load() == 0 || refused.Load() == 0 || refused.Load() == narrowed.Load() {
		t.Error("the traces show nothing")
	}
}

// edited edits limits and asks before and after. It returns how many questions were permitted before, how many of them
// under limits that were not widened then, and how many of those are no longer permitted.
func (tr *trace) edited(t *testing.T, a *Authority, old, next Limits) (permitted, narrowed, refused int64) {
	if Widens(old, next) {
		next = tr.narrowed(old)
	}
	narrower := tr.sound(a.v, old) && tr.sound(a.v, next) && !Widens(old, next)
	before, after := a.v.Bounds(old, tr.entry), a.v.Bounds(next, tr.entry)
	for range 20 {
		q := tr.someQuestion()
		mine, was, is := a.Permits(nil, &q), a.Permits(before, &q), a.Permits(after, &q)
		if was && !mine || is && !mine {
			t.Fatalf("%+v is permitted within limits, and not in the principal's own name\n%v", q, tr)
		}
		if narrower && is && !was {
			t.Fatalf("%+v is permitted by %+v, which is no wider than %+v\n%v", q, next, old, tr)
		}
		switch {
		case was && narrower && !is:
			refused++
			fallthrough
		case was && narrower:
			narrowed++
			fallthrough
		case was:
			permitted++
		}
	}
	return permitted, narrowed, refused
}

// sound reports whether the limits pass what is checked when they are saved.
func (tr *trace) sound(v *Vocabulary, l Limits) bool {
	if tr.entry && (len(l.Allow) == 0 || slices.ContainsFunc(l.Allow, wild)) {
		return false
	}
	return l.Check(v.catalogues) == nil
}

// wild reports whether the line names no action by itself.
func wild(text string) bool {
	p, err := Parse(text)
	return err != nil || !p.literal()
}

// TestExplainSaysWhatPermitsDoes: an explanation permits exactly where Permits does, then nothing is against it, and
// otherwise something is; and what is listed is what is permitted.
func TestExplainSaysWhatPermitsDoes(t *testing.T) {
	seed := seedOf(t)
	var made atomic.Int64
	inParallel(t, func(t *testing.T, number uint64) bool {
		tr := newTrace(seed, number, 1)
		v := NewVocabulary(tr.catalogues)
		a := v.Authority(tr.person, tr.held)
		for _, b := range []*Bounds{nil, v.Bounds(tr.limits[0], tr.entry)} {
			list := a.List(b)
			everyQuestion(v, func(q *Question) {
				permit, e := a.Permits(b, q), a.Explain(b, q)
				against := slices.ContainsFunc(e.Reasons, func(r Reason) bool { return !r.For })
				if e.Permit != permit || against == permit || len(e.Reasons) == 0 {
					t.Fatalf("%+v: Permits says %v, Explain %+v\n%v", *q, permit, e, tr)
				}
				if _, known := v.Action(q); known && q.Owner != "" && listed(list, tr.person, q) != permit {
					t.Fatalf("%+v: Permits says %v, List %+v\n%v", *q, permit, list, tr)
				}
			})
			for _, l := range list {
				if l.Reach.Nowhere() && len(l.Open()) == 0 && len(l.Opened()) == 0 {
					t.Fatalf("%+v is listed for nothing\n%v", l, tr)
				}
			}
		}
		return made.Add(1) >= int64(traces/100)
	})
}

// listed reports whether a list holds what is asked.
func listed(list []Line, person standin.PersonID, q *Question) bool {
	i := slices.IndexFunc(list, func(l Line) bool {
		return l.Application == q.Application && l.Type == q.Type && l.Action == q.Action
	})
	if i < 0 {
		return false
	}
	reach := list[i].Reach
	if q.Field != "" {
		f := slices.IndexFunc(list[i].Fields, func(f FieldLine) bool { return f.Field == q.Field })
		if f < 0 {
			return false
		}
		reach = list[i].Fields[f].Reach
	}
	if q.Owner == person {
		return reach.Own.Contains(q.Unit)
	}
	return reach.Others.Contains(q.Unit)
}
