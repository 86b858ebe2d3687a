package signin

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// InvitationLasts is how long a link works with which a person sets their password.
const InvitationLasts = 7 * 24 * time.Hour

// invitation is one row of invitations: a link with which a person sets their password.
type invitation struct {
	organisation standin.OrganisationID
	id           string
	person       standin.PersonID
	token        string
	again        bool // they had a password already
	madeBy       standin.Actor
	madeAt       time.Time
	expiresAt    time.Time
	endedAt      time.Time
	endedHow     string
	login        standin.LoginID
	toldAt       time.Time
}

// How an invitation ended, but for its time being over and its person being made inactive, which nobody writes down.
const (
	howUsed      = "used"
	howReplaced  = "replaced"  // by another link
	howWithdrawn = "withdrawn" // by somebody who may make links for the person
	howChanged   = "changed"   // the person set another password without it
)

// invitationState is what records and doctor compare: of the token only a hash of its hash, as of a login's.
type invitationState struct {
	Organisation standin.OrganisationID `json:"organisation"`
	ID           string                 `json:"id"`
	Person       standin.PersonID       `json:"person"`
	Fingerprint  string                 `json:"fingerprint"`
	Again        bool                   `json:"again"`
	MadeBy       standin.Actor          `json:"made_by"`
	MadeAt       int64                  `json:"made_at"`
	ExpiresAt    int64                  `json:"expires_at"`
	EndedAt      *int64                 `json:"ended_at"`
	EndedHow     string                 `json:"ended_how"`
	Login        standin.LoginID        `json:"login"`
	ToldAt       *int64                 `json:"told_at"`
}

func (i invitation) state() invitationState {
	return invitationState{Organisation: i.organisation, ID: i.id, Person: i.person, Fingerprint: hashed(i.token), Again: i.again, MadeBy: i.madeBy,
		MadeAt: standin.Micros(i.madeAt), ExpiresAt: standin.Micros(i.expiresAt), EndedAt: micros(i.endedAt), EndedHow: i.endedHow,
		Login: i.login, ToldAt: micros(i.toldAt)}
}

func (i invitation) resource() string { return "invitation:" + i.id }

func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	m := standin.Micros(t)
	return &m
}

const invitationColumns = `organisation, id, person, token, again, made_by, made_at, expires_at, ended_at, ended_how, login, told_at`

func scanInvitation(row scanner) (i invitation, err error) {
	var again int64
	var made, expires, ended, told db.Time
	err = row.Scan((*string)(&i.organisation), &i.id, (*string)(&i.person), &i.token, &again, (*string)(&i.madeBy), &made, &expires, &ended,
		&i.endedHow, (*string)(&i.login), &told)
	i.again, i.madeAt, i.expiresAt, i.endedAt, i.toldAt = again == 1, made.Time, expires.Time, ended.Time, told.Time
	return i, err
}

// queryInvitations returns the person's invitations of which the condition holds.
func queryInvitations(ctx context.Context, tx *db.Tx, org standin.OrganisationID, person standin.PersonID, condition string) (all []invitation, err error) {
	rows, err := tx.Query(ctx, `SELECT `+invitationColumns+` FROM invitations WHERE organisation = $1 AND person = $2 AND `+condition+
		` ORDER BY made_at, id`, string(org), string(person))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		i, err := scanInvitation(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	return all, rows.Err()
}

// saveInvitation writes the row and its record.
func (s *Signin) saveInvitation(ctx context.Context, tx *db.Tx, by ledger.Record, action string, before *invitation, i invitation, now time.Time) error {
	again := 0
	if i.again {
		again = 1
	}
	if _, err := tx.Exec(ctx, `INSERT INTO invitations (organisation, id, person, token, again, made_by, made_at, expires_at, ended_at, ended_how, login, told_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (organisation, id) DO UPDATE SET ended_at = $9, ended_how = $10, login = $11, told_at = $12`,
		string(i.organisation), i.id, string(i.person), i.token, again, string(i.madeBy), standin.Micros(i.madeAt), standin.Micros(i.expiresAt),
		db.Time{Time: i.endedAt}, i.endedHow, string(i.login), db.Time{Time: i.toldAt}); err != nil {
		return err
	}
	if before == nil {
		return s.record(ctx, tx, by, now, action, i.resource(), nil, i.state())
	}
	return s.record(ctx, tx, by, now, action, i.resource(), before.state(), i.state())
}

// endInvitations ends the links of the person that could still be used.
func (s *Signin) endInvitations(ctx context.Context, tx *db.Tx, by standin.Caller, person standin.PersonID, how string, now time.Time) (ended int, err error) {
	all, err := queryInvitations(ctx, tx, by.Organisation, person, `ended_at IS NULL`)
	for _, before := range all {
		after := before
		after.endedAt, after.endedHow = now, how
		if err := s.saveInvitation(ctx, tx, ledger.By(by), "invitation.end", &before, after, now); err != nil {
			return ended, err
		}
		ended++
	}
	return ended, err
}
