package token

import (
	"context"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

const selectRequests = `SELECT r.id, r.organisation, r.client, c.name, c.third_party, c.stand_ins, r.pushed, r.browser, r.redirect, r.scopes,
	r.prompt, r.max_age, r.data, r.created_at, r.expires_at FROM authorization_requests r JOIN clients c ON c.id = r.client`

func scanRequest(row scanner) (Request, error) {
	var r Request
	var scopes, prompt, data string
	var thirdParty, standIns int64
	var maxAge *int64
	var created, expires db.Time
	if err := row.Scan(&r.ID, (*string)(&r.Organisation), (*string)(&r.Client), &r.ClientName, &thirdParty, &standIns, &r.Pushed, &r.Browser,
		&r.RedirectURI, &scopes, &prompt, &maxAge, &data, &created, &expires); err != nil {
		return Request{}, err
	}
	if r.ClientName == "" {
		r.ClientName = string(r.Client)
	}
	r.ThirdParty, r.StandIns, r.MaxAge = thirdParty == 1, standIns == 1, -1
	if maxAge != nil {
		r.MaxAge = time.Duration(*maxAge) * time.Second
	}
	r.Scopes, r.Prompt, r.Data = strings.Fields(scopes), strings.Fields(prompt), []byte(data)
	r.CreatedAt, r.ExpiresAt = created.Time, expires.Time
	return r, nil
}

// mostPushed is how many requests one application may have pushed that nobody began with yet: each is a row, and whoever has its
// secret would fill the database otherwise. Who pushes at once may come to a few more.
const mostPushed = 3000

// roomToPush refuses an application that has as many requests waiting as it may.
func (t *Tokens) roomToPush(ctx context.Context, client standin.ClientID, now time.Time) error {
	var waiting int
	err := t.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT COUNT(*) FROM authorization_requests WHERE client = $1 AND pushed <> '' AND expires_at > $2`, string(client),
			standin.Micros(now)).Scan(&waiting)
	})
	if err == nil && waiting >= mostPushed {
		err = standin.Refuse(standin.TooMany, "token.push", "token.pushed",
			"{most} sign-ins that this application pushed wait to be begun. Push the next when one was begun, or in a minute.").With("most", mostPushed)
	}
	return err
}

// SaveRequest keeps the request, in place of one with its id. CreatedAt and ExpiresAt are set where they are zero. Of an application that
// has 3,000 pushed ones waiting no other pushed one is kept: TooMany "token.pushed".
func (t *Tokens) SaveRequest(ctx context.Context, r Request) error {
	now := standin.Now(t.now)
	if r.CreatedAt.IsZero() {
		r.CreatedAt = now
	}
	if r.ExpiresAt.IsZero() {
		r.ExpiresAt = now.Add(RequestLasts)
	}
	if r.Pushed != "" {
		if err := t.roomToPush(ctx, r.Client, now); err != nil {
			return err
		}
	}
	var maxAge *int64
	if r.MaxAge >= 0 {
		seconds := int64(r.MaxAge / time.Second)
		maxAge = &seconds
	}
	return t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO authorization_requests (id, organisation, client, pushed, browser, redirect, scopes, prompt, max_age, data,
				created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CAST($9 AS BIGINT), $10, $11, $12)
			ON CONFLICT (id) DO UPDATE SET pushed = $4, browser = $5, redirect = $6, scopes = $7, prompt = $8, max_age = CAST($9 AS BIGINT),
				data = $10, expires_at = $12`,
			r.ID, string(r.Organisation), string(r.Client), r.Pushed, r.Browser, r.RedirectURI, strings.Join(r.Scopes, " "), strings.Join(r.Prompt, " "),
			maxAge, string(r.Data), standin.Micros(r.CreatedAt), standin.Micros(r.ExpiresAt))
		return err
	})
}

// Request returns the request with the id; NotFound "token.request_over" where it is over, was answered, or never was.
func (t *Tokens) Request(ctx context.Context, id string) (Request, error) {
	return t.request(ctx, ` WHERE r.id = $1`, id)
}

// PushedRequest returns the request that was pushed under the handle of which this is the SHA-256 (Hashed).
func (t *Tokens) PushedRequest(ctx context.Context, hash string) (Request, error) {
	if hash == "" {
		return Request{}, requestOver()
	}
	return t.request(ctx, ` WHERE r.pushed = $1`, hash)
}

func requestOver() *standin.Error {
	return standin.Refuse(standin.NotFound, "token.request", "token.request_over",
		"This sign-in took too long, or was finished before. Go back to the application and sign in there again.")
}

func (t *Tokens) request(ctx context.Context, where, key string) (r Request, err error) {
	now := standin.Now(t.now)
	err = t.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		r, err = scanRequest(tx.QueryRow(ctx, selectRequests+where, key))
		return err
	})
	if db.IsNotFound(err) || err == nil && !now.Before(r.ExpiresAt) {
		return Request{}, requestOver()
	}
	return r, err
}

// DropRequest forgets the request and reports whether it was there: of parallel calls one is told so.
func (t *Tokens) DropRequest(ctx context.Context, id string) (dropped bool, err error) {
	err = t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM authorization_requests WHERE id = $1`, id)
		dropped = n == 1
		return err
	})
	return dropped && err == nil, err
}

// UseProof notes that a proof with the jti was used by whom it is of (a key's thumbprint, a client), and refuses one that was
// used before: Denied "token.proof_used". It is kept until the instant from which on it is refused for its age.
func (t *Tokens) UseProof(ctx context.Context, of, jti string, until time.Time) error {
	id := Hashed(of + "\x00" + jti)
	return t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO used_proofs (id, over_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, id, standin.Micros(until))
		if err == nil && n == 0 {
			err = standin.Refuse(standin.Denied, "token.use_proof", "token.proof_used", "This proof was used before.")
		}
		return err
	})
}

// swept is how many rows of a kind are forgotten at a time.
const swept = 500

// Sweep forgets requests that are over and proofs that would be refused for their age. It decides nothing: each is asked for its time when it is used.
func (t *Tokens) Sweep(ctx context.Context) error {
	now := standin.Now(t.now)
	for _, s := range []struct{ table, key, over string }{
		{"authorization_requests", "id", "expires_at"}, {"used_proofs", "id", "over_at"},
	} {
		for {
			var n int64
			err := t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
				n, err = tx.Exec(ctx, `DELETE FROM `+s.table+` WHERE `+s.key+` IN (SELECT `+s.key+` FROM `+s.table+` WHERE `+s.over+` <= $1 LIMIT $2)`,
					standin.Micros(now), swept)
				return err
			})
			if err != nil {
				return err
			}
			if n < swept {
				break
			}
		}
	}
	return nil
}
