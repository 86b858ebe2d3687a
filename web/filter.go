package web

import (
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web/frame"
)

// asked is what the address says that the reader wants to see.
func (v *visit) asked(q url.Values) *Audit {
	text := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	return &Audit{Base: v.Base, Who: text("who"), For: text("for"), Action: text("action"), Resource: text("resource"), Delegation: text("delegation"),
		Session: text("session"), Outcome: text("outcome"), From: text("from"), To: text("to"), OnlyActing: q.Get("only") == "acting", Itself: q.Get("itself") == "yes"}
}

// offerActions offers the kinds of actions, those of each application, and the very action that the address names.
func (v *visit) offerActions(page *Audit) {
	known := page.Action == ""
	for _, kind := range kinds {
		page.ActionChoices = append(page.ActionChoices, frame.Option{Value: kind + ".", Label: v.Base.T("audit.kind." + kind)})
		known = known || page.Action == kind+"."
	}
	for _, a := range v.Apps() {
		deeds := Deeds{Application: a.Name}
		for _, typ := range slices.Sorted(maps.Keys(a.Catalogue.Types)) {
			value := string(a.ID) + ":" + typ + "."
			deeds.Choices = append(deeds.Choices, frame.Option{Value: value, Label: v.TypeName(a.ID, typ)})
			known = known || page.Action == value
		}
		if len(deeds.Choices) > 0 {
			page.Deeds = append(page.Deeds, deeds)
		}
	}
	if !known {
		label := page.Action
		if key := "action." + page.Action; v.Base.Words.Has(key) {
			label = v.Base.T(key)
		} else if strings.Contains(page.Action, ":") {
			label = v.Permission(page.Action)
		}
		page.ActionChoices = append(page.ActionChoices, frame.Option{Value: page.Action, Label: label})
	}
}

// auditFilter reads the form; what it cannot read becomes a problem of the page.
func (v *visit) auditFilter(page *Audit) (f ledger.Filter, err error) {
	f = ledger.Filter{Action: page.Action, Outcome: ledger.Outcome(page.Outcome), Resource: page.Resource, OnBehalf: page.OnlyActing, Delegation: standin.DelegationID(page.Delegation),
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

// query is the filter as the page's address holds it.
func (p *Audit) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"who": p.Who, "for": p.For, "action": p.Action, "resource": p.Resource, "delegation": p.Delegation,
		"session": p.Session, "outcome": p.Outcome, "from": p.From, "to": p.To} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if p.OnlyActing {
		q.Set("only", "acting")
	}
	if p.Itself {
		q.Set("itself", "yes")
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
