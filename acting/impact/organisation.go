package impact

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// PutOrganisation returns what directory.PutOrganisation would do: delegations that last longer than a shorter longest
// span, sessions that may last longer than a shorter maximum, and people who are asked to accept a new notice.
func (p *Previews) PutOrganisation(ctx context.Context, caller standin.Caller, o directory.Organisation) (Outcome, error) {
	return p.try(ctx, caller, func(ctx context.Context, t *trial) error {
		old, err := t.directory.Organisation(ctx, t.tx, t.org)
		if err != nil {
			return err
		}
		if t.Changed, err = t.directory.PutOrganisationIn(ctx, t.tx, caller, o); err != nil || !t.Changed {
			return err
		}
		was, is := old.Settings, o.Settings
		if limit := is.Delegation.Max; limit != 0 && (was.Delegation.Max == 0 || limit < was.Delegation.Max) {
			if err := t.exceedCap(ctx, limit); err != nil {
				return err
			}
		}
		if is.Acting.Max < was.Acting.Max {
			if err := t.exceedSession(ctx, is.Acting.Max); err != nil {
				return err
			}
		}
		if was.Notice("").Version == is.Notice("").Version {
			return nil
		}
		return t.directory.EachPerson(ctx, t.tx, t.org, func(p directory.Person) error {
			if p.Active() && !p.AcceptedAt.IsZero() && p.AcceptedVersion != is.Notice(p.Language).Version {
				t.add(AcceptsAgain, thingOfPerson(p))
			}
			return nil
		})
	})
}

func (t *trial) exceedCap(ctx context.Context, limit time.Duration) error {
	return t.delegations.Each(ctx, t.tx, t.org, func(r delegation.Row) error {
		if works(r, t.now) && r.Exceeds(limit, t.now) {
			t.add(ExceedsCap, thingOfRow(r))
		}
		return nil
	})
}

func (t *trial) exceedSession(ctx context.Context, most time.Duration) error {
	live, err := t.acting.LiveIn(ctx, t.tx, t.org, "", t.now)
	for _, e := range live {
		if e.LimitAt.Sub(e.StartedAt) > most {
			t.add(ExceedsSession, thingOf(e))
		}
	}
	return err
}

// MoveUnit returns what delegation.MoveUnit would do: units, people, roles, groups and limits that get another path, and
// the roles elsewhere that come to reach them, or cease to.
func (p *Previews) MoveUnit(ctx context.Context, caller standin.Caller, from, to standin.UnitID) (Outcome, error) {
	return p.try(ctx, caller, func(ctx context.Context, t *trial) error {
		before, err := t.directory.HeldOver(ctx, t.tx, t.org, from)
		if err != nil {
			return err
		}
		if err := t.written(ctx, func() (err error) {
			t.Changed, err = t.delegations.MoveUnitIn(ctx, t.tx, caller, from, to)
			return err
		}); err != nil || !t.Changed {
			return err
		}
		after, err := t.directory.HeldOver(ctx, t.tx, t.org, to)
		if err != nil {
			return err
		}
		for i := range before {
			before[i].Unit = before[i].Unit.Moved(from, to) // what is held there goes along
		}
		for kind, sides := range map[Kind][2][]directory.Held{ReachesMore: {after, before}, ReachesLess: {before, after}} {
			for _, h := range sides[0] {
				if !slices.Contains(sides[1], h) {
					t.add(kind, Thing{Person: h.Person, Name: h.Name, Role: h.Role, RoleName: h.RoleName, Unit: h.Unit})
				}
			}
		}
		return nil
	})
}

// EndUnit returns what directory.EndUnit would do: people who go to the heir, roles that are taken, groups that go
// elsewhere, and limits that let nothing through there any more.
func (p *Previews) EndUnit(ctx context.Context, caller standin.Caller, unit, heir standin.UnitID) (Outcome, error) {
	return p.try(ctx, caller, func(ctx context.Context, t *trial) error {
		err := t.written(ctx, func() (err error) {
			t.Changed, err = t.directory.EndUnitIn(ctx, t.tx, caller, unit, heir)
			return err
		})
		if err != nil || !t.Changed {
			return err
		}
		limited, err := t.delegations.LimitedTo(ctx, t.tx, t.org, unit, t.now)
		for _, r := range limited {
			t.add(NamesEndedUnit, thingOfRow(r))
		}
		return err
	})
}

// HandOn returns what delegation.HandOn would do: what ends and is named anew, who gets another manager, which sessions
// end, and what is left of the person once they are inactive.
func (p *Previews) HandOn(ctx context.Context, caller standin.Caller, wish delegation.Handing) (Outcome, error) {
	return p.try(ctx, caller, func(ctx context.Context, t *trial) error {
		before, err := t.stands(ctx, wish.Person)
		if err != nil {
			return err
		}
		var done delegation.Handed
		if err := t.written(ctx, func() (err error) {
			done, err = t.delegations.HandOnIn(ctx, t.tx, caller, wish)
			return err
		}); err != nil {
			return err
		}
		if done.Deactivated {
			if err := t.leaves(ctx, wish.Person); err != nil {
				return err
			}
		}
		t.Changed = len(done.Ended)+len(done.Named)+len(done.Reports) > 0 || done.Deactivated
		after, err := t.stands(ctx, wish.Person)
		if err != nil {
			return err
		}
		ended := map[standin.DelegationID]bool{}
		for _, d := range done.Ended {
			ended[d.ID] = true
		}
		rows := before.rows
		before.rows = nil
		for _, r := range rows {
			if !ended[r.ID] { // those are told as ended
				before.rows = append(before.rows, r)
			}
		}
		before.lines, after.lines = nil, nil
		t.compare(wish.Person, before, after)
		return nil
	})
}

