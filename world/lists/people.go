package lists

import (
	"context"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/directory/names"
	"github.com/standin-id/standin/world/table"
)

// refusedColumn is where a list of refused rows says why; whoever sends it again may leave it.
const refusedColumn = "refused"

var refusedToo = table.Column{Name: refusedColumn, Also: []string{"abgelehnt", "refused because", "abgelehnt, weil"}}

// peopleColumns are what a list of people can say.
var peopleColumns = []table.Column{
	{Name: "id", Also: []string{"person id", "kennung", "personalnummer"}},
	{Name: "name", Also: []string{"full name", "vollständiger name"}},
	{Name: "email", Also: []string{"mail", "e-mail address", "e-mail-adresse", "mailadresse"}},
	{Name: "unit", Also: []string{"department", "einheit", "abteilung", "bereich"}},
	{Name: "manager", Also: []string{"line manager", "vorgesetzte", "vorgesetzter", "vorgesetzte person", "führungskraft"}},
	{Name: "time_zone", Also: []string{"zone", "zeitzone"}},
	{Name: "language", Also: []string{"sprache"}},
	{Name: "roles", Also: []string{"role", "rolle", "rollen"}},
	refusedToo,
}

// away is what a cell says that shall take away what is there.
const away = "-"

// newcomer is a person as a row says them.
type newcomer struct {
	*Row
	key     string // who the row is about: an id, or "line 7"
	person  directory.Person
	was     directory.Person
	exists  bool
	manager string // the key of who is above, where that is another row's; else ""
	roles   []directory.Holding
	made    *standin.PersonID // once the row was tried
}

// planPeople plans each row, managers before those whom they manage.
func (f *facts) planPeople(p *Plan) error {
	if !f.columns.Has("id") && !f.columns.Has("email") {
		return standin.Refuse(standin.Invalid, "list.plan", "list.no_key", "People are told apart by the column id or email. Add one of them.")
	}
	var all []*newcomer
	byKey := map[string]*newcomer{}
	seen := map[string]int{} // lines by id and by address
	for _, cells := range p.table.Rows {
		n := &newcomer{Row: p.row(cells, f.columns.Of(cells, "name"), f.columns.Of(cells, "email"))}
		if n.Who == " " {
			n.Who = brief(f.columns.Of(cells, "id"))
		}
		n.Who = strings.TrimSpace(n.Who)
		if err := p.table.Whole(cells); err != nil {
			n.refuse(err)
			continue
		}
		if err := f.readPerson(n); err != nil {
			n.refuse(err)
			continue
		}
		if line := n.firstSaid(seen); line != 0 {
			n.refuse(twice(line))
			continue
		}
		byKey[n.key] = n
		all = append(all, n)
	}
	f.nameManagers(all, byKey)
	if err := f.refuseTaken(all); err != nil {
		return err
	}
	for _, n := range managersFirst(all, byKey) {
		f.planPerson(p, n, byKey)
	}
	return nil
}

// readPerson reads who the row is about and what it makes of them.
func (f *facts) readPerson(n *newcomer) error {
	of := func(column string) string { return f.columns.Of(n.cells, column) }
	id, email := standin.PersonID(of("id")), of("email")
	n.was, n.exists = f.people[id]
	if id == "" {
		if key, ok := names.EmailKey(email); ok {
			if same, known := f.people[f.byEmail[key]]; known && f.manages(same) {
				n.was, n.exists = same, true
			}
		}
	}
	if n.exists && !f.manages(n.was) || !n.exists && id != "" && !f.caller.Actor.IsOperator() {
		return unknownPerson("id", string(id))
	}
	n.person = directory.Person{Organisation: f.caller.Organisation, ID: id}
	n.person.Version, n.key = -1, string(id)
	if n.exists {
		n.person, n.key = n.was, string(n.was.ID)
	} else if id == "" {
		key, _ := names.EmailKey(email)
		n.key = "@" + key
	}
	set := func(to *string, column string, clears bool) {
		switch cell := of(column); {
		case cell == away && clears:
			*to = ""
		case cell != "":
			*to = cell
		}
	}
	set(&n.person.Name, "name", false)
	set(&n.person.Email, "email", false)
	set((*string)(&n.person.Unit), "unit", true)
	set(&n.person.TimeZone, "time_zone", false)
	set(&n.person.Language, "language", true)
	form, err := n.person.Form()
	if err != nil {
		return err
	}
	n.person = form
	return f.readRoles(n)
}

