package guard

import (
	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// Question is what guardrails are asked: who is really there, for whom, and what they would do with which record.
type Question struct {
	// Actor is who is really there, Principal whom they act for: the same person in one's own name.
	Actor, Principal standin.PersonID
	Application      standin.ApplicationID
	Type, Action     string
	// ID names the record within its type; "" where the question is about none in particular.
	ID string
	// Flags are what the catalogue says of the action.
	Flags rights.Action
	// Owner is whose record it is, EnteredBy who typed it; "" where the application did not say.
	Owner, EnteredBy standin.PersonID
	Unit             standin.UnitID
	// SelfApproval says that the item may be judged by whom it belongs to.
	SelfApproval bool
	// Properties are those of the record as they were sent, in the types of encoding/json. What stands above in a field
	// of its own counts in their stead.
	Properties map[string]any
}

// Acting reports whether the actor is somebody else than the principal.
func (q *Question) Acting() bool { return q.Actor != q.Principal }

// The codes of reasons, all of which speak against.
const (
	OwnItem        = "guard.own_item"        // the real actor owns or entered what they would judge
	PrincipalsItem = "guard.principals_item" // one who acts would judge what their principal owns or entered
	NoOwner        = "guard.no_owner"        // nobody knows whose item would be judged
	Forbidden      = "guard.forbidden"       // a policy forbids
	Failed         = "guard.failed"          // a policy could not be evaluated
	Unreadable     = "guard.unreadable"      // a property that a policy reads is a fraction, or nothing that Cedar knows
	NotPermitted   = "guard.not_permitted"   // no policy of the application's own permits
)

// Reason is one objection: which rule objects, and where it stands.
type Reason struct {
	// Code is one of those above.
	Code string
	// Application is whose guardrail or policy it is, "" for the organisation's own and those built in.
	Application standin.ApplicationID
	// Policy is the name that an annotation @id gives it, else its number, counted from 1; "" for those built in.
	Policy string
	// Line and Column are where the policy begins in its text, counted from 1; 0 for those built in.
	Line, Column int
	// Property names the one that could not be read.
	Property string
	// Problem says in English why a policy or a property could not be evaluated.
	Problem string
}

// BuiltIn applies the two guardrails that no organisation can lift, and returns why they object, or "". Nobody judges an
// item that the real actor owns or entered, unless it says that it may be judged by whom it belongs to; nobody who is
// acting judges an item that the principal owns, whatever the item says, nor one that the principal entered and could
// not judge either. An item without an owner is judged by nobody.
func BuiltIn(q *Question) string {
	switch {
	case !q.Flags.Approves:
		return ""
	case q.Owner == "":
		return NoOwner
	case !q.SelfApproval && (q.Owner == q.Actor || q.EnteredBy == q.Actor):
		return OwnItem
	case q.Acting() && (q.Owner == q.Principal || !q.SelfApproval && q.EnteredBy == q.Principal):
		return PrincipalsItem
	}
	return ""
}