// written adds what the records of the change say.
func (t *trial) written(ctx context.Context, change func() error) error {
	before, err := t.records(ctx)
	if err != nil {
		return err
	}
	known := map[standin.RecordID]bool{}
	for _, r := range before {
		known[r.ID] = true
	}
	if err := change(); err != nil {
		return err
	}
	after, err := t.records(ctx)
	if err != nil {
		return err
	}
	roles, err := t.directory.Roles(ctx, t.tx, t.org)
	if err != nil {
		return err
	}
	names := names{map[standin.PersonID]string{}, map[standin.RoleID]string{}}
	for _, r := range roles {
		names.roles[r.ID] = r.Label()
	}
	for _, r := range after {
		if !known[r.ID] {
			if err := t.tell(ctx, r, names); err != nil {
				return err
			}
		}
	}
	return nil
}

// names are those of people who were looked up, and of all roles.
type names struct {
	people map[standin.PersonID]string
	roles  map[standin.RoleID]string
}

// records returns what was recorded from the beginning of the trial on; rooms read their clocks after it.
func (t *trial) records(ctx context.Context) (all []ledger.Record, err error) {
	after := ledger.Cursor{}
	for {
		page, next, err := t.ledger.Page(ctx, t.tx, ledger.Filter{Organisation: t.org, From: t.now}, after, 500)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == (ledger.Cursor{}) {
			return all, nil
		}
		after = next
	}
}

// row is what states of several rooms have in common.
type row struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	Unit       standin.UnitID   `json:"unit"`
	Manager    standin.PersonID `json:"manager"`
	InactiveAt *int64           `json:"inactive_at"`
	Person     standin.PersonID `json:"person"`
	Role       standin.RoleID   `json:"role"`
	Actor      standin.PersonID `json:"actor"`
	Principal  standin.PersonID `json:"principal"`
	EndsAt     *int64           `json:"ends_at"`
	EndedAt    *int64           `json:"ended_at"`
	MovedTo    standin.UnitID   `json:"moved_to"`
}

// tell adds what one record says.
func (t *trial) tell(ctx context.Context, r ledger.Record, names names) error {
	var was, is row
	for _, side := range []struct {
		from json.RawMessage
		to   *row
	}{{r.Before, &was}, {r.After, &is}} {
		if side.from == nil {
			continue
		}
		if err := json.Unmarshal(side.from, side.to); err != nil {
			return err
		}
	}
	for _, id := range []standin.PersonID{was.Person, is.Actor, is.Principal} {
		if _, known := names.people[id]; id == "" || known {
			continue
		}
		p, err := t.directory.Person(ctx, t.tx, t.org, id)
		if err != nil {
			return err
		}
		names.people[id] = p.Name
	}
	switch kind, _, _ := strings.Cut(r.Resource, ":"); kind {
	case "unit":
		if is.MovedTo != "" {
			t.add(MovesUnit, Thing{Unit: is.MovedTo})
		}
	case "person":
		t.tellPerson(was, is)
	case "holding":
		t.tellHolding(r, Thing{Person: was.Person, Name: names.people[was.Person], Role: was.Role, RoleName: names.roles[was.Role], Unit: was.Unit})
	case "group":
		t.add(MovesGroup, Thing{Group: standin.GroupID(is.ID), Name: is.Name, Unit: is.Unit})
	case "delegation":
		thing := Thing{Delegation: standin.DelegationID(is.ID), Actor: is.Actor, ActorName: names.people[is.Actor], Principal: is.Principal,
			PrincipalName: names.people[is.Principal]}
		if is.EndsAt != nil {
			thing.Until = standin.Instant(*is.EndsAt)
		}
		t.tellDelegation(r, was, is, thing)
	}
	return nil
}

func (t *trial) tellHolding(r ledger.Record, thing Thing) {
	switch {
	case r.Before == nil: // told with the place that it came from
	case r.Action == "unit.move":
		t.add(MovesRole, thing)
	default:
		t.add(TakesRole, thing)
	}
}

func (t *trial) tellDelegation(r ledger.Record, was, is row, thing Thing) {
	switch {
	case r.Before == nil:
		t.add(NamesDelegation, thing)
	case was.EndedAt == nil && is.EndedAt != nil:
		t.add(EndsDelegation, thing)
	default:
		t.add(MovesLimit, thing)
	}
}

func (t *trial) tellPerson(was, is row) {
	thing := Thing{Person: standin.PersonID(is.ID), Name: is.Name, Unit: is.Unit}
	switch {
	case was.InactiveAt == nil && is.InactiveAt != nil:
		t.add(DeactivatePerson, thing)
	case was.Unit != is.Unit:
		t.add(MovesPerson, thing)
	case was.Manager != is.Manager:
		t.add(ChangesManager, thing)
	}
}
