package rights

import (
	"slices"

	"github.com/standin-id/standin"
)

// Role is a list of permissions and a rank. Nobody impersonates a person of higher rank, nor an administrator of their
// own.
type Role struct {
	ID    standin.RoleID `json:"id"`
	Name  string         `json:"name,omitempty"` // what people read; "" where the id says it
	Rank  int            `json:"rank"`
	Allow []string       `json:"allow"`
}

// Label returns what people read for the role: its name, or the id of one that has none.
func (r Role) Label() string {
	if r.Name != "" {
		return r.Name
	}
	return string(r.ID)
}

// MaxRank bounds ranks, which begin at 0.
const MaxRank = 1000

// Check refuses a role with a malformed id, a rank out of range, or a permission that the catalogues do not know.
func (r Role) Check(catalogues Catalogues) error {
	if !ValidName(string(r.ID)) {
		return onField(badName(string(r.ID)), "id")
	}
	if r.Rank < 0 || r.Rank > MaxRank {
		return standin.Refuse(standin.Invalid, "rights.role", "rights.bad_rank",
			"a rank is a whole number from 0 to {most}").With("most", MaxRank).On("rank")
	}
	return checkAll(r.Allow, catalogues, "allow")
}

// Holding is a role that a person holds at a unit. Where the unit is "", for a person of no unit, what the role allows
// "@unit" reaches nothing.
type Holding struct {
	Role Role
	Unit standin.UnitID
}

// Powers are what one person may do in Standin itself, compiled from the roles they hold. The zero Powers allow nothing.
// Powers are not changed after Compile and may be shared.
type Powers struct {
	rank   int
	grants []grant
}

type grant struct {
	permission Permission
	unit       standin.UnitID
}

// Compile returns the powers that the held roles give. A permission that does not parse gives nothing.
func Compile(held []Holding) Powers {
	var p Powers
	for _, h := range held {
		p.rank = max(p.rank, h.Role.Rank)
		for _, text := range h.Role.Allow {
			permission, err := Parse(text)
			if err != nil || !segmentCovers(string(permission.Application), string(Standin)) {
				continue
			}
			if permission.answersRecord() {
				p.grants = append(p.grants, grant{permission, h.Unit})
			}
		}
	}
	return p
}

// Rank returns the highest rank among the held roles, 0 without any.
func (p Powers) Rank() int { return p.rank }

// Covers reports whether the powers allow the action on something in the unit ("" where it has none); own says that it
// belongs to the person who holds them.
func (p Powers) Covers(typ, action string, unit standin.UnitID, own bool) bool {
	return slices.ContainsFunc(p.grants, func(g grant) bool {
		if !g.permission.matches(Standin, typ, action) {
			return false
		}
		switch g.permission.Scope {
		case Org:
			return true
		case Unit:
			return unit != "" && g.unit != "" && unit.Within(g.unit)
		default:
			return own
		}
	})
}

// Scopes returns where the powers allow the action, so that lists can be filtered: in the whole organisation, or else at
// and below the units, which are in order and none below another. What is allowed only for one's own is not told here.
func (p Powers) Scopes(typ, action string) (org bool, units []standin.UnitID) {
	for _, g := range p.grants {
		if !g.permission.matches(Standin, typ, action) {
			continue
		}
		if g.permission.Scope == Org {
			return true, nil
		}
		if g.permission.Scope == Unit && g.unit != "" {
			units = append(units, g.unit)
		}
	}
	return false, topmost(units)
}
