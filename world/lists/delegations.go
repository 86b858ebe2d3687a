package lists

import (
	"context"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world/table"
)

// delegationColumns are what a list of delegations can say.
var delegationColumns = []table.Column{
	{Name: "id", Also: []string{"delegation id", "kennung"}},
	{Name: "actor", Required: true, Also: []string{"deputy", "stand-in", "proxy", "backup", "representative", "vertretung", "stellvertreter", "stellvertreterin", "stellvertretung", "vertreter", "vertreterin"}},
	{Name: "principal", Required: true, Also: []string{"for", "for whom", "represents", "für", "für wen", "vertretene person", "vertritt"}},
	{Name: "kind", Also: []string{"art"}},
	{Name: "start", Also: []string{"from", "von", "beginn", "ab"}},
	{Name: "end", Also: []string{"to", "until", "bis", "ende"}},
	{Name: "purpose", Also: []string{"reason", "zweck", "grund", "anlass"}},
	{Name: "allow", Also: []string{"allowed", "erlaubt"}},
	{Name: "deny", Also: []string{"denied", "verboten"}},
	{Name: "units", Also: []string{"unit", "einheiten", "einheit"}},
	{Name: "read_only", Also: []string{"nur lesen", "nur lesend"}},
	{Name: "sealed", Also: []string{"versiegelt", "versiegelte felder"}},
	refusedToo,
}

// covering is a delegation as a row says it. A nil pointer stands for a cell that says nothing.
type covering struct {
	*Row
	id         standin.DelegationID
	actor      standin.PersonID
	principal  standin.PersonID
	kind       delegation.Kind
	start, end *time.Time
	purpose    *string
	limits     *rights.Limits
}

// same is what two delegations have in common of which one would be the other's duplicate.
type same struct {
	actor, principal standin.PersonID
	kind             delegation.Kind
	limits           string
}

// window is what a row of this list takes for its two people.
type window struct {
	line       int
	start, end time.Time
}

// planDelegations plans each row.
func (f *facts) planDelegations(p *Plan) error {
	there := map[same][]delegation.Delegation{}
	for _, d := range f.delegations {
		if f.manages(f.people[d.Principal]) {
			key := same{d.Actor, d.Principal, d.Kind, text(d.Limits)}
			there[key] = append(there[key], d)
		}
	}
	c := calendar{zone: f.organisation.Settings.TimeZone, days: p.table.Form == table.XLSX, from04: p.table.Epoch1904}
	now := standin.Now(f.now)
	seen, taken := map[standin.DelegationID]int{}, map[same][]window{}
	var created []*covering
	for _, cells := range p.table.Rows {
		r := &covering{Row: p.row(cells, f.columns.Of(cells, "actor"), "→", f.columns.Of(cells, "principal"))}
		err := p.table.Whole(cells)
		if err == nil {
			err = f.readDelegation(r, c)
		}
		if err != nil {
			r.refuse(err)
			continue
		}
		before, err := f.before(r, there, now)
		if err == nil {
			err = r.alone(before, seen, taken, now)
		}
		switch {
		case err != nil:
			r.refuse(err)
		case before != nil:
			f.planEdit(r, *before)
		default:
			r.Outcome = Create
			created = append(created, r)
		}
		if r.Outcome != Skip && r.Outcome != Refuse {
			p.order = append(p.order, r.Row)
		}
	}
	return f.planNames(created, now)
}

// text returns limits as one text, the same for all that mean the same.
func text(l rights.Limits) string {
	if plain, err := l.Canonical(); err == nil {
		l = plain
	}
	return string(ledger.State(l))
}

// readDelegation reads what the row says.
func (f *facts) readDelegation(r *covering, c calendar) error {
	of := func(column string) string { return f.columns.Of(r.cells, column) }
	r.id = standin.DelegationID(of("id"))
	var known bool
	if r.actor, known = f.person(of("actor")); !known {
		return unknownPerson("actor", of("actor"))
	}
	if r.principal, known = f.person(of("principal")); !known || !f.manages(f.people[r.principal]) && r.principal != f.caller.Actor.Person() {
		return unknownPerson("principal", of("principal"))
	}
	r.kind = delegation.Kind(strings.ToLower(of("kind")))
	for _, e := range []struct {
		column string
		edge   delegation.Edge
		to     **time.Time
	}{{"start", delegation.Start, &r.start}, {"end", delegation.End, &r.end}} {
		cell := of(e.column)
		switch {
		case cell == away && e.edge == delegation.End:
			*e.to = new(time.Time)
		case cell != "":
			at, err := c.read(cell, e.column, e.edge)
			if err != nil {
				return err
			}
			*e.to = &at
		}
	}
	if purpose := of("purpose"); purpose != "" {
		r.purpose = &purpose
	}
	return f.readLimits(r)
}

