package admin

import (
	"context"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/web/frame"
)

// OrganisationList shows things of the organisation: units, roles, applications with their clients, keys.
type OrganisationList struct {
	frame.Base
	Tabs          []frame.Tab
	Heading, Lead string
	Ways          []Way
	Tables        []Table
}

// Way leads to another page.
type Way struct{ Label, To string }

// Table is a list of things of one kind; Empty says why there is none.
type Table struct {
	ID, Caption string
	Columns     []string
	Rows        [][]Cell
	Empty       string
	Ways        []Way
}

// Cell is what a table says of a thing in a column.
type Cell struct {
	Label    string // of the column
	Text     string
	Note     string
	Code     string
	To       string // where Text leads
	Badge    string
	Indented int // 0 to 6
}

// labelled gives each cell the name of its column.
func (t Table) labelled() Table {
	for _, row := range t.Rows {
		for i := range row {
			row[i].Label = t.Columns[i]
		}
	}
	return t
}

// NewList returns a list of the page's kind.
func NewList(b frame.Base, here string, tables ...Table) *OrganisationList {
	b.Nav = "organisation"
	page := &OrganisationList{Base: b, Tabs: Tabs(b, here), Heading: b.T(here + ".title"), Lead: b.T(here + ".lead")}
	for _, t := range tables {
		page.Tables = append(page.Tables, t.labelled())
	}
	return page
}

// newForm returns a form of the page's kind.
func newForm(b frame.Base, here, heading string) *OrganisationForm {
	b.Nav = "organisation"
	return &OrganisationForm{Base: b, Tabs: Tabs(b, here), Heading: heading, Back: tabAt(here), BackText: b.T(here + ".title"), Save: b.T("form.save")}
}

// view reads in one transaction.
func (v *visit) view(do func(ctx context.Context, tx *db.Tx) error) error {
	return v.DB.View(v.R.Context(), do)
}

// Secret shows a secret once.
type Secret struct {
	frame.Base
	Tabs          []frame.Tab
	Heading, Lead string
	Name          string
	ID, Secret    string
	Back          string
	Former        frame.Moment // until when the one before works
	Overlaps      bool
}
