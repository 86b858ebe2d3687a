package decision

import (
	"encoding/json"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
)

// The actions of this room's records. The outcome says whether it was a permit.
const (
	evaluated    = "decision.evaluate"
	hypothesised = "decision.hypothetical"
)

// longestState bounds what is recorded of one question, in bytes.
const longestState = 16 << 10

// Recorded is what the record holds of one question and its answer, as the state after: enough to ask it again.
type Recorded struct {
	Actor        standin.PersonID      `json:"actor,omitempty"`
	Principal    standin.PersonID      `json:"principal"`
	Session      standin.SessionID     `json:"session,omitempty"`
	Delegation   standin.DelegationID  `json:"delegation,omitempty"`
	Application  standin.ApplicationID `json:"application"`
	Type         string                `json:"type"`
	ID           string                `json:"id,omitempty"`
	Action       string                `json:"action"`
	Field        string                `json:"field,omitempty"`
	Owner        standin.PersonID      `json:"owner,omitempty"`
	EnteredBy    standin.PersonID      `json:"entered_by,omitempty"`
	Unit         standin.UnitID        `json:"unit,omitempty"`
	SelfApproval bool                  `json:"self_approval,omitempty"`
	Properties   map[string]any        `json:"properties,omitempty"`
	AskedBy      standin.Actor         `json:"asked_by"`
	Permit       bool                  `json:"permit"`
	Hypothetical bool                  `json:"hypothetical,omitempty"`
	Reasons      []Reason              `json:"reasons,omitempty"`
}

// describe returns the record of the job with that answer, but for its instant. The real actor is the record's, where it
// is known who it is; nobody did anything by a hypothetical question but who asked it. Invalid where the question is too
// large to be recorded, or holds what is no JSON.
func (j *job) describe(a Answer) (ledger.Record, error) {
	q := j.question
	r := ledger.By(j.caller)
	r.Action, r.Resource = evaluated, ItemResource(q.Application, q.Type, q.ID)
	if j.actor != "" {
		r.Actor, r.Session, r.Delegation = standin.PersonActor(j.actor), j.session, j.delegation
		if j.actor != j.principal {
			r.Principal = j.principal
		}
	}
	if !a.Permit {
		r.Outcome = ledger.Refused
	}
	if j.hypothetical {
		r.Action, r.Actor, r.Principal, r.Outcome = hypothesised, j.caller.Actor, "", ledger.Done
	}
	for _, reason := range a.Reasons {
		if reason.For == a.Permit {
			r.Reasons = append(r.Reasons, reason.Code)
		}
	}
	state, err := json.Marshal(Recorded{Actor: q.Actor, Principal: q.Principal, Session: q.Session, Delegation: q.Delegation,
		Application: q.Application, Type: q.Type, ID: q.ID, Action: q.Action, Field: q.Field, Owner: q.Owner, EnteredBy: q.EnteredBy,
		Unit: q.Unit, SelfApproval: q.SelfApproval, Properties: q.Properties, AskedBy: j.caller.Actor, Permit: a.Permit,
		Hypothetical: j.hypothetical, Reasons: a.Reasons})
	if err != nil {
		return r, standin.Refuse(standin.Invalid, "decision.decide", "decision.not_json",
			"The properties of the record hold something that is no JSON.").On("properties").Because(err)
	}
	if len(state) > longestState {
		return r, standin.Refuse(standin.Invalid, "decision.decide", "decision.too_large",
			"A question with its properties may have at most {most} bytes.").With("most", longestState).On("properties")
	}
	r.After = state
	return r, nil
}

// small refuses a question whose properties could not be recorded.
func (q *Question) small() error {
	text, err := json.Marshal(q.Properties)
	if err != nil {
		return standin.Refuse(standin.Invalid, "decision.explain", "decision.not_json",
			"The properties of the record hold something that is no JSON.").On("properties").Because(err)
	}
	if len(text) > longestState {
		return standin.Refuse(standin.Invalid, "decision.explain", "decision.too_large",
			"A question with its properties may have at most {most} bytes.").With("most", longestState).On("properties")
	}
	return nil
}

// ItemResource names a record of an application as records of answers do: "item:app:type/id", without "/id" where the
// question was about none in particular.
func ItemResource(application standin.ApplicationID, typ, id string) string {
	name := "item:" + string(application) + ":" + typ
	if id != "" {
		name += "/" + id
	}
	return name
}
