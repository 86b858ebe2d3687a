package delegation

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// Person is what is shown of somebody beside a delegation.
type Person struct {
	Name       string
	Unit       standin.UnitID
	TimeZone   string
	InactiveAt time.Time
	// ActiveSince is when they were made or last made active; what rests on them from before is over.
	ActiveSince time.Time
}

// Row is a delegation with its two people.
type Row struct {
	Delegation
	ActorPerson     Person
	PrincipalPerson Person
}

// selectRows joins the two people, for lists of hundreds and for the facts of an acting session in one query. What
// follows from them is decided by the rules, never here. The || keeps a database that has not gathered statistics yet from
// looking through the whole organisation for each of them: only the index on their ids is left (measured by bench/chooser).
const selectRows = `SELECT d.organisation, d.id, d.actor, d.principal, d.kind, d.purpose, d.limits, d.starts_at, d.ends_at,
	d.created_at, d.created_by, d.asked_at, d.asked_of, d.accepted_at, d.declined_at, d.decline_reason, d.enabled_at,
	d.enabled_until, d.inactive_at, d.resumed_at, d.ended_at, d.ended_by, d.ended_how, d.used_at, d.changed_at, d.version,
	d.applied, d.edited_at, d.edited_by, d.edited_how, a.name, COALESCE(a.unit, ''), a.time_zone, a.inactive_at, a.active_since,
	p.name, COALESCE(p.unit, ''), p.time_zone, p.inactive_at, p.active_since
	FROM delegations d
	JOIN people a ON a.organisation || '' = d.organisation AND a.id = d.actor
	JOIN people p ON p.organisation || '' = d.organisation AND p.id = d.principal
	WHERE d.organisation = $1`

type scanner interface{ Scan(dest ...any) error }

func scan(row scanner) (Row, error) {
	var r Row
	d := &r.Delegation
	var limits string
	var starts, ends, created, asked, accepted, declined, enabled, until, inactive, resumed, ended, used, changed, edited db.Time
	var actorInactive, actorSince, principalInactive, principalSince db.Time
	err := row.Scan((*string)(&d.Organisation), (*string)(&d.ID), (*string)(&d.Actor), (*string)(&d.Principal),
		(*string)(&d.Kind), &d.Purpose, &limits, &starts, &ends, &created, (*string)(&d.CreatedBy), &asked,
		(*string)(&d.AskedOf), &accepted, &declined, &d.DeclineReason, &enabled, &until, &inactive, &resumed, &ended,
		(*string)(&d.EndedBy), &d.EndedHow, &used, &changed, &d.Version, &d.Applied,
		&edited, (*string)(&d.EditedBy), &d.EditedHow, &r.ActorPerson.Name, (*string)(&r.ActorPerson.Unit), &r.ActorPerson.TimeZone, &actorInactive, &actorSince,
		&r.PrincipalPerson.Name, (*string)(&r.PrincipalPerson.Unit), &r.PrincipalPerson.TimeZone, &principalInactive,
		&principalSince)
	if err != nil {
		return Row{}, err
	}
	d.StartsAt, d.EndsAt, d.CreatedAt, d.AskedAt = starts.Time, ends.Time, created.Time, asked.Time
	d.AcceptedAt, d.DeclinedAt, d.EnabledAt, d.EnabledUntil = accepted.Time, declined.Time, enabled.Time, until.Time
	d.InactiveAt, d.ResumedAt, d.EndedAt, d.UsedAt, d.ChangedAt = inactive.Time, resumed.Time, ended.Time, used.Time, changed.Time
	d.EditedAt = edited.Time
	r.ActorPerson.InactiveAt, r.ActorPerson.ActiveSince = actorInactive.Time, actorSince.Time
	r.PrincipalPerson.InactiveAt, r.PrincipalPerson.ActiveSince = principalInactive.Time, principalSince.Time
	return r, json.Unmarshal([]byte(limits), &d.Limits)
}

