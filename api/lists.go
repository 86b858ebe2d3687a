package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/world/lists"
	"github.com/standin-id/standin/world/table"
)

// List is a list that was sent: what it would do, how far it has come, or what it did.
type List struct {
	ID      string     `json:"id"`
	State   string     `json:"state" enum:"planned,running,over" doc:"planned: nothing of it is done yet. While it is running, its rows are not told."`
	Kind    string     `json:"kind,omitempty" enum:"people,delegations"`
	Name    string     `json:"name,omitempty" doc:"As records call it."`
	Done    int        `json:"done" doc:"Rows that are done with, of those that would do something."`
	Total   int        `json:"total" doc:"Rows that would do something."`
	Counts  *RowCounts `json:"counts,omitempty" doc:"Of all rows."`
	Ignored []string   `json:"ignored" nullable:"false" doc:"Columns that were passed over."`
	Rows    []ListRow  `json:"rows" nullable:"false" doc:"Those that are created or changed, at most the first 1,000."`
	Refused []ListRow  `json:"refused" nullable:"false" doc:"Those that are refused, at most the first 1,000."`
	Failure *Failure   `json:"failure,omitempty" doc:"Why it broke off. What was done is durable; send the list again for the rest."`
}

// RowCounts are how many rows come to what.
type RowCounts struct {
	Create int `json:"create"`
	Change int `json:"change"`
	Skip   int `json:"skip" doc:"Everything is so already."`
	Refuse int `json:"refuse"`
}

// ListRow is what becomes of one row.
type ListRow struct {
	Line    int      `json:"line" doc:"In the file."`
	Who     string   `json:"who"`
	Outcome string   `json:"outcome" enum:"create,change,refuse"`
	Changes []string `json:"changes,omitempty" doc:"The columns that are changed."`
	Done    bool     `json:"done"`
	Refusal *Failure `json:"refusal,omitempty"`
}

// Failure is why something was not done.
type Failure struct {
	Code   string `json:"code" doc:"As of a problem." example:"directory.email_taken"`
	Detail string `json:"detail"`
}

func (a *api) describeLists() {
	const tag = "Lists"
	const sent = "Nothing is done before applyList. Rows that are refused stop no others. Kept for a while in the memory of the server that took it: " +
		"of several replicas the others do not know it. Where it is gone, the list is sent again, and what was done is skipped. "
	put(a, http.MethodPost, "/lists/people", about{id: "planPeople", tag: tag, admin: true, people: true, list: true, status: http.StatusCreated,
		summary: "Say what a list of people would do", text: sent + "Needs standin:person.manage."}, a.plan(lists.People))
	put(a, http.MethodPost, "/lists/delegations", about{id: "planDelegations", tag: tag, admin: true, list: true, status: http.StatusCreated,
		summary: "Say what a list of delegations would do", text: sent + "Needs standin:delegation.manage."}, a.plan(lists.Delegations))
	put(a, http.MethodGet, "/lists/{id}", about{id: "getList", tag: tag, admin: true, people: true, summary: "Say how far a list is",
		text: "404 for others' lists, and where it is not kept any more."}, a.getList)
	put(a, http.MethodPost, "/lists/{id}/apply", about{id: "applyList", tag: tag, admin: true, people: true, status: http.StatusAccepted,
		summary: "Do what a list would do", text: "Runs behind; getList says how far it is. Asked twice, it runs once."}, a.applyList)
	put(a, http.MethodGet, "/lists/{id}/refused", about{id: "getRefused", tag: tag, admin: true, people: true, sheet: true,
		summary: "Fetch a list's refused rows", text: "As they were sent, each with the reason, to be corrected and sent again. 409 while it runs."}, a.getRefused)
	put(a, http.MethodGet, "/lists/people/export", about{id: "exportPeople", tag: tag, admin: true, people: true, sheet: true,
		summary: "Export people as a list", text: "Those whom the caller manages and who are active. Sent again, nothing changes by it."}, a.export(lists.People))
	put(a, http.MethodGet, "/lists/delegations/export", about{id: "exportDelegations", tag: tag, admin: true, sheet: true,
		summary: "Export delegations as a list", text: "Of those whose delegations the caller manages; none that are over. Sent again, nothing " +
			"changes by it."}, a.export(lists.Delegations))
}

