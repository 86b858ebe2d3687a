package admin

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/world/table"
)

func reportPages() pages {
	return pages{"GET /reports": (*visit).reports, "GET /reports/export": (*visit).exportReport}
}

// kinds are the reports, in the order in which they are shown.
var kinds = []string{"unused", "expiring", "endless", "promoted", "mutual", "people"}

// Reports shows one report of the stand-ins whom the reader manages, beside a chart of all of them.
type Reports struct {
	frame.Base
	Kind         string
	About        string // what the report is about
	Unit         string
	Units        []frame.Option
	Bars         []Bar
	Table        Table
	More         int // so many are not shown
	Export, XLSX string
}

// Bar is a bar of the chart, with the number that it draws.
type Bar struct {
	Label, To string
	Count     int
	Width     int // of 100
	Here      bool
}

// most is how many rows a report shows; the export has all.
const most = 100

func (v *visit) reports() error {
	kind, unit := v.asked()
	found, err := v.report(unit)
	if err != nil {
		return err
	}
	page := NewReports(v.Base, kind, unit, found)
	err = v.view(func(ctx context.Context, tx *db.Tx) error {
		units, err := v.Directory.Units(ctx, tx, v.Caller.Organisation)
		page.Units = []frame.Option{{Value: "", Label: v.Base.T("reports.all_units"), Picked: unit == ""}}
		for _, u := range units {
			page.Units = append(page.Units, frame.Option{Value: string(u.ID), Label: string(u.ID), Picked: string(u.ID) == unit})
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Show(v.W, v.R, http.StatusOK, "reports", page)
	return nil
}

// asked returns the report and the unit that the address names.
func (v *visit) asked() (kind, unit string) {
	q := v.R.URL.Query()
	kind = kinds[0]
	for _, k := range kinds {
		if k == q.Get("kind") {
			kind = k
		}
	}
	return kind, strings.TrimSpace(q.Get("unit"))
}

func (v *visit) report(unit string) (delegation.Reports, error) {
	if err := v.RequireProof(); err != nil {
		return delegation.Reports{}, err
	}
	return v.Delegations.Reports(v.R.Context(), v.Caller, standin.UnitID(unit))
}

// NewReports returns the page of the report.
func NewReports(b frame.Base, kind, unit string, found delegation.Reports) *Reports {
	b.Nav = "reports"
	page := &Reports{Base: b, Kind: kind, Unit: unit, About: b.T("reports.about_" + kind)}
	address := func(path, kind, form string) string {
		q := url.Values{"kind": {kind}}
		if unit != "" {
			q.Set("unit", unit)
		}
		if form != "" {
			q.Set("form", form)
		}
		return path + "?" + q.Encode()
	}
	page.Export, page.XLSX = address("/reports/export", kind, ""), address("/reports/export", kind, "xlsx")
	c := found.Counts
	counts := map[string]int{"unused": c.Unused, "expiring": c.Expiring, "endless": c.Endless, "promoted": c.Promoted, "mutual": c.Mutual, "people": c.People}
	highest := max(1, c.Unused, c.Expiring, c.Endless, c.Promoted, c.Mutual, c.People)
	for _, k := range kinds {
		bar := Bar{Label: b.T("reports." + k), To: address("/reports", k, ""), Count: counts[k], Width: counts[k] * 100 / highest, Here: k == kind}
		if bar.Count > 0 {
			bar.Width = max(1, bar.Width)
		}
		page.Bars = append(page.Bars, bar)
	}
	columns, rows := reportRows(b, kind, found)
	page.More = max(0, counts[kind]-most)
	page.Table = Table{ID: "found", Caption: b.T("reports." + kind), Columns: columns, Empty: b.T("reports.none")}
	for _, row := range rows[:min(len(rows), most)] {
		cells := make([]Cell, 0, len(columns))
		for i := range columns {
			cells = append(cells, Cell{Text: row.cells[i]})
		}
		cells[0].To = row.to
		page.Table.Rows = append(page.Table.Rows, cells)
	}
	page.Table = page.Table.labelled()
	return page
}

// reported is a row of a report.
type reported struct {
	to    string
	cells []string
}

// reportRows returns a report as text, by its columns.
func reportRows(b frame.Base, kind string, found delegation.Reports) (columns []string, rows []reported) {
	when := func(t time.Time) string {
		if t.IsZero() {
			return b.T("reports.no_end")
		}
		return b.Until(t).Text
	}
	switch kind {
	case "people":
		for _, l := range found.People {
			rows = append(rows, reported{"/people/" + string(l.ID), []string{l.Person.Name, string(l.Person.Unit), strconv.Itoa(l.For), strconv.Itoa(l.By)}})
		}
		return []string{b.T("reports.person"), b.T("reports.unit"), b.T("reports.covers"), b.T("reports.by")}, rows
	case "mutual":
		for _, pair := range found.Mutual {
			d := pair[0]
			rows = append(rows, reported{"/cover/" + string(d.ID), []string{d.ActorPerson.Name, d.PrincipalPerson.Name, when(d.EndsAt), when(pair[1].EndsAt)}})
		}
		return []string{b.T("reports.first"), b.T("reports.second"), b.T("reports.first_ends"), b.T("reports.second_ends")}, rows
	}
	for _, d := range map[string][]delegation.Row{"unused": found.Unused, "expiring": found.Expiring, "endless": found.Endless, "promoted": found.Promoted}[kind] {
		rows = append(rows, reported{"/cover/" + string(d.ID), []string{d.ActorPerson.Name, d.PrincipalPerson.Name, string(d.PrincipalPerson.Unit),
			b.Near(d.StartsAt).Text, when(d.EndsAt), d.Purpose}})
	}
	return []string{b.T("reports.actor"), b.T("reports.principal"), b.T("reports.unit"), b.T("reports.since"), b.T("reports.ends"), b.T("reports.purpose")}, rows
}

// exportReport writes the whole report for a spreadsheet.
func (v *visit) exportReport() error {
	kind, unit := v.asked()
	found, err := v.report(unit)
	if err != nil {
		return err
	}
	columns, rows := reportRows(v.Base, kind, found)
	return v.download("standin-"+kind, func(form table.Form, to io.Writer) error {
		out, err := table.NewWriter(form, to)
		if err != nil {
			return err
		}
		if err := out.Write(columns); err != nil {
			return err
		}
		for _, row := range rows {
			if err := out.Write(row.cells); err != nil {
				return err
			}
		}
		return out.Close()
	})
}
