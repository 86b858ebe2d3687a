// Package decision owns the one question, may they do this, for them, now, and answers it with every reason.
//
// An answer is what the principal may do now, within the limits of the delegation, past the guardrails (DESIGN.md P2): the
// actor's own rights add nothing, and neither does another delegation of theirs. On behalf of somebody nothing is
// permitted before its record is durable (P1), in a transaction which finds that the session, the delegation, both people
// and the organisation's rules are still what the answer rests on (P5). It refuses in every doubt: what is unknown, what
// is not said, what could not be recorded and what took too long is denied (P6).
package decision

import (
	"github.com/standin-id/standin"
)

// Question asks whether somebody may do something with a record. Actor and Session say in which of three forms:
//
// In one's own name Actor is "" or the principal, and Session is "". With a Session, that acting session binds: Actor,
// Principal and Delegation, where they are given, must be the session's. With an Actor who is somebody else and no Session
// the question is hypothetical: could they, by the live delegation between the two? Delegation names one of several.
type Question struct {
	Actor       standin.PersonID
	Principal   standin.PersonID
	Session     standin.SessionID
	Delegation  standin.DelegationID
	Application standin.ApplicationID
	Type        string
	ID          string // of the record within its type; "" asks about none in particular
	Action      string
	Field       string // "" asks about the record itself
	Resource
	// Explain asks for every reason, also of a permit.
	Explain bool
}

// Resource is what an application says of one of its records.
type Resource struct {
	Owner        standin.PersonID // whose it is, "" where that is not said
	EnteredBy    standin.PersonID
	Unit         standin.UnitID
	SelfApproval bool // it may be judged by whom it belongs to
	// Properties are all that was said, in the types of encoding/json, for guardrails to read.
	Properties map[string]any
}

// Answer is what a question came to. The zero Answer denies.
type Answer struct {
	Permit bool
	// Hypothetical answers permit nothing: they say what would be permitted.
	Hypothetical bool
	// Reasons are those of a refusal, and of a permit that was to be explained. Of a permit each speaks for it; of a
	// refusal at least one speaks against it.
	Reasons []Reason
	// Record is what was recorded of the answer, "" where nothing was: in one's own name, unless the organisation asks.
	Record standin.RecordID
}

// Reason is one rule that speaks for a permit or against it.
type Reason struct {
	Code       string                `json:"code"`
	For        bool                  `json:"for,omitempty"`
	Role       standin.RoleID        `json:"role,omitempty"`       // whose permission it is
	At         standin.UnitID        `json:"at,omitempty"`         // where the role is held, or the unit that is meant
	Permission string                `json:"permission,omitempty"` // the line that decides, or what was asked
	From       standin.ApplicationID `json:"from,omitempty"`       // whose guardrail it is, "" for the organisation's and those built in
	Policy     string                `json:"policy,omitempty"`     // the guardrail's name or number
	Line       int                   `json:"line,omitempty"`       // where the guardrail begins in its text
	Column     int                   `json:"column,omitempty"`
	Problem    string                `json:"problem,omitempty"` // why a guardrail or a property could not be read
}

// The codes of the reasons that are this room's; those of rights and guard stand beside them.
const (
	Unknown         = "decision.unknown_person"   // there is no such principal or actor here
	Inactive        = "decision.inactive"         // one of them is inactive
	NoSession       = "decision.no_session"       // there is no such acting session
	SessionOver     = "decision.session_over"     // the acting session has ended
	OtherSession    = "decision.other_session"    // it is not of these two people, or not by this delegation
	NoDelegation    = "decision.no_delegation"    // none between the two can be used now
	SeveralOfThem   = "decision.several"          // more than one can be used, and none was named
	Changed         = "decision.changed"          // what the answer rests on changed again and again meanwhile
	Late            = "decision.late"             // the answer came too late to be trusted
	ClocksApart     = "decision.clocks_apart"     // this program's clock is not the database's
	Unreadable      = "decision.unreadable"       // the organisation's rules cannot be read
	PolicyPermits   = "decision.policy_permits"   // a policy of the application's own permits
	DelegationAlone = "decision.delegation_alone" // a delegation was named and nobody who acts by it
)

// Semantic says how far the questions of one batch are answered.
type Semantic string

const (
	ExecuteAll          Semantic = "execute_all"
	DenyOnFirstDeny     Semantic = "deny_on_first_deny"
	PermitOnFirstPermit Semantic = "permit_on_first_permit"
)
