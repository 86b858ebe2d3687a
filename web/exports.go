package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/world/exports"
)

// Exports lists the reader's exports of the record: what they asked for, how far each is, and where it is fetched.
type Exports struct {
	frame.Base
	Rows    []ExportRow
	Running bool // one of them is being written
}

// ExportRow is one export in words.
type ExportRow struct {
	ID, Form, Of         string
	State                string // "running", "done", "stopped", "too_large", "failed"
	Text, Detail         string
	Percent              int
	Asked, Expires       time.Time
	AskedText, UntilText string
}

// small is how many records are written at once, while somebody waits.
const small = 200

// exportsPage lists the exports. While one runs the browser asks again by itself.
func (v *visit) exportsPage() error {
	if v.Exports == nil {
		return frame.NoPage()
	}
	return v.showExports(http.StatusOK, nil)
}

func (v *visit) showExports(status int, problems []frame.Problem) error {
	all, err := v.Exports.List(v.R.Context(), v.Caller)
	if err != nil {
		return err
	}
	page := NewExports(v.Base, all)
	page.Nav, page.Problems = "audit", problems
	if page.Running {
		v.W.Header().Set("Refresh", "5; url=/audit/exports")
	}
	v.Show(v.W, v.R, status, "exports", page)
	return nil
}

// NewExports returns the page of the exports.
func NewExports(b frame.Base, all []exports.Export) *Exports {
	page := &Exports{Base: b}
	for _, e := range all {
		page.Rows = append(page.Rows, exportRow(b, e))
		page.Running = page.Running || e.Running()
	}
	return page
}

func exportRow(b frame.Base, e exports.Export) ExportRow {
	row := ExportRow{ID: e.ID, Form: b.T("exports.form_" + string(e.Form)), Of: exportOf(b, e), State: e.How, Percent: int(e.Progress() * 100),
		Asked: e.AskedAt, Expires: e.ExpiresAt, AskedText: b.T("exports.asked", "Moment", b.Near(e.AskedAt).Text),
		UntilText: b.T("exports.until", "Moment", b.Near(e.ExpiresAt).Text)}
	n := b.Number(int(e.Records))
	switch {
	case e.Running():
		row.State, row.Detail = "running", b.T("exports.running_first")
		if !e.Reached.IsZero() {
			row.Detail = b.T("exports.running_detail", "N", n, "Moment", b.Near(e.Reached).Text)
		}
	case e.How == exports.Done:
		row.Detail = b.T("exports.done_detail", "N", n)
	default:
		row.Detail = b.T("exports." + e.How + "_detail")
	}
	row.Text = b.T("exports." + row.State)
	return row
}

// exportOf says in words what the filter of the export leaves.
func exportOf(b frame.Base, e exports.Export) string {
	f := e.Filter
	var all []string
	for _, c := range []struct{ label, value string }{{"exports.person", string(f.Person)}, {"audit.who", string(f.Actor)}, {"audit.for", string(f.Principal)},
		{"audit.action", f.Action}, {"audit.resource", f.Resource}, {"audit.delegation", string(f.Delegation)}, {"audit.session", string(f.Session)}} {
		if c.value != "" {
			all = append(all, b.T(c.label)+": "+c.value)
		}
	}
	if f.Outcome != "" {
		all = append(all, b.T("audit.result")+": "+b.T("outcome."+string(f.Outcome)))
	}
	if f.OnBehalf {
		all = append(all, b.T("audit.only_acting"))
	}
	if !f.From.IsZero() {
		all = append(all, b.T("audit.from")+": "+b.Date(f.From))
	}
	if !f.Until.IsZero() && f.Until.Before(e.AskedAt) {
		all = append(all, b.T("audit.to")+": "+b.Date(f.Until.Add(-time.Nanosecond)))
	}
	if all == nil {
		return b.T("exports.everything")
	}
	return strings.Join(all, " · ")
}

// askExport asks for an export of what the filter leaves; a short one is fetched at once.
func (v *visit) askExport() error {
	if v.Exports == nil {
		return frame.NoPage()
	}
	page := v.asked(v.R.PostForm)
	if err := v.auditScope(page); err != nil {
		return err
	}
	filter, err := v.auditFilter(page)
	if err != nil {
		return err
	}
	kept := page.query()
	if page.Problems != nil {
		http.Redirect(v.W, v.R, "/audit"+asQuery(kept), http.StatusSeeOther)
		return nil
	}
	form, err := exports.FormOf(v.R.PostFormValue("form"))
	if err != nil {
		return err
	}
	_, next, err := v.Directory.Audit(v.R.Context(), v.Caller, filter, ledger.Cursor{}, small)
	if err != nil {
		return err
	}
	if next == (ledger.Cursor{}) {
		if form == exports.CSV {
			kept.Set("form", string(form))
		}
		http.Redirect(v.W, v.R, "/audit/export"+asQuery(kept), http.StatusSeeOther)
		return nil
	}
	if _, err := v.Exports.Ask(v.R.Context(), v.Caller, form, filter); err != nil {
		p, ok := v.Problem(err)
		if !ok {
			return err
		}
		return v.showExports(frame.StatusOf(err), []frame.Problem{p})
	}
	http.Redirect(v.W, v.R, "/audit/exports", http.StatusSeeOther)
	return nil
}

// fetchExport sends an export that is ready. What is refused in its midst breaks it off.
func (v *visit) fetchExport() error {
	if v.Exports == nil {
		return frame.NoPage()
	}
	if err := v.auditScope(&Audit{}); err != nil {
		return err
	}
	e, err := v.Exports.Open(v.R.Context(), v.Caller, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	h := v.W.Header()
	h.Set("Content-Type", e.Form.Type())
	h.Set("Content-Disposition", `attachment; filename="standin-audit-`+e.AskedAt.UTC().Format(time.DateOnly)+"."+string(e.Form)+`"`)
	if err := v.Exports.Write(v.R.Context(), e, v.W, v.still); err != nil {
		v.Log.WarnContext(v.R.Context(), "export broken off", "error", err)
		panic(http.ErrAbortHandler) // so that nobody takes the part for the whole
	}
	return nil
}

// deleteExport stops an export, or deletes what was written.
func (v *visit) deleteExport() error {
	if v.Exports == nil {
		return frame.NoPage()
	}
	if err := v.Exports.Delete(v.R.Context(), v.Caller, v.R.PathValue("id")); err != nil {
		return err
	}
	http.Redirect(v.W, v.R, "/audit/exports", http.StatusSeeOther)
	return nil
}

// hidden are the values as inputs of a form, in a fixed order.
func hidden(q url.Values) (all []frame.Kept) {
	for _, name := range []string{"who", "for", "action", "outcome", "resource", "delegation", "session", "from", "to", "only"} {
		if value := q.Get(name); value != "" {
			all = append(all, frame.Kept{Name: name, Value: value})
		}
	}
	return all
}