func (f *facts) readLimits(r *covering) error {
	var l rights.Limits
	said := false
	list := func(column string) []string {
		cell := f.columns.Of(r.cells, column)
		said = said || cell != ""
		if cell == away {
			return nil
		}
		return words(cell)
	}
	l.Allow, l.Deny = list("allow"), list("deny")
	for _, u := range list("units") {
		l.Units = append(l.Units, standin.UnitID(u))
	}
	for _, b := range []struct {
		column string
		to     *bool
	}{{"read_only", &l.ReadOnly}, {"sealed", &l.Sealed}} {
		cell := strings.ToLower(f.columns.Of(r.cells, b.column))
		said = said || cell != ""
		switch cell {
		case "yes", "y", "ja", "j", "true", "wahr", "1", "x":
			*b.to = true
		case "", away, "no", "n", "nein", "false", "falsch", "0":
		default:
			return standin.Refuse(standin.Invalid, "list.plan", "list.yes_or_no", "\"{text}\" is neither yes nor no.").On(b.column).With("text", brief(cell))
		}
	}
	if !said {
		return nil
	}
	if err := l.Check(f.catalogues); err != nil {
		return err
	}
	l, err := l.Canonical()
	r.limits = &l
	return err
}

// before returns the delegation that the row is about: of its id, or else one that says the same of the same two people
// and is of that time. nil where there is none.
func (f *facts) before(r *covering, there map[same][]delegation.Delegation, now time.Time) (*delegation.Delegation, error) {
	if r.id != "" {
		d, known := f.delegations[r.id]
		known = known && f.manages(f.people[d.Principal])
		switch {
		case !known && !f.caller.Actor.IsOperator():
			return nil, standin.Refuse(standin.NotFound, "list.plan", "list.delegation_unknown", "There is no delegation \"{id}\". Leave the id empty to name somebody anew.").
				On("id").With("id", brief(string(r.id)))
		case known && (d.Actor != r.actor || d.Principal != r.principal || r.kind != "" && r.kind != d.Kind):
			return nil, standin.Refuse(standin.Conflict, "list.plan", "list.other_delegation", "\"{id}\" is a delegation of another kind or between other people.").
				On("id").With("id", brief(string(r.id)))
		case known:
			return &d, nil
		}
		return nil, nil
	}
	var limits rights.Limits
	if r.limits != nil {
		limits = *r.limits
	}
	var found *delegation.Delegation
	for _, d := range there[same{r.actor, r.principal, r.kindOr(), text(limits)}] {
		exact := (r.start == nil || near(*r.start, d.StartsAt)) && (r.end == nil || near(*r.end, d.EndsAt))
		over := d.StateAt(now).Over()
		switch {
		case exact && !over:
			return &d, nil
		case exact && r.start != nil && r.end != nil:
			found = &d // it was, and is over; it does not come again
		case !over && found == nil && overlap(r.window(now), window{start: d.StartsAt, end: d.EndsAt}):
			found = &d
		}
	}
	return found, nil
}

func (r *covering) kindOr() delegation.Kind {
	if r.kind == "" {
		return delegation.Cover
	}
	return r.kind
}

func (r *covering) window(now time.Time) window {
	w := window{line: r.Line, start: now}
	if r.start != nil {
		w.start = *r.start
	}
	if r.end != nil {
		w.end = *r.end
	}
	return w
}

func overlap(a, b window) bool {
	return (a.end.IsZero() || b.start.Before(a.end)) && (b.end.IsZero() || a.start.Before(b.end))
}

// near reports whether the instants are of one minute, which is all that most lists say.
func near(a, b time.Time) bool {
	if a.IsZero() || b.IsZero() {
		return a.IsZero() && b.IsZero()
	}
	return a.Truncate(time.Minute).Equal(b.Truncate(time.Minute))
}

// alone refuses a row that is about what another row is about.
func (r *covering) alone(before *delegation.Delegation, seen map[standin.DelegationID]int, taken map[same][]window, now time.Time) error {
	id := r.id
	if before != nil {
		id = before.ID
	}
	if line := seen[id]; id != "" && line != 0 {
		return twice(line)
	}
	if id != "" {
		seen[id] = r.Line
	}
	if before != nil {
		return nil
	}
	var limits rights.Limits
	if r.limits != nil {
		limits = *r.limits
	}
	key, mine := same{r.actor, r.principal, r.kindOr(), text(limits)}, r.window(now)
	for _, w := range taken[key] {
		if overlap(w, mine) {
			return twice(w.line)
		}
	}
	taken[key] = append(taken[key], mine)
	return nil
}

// planEdit plans what the row changes.
func (f *facts) planEdit(r *covering, before delegation.Delegation) {
	change := delegation.Change{Version: before.Version}
	if r.start != nil && !near(*r.start, before.StartsAt) {
		change.Start, r.Changes = r.start, append(r.Changes, "start")
	}
	if r.end != nil && !near(*r.end, before.EndsAt) && !(r.end.IsZero() && f.organisation.Settings.Delegation.Max > 0) {
		change.End, r.Changes = r.end, append(r.Changes, "end")
	}
	if r.purpose != nil && *r.purpose != before.Purpose {
		change.Purpose, r.Changes = r.purpose, append(r.Changes, "purpose")
	}
	if r.limits != nil && text(*r.limits) != text(before.Limits) {
		change.Limits, r.Changes = r.limits, append(r.Changes, "limits")
	}
	if len(r.Changes) == 0 {
		return
	}
	r.Outcome, r.tried = Change, true
	r.try = func(ctx context.Context, tx *db.Tx, caller standin.Caller, _ bool) error {
		_, err := f.Lists.delegations.EditIn(ctx, tx, caller, before.ID, change)
		return err
	}
	r.note = func(ctx context.Context, caller standin.Caller, refusal error) error {
		return f.Lists.delegations.NoteRefusal(ctx, caller, before.Principal, before.ID, refusal)
	}
}
