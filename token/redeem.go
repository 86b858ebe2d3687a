package token

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// Redeem gives the application what its code stands for, once: the grant as it is now and its first refresh token. Redirect
// address, PKCE verifier (RFC 7636 §4.6) and key (RFC 9449 §10) must be those that the code was made for. A code that was
// redeemed before ends the grant (RFC 6749 §4.1.2), of parallel tries with one code too.
//
// The caller has authenticated the application. Errors are named by Protocol; each is recorded.
func (t *Tokens) Redeem(ctx context.Context, client application.Client, p Redemption) (w Who, refresh string, err error) {
	var about *Grant // whose secret it is: nobody makes records of somebody whose grant's id they know
	var found *proposal
	var refusal error
	err = t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		now := standin.Now(t.now)
		about, refusal, refresh = nil, nil, ""
		g, err := t.held(ctx, tx, client, p.Code)
		if err != nil {
			return err
		}
		if !same(g.code, p.Code) {
			return unknown()
		}
		about = &g
		if g.Client != client.ID {
			return notYours()
		}
		if !g.RedeemedAt.IsZero() {
			refusal = reused()
			return t.end(ctx, tx, system(g, p.Origin), g, CodeReused, now)
		}
		if err := g.redeemable(p, now); err != nil {
			return err
		}
		if w, err = t.stands(ctx, tx, g, now); err != nil {
			return err
		}
		if refresh, err = t.redeem(ctx, tx, &w.Grant, p, now); err != nil {
			return err
		}
		found, err = t.propose(ctx, tx, w)
		return err
	})
	if err == nil {
		err = refusal
	}
	if err == nil {
		err = t.inTime(ctx, w)
	}
	if err != nil {
		return Who{}, "", t.Refused(ctx, client.ID, about, "token.redeem", err, p.Origin)
	}
	t.keepProposal(found)
	return w, refresh, nil
}

// held returns the grant whose code or refresh token the application presents, if its organisation has such a one.
func (t *Tokens) held(ctx context.Context, tx *db.Tx, client application.Client, secret string) (Grant, error) {
	id := GrantOf(secret)
	if id == "" {
		return Grant{}, unknown()
	}
	g, err := t.Load(ctx, tx, client.Organisation, id)
	if db.IsNotFound(err) {
		err = unknown().Because(err)
	}
	return g, err
}

// redeemable refuses what the code was not made for.
func (g Grant) redeemable(p Redemption, now time.Time) error {
	switch {
	case !now.Before(g.CodeUntil):
		return standin.Refuse(standin.Denied, "token.redeem", "token.code_late", "This code is too old. Sign in once more.")
	case p.RedirectURI != g.RedirectURI:
		return standin.Refuse(standin.Denied, "token.redeem", "token.redirect", "This code was made for another address.").On("redirect_uri")
	case !g.verified(p.Verifier):
		return standin.Refuse(standin.Denied, "token.redeem", "token.verifier", "The verifier is not that of the request.").On("code_verifier")
	case g.JKT != "" && g.JKT != p.JKT:
		return badKey()
	}
	return nil
}

// verified reports whether S256 of the verifier is the challenge. Where there was no challenge a verifier is a downgrade
// (RFC 9700 §4.8.2).
func (g Grant) verified(verifier string) bool {
	if g.Challenge == "" || verifier == "" {
		return g.Challenge == verifier
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(g.Challenge)) == 1
}

func (t *Tokens) redeem(ctx context.Context, tx *db.Tx, g *Grant, p Redemption, now time.Time) (refresh string, err error) {
	family := newFamily()
	refresh = newRefresh(g.ID, family)
	g.RedeemedAt, g.JKT, g.family, g.refresh = now, p.JKT, Hashed(family), Hashed(refresh)
	if p.Data != nil {
		g.Data = p.Data
	}
	n, err := tx.Exec(ctx, `UPDATE grants SET redeemed_at = $3, jkt = $4, refresh = $5, data = $6, family = $7 WHERE organisation = $1 AND id = $2
		AND redeemed_at IS NULL AND ended_at IS NULL`, string(g.Organisation), string(g.ID), standin.Micros(now), g.JKT, g.refresh, string(g.Data), g.family)
	if err == nil && n != 1 {
		err = reused()
	}
	if err != nil {
		return "", err
	}
	return refresh, t.signin.UseLogin(ctx, tx, g.Organisation, g.Login, now)
}

