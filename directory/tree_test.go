package directory_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
)

// node is a unit as itself, whatever its path.
type node struct {
	name  string
	above *node
	over  bool
}

func (n *node) path() standin.UnitID {
	if n.above == nil {
		return standin.UnitID(n.name)
	}
	return n.above.path() + "/" + standin.UnitID(n.name)
}

func (n *node) below(o *node) bool { return n != nil && (n == o || n.above.below(o)) }

// forest is what a reader of the documents expects of units: things that keep who is in them, wherever they are put, and
// paths that never come to mean another.
type forest struct {
	nodes  []*node
	people map[standin.PersonID]*node
	paths  map[standin.UnitID]*node // whose a path is or was
}

func (f *forest) living() (all []*node) {
	for _, n := range f.nodes {
		if !n.over {
			all = append(all, n)
		}
	}
	return all
}

func (f *forest) at(path standin.UnitID) *node {
	for _, n := range f.living() {
		if n.path() == path {
			return n
		}
	}
	return nil
}

// take notes the paths that the living have by now.
func (f *forest) take() {
	for _, n := range f.living() {
		f.paths[n.path()] = n
	}
}

// fits reports whether n could be at the path, with everything below it.
func (f *forest) fits(n *node, path standin.UnitID) bool {
	for _, m := range f.living() {
		if !m.below(n) {
			continue
		}
		if owner := f.paths[m.path().Moved(n.path(), path)]; owner != nil && owner != m {
			return false
		}
	}
	return true
}

// TestUnitsKeepTheirPeople plays random histories of units that are made, moved and ended with people inside, against what
// a reader of the documents expects.
func TestUnitsKeepTheirPeople(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		for seed := range uint64(2) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			root := standin.UnitID(fmt.Sprintf("r%d", seed))
			w.fine(w.PutUnit(t.Context(), operator(acme), root))
			f := &forest{nodes: []*node{{name: string(root)}}, people: map[standin.PersonID]*node{}, paths: map[standin.UnitID]*node{}}
			done := map[string]int{}
			for step := range 60 {
				f.take()
				done[w.step(rnd, f, fmt.Sprintf("%d-%d", seed, step))]++
				w.same(f, root)
			}
			for _, what := range []string{"made", "moved", "ended", "refused", "placed"} {
				if done[what] == 0 {
					t.Errorf("seed %d: nothing was %s: %v", seed, what, done)
				}
			}
		}
		w.explained(acme)
	})
}

// step does one random thing, and fails where it does not go as expected.
func (w *town) step(rnd *rand.Rand, f *forest, id string) string {
	w.t.Helper()
	boss, living := as(acme, "boss"), f.living()
	n, m := living[rnd.IntN(len(living))], living[rnd.IntN(len(living))]
	name := string(rune('a' + rnd.IntN(3)))
	path := m.path() + "/" + standin.UnitID(name)
	expect := func(done string, fine bool, err error) string {
		w.t.Helper()
		if fine != (err == nil) {
			w.t.Fatalf("%s: %s to %s: got %v, want it done: %v", done, n.path(), path, err, fine)
		}
		if err != nil {
			return "refused"
		}
		return done
	}
	switch rnd.IntN(4) {
	case 0:
		owner := f.paths[path]
		_, err := w.PutUnit(w.t.Context(), boss, path)
		if err == nil && owner == nil {
			f.nodes = append(f.nodes, &node{name: name, above: m})
		}
		return expect("made", owner == nil || f.at(path) != nil, err)
	case 1:
		_, err := w.move(boss, n.path(), path)
		fine := path == n.path() || n.above != nil && !m.below(n) && f.at(path) == nil && f.fits(n, path)
		if err == nil && fine {
			n.name, n.above = name, m
		}
		return expect("moved", fine, err)
	case 2:
		people, below := 0, false
		for _, p := range f.people {
			if p == n {
				people++
			}
		}
		for _, o := range living {
			below = below || o != n && o.below(n)
		}
		if n.above == nil {
			return "kept"
		}
		_, err := w.EndUnit(w.t.Context(), boss, n.path(), m.path())
		fine := !below && m != n
		if err == nil && fine {
			for p, at := range f.people {
				if at == n {
					f.people[p] = m
				}
			}
			n.over = true
		}
		return expect("ended", fine, err)
	}
	p := standin.PersonID("t-" + id)
	_, _, err := w.PutPerson(w.t.Context(), operator(acme), directory.Person{ID: p, Name: "T " + id, Email: string(p) + "@acme.example", Unit: n.path()})
	f.people[p] = n
	return expect("placed", true, err)
}

// same fails where the units below root, or who is in them, are other than expected.
func (w *town) same(f *forest, root standin.UnitID) {
	w.t.Helper()
	want, got := map[standin.UnitID]int{}, map[standin.UnitID]int{}
	for _, n := range f.living() {
		want[n.path()] = 0
	}
	for _, n := range f.people {
		want[n.path()]++
	}
	w.view(func(ctx context.Context, tx *db.Tx) error {
		clear(got)
		units, err := w.Units(ctx, tx, acme)
		for _, u := range units {
			if u.ID.Within(root) {
				got[u.ID] = 0
			}
		}
		if err != nil {
			return err
		}
		return w.EachPerson(ctx, tx, acme, func(p directory.Person) error {
			if p.Unit.Within(root) {
				got[p.Unit]++
			}
			return nil
		})
	})
	if diff := cmp.Diff(got, want); diff != "" {
		w.t.Fatalf("units and how many are in them (-got +want):\n%s", diff)
	}
}

func FuzzGroupForm(f *testing.F) {
	for _, s := range []string{"First aid", "", " \u202e", "Ä\u0308pfel", "a\u200db", "x\x00y", strings.Repeat("é", 300), "\u064b", "पीठ"} {
		f.Add(s, s, s)
	}
	f.Fuzz(func(t *testing.T, id, name, description string) {
		g, err := directory.Group{ID: standin.GroupID(id), Name: name, Description: description}.Form()
		if err != nil {
			if kind := standin.KindOf(err); kind != standin.Invalid {
				t.Errorf("got %v, want it invalid", err)
			}
			return
		}
		again, err := g.Form()
		if err != nil || again != g {
			t.Errorf("got %+v, %v; want the form to stay %+v", again, err, g)
		}
		if g.Name == "" || !utf8.ValidString(g.Name+g.Description) || strings.ContainsAny(g.Name, "\x00\u202e\n") {
			t.Errorf("got %q, %q; want what can be read", g.Name, g.Description)
		}
	})
}
