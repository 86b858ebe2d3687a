package apps

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/frame"
)

// List is the applications that sign people in here, and what people do in them.
type List struct {
	frame.Base
	Tabs       []frame.Tab
	Apps       []Row
	Over       []Row // those that were ended
	Catalogues []Catalogue
}

// Row is one application in the list.
type Row struct {
	ID, Name string
	To       string
	Where    []string // the origins where people use it
	StandIns bool
	State    State
}

// Catalogue is what people do in one application.
type Catalogue struct {
	ID, Name, To string
	Types        []string
}

// State is what was heard of an application: "none", "asked", "in" where somebody signed in, "wrong".
type State struct {
	How  string
	At   time.Time
	Text string
}

func (v *visit) list() error {
	if err := v.settles(v.Caller); err != nil {
		return err
	}
	all, err := v.Applications.KeptClients(v.R.Context(), v.Caller)
	if err != nil {
		return err
	}
	heard, err := v.Applications.Activities(v.R.Context(), v.Caller)
	if err != nil {
		return err
	}
	page := NewList(v.Base)
	for _, c := range all {
		row := RowOf(v.Base, c, heard[c.ID])
		if c.Ended {
			page.Over = append(page.Over, row)
		} else {
			page.Apps = append(page.Apps, row)
		}
	}
	byName := func(a, b Row) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) }
	slices.SortStableFunc(page.Apps, byName)
	slices.SortStableFunc(page.Over, byName)
	for _, a := range v.Apps() {
		page.Catalogues = append(page.Catalogues, catalogue(a))
	}
	v.Show(v.W, v.R, http.StatusOK, "apps", page)
	return nil
}

// NewList returns an empty list.
func NewList(b frame.Base) *List {
	b.Nav = "organisation"
	return &List{Base: b, Tabs: admin.Tabs(b, "apps")}
}

// RowOf returns the client as the list shows it.
func RowOf(b frame.Base, c application.Client, heard []application.Activity) Row {
	return Row{ID: string(c.ID), Name: Called(c), To: At(c.ID), Where: c.Origins(), StandIns: c.StandIns, State: stateOf(b, heard)}
}

// Called is what the page calls the client.
func Called(c application.Client) string { return cmp.Or(c.Name, string(c.ID)) }

func catalogue(a application.Application) Catalogue {
	c := Catalogue{ID: string(a.ID), Name: a.Name, To: admin.CatalogueAt(a.ID)}
	for name, t := range a.Catalogue.Types {
		c.Types = append(c.Types, frame.PlainName(name)+" ("+strconv.Itoa(len(t.Actions))+")")
	}
	slices.Sort(c.Types)
	return c
}
