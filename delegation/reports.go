package delegation

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
)

const (
	// UnusedAfter is how long a delegation can be used before one that nobody used is reported.
	UnusedAfter = 30 * 24 * time.Hour
	// ExpiresSoon is how long before its end a delegation is reported.
	ExpiresSoon = 14 * 24 * time.Hour
)

// Reports are what those who manage delegations should look at. Each list has at most 2,000 entries; Counts are whole.
type Reports struct {
	Unused   []Row    // could be used for UnusedAfter and never were, the oldest first
	Expiring []Row    // end within ExpiresSoon, the next first
	Endless  []Row    // covers without an end, the oldest first
	Promoted []Row    // their principal got a role since it was last looked at (THREATS 11), the last one first
	Mutual   [][2]Row // two people who stand in for one another, by their names
	People   []Load   // who stands in for how many, the most first
	Counts   Counts
}

// Counts are how many delegations, pairs and people there are of each.
type Counts struct{ Unused, Expiring, Endless, Promoted, Mutual, People int }

// Load is for how many people somebody stands in, and how many stand in for them.
type Load struct {
	ID     standin.PersonID
	Person Person
	For    int // delegations that they hold
	By     int // that they granted
}

// standing reports whether the delegation is there to be used: active, or a standby that can be enabled.
func (d Delegation) standing(now time.Time) bool {
	state := d.StateAt(now)
	return state == Active || state == Dormant
}

// Unused reports whether the delegation could be used for UnusedAfter, and never was.
func (d Delegation) Unused(now time.Time) bool {
	return d.standing(now) && d.UsedAt.IsZero() && !latest(d.StartsAt, d.CreatedAt).Add(UnusedAfter).After(now)
}

// Expiring reports whether the delegation is active and ends within ExpiresSoon.
func (d Delegation) Expiring(now time.Time) bool {
	return d.StateAt(now) == Active && !d.EndsAt.IsZero() && !d.EndsAt.After(now.Add(ExpiresSoon))
}

// Endless reports whether the delegation goes on until somebody ends it. A standby is not: each time it is enabled ends.
func (d Delegation) Endless(now time.Time) bool {
	return d.Kind != Standby && d.EndsAt.IsZero() && d.standing(now)
}

// agreed returns when somebody last looked at what the delegation opens and let it be: at its naming, its yes, or a change
// of its window or limits by anybody but its actor.
func (d Delegation) agreed() time.Time {
	if d.EditedBy.Person() == d.Actor {
		return latest(d.CreatedAt, d.AcceptedAt)
	}
	return latest(d.CreatedAt, d.AcceptedAt, d.EditedAt)
}

// Reports returns the reports on the delegations of the people at or below the unit ("" for all) whose delegations the
// caller manages. While acting, the principal's powers answer. Without such powers it is Denied.
func (r *Delegations) Reports(ctx context.Context, caller standin.Caller, unit standin.UnitID) (Reports, error) {
	now := standin.Now(r.now)
	var g gathering
	err := r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		g = gathering{now: now, loads: map[standin.PersonID]*Load{}, pairs: map[[2]standin.PersonID]Row{}, promoted: map[standin.PersonID]time.Time{}}
		reach, err := r.directory.Reach(ctx, tx, caller, "delegation", "manage")
		if err != nil {
			return err
		}
		if !reach.All && len(reach.Units) == 0 {
			return standin.Refuse(standin.Denied, "delegation.list", "delegation.not_manager",
				"Only administrators of stand-ins can see this list.")
		}
		err = r.directory.EachHolding(ctx, tx, caller.Organisation, func(h directory.Holding) error {
			g.promoted[h.Person] = latest(g.promoted[h.Person], h.CreatedAt)
			return nil
		})
		if err != nil {
			return err
		}
		return r.Each(ctx, tx, caller.Organisation, func(row Row) error {
			if partyWithin(caller, row, reach)&AsManager != 0 && (unit == "" || row.PrincipalPerson.Unit.Within(unit)) {
				g.add(row)
			}
			return nil
		})
	})
	if err != nil {
		return Reports{}, err
	}
	return g.reports(), nil
}

// gathering is what is seen while all delegations go by.
type gathering struct {
	now   time.Time
	found Reports
	loads map[standin.PersonID]*Load
	pairs map[[2]standin.PersonID]Row
	// promoted says when somebody last got a role.
	promoted map[standin.PersonID]time.Time
}

func (g *gathering) add(row Row) {
	if row.Unused(g.now) {
		g.found.Unused = append(g.found.Unused, row)
	}
	if row.Expiring(g.now) {
		g.found.Expiring = append(g.found.Expiring, row)
	}
	if row.Endless(g.now) {
		g.found.Endless = append(g.found.Endless, row)
	}
	if !row.standing(g.now) {
		return
	}
	if g.promoted[row.Principal].After(row.agreed()) {
		g.found.Promoted = append(g.found.Promoted, row)
	}
	g.load(row.Actor, row.ActorPerson).For++
	g.load(row.Principal, row.PrincipalPerson).By++
	g.pairs[[2]standin.PersonID{row.Actor, row.Principal}] = row
}

func (g *gathering) load(id standin.PersonID, p Person) *Load {
	if g.loads[id] == nil {
		g.loads[id] = &Load{ID: id, Person: p}
	}
	return g.loads[id]
}

// reports puts everything in order and counts it.
func (g *gathering) reports() Reports {
	all := g.found
	for pair, row := range g.pairs {
		if back, both := g.pairs[[2]standin.PersonID{pair[1], pair[0]}]; both && pair[0] < pair[1] {
			all.Mutual = append(all.Mutual, [2]Row{row, back})
		}
	}
	for _, l := range g.loads {
		if l.For > 0 {
			all.People = append(all.People, *l)
		}
	}
	by := func(when func(Row) time.Time) func(a, b Row) int {
		return func(a, b Row) int { return cmp.Or(when(a).Compare(when(b)), cmp.Compare(a.ID, b.ID)) }
	}
	slices.SortFunc(all.Unused, by(func(r Row) time.Time { return r.StartsAt }))
	slices.SortFunc(all.Expiring, by(func(r Row) time.Time { return r.EndsAt }))
	slices.SortFunc(all.Endless, by(func(r Row) time.Time { return r.StartsAt }))
	slices.SortFunc(all.Promoted, func(a, b Row) int {
		return cmp.Or(g.promoted[b.Principal].Compare(g.promoted[a.Principal]), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(all.Mutual, func(a, b [2]Row) int {
		return cmp.Or(cmp.Compare(a[0].ActorPerson.Name, b[0].ActorPerson.Name), cmp.Compare(a[0].ID, b[0].ID))
	})
	slices.SortFunc(all.People, func(a, b Load) int {
		return cmp.Or(cmp.Compare(b.For, a.For), cmp.Compare(a.Person.Name, b.Person.Name), cmp.Compare(a.ID, b.ID))
	})
	all.Counts = Counts{len(all.Unused), len(all.Expiring), len(all.Endless), len(all.Promoted), len(all.Mutual), len(all.People)}
	all.Unused, all.Expiring, all.Endless = firsts(all.Unused), firsts(all.Expiring), firsts(all.Endless)
	all.Promoted, all.Mutual, all.People = firsts(all.Promoted), firsts(all.Mutual), firsts(all.People)
	return all
}

func firsts[T any](all []T) []T { return all[:min(len(all), mostListed)] }