func (f *facts) readRoles(n *newcomer) error {
	for _, word := range words(f.columns.Of(n.cells, "roles")) {
		role, unit, _ := strings.Cut(word, "@")
		h := directory.Holding{Person: n.was.ID, Role: standin.RoleID(role), Unit: standin.UnitID(unit)}
		if !f.roles[h.Role] {
			return standin.Refuse(standin.NotFound, "list.plan", "list.role_unknown", "There is no role \"{role}\".").On("roles").With("role", brief(role))
		}
		if unit != "" && !f.units[h.Unit] && f.all {
			return unknownUnit("roles", unit)
		}
		if !f.holdings[h] && !slices.Contains(n.roles, h) {
			n.roles = append(n.roles, h)
		}
	}
	return nil
}

// firstSaid returns the line that said something about the same person, 0 where none did.
func (n *newcomer) firstSaid(seen map[string]int) int {
	email, _ := names.EmailKey(n.person.Email)
	for _, key := range []string{n.key, "@" + email} {
		if line := seen[key]; line != 0 {
			return line
		}
	}
	seen[n.key], seen["@"+email] = n.Line, n.Line
	return 0
}

// nameManagers finds whom the rows name as managers, among those who are there and those who come.
func (f *facts) nameManagers(all []*newcomer, byKey map[string]*newcomer) {
	byEmail := map[string]string{}
	for _, n := range all {
		key, _ := names.EmailKey(n.person.Email)
		byEmail[key] = n.key
	}
	for _, n := range all {
		cell := f.columns.Of(n.cells, "manager")
		switch {
		case cell == "":
			continue
		case cell == away:
			n.person.Manager = ""
			continue
		}
		if id, known := f.person(cell); known {
			n.person.Manager = id
			continue
		}
		key := cell
		if email, ok := names.EmailKey(cell); ok {
			key = byEmail[email]
		}
		if byKey[key] == nil {
			n.refuse(unknownPerson("manager", cell))
			continue
		}
		n.manager = key
	}
	for _, n := range all {
		if n.Outcome != Refuse && f.above(n, byKey) {
			n.refuse(standin.Refuse(standin.Invalid, "list.plan", "list.manager_cycle", "Nobody is their own manager, nor the manager of somebody above them.").On("manager"))
		}
	}
}

// above reports whether somebody is above themselves once all rows are done.
func (f *facts) above(n *newcomer, byKey map[string]*newcomer) bool {
	at := n.key
	for range directory.DeepestManagers {
		next := string(f.people[standin.PersonID(at)].Manager)
		if row := byKey[at]; row != nil && row.Outcome != Refuse {
			if next = row.manager; next == "" {
				next = string(row.person.Manager)
			}
		}
		if next == "" {
			return false
		}
		if next == n.key {
			return true
		}
		at = next
	}
	return true
}

