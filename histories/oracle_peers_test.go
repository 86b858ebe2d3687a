package histories_test

import (
	"slices"

	"github.com/standin-id/standin"
)

// standing is how high somebody is, and where they have which power.
type standing struct {
	rank  int
	where []reached
}

// reached is a power at and below a unit, "" for everywhere.
type reached struct {
	power string
	unit  standin.UnitID
}

func (p *person) standing() standing {
	s := standing{rank: p.rank()}
	for _, x := range p.held {
		for _, power := range powers {
			if gives(p.org.roles[x.role].wide, power) {
				s.where = append(s.where, reached{power, ""})
			} else if gives(p.org.roles[x.role].local, power) && p.at(x) != "" {
				s.where = append(s.where, reached{power, p.at(x)})
			}
		}
	}
	return s
}

// lowersPeer reports whether the one who asks, a person below nobody but not every power theirs, takes rank or power from an
// administrator who is as high as they are (P8).
func (a asker) lowersPeer(p *person, before, after standing) bool {
	if a.who == nil || a.who.super() || len(before.where) == 0 || before.rank < a.who.rank() {
		return false
	}
	lost := slices.ContainsFunc(before.where, func(had reached) bool {
		return !slices.ContainsFunc(after.where, func(has reached) bool {
			return has.power == had.power && (has.unit == "" || below(had.unit, has.unit))
		})
	})
	return lost || after.rank < before.rank
}

// beside returns an administrator as high as who, and a role of theirs; where there is none, somebody and a role that would
// make them one.
func (h *history) beside(who, somebody *person) (*person, holding) {
	var peers []*person
	for _, p := range who.org.people {
		if s := p.standing(); p != who && len(p.held) > 0 && len(s.where) > 0 && s.rank == who.rank() {
			peers = append(peers, p)
		}
	}
	if len(peers) == 0 {
		return somebody, pick(h, "role of their own", who.held)
	}
	p := pick(h, "peer", peers)
	return p, pick(h, "role of a peer", p.held)
}
