package decision

import (
	"strings"
	"time"

	"github.com/standin-id/standin"
)

// Said returns the change in words. The word catalogues know it by its code; {at} is an instant in RFC 3339, which pages
// write as their reader does.
func (c Change) Said() *standin.Error {
	e := c.sentence()
	for name, value := range map[string]string{"permission": c.Permission, "role": string(c.Role), "unit": string(c.Unit),
		"delegation": string(c.Delegation), "at": c.At.UTC().Format(time.RFC3339)} {
		if strings.Contains(e.Message, "{"+name+"}") {
			e.With(name, value)
		}
	}
	return e
}

func (c Change) sentence() *standin.Error {
	const op = "decision.explain"
	switch c.Code {
	case WhenBegun:
		return standin.Refuse(standin.Denied, op, "decision.when_begun", "The delegation begins at {at}.")
	case WhenOver:
		return standin.Refuse(standin.Denied, op, "decision.when_over", "From {at} on it is no longer permitted.")
	case IfEnabled:
		return standin.Refuse(standin.Denied, op, "decision.if_enabled", "The standby would have to be enabled.")
	case IfAccepted:
		return standin.Refuse(standin.Denied, op, "decision.if_accepted", "The delegation would have to be accepted.")
	case IfResumed:
		return standin.Refuse(standin.Denied, op, "decision.if_resumed", "The delegation would have to be made active again.")
	case IfNamed:
		return standin.Refuse(standin.Denied, op, "decision.if_named", `The delegation "{delegation}" would have to be named.`)
	}
	return c.ofLimits(op)
}

func (c Change) ofLimits(op string) *standin.Error {
	switch c.Code {
	case WithoutDeny:
		return standin.Refuse(standin.Denied, op, "decision.without_deny", `The delegation would have to stop denying "{permission}".`)
	case WithAllow:
		return standin.Refuse(standin.Denied, op, "decision.with_allow", `The delegation would have to allow "{permission}" as well.`)
	case WithoutUnits:
		return standin.Refuse(standin.Denied, op, "decision.without_units", "The delegation would have to be for every unit.")
	case WithoutReadOnly:
		return standin.Refuse(standin.Denied, op, "decision.without_readonly", "The delegation would have to be for more than viewing.")
	case WithSealed:
		return standin.Refuse(standin.Denied, op, "decision.with_sealed", "The delegation would have to open sealed fields.")
	case WithRole:
		if c.Unit == "" {
			return standin.Refuse(standin.Denied, op, "decision.with_role_anywhere", `The principal would have to hold the role "{role}".`)
		}
		return standin.Refuse(standin.Denied, op, "decision.with_role", `The principal would have to hold the role "{role}" at "{unit}".`)
	case WithoutRole:
		return standin.Refuse(standin.Denied, op, "decision.without_role", `It would be refused if the principal lost the role "{role}".`)
	case ByThemselves:
		return standin.Refuse(standin.Denied, op, "decision.by_themselves", "The principal can do it themselves.")
	case WithOwner:
		return standin.Refuse(standin.Denied, op, "decision.with_owner",
			"The application would have to say whose record it is, and it would have to be the principal's.")
	}
	return standin.Refuse(standin.Denied, op, "decision.with_an_owner",
		"The application would have to say whose record it is, and it would have to be somebody else's.")
}
