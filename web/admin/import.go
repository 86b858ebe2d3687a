package admin

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/world/lists"
	"github.com/standin-id/standin/world/table"
)

// Import takes a list of people or delegations.
type Import struct {
	frame.Base
	Kind   string // "people", "delegations", or "" for what its headings tell
	Ignore bool
	Most   string // how large a list may be
}

// ImportRun is a list that was sent: what it would do, how far it has come, or what it did.
type ImportRun struct {
	frame.Base
	ID, Name, Kind string
	Counts         lists.Counts
	Ignored        string
	Rows           []ImportRow // of what would be created or changed, the first ones
	MoreRows       int
	Refused        []ImportRow
	MoreRefused    int
	Running, Over  bool
	Done, Total    int
	Failed         string
	Nothing        bool // there is nothing to apply
}

// ImportRow is one row of the list, and what becomes of it.
type ImportRow struct {
	Line              int
	Who, Outcome, Why string
	Does              string // in words
}

const mostRowsShown = 20

func (v *visit) showImport() error {
	if err := v.mayImport(); err != nil {
		return err
	}
	return v.importForm(http.StatusOK, nil)
}

// mayImport refuses who may manage nobody, and one who is acting, with the rule.
func (v *visit) mayImport() error {
	s, err := v.scope()
	if err != nil {
		return err
	}
	if v.Caller.Acting() {
		return v.require("person", "manage", "")
	}
	if !s.allPeople && !s.allDeputies && len(s.people)+len(s.deputies) == 0 {
		return v.require("person", "manage", "")
	}
	return nil
}

func (v *visit) importForm(status int, problems []frame.Problem) error {
	page := &Import{Base: v.Base, Kind: v.R.PostFormValue("kind"), Ignore: v.R.PostFormValue("ignore") != "", Most: strconv.Itoa(table.MostBytes >> 20)}
	page.Nav, page.Problems = "people", problems
	v.Show(v.W, v.R, status, "import", page)
	return nil
}

// takeList reads the list that was sent, plans it, and leads to what it would do.
func (v *visit) takeList() error {
	if err := v.mayImport(); err != nil {
		return err
	}
	id, err := v.planned()
	if err != nil {
		p, ok := v.Problem(err)
		if !ok {
			return err
		}
		p.Field = "file"
		return v.importForm(frame.StatusOf(err), []frame.Problem{p})
	}
	http.Redirect(v.W, v.R, "/import/"+url.PathEscape(string(id)), http.StatusSeeOther)
	return nil
}

func (v *visit) planned() (lists.RunID, error) {
	file, header, err := v.R.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || err == nil && header.Filename == "" {
		return "", standin.Refuse(standin.Invalid, "web.import", "web.no_file", "Choose a file.")
	}
	if err != nil {
		return "", standin.Refuse(standin.Invalid, "web.import", "web.bad_upload", "The file did not arrive whole. Send it again.").Because(err)
	}
	defer file.Close()
	t, err := table.Read(header.Filename, file)
	if err != nil {
		return "", err
	}
	kind := lists.Kind(v.R.PostFormValue("kind"))
	if kind != lists.People && kind != lists.Delegations {
		kind = lists.KindOf(t)
	}
	plan, err := v.Lists.Plan(v.R.Context(), v.Caller, kind, t, lists.Options{IgnoreColumns: v.R.PostFormValue("ignore") != ""})
	if err != nil {
		return "", err
	}
	return v.Lists.Keep(plan), nil
}

func (v *visit) runID() lists.RunID { return lists.RunID(v.R.PathValue("run")) }

// showRun shows what the list would do, how far it has come, or what it did. While it runs the browser asks again by
// itself.
func (v *visit) showRun() error {
	if err := v.mayImport(); err != nil {
		return err
	}
	run, err := v.Lists.Kept(v.Caller, v.runID())
	if err != nil {
		return err
	}
	page := &ImportRun{Base: v.Base, ID: string(v.runID()), Running: run.Running, Over: run.Over, Done: run.Done, Total: run.Total}
	page.Nav = "people"
	if run.Running {
		v.W.Header().Set("Refresh", "2")
		return v.ok("import-run", page)
	}
	plan := run.Plan
	page.Name, page.Kind, page.Counts, page.Nothing = plan.Name, string(plan.Kind), plan.Counts(), plan.Empty()
	page.Ignored = strings.Join(plan.Ignored, ", ")
	if p, ok := v.Problem(run.Failed); ok {
		page.Failed = p.Text
	} else if run.Failed != nil {
		page.Failed = v.Base.T("import.broke_off")
		v.Log.WarnContext(v.R.Context(), "import broken off", "error", run.Failed)
	}
	for _, r := range plan.Rows {
		if r.Outcome != lists.Create && r.Outcome != lists.Change {
			continue
		}
		if len(page.Rows) == mostRowsShown {
			page.MoreRows++
			continue
		}
		page.Rows = append(page.Rows, v.importRow(r))
	}
	refused := plan.Refused()
	for _, r := range refused[:min(len(refused), mostRowsShown)] {
		page.Refused = append(page.Refused, v.importRow(r))
	}
	page.MoreRefused = page.Counts.Refuse - len(page.Refused)
	return v.ok("import-run", page)
}

