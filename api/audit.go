package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// Record is one thing done, or tried.
type Record struct {
	ID         string          `json:"id"`
	Sequence   *int64          `json:"sequence,omitempty" doc:"Its place in the organisation's tree; absent while it waits for one."`
	At         time.Time       `json:"at"`
	Actor      string          `json:"actor" doc:"Who was really there." example:"person:p-1"`
	Principal  string          `json:"principal,omitempty" doc:"The person in whose place it was done; absent in one's own name."`
	Session    string          `json:"session,omitempty" doc:"The acting session."`
	Delegation string          `json:"delegation,omitempty"`
	Action     string          `json:"action" example:"delegation.create"`
	Resource   string          `json:"resource,omitempty" example:"delegation:d-1"`
	Outcome    string          `json:"outcome" enum:"done,refused,failed"`
	Reasons    []string        `json:"reasons" nullable:"false" doc:"The codes of the rules that decided, for refusals."`
	Address    string          `json:"address,omitempty" doc:"The network address that it came from."`
	Agent      string          `json:"agent,omitempty" doc:"What the browser or program calls itself."`
	Before     json.RawMessage `json:"before,omitempty" doc:"The whole state before."`
	After      json.RawMessage `json:"after,omitempty" doc:"The whole state after."`
}

// AuditStatus says how far the organisation's record has come.
type AuditStatus struct {
	Size       int64      `json:"size" doc:"Records in the tree, all covered by the checkpoint."`
	SignedAt   *time.Time `json:"signed_at,omitempty"`
	Checkpoint string     `json:"checkpoint,omitempty" doc:"The last signed checkpoint (C2SP tlog-checkpoint). Kept elsewhere, it proves later tampering."`
	Waiting    int64      `json:"waiting" doc:"Records that have no place yet."`
	Oldest     *time.Time `json:"oldest_waiting_at,omitempty"`
}

func record(r ledger.Record) Record {
	f := Record{ID: string(r.ID), At: r.At, Actor: string(r.Actor), Principal: string(r.Principal), Session: string(r.Session),
		Delegation: string(r.Delegation), Action: r.Action, Resource: r.Resource, Outcome: string(r.Outcome), Reasons: texts(r.Reasons),
		Address: r.Origin.Address, Agent: r.Origin.Agent, Before: r.Before, After: r.After}
	if r.Sequence >= 0 {
		f.Sequence = &r.Sequence
	}
	return f
}

func (a *api) describeAudit() {
	const tag = "Audit"
	put(a, http.MethodGet, "/audit", about{id: "listRecords", tag: tag, summary: "Read the record",
		text: "Newest first. Everybody sees what they did and what was done in their name; who holds standin:audit.view, what the " +
			"people of those units did or had done for them. While acting: what the principal sees."}, a.listRecords)
	put(a, http.MethodGet, "/audit/records/{id}", about{id: "getRecord", tag: tag, summary: "Get one record",
		text: "404 where it does not exist or the caller may not see it."}, a.getRecord)
	put(a, http.MethodGet, "/audit/export", about{id: "exportRecords", tag: tag, lines: true, summary: "Export records as JSON lines",
		text: "The same records in the same order as the list, one JSON object on each line. For an export that can be verified " +
			"offline, with proofs, use standin audit export."}, a.exportRecords)
	put(a, http.MethodGet, "/audit/status", about{id: "getAuditStatus", tag: tag, summary: "Say how far the record has come",
		text: "The size of the organisation's tree, its last signed checkpoint, and what still waits."}, a.getAuditStatus)
}

// Records narrows a list of records.
type Records struct {
	Person     standin.PersonID     `query:"person" maxLength:"200" doc:"Who is the actor or the principal."`
	Actor      standin.Actor        `query:"actor" maxLength:"200" doc:"Who was really there." example:"person:p-1"`
	Principal  standin.PersonID     `query:"principal" maxLength:"200"  doc:"In whose place it was done."`
	Session    standin.SessionID    `query:"session" maxLength:"200" doc:"The acting session."`
	Delegation standin.DelegationID `query:"delegation" maxLength:"200" doc:"The delegation it rested on."`
	Action     string               `query:"action" maxLength:"200" doc:"The action; with a dot at its end, all that begin so."`
	Resource   string               `query:"resource" maxLength:"300" doc:"What it was done to." example:"delegation:d-1"`
	Outcome    string               `query:"outcome" enum:"done,refused,failed" doc:"How it went."`
	From       time.Time            `query:"from" doc:"Not before this instant."`
	Until      time.Time            `query:"until" doc:"Before this instant."`
}

