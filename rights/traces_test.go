package rights

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/standin-id/standin"
)

// trace is one invented history: catalogues, what somebody holds, the limits of a delegation of theirs and how they are
// edited. The names are few, so that lines often meet.
type trace struct {
	seed, number uint64
	r            *rand.Rand
	catalogues   Catalogues
	person       standin.PersonID
	held         []Holding
	entry        bool
	limits       []Limits
}

var (
	traceApplications = []standin.ApplicationID{"desk", "bank", "standin", "lost"}
	traceTypes        = []string{"expense", "report", "audit", "lost"}
	traceActions      = []string{"view", "approve", "enter", "lost"}
	traceFields       = []string{"", "amount", "iban", "lost"}
	traceUnits        = []standin.UnitID{"a", "a/b", "a/b/c", "ab", "d"}
	traceOwners       = []standin.PersonID{"", "p-1", "p-2"}
)

// newTrace invents the trace of that number; the same seed and number give the same one.
func newTrace(seed, number uint64, edits int) *trace {
	t := &trace{seed: seed, number: number, r: rand.New(rand.NewPCG(seed, number)), person: "p-1"}
	t.catalogues = Catalogues{}
	for _, id := range traceApplications[:2] {
		t.catalogues[id] = t.catalogue()
	}
	for range 1 + t.r.IntN(4) {
		role := Role{ID: standin.RoleID(fmt.Sprintf("r-%d", t.r.IntN(3))), Allow: t.some(8)}
		t.held = append(t.held, Holding{Role: role, Unit: t.unit()})
	}
	t.entry = t.chance(5)
	for range edits + 1 {
		t.limits = append(t.limits, t.invent())
	}
	return t
}

func (t *trace) String() string {
	return fmt.Sprintf("trace %d of seed %d: held %+v, entry %v, limits %+v, catalogues %+v", t.number, t.seed, t.held, t.entry,
		t.limits, t.catalogues)
}

func (t *trace) chance(of int) bool { return t.r.IntN(of) == 0 }

func pick[T any](t *trace, from []T) T { return from[t.r.IntN(len(from))] }

func (t *trace) unit() standin.UnitID {
	if t.chance(8) {
		return ""
	}
	return pick(t, traceUnits)
}

func (t *trace) catalogue() Catalogue {
	c := Catalogue{Types: map[string]Type{}}
	for _, typ := range traceTypes[:2] {
		if t.chance(6) {
			continue
		}
		kind := Type{Actions: map[string]Action{}, Fields: map[string]Field{}}
		for _, what := range traceActions[:3] {
			if t.chance(6) {
				continue
			}
			a := Action{Category: General, Personal: t.chance(3), Reads: t.chance(2), Approves: t.chance(3), Entry: true}
			a.Entry = !a.Personal || !t.chance(3)
			kind.Actions[what] = a
		}
		for _, field := range traceFields[1:3] {
			if !t.chance(4) {
				kind.Fields[field] = Field{Sealed: t.chance(2)}
			}
		}
		c.Types[typ] = kind
	}
	return c
}

// some invents up to so many lines, now and then one that nobody understands.
func (t *trace) some(most int) []string {
	var lines []string
	for range t.r.IntN(most + 1) {
		lines = append(lines, t.line())
	}
	return lines
}

func (t *trace) line() string {
	if t.chance(40) {
		return pick(t, []string{"", "desk:expense", "desk:expense.view@team", "desk.expense:view", "*", "desk:*.view/", "Desk:expense.view"})
	}
	segment := func(names []string) string {
		if t.chance(3) {
			return Any
		}
		if t.chance(40) {
			return names[len(names)-1]
		}
		return pick(t, names[:len(names)-1])
	}
	application := Any
	if !t.chance(3) {
		application = string(pick(t, traceApplications[:3]))
	}
	text := application + ":" + segment(traceTypes) + "." + segment(traceActions)
	if t.chance(3) {
		text += "/" + segment(traceFields[1:])
	}
	return text + pick(t, []string{"", "", "", "@org", "@own", "@unit"})
}

func (t *trace) invent() Limits {
	var l Limits
	if !t.chance(3) {
		l.Allow = t.some(3)
	}
	if t.chance(2) {
		l.Deny = t.some(2)
	}
	for t.chance(4) {
		l.Units = append(l.Units, pick(t, traceUnits))
	}
	l.ReadOnly, l.Sealed = t.chance(5), t.chance(4)
	return l
}

// narrowed invents limits that are narrower than the given ones, so that narrowing is not left to chance.
func (t *trace) narrowed(l Limits) Limits {
	switch t.r.IntN(4) {
	case 0:
		l.ReadOnly, l.Sealed = true, false
	case 1:
		l.Deny = append(append([]string{}, l.Deny...), t.line())
	case 2:
		if len(l.Units) == 0 {
			l.Units = []standin.UnitID{pick(t, traceUnits)}
		}
	case 3:
		if len(l.Allow) > 1 {
			l.Allow = l.Allow[1:]
		}
	}
	return l
}

// everyQuestion calls ask for each question that can be asked with the names of traces: for every record where the
// catalogues know what is asked, else once.
func everyQuestion(v *Vocabulary, ask func(q *Question)) {
	q := Question{Owner: "p-1", Unit: "a"}
	for _, q.Application = range traceApplications {
		for _, q.Type = range traceTypes {
			for _, q.Action = range traceActions {
				for _, q.Field = range traceFields {
					if _, known := v.Action(&q); known {
						everyRecord(q, ask)
					} else {
						ask(&q)
					}
				}
			}
		}
	}
}

func everyRecord(q Question, ask func(q *Question)) {
	for _, q.Owner = range traceOwners {
		for _, q.Unit = range []standin.UnitID{"", "a", "a/b", "a/b/c", "ab", "d"} {
			ask(&q)
		}
	}
}

// someQuestion invents one that catalogues mostly know.
func (t *trace) someQuestion() Question {
	known := func(names []string) string {
		if t.chance(50) {
			return names[len(names)-1]
		}
		return pick(t, names[:len(names)-1])
	}
	q := Question{Application: pick(t, traceApplications[:2]), Type: known(traceTypes[:3]), Action: known(traceActions),
		Field: known(traceFields), Owner: pick(t, traceOwners), Unit: t.unit()}
	if t.chance(10) {
		q.Application, q.Type, q.Action, q.Field = Standin, "audit", "view", ""
	}
	return q
}

// seedOf draws the seed of a run and prints it, so that what fails can be run again.
func seedOf(t *testing.T) uint64 {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return seed
}
