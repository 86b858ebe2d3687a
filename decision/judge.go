package decision

import (
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/rights"
)

// asked is a question in the words of rights and guard.
type asked struct {
	rights rights.Question
	guard  guard.Question
	known  bool // a catalogue has what is asked about
}

// ask puts the question to the rulebook: actor is who is really there.
func ask(q *Question, actor, principal standin.PersonID) (a asked) {
	a.rights = rights.Question{Application: q.Application, Type: q.Type, Action: q.Action, Field: q.Field, Owner: q.Owner,
		EnteredBy: q.EnteredBy, Unit: q.Unit, SelfApproval: q.SelfApproval}
	a.guard = guard.Question{Actor: actor, Principal: principal, Application: q.Application, Type: q.Type, Action: q.Action,
		ID: q.ID, Owner: q.Owner, EnteredBy: q.EnteredBy, Unit: q.Unit, SelfApproval: q.SelfApproval, Properties: q.Properties}
	return a
}

// flag looks up what the catalogue says of the action, for guardrails and policies.
func (b *rulebook) flag(a *asked) bool {
	a.guard.Flags, a.known = b.vocabulary.Action(&a.rights)
	return a.known
}

// permits reports whether the person, within the bounds, may do what is asked, and no guardrail objects. The cheapest
// question comes first.
func (b *rulebook) permits(authority *rights.Authority, bounds *rights.Bounds, a *asked) bool {
	if b.broken {
		return false
	}
	policies, own := b.policies[a.rights.Application]
	if !own {
		return authority.Permits(bounds, &a.rights) && b.flag(a) && !b.guards.Forbids(&a.guard)
	}
	return (bounds == nil || authority.Within(bounds, &a.rights)) && b.flag(a) && policies.Decide(&a.guard).Permit && !b.guards.Forbids(&a.guard)
}

// reasons returns everything that speaks for and against, whatever permits said.
func (b *rulebook) reasons(authority *rights.Authority, bounds *rights.Bounds, a *asked) []Reason {
	b.flag(a)
	var all []Reason
	if b.broken {
		all = append(all, Reason{Code: Unreadable})
	}
	for _, r := range authority.Explain(bounds, &a.rights).Reasons {
		all = append(all, Reason{Code: r.Code, For: r.For, Role: r.Role, At: r.At, Permission: r.Permission})
	}
	if policies, own := b.policies[a.rights.Application]; own && a.known {
		all = append(byPolicies(policies, a), slices.DeleteFunc(all, ofRoles)...)
	}
	return append(all, objections(b.guards.Explain(&a.guard), "")...)
}

// ofRoles reports whether the reason is about roles, whose place policies take.
func ofRoles(r Reason) bool { return r.Role != "" || r.Code == "rights.no_role" }

func byPolicies(policies guard.Policies, a *asked) []Reason {
	var all []Reason
	v := policies.Decide(&a.guard)
	for _, name := range v.By {
		all = append(all, Reason{Code: PolicyPermits, For: true, From: a.rights.Application, Policy: name})
	}
	return append(all, objections(v.Reasons, a.rights.Application)...)
}

// objections are guard's reasons in this room's form; from is whose they are where they do not say.
func objections(reasons []guard.Reason, from standin.ApplicationID) []Reason {
	var all []Reason
	for _, r := range reasons {
		whose := from
		if r.Application != "" {
			whose = r.Application
		}
		all = append(all, Reason{Code: r.Code, From: whose, Policy: r.Policy, Line: r.Line, Column: r.Column, Problem: r.Problem})
	}
	return all
}
