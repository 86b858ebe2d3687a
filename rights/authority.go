package rights

import (
	"slices"

	"github.com/standin-id/standin"
)

// Authority is what one person may do in their own name, compiled from the roles they hold. The zero and the nil
// Authority permit nothing. It is not changed once made, and is shared between goroutines.
type Authority struct {
	v        *Vocabulary
	person   standin.PersonID
	held     []Holding
	units    []standin.UnitID // where a role is held
	org, own bits
	at       []reach
}

// reach is what the roles that are held at the unit allow "@unit".
type reach struct {
	unit standin.UnitID
	bits bits
}

// Authority returns what the person may do by the roles they hold. A permission that does not parse, or that no catalogue
// knows, gives nothing. What is held may not be changed afterwards.
func (v *Vocabulary) Authority(person standin.PersonID, held []Holding) *Authority {
	a := &Authority{v: v, person: person, held: held}
	for _, h := range held {
		if h.Unit != "" && !slices.Contains(a.units, h.Unit) {
			a.units = append(a.units, h.Unit)
		}
		for _, text := range h.Role.Allow {
			if p, err := Parse(text); err == nil {
				a.grant(p, h.Unit)
			}
		}
	}
	return a
}

func (a *Authority) grant(p Permission, unit standin.UnitID) {
	if p.Scope == Unit && unit == "" {
		return
	}
	set := a.set(p.Scope, unit)
	a.v.each(p, func(what *action) {
		what.covered(p, false, func(slot int) { set.add(slot, a.v.slots) })
	})
}

// set returns where the scope's slots are kept, until the next is asked for.
func (a *Authority) set(scope Scope, unit standin.UnitID) *bits {
	if scope == Org {
		return &a.org
	}
	if scope == Own {
		return &a.own
	}
	i := slices.IndexFunc(a.at, func(r reach) bool { return r.unit == unit })
	if i == -1 {
		i, a.at = len(a.at), append(a.at, reach{unit: unit})
	}
	return &a.at[i].bits
}

// Permits reports whether the person may do it in their own name, where b is nil, or else whether whoever acts for them
// within the bounds may. Guardrails are not asked. It allocates nothing.
func (a *Authority) Permits(b *Bounds, q *Question) bool {
	if a == nil || a.v == nil {
		return false
	}
	_, slot, known := a.v.find(q)
	if !known {
		return false
	}
	own := q.Owner != "" && q.Owner == a.person
	return a.grants(slot, own, q.Unit) && (b == nil || b.lets(a, slot, own, q))
}

// Within reports whether the bounds of a delegation let it through, whatever the person's roles say: for applications
// whose own policies take the place of roles. No bounds, and no authority, let nothing through. It allocates nothing.
func (a *Authority) Within(b *Bounds, q *Question) bool {
	if a == nil || a.v == nil || b == nil {
		return false
	}
	_, slot, known := a.v.find(q)
	return known && b.lets(a, slot, q.Owner != "" && q.Owner == a.person, q)
}

// grants reports whether the roles reach the slot of a record that is the person's own or not, in that unit.
func (a *Authority) grants(slot int, own bool, unit standin.UnitID) bool {
	if a.org.has(slot) || own && a.own.has(slot) {
		return true
	}
	for i := range a.at {
		if a.at[i].bits.has(slot) && unit.Within(a.at[i].unit) {
			return true
		}
	}
	return false
}

// holdsAbove reports whether the unit is at or below one where the person holds a role.
func (a *Authority) holdsAbove(unit standin.UnitID) bool {
	return slices.ContainsFunc(a.units, unit.Within)
}
