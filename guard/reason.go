package guard

import "github.com/standin-id/standin"

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

// Reason is one objection: which rule objects, and where it stands. Said tells it in words.
type Reason struct {
	// Code is one of those above.
	Code string
	// Application is whose guardrail or policy it is, "" for the organisation's own and those built in.
	Application standin.ApplicationID
	// Policy is the name that an annotation @id gives it, else its number, counted from 1; "" for those built in.
	Policy string
	// Line and Column are where the policy begins in its text, counted from 1; 0 for those built in.
	Line, Column int
	// Problem says in English why a policy, or a property that it reads, could not be evaluated.
	Problem string
}

func (r *rule) reason(code, problem string) Reason {
	at := r.policy.Position()
	return Reason{Code: code, Policy: r.name, Line: at.Line, Column: at.Column, Problem: problem}
}

// Said returns the reason in words. The word catalogues know it by its code, as they know every refusal.
func (r Reason) Said() *standin.Error {
	const op = "guard.explain"
	switch r.Code {
	case OwnItem:
		return standin.Refuse(standin.Denied, op, "guard.own_item",
			"Nobody judges an item that they own or entered themselves, whoever they act for.")
	case PrincipalsItem:
		return standin.Refuse(standin.Denied, op, "guard.principals_item",
			"Whoever acts for somebody judges no item that this person owns or entered.")
	case NoOwner:
		return standin.Refuse(standin.Denied, op, "guard.no_owner",
			"An item can be judged only when it is known whose it is.")
	case NotPermitted:
		return standin.Refuse(standin.Denied, op, "guard.not_permitted", "No policy of the application permits this.")
	}
	return r.byPolicy(op).With("policy", r.Policy).With("line", r.Line).With("column", r.Column)
}

func (r Reason) byPolicy(op string) *standin.Error {
	switch {
	case r.Code == Forbidden && r.Application == "":
		return standin.Refuse(standin.Denied, op, "guard.forbidden",
			`The organisation's rule "{policy}" (line {line}, column {column}) forbids this.`)
	case r.Code == Forbidden:
		return standin.Refuse(standin.Denied, op, "guard.forbidden_by_application",
			`The rule "{policy}" of the application "{application}" (line {line}, column {column}) forbids this.`).
			With("application", r.Application)
	case r.Application == "":
		return standin.Refuse(standin.Denied, op, "guard.failed",
			`The organisation's rule "{policy}" (line {line}, column {column}) cannot be judged, so the answer is no: {problem}`).
			With("problem", shortened(r.Problem))
	}
	return standin.Refuse(standin.Denied, op, "guard.failed_by_application",
		`The rule "{policy}" of the application "{application}" (line {line}, column {column}) cannot be judged, so the answer is `+
			`no: {problem}`).With("application", r.Application).With("problem", shortened(r.Problem))
}
