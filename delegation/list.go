package delegation

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// View is a delegation as the caller sees it at an instant.
type View struct {
	Row
	Party        Party
	State        State
	Since, Until time.Time // of the state, see SpanAt
	// Options says what the caller can do with it, and why not.
	Options []Option
	// RenewedEnd is the end that Renew would give, zero where Renew is refused.
	RenewedEnd time.Time
}

// Can reports whether the caller can do verb.
func (v View) Can(verb Verb) bool { return v.WhyNot(verb) == nil }

// WhyNot returns why the caller cannot do verb, nil where they can.
func (v View) WhyNot(verb Verb) error {
	for _, o := range v.Options {
		if o.Verb == verb {
			return o.Refusal
		}
	}
	return standin.Refuse(standin.Denied, "delegation.view", "delegation.no_verb", "This cannot be done.")
}

func (m matter) view(caller standin.Caller, now time.Time) View {
	v := View{Row: m.Row, Party: m.party, State: m.StateAt(now)}
	v.Since, v.Until = m.SpanAt(now)
	v.Options = m.Delegation.Options(caller.Principal, m.party, now, m.settings.Delegation.Max)
	if v.Can(DoRenew) {
		v.RenewedEnd = m.renewedEnd(now, m.settings.Delegation.Max)
	}
	return v
}

// Get returns the delegation as the caller sees it. Its actor, its principal and those who manage it know it; for all
// others it does not exist. While acting, the principal's part counts.
func (r *Delegations) Get(ctx context.Context, caller standin.Caller, id standin.DelegationID) (View, error) {
	now := standin.Now(r.now)
	var v View
	err := r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		m, err := r.meet(ctx, tx, caller, id)
		v = m.view(caller, now)
		return err
	})
	if err != nil {
		return View{}, err
	}
	return v, nil
}

// ListForPrincipal returns who stands in for the principal, newest first; over adds what is over. It is for the principal
// themselves (while acting: whom the caller acts for) and for those who manage their delegations; for others there is no
// such person.
func (r *Delegations) ListForPrincipal(ctx context.Context, caller standin.Caller, principal standin.PersonID, over bool) ([]View, error) {
	return r.listOf(ctx, caller, principal, over, `d.principal`)
}

// ListForActor returns whom the actor stands in for, newest first; over adds what is over. Of somebody else than the
// caller it returns what the caller manages.
func (r *Delegations) ListForActor(ctx context.Context, caller standin.Caller, actor standin.PersonID, over bool) ([]View, error) {
	return r.listOf(ctx, caller, actor, over, `d.actor`)
}

// newestFirst orders the delegations of one person. It is an expression, so that SQLite finds them by the person instead
// of reading all of the organisation's in order.
const newestFirst = ` ORDER BY d.created_at + 0 DESC, d.id`

// mostListed bounds lists of one person's delegations.
const mostListed = 2000

func (r *Delegations) listOf(ctx context.Context, caller standin.Caller, person standin.PersonID, over bool, column string) ([]View, error) {
	now := standin.Now(r.now)
	var views []View
	err := r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		views = nil
		if !known(person) {
			return unknownPerson(person, "person")
		}
		if person != caller.Principal {
			if err := r.mayLookAt(ctx, tx, caller, person); err != nil {
				return err
			}
		}
		sql := selectRows + ` AND ` + column + ` = $2`
		if !over {
			sql += ` AND d.ended_at IS NULL`
		}
		rows, err := query(ctx, tx, sql+newestFirst+` LIMIT `+strconv.Itoa(mostListed),
			string(caller.Organisation), string(person))
		if err != nil {
			return err
		}
		views, err = r.views(ctx, tx, caller, rows, now, func(v View) bool {
			return (over || !v.State.Over()) && v.Party&^AsGuest != 0
		})
		return err
	})
	return views, err
}

// mayLookAt refuses where the caller may not manage the person's delegations: as if there were no such person.
func (r *Delegations) mayLookAt(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID) error {
	person, err := r.person(ctx, tx, caller.Organisation, id, "person")
	if err != nil {
		return err
	}
	err = r.directory.MayRead(ctx, tx, caller, "delegation", "manage", person.Unit)
	if standin.KindOf(err) == standin.Denied {
		return unknownPerson(id, "person")
	}
	return err
}

// views returns the rows as the caller sees them, those that keep wants. Scopes are read once for all of them.
func (r *Delegations) views(ctx context.Context, tx *db.Tx, caller standin.Caller, rows []Row, now time.Time, keep func(View) bool) ([]View, error) {
	org, err := r.directory.Organisation(ctx, tx, caller.Organisation)
	if err != nil {
		return nil, err
	}
	reach, err := r.directory.Reach(ctx, tx, caller, "delegation", "manage")
	if err != nil {
		return nil, err
	}
	var views []View
	for _, row := range rows {
		m := matter{row, partyWithin(caller, row, reach), org.Settings}
		if v := m.view(caller, now); keep(v) {
			views = append(views, v)
		}
	}
	return views, nil
}

// Query narrows the list of delegations that somebody manages; an empty field wants all.
type Query struct {
	Actor     standin.PersonID
	Principal standin.PersonID
	State     State
	Over      bool // those that are over, too
	After     string
	Limit     int // 20 where none is given, at most 200
}

