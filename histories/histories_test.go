package histories_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
)

// step is something that can happen, and how often among the others.
type step struct {
	name   string
	weight int
	do     func(h *history)
}

func verb(v delegation.Verb, weight int) step {
	return step{string(v), weight, func(h *history) { h.do(v) }}
}

func steps() []step {
	return []step{
		{"name", 14, (*history).name}, verb(delegation.DoAccept, 7), verb(delegation.DoDecline, 4), verb(delegation.DoEnable, 6),
		verb(delegation.DoDisable, 4), verb(delegation.DoEdit, 8), verb(delegation.DoRenew, 3), verb(delegation.DoDeactivate, 3),
		verb(delegation.DoReactivate, 4), verb(delegation.DoRevoke, 3), verb(delegation.DoLayDown, 2), verb(delegation.DoDelete, 2),
		{"start", 18, (*history).act}, {"extend", 6, (*history).extend}, {"stop", 4, (*history).stop}, {"sign out", 2, (*history).out},
		{"stale", 3, (*history).stale}, {"prove", 4, (*history).prove}, {"withdraw", 3, (*history).withdraw}, {"look", 8, (*history).look}, {"sweep", 2, (*history).sweep},
		{"activity", 6, (*history).activity}, {"role", 6, (*history).hand}, {"hand on", 5, (*history).handOn}, {"move", 4, (*history).move}, {"shape", 3, (*history).shape},
		{"settings", 4, (*history).configure}, {"spy", 2, (*history).spy}, {"later", 20, (*history).later},
	}
}

// TestHistories lets people of two organisations, programs and the operator do anything in any order, and holds everything
// that is there after each step against the oracle.
func TestHistories(t *testing.T) {
	checks(t, rounds/places)
	sums := map[string]*tally{"sqlite": newTally(), "postgres": newTally()}
	t.Run("places", func(t *testing.T) {
		for i := range places {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				dbtest.Run(t, func(t *testing.T, d *db.DB) { happen(t, d, sums[d.Dialect()]) })
			})
		}
	})
	for dialect, sum := range sums {
		sum.report(t, dialect)
	}
}

// happen runs a place's share of the histories, and then verifies its whole record.
func happen(t *testing.T, d *db.DB, sum *tally) {
	p := newPlace(t, d, sum)
	all := steps()
	var lots []int
	for i, s := range all {
		lots = append(lots, slices.Repeat([]int{i}, s.weight)...)
	}
	begun := time.Now()
	rapid.Check(t, func(rt *rapid.T) {
		h := begin(rt, t.Context(), p)
		rt.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { h.check() },
			"step": func(*rapid.T) {
				s := all[lots[index(rt, "step", len(lots))]]
				h.settle()
				s.do(h)
				if s.name != "later" {
					h.check()
					h.clock = h.clock.Add(time.Millisecond)
					h.settle()
				}
				sum.step()
			},
		})
		h.close()
	})
	sum.histories(int(p.runs.Load()), time.Since(begun))
	verify(t, d)
}

// close looks at the whole once more: what the pages offer, the choices, that stopping works, that each row is explained.
func (h *history) close() {
	h.checkAll()
	h.offers()
	for _, p := range h.everybody {
		acts := slices.ContainsFunc(h.delegations, func(d *delegated) bool { return d.actor == p })
		if p.active && (acts || h.chance(1, 6)) {
			h.choices(p)
		}
	}
	h.finish()
	walks := []ledger.Walk{
		{Kinds: []string{"organisation", "unit", "person", "role", "holding"}, Explain: h.dir.Explain},
		{Kinds: []string{"delegation"}, Explain: h.deleg.Explain}, {Kinds: []string{"session"}, Explain: h.acting.Explain},
		{Kinds: []string{"login", "password"}, Explain: h.signin.Explain},
	}
	h.view(func(ctx context.Context, tx *db.Tx) error {
		for _, o := range h.orgs {
			err := h.ledger.Unexplained(ctx, tx, o.id, walks, func(d ledger.Difference) error {
				h.fail("%s: %s (%s)", d.Resource, d.What, d.Record)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// verify gives every record its place and verifies the whole ledger.
func verify(t *testing.T, d *db.DB) {
	k, err := ledger.NewKey("histories")
	if err != nil {
		t.Fatal(err)
	}
	s := ledger.NewSequencer(ledger.New(d, time.Now), k, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := ledger.Verify(t.Context(), d, k.Verifier(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range report.Problems {
		t.Error(problem)
	}
	if len(report.Trees) < 2 {
		t.Errorf("%d trees were verified", len(report.Trees))
	}
}

// checks sets how many histories rapid tries in each place, unless it was told.
func checks(t *testing.T, n int) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if before := f.Value.String(); before == f.DefValue {
		if err := f.Value.Set(strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(before) })
	}
}

// tally counts what the histories showed.
type tally struct {
	mu          sync.Mutex
	seen        map[string]map[standin.Kind]int
	steps, runs int
	spent       time.Duration
}

func newTally() *tally { return &tally{seen: map[string]map[standin.Kind]int{}} }

func (s *tally) count(step string, kind standin.Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[step] == nil {
		s.seen[step] = map[standin.Kind]int{}
	}
	s.seen[step][kind]++
}

func (s *tally) step() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps++
}

func (s *tally) histories(n int, spent time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs += n
	s.spent += spent
}

// enough is how many histories show every kind of step, by far.
const enough = 100

// always is what nothing may refuse, and never what nothing may allow.
var (
	always = []string{"stop", "sign out", "sweep", "switch", "name themselves", "time passes"}
	never  = []string{"use what is over", "look at the other organisation"}
)

// report tells what happened, and fails unless every kind of step was both done and refused.
func (s *tally) report(t *testing.T, dialect string) {
	if s.runs == 0 {
		return
	}
	t.Logf("%s: %d histories, %d steps, %.1f histories a second in each of %d places", dialect, s.runs, s.steps,
		float64(s.runs)/max(s.spent.Seconds(), 0.001), places)
	for _, name := range slices.Sorted(maps.Keys(s.seen)) {
		line := ""
		for _, kind := range slices.Sorted(maps.Keys(s.seen[name])) {
			line += fmt.Sprintf("  %s %d", map[bool]string{true: "done", false: string(kind)}[kind == ""], s.seen[name][kind])
		}
		t.Logf("%-32s%s", name, line)
	}
	names := []string{"sign in", "deactivate person", "reactivate person", "give role", "take role", "change unit or manager", "change role",
		"change settings", "switch", "name themselves", "time passes", "use what is over", "look at the other organisation"}
	for _, x := range steps() {
		names = append(names, x.name)
	}
	for _, name := range names {
		if slices.Contains([]string{"stale", "activity", "role", "move", "shape", "settings", "spy", "later"}, name) {
			continue // the step's things are counted by their own names
		}
		done := s.seen[name][""]
		refused := -done
		for _, n := range s.seen[name] {
			refused += n
		}
		if s.runs < enough {
			continue // somebody asked for a few only
		}
		if done == 0 && !slices.Contains(never, name) || refused == 0 && !slices.Contains(always, name) {
			t.Errorf("%s: %s was done %d times and refused %d times: these histories show nothing of it", dialect, name, done, refused)
		}
	}
}