// refuseTaken refuses ids and addresses that others have, for the operator, who may learn of other organisations. Others
// are told by what they try.
func (f *facts) refuseTaken(all []*newcomer) error {
	if !f.caller.Actor.IsOperator() {
		return nil
	}
	var ids []standin.PersonID
	var emails []string
	for _, n := range all {
		ids, emails = append(ids, n.person.ID), append(emails, n.person.Email)
	}
	byID, byEmail, err := f.directory.Taken(f.ctx, f.tx, ids, emails)
	if err != nil {
		return err
	}
	for _, n := range all {
		key, _ := names.EmailKey(n.person.Email)
		if h, taken := byID[n.person.ID]; taken && h.Organisation != f.caller.Organisation && n.Outcome != Refuse {
			n.refuse(standin.Refuse(standin.Conflict, "list.plan", "list.id_taken", "The id \"{id}\" is taken. Ids are never used twice.").On("id").With("id", n.person.ID))
		}
		if h, taken := byEmail[key]; taken && n.Outcome != Refuse && (!n.exists || h.Person != n.person.ID) {
			n.refuse(standin.Refuse(standin.Conflict, "list.plan", "list.email_taken", "This e-mail address belongs to somebody else already.").On("email"))
		}
	}
	return nil
}

// managersFirst orders the rows so that each comes after that of their manager.
func managersFirst(all []*newcomer, byKey map[string]*newcomer) []*newcomer {
	ordered := make([]*newcomer, 0, len(all))
	placed := map[*newcomer]bool{}
	for _, n := range all {
		var chain []*newcomer
		for next := n; next != nil && !placed[next]; {
			placed[next] = true
			chain = append(chain, next)
			above := next.manager
			if above == "" {
				above = string(next.person.Manager)
			}
			next = byKey[above]
		}
		slices.Reverse(chain)
		ordered = append(ordered, chain...)
	}
	return ordered
}

// planPerson plans what the row does, after that of their manager.
func (f *facts) planPerson(p *Plan, n *newcomer, byKey map[string]*newcomer) {
	if n.Outcome == Refuse {
		return
	}
	above := byKey[n.manager]
	if above != nil && above.Outcome == Refuse {
		n.refuse(managerRefused(above.Line))
		return
	}
	if unit := n.person.Unit; unit != "" && unit != n.was.Unit && !f.units[unit] && f.all {
		n.refuse(unknownUnit("unit", string(unit)))
		return
	}
	n.Outcome = Create
	if n.exists {
		n.Outcome = Change
		if n.Changes = n.changes(); len(n.Changes) == 0 {
			n.Outcome = Skip
			return
		}
	}
	n.tried = !f.caller.Actor.IsOperator()
	n.made = new(standin.PersonID)
	n.try = f.Lists.putPerson(n, above)
	p.order = append(p.order, n.Row)
}

// changes returns the columns that change somebody who is there.
func (n *newcomer) changes() (columns []string) {
	for _, c := range []struct {
		column  string
		differs bool
	}{
		{"name", n.person.Name != n.was.Name}, {"email", n.person.Email != n.was.Email}, {"unit", n.person.Unit != n.was.Unit},
		{"manager", n.manager != "" || n.person.Manager != n.was.Manager}, {"time_zone", n.person.TimeZone != n.was.TimeZone},
		{"language", n.person.Language != n.was.Language}, {"roles", len(n.roles) > 0},
	} {
		if c.differs {
			columns = append(columns, c.column)
		}
	}
	return columns
}

// putPerson returns what does the row. Where it is only tried, a manager who is not there yet is left out.
func (l *Lists) putPerson(n, above *newcomer) func(context.Context, *db.Tx, standin.Caller, bool) error {
	return func(ctx context.Context, tx *db.Tx, caller standin.Caller, trial bool) error {
		want := n.person
		if n.manager != "" && !trial {
			if above.Outcome == Refuse {
				return managerRefused(above.Line)
			}
			want.Manager = *above.made
		}
		put, _, err := l.directory.PutPersonIn(ctx, tx, caller, want)
		if err != nil {
			return err
		}
		*n.made = put.ID
		for _, h := range n.roles {
			if _, err := l.directory.HoldIn(ctx, tx, caller, put.ID, h.Role, h.Unit); err != nil {
				return err
			}
		}
		return nil
	}
}

func managerRefused(line int) error {
	return standin.Refuse(standin.Conflict, "list.plan", "list.manager_refused", "The manager's row, line {line}, is refused. Correct it first.").
		On("manager").With("line", line)
}
