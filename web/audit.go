package web

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web/frame"
)

// Audit lists the record: when, who, for whom, what, with which result, by which delegation.
type Audit struct {
	frame.Base
	All                   bool // the reader sees the whole organisation
	Who, For              string
	Action, Resource      string
	Delegation, Session   string // everything done by one delegation, or at one time that it was used
	From, To              string
	OnlyActing            bool
	Filtered              bool
	ActionChoices         []frame.Option
	People                []frame.Who
	Rows                  []Entry
	Newest, Older, Export string
	Sealed                *Sealed
}

// Entry is one record in words.
type Entry struct {
	At                     time.Time
	Actor, ActorID         string
	Principal, PrincipalID string
	ForOther               bool
	Action, Text           string
	Resource, Delegation   string
	Session                string
	Outcome                string // "done", "refused", "failed"
	Reasons                []string
}

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
var kinds = []string{"acting", "delegation", "login", "person", "password", "role", "unit", "organisation", "guardrail", "application", "client", "key"}

func (v *visit) audit() error {
	q := v.R.URL.Query()
	page := v.asked(q)
	page.Nav = "audit"
	if err := v.auditScope(page); err != nil {
		return err
	}
	for _, kind := range kinds {
		page.ActionChoices = append(page.ActionChoices, frame.Option{Value: kind + ".", Label: v.Base.T("audit.kind." + kind)})
	}
	page.Filtered = len(page.query()) > 0
	filter, err := v.auditFilter(page)
	if err != nil {
		return err
	}
	kept := page.query()
	page.Export = "/audit/export" + asQuery(kept)
	if page.Problems == nil {
		err = v.auditRows(page, filter, kept, q.Get("before"))
	}
	if err != nil {
		return err
	}
	status, err := v.Directory.AuditStatus(v.R.Context(), v.Caller)
	if err != nil {
		return err
	}
	page.Sealed = v.sealed(status)
	v.Show(v.W, v.R, statusOf(page.Problems), "audit", page)
	return nil
}

// asked is what the address says that the reader wants to see.
func (v *visit) asked(q url.Values) *Audit {
	text := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	return &Audit{Base: v.Base, Who: text("who"), For: text("for"), Action: text("action"), Resource: text("resource"), Delegation: text("delegation"),
		Session: text("session"), From: text("from"), To: text("to"), OnlyActing: q.Get("only") == "acting"}
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

// auditFilter reads the form; what it cannot read becomes a problem of the page.
func (v *visit) auditFilter(page *Audit) (f ledger.Filter, err error) {
	f = ledger.Filter{Action: page.Action, Resource: page.Resource, OnBehalf: page.OnlyActing, Delegation: standin.DelegationID(page.Delegation),
		Session: standin.SessionID(page.Session)}
	trouble := func(field, text string) {
		page.Problems = append(page.Problems, frame.Problem{Field: field, Text: text})
	}
	for _, input := range []struct {
		field string
		text  *string
		take  func(standin.PersonID)
	}{
		{"who", &page.Who, func(id standin.PersonID) { f.Actor = standin.PersonActor(id) }},
		{"for", &page.For, func(id standin.PersonID) { f.Principal = id }},
	} {
		if *input.text == "" {
			continue
		}
		found, err := v.findPeople(*input.text)
		if err != nil {
			return f, err
		}
		switch len(found) {
		case 0:
			trouble(input.field, v.Base.T("audit.nobody", "Find", *input.text))
		case 1:
			input.take(standin.PersonID(found[0].ID))
			*input.text = found[0].Shown() + " (" + found[0].ID + ")"
			page.People = append(page.People, found[0])
		default:
			page.People = append(page.People, found...)
			trouble(input.field, v.Base.T("audit.several", "Find", *input.text))
		}
	}
	for field, text := range map[string]string{"from": page.From, "to": page.To} {
		if text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, text, v.Base.Location)
		switch {
		case err != nil:
			trouble(field, v.Base.T("audit.no_day"))
		case field == "from":
			f.From = day
		default:
			f.Until = day.AddDate(0, 0, 1)
		}
	}
	return f, nil
}

// findPeople returns whom the text can mean: an id, "Name (id)", or a name or address as far as the reader may search.
func (v *visit) findPeople(text string) (found []frame.Who, err error) {
	id := text
	if i := strings.LastIndex(text, "("); i >= 0 && strings.HasSuffix(text, ")") {
		id = text[i+1 : len(text)-1]
	}
	people, err := v.named([]standin.PersonID{standin.PersonID(id)})
	if err != nil || len(people) > 0 {
		return people, err
	}
	const enough = 8
	if v.Caller.Acting() {
		all, _, err := v.Directory.People(v.R.Context(), v.Caller, directory.PeopleFilter{Query: text, Inactive: true}, enough, "")
		for _, p := range all {
			found = append(found, frame.Someone(p.ID, p.Name, p.Unit))
		}
		return found, err
	}
	all, _, err := v.Directory.SearchPeople(v.R.Context(), v.Caller, text, nil, enough, "")
	for _, p := range all {
		found = append(found, frame.Someone(p.ID, p.Name, p.Unit))
	}
	return found, err
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
	records, next, err := v.Directory.Audit(v.R.Context(), v.Caller, f, after, auditRows)
	if err != nil {
		return err
	}
	if before != "" {
		page.Newest = "/audit" + asQuery(kept)
	}
	if next != (ledger.Cursor{}) {
		kept.Set("before", writeCursor(next))
		page.Older = "/audit" + asQuery(kept)
	}
	names, err := v.namesIn(page, records)
	if err != nil {
		return err
	}
	for _, r := range records {
		page.Rows = append(page.Rows, v.entry(r, names))
	}
	return nil
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
		Reasons: r.Reasons, ForOther: r.Principal != ""}
	if key := "action." + r.Action; v.Base.Words.Has(key) {
		e.Text = v.Base.T(key)
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

// query is the filter as the page's address holds it.
func (p *Audit) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"who": p.Who, "for": p.For, "action": p.Action, "resource": p.Resource, "delegation": p.Delegation,
		"session": p.Session, "from": p.From, "to": p.To} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if p.OnlyActing {
		q.Set("only", "acting")
	}
	return q
}

func asQuery(q url.Values) string {
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// writeCursor and readCursor write a place in the record as text for an address.
func writeCursor(c ledger.Cursor) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(standin.Micros(c.At), 10) + " " + string(c.ID)))
}

func readCursor(text string) (ledger.Cursor, error) {
	if text == "" {
		return ledger.Cursor{}, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	at, id, _ := strings.Cut(string(plain), " ")
	micros, bad := strconv.ParseInt(at, 10, 64)
	if err != nil || bad != nil || id == "" {
		return ledger.Cursor{}, frame.NoPage()
	}
	return ledger.Cursor{At: standin.Instant(micros), ID: standin.RecordID(id)}, nil
}
