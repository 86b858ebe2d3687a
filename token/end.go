package token

import (
	"context"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
)

// end ends the grant, and with it whatever was exchanged from it, at once: nothing that hangs below one that ended stands. It
// does nothing to one that ended.
func (t *Tokens) end(ctx context.Context, tx *db.Tx, by standin.Caller, g Grant, how How, now time.Time) error {
	if !g.EndedAt.IsZero() {
		return nil
	}
	ended := g
	ended.EndedAt, ended.EndedHow = now, how
	n, err := tx.Exec(ctx, `UPDATE grants SET ended_at = $3, ended_how = $4 WHERE organisation = $1 AND id = $2 AND ended_at IS NULL`,
		string(g.Organisation), string(g.ID), standin.Micros(now), string(how))
	if err != nil || n == 0 {
		return err
	}
	return t.record(ctx, tx, by, "grant.end", &g, ended, now)
}

// matching returns the open grants of sign-ins that are meant. What was exchanged falls with them.
func matching(ctx context.Context, tx *db.Tx, which Which) ([]Grant, error) {
	const open = ` AND ended_at IS NULL AND parent = ''`
	var sql strings.Builder
	sql.WriteString(` WHERE organisation = $1` + open)
	args := []any{string(which.Organisation)}
	for _, c := range []struct{ column, value string }{
		{"login", string(which.Login)}, {"session", string(which.Session)}, {"delegation", string(which.Delegation)}, {"client", string(which.Client)},
	} {
		if c.value == "" {
			continue
		}
		args = append(args, c.value)
		sql.WriteString(` AND ` + c.column + ` = $` + string(rune('0'+len(args))))
		if c.column == "session" || c.column == "delegation" {
			sql.WriteString(` AND session <> ''`)
		}
	}
	if which.Person == "" {
		return queryGrants(ctx, tx, sql.String()+` ORDER BY id`, args...)
	}
	args = append(args, string(which.Person))
	p := `$` + string(rune('0'+len(args)))
	return queryGrants(ctx, tx, sql.String()+` AND actor = `+p+` UNION ALL `+selectGrants+sql.String()+` AND principal = `+p+` AND session <> '' ORDER BY id`,
		args...)
}

// EndFor ends the open grants of sign-ins that are meant, with what was exchanged from them, each with its record, within the
// caller's transaction. It returns them.
func (t *Tokens) EndFor(ctx context.Context, tx *db.Tx, by standin.Caller, which Which, how How, now time.Time) ([]Grant, error) {
	all, err := matching(ctx, tx, which)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		if err := t.end(ctx, tx, by, g, how, now); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// EndFallen ends those of the open grants that are meant which stand no more at now, each with its record, within the caller's
// transaction, and returns them. It decides nothing: they are refused already. It reads little where there are none.
func (t *Tokens) EndFallen(ctx context.Context, tx *db.Tx, by standin.Caller, which Which, how How, now time.Time) (ended []Grant, err error) {
	all, err := matching(ctx, tx, which)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		_, err := t.stands(ctx, tx, g, now)
		if err == nil {
			continue
		}
		if standin.CodeOf(err) != "token.over" {
			return nil, err
		}
		if err := t.end(ctx, tx, by, g, how, now); err != nil {
			return nil, err
		}
		// It may have been redeemed since it was read, which a transaction that reads what is committed sees only now: who
		// tells applications has to know.
		if g, err = t.Load(ctx, tx, g.Organisation, g.ID); err != nil {
			return nil, err
		}
		ended = append(ended, g)
	}
	return ended, nil
}

// Open returns grants of sign-ins that nobody has ended, of all organisations, in order of id from after on, at most limit,
// for what looks whether they still stand.
func (t *Tokens) Open(ctx context.Context, tx *db.Tx, after standin.GrantID, limit int) ([]Grant, error) {
	return queryGrants(ctx, tx, ` WHERE id > $1 AND ended_at IS NULL AND parent = '' ORDER BY id LIMIT $2`, string(after), limit)
}

// EndGrant ends the grant for its application, in a transaction of its own; what has ended stays as it ended. Where session
// or login are gone it works all the same (P6).
func (t *Tokens) EndGrant(ctx context.Context, org standin.OrganisationID, id standin.GrantID, how How, origin standin.Origin) error {
	return t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		g, err := t.Load(ctx, tx, org, id)
		if err != nil {
			return err
		}
		return t.end(ctx, tx, g.caller(origin), g, how, standin.Now(t.now))
	})
}

// Revoke ends what the token is of, where it is the application's own (RFC 7009): a refresh token ends the sign-in with all
// that was exchanged from it, an access token the grant that it was made of. A token that is not known, or is somebody
// else's, is no error and changes nothing. A refresh token that was spent ends its grant, too.
func (t *Tokens) Revoke(ctx context.Context, client application.Client, token string, origin standin.Origin) error {
	id := GrantOf(token)
	refresh := id != ""
	if !refresh {
		a, err := t.signed(ctx, token)
		if standin.KindOf(err) == standin.Unauthenticated {
			return nil
		}
		if err != nil {
			return err
		}
		id = a.Grant
	}
	return t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		g, err := t.Load(ctx, tx, client.Organisation, id)
		if db.IsNotFound(err) || err == nil && g.Client != client.ID {
			return nil
		}
		if err != nil {
			return err
		}
		if refresh && !same(g.refresh, token) && !same(g.family, familyOf(token)) {
			return nil
		}
		return t.end(ctx, tx, g.caller(origin), g, Revoked, standin.Now(t.now))
	})
}
