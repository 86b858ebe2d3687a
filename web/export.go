package web

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/standin-id/standin/ledger"
)

// exported is a record as the export writes it, the form that the API has too.
type exported struct {
	ID         string          `json:"id"`
	Sequence   *int64          `json:"sequence,omitempty"` // absent while it waits for its place
	At         time.Time       `json:"at"`
	Actor      string          `json:"actor"`
	Principal  string          `json:"principal,omitempty"`
	Session    string          `json:"session,omitempty"`
	Delegation string          `json:"delegation,omitempty"`
	Action     string          `json:"action"`
	Resource   string          `json:"resource,omitempty"`
	Outcome    string          `json:"outcome"`
	Reasons    []string        `json:"reasons"`
	Address    string          `json:"address,omitempty"`
	Agent      string          `json:"agent,omitempty"`
	Before     json.RawMessage `json:"before,omitempty"`
	After      json.RawMessage `json:"after,omitempty"`
}

// exportAudit writes the records that the filter leaves, newest first, one JSON object a line. Who verifies offline, with
// proofs, uses the command "standin audit export".
func (v *visit) exportAudit() error {
	page := v.asked(v.R.URL.Query())
	if err := v.auditScope(page); err != nil {
		return err
	}
	filter, err := v.auditFilter(page)
	if err != nil {
		return err
	}
	if page.Problems != nil {
		http.Redirect(v.W, v.R, "/audit"+asQuery(page.query()), http.StatusSeeOther)
		return nil
	}
	const atOnce = 200
	out := json.NewEncoder(v.W)
	for after, begun := (ledger.Cursor{}), false; ; begun = true {
		records, next, err := v.Directory.Audit(v.R.Context(), v.Caller, filter, after, atOnce)
		if err != nil && begun {
			v.Log.WarnContext(v.R.Context(), "export broken off", "error", err)
			panic(http.ErrAbortHandler) // so that nobody takes the part for the whole
		}
		if err != nil {
			return err
		}
		if !begun {
			v.W.Header().Set("Content-Type", "application/x-ndjson")
			v.W.Header().Set("Content-Disposition", `attachment; filename="standin-audit.jsonl"`)
		}
		for _, r := range records {
			if err := out.Encode(export(r)); err != nil {
				return nil // the browser went away
			}
		}
		if after = next; next == (ledger.Cursor{}) {
			return nil
		}
	}
}

func export(r ledger.Record) exported {
	e := exported{ID: string(r.ID), At: r.At, Actor: string(r.Actor), Principal: string(r.Principal), Session: string(r.Session),
		Delegation: string(r.Delegation), Action: r.Action, Resource: r.Resource, Outcome: string(r.Outcome), Reasons: r.Reasons,
		Address: r.Origin.Address, Agent: r.Origin.Agent, Before: r.Before, After: r.After}
	if e.Reasons == nil {
		e.Reasons = []string{}
	}
	if r.Sequence >= 0 {
		e.Sequence = &r.Sequence
	}
	return e
}
