package web

import (
	"net/http"
	"net/url"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory/checks"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web/frame"
)

// Checked is what is known of the last verification of the whole record.
type Checked struct {
	State        string // "", "running", "good", "broken", "undone"
	Text, Detail string
	First        string // the page of the record that begins with the bad one, where that can be shown
	MayAsk       bool
}

// lastCheck fills in the last verification for whoever sees everything. It returns the check, zero where there was none.
func (v *visit) lastCheck(page *Audit) (c checks.Check, err error) {
	if !page.All || v.Checks == nil {
		return c, nil
	}
	if c, err = v.Checks.Latest(v.R.Context(), v.Caller); err != nil {
		return c, err
	}
	page.Check = Checking(v.Base, c)
	page.Check.MayAsk = !c.Running() && !v.Caller.Acting()
	if page.Check.State == "broken" && c.Record != "" {
		r, err := v.Directory.AuditRecord(v.R.Context(), v.Caller, c.Record)
		if standin.KindOf(err) == standin.NotFound {
			return c, nil
		}
		if err != nil {
			return c, err
		}
		page.Check.First = "/audit" + asQuery(url.Values{"before": {writeCursor(ledger.Cursor{At: r.At, ID: r.ID + "~"})}})
	}
	return c, nil
}

// Checking says in words how a verification stands.
func Checking(b frame.Base, c checks.Check) *Checked {
	number := func(n int64) string { return b.Number(int(n)) }
	moment := b.Near(c.EndedAt).Text
	switch {
	case c.ID == "":
		return &Checked{Text: b.T("check.never"), Detail: b.T("check.never_detail")}
	case c.Running():
		return &Checked{State: "running", Text: b.T("check.running"), Detail: b.T("check.running_detail", "Done", number(c.Done), "Total", number(c.Total))}
	case c.Good():
		return &Checked{State: "good", Text: b.T("check.good"), Detail: b.T("check.good_detail", "N", number(c.Size), "Moment", moment)}
	case c.Finding == checks.Undone:
		return &Checked{State: "undone", Text: b.T("check.undone"), Detail: b.T("check.undone_detail", "Moment", moment)}
	}
	found, detail := b.T("check.no_place"), "check.damaged_detail"
	switch {
	case c.Last > c.Sequence:
		found = b.T("check.among", "First", number(c.Sequence), "Last", number(c.Last))
	case c.Sequence >= 0:
		found = b.T("check.first", "First", number(c.Sequence))
	}
	if c.Sequence >= 0 {
		detail = "check.broken_detail"
	}
	return &Checked{State: "broken", Text: b.T("check.broken"), Detail: found + " " + b.T(detail, "Moment", moment)}
}

// mark makes the rows red that the check found bad, or that can be it.
func mark(rows []Entry, c checks.Check) {
	if c.Finding == "" || c.Finding == checks.Undone || c.Running() {
		return
	}
	for i := range rows {
		r := &rows[i]
		r.Broken = c.Record != "" && r.ID == string(c.Record) || c.Record == "" && r.Sequence >= 0 && c.Sequence <= r.Sequence && r.Sequence <= c.Last
	}
}

// verify asks for a verification of the whole record, which runs behind.
func (v *visit) verify() error {
	if v.Checks == nil {
		return frame.NoPage()
	}
	if err := v.RequireProof(); err != nil {
		return err
	}
	if _, err := v.Checks.Ask(v.R.Context(), v.Caller); err != nil {
		return err
	}
	http.Redirect(v.W, v.R, "/audit", http.StatusSeeOther)
	return nil
}
