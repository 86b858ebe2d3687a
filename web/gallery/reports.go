package gallery

import (
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/frame"
)

func reportStates() []State {
	row := func(actor, principal frame.Who, ends int) delegation.Row {
		r := delegation.Row{Delegation: delegation.Delegation{ID: "d-1", StartsAt: on(-40, 9), Purpose: hostile().Name},
			ActorPerson: delegation.Person{Name: actor.Name, Unit: "sales"}, PrincipalPerson: delegation.Person{Name: principal.Name, Unit: "finance"}}
		if ends > 0 {
			r.EndsAt = on(ends, 22)
		}
		return r
	}
	found := delegation.Reports{Unused: []delegation.Row{row(bilal(), *ada(), 7), row(lengthy(), noor(), 0)}, Expiring: []delegation.Row{row(bilal(), *ada(), 7)},
		Endless: []delegation.Row{row(lengthy(), noor(), 0)}, Promoted: []delegation.Row{row(*ada(), lengthy(), 7)}, Mutual: [][2]delegation.Row{{row(bilal(), *ada(), 7), row(*ada(), bilal(), 0)}},
		People: []delegation.Load{{ID: "p-bilal", Person: delegation.Person{Name: bilal().Name, Unit: "sales"}, For: 12, By: 1}},
		Counts: delegation.Counts{Unused: 142, Expiring: 1, Endless: 1, Promoted: 1, Mutual: 1, People: 31}}
	show := func(kind string, found delegation.Reports) State {
		return State{"reports", kind, 0, func(b frame.Base) frame.Page {
			page := admin.NewReports(administrator(b), kind, "", found)
			page.Units = []frame.Option{{Label: b.T("reports.all_units"), Picked: true}, {Value: "sales", Label: "sales"}}
			return page
		}}
	}
	states := []State{show("unused", found), show("expiring", found), show("endless", found), show("promoted", found), show("mutual", found), show("people", found)}
	none := show("unused", delegation.Reports{})
	none.Name = "none"
	return append(states, none)
}
