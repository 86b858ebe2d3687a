package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/world/exports"
)

// Export is an export of the record that runs behind.
type Export struct {
	ID        string        `json:"id"`
	State     string        `json:"state" enum:"running,done,stopped,too_large,failed" doc:"stopped: the asker sees less of the record than when they asked. Only of one that is done there is a file."`
	Form      string        `json:"form" enum:"jsonl,csv"`
	Filter    *ExportFilter `json:"filter"`
	AskedAt   time.Time     `json:"asked_at"`
	Records   int64         `json:"records" doc:"Written so far."`
	Progress  float64       `json:"progress" doc:"Which part of the record's time was gone through, from 0 to 1."`
	Reached   *time.Time    `json:"reached_at,omitempty" doc:"It has come back to here; the newest records come first."`
	EndedAt   *time.Time    `json:"ended_at,omitempty"`
	ExpiresAt time.Time     `json:"expires_at" doc:"It is deleted then."`
}

// ExportFilter narrows an export; what is left out narrows nothing.
type ExportFilter struct {
	Person     standin.PersonID     `json:"person,omitempty" maxLength:"200" doc:"Who is the actor or the principal."`
	Actor      standin.Actor        `json:"actor,omitempty" maxLength:"200" doc:"Who was really there." example:"person:p-1"`
	Principal  standin.PersonID     `json:"principal,omitempty" maxLength:"200" doc:"In whose place it was done."`
	Session    standin.SessionID    `json:"session,omitempty" maxLength:"200" doc:"The acting session."`
	Delegation standin.DelegationID `json:"delegation,omitempty" maxLength:"200" doc:"The delegation it rested on."`
	Action     string               `json:"action,omitempty" maxLength:"200" doc:"The action; with a dot at its end, all that begin so."`
	Resource   string               `json:"resource,omitempty" maxLength:"300" doc:"What it was done to." example:"delegation:d-1"`
	Outcome    string               `json:"outcome,omitempty" enum:"done,refused,failed" doc:"How it went."`
	OnBehalf   bool                 `json:"on_behalf,omitempty" doc:"Only what somebody did in another's place."`
	From       *time.Time           `json:"from,omitempty" doc:"Not before this instant."`
	Until      *time.Time           `json:"until,omitempty" doc:"Before this instant; at most until it was asked for."`
}

func (f *ExportFilter) filter() ledger.Filter {
	if f == nil {
		return ledger.Filter{}
	}
	l := ledger.Filter{Person: f.Person, Actor: f.Actor, Principal: f.Principal, Session: f.Session, Delegation: f.Delegation, Action: f.Action,
		Resource: f.Resource, Outcome: ledger.Outcome(f.Outcome), OnBehalf: f.OnBehalf}
	if f.From != nil {
		l.From = f.From.UTC()
	}
	if f.Until != nil {
		l.Until = f.Until.UTC()
	}
	return l
}

func export(e exports.Export) Export {
	f := e.Filter
	x := Export{ID: e.ID, State: e.How, Form: string(e.Form), AskedAt: e.AskedAt, Records: e.Records, Progress: e.Progress(), Reached: moment(e.Reached),
		EndedAt: moment(e.EndedAt), ExpiresAt: e.ExpiresAt, Filter: &ExportFilter{f.Person, f.Actor, f.Principal, f.Session, f.Delegation, f.Action,
			f.Resource, string(f.Outcome), f.OnBehalf, moment(f.From), moment(f.Until)}}
	if e.Running() {
		x.State = "running"
	}
	return x
}

// mediaLines is how records leave, one object a line.
const mediaLines = "application/jsonl"

func (a *api) describeExports() {
	const tag = "Audit"
	put(a, http.MethodPost, "/audit/exports", about{id: "askExport", tag: tag, status: http.StatusAccepted, summary: "Export records behind",
		text: "What the caller may read of the record, and the filter leaves, is written behind; getExport says how far it is. It goes on after a " +
			"restart, and stops where the caller may read less than when they asked. It is kept for three days, at most five for each caller. " +
			"Not while acting."}, a.askExport)
	put(a, http.MethodGet, "/audit/exports", about{id: "listExports", tag: tag, summary: "List one's exports",
		text: "The newest first. Others' are unknown."}, a.listExports)
	put(a, http.MethodGet, "/audit/exports/{id}", about{id: "getExport", tag: tag, summary: "Say how far an export is",
		text: "404 for others', and where it is not kept any more."}, a.getExport)
	put(a, http.MethodDelete, "/audit/exports/{id}", about{id: "deleteExport", tag: tag, status: http.StatusNoContent, summary: "Stop or delete an export",
		text: "What was written of it is deleted."}, a.deleteExport)
	put(a, http.MethodGet, "/audit/exports/{id}/file", about{id: "fetchExport", tag: tag, file: true, summary: "Fetch an export",
		text: "409 while it is not done. 403 where the caller may read less than when they asked. An answer that is broken off has no end."}, a.fetchExport)
}

type askExportIn struct {
	Body struct {
		Form   string        `json:"form,omitempty" enum:"jsonl,csv" default:"jsonl" doc:"One object or one row a line."`
		Filter *ExportFilter `json:"filter,omitempty"`
	}
}

func (a *api) askExport(ctx context.Context, who standin.Caller, in *askExportIn) (*body[Export], error) {
	if err := a.auditing(ctx, who); err != nil {
		return nil, err
	}
	e, err := a.Exports.Ask(ctx, who, exports.Form(in.Body.Form), in.Body.Filter.filter())
	if err != nil {
		return nil, err
	}
	return &body[Export]{export(e)}, nil
}

func (a *api) listExports(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[Export]], error) {
	all, err := a.Exports.List(ctx, who)
	return whole(all, export), err
}

// ExportPath is the path parameter of operations on one export.
type ExportPath struct {
	ID string `path:"id" maxLength:"200" doc:"The export's id."`
}

func (a *api) getExport(ctx context.Context, who standin.Caller, in *ExportPath) (*body[Export], error) {
	e, err := a.Exports.Get(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return &body[Export]{export(e)}, nil
}

func (a *api) deleteExport(ctx context.Context, who standin.Caller, in *ExportPath) (*none, error) {
	return &none{}, a.Exports.Delete(ctx, who, in.ID)
}

func (a *api) fetchExport(ctx context.Context, who standin.Caller, in *ExportPath) (*huma.StreamResponse, error) {
	if err := a.auditing(ctx, who); err != nil {
		return nil, err
	}
	e, err := a.Exports.Open(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		kind := e.Form.Type()
		if e.Form == exports.JSON {
			kind = mediaLines
		}
		hc.SetHeader("Content-Type", kind)
		hc.SetHeader("Content-Disposition", `attachment; filename="standin-audit.`+string(e.Form)+`"`)
		if err := a.Exports.Write(ctx, e, hc.BodyWriter(), func() error { return a.still(ctx) }); err != nil {
			a.log.ErrorContext(ctx, "an export broke off", "error", err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}
