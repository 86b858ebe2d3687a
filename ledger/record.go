// Package ledger owns the record of what was done: appended in the transaction of the change itself, given a place in
// one Merkle tree for each organisation, covered by signed checkpoints, verified offline, and followed by everything
// that happens afterwards. It refuses to change or remove what was recorded, and knows nothing of what records mean.
package ledger

import (
	"encoding/json"
	"time"

	"github.com/standin-id/standin"
)

// Outcome says how what was tried went.
type Outcome string

const (
	Done    Outcome = "done"    // it happened, in the same transaction as its record
	Refused Outcome = "refused" // a rule forbade it
	Failed  Outcome = "failed"  // it could not be done
)

// Record is one thing done, or tried.
//
// Before and After hold the whole state of the resource as canonical JSON, without secrets; nil where there was none.
// They, the reasons' detail and the origin hang off the leaf as a salted commitment, so that they can be erased without
// breaking the proof.
type Record struct {
	Organisation standin.OrganisationID
	ID           standin.RecordID // given by Append
	At           time.Time
	Actor        standin.Actor
	Principal    standin.PersonID // empty where nobody is represented
	Session      standin.SessionID
	Delegation   standin.DelegationID
	Action       string // "delegation.create"
	Resource     string // "delegation:d-1"
	Outcome      Outcome
	Reasons      []string // codes of the rules that decided, for refusals
	Origin       standin.Origin
	Before       json.RawMessage
	After        json.RawMessage
	// Sequence is the record's place in its organisation's tree, from 0; -1 while it waits for one.
	Sequence int64
	// Position is the record's place in the whole installation; followers read in its order. -1 while it waits.
	Position int64
}

// By returns a record with what the caller says about it: who, for whom, by which session, from where. While nobody is
// represented Principal is empty.
func By(c standin.Caller) Record {
	r := Record{Organisation: c.Organisation, Actor: c.Actor, Session: c.Session, Delegation: c.Delegation, Origin: c.Origin,
		Outcome: Done}
	if c.Acting() {
		r.Principal = c.Principal
	}
	return r
}

// State returns v as the canonical JSON that Before and After hold. v is a struct with fixed field order, or a map.
// It panics where v cannot be JSON, which is a fault of ours.
func State(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("ledger: a state cannot be written as JSON: " + err.Error())
	}
	return b
}
