package decision

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// Change is something that would by itself turn an answer into its opposite.
type Change struct {
	Code       string
	At         time.Time // the instant that is meant, zero where none is
	Delegation standin.DelegationID
	Permission string         // the line that would be added or taken away
	Role       standin.RoleID // that would be held, at Unit
	Unit       standin.UnitID
}

// The codes of changes.
const (
	WhenBegun       = "decision.when_begun"       // at the instant the delegation begins
	WhenOver        = "decision.when_over"        // at the instant the delegation, or the session, is over
	IfEnabled       = "decision.if_enabled"       // the standby would have to be enabled
	IfAccepted      = "decision.if_accepted"      // the delegation would have to be accepted
	IfResumed       = "decision.if_resumed"       // the delegation would have to be made active
	IfNamed         = "decision.if_named"         // that delegation would have to be named
	WithoutDeny     = "decision.without_deny"     // the limits would have to deny that no more
	WithAllow       = "decision.with_allow"       // the limits would have to allow that too
	WithoutUnits    = "decision.without_units"    // the limits would have to be for every unit
	WithoutReadOnly = "decision.without_readonly" // the limits would have to let more than viewing
	WithSealed      = "decision.with_sealed"      // the limits would have to open sealed fields
	WithRole        = "decision.with_role"        // the principal would have to hold that role there
	WithoutRole     = "decision.without_role"     // the principal would have to lose that role
	ByThemselves    = "decision.by_themselves"    // the principal can do it in their own name
	WithOwner       = "decision.with_owner"       // the application would have to say whose record it is: the principal's
	WithAnOwner     = "decision.with_an_owner"    // it would have to say whose, somebody else's
)

// mostChanges bounds the changes that are told.
const mostChanges = 20

// changes tries what would turn the answer, each thing by itself.
func (d *Decisions) changes(ctx context.Context, tx *db.Tx, c *dispute) ([]Change, error) {
	t := &trial{c: c, was: c.permit()}
	if c.refusal == Unknown || c.refusal == NoSession || c.refusal == OtherSession {
		return nil, nil
	}
	if t.was {
		t.ends()
		t.lost()
		return t.found, nil
	}
	t.delegations()
	t.limits()
	t.owners()
	t.themselves()
	roles, err := d.directory.Roles(ctx, tx, c.organisation)
	if err != nil {
		return nil, err
	}
	all := make([]rights.Role, len(roles))
	for i, r := range roles {
		all[i] = r.Role
	}
	t.roles(ctx, all)
	return t.found[:min(len(t.found), mostChanges)], nil
}

// trial tries changes of one case.
type trial struct {
	c     *dispute
	was   bool
	found []Change
}

// try notes the change where the case, once altered, is answered otherwise.
func (t *trial) try(change Change, alter func(c *dispute)) bool {
	altered := *t.c
	alter(&altered)
	if altered.permit() == t.was {
		return false
	}
	t.found = append(t.found, change)
	return true
}

// ends tries when a permit ends by itself.
func (t *trial) ends() {
	if !t.c.acting {
		return
	}
	until, _ := t.c.row.UsableUntil(t.c.at)
	if s := t.c.session; s != nil && (until.IsZero() || s.ExpiresAt.Before(until)) {
		until = s.ExpiresAt
	}
	if !until.IsZero() {
		t.found = append(t.found, Change{Code: WhenOver, At: until, Delegation: t.c.row.ID})
	}
}

// lost tries which one role the permit hangs on.
func (t *trial) lost() {
	for i, h := range t.c.held {
		t.try(Change{Code: WithoutRole, Role: h.Role.ID, Unit: h.Unit}, func(c *dispute) {
			c.hold(slices.Delete(slices.Clone(c.held), i, i+1))
		})
	}
}

func (c *dispute) hold(held []rights.Holding) {
	c.held, c.authority = held, c.book.vocabulary.Authority(c.question.Principal, held)
}

