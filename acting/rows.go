package acting

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

const selectSessions = `SELECT organisation, id, login, actor, principal, delegation, started_at, expires_at, limit_at,
	ended_at, ended_how, seen_at, version, view FROM sessions`

type scanner interface{ Scan(dest ...any) error }

func scan(row scanner) (Session, error) {
	var s Session
	var started, expires, limit, ended, seen db.Time
	err := row.Scan((*string)(&s.Organisation), (*string)(&s.ID), (*string)(&s.Login), (*string)(&s.Actor),
		(*string)(&s.Principal), (*string)(&s.Delegation), &started, &expires, &limit, &ended, (*string)(&s.EndedHow), &seen,
		&s.Version, &s.View)
	s.StartedAt, s.ExpiresAt, s.LimitAt, s.EndedAt, s.SeenAt = started.Time, expires.Time, limit.Time, ended.Time, seen.Time
	return s, err
}

// unseen returns the login's session that its actor has not turned away from: the open one, or one that ended.
func unseen(ctx context.Context, tx *db.Tx, org standin.OrganisationID, login standin.LoginID) (Session, error) {
	return scan(tx.QueryRow(ctx, selectSessions+` WHERE organisation = $1 AND login = $2 AND seen_at IS NULL
		ORDER BY started_at DESC, id DESC`, string(org), string(login)))
}

func load(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.SessionID) (Session, error) {
	return scan(tx.QueryRow(ctx, selectSessions+` WHERE organisation = $1 AND id = $2`, string(org), string(id)))
}

func query(ctx context.Context, tx *db.Tx, sql string, args ...any) ([]Session, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Session
	for rows.Next() {
		s, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

func insert(ctx context.Context, tx *db.Tx, s Session) error {
	_, err := tx.Exec(ctx, `INSERT INTO sessions (organisation, id, login, actor, principal, delegation, started_at, expires_at,
			limit_at, ended_at, ended_how, seen_at, version, view)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		string(s.Organisation), string(s.ID), string(s.Login), string(s.Actor), string(s.Principal), string(s.Delegation),
		db.Time{Time: s.StartedAt}, db.Time{Time: s.ExpiresAt}, db.Time{Time: s.LimitAt}, db.Time{Time: s.EndedAt},
		string(s.EndedHow), db.Time{Time: s.SeenAt}, s.Version, flag(s.View))
	return err
}

// update writes what can change, over the row of that version.
func update(ctx context.Context, tx *db.Tx, s Session, version int64) error {
	n, err := tx.Exec(ctx, `UPDATE sessions SET expires_at = $3, limit_at = $4, ended_at = $5, ended_how = $6, seen_at = $7,
			version = $8
		WHERE organisation = $1 AND id = $2 AND version = $9`,
		string(s.Organisation), string(s.ID), db.Time{Time: s.ExpiresAt}, db.Time{Time: s.LimitAt},
		db.Time{Time: s.EndedAt}, string(s.EndedHow), db.Time{Time: s.SeenAt}, s.Version, version)
	if err == nil && n == 0 {
		return standin.Refuse(standin.Conflict, "acting", "acting.changed", "Somebody changed this meanwhile. Look again.")
	}
	return err
}

// state is the row as records hold it: without the instant at which its end was last seen.
type state struct {
	Organisation standin.OrganisationID `json:"organisation"`
	ID           standin.SessionID      `json:"id"`
	Login        standin.LoginID        `json:"login"`
	Actor        standin.PersonID       `json:"actor"`
	Principal    standin.PersonID       `json:"principal"`
	Delegation   standin.DelegationID   `json:"delegation"`
	StartedAt    int64                  `json:"started_at"`
	ExpiresAt    int64                  `json:"expires_at"`
	LimitAt      int64                  `json:"limit_at"`
	EndedAt      *int64                 `json:"ended_at"`
	EndedHow     How                    `json:"ended_how"`
	Version      int64                  `json:"version"`
	View         bool                   `json:"view,omitempty"` // older records do not know it
}

func (s Session) state() state {
	return state{s.Organisation, s.ID, s.Login, s.Actor, s.Principal, s.Delegation, standin.Micros(s.StartedAt),
		standin.Micros(s.ExpiresAt), standin.Micros(s.LimitAt), micros(s.EndedAt), s.EndedHow, s.Version, s.View}
}

// flag is a yes or no as both databases hold it.
func flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	m := standin.Micros(t)
	return &m
}
