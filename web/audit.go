package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web/frame"
)

// Audit lists the record: when, who, for whom, what, with which result, by which delegation.
type Audit struct {
	frame.Base
	All                 bool // the reader sees the whole organisation
	Who, For            string
	Action, Resource    string
	Delegation, Session string // everything done by one delegation, or at one time that it was used
	Outcome             string
	From, To            string
	OnlyActing          bool
	Filtered            bool
	ActionChoices       []frame.Option
	Deeds               []Deeds // what applications tell that was done in them
	Quiet               bool    // what happens by itself is left out, unless it is asked for
	Itself              bool    // it is
	People              []frame.Who
	Rows                []Entry
	Newest, Older       string
	Further             string       // how far was looked, where a page looked at much and found little
	Kept                []frame.Kept // what the filter leaves, to be exported
	Export, Sheet       string       // the same at once, as JSON lines and as CSV, for one who acts; else ""
	Sealed              *Sealed
	Check               *Checked // nil for whom it is not
}

// Deeds are the kinds of things that one application tells about.
type Deeds struct {
	Application string
	Choices     []frame.Option
}

// Entry is one record in words.
type Entry struct {
	ID                     string
	Sequence               int64
	At                     time.Time
	Actor, ActorID         string
	Principal, PrincipalID string
	ForOther               bool
	Action, Text           string
	Resource, Delegation   string
	Session                string
	Outcome                string // "done", "refused", "failed"
	Reasons                []string
	Broken                 bool // the last verification found that it is not as it was sealed
}

// Steps returns the action's name in parts, between which a line may break.
func (e Entry) Steps() []string { return strings.SplitAfter(e.Action, ".") }

// Sealed says how far the record is under a signed checkpoint; Late, that it should be further.
type Sealed struct {
	Late         bool
	Text, Detail string
}

const (
	auditRows = 20
	// sealingTakes is how long a record may wait for a checkpoint before somebody should look why.
	sealingTakes = time.Minute
)

// kinds are the first halves of the actions that records name, in the order of the filter's list.
var kinds = []string{"acting", "delegation", "login", "person", "password", "role", "unit", "organisation", "guardrail", "proposal", "application", "resource", "decision", "client", "token", "grant", "consent", "key", "deed", "audit"}

func (v *visit) audit() error {
	q := v.R.URL.Query()
	page := v.asked(q)
	page.Nav = "audit"
	if err := v.auditScope(page); err != nil {
		return err
	}
	v.offerActions(page)
	page.Quiet = !page.All && page.Action == ""
	page.Filtered = len(page.query()) > 0
	filter, err := v.auditFilter(page)
	if err != nil {
		return err
	}
	kept := page.query()
	if page.Kept = hidden(kept); v.Caller.Acting() || v.Exports == nil {
		page.Export = "/audit/export" + asQuery(kept)
		sheet := page.query()
		sheet.Set("form", "csv")
		page.Sheet = "/audit/export" + asQuery(sheet)
	}
	check, err := v.lastCheck(page)
	if err != nil {
		return err
	}
	if page.Problems == nil {
		err = v.auditRows(page, filter, kept, q.Get("before"))
	}
	if err != nil {
		return err
	}
	mark(page.Rows, check)
	status, err := v.Directory.AuditStatus(v.R.Context(), v.Caller)
	if err != nil {
		return err
	}
	page.Sealed = v.sealed(status)
	v.Show(v.W, v.R, statusOf(page.Problems), "audit", page)
	return nil
}

// statusOf is 422 where something in a form is to be changed.
func statusOf(problems []frame.Problem) int {
	if len(problems) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// auditScope notes how far the reader sees. Who sees beyond their own proves a factor first, where they acted since.
func (v *visit) auditScope(page *Audit) error {
	var units []standin.UnitID
	err := v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		page.All, units, err = v.Directory.ScopesOf(ctx, tx, v.Caller, "audit", "view")
		return err
	})
	if err == nil && (page.All || len(units) > 0) {
		err = v.RequireProof()
	}
	return err
}

// named returns those of the people that the organisation has.
func (v *visit) named(ids []standin.PersonID) (people []frame.Who, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		people = nil
		for _, id := range ids {
			p, err := v.Directory.Person(ctx, tx, v.Caller.Organisation, id)
			if standin.KindOf(err) == standin.NotFound {
				continue
			}
			if err != nil {
				return err
			}
			people = append(people, frame.Someone(p.ID, p.Name, p.Unit))
		}
		return nil
	})
	return people, err
}