const (
	mediaCSV  = "text/csv"
	mediaXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// sheets is how lists come and go.
func sheets() map[string]*huma.MediaType {
	return map[string]*huma.MediaType{
		mediaCSV:  {Schema: &huma.Schema{Type: huma.TypeString}},
		mediaXLSX: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}
}

// takesList reports whether the operation's body is a list.
func takesList(op *huma.Operation) bool {
	return op.RequestBody != nil && op.RequestBody.Content[mediaCSV] != nil
}

// listed checks a list that is sent, and reads the whole of it. What is in it is read by its own room.
func listed(r *http.Request) error {
	kind, extra, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := extra["charset"]
	if err != nil || kind != mediaCSV && kind != mediaXLSX || charset != "" && !strings.EqualFold(charset, "utf-8") ||
		r.Header.Get("Content-Encoding") != "" {
		return told(http.StatusUnsupportedMediaType, "api.list_type",
			"A list is sent as Content-Type: text/csv, in UTF-8, or as "+mediaXLSX+"; not compressed, and not as a form.")
	}
	data, err := content(r, table.MostBytes)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return nil
}

type planIn struct {
	Name   string `query:"name" maxLength:"200" doc:"What records call the list; left out: its kind."`
	Ignore bool   `query:"ignore_columns" doc:"Pass over columns that are not known, instead of refusing the list."`
}

// plan returns the operation that plans a list of the kind.
func (a *api) plan(kind lists.Kind) func(context.Context, standin.Caller, *planIn) (*body[List], error) {
	return func(ctx context.Context, who standin.Caller, in *planIn) (*body[List], error) {
		name := in.Name
		if name == "" {
			name = string(kind)
		}
		t, err := table.Read(name, asker(ctx).body)
		if err != nil {
			return nil, err
		}
		p, err := a.Lists.Plan(ctx, who, kind, t, lists.Options{IgnoreColumns: in.Ignore})
		if err != nil {
			return nil, err
		}
		return a.list(ctx, who, a.Lists.Keep(p))
	}
}

// ListPath is the path parameter of operations on one list.
type ListPath struct {
	ID lists.RunID `path:"id" maxLength:"200" doc:"The list's id."`
}

func (a *api) getList(ctx context.Context, who standin.Caller, in *ListPath) (*body[List], error) {
	if err := a.Lists.Entitled(ctx, who); err != nil {
		return nil, err
	}
	return a.list(ctx, who, in.ID)
}

func (a *api) applyList(ctx context.Context, who standin.Caller, in *ListPath) (*body[List], error) {
	if err := a.Lists.Entitled(ctx, who); err != nil {
		return nil, err
	}
	run, err := a.Lists.Kept(who, in.ID)
	if err != nil {
		return nil, err
	}
	if v := asker(ctx).visit; v != nil && !run.Running && run.Plan.Kind == lists.Delegations {
		if err := v.RequireFactor(a.now()); err != nil { // as for naming one by one
			return nil, err
		}
	}
	if err := a.Lists.Begin(ctx, who, in.ID); err != nil {
		return nil, err
	}
	return a.list(ctx, who, in.ID)
}

// list tells of what is kept for the caller.
func (a *api) list(ctx context.Context, who standin.Caller, id lists.RunID) (*body[List], error) {
	run, err := a.Lists.Kept(who, id)
	if err != nil {
		return nil, err
	}
	l := List{ID: string(id), State: "planned", Done: run.Done, Total: run.Total, Ignored: []string{}, Rows: []ListRow{}, Refused: []ListRow{}}
	if run.Running {
		l.State = "running"
		return &body[List]{l}, nil
	}
	if run.Over {
		l.State = "over"
	}
	if run.Failed != nil {
		p := a.problem(ctx, nil, run.Failed)
		l.Failure = &Failure{p.Code, p.Detail}
	}
	counts := RowCounts(run.Plan.Counts())
	l.Kind, l.Name, l.Counts, l.Ignored = string(run.Plan.Kind), run.Plan.Name, &counts, texts(run.Plan.Ignored)
	for _, r := range run.Plan.Rows {
		if (r.Outcome == lists.Create || r.Outcome == lists.Change) && len(l.Rows) < lists.MostTold {
			l.Rows = append(l.Rows, listRow(r))
		}
	}
	l.Refused = append(l.Refused, each(run.Plan.Refused(), listRow)...)
	return &body[List]{l}, nil
}

func listRow(r *lists.Row) ListRow {
	f := ListRow{Line: r.Line, Who: r.Who, Outcome: string(r.Outcome), Changes: r.Changes, Done: r.Done}
	if r.Refusal != nil {
		f.Refusal = &Failure{"internal", reason(r.Refusal)}
		if e, ok := errors.AsType[*standin.Error](r.Refusal); ok && e.Kind != standin.Internal {
			f.Refusal.Code = e.Code
		}
	}
	return f
}

// reason says why a row is refused; a fault of ours is not told.
func reason(refusal error) string {
	if e, ok := errors.AsType[*standin.Error](refusal); ok && e.Kind != standin.Internal {
		return e.Text()
	}
	return hidden
}

// SheetForm says how a list is written.
type SheetForm struct {
	Form table.Form `query:"form" enum:"csv,xlsx" default:"csv" doc:"How it is written."`
}

// sheet is an answer that is a list. It is made whole before the answer begins, so that nobody takes a part for the whole.
type sheet struct {
	Kind        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (f SheetForm) sheet(name string, fill func(to io.Writer) error) (*sheet, error) {
	var b bytes.Buffer
	if err := fill(&b); err != nil {
		return nil, err
	}
	kind := mediaCSV + "; charset=utf-8"
	if f.Form == table.XLSX {
		kind = mediaXLSX
	}
	return &sheet{kind, `attachment; filename="` + name + "." + string(f.Form) + `"`, b.Bytes()}, nil
}

type getRefusedIn struct {
	ListPath
	SheetForm
}

func (a *api) getRefused(ctx context.Context, who standin.Caller, in *getRefusedIn) (*sheet, error) {
	if err := a.Lists.Entitled(ctx, who); err != nil {
		return nil, err
	}
	run, err := a.Lists.Kept(who, in.ID)
	if err != nil {
		return nil, err
	}
	return in.sheet("refused", func(to io.Writer) error { return run.Plan.WriteRefused(in.Form, to, reason) })
}

// export returns the operation that writes the list of the kind.
func (a *api) export(kind lists.Kind) func(context.Context, standin.Caller, *SheetForm) (*sheet, error) {
	return func(ctx context.Context, who standin.Caller, in *SheetForm) (*sheet, error) {
		return in.sheet(string(kind), func(to io.Writer) error { return a.Lists.Export(ctx, who, kind, in.Form, to) })
	}
}