func (v *visit) importRow(r *lists.Row) ImportRow {
	row := ImportRow{Line: r.Line, Who: r.Who, Outcome: string(r.Outcome), Does: v.Base.T("import.does." + string(r.Outcome))}
	if len(r.Changes) > 0 {
		row.Does = v.Base.T("import.changes", "What", strings.Join(r.Changes, ", "))
	}
	if r.Refusal != nil {
		row.Why = v.refusal(r.Refusal)
	}
	return row
}

// refusal says in the reader's words why a row is refused.
func (v *visit) refusal(err error) string {
	if e, ok := errors.AsType[*standin.Error](err); ok && e.Kind != standin.Internal {
		return v.Base.Error(e)
	}
	return v.Base.T("failure.e500_text")
}

// begin applies the list. To name stand-ins by one needs the proof that naming them one by one does (THREATS 15, 25).
func (v *visit) begin() error {
	if err := v.mayImport(); err != nil {
		return err
	}
	run, err := v.Lists.Kept(v.Caller, v.runID())
	if err != nil {
		return err
	}
	if !run.Running && run.Plan.Kind == lists.Delegations && v.RequireFactor(v.Base.Now) != nil {
		http.Redirect(v.W, v.R, "/prove?return="+url.QueryEscape("/import/"+url.PathEscape(string(v.runID()))), http.StatusSeeOther)
		return nil
	}
	if err := v.Lists.Begin(v.R.Context(), v.Caller, v.runID()); err != nil {
		return err
	}
	http.Redirect(v.W, v.R, "/import/"+url.PathEscape(string(v.runID())), http.StatusSeeOther)
	return nil
}

// refusedRows are the rows that were refused, each with the reason, to be corrected and sent again.
func (v *visit) refusedRows() error {
	if err := v.mayImport(); err != nil {
		return err
	}
	run, err := v.Lists.Kept(v.Caller, v.runID())
	if err != nil {
		return err
	}
	if run.Running {
		return frame.NoPage()
	}
	return v.download("refused", func(form table.Form, to io.Writer) error { return run.Plan.WriteRefused(form, to, v.refusal) })
}

// exportList writes everybody whom the reader manages, or their delegations, in the form in which it can be sent again.
func (v *visit) exportList() error {
	if err := v.mayImport(); err != nil {
		return err
	}
	kind := lists.Kind(v.R.PathValue("kind"))
	if !slices.Contains([]lists.Kind{lists.People, lists.Delegations}, kind) {
		return frame.NoPage()
	}
	return v.download(string(kind), func(form table.Form, to io.Writer) error {
		return v.Lists.Export(v.R.Context(), v.Caller, kind, form, to)
	})
}

// download sends what write writes as a file in the form that was asked for.
func (v *visit) download(name string, write func(form table.Form, to io.Writer) error) error {
	form := table.CSV
	kind := "text/csv; charset=utf-8"
	if v.R.URL.Query().Get("form") == string(table.XLSX) {
		form, kind = table.XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	out := &late{to: v.W, kind: kind, name: name + "." + string(form)}
	err := write(form, out)
	if err != nil && out.begun {
		v.Log.WarnContext(v.R.Context(), "export broken off", "error", err)
		panic(http.ErrAbortHandler) // so that nobody takes the part for the whole
	}
	return err
}

// late says that a file comes once there is something of it, so that what fails before is a page.
type late struct {
	to         http.ResponseWriter
	kind, name string
	begun      bool
}

func (l *late) Write(p []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.to.Header().Set("Content-Type", l.kind)
		l.to.Header().Set("Content-Disposition", `attachment; filename="`+l.name+`"`)
	}
	return l.to.Write(p)
}
