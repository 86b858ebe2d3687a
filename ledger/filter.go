package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Filter says which records are wanted; an empty field wants all.
type Filter struct {
	Organisation standin.OrganisationID // always needed
	Person       standin.PersonID       // is the actor or the principal
	Actor        standin.Actor
	Principal    standin.PersonID
	Session      standin.SessionID
	Delegation   standin.DelegationID
	Action       string // "delegation.create", or "delegation." for all that begin so
	Resource     string
	Outcome      Outcome
	OnBehalf     bool      // only what somebody did in another's place
	From         time.Time // included
	Until        time.Time // excluded
	// Among keeps to records whose actor or principal is one of these people: what the reader may see. nil keeps all,
	// an empty list none.
	Among []standin.PersonID

	lookAt int // for tests: 0 stands for lookAt
}

// people returns whom the actor or the principal must be among, and whether it must.
func (f *Filter) people() (people []standin.PersonID, restricted bool) {
	switch {
	case f.Person == "":
		return f.Among, f.Among != nil
	case f.Among == nil || slices.Contains(f.Among, f.Person):
		return []standin.PersonID{f.Person}, true
	}
	return nil, true
}

// A lead is the column by whose index the records are found; the other conditions are checked on each of them. The zero
// lead is the time.
type lead string

const (
	byTime   lead = ""
	byAction lead = "action"
	byBehalf lead = "behalf"
	// byRefusal is the outcome, in whose index the action is, too.
	byRefusal lead = "outcome"
)

// lacked are the columns that most records leave empty; those have no entry in the column's index.
var lacked = map[lead]bool{"principal": true, "session": true, "delegation": true}

type equal struct {
	column lead
	value  string
}

// equals are the conditions that one value of a column meets, what usually leaves the fewest records first.
func (f *Filter) equals() (all []equal) {
	for _, e := range []equal{{"session", string(f.Session)}, {"delegation", string(f.Delegation)}, {"resource", f.Resource},
		{"principal", string(f.Principal)}, {"actor", string(f.Actor)}, {"outcome", string(f.Outcome)}} {
		if e.value != "" {
			all = append(all, e)
		}
	}
	if f.exact() {
		all = append(all, equal{byAction, f.Action})
	}
	return all
}

// exact reports whether the filter wants one action.
func (f *Filter) exact() bool { return f.Action != "" && !f.beginning() }

// beginning reports whether the filter wants all actions that begin so.
func (f *Filter) beginning() bool { return strings.HasSuffix(f.Action, ".") }

// others reports whether conditions are checked on what the lead finds.
func (f *Filter) others(by lead) bool {
	n := len(f.equals())
	for _, further := range []bool{f.beginning(), f.OnBehalf} {
		if further {
			n++
		}
	}
	if by != byTime {
		n--
	}
	if by == byRefusal && f.exact() {
		n--
	}
	return n > 0
}

// conditions are the WHERE clause of a query on records r.
type conditions struct {
	text []string
	args []any
}

// and adds a condition in which ? stands for each of args in turn.
func (c *conditions) and(condition string, args ...any) {
	for _, arg := range args {
		c.args = append(c.args, arg)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(c.args)), 1)
	}
	c.text = append(c.text, condition)
}

func (c *conditions) String() string { return strings.Join(c.text, " AND ") }

// equal demands a value. A column that does not lead is written so that no database looks for it in its index: without
// statistics one would take the index of what half the records have.
func (c *conditions) equal(e equal, leads bool) {
	switch {
	case !leads:
		c.and("r."+string(e.column)+" || '' = ?", e.value)
	case lacked[e.column]:
		c.and(fmt.Sprintf("r.%s <> '' AND r.%[1]s = ?", e.column), e.value)
	case e.column == "outcome":
		c.and("r.outcome <> 'done' AND r.outcome = ?", e.value)
	default:
		c.and("r."+string(e.column)+" = ?", e.value)
	}
}

// refusal demands an outcome and an action by the index that holds both.
func (c *conditions) refusal(f *Filter) {
	c.and("r.outcome <> 'done' AND r.outcome || ' ' || r.action = ?", string(f.Outcome)+" "+f.Action)
}

