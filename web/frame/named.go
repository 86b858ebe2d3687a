package frame

import (
	"context"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
)

// DoneBy names who did something to the delegation: by name its own two people and the reader, others by what they are.
func (v *Visit) DoneBy(by standin.Actor, row delegation.Row) string {
	switch by.Person() {
	case "":
		return v.Machine(by)
	case row.Actor:
		return row.ActorPerson.Name
	case row.Principal:
		return row.PrincipalPerson.Name
	case v.Person.ID:
		return v.Person.Name
	}
	if p, err := v.NameOf(by.Person()); err == nil {
		return p
	}
	return string(by.Person())
}

// Machine names what is no person: a key, the operator, Standin itself.
func (v *Visit) Machine(by standin.Actor) string {
	if by.IsOperator() {
		return v.Base.T("actor.operator")
	}
	if key := by.Key(); key != "" {
		return v.Base.T("actor.key", "Key", string(key))
	}
	if strings.HasPrefix(string(by), "system:") {
		return v.Base.T("actor.system")
	}
	return string(by)
}

// NameOf returns the name of a colleague.
func (v *Visit) NameOf(id standin.PersonID) (name string, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		p, err := v.Directory.Person(ctx, tx, v.Caller.Organisation, id)
		name = p.Name
		return err
	})
	return name, err
}

// states are the delegation's states by the names that pages have for them.
var states = map[delegation.State]string{
	delegation.Upcoming: "upcoming", delegation.Active: "active", delegation.Dormant: "dormant", delegation.Waiting: "asked",
	delegation.Declined: "declined", delegation.Inactive: "inactive", delegation.Expired: "over", delegation.Revoked: "over",
	delegation.LaidDown: "over",
}

// StateName returns what pages call the state: the last part of the keys of its words, and of its look.
func StateName(s delegation.State) string { return states[s] }

// Line says what the delegation is, and until when.
func (v *Visit) Line(d delegation.View) string {
	b, at := v.Base, func(t time.Time) string { return v.Base.Near(t).Text }
	until := func(t time.Time) string { return v.Base.Until(t).Text }
	switch d.State {
	case delegation.Upcoming:
		return b.T("line.upcoming", "Moment", at(d.StartsAt))
	case delegation.Active:
		switch {
		case d.Until.IsZero():
			return b.T("line.active_open")
		case d.Kind == delegation.Standby:
			return b.T("line.enabled", "Moment", until(d.Until))
		}
		return b.T("line.active", "Moment", until(d.Until))
	case delegation.Dormant:
		return b.T("line.dormant")
	case delegation.Waiting:
		if d.Until.IsZero() {
			return b.T("line.asked_open")
		}
		return b.T("line.asked", "Moment", until(d.Until))
	case delegation.Declined:
		return b.T("line.declined", "Actor", d.ActorPerson.Name)
	case delegation.Revoked:
		return b.T("line.revoked", "By", v.DoneBy(d.EndedBy, d.Row), "Moment", at(d.EndedAt))
	case delegation.LaidDown:
		return b.T("line.laid_down", "By", d.ActorPerson.Name, "Moment", at(d.EndedAt))
	case delegation.Inactive:
		return b.T("line.paused")
	}
	return b.T("line.over", "Moment", until(d.Since))
}
