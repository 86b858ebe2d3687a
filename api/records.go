package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision/deeds"
	"github.com/standin-id/standin/ledger"
)

// Deed is one thing done in an application.
type Deed struct {
	ID        string         `json:"id" minLength:"1" maxLength:"200" doc:"The sender's own, a new one for each. Sent again, it is not recorded twice."`
	At        time.Time      `json:"at" doc:"When it was done: at most 60 days ago."`
	Actor     string         `json:"actor" minLength:"1" maxLength:"256" doc:"The id of the person who did it: act.sub of a token, else its sub."`
	Principal string         `json:"principal,omitempty" maxLength:"256" doc:"The id of the person for whom it was done: sub of a token."`
	Session   string         `json:"session,omitempty" maxLength:"256" doc:"The acting session in which it was done for somebody else: sid of a token that has act."`
	Action    string         `json:"action" minLength:"5" maxLength:"200" doc:"What was done, as app:type.action."`
	Resource  string         `json:"resource,omitempty" maxLength:"256" doc:"The id of the record to which it was done."`
	Outcome   string         `json:"outcome,omitempty" enum:"done,refused,failed" doc:"done where it is not said."`
	Before    map[string]any `json:"before,omitempty" doc:"What was there, at most 8 KiB. Values of members that are named like secrets are not kept."`
	After     map[string]any `json:"after,omitempty" doc:"What is there now, as before."`
}

// Deeds are recorded one by one, in their order.
type Deeds struct {
	Records []Deed `json:"records" minItems:"1" maxItems:"200" nullable:"false"`
}

// Receipt says what became of one deed.
type Receipt struct {
	ID     string `json:"id"`
	Record string `json:"record,omitempty" doc:"The record of it, or of its having been refused."`
	Again  bool   `json:"again,omitempty" doc:"It had been sent before."`
	Code   string `json:"code,omitempty" doc:"Why it was refused; absent where it was not."`
	Detail string `json:"detail,omitempty" doc:"The same in words."`
	Field  string `json:"field,omitempty" doc:"What of it is to be changed."`
}

// Receipts are in the order of what was sent.
type Receipts struct {
	Receipts []Receipt `json:"receipts" nullable:"false"`
}

func (a *api) describeRecords() {
	put(a, http.MethodPost, "/records", about{id: "tellDeeds", tag: "Audit", record: true, summary: "Record what was done in an application",
		text: "Each with its own answer, in their order; what is accepted is durable, with its record, when this is answered with 200. One that is refused, " +
			"because its people, its acting session and its instant do not belong together, is recorded as refused and keeps no other from being " +
			"recorded. It takes an API key made for record."}, a.tellDeeds)
}

func (a *api) tellDeeds(ctx context.Context, who standin.Caller, in *body[Deeds]) (*body[Receipts], error) {
	list := make([]deeds.Deed, len(in.Body.Records))
	for i, d := range in.Body.Records {
		app, rest, _ := strings.Cut(d.Action, ":")
		typ, action, _ := strings.Cut(rest, ".")
		list[i] = deeds.Deed{ID: d.ID, At: d.At, Actor: standin.PersonID(d.Actor), Principal: standin.PersonID(d.Principal),
			Session: standin.SessionID(d.Session), Application: standin.ApplicationID(app), Type: typ, Action: action, Item: d.Resource,
			Outcome: ledger.Outcome(d.Outcome), Before: stateOf(d.Before), After: stateOf(d.After)}
	}
	receipts, err := a.deeds.Tell(ctx, who, list)
	return &body[Receipts]{Receipts{each(receipts, receiptOf)}}, err
}

func stateOf(state map[string]any) json.RawMessage {
	if state == nil {
		return nil
	}
	return ledger.State(state)
}

func receiptOf(r deeds.Receipt) Receipt {
	out := Receipt{ID: r.ID, Record: string(r.Record), Again: r.Again}
	if r.Refusal != nil {
		out.Code, out.Detail, out.Field = r.Refusal.Code, r.Refusal.Text(), r.Refusal.Field
	}
	return out
}
