package logout

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token"
)

// How a delivery ended.
const (
	Told    = "told"     // the application said that it was understood
	GivenUp = "given_up" // it did not, for a day
	NoMore  = "no_more"  // it wants to be told no more
)

// What was wrong with the last try; else it is the status that was answered, "500".
const (
	Silent     = "silent"     // nothing was answered in time
	Redirected = "redirected" // it answered from elsewhere
	Unsafe     = "unsafe"     // the registered address is none that is sent to: no https, where Standin is not on this machine alone
	Private    = "private"    // its host is within a network that the operator did not name
)

// Delivery is one sign-in's end that one application is told of. It names no person: who keeps applications need not know
// who was signed in to them.
type Delivery struct {
	Organisation standin.OrganisationID
	ID           string
	Client       standin.ClientID
	SID          string
	MadeAt       time.Time
	DueAt        time.Time // of the next try, while it has not ended
	Tries        int
	TriedAt      time.Time
	Problem      string // of the last try, "" if none
	EndedAt      time.Time
	EndedHow     string // Told, GivenUp or NoMore

	actor      standin.PersonID
	principal  standin.PersonID
	session    standin.SessionID
	delegation standin.DelegationID
}

const columns = `organisation, id, client, sid, made_at, due_at, tries, tried_at, problem, ended_at, ended_how, actor, principal, session, delegation`

func scan(row interface{ Scan(dest ...any) error }) (d Delivery, err error) {
	var made, due, tried, ended db.Time
	err = row.Scan((*string)(&d.Organisation), &d.ID, (*string)(&d.Client), &d.SID, &made, &due, &d.Tries, &tried, &d.Problem, &ended, &d.EndedHow,
		(*string)(&d.actor), (*string)(&d.principal), (*string)(&d.session), (*string)(&d.delegation))
	d.MadeAt, d.DueAt, d.TriedAt, d.EndedAt = made.Time, due.Time, tried.Time, ended.Time
	return d, err
}

func list(ctx context.Context, tx *db.Tx, query string, args ...any) (all []Delivery, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		d, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, rows.Err()
}

// insert writes that the grant's application is to be told now.
func insert(ctx context.Context, tx *db.Tx, g token.Grant, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO logout_deliveries (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $5, 0, NULL, '', NULL, '', $6, $7, $8, $9)`,
		string(g.Organisation), standin.NewID("lo"), string(g.Client), g.SID(), standin.Micros(now), string(g.Actor), string(g.Principal),
		string(g.Session), string(g.Delegation))
	return err
}

// take leaves the delivery to this program for a while, unless another one has taken it.
func take(ctx context.Context, tx *db.Tx, d Delivery, until time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE logout_deliveries SET due_at = $4 WHERE organisation = $1 AND id = $2 AND due_at = $3 AND ended_at IS NULL`,
		string(d.Organisation), d.ID, standin.Micros(d.DueAt), standin.Micros(until))
	return n == 1, err
}

// save writes what became of a try, unless another program took the delivery meanwhile.
func (d Delivery) save(ctx context.Context, tx *db.Tx, held time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE logout_deliveries SET due_at = $4, tries = $5, tried_at = $6, problem = $7,
		ended_at = CAST($8 AS BIGINT), ended_how = $9 WHERE organisation = $1 AND id = $2 AND due_at = $3 AND ended_at IS NULL`,
		string(d.Organisation), d.ID, standin.Micros(held), standin.Micros(d.DueAt), d.Tries, standin.Micros(d.TriedAt), d.Problem,
		db.Time{Time: d.EndedAt}, d.EndedHow)
	return n == 1, err
}

// Waiting returns how many ends, in all organisations, applications were not told of yet, and since when the oldest of them
// waits, for those who run Standin.
func (o *Logout) Waiting(ctx context.Context) (n int, oldest time.Time, err error) {
	err = o.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		var since db.Time
		err := tx.QueryRow(ctx, `SELECT COUNT(*), MIN(made_at) FROM logout_deliveries WHERE ended_at IS NULL`).Scan(&n, &since)
		oldest = since.Time
		return err
	})
	return n, oldest, err
}

// Summary is how telling one application goes.
type Summary struct {
	Waiting int       // sign-ins' ends that it was not told of yet
	Oldest  time.Time // since when the oldest of them waits, zero where none does
	// Deliveries are the last, newest first.
	Deliveries []Delivery
}

// Of returns how telling the application goes, with the last deliveries, at most limit, to those who keep settings. Nothing
// is known of another organisation's application.
func (o *Logout) Of(ctx context.Context, caller standin.Caller, id standin.ClientID, limit int) (s Summary, err error) {
	err = o.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		s = Summary{}
		if err := o.directory.Require(ctx, tx, caller, "settings", "manage", ""); err != nil {
			return err
		}
		c, err := o.applications.Client(ctx, tx, id)
		if standin.KindOf(err) == standin.NotFound || err == nil && c.Organisation != caller.Organisation {
			return standin.Refuse(standin.NotFound, "logout.of", "logout.client_unknown", "There is no such application.")
		}
		if err != nil {
			return err
		}
		var oldest db.Time
		err = tx.QueryRow(ctx, `SELECT COUNT(*), MIN(made_at) FROM logout_deliveries WHERE organisation = $1 AND client = $2 AND ended_at IS NULL`,
			string(caller.Organisation), string(id)).Scan(&s.Waiting, &oldest)
		if err != nil {
			return err
		}
		s.Oldest = oldest.Time
		s.Deliveries, err = list(ctx, tx, `SELECT `+columns+` FROM logout_deliveries WHERE organisation = $1 AND client = $2
			ORDER BY made_at DESC, id LIMIT $3`, string(caller.Organisation), string(id), min(max(limit, 1), 100))
		return err
	})
	return s, err
}
