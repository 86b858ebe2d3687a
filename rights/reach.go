package rights

import (
	"slices"

	"github.com/standin-id/standin"
)

// Reach is where somebody may look in Standin itself by one of its powers. The zero Reach is nowhere.
type Reach struct {
	All   bool             // in the whole organisation
	Units []standin.UnitID // else at and below these, which are in order and none below another
	Own   bool             // at what is the person's own
}

// Covers reports whether what belongs to the unit is within reach; "" asks for the whole organisation.
func (r Reach) Covers(unit standin.UnitID) bool {
	return r.All || unit != "" && slices.ContainsFunc(r.Units, unit.Within)
}

// Represented is the principal as far as limits speak of them: the unit they belong to, and where they hold a role.
type Represented struct {
	Unit  standin.UnitID
	Holds []standin.UnitID
}

// Looking returns what is left of the principal's reach for one who acts by a delegation with these limits and looks by the
// action of Standin's own catalogue. Nothing but looking is done there, so ReadOnly takes nothing away, and "person.manage"
// and "delegation.manage" stand for seeing what they manage. An entry delegation leaves nothing, and so does a deny that
// speaks of the action, whatever its scope: what it would leave is not asked record by record. What cannot be read in allow
// opens nothing, and in deny closes everything.
func (l Limits) Looking(entry bool, typ, action string, principal Represented, reach Reach) Reach {
	if entry || slices.ContainsFunc(l.Deny, func(text string) bool {
		p, err := Parse(text)
		return err != nil || p.matches(Standin, typ, action)
	}) {
		return Reach{}
	}
	if len(l.Allow) > 0 {
		reach = reach.allowed(l.Allow, typ, action, principal)
	}
	if len(l.Units) > 0 {
		reach = reach.at(l.Units, principal.Unit)
	}
	return reach
}

// allowed returns what of the reach the lines allow.
func (r Reach) allowed(lines []string, typ, action string, principal Represented) Reach {
	var left Reach
	for _, text := range lines {
		p, err := Parse(text)
		if err != nil || !p.matches(Standin, typ, action) || !p.answersRecord() {
			continue
		}
		switch p.Scope {
		case Org:
			return r
		case Own:
			left.Own = r.Own
		case Unit:
			part := r.at(principal.Holds, principal.Unit)
			left.Units, left.Own = part.Units, left.Own || part.Own
		}
	}
	return left
}

// at returns what of the reach lies at or below the units; home is the unit of the one whose own is reached.
func (r Reach) at(units []standin.UnitID, home standin.UnitID) Reach {
	var common []standin.UnitID
	for _, u := range units {
		if u == "" {
			continue
		}
		if r.Covers(u) {
			common = append(common, u)
			continue
		}
		for _, mine := range r.Units {
			if mine.Within(u) {
				common = append(common, mine)
			}
		}
	}
	own := home != "" && slices.ContainsFunc(units, func(u standin.UnitID) bool { return u != "" && home.Within(u) })
	return Reach{Units: topmost(common), Own: r.Own && own}
}

// topmost returns the units of the list that lie below none of the others, in order; "" is no unit.
func topmost(units []standin.UnitID) []standin.UnitID {
	var top []standin.UnitID
	for _, u := range ordered(units) {
		if u != "" && !slices.ContainsFunc(top, u.Within) {
			top = append(top, u)
		}
	}
	return top
}
