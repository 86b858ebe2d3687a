package rights

import (
	"regexp"
	"slices"
	"strings"

	"github.com/standin-id/standin"
)

// naive answers the same questions as Permits by another method: it reads the text of every line with a regular
// expression and compares segment by segment, as DESIGN.md §5 puts it, without numbers, sets or anything compiled.
type naive struct {
	types map[string]map[string]Type // by application
	lines map[string]naiveLine       // read before
}

type naiveLine struct {
	ok                                     bool
	application, typ, action, field, scope string
}

func newNaive(cs Catalogues) *naive {
	n := &naive{types: map[string]map[string]Type{}, lines: map[string]naiveLine{}}
	for id, c := range cs {
		n.types[string(id)] = c.Types
	}
	n.types["standin"] = StandinCatalogue().Types
	return n
}

const naiveName = `[A-Za-z0-9][A-Za-z0-9_-]{0,63}|\*`

var naiveForm = regexp.MustCompile(`\A(` + naiveName + `):(` + naiveName + `)\.(` + naiveName + `)(?:/(` + naiveName +
	`))?(?:@(own|unit|org))?\z`)

func (n *naive) read(text string) naiveLine {
	if l, ok := n.lines[text]; ok {
		return l
	}
	var l naiveLine
	if m := naiveForm.FindStringSubmatch(text); m != nil {
		l = naiveLine{true, m[1], m[2], m[3], m[4], m[5]}
	}
	n.lines[text] = l
	return l
}

func fits(segment, name string) bool { return segment == "*" || segment == name }

func (l naiveLine) about(q *Question) bool {
	return l.ok && fits(l.application, string(q.Application)) && fits(l.typ, q.Type) && fits(l.action, q.Action)
}

// opens: what an allowing line says of the field.
func (l naiveLine) opens(field string, sealed bool) bool {
	switch {
	case l.field == "*":
		return true
	case l.field == "":
		return !sealed
	}
	return l.field == field
}

func below(unit, top standin.UnitID) bool {
	return top != "" && (unit == top || strings.HasPrefix(string(unit), string(top)+"/"))
}

// understood: some catalogue has what the line speaks of.
func (n *naive) understood(l naiveLine) bool {
	for application, types := range n.types {
		for typ, t := range types {
			for what := range t.Actions {
				_, field := t.Fields[l.field]
				if l.ok && fits(l.application, application) && fits(l.typ, typ) && fits(l.action, what) &&
					(field || l.field == "" || l.field == "*") {
					return true
				}
			}
		}
	}
	return false
}

// permits says whether the person may, and, where limits are given, whether somebody may for them.
func (n *naive) permits(person standin.PersonID, held []Holding, limits *Limits, entry bool, q *Question) bool {
	t := n.types[string(q.Application)][q.Type]
	action, known := t.Actions[q.Action]
	field, isField := t.Fields[q.Field]
	if !known || q.Field != "" && !isField {
		return false
	}
	return n.byRoles(person, held, q, field.Sealed) && (limits == nil || n.byLimits(person, held, limits, entry, q, action, field.Sealed))
}

func (n *naive) byRoles(person standin.PersonID, held []Holding, q *Question, sealed bool) bool {
	for _, h := range held {
		for _, text := range h.Role.Allow {
			l := n.read(text)
			if !l.about(q) || !l.opens(q.Field, sealed) {
				continue
			}
			if l.scope == "" || l.scope == "org" || l.scope == "own" && q.Owner == person && person != "" ||
				l.scope == "unit" && below(q.Unit, h.Unit) {
				return true
			}
		}
	}
	return false
}

func (n *naive) byLimits(person standin.PersonID, held []Holding, limits *Limits, entry bool, q *Question, action Action, sealed bool) bool {
	mine := q.Owner == person && person != ""
	inMine := slices.ContainsFunc(held, func(h Holding) bool { return below(q.Unit, h.Unit) })
	for _, text := range limits.Deny {
		l := n.read(text)
		if !n.understood(l) {
			return false
		}
		closed := l.field == "" || l.field == q.Field || l.field == "*" && q.Field != ""
		scope := l.scope == "" || l.scope == "org" || l.scope == "own" && (mine || q.Owner == "") ||
			l.scope == "unit" && (inMine || q.Unit == "")
		if l.about(q) && closed && scope {
			return false
		}
	}
	if len(limits.Units) > 0 && !slices.ContainsFunc(limits.Units, func(u standin.UnitID) bool { return below(q.Unit, u) }) {
		return false
	}
	if limits.ReadOnly && !action.Reads || action.Personal != entry || entry && !action.Entry {
		return false
	}
	if len(limits.Allow) == 0 {
		return !entry && (!sealed || limits.Sealed)
	}
	for _, text := range limits.Allow {
		l := n.read(text)
		if !l.about(q) || !l.opens(q.Field, sealed && !limits.Sealed) {
			continue
		}
		if entry && (l.application == "*" || l.typ == "*" || l.action == "*") {
			continue
		}
		if l.scope == "" || l.scope == "org" || l.scope == "own" && mine || l.scope == "unit" && inMine {
			return true
		}
	}
	return false
}
