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
