package gallery

import (
	"time"

	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/world/exports"
)

func exportsStates() []State {
	at := on(0, 8)
	one := func(id string, e exports.Export) exports.Export {
		if e.Form == "" {
			e.Form = exports.JSON
		}
		e.ID, e.AskedAt, e.ExpiresAt, e.First = id, at, at.Add(exports.Lasts), at.AddDate(-1, 0, 0)
		return e
	}
	with := func(all ...exports.Export) func(b frame.Base) frame.Page {
		return func(b frame.Base) frame.Page {
			b.Nav = "audit"
			return web.NewExports(b, all)
		}
	}
	done := one("export-2", exports.Export{Form: exports.CSV, Records: 48_213, How: exports.Done, EndedAt: at, Filter: ledger.Filter{Actor: "person:p-bilal",
		Action: "acting.", Outcome: ledger.Refused, OnBehalf: true, From: on(-20, 0), Until: on(-10, 0)}})
	running := one("export-1", exports.Export{Records: 1_204_000, Reached: at.AddDate(0, -5, 0)})
	return []State{
		{"exports", "none", 0, with()},
		{"exports", "first", 0, with(one("export-1", exports.Export{}))},
		{"exports", "running", 0, with(running, done)},
		{"exports", "ended", 0, with(done, one("export-3", exports.Export{How: exports.Stopped, EndedAt: at}),
			one("export-4", exports.Export{How: exports.TooLarge, EndedAt: at}), one("export-5", exports.Export{How: exports.Failed, EndedAt: at}))},
		{"exports", "too-many", 409, func(b frame.Base) frame.Page {
			return with(running, done)(wrong(b, frame.Problem{Text: sample(b, "You have 5 exports already. Delete one of them first.",
				"Sie haben schon 5 Exporte. Löschen Sie zuerst einen davon.")}))
		}},
	}
}

// looked is the audit page whose filter few of many records meet.
func looked(b frame.Base) *web.Audit {
	v := audit(b, true)
	v.Filtered, v.Action, v.Outcome, v.Older = true, "acting.", "refused", "/audit?before=881"
	v.Further = b.T("exports.further", "Moment", b.Near(Now.Add(-30*24*time.Hour)).Text)
	return v
}
