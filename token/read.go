package token

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// AccessType is the type that access tokens have in their header (RFC 9068 §2.1), so that no other token can pass for one.
const AccessType = "at+jwt"

// IDType is the type that ID tokens have in theirs.
const IDType = "JWT"

// longestToken bounds what is parsed.
const longestToken = 16 << 10

// aheadBy is how far ahead of our clock another replica's may be when it says that it made a token.
const aheadBy = time.Minute

// accessClaims are an access token's as they are read again. The rest is asked anew from what the token is about.
type accessClaims struct {
	Issuer    string           `json:"iss"`
	Subject   standin.PersonID `json:"sub"`
	Audience  []string         `json:"aud"`
	Client    standin.ClientID `json:"client_id"`
	Scope     string           `json:"scope"`
	ID        string           `json:"jti"`
	SID       string           `json:"sid"`
	IssuedAt  int64            `json:"iat"`
	ExpiresAt int64            `json:"exp"`
	Act       *struct {
		Subject standin.PersonID `json:"sub"`
	} `json:"act"`
	Confirmation struct {
		JKT string `json:"jkt"`
	} `json:"cnf"`
}

// signed returns what an access token says, if Standin signed it. Its time may be over. Errors: Unauthenticated
// "token.unknown".
func (t *Tokens) signed(ctx context.Context, raw string) (Access, error) {
	if a, ok := t.recall(ctx, raw); ok {
		return a, nil
	}
	payload, key, err := t.verified(ctx, raw, AccessType)
	if err != nil {
		return Access{}, err
	}
	a, err := t.parse(payload)
	if err == nil {
		t.remember(raw, key, a, t.now())
	}
	return a, err
}

// verified returns the claims that Standin signed with a key that it still believes, and that key's id: by the algorithm of that key, whatever
// the token says, and as a token of this type (RFC 9068 §4, RFC 8725 §3.1 and 3.11).
func (t *Tokens) verified(ctx context.Context, raw, typ string) (payload []byte, kid string, err error) {
	if len(raw) > longestToken || strings.Count(raw, ".") != 2 {
		return nil, "", unknown()
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil || len(jws.Signatures) != 1 {
		return nil, "", unknown().Because(err)
	}
	head := jws.Signatures[0].Protected
	algorithm, key, err := t.keys.Verifier(ctx, head.KeyID)
	if standin.KindOf(err) == standin.Unauthenticated {
		return nil, "", unknown().Because(err)
	}
	if err != nil {
		return nil, "", err
	}
	if is, _ := head.ExtraHeaders[jose.HeaderType].(string); head.Algorithm != algorithm || !strings.EqualFold(is, typ) {
		return nil, "", unknown().Because(errors.New("it is no token of this type by the key's algorithm"))
	}
	payload, err = jws.Verify(key)
	if err != nil {
		return nil, "", unknown().Because(err)
	}
	return payload, head.KeyID, nil
}

// Hint is whom an ID token of Standin's named.
type Hint struct {
	Client    standin.ClientID
	Actor     standin.PersonID // the principal in one's own name
	Principal standin.PersonID
	SID       string // acting session, or login in one's own name
}

// ReadHint returns whom an ID token named that an application sends back (id_token_hint; OpenID Connect RP-Initiated Logout
// 1.0 §4). Its time may be over. It proves nothing about who is there. Errors: Unauthenticated "token.unknown".
func (t *Tokens) ReadHint(ctx context.Context, raw string) (Hint, error) {
	payload, _, err := t.verified(ctx, raw, IDType)
	if err != nil {
		return Hint{}, err
	}
	var c struct {
		Issuer   string           `json:"iss"`
		Subject  standin.PersonID `json:"sub"`
		Audience standin.ClientID `json:"aud"`
		SID      string           `json:"sid"`
		Act      struct {
			Subject standin.PersonID `json:"sub"`
		} `json:"act"`
	}
	if err := json.Unmarshal(payload, &c); err != nil || c.Issuer != t.issuer {
		return Hint{}, unknown().Because(err)
	}
	h := Hint{Client: c.Audience, Actor: c.Act.Subject, Principal: c.Subject, SID: c.SID}
	if h.Actor == "" {
		h.Actor = h.Principal
	}
	return h, nil
}

// parse reads the claims of an access token whose signature was checked.
func (t *Tokens) parse(payload []byte) (Access, error) {
	var c accessClaims
	if err := json.Unmarshal(payload, &c); err != nil {
		return Access{}, unknown().Because(err)
	}
	id, _, _ := strings.Cut(c.ID, ".")
	if c.Issuer != t.issuer || len(id) != grantIDLength || c.Subject == "" || c.Client == "" {
		return Access{}, unknown().Because(errors.New("it was not made here"))
	}
	a := Access{ID: c.ID, Grant: standin.GrantID(id), Client: c.Client, Principal: c.Subject, Actor: c.Subject, SID: c.SID, JKT: c.Confirmation.JKT,
		Scopes: strings.Fields(c.Scope), Audience: c.Audience, IssuedAt: time.Unix(c.IssuedAt, 0).UTC(), ExpiresAt: time.Unix(c.ExpiresAt, 0).UTC()}
	if c.Act != nil {
		a.Acting, a.Actor = true, c.Act.Subject
	}
	return a, nil
}

// Read returns who is behind an access token at this instant and what the token says, or refuses it: Unauthenticated
// "token.unknown" where it is none of Standin's or its time is over, "token.over" where what it rests on is. The token
// opens no more than was given to it when it was made, and no more than its grant gives by now. use says that the person
// uses it, so that their login does not end unused; where more is to be checked before, that is what Use is for.
//
// Access is filled whenever Standin signed the token, so that a page can say why acting ended. Whoever calls it looks at
// Audience, and at JKT: a token that is bound to a key counts only with a proof of it (RFC 9449 §7).
func (t *Tokens) Read(ctx context.Context, raw string, use bool) (Who, Access, error) {
	a, err := t.signed(ctx, raw)
	if err != nil {
		return Who{}, Access{}, err
	}
	now := standin.Now(t.now)
	if w, ok, err := t.readStill(ctx, &a, use, now); ok || err != nil {
		return w, a, err
	}
	var w Who
	err = t.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		w, err = t.readIn(ctx, tx, &a, now)
		return err
	})
	if err == nil && use && now.Sub(w.Login.SeenAt) >= time.Minute {
		err = t.used(ctx, w, now)
	}
	if err != nil {
		return Who{}, a, err
	}
	return w, a, nil
}