// LoadRow returns the delegation and its two people. Of other organisations none is known: NotFound.
func (r *Delegations) LoadRow(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.DelegationID) (Row, error) {
	if !known(id) {
		return Row{}, unknown(id)
	}
	row, err := scan(tx.QueryRow(ctx, selectRows+` AND d.id = $2`, string(org), string(id)))
	if db.IsNotFound(err) {
		return Row{}, unknown(id)
	}
	return row, err
}

// Load returns the delegation. Of other organisations none is known: NotFound.
func (r *Delegations) Load(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.DelegationID) (Delegation, error) {
	row, err := r.LoadRow(ctx, tx, org, id)
	return row.Delegation, err
}

// LoadRows returns those of the delegations that the organisation has.
func (r *Delegations) LoadRows(ctx context.Context, tx *db.Tx, org standin.OrganisationID,
	ids []standin.DelegationID) (map[standin.DelegationID]Row, error) {
	found := make(map[standin.DelegationID]Row, len(ids))
	for len(ids) > 0 {
		part := ids[:min(len(ids), 200)]
		ids = ids[len(part):]
		args := []any{string(org)}
		var places []string
		for _, id := range part {
			args = append(args, string(id))
			places = append(places, "$"+strconv.Itoa(len(args)))
		}
		rows, err := query(ctx, tx, selectRows+` AND d.id IN (`+strings.Join(places, ", ")+`)`, args...)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			found[row.ID] = row
		}
	}
	return found, nil
}

