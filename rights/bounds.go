package rights

import "github.com/standin-id/standin"

// Bounds are the limits of one delegation, compiled. They belong to the vocabulary that made them: an authority of another
// one permits nothing within them. They are not changed once made, and are shared between goroutines.
type Bounds struct {
	v      *Vocabulary
	limits Limits
	entry  bool
	// What is allowed, less what is denied everywhere; and what is denied of one's own and of the units' records.
	allow  [len(scopeNames)]bits
	deny   [Org]bits
	closed bool // by a denial that is not understood
}

// Bounds compiles limits; entry says that they are an entry delegation's, which opens the personal actions that Allow
// names and nothing else. A permission that does not parse, or that no catalogue knows, opens nothing in Allow, and closes
// everything in Deny.
func (v *Vocabulary) Bounds(l Limits, entry bool) *Bounds {
	b := &Bounds{v: v, limits: l, entry: entry}
	if len(l.Allow) == 0 && !entry {
		b.open(Permission{Application: Any, Type: Any, Action: Any, Scope: Org})
	}
	for _, text := range l.Allow {
		if p, err := Parse(text); err == nil && (!entry || p.literal()) {
			b.open(p)
		}
	}
	for _, text := range l.Deny {
		if p, ok := v.understood(text); ok {
			b.close(p)
		} else {
			b.closed = true
		}
	}
	return b
}

// understood parses a permission; false where it cannot be, or where no catalogue has what it speaks of.
func (v *Vocabulary) understood(text string) (p Permission, ok bool) {
	p, err := Parse(text)
	if err != nil {
		return p, false
	}
	v.each(p, func(what *action) {
		_, field := what.has.index[p.Field]
		ok = ok || field || p.Field == "" || p.Field == Any
	})
	return p, ok
}

// literal reports whether the permission names its action without a wildcard.
func (p Permission) literal() bool {
	return string(p.Application) != Any && p.Type != Any && p.Action != Any
}

// delegable returns why nobody who acts within the bounds does the action, whatever they allow, or "".
func (b *Bounds) delegable(a Action) string {
	switch {
	case b.entry && !a.Personal:
		return "rights.entry_only"
	case b.entry && !a.Entry:
		return "rights.entry_never"
	case !b.entry && a.Personal:
		return "rights.personal"
	}
	return ""
}

func (b *Bounds) open(p Permission) {
	b.v.each(p, func(what *action) {
		if b.delegable(what.flags) != "" || b.limits.ReadOnly && !what.flags.Reads {
			return
		}
		what.covered(p, b.limits.Sealed, func(slot int) { b.allow[p.Scope].add(slot, b.v.slots) })
	})
}

func (b *Bounds) close(p Permission) {
	var everywhere bits
	set := &everywhere
	if p.Scope != Org {
		set = &b.deny[p.Scope]
	}
	b.v.each(p, func(what *action) {
		what.denied(p, func(slot int) { set.add(slot, b.v.slots) })
	})
	for _, allowed := range b.allow {
		allowed.remove(everywhere)
	}
}

// lets reports whether the bounds let the slot through for a record; own says that it is the principal's.
func (b *Bounds) lets(a *Authority, slot int, own bool, q *Question) bool {
	if b.closed || b.v != a.v || !b.contains(q.Unit) {
		return false
	}
	allowed := b.allow[Org].has(slot) || own && b.allow[Own].has(slot) || b.allow[Unit].has(slot) && a.holdsAbove(q.Unit)
	if !allowed {
		return false
	}
	// In doubt a denial closes: a record without an owner may be one's own, one without a unit may lie in one's units.
	denied := b.deny[Own].has(slot) && (own || q.Owner == "") || b.deny[Unit].has(slot) && (q.Unit == "" || a.holdsAbove(q.Unit))
	return !denied
}

// contains reports whether the unit is one of those that the limits leave.
func (b *Bounds) contains(unit standin.UnitID) bool {
	if len(b.limits.Units) == 0 {
		return true
	}
	for _, u := range b.limits.Units {
		if unit.Within(u) {
			return true
		}
	}
	return false
}

// covered calls visit for the slots of the action that the permission reaches where it allows: without a field the record
// and its unsealed fields (all of them where sealed ones are open), with Any everything, with a name that field alone.
func (a *action) covered(p Permission, sealed bool, visit func(slot int)) {
	if p.answersRecord() {
		visit(a.slot)
	}
	for i := range a.has.names {
		if a.has.covers(p, i, sealed) {
			visit(a.slot + 1 + i)
		}
	}
}

// denied calls visit for the slots of the action that the permission closes in Deny: without a field everything, with Any
// every field, with a name that field alone.
func (a *action) denied(p Permission, visit func(slot int)) {
	if p.closes("") {
		visit(a.slot)
	}
	for i, field := range a.has.names {
		if p.closes(field) {
			visit(a.slot + 1 + i)
		}
	}
}

// covers reports whether the permission, where it allows, reaches the field.
func (f *fields) covers(p Permission, field int, sealed bool) bool {
	switch p.Field {
	case "":
		return sealed || !f.sealed[field]
	case Any:
		return true
	}
	return p.Field == f.names[field]
}

// closes reports whether the permission, where it denies, reaches the field, or the record where field is "".
func (p Permission) closes(field string) bool {
	return p.Field == "" || p.Field == field || p.Field == Any && field != ""
}