// delegations tries those between the two that could not be used, or were not named.
func (t *trial) delegations() {
	for _, row := range t.c.rows {
		change := Change{Code: IfNamed, Delegation: row.ID}
		switch row.StateAt(t.c.at) {
		case delegation.Upcoming:
			change.Code, change.At = WhenBegun, row.StartsAt
		case delegation.Dormant:
			change.Code = IfEnabled
		case delegation.Waiting:
			change.Code = IfAccepted
		case delegation.Inactive:
			change.Code = IfResumed
		}
		t.try(change, func(c *dispute) { c.by(row) })
	}
}

// by lets the case rest on the delegation, as if it could be used.
func (c *dispute) by(row delegation.Row) {
	c.refusal, c.row, c.limits = "", row, row.Limits
	if !row.ActorPerson.InactiveAt.IsZero() || !row.PrincipalPerson.InactiveAt.IsZero() {
		c.refusal = Inactive
	}
}

// limits tries each part of the delegation's limits.
func (t *trial) limits() {
	c := t.c
	if !c.acting || c.row.ID == "" {
		return
	}
	with := func(change Change, alter func(l *rights.Limits)) {
		change.Delegation = c.row.ID
		t.try(change, func(c *dispute) { alter(&c.limits) })
	}
	for i, line := range c.limits.Deny {
		with(Change{Code: WithoutDeny, Permission: line}, func(l *rights.Limits) { l.Deny = slices.Delete(slices.Clone(l.Deny), i, i+1) })
	}
	if q := c.question; len(c.limits.Allow) > 0 {
		p := rights.Permission{Application: q.Application, Type: q.Type, Action: q.Action, Field: q.Field, Scope: rights.Org}
		with(Change{Code: WithAllow, Permission: p.String()}, func(l *rights.Limits) { l.Allow = append(slices.Clone(l.Allow), p.String()) })
	}
	if len(c.limits.Units) > 0 {
		with(Change{Code: WithoutUnits}, func(l *rights.Limits) { l.Units = nil })
	}
	if c.limits.ReadOnly {
		with(Change{Code: WithoutReadOnly}, func(l *rights.Limits) { l.ReadOnly = false })
	}
	if !c.limits.Sealed {
		with(Change{Code: WithSealed}, func(l *rights.Limits) { l.Sealed = true })
	}
}

// somebodyElse is a person whom no organisation has: ids of people are never empty and hold no space.
const somebodyElse standin.PersonID = "somebody else"

// owners tries what saying whose record it is would change.
func (t *trial) owners() {
	if t.c.question.Owner != "" {
		return
	}
	t.try(Change{Code: WithOwner}, func(c *dispute) { c.question.Owner = c.question.Principal })
	t.try(Change{Code: WithAnOwner}, func(c *dispute) { c.question.Owner = somebodyElse })
}

// themselves tries whether the principal could do it without anybody.
func (t *trial) themselves() {
	if t.c.acting && t.c.principal.Active() {
		t.try(Change{Code: ByThemselves}, func(c *dispute) {
			c.acting, c.actor, c.refusal, c.session = false, c.question.Principal, "", nil
		})
	}
}

// roles tries every role at the record's unit and at the principal's own, the lowest rank first, until there are enough to
// tell.
func (t *trial) roles(ctx context.Context, all []rights.Role) {
	slices.SortFunc(all, func(a, b rights.Role) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID))
	})
	units := []standin.UnitID{t.c.question.Unit, t.c.principal.Unit}
	for _, role := range all {
		if len(t.found) >= mostChanges || ctx.Err() != nil {
			return
		}
		for i, unit := range units {
			if i == 1 && unit == units[0] {
				continue
			}
			if t.try(Change{Code: WithRole, Role: role.ID, Unit: unit}, func(c *dispute) {
				c.hold(append(slices.Clone(c.held), rights.Holding{Role: role, Unit: unit}))
			}) {
				break
			}
		}
	}
}