func (f *Filter) conditions(by lead, after Cursor) *conditions {
	c := &conditions{}
	c.and("r.organisation = ?", string(f.Organisation))
	both := by == byRefusal && f.exact()
	if both {
		c.refusal(f)
	}
	for _, e := range f.equals() {
		if !both || e.column != byAction && e.column != byRefusal {
			c.equal(e, e.column == by)
		}
	}
	if f.beginning() {
		c.and(fmt.Sprintf("substr(r.action, 1, %d) = ?", utf8.RuneCountInString(f.Action)), f.Action)
	}
	switch {
	case f.OnBehalf && by == byBehalf:
		c.and("r.principal <> ''")
	case f.OnBehalf:
		c.and("r.principal || '' <> ''")
	}
	if !f.From.IsZero() {
		c.and("r.at >= ?", standin.Micros(f.From))
	}
	if !f.Until.IsZero() {
		c.and("r.at < ?", standin.Micros(f.Until))
	}
	if after != (Cursor{}) {
		c.and("(r.at, r.id) < (?, ?)", standin.Micros(after.At), string(after.ID))
	}
	return c
}

// plenty of records under one condition are not counted further.
const plenty = 2000

// leads chooses the condition that the fewest records meet, as far as counting is cheap, and returns how many that are,
// at most plenty. Where the actions that begin so are to lead, it returns them.
func (f *Filter) leads(ctx context.Context, tx *db.Tx, after Cursor) (by lead, actions []string, count int, err error) {
	by, count = byTime, plenty
	equals := slices.DeleteFunc(f.equals(), func(e equal) bool { return e.column == "outcome" && e.value == string(Done) })
	switch {
	case len(equals) == 1 && !f.beginning() && !f.OnBehalf:
		return equals[0].column, nil, plenty, nil
	case len(equals) > 0:
		by = equals[0].column
	}
	for _, e := range equals {
		n, err := f.count(ctx, tx, after, count, func(c *conditions) { c.equal(e, true) })
		if err != nil {
			return by, nil, 0, err
		}
		if n < count {
			by, count = e.column, n
		}
	}
	if f.OnBehalf && count == plenty {
		n, err := f.count(ctx, tx, after, count, func(c *conditions) { c.and("r.principal <> ''") })
		if err != nil {
			return by, nil, 0, err
		}
		if n < count || by == byTime {
			by, count = byBehalf, n
		}
	}
	if !f.beginning() || count < plenty {
		return by, nil, count, nil
	}
	if actions, err = f.actions(ctx, tx); err != nil {
		return by, nil, 0, err
	}
	sum := 0
	for _, action := range actions {
		n, err := f.count(ctx, tx, after, count-sum, func(c *conditions) { c.equal(equal{byAction, action}, true) })
		if err != nil {
			return by, nil, 0, err
		}
		if sum += n; sum >= count {
			break
		}
	}
	if sum < count || by == byTime {
		return byAction, actions, sum, nil
	}
	return by, nil, count, nil
}

// count counts entries of an index within the filter's time, at most the limit.
func (f *Filter) count(ctx context.Context, tx *db.Tx, after Cursor, limit int, more func(*conditions)) (n int, err error) {
	timed := Filter{Organisation: f.Organisation, From: f.From, Until: f.Until}
	c := timed.conditions(byTime, after)
	more(c)
	err = tx.QueryRow(ctx, fmt.Sprintf(`SELECT COUNT(*) FROM (SELECT 1 FROM records r WHERE %s LIMIT %d) counted`, c, limit), c.args...).Scan(&n)
	return n, err
}

// actions returns the actions of the organisation's records that begin as the filter wants. It looks at one record of
// each action there is.
func (f *Filter) actions(ctx context.Context, tx *db.Tx) (all []string, err error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE a(action) AS (
			SELECT MIN(action) FROM records WHERE organisation = $1
			UNION ALL
			SELECT (SELECT MIN(r.action) FROM records r WHERE r.organisation = $1 AND r.action > a.action) FROM a WHERE a.action IS NOT NULL)
		SELECT action FROM a WHERE action IS NOT NULL`, string(f.Organisation))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var action string
		if err := rows.Scan(&action); err != nil {
			return nil, err
		}
		if strings.HasPrefix(action, f.Action) {
			all = append(all, action)
		}
	}
	return all, rows.Err()
}