// readStill is Read by what was found before, where that stands.
func (t *Tokens) readStill(ctx context.Context, a *Access, use bool, now time.Time) (Who, bool, error) {
	p, ok := t.proposals.get(a.Grant)
	if !ok {
		return Who{}, false, nil
	}
	w, ok, err := t.still(ctx, p.who.Grant.Organisation, a.Grant, now)
	if !ok || err != nil {
		return Who{}, false, err
	}
	narrow := *a
	if w, err = narrowed(w, &narrow, now); err != nil {
		return Who{}, false, nil
	}
	*a = narrow
	a.Organisation = w.Grant.Organisation
	if use && now.Sub(w.Login.SeenAt) >= time.Minute {
		if err := t.used(ctx, w, now); err != nil {
			return Who{}, false, err
		}
	}
	return w, true, nil
}

// readIn asks in the transaction what a token that Standin signed is worth now, and narrows what it opens to that.
func (t *Tokens) readIn(ctx context.Context, tx *db.Tx, a *Access, now time.Time) (Who, error) {
	c, err := t.applications.Client(ctx, tx, a.Client)
	if err != nil {
		return Who{}, rests(err)
	}
	a.Organisation = c.Organisation
	w, err := t.StandingIn(ctx, tx, c.Organisation, a.Grant, now)
	if err != nil {
		return Who{}, err
	}
	return narrowed(w, a, now)
}

// narrowed returns what the grant says as far as the token opens it, which it writes into a, too.
func narrowed(w Who, a *Access, now time.Time) (Who, error) {
	g := w.Grant
	if g.Client != a.Client || g.Principal != a.Principal || g.Actor != a.Actor || g.SID() != a.SID || g.Acting() != a.Acting {
		return Who{}, unknown().Because(errors.New("its grant is somebody else's"))
	}
	if !now.Before(a.ExpiresAt) || a.IssuedAt.After(now.Add(aheadBy)) {
		return Who{}, unknown().Because(errors.New("its time is over"))
	}
	w.Scopes, _ = subset(keep(a.Scopes), w.Scopes)
	w.Audience, _ = subset(keep(a.Audience), w.Audience)
	a.Scopes, a.Audience = w.Scopes, w.Audience
	w.Until = earlier(w.Until, a.ExpiresAt)
	if len(w.Audience) == 0 {
		return Who{}, over(errors.New("nothing is left that it opens"))
	}
	return w, nil
}

// keep is the texts, or one that nothing is called where there are none: subset takes none for all.
func keep(texts []string) []string {
	if len(texts) == 0 {
		return []string{""}
	}
	return texts
}

// For reports whether the token is for whom it is presented to.
func (a Access) For(audience string) bool { return slices.Contains(a.Audience, audience) }