// ListManaged returns delegations of people whose delegations the caller manages, newest first, a page at a time: next
// is what After wants for the following page, "" where there is none. While acting, the principal's powers answer.
// Without such powers it is Denied.
func (r *Delegations) ListManaged(ctx context.Context, caller standin.Caller, q Query) (views []View, next string, err error) {
	now := standin.Now(r.now)
	if q.Limit <= 0 {
		q.Limit = 20
	}
	q.Limit = min(q.Limit, 200)
	if _, _, ok := parseCursor(q.After); !ok && q.After != "" {
		return nil, "", standin.Refuse(standin.Invalid, "delegation.list", "delegation.bad_cursor",
			"This is no place in the list. Begin at its first page.").On("after")
	}
	if q.Actor != "" && !known(q.Actor) || q.Principal != "" && !known(q.Principal) {
		return nil, "", unknownPerson(q.Actor+q.Principal, "person")
	}
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		views, next = nil, ""
		all, units, err := r.directory.ScopesOf(ctx, tx, caller, "delegation", "manage")
		if err != nil {
			return err
		}
		if !all && len(units) == 0 {
			return standin.Refuse(standin.Denied, "delegation.list", "delegation.not_manager",
				"Only administrators of stand-ins can see this list.")
		}
		after := q.After
		for len(views) <= q.Limit {
			sql, args := q.sql(caller.Organisation, all, units, after)
			rows, err := query(ctx, tx, sql, args...)
			if err != nil {
				return err
			}
			some, err := r.views(ctx, tx, caller, rows, now, q.wants)
			if err != nil {
				return err
			}
			views = append(views, some...)
			if len(rows) < pageRows {
				break
			}
			after = cursor(rows[len(rows)-1].Delegation)
		}
		if len(views) > q.Limit {
			views = views[:q.Limit]
			next = cursor(views[q.Limit-1].Delegation)
		}
		return nil
	})
	return views, next, err
}

// wants reports whether the state is asked for, which the database cannot tell.
func (q Query) wants(v View) bool {
	return (q.State == "" || v.State == q.State) && (q.Over || q.State.Over() || !v.State.Over())
}

// pageRows is how many rows are read at a time.
const pageRows = 201

func (q Query) sql(org standin.OrganisationID, all bool, units []standin.UnitID, after string) (string, []any) {
	args := []any{string(org)}
	place := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	var b strings.Builder
	b.WriteString(selectRows)
	if q.Actor != "" {
		b.WriteString(` AND d.actor = ` + place(string(q.Actor)))
	}
	if q.Principal != "" {
		b.WriteString(` AND d.principal = ` + place(string(q.Principal)))
	}
	if !all {
		var within []string
		for _, u := range units {
			below := string(u) + "/"
			within = append(within, `p.unit = `+place(string(u)),
				`substr(p.unit, 1, `+strconv.Itoa(len(below))+`) = `+place(below))
		}
		b.WriteString(` AND (` + strings.Join(within, ` OR `) + `)`)
	}
	if at, id, ok := parseCursor(after); ok {
		instant := place(at)
		b.WriteString(` AND (d.created_at < ` + instant + ` OR (d.created_at = ` + instant + ` AND d.id > ` + place(id) + `))`)
	}
	b.WriteString(` ORDER BY d.created_at DESC, d.id LIMIT ` + strconv.Itoa(pageRows))
	return b.String(), args
}

func cursor(d Delegation) string {
	return strconv.FormatInt(standin.Micros(d.CreatedAt), 10) + "." + string(d.ID)
}

func parseCursor(text string) (at int64, id string, ok bool) {
	instant, id, ok := strings.Cut(text, ".")
	at, err := strconv.ParseInt(instant, 10, 64)
	return at, id, ok && err == nil && known(id)
}

// ForActor returns those of the actor's delegations that are not over at now, startable or not, for the choice of whom to
// act for.
func (r *Delegations) ForActor(ctx context.Context, tx *db.Tx, org standin.OrganisationID, actor standin.PersonID, now time.Time) ([]Row, error) {
	rows, err := query(ctx, tx, selectRows+` AND d.actor = $2 AND d.ended_at IS NULL AND d.declined_at IS NULL`+newestFirst, string(org), string(actor))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(row Row) bool { return row.StateAt(now).Over() }), nil
}

// Candidates finds colleagues whom the principal could name, by name or address, in order of name (A1, A5). It is for the
// principal and those who manage their delegations; not while acting. next continues after the last.
func (r *Delegations) Candidates(ctx context.Context, caller standin.Caller, principal standin.PersonID, text string, limit int,
	after string) (found []directory.Candidate, next string, err error) {
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := r.mayName(ctx, tx, caller, principal)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return r.directory.SearchPeople(ctx, caller, text, []standin.PersonID{principal}, limit, after)
}

// History returns what happened to the delegation, newest first, for whoever may see it. next is zero on the last page.
func (r *Delegations) History(ctx context.Context, caller standin.Caller, id standin.DelegationID, after ledger.Cursor, limit int) (
	records []ledger.Record, next ledger.Cursor, err error) {
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		m, err := r.meet(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		f := ledger.Filter{Organisation: caller.Organisation, Resource: resource(m.ID)}
		records, next, err = r.ledger.Page(ctx, tx, f, after, max(1, min(limit, 200)))
		return err
	})
	return records, next, err
}

// Explain hands over every delegation of the organisation as records hold it, to be compared with the last record of each.
func (r *Delegations) Explain(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	rows, err := tx.Query(ctx, selectRows, string(org))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return err
		}
		if err := yield(resource(row.ID), row.state()); err != nil {
			return err
		}
	}
	return rows.Err()
}
