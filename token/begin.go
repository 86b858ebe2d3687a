package token

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/signin"
)

// Begin signs the visitor in to the application that the wish names, as whom they are in this visit, and returns the grant and
// the code by which the application gets it. Everything is asked again in the transaction that writes it.
//
// Errors: NotFound "token.request_over" where the request was answered before; Conflict "token.switched" where the visitor
// began or stopped acting meanwhile; Denied "token.no_stand_ins", "token.consent", "token.client_over", "token.proof_old";
// Unauthenticated "token.over" where their login ended. Refusals are recorded with both people.
func (t *Tokens) Begin(ctx context.Context, visit signin.Visit, wish Wish) (g Grant, code string, err error) {
	if wish.Grant == "" {
		wish.Grant = NewGrantID()
	}
	if code = wish.Code; code == "" {
		code = NewSecret(wish.Grant)
	}
	var seen Grant
	err = t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		now := standin.Now(t.now)
		seen = begun(visit, wish, now)
		c, err := t.applications.Client(ctx, tx, wish.Client)
		if err != nil {
			return err
		}
		if g, err = t.begin(ctx, tx, seen, c, wish, now); err != nil {
			return err
		}
		g.code, g.CodeUntil = Hashed(code), now.Add(CodeLasts)
		if err := insertGrant(ctx, tx, g); err != nil {
			return err
		}
		if err := t.signin.UseLogin(ctx, tx, g.Organisation, g.Login, now); err != nil {
			return err
		}
		return t.record(ctx, tx, visit.Caller, "client.sign_in", nil, g, now)
	})
	if err != nil {
		return Grant{}, "", t.Refused(ctx, wish.Client, &seen, "client.sign_in", err, visit.Caller.Origin)
	}
	return g, code, nil
}

// begun is the grant as the visit and the wish say it.
func begun(visit signin.Visit, wish Wish, now time.Time) Grant {
	c := visit.Caller
	return Grant{Organisation: c.Organisation, ID: wish.Grant, Client: wish.Client, Login: c.Login.ID, Session: c.Session, Actor: c.Actor.Person(),
		Principal: c.Principal, Delegation: c.Delegation, Scopes: wish.Scopes, Nonce: wish.Nonce, RedirectURI: wish.RedirectURI,
		Challenge: wish.Challenge, JKT: wish.JKT, CreatedAt: now, Data: wish.Data}
}

// begin completes the grant from what is so now, or refuses it.
func (t *Tokens) begin(ctx context.Context, tx *db.Tx, g Grant, c application.Client, wish Wish, now time.Time) (Grant, error) {
	if wish.Request != "" {
		n, err := tx.Exec(ctx, `DELETE FROM authorization_requests WHERE id = $1 AND client = $2 AND expires_at > $3`, wish.Request, string(wish.Client),
			standin.Micros(now))
		if err != nil {
			return g, err
		}
		if n != 1 {
			return g, requestOver()
		}
	}
	login, err := t.signin.LoginByID(ctx, tx, g.Organisation, g.Login, now)
	if err != nil {
		return g, rests(err)
	}
	if login.Person.ID != g.Actor {
		return g, over(nil)
	}
	if login.ProvedAt.Before(wish.Authenticated) {
		return g, standin.Refuse(standin.Denied, "token.begin", "token.proof_old", "The application asks you to prove once more that it is you.")
	}
	session, live, err := t.acting.Live(ctx, tx, g.Organisation, g.Login, now)
	if err != nil {
		return g, err
	}
	if live.Live != g.Acting() || live.Live && (session.ID != g.Session || session.Principal != g.Principal) {
		return g, standin.Refuse(standin.Conflict, "token.begin", "token.switched", "You switched to somebody else meanwhile. Sign in to the application once more.")
	}
	if err := t.takes(ctx, tx, c, g, false); err != nil {
		return g, err
	}
	g.actedAt, g.AuthTime, g.Factors, g.ExpiresAt = login.ActedAt, login.ProvedAt, login.Factors, login.EndsAt
	g.Audience = c.Audience()
	return g, nil
}