func (f Records) filter() ledger.Filter {
	return ledger.Filter{Person: f.Person, Actor: f.Actor, Principal: f.Principal, Session: f.Session, Delegation: f.Delegation,
		Action: f.Action, Resource: f.Resource, Outcome: ledger.Outcome(f.Outcome), From: f.From, Until: f.Until}
}

// auditing asks for a proof of who has acted meanwhile and now looks at more of the record than their own (THREATS 35).
func (a *api) auditing(ctx context.Context, who standin.Caller) error {
	v := asker(ctx).visit
	if v == nil || !v.NeedsProof {
		return nil
	}
	beyond := false
	err := a.DB.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		all, units, err := a.Directory.ScopesOf(ctx, tx, who, "audit", "view")
		beyond = all || len(units) > 0
		return err
	})
	if err != nil || !beyond {
		return err
	}
	return v.RequireProof()
}

type listRecordsIn struct {
	Records
	Paging
}

func (a *api) listRecords(ctx context.Context, who standin.Caller, in *listRecordsIn) (*body[Page[Record]], error) {
	after, err := in.record()
	if err == nil {
		err = a.auditing(ctx, who)
	}
	if err != nil {
		return nil, err
	}
	records, next, err := a.Directory.Audit(ctx, who, in.filter(), after, in.Limit)
	if err != nil {
		return nil, err
	}
	return page(records, markRecord(next), record), nil
}

// markRecord writes a place in a list of records.
func markRecord(c ledger.Cursor) string {
	if c == (ledger.Cursor{}) {
		return ""
	}
	return mark(ofRecords, strconv.FormatInt(standin.Micros(c.At), 10)+" "+string(c.ID))
}

// record reads what markRecord wrote.
func (p Paging) record() (ledger.Cursor, error) {
	text, err := p.place(ofRecords)
	if err != nil || text == "" {
		return ledger.Cursor{}, err
	}
	at, id, _ := strings.Cut(text, " ")
	micros, err := strconv.ParseInt(at, 10, 64)
	if err != nil || id == "" {
		return ledger.Cursor{}, noPlace()
	}
	return ledger.Cursor{At: standin.Instant(micros), ID: standin.RecordID(id)}, nil
}

// RecordPath is the path parameter of operations on one record.
type RecordPath struct {
	ID standin.RecordID `path:"id" maxLength:"200" doc:"The record's id."`
}

func (a *api) getRecord(ctx context.Context, who standin.Caller, in *RecordPath) (*body[Record], error) {
	if err := a.auditing(ctx, who); err != nil {
		return nil, err
	}
	r, err := a.Directory.AuditRecord(ctx, who, in.ID)
	return &body[Record]{record(r)}, err
}

func (a *api) getAuditStatus(ctx context.Context, who standin.Caller, _ *none) (*body[AuditStatus], error) {
	if err := a.auditing(ctx, who); err != nil {
		return nil, err
	}
	s, err := a.Directory.AuditStatus(ctx, who)
	return &body[AuditStatus]{AuditStatus{Size: s.Size, SignedAt: moment(s.At), Checkpoint: s.Note, Waiting: s.Waiting,
		Oldest: moment(s.Oldest)}}, err
}

// exportRecords reads page after page while it writes, each as the asker may read at that time. The first page is read
// before the answer begins, so that a refusal is still a problem; what fails later breaks the answer off, which a reader
// notices by the missing last chunk.
func (a *api) exportRecords(ctx context.Context, who standin.Caller, in *Records) (*huma.StreamResponse, error) {
	const most = 200
	if err := a.auditing(ctx, who); err != nil {
		return nil, err
	}
	records, next, err := a.Directory.Audit(ctx, who, in.filter(), ledger.Cursor{}, most)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/jsonl")
		hc.SetHeader("Content-Disposition", `attachment; filename="standin-audit.jsonl"`)
		lines := json.NewEncoder(hc.BodyWriter())
		for {
			for _, r := range records {
				if lines.Encode(record(r)) != nil {
					return // nobody reads any more
				}
			}
			if next == (ledger.Cursor{}) {
				return
			}
			if err = a.still(ctx); err == nil {
				records, next, err = a.Directory.Audit(ctx, who, in.filter(), next, most)
			}
			if err != nil {
				a.log.ErrorContext(ctx, "an export broke off", "error", err)
				panic(http.ErrAbortHandler)
			}
		}
	}}, nil
}
