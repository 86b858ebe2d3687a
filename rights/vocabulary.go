package rights

import (
	"maps"
	"slices"

	"github.com/standin-id/standin"
)

// Question asks whether something may be done with one record. It does not name who asks: whose right it is says the
// Authority that answers, and the real actor has no part in it (DESIGN.md P2). EnteredBy and SelfApproval are for guard,
// to which the same question goes.
type Question struct {
	Application  standin.ApplicationID
	Type         string
	Action       string
	Field        string           // "" asks about the record itself
	Owner        standin.PersonID // whose record it is; "" where that is not said
	EnteredBy    standin.PersonID // who entered it for the owner
	Unit         standin.UnitID   // "" where the record has none
	SelfApproval bool             // the record may be judged by whose it is
}

// Vocabulary is everything that an organisation's catalogues, and Standin's own, speak of, numbered: each action has one
// slot for its record and one for each field of its type. It is not changed once made, and is shared between goroutines.
// What it does not know is permitted to nobody.
type Vocabulary struct {
	catalogues Catalogues
	actions    []action
	index      map[name]int32 // of actions
	slots      int
}

// name is what an action is found by.
type name struct {
	application standin.ApplicationID
	typ, action string
}

type action struct {
	name
	flags Action
	slot  int // of the record; those of the fields follow
	has   *fields
}

// fields are those of one type, in order.
type fields struct {
	names  []string
	sealed []bool
	index  map[string]int
}

// NewVocabulary numbers what the catalogues speak of. Standin's own is always among them, whatever cs holds in its place.
// Neither cs nor what it holds may be changed afterwards.
func NewVocabulary(cs Catalogues) *Vocabulary {
	v := &Vocabulary{catalogues: maps.Clone(cs), index: map[name]int32{}}
	if v.catalogues == nil {
		v.catalogues = Catalogues{}
	}
	v.catalogues[Standin] = StandinCatalogue()
	for _, id := range slices.Sorted(maps.Keys(v.catalogues)) {
		types := v.catalogues[id].Types
		for _, typ := range slices.Sorted(maps.Keys(types)) {
			v.add(id, typ, types[typ])
		}
	}
	return v
}

func (v *Vocabulary) add(id standin.ApplicationID, typ string, t Type) {
	f := &fields{names: slices.Sorted(maps.Keys(t.Fields)), index: map[string]int{}}
	for i, field := range f.names {
		f.sealed = append(f.sealed, t.Fields[field].Sealed)
		f.index[field] = i
	}
	for _, what := range slices.Sorted(maps.Keys(t.Actions)) {
		n := name{id, typ, what}
		v.index[n] = int32(len(v.actions))
		v.actions = append(v.actions, action{n, t.Actions[what], v.slots, f})
		v.slots += 1 + len(f.names)
	}
}

// Action returns what the catalogue says of the action that is asked about; false where no catalogue has it, or its type
// not the field.
func (v *Vocabulary) Action(q *Question) (Action, bool) {
	a, _, ok := v.find(q)
	if !ok {
		return Action{}, false
	}
	return a.flags, true
}

// find returns the action asked about, and its slot for the record or the field.
func (v *Vocabulary) find(q *Question) (*action, int, bool) {
	i, ok := v.index[name{q.Application, q.Type, q.Action}]
	if !ok {
		return nil, 0, false
	}
	a := &v.actions[i]
	if q.Field == "" {
		return a, a.slot, true
	}
	field, ok := a.has.index[q.Field]
	return a, a.slot + 1 + field, ok
}

// Known refuses with Invalid what no catalogue has; field "" is the record itself. Wildcards are known to none.
func (v *Vocabulary) Known(application standin.ApplicationID, typ, action, field string) error {
	c, isApplication := v.catalogues[application]
	t, isType := c.Types[typ]
	_, isAction := t.Actions[action]
	_, isField := t.Fields[field]
	f := found{application: isApplication, typ: isType, action: isAction, field: isField || field == ""}
	return f.refuse(asked(application, typ, action, field))
}

// asked is what is asked about, as a permission is written; names that cannot be any are shortened.
func asked(application standin.ApplicationID, typ, action, field string) Permission {
	return Permission{standin.ApplicationID(excerpt(string(application))), excerpt(typ), excerpt(action), excerpt(field), Org}
}

// each calls visit for every action that the permission speaks of, whatever its field and scope.
func (v *Vocabulary) each(p Permission, visit func(a *action)) {
	if string(p.Application) != Any && p.Type != Any && p.Action != Any {
		if i, ok := v.index[name{p.Application, p.Type, p.Action}]; ok {
			visit(&v.actions[i])
		}
		return
	}
	for i := range v.actions {
		if a := &v.actions[i]; p.matches(a.application, a.typ, a.action) {
			visit(a)
		}
	}
}

// bits is a set of slots. The nil set is empty.
type bits []uint64

func (b bits) has(slot int) bool {
	word := slot / 64
	return word < len(b) && b[word]&(1<<(slot%64)) != 0
}

// add puts the slot into the set, which then has room for all of the size.
func (b *bits) add(slot, size int) {
	if *b == nil {
		*b = make(bits, (size+63)/64)
	}
	(*b)[slot/64] |= 1 << (slot % 64)
}

// remove takes from the set what is in the other.
func (b bits) remove(other bits) {
	for i := range min(len(b), len(other)) {
		b[i] &^= other[i]
	}
}
