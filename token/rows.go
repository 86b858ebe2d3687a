package token

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

var intoGrants = db.NewInto("grants", `organisation TEXT, id TEXT, client TEXT, login TEXT, session TEXT, actor TEXT, principal TEXT,
	delegation TEXT, acted_at BIGINT, scopes TEXT, audience TEXT, nonce TEXT, redirect TEXT, challenge TEXT, jkt TEXT, auth_time BIGINT,
	factors TEXT, parent TEXT, services TEXT, code TEXT, code_until BIGINT, redeemed_at BIGINT, family TEXT, refresh TEXT,
	refreshed_at BIGINT, created_at BIGINT, expires_at BIGINT, ended_at BIGINT, ended_how TEXT, data TEXT`)

var selectGrants = `SELECT ` + intoGrants.Columns() + ` FROM grants`

type scanner interface{ Scan(dest ...any) error }

func scanGrant(row scanner) (Grant, error) {
	var g Grant
	var scopes, audience, factors, services, data string
	var acted, auth, until, redeemed, refreshed, created, expires, ended db.Time
	if err := row.Scan((*string)(&g.Organisation), (*string)(&g.ID), (*string)(&g.Client), (*string)(&g.Login), (*string)(&g.Session),
		(*string)(&g.Actor), (*string)(&g.Principal), (*string)(&g.Delegation), &acted, &scopes, &audience, &g.Nonce, &g.RedirectURI, &g.Challenge,
		&g.JKT, &auth, &factors, (*string)(&g.Parent), &services, &g.code, &until, &redeemed, &g.family, &g.refresh, &refreshed, &created, &expires,
		&ended, (*string)(&g.EndedHow), &data); err != nil {
		return Grant{}, err
	}
	g.actedAt, g.AuthTime, g.CodeUntil, g.RedeemedAt, g.RefreshedAt = acted.Time, auth.Time, until.Time, redeemed.Time, refreshed.Time
	g.CreatedAt, g.ExpiresAt, g.EndedAt = created.Time, expires.Time, ended.Time
	g.Scopes, g.Factors = strings.Fields(scopes), strings.Fields(factors)
	for _, id := range strings.Fields(services) {
		g.Services = append(g.Services, standin.ClientID(id))
	}
	if data != "" {
		g.Data = []byte(data)
	}
	return g, json.Unmarshal([]byte(audience), &g.Audience)
}

// Load returns the grant as it is stored; NotFound where the organisation has none such.
func (t *Tokens) Load(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.GrantID) (Grant, error) {
	return scanGrant(tx.QueryRow(ctx, selectGrants+` WHERE organisation = $1 AND id = $2`, string(org), string(id)))
}

func queryGrants(ctx context.Context, tx *db.Tx, query string, args ...any) ([]Grant, error) {
	rows, err := tx.Query(ctx, selectGrants+query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Grant
	for rows.Next() {
		g, err := scanGrant(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, rows.Err()
}

func insertGrant(ctx context.Context, tx *db.Tx, g Grant) error {
	return tx.Insert(ctx, intoGrants, g.values())
}

// values are those of the columns.
func (g Grant) values() []any {
	return []any{string(g.Organisation), string(g.ID), string(g.Client), string(g.Login), string(g.Session), string(g.Actor), string(g.Principal),
		string(g.Delegation), db.Time{Time: g.actedAt}, strings.Join(g.Scopes, " "), string(ledger.State(list(g.Audience))), g.Nonce,
		g.RedirectURI, g.Challenge, g.JKT, db.Time{Time: g.AuthTime}, strings.Join(g.Factors, " "), string(g.Parent), g.services(), g.code,
		db.Time{Time: g.CodeUntil}, db.Time{Time: g.RedeemedAt}, g.family, g.refresh, db.Time{Time: g.RefreshedAt}, db.Time{Time: g.CreatedAt},
		db.Time{Time: g.ExpiresAt}, db.Time{Time: g.EndedAt}, string(g.EndedHow), string(g.Data)}
}

func (g Grant) services() string {
	ids := make([]string, len(g.Services))
	for i, id := range g.Services {
		ids[i] = string(id)
	}
	return strings.Join(ids, " ")
}

// list is the texts, never null.
func list(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

// state is the row as records hold it: without what redeeming and refreshing change, and without its secrets.
type state struct {
	Organisation standin.OrganisationID `json:"organisation"`
	ID           standin.GrantID        `json:"id"`
	Client       standin.ClientID       `json:"client"`
	Login        standin.LoginID        `json:"login"`
	Session      standin.SessionID      `json:"session"`
	Actor        standin.PersonID       `json:"actor"`
	Principal    standin.PersonID       `json:"principal"`
	Delegation   standin.DelegationID   `json:"delegation"`
	Scopes       string                 `json:"scopes"`
	Audience     []string               `json:"audience"`
	AuthTime     int64                  `json:"auth_time"`
	Factors      string                 `json:"factors"`
	Parent       standin.GrantID        `json:"parent"`
	Services     string                 `json:"services"`
	CreatedAt    int64                  `json:"created_at"`
	ExpiresAt    int64                  `json:"expires_at"`
	EndedAt      *int64                 `json:"ended_at"`
	EndedHow     How                    `json:"ended_how"`
}

func (g Grant) state() state {
	return state{g.Organisation, g.ID, g.Client, g.Login, g.Session, g.Actor, g.Principal, g.Delegation, strings.Join(g.Scopes, " "), list(g.Audience),
		standin.Micros(g.AuthTime), strings.Join(g.Factors, " "), g.Parent, g.services(), standin.Micros(g.CreatedAt), standin.Micros(g.ExpiresAt),
		micros(g.EndedAt), g.EndedHow}
}

func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	m := standin.Micros(t)
	return &m
}

// record appends what was done with the grant by the caller.
func (t *Tokens) record(ctx context.Context, tx *db.Tx, by standin.Caller, action string, before *Grant, after Grant, now time.Time) error {
	r := ledger.By(by)
	r.Organisation, r.At, r.Action, r.Resource = after.Organisation, now, action, after.resource()
	if before != nil {
		r.Before = ledger.State(before.state())
	}
	r.After = ledger.State(after.state())
	if by.Actor.Person() != after.Actor || by.Session != after.Session {
		r.Principal, r.Session, r.Delegation = after.Principal, after.Session, after.Delegation // whoever ends it, it is told in whose name it was
	}
	_, err := t.ledger.Append(ctx, tx, r)
	return err
}

// Explain yields the state of every grant and consent of the organisation, as the last record of its resource should tell
// it. yield must not use the transaction.
func (t *Tokens) Explain(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	rows, err := tx.Query(ctx, selectGrants+` WHERE organisation = $1`, string(org))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		g, err := scanGrant(rows)
		if err != nil {
			return err
		}
		if err := yield(g.resource(), g.state()); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	all, err := consents(ctx, tx, ` WHERE c.organisation = $1`, string(org))
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := yield(c.resource(), c.state()); err != nil {
			return err
		}
	}
	return nil
}
