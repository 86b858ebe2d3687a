package web

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/world/table"
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

// exportAudit writes the records that the filter leaves, newest first, one JSON object or one row a line, however many
// they are: none is kept in memory. Who verifies offline, with
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
	var out lines
	for after := (ledger.Cursor{}); ; {
		if out != nil {
			err = v.still()
		}
		var records []ledger.Record
		var next ledger.Cursor
		if err == nil {
			records, next, err = v.Directory.Audit(v.R.Context(), v.Caller, filter, after, atOnce)
		}
		if err != nil && out != nil {
			v.Log.WarnContext(v.R.Context(), "export broken off", "error", err)
			panic(http.ErrAbortHandler) // so that nobody takes the part for the whole
		}
		if err == nil && out == nil {
			out, err = v.begin(v.R.URL.Query().Get("form"))
		}
		if err != nil {
			return err
		}
		for _, r := range records {
			if err := out.write(export(r)); err != nil {
				return nil // the browser went away
			}
		}
		if after = next; next == (ledger.Cursor{}) {
			return out.close()
		}
	}
}

// lines are records on their way out, one a line.
type lines interface {
	write(e exported) error
	close() error
}

// begin says what comes, and returns where to write it: a CSV for spreadsheets, or else JSON lines.
func (v *visit) begin(form string) (lines, error) {
	h := v.W.Header()
	if form != "csv" {
		h.Set("Content-Type", "application/x-ndjson")
		h.Set("Content-Disposition", `attachment; filename="standin-audit.jsonl"`)
		return jsonLines{json.NewEncoder(v.W)}, nil
	}
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="standin-audit.csv"`)
	out, err := table.NewWriter(table.CSV, v.W)
	if err != nil {
		return nil, err
	}
	return csvLines{out}, out.Write([]string{"id", "sequence", "at", "actor", "principal", "session", "delegation", "action", "resource", "outcome",
		"reasons", "address", "agent", "before", "after"})
}

type jsonLines struct{ out *json.Encoder }

func (j jsonLines) write(e exported) error { return j.out.Encode(e) }
func (j jsonLines) close() error           { return nil }

// csvLines guards every cell that a spreadsheet could run: whoever signs in chooses what their browser calls itself.
type csvLines struct{ out table.Writer }

func (c csvLines) write(e exported) error {
	sequence := ""
	if e.Sequence != nil {
		sequence = strconv.FormatInt(*e.Sequence, 10)
	}
	return c.out.Write([]string{e.ID, sequence, e.At.Format(time.RFC3339Nano), e.Actor, e.Principal, e.Session, e.Delegation, e.Action, e.Resource, e.Outcome,
		strings.Join(e.Reasons, " "), e.Address, e.Agent, string(e.Before), string(e.After)})
}

func (c csvLines) close() error { return c.out.Close() }

// still refuses where the visitor is no longer who they were when the page began: what was ended meanwhile is not read any
// further (THREATS 43).
func (v *visit) still() error {
	here, err := v.Signin.Glance(v.R.Context(), v.Token)
	if err != nil {
		return err
	}
	return here.Caller.RequireIdentity(v.Caller.Identity())
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
