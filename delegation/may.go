package delegation

import (
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// Party is what somebody is to a delegation; one person may be several things.
type Party uint8

const (
	AsActor     Party = 1 << iota // they act by it
	AsPrincipal                   // they are acted for
	AsManager                     // they hold standin:delegation.manage over the principal's unit
	AsGuest                       // they look while acting for somebody, and change nothing
)

func (p Party) is(q Party) bool { return p&q != 0 }

// Verb is something that can be done with a delegation.
type Verb string

const (
	DoAccept     Verb = "accept"
	DoDecline    Verb = "decline"
	DoEdit       Verb = "edit"
	DoRenew      Verb = "renew"
	DoEnable     Verb = "enable"
	DoDisable    Verb = "disable"
	DoLayDown    Verb = "lay_down"
	DoRevoke     Verb = "revoke"
	DoDeactivate Verb = "deactivate"
	DoReactivate Verb = "reactivate"
	DoDelete     Verb = "delete"
)

// Verbs returns all that can be done with a delegation.
func Verbs() []Verb {
	return []Verb{DoAccept, DoDecline, DoEdit, DoRenew, DoEnable, DoDisable, DoLayDown, DoRevoke, DoDeactivate, DoReactivate,
		DoDelete}
}

// Option says whether somebody can do something with a delegation now; Refusal is why not, nil where they can. Pages
// show a disabled button with its reason, and the use case refuses with the same.
type Option struct {
	Verb    Verb
	Refusal error
}

// Options returns what the person with that part in it can do with the delegation at now, in an organisation whose
// longest span is limit.
func (d Delegation) Options(who standin.PersonID, party Party, now time.Time, limit time.Duration) []Option {
	var all []Option
	for _, verb := range Verbs() {
		all = append(all, Option{verb, d.Refusal(verb, who, party, now, limit)})
	}
	return all
}

// Refusal returns why the person cannot do verb with the delegation at now, nil where they can.
func (d Delegation) Refusal(verb Verb, who standin.PersonID, party Party, now time.Time, limit time.Duration) error {
	if err := d.whoMay(verb, who, party); err != nil {
		return err
	}
	return d.whenMay(verb, d.StateAt(now), now, limit)
}

// whoMay refuses by who somebody is: A2 to A4, P4, and nobody gives themselves more (THREATS 16).
func (d Delegation) whoMay(verb Verb, who standin.PersonID, party Party) error {
	const op = "delegation.change"
	if party.is(AsGuest) {
		return notWhileActing()
	}
	switch verb {
	case DoAccept, DoDecline:
		if who == "" || who != d.AskedOf {
			return standin.Refuse(standin.Denied, op, "delegation.not_asked", "Only the person who was asked can answer.")
		}
	case DoLayDown:
		if !party.is(AsActor) {
			return standin.Refuse(standin.Denied, op, "delegation.not_actor", "Only the person who stands in can lay this down.")
		}
	default:
		if !party.is(AsPrincipal | AsManager) {
			return standin.Refuse(standin.Denied, op, "delegation.not_yours",
				"Only the person who is represented, or an administrator, can do this.")
		}
	}
	if party.is(AsActor) && (verb == DoRenew || verb == DoEnable || verb == DoReactivate) {
		return ownGain()
	}
	return nil
}

func ownGain() error {
	return standin.Refuse(standin.Denied, "delegation.change", "delegation.own_gain",
		"This would let you do more yourself. The person whom you represent, or another administrator, can do it.")
}

func notWhileActing() error {
	return standin.Refuse(standin.Denied, "delegation.change", "delegation.not_while_acting",
		"Nobody names or changes stand-ins while acting for somebody. Switch back to yourself first.")
}

// whenMay refuses by what the delegation is now.
func (d Delegation) whenMay(verb Verb, state State, now time.Time, limit time.Duration) error {
	ended := state == Revoked || state == LaidDown
	switch verb {
	case DoRevoke, DoLayDown:
		if ended {
			return over(state)
		}
		return nil
	case DoDelete:
		if !d.UsedAt.IsZero() {
			return standin.Refuse(standin.Conflict, "delegation.delete", "delegation.used",
				"This was used, so it cannot be deleted. Make it inactive instead.")
		}
		return nil
	}
	if state.Over() {
		return over(state)
	}
	switch verb {
	case DoAccept, DoDecline:
		if d.AskedAt.IsZero() || !d.AcceptedAt.IsZero() {
			return standin.Refuse(standin.Conflict, "delegation.answer", "delegation.answered", "This was answered already.")
		}
	case DoRenew:
		return d.refuseRenewal(now, limit)
	case DoEnable, DoDisable:
		return d.refuseEnabling(verb, state)
	case DoDeactivate:
		if state == Inactive {
			return standin.Refuse(standin.Conflict, "delegation.deactivate", "delegation.is_inactive", "This is inactive already.")
		}
	case DoReactivate:
		if state != Inactive {
			return standin.Refuse(standin.Conflict, "delegation.reactivate", "delegation.not_inactive", "This is not inactive.")
		}
	}
	return nil
}

func over(state State) error {
	return standin.Refuse(standin.Conflict, "delegation.change", "delegation.over",
		"This is over and cannot be changed any more. Name the person again instead.").With("state", state)
}

func (d Delegation) refuseRenewal(now time.Time, limit time.Duration) error {
	switch {
	case d.EndsAt.IsZero():
		return standin.Refuse(standin.Conflict, "delegation.renew", "delegation.no_end", "This has no end, so there is nothing to renew.")
	case d.Kind == Standby:
		return standin.Refuse(standin.Conflict, "delegation.renew", "delegation.standby_renewal",
			"A standby is not renewed. Enable it again, or edit its end.")
	case !d.renewedEnd(now, limit).After(d.EndsAt):
		return standin.Refuse(standin.Conflict, "delegation.renew", "delegation.longest", "This lasts as long as your organisation allows.")
	}
	return nil
}

func (d Delegation) refuseEnabling(verb Verb, state State) error {
	const op = "delegation.enable"
	switch {
	case d.Kind != Standby:
		return standin.Refuse(standin.Conflict, op, "delegation.not_standby", "Only a standby is enabled and disabled.")
	case state == Inactive:
		return standin.Refuse(standin.Conflict, op, "delegation.enable_inactive", "This is inactive. Make it active first.")
	case state == Waiting:
		return standin.Refuse(standin.Conflict, op, "delegation.enable_waiting", "This waits for an answer first.")
	case state == Upcoming:
		return standin.Refuse(standin.Conflict, op, "delegation.enable_early", "This has not begun yet.")
	case verb == DoDisable && state != Active:
		return standin.Refuse(standin.Conflict, op, "delegation.not_enabled", "This is not enabled.")
	}
	return nil
}

// askedOf returns whose yes is needed when somebody widens the delegation: the principal's where its actor named
// themselves (P8) and somebody else than the principal widens it, else the actor's.
func (d Delegation) askedOf(widener standin.PersonID) standin.PersonID {
	if d.selfNamed() && widener != d.Principal {
		return d.Principal
	}
	return d.Actor
}

// selfNamed reports whether its actor named themselves.
func (d Delegation) selfNamed() bool { return d.CreatedBy.Person() == d.Actor }

// widens reports whether after lets its actor do more, or do it earlier or longer, than before.
func widens(before, after Delegation) bool {
	return after.StartsAt.Before(before.StartsAt) || laterEnd(before.EndsAt, after.EndsAt) ||
		rights.Widens(before.Limits, after.Limits)
}

// laterEnd reports whether after is a later end than before; zero is no end.
func laterEnd(before, after time.Time) bool {
	return !before.IsZero() && (after.IsZero() || after.After(before))
}