// auditRows fills in the records, and where the pages beside this one are.
func (v *visit) auditRows(page *Audit, f ledger.Filter, kept url.Values, before string) error {
	after, err := readCursor(before)
	if err != nil {
		return err
	}
	records, next, err := v.worthReading(page, f, after)
	if err != nil {
		return err
	}
	if before != "" {
		page.Newest = "/audit" + asQuery(kept)
	}
	if next != (ledger.Cursor{}) {
		kept.Set("before", writeCursor(next))
		page.Older = "/audit" + asQuery(kept)
		if len(records) < auditRows {
			page.Further = v.Base.T("exports.further", "Moment", v.Base.Near(next.At).Text)
		}
	}
	names, err := v.namesIn(page, records)
	if err != nil {
		return err
	}
	for _, r := range records {
		e := v.entry(r, names)
		e.ID, e.Sequence = string(r.ID), r.Sequence
		page.Rows = append(page.Rows, e)
	}
	return nil
}

// byItself is what happens by itself every few minutes. It is in the record, and in the list of whoever sees all of it or asks
// for it by "itself" or by its kind; among one's own doings it would hide the rest.
var byItself = []string{"login.renew", "token.refresh"}

// worthReading returns a page of records, without what happens by itself.
func (v *visit) worthReading(page *Audit, f ledger.Filter, after ledger.Cursor) (records []ledger.Record, next ledger.Cursor, err error) {
	for range 5 {
		var some []ledger.Record
		some, next, err = v.Directory.Audit(v.R.Context(), v.Caller, f, after, auditRows-len(records))
		if page.Quiet && !page.Itself {
			some = slices.DeleteFunc(some, func(r ledger.Record) bool { return r.Outcome == ledger.Done && slices.Contains(byItself, r.Action) })
		}
		records = append(records, some...)
		if err != nil || next == (ledger.Cursor{}) || len(records) == auditRows {
			break
		}
		after = next
	}
	return records, next, err
}

// namesIn returns the people in the records, and offers them to the filter.
func (v *visit) namesIn(page *Audit, records []ledger.Record) (map[standin.PersonID]*frame.Who, error) {
	seen := map[standin.PersonID]bool{"": true}
	var ids []standin.PersonID
	for _, r := range records {
		for _, id := range []standin.PersonID{r.Actor.Person(), r.Principal} {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	people, err := v.named(ids)
	if err != nil {
		return nil, err
	}
	names := make(map[standin.PersonID]*frame.Who, len(people))
	all := make([]*frame.Who, len(people))
	offered := len(page.People)
	page.People = append(page.People, people...)
	for i := range people {
		all[i] = &people[i]
		names[standin.PersonID(people[i].ID)] = all[i]
	}
	frame.Tell(all)
	if offered > 0 { // who was asked for is among them already
		page.People = page.People[:offered]
	}
	return names, nil
}

// entry says the record in words; of people that are not known here it shows the ids.
func (v *visit) entry(r ledger.Record, names map[standin.PersonID]*frame.Who) Entry {
	e := Entry{At: r.At, Action: r.Action, Text: r.Action, Resource: r.Resource, Delegation: string(r.Delegation), Session: string(r.Session), Outcome: string(r.Outcome),
		ForOther: r.Principal != ""}
	for _, code := range r.Reasons {
		said := v.Base.Words.Reason(code)
		if key := "audit.how." + code; v.Base.Words.Has(key) {
			said = v.Base.T(key)
		}
		e.Reasons = append(e.Reasons, said)
	}
	if key := "action." + r.Action; v.Base.Words.Has(key) {
		e.Text = v.Base.T(key)
	} else if strings.Contains(r.Action, ":") { // done in an application
		e.Text = v.Permission(r.Action)
	}
	e.Actor, e.ActorID = nameIn(names, r.Actor.Person())
	if e.Actor == "" {
		e.Actor, e.ActorID = v.Machine(r.Actor), ""
	}
	if e.ForOther {
		e.Principal, e.PrincipalID = nameIn(names, r.Principal)
	} else if r.Actor.Person() != "" {
		e.Principal = e.Actor
	}
	return e
}

// nameIn returns the name, with the id where that alone tells people apart.
func nameIn(names map[standin.PersonID]*frame.Who, id standin.PersonID) (name, shownID string) {
	p, known := names[id]
	switch {
	case !known:
		return string(id), ""
	case p.Alike:
		return p.Name, p.ID
	}
	return p.Name, ""
}

// sealed says how far the record is under a signed checkpoint.
func (v *visit) sealed(s ledger.Status) *Sealed {
	b, n := v.Base, v.Base.Number(int(s.Size))
	switch {
	case s.Waiting > 0 && b.Now.Sub(s.Oldest) > sealingTakes:
		return &Sealed{Late: true, Text: b.T("audit.late"), Detail: b.T("audit.late_detail", "Waiting", b.Number(int(s.Waiting)), "Moment", b.Near(s.Oldest).Text)}
	case s.Waiting > 0 || s.At.IsZero():
		return &Sealed{Text: b.T("audit.sealed"), Detail: b.T("audit.pending", "N", n, "Waiting", b.Number(int(s.Waiting)))}
	}
	return &Sealed{Text: b.T("audit.sealed"), Detail: b.T("audit.sealed_detail", "N", n, "Moment", b.Near(s.At).Text)}
}
