package exports

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/world/table"
)

// Form is how records are written.
type Form string

const (
	JSON Form = "jsonl" // one object a line, the form that the API has too
	CSV  Form = "csv"   // one row a record, for spreadsheets
)

// FormOf returns the form of the name, JSON for "".
func FormOf(name string) (Form, error) {
	switch Form(name) {
	case "", JSON:
		return JSON, nil
	case CSV:
		return CSV, nil
	}
	return "", standin.Refuse(standin.Invalid, "export.ask", "export.form", "The record is exported as jsonl or as csv.").On("form")
}

// Type returns the media type.
func (f Form) Type() string {
	if f == CSV {
		return "text/csv; charset=utf-8"
	}
	return "application/x-ndjson"
}

// line is a record as it is written.
type line struct {
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

func lineOf(r ledger.Record) line {
	l := line{ID: string(r.ID), At: r.At, Actor: string(r.Actor), Principal: string(r.Principal), Session: string(r.Session),
		Delegation: string(r.Delegation), Action: r.Action, Resource: r.Resource, Outcome: string(r.Outcome), Reasons: r.Reasons,
		Address: r.Origin.Address, Agent: r.Origin.Agent, Before: r.Before, After: r.After}
	if l.Reasons == nil {
		l.Reasons = []string{}
	}
	if r.Sequence >= 0 {
		l.Sequence = &r.Sequence
	}
	return l
}

// Lines writes records, one a line. Write may keep some of them until Close.
type Lines interface {
	Write(r ledger.Record) error
	Close() error
}

// NewLines returns what writes records in the form. A CSV begins with its headings, and every cell that a spreadsheet
// could run is guarded: whoever signs in chooses what their browser calls itself.
func NewLines(form Form, to io.Writer) (Lines, error) {
	if form != CSV {
		return jsonLines{json.NewEncoder(to)}, nil
	}
	out, err := table.NewWriter(table.CSV, to)
	if err != nil {
		return nil, err
	}
	return csvLines{out}, out.Write([]string{"id", "sequence", "at", "actor", "principal", "session", "delegation", "action", "resource", "outcome",
		"reasons", "address", "agent", "before", "after"})
}

// further is NewLines for what is put behind others' lines: without the mark and the headings of a CSV.
func further(form Form, to *bytes.Buffer) (Lines, error) {
	if form != CSV {
		return NewLines(form, to)
	}
	out, err := table.NewWriter(table.CSV, to)
	to.Reset()
	return csvLines{out}, err
}

type jsonLines struct{ out *json.Encoder }

func (j jsonLines) Write(r ledger.Record) error { return j.out.Encode(lineOf(r)) }
func (j jsonLines) Close() error                { return nil }

type csvLines struct{ out table.Writer }

func (c csvLines) Write(r ledger.Record) error {
	l, sequence := lineOf(r), ""
	if l.Sequence != nil {
		sequence = strconv.FormatInt(*l.Sequence, 10)
	}
	return c.out.Write([]string{l.ID, sequence, l.At.Format(time.RFC3339Nano), l.Actor, l.Principal, l.Session, l.Delegation, l.Action, l.Resource,
		l.Outcome, strings.Join(l.Reasons, " "), l.Address, l.Agent, string(l.Before), string(l.After)})
}

func (c csvLines) Close() error { return c.out.Close() }