func query(ctx context.Context, tx *db.Tx, sql string, args ...any) ([]Row, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Row
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func insert(ctx context.Context, tx *db.Tx, d Delegation) error {
	_, err := tx.Exec(ctx, `INSERT INTO delegations (organisation, id, principal, actor, kind, purpose, limits, starts_at, ends_at,
			created_at, created_by, asked_at, asked_of, accepted_at, declined_at, decline_reason, enabled_at, enabled_until,
			inactive_at, resumed_at, ended_at, ended_by, ended_how, used_at, changed_at, version, applied,
			edited_at, edited_by, edited_how)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
			$25, $26, $27, $28, $29, $30)`,
		string(d.Organisation), string(d.ID), string(d.Principal), string(d.Actor), string(d.Kind), d.Purpose, limitsText(d),
		db.Time{Time: d.StartsAt}, db.Time{Time: d.EndsAt}, db.Time{Time: d.CreatedAt}, string(d.CreatedBy),
		db.Time{Time: d.AskedAt}, string(d.AskedOf), db.Time{Time: d.AcceptedAt}, db.Time{Time: d.DeclinedAt}, d.DeclineReason,
		db.Time{Time: d.EnabledAt}, db.Time{Time: d.EnabledUntil}, db.Time{Time: d.InactiveAt}, db.Time{Time: d.ResumedAt},
		db.Time{Time: d.EndedAt}, string(d.EndedBy), d.EndedHow, db.Time{Time: d.UsedAt}, db.Time{Time: d.ChangedAt}, d.Version,
		d.Applied, db.Time{Time: d.EditedAt}, string(d.EditedBy), d.EditedHow)
	return err
}

// update writes what can change, over the row of that version. Conflict where it changed meanwhile.
func update(ctx context.Context, tx *db.Tx, d Delegation, version int64) error {
	n, err := tx.Exec(ctx, `UPDATE delegations SET purpose = $3, limits = $4, starts_at = $5, ends_at = $6, asked_at = $7,
			asked_of = $8, accepted_at = $9, declined_at = $10, decline_reason = $11, enabled_at = $12, enabled_until = $13,
			inactive_at = $14, resumed_at = $15, ended_at = $16, ended_by = $17, ended_how = $18, used_at = $19,
			changed_at = $20, version = $21, applied = $22, edited_at = $23, edited_by = $24, edited_how = $25
		WHERE organisation = $1 AND id = $2 AND version = $26`,
		string(d.Organisation), string(d.ID), d.Purpose, limitsText(d), db.Time{Time: d.StartsAt}, db.Time{Time: d.EndsAt},
		db.Time{Time: d.AskedAt}, string(d.AskedOf), db.Time{Time: d.AcceptedAt}, db.Time{Time: d.DeclinedAt}, d.DeclineReason,
		db.Time{Time: d.EnabledAt}, db.Time{Time: d.EnabledUntil}, db.Time{Time: d.InactiveAt}, db.Time{Time: d.ResumedAt},
		db.Time{Time: d.EndedAt}, string(d.EndedBy), d.EndedHow, db.Time{Time: d.UsedAt}, db.Time{Time: d.ChangedAt}, d.Version,
		d.Applied, db.Time{Time: d.EditedAt}, string(d.EditedBy), d.EditedHow, version)
	if err == nil && n == 0 {
		return changedMeanwhile(d.Version - 1)
	}
	return err
}

func changedMeanwhile(version int64) error {
	return standin.Refuse(standin.Conflict, "delegation.change", "delegation.changed",
		"Somebody changed this meanwhile. Look at what it is now, then save again.").With("version", version)
}

func limitsText(d Delegation) string { return string(ledger.State(d.Limits)) }

// state is the row as records hold it.
type state struct {
	Organisation  standin.OrganisationID `json:"organisation"`
	ID            standin.DelegationID   `json:"id"`
	Actor         standin.PersonID       `json:"actor"`
	Principal     standin.PersonID       `json:"principal"`
	Kind          Kind                   `json:"kind"`
	Purpose       string                 `json:"purpose"`
	Limits        rights.Limits          `json:"limits"`
	StartsAt      int64                  `json:"starts_at"`
	EndsAt        *int64                 `json:"ends_at"`
	CreatedAt     int64                  `json:"created_at"`
	CreatedBy     standin.Actor          `json:"created_by"`
	AskedAt       *int64                 `json:"asked_at"`
	AskedOf       standin.PersonID       `json:"asked_of"`
	AcceptedAt    *int64                 `json:"accepted_at"`
	DeclinedAt    *int64                 `json:"declined_at"`
	DeclineReason string                 `json:"decline_reason"`
	EnabledAt     *int64                 `json:"enabled_at"`
	EnabledUntil  *int64                 `json:"enabled_until"`
	InactiveAt    *int64                 `json:"inactive_at"`
	ResumedAt     *int64                 `json:"resumed_at"`
	EndedAt       *int64                 `json:"ended_at"`
	EndedBy       standin.Actor          `json:"ended_by"`
	EndedHow      string                 `json:"ended_how"`
	UsedAt        *int64                 `json:"used_at"`
	ChangedAt     int64                  `json:"changed_at"`
	Version       int64                  `json:"version"`
	Applied       string                 `json:"applied"`
	// Rows that were not edited since there are these read as their older records do.
	EditedAt  *int64        `json:"edited_at,omitempty"`
	EditedBy  standin.Actor `json:"edited_by,omitempty"`
	EditedHow string        `json:"edited_how,omitempty"`
}

func (d Delegation) state() state {
	return state{d.Organisation, d.ID, d.Actor, d.Principal, d.Kind, d.Purpose, d.Limits, standin.Micros(d.StartsAt),
		micros(d.EndsAt), standin.Micros(d.CreatedAt), d.CreatedBy, micros(d.AskedAt), d.AskedOf, micros(d.AcceptedAt),
		micros(d.DeclinedAt), d.DeclineReason, micros(d.EnabledAt), micros(d.EnabledUntil), micros(d.InactiveAt),
		micros(d.ResumedAt), micros(d.EndedAt), d.EndedBy, d.EndedHow, micros(d.UsedAt), standin.Micros(d.ChangedAt),
		d.Version, d.Applied, micros(d.EditedAt), d.EditedBy, d.EditedHow}
}

func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	m := standin.Micros(t)
	return &m
}

// same compares states as the record would write them.
func same(a, b any) bool { return string(ledger.State(a)) == string(ledger.State(b)) }
