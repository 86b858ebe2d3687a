package histories_test

import (
	"slices"

	"github.com/standin-id/standin"
)

// standsIn reports whether the one who asks acts for the person, or could by a delegation that is not over: then they give them
// nothing more (THREATS 16).
func (h *history) standsIn(a asker, p *person) bool {
	return a.who != nil && slices.ContainsFunc(h.delegations, func(d *delegated) bool {
		return d.actor == a.who && d.principal == p && !d.deleted && !d.over(h.clock)
	})
}

// adds reports whether the role, as changed, gives what it did not.
func (r *role) adds(next *role) bool {
	wider := func(powers []string, lists ...[]string) bool {
		return slices.ContainsFunc(powers, func(power string) bool {
			return !slices.ContainsFunc(lists, func(had []string) bool { return gives(had, power) })
		})
	}
	return wider(next.wide, r.wide) || wider(next.local, r.wide, r.local)
}

// givesMore reports whether the change of the role gives somebody more for whom the one who asks stands in.
func (h *history) givesMore(a asker, id standin.RoleID, old, next *role) bool {
	return old.adds(next) && slices.ContainsFunc(h.everybody, func(p *person) bool {
		return h.standsIn(a, p) && slices.ContainsFunc(p.held, func(x holding) bool { return x.role == id })
	})
}
