package rights

import (
	"slices"

	"github.com/standin-id/standin"
)

// Line is one action that can be done with some record, or with some field of one.
type Line struct {
	Application standin.ApplicationID
	Type        string
	Action      string
	Flags       Action      // what the catalogue says of the action
	Reach       Extent      // of records; nowhere where only fields can be reached
	Fields      []FieldLine // those that the person reaches in their own name
}

// FieldLine is a field that the person reaches in their own name. Where the limits close it, its reach is nowhere.
type FieldLine struct {
	Field  string
	Sealed bool
	Reach  Extent
}

// Extent tells which records are reached: of the person whose rights they are, and of everybody else.
type Extent struct {
	Own    Area
	Others Area
}

// Area is a set of records by their units. The zero Area is nowhere.
type Area struct {
	Unitless bool             // records of no unit
	All      bool             // records of every unit
	Units    []standin.UnitID // or of those at or below these, in order, none below another
	Except   []standin.UnitID // but none at or below these
}

// Nowhere reports whether nothing is reached.
func (r Extent) Nowhere() bool { return r.Own.Nowhere() && r.Others.Nowhere() }

// Everywhere reports whether every record is reached.
func (r Extent) Everywhere() bool { return r.Own.Everywhere() && r.Others.Everywhere() }

// Nowhere reports whether the area holds no record.
func (a Area) Nowhere() bool { return !a.Unitless && !a.All && len(a.Units) == 0 }

// Everywhere reports whether the area holds every record.
func (a Area) Everywhere() bool { return a.Unitless && a.All && len(a.Except) == 0 }

// Contains reports whether the area holds records of the unit, "" for those of none.
func (a Area) Contains(unit standin.UnitID) bool {
	if unit == "" {
		return a.Unitless
	}
	return (a.All || slices.ContainsFunc(a.Units, unit.Within)) && !slices.ContainsFunc(a.Except, unit.Within)
}

// Opened returns the sealed fields of the line that can be reached, in order.
func (l Line) Opened() []string { return l.named(true, false) }

// Closed returns the sealed fields that the person reaches in their own name and the limits close, in order.
func (l Line) Closed() []string { return l.named(true, true) }

// Open returns the fields that are not sealed and can be reached, in order.
func (l Line) Open() []string { return l.named(false, false) }

func (l Line) named(sealed, closed bool) []string {
	var names []string
	for _, f := range l.Fields {
		if f.Sealed == sealed && f.Reach.Nowhere() == closed {
			names = append(names, f.Field)
		}
	}
	return names
}

// List returns everything that Permits permits, action by action in the order of application, type and action: in the
// person's own name, where b is nil, or else for whoever acts for them within the bounds.
func (a *Authority) List(b *Bounds) []Line {
	if a == nil || a.v == nil || b != nil && (b.closed || b.v != a.v) {
		return nil
	}
	var all []Line
	for _, what := range a.v.actions {
		l := Line{Application: what.application, Type: what.typ, Action: what.name.action, Flags: what.flags}
		l.Reach = a.reachWithin(b, what.slot)
		some := !l.Reach.Nowhere()
		for i, field := range what.has.names {
			slot := what.slot + 1 + i
			if a.reachOf(slot).Nowhere() {
				continue
			}
			f := FieldLine{Field: field, Sealed: what.has.sealed[i], Reach: a.reachWithin(b, slot)}
			some = some || !f.Reach.Nowhere()
			l.Fields = append(l.Fields, f)
		}
		if some {
			all = append(all, l)
		}
	}
	return all
}

// everywhere is every record.
func everywhere() Area { return Area{Unitless: true, All: true} }

// reachOf returns what the roles reach of a slot.
func (a *Authority) reachOf(slot int) Extent {
	if a.org.has(slot) {
		return Extent{everywhere(), everywhere()}
	}
	var units []standin.UnitID
	for _, r := range a.at {
		if r.bits.has(slot) {
			units = append(units, r.unit)
		}
	}
	r := Extent{Area{Units: topmost(units)}, Area{Units: topmost(units)}}
	if a.own.has(slot) {
		r.Own = everywhere()
	}
	return r
}

// reachWithin returns what the bounds leave of it.
func (a *Authority) reachWithin(b *Bounds, slot int) Extent {
	r := a.reachOf(slot)
	if b == nil {
		return r
	}
	others := Area{}
	switch {
	case b.allow[Org].has(slot):
		others = everywhere()
	case b.allow[Unit].has(slot):
		others.Units = topmost(a.units)
	}
	own := others
	if b.allow[Own].has(slot) {
		own = everywhere()
	}
	if b.deny[Own].has(slot) {
		own = Area{}
	}
	return Extent{a.narrow(b, slot, r.Own, own), a.narrow(b, slot, r.Others, others)}
}

// narrow returns what is in both areas, in the units of the limits, and not in those that are denied.
func (a *Authority) narrow(b *Bounds, slot int, one, two Area) Area {
	both := one.and(two)
	if len(b.limits.Units) > 0 {
		both = both.and(Area{Units: topmost(b.limits.Units)})
	}
	if b.deny[Unit].has(slot) {
		both = both.less(topmost(a.units))
	}
	return both
}

// and returns what both areas hold. Neither has exceptions yet.
func (a Area) and(b Area) Area {
	switch {
	case a.All:
		return b
	case b.All:
		return a
	}
	var units []standin.UnitID
	for _, u := range a.Units {
		for _, w := range b.Units {
			if u.Within(w) {
				units = append(units, u)
			} else if w.Within(u) {
				units = append(units, w)
			}
		}
	}
	return Area{Units: topmost(units)}
}

// less returns the area without the units, and without the records that name none.
func (a Area) less(units []standin.UnitID) Area {
	left := Area{All: a.All}
	for _, u := range a.Units {
		if !slices.ContainsFunc(units, u.Within) {
			left.Units = append(left.Units, u)
		}
	}
	for _, u := range units {
		if a.All || slices.ContainsFunc(left.Units, u.Within) {
			left.Except = append(left.Except, u)
		}
	}
	return left
}
