package decision

import (
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/rights"
)

// Said returns the reason in words, whichever room it comes from. The word catalogues know it by its code.
func (r Reason) Said() *standin.Error {
	switch {
	case strings.HasPrefix(r.Code, "rights."):
		return rights.Reason{Code: r.Code, For: r.For, Role: r.Role, At: r.At, Permission: r.Permission}.Said()
	case strings.HasPrefix(r.Code, "guard."):
		return guard.Reason{Code: r.Code, Application: r.From, Policy: r.Policy, Line: r.Line, Column: r.Column, Problem: r.Problem}.Said()
	}
	return r.sentence()
}

func (r Reason) sentence() *standin.Error {
	const op = "decision.explain"
	switch r.Code {
	case Unknown:
		return standin.Refuse(standin.Denied, op, "decision.unknown_person", "One of the people is not known here.")
	case Inactive:
		return standin.Refuse(standin.Denied, op, "decision.inactive", "One of the people is inactive.")
	case NoSession:
		return standin.Refuse(standin.Denied, op, "decision.no_session", "There is no such acting session.")
	case SessionOver:
		return standin.Refuse(standin.Denied, op, "decision.session_over", "The acting session has ended.")
	case OtherSession:
		return standin.Refuse(standin.Denied, op, "decision.other_session", "The acting session is of other people, or rests on another delegation.")
	case NoDelegation:
		return standin.Refuse(standin.Denied, op, "decision.no_delegation", "There is no delegation between the two that can be used at that time.")
	case SeveralOfThem:
		return standin.Refuse(standin.Denied, op, "decision.several", "Several delegations between the two could be used; one must be named.")
	case Changed:
		return standin.Refuse(standin.Denied, op, "decision.changed", "The rules changed again and again while this was decided.")
	case Late:
		return standin.Refuse(standin.Denied, op, "decision.late", "The answer came too late to be relied on.")
	case ClocksApart:
		return standin.Refuse(standin.Denied, op, "decision.clocks_apart", "The clocks of Standin and its database disagree.")
	case PolicyPermits:
		return standin.Refuse(standin.Denied, op, "decision.policy_permits", `The policy "{policy}" of the application "{application}" permits this.`).
			With("policy", r.Policy).With("application", r.From)
	case DelegationAlone:
		return standin.Refuse(standin.Denied, op, "decision.delegation_alone", "A delegation was named, but nobody who acts by it.")
	}
	return standin.Refuse(standin.Denied, op, "decision.unreadable", "The organisation's rules cannot be read, so nothing is permitted.")
}