// Refresh gives the application what its refresh token stands for now, and the next refresh token; the one presented is spent
// in the same transaction. One that was spent before ends the grant and all that was exchanged from it (RFC 9700 §4.14.2); of
// parallel tries with one token one succeeds, and the others end what it got.
//
// The caller has authenticated the application. A key that the grant is bound to must be presented; an application with a
// secret may present another one than before, to which what it gets is then bound (RFC 9449 §5). Errors are named by
// Protocol; each is recorded.
func (t *Tokens) Refresh(ctx context.Context, client application.Client, p Renewal) (w Who, next string, err error) {
	if w, next, done, err := t.refreshSwiftly(ctx, client, p); done || err != nil {
		return w, next, err
	}
	var about *Grant // as in Redeem
	var found *proposal
	var refusal error
	err = t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		now := standin.Now(t.now)
		about, refusal, next = nil, nil, ""
		g, err := t.held(ctx, tx, client, p.Token)
		if err != nil {
			return err
		}
		if !same(g.refresh, p.Token) && !same(g.family, familyOf(p.Token)) {
			return unknown()
		}
		about = &g
		if g.Client != client.ID {
			return notYours()
		}
		if !same(g.refresh, p.Token) {
			refusal = reused()
			return t.end(ctx, tx, system(g, p.Origin), g, Reused, now)
		}
		if g.JKT != "" && (p.JKT == "" || client.Public && p.JKT != g.JKT) {
			return badKey()
		}
		if w, err = t.stands(ctx, tx, g, now); err != nil {
			return err
		}
		scopes, all := subset(p.Scopes, w.Scopes)
		if !all {
			return badScope()
		}
		if found, err = t.propose(ctx, tx, w); err != nil {
			return err
		}
		w.Scopes, w.Grant.JKT = scopes, p.JKT
		next, err = t.renew(ctx, tx, w.Grant, p, now)
		return err
	})
	if err == nil {
		err = refusal
	}
	if err == nil {
		err = t.inTime(ctx, w)
	}
	if err != nil {
		return Who{}, "", t.Refused(ctx, client.ID, about, "token.refresh", err, p.Origin)
	}
	t.keepProposal(found)
	return w, next, nil
}

// renew spends the grant's refresh token and puts the next in its place; while acting it is recorded.
func (t *Tokens) renew(ctx context.Context, tx *db.Tx, g Grant, p Renewal, now time.Time) (next string, err error) {
	next = newRefresh(g.ID, familyOf(p.Token))
	n, err := tx.Exec(ctx, `UPDATE grants SET refresh = $3, refreshed_at = $4 WHERE organisation = $1 AND id = $2 AND refresh = $5 AND ended_at IS NULL`,
		string(g.Organisation), string(g.ID), Hashed(next), standin.Micros(now), g.refresh)
	if err == nil && n != 1 {
		err = reused()
	}
	if err != nil {
		return "", err
	}
	if err := t.signin.UseLogin(ctx, tx, g.Organisation, g.Login, now); err != nil || !g.Acting() {
		return next, err
	}
	r := refreshed(g, p.Origin)
	r.At = now
	_, err = t.ledger.Append(ctx, tx, r)
	return next, err
}

// refreshed is the record of a refresh while acting. It tells no state: what records tell of a grant stays as it was.
func refreshed(g Grant, origin standin.Origin) ledger.Record {
	r := ledger.By(g.caller(origin))
	r.Action, r.Resource = "token.refresh", g.resource()
	return r
}

// system is Standin itself, which ends what was used twice.
func system(g Grant, origin standin.Origin) standin.Caller {
	return standin.Caller{Organisation: g.Organisation, Actor: standin.SystemActor("token"), Origin: origin}
}
