package web

import (
	"net/http"

	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/world/exports"
)

// exportAudit writes the records that the filter leaves, newest first, one JSON object or one row a line, however many
// they are: none is kept in memory. Who verifies offline, with proofs, uses the command "standin audit export"; long ones
// are written behind (exports.go).
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
	var out exports.Lines
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
			if err := out.Write(r); err != nil {
				return nil // the browser went away
			}
		}
		if after = next; next == (ledger.Cursor{}) {
			return out.Close()
		}
	}
}

// begin says what comes, and returns where to write it: a CSV for spreadsheets, or else JSON lines.
func (v *visit) begin(form string) (exports.Lines, error) {
	kind := exports.JSON
	if form == string(exports.CSV) {
		kind = exports.CSV
	}
	h := v.W.Header()
	h.Set("Content-Type", kind.Type())
	h.Set("Content-Disposition", `attachment; filename="standin-audit.`+string(kind)+`"`)
	return exports.NewLines(kind, v.W)
}

// still refuses where the visitor is no longer who they were when the page began: what was ended meanwhile is not read any
// further (THREATS 43).
func (v *visit) still() error {
	here, err := v.Signin.Glance(v.R.Context(), v.Token)
	if err != nil {
		return err
	}
	return here.Caller.RequireIdentity(v.Caller.Identity())
}
