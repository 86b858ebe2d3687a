package token

import (
	"context"
	"errors"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
)

// AccessTokenType is what is exchanged and what comes of it (RFC 8693 §3).
const AccessTokenType = "urn:ietf:params:oauth:token-type:access_token"

// Exchange lets the application have a token by which it, as a service behind another one, goes on for the same two people
// (RFC 8693). What comes of it says the principal as sub and the actor as act, names the service after them, opens no more
// than the subject token, ends no later, and falls with the acting session. It never begins acting: the subject token is that
// of a live acting session, or the principal's own together with one of a live session for them as actor token; own names
// alone are refused (docs/decisions/0018). The subject token was given to the application or is for it (aud); the actor token
// was given to it, and is of the same session where the subject's is of one (THREATS 55).
//
// Both tokens, all that they rest on, the policy and the new grant are one transaction, with the record. The caller has
// authenticated the application. Errors are named by Protocol; each is recorded.
func (t *Tokens) Exchange(ctx context.Context, client application.Client, p Exchanging) (w Who, err error) {
	var seen Grant
	err = func() error {
		subject, actor, err := t.presented(ctx, client, p)
		seen = Grant{Organisation: client.Organisation, ID: subject.Grant}
		if err != nil {
			return err
		}
		if p.Grant == "" {
			p.Grant = NewGrantID()
		}
		if actor == nil {
			var done bool
			if w, done, err = t.exchangeSwiftly(ctx, client, subject, p); done || err != nil {
				return err
			}
		}
		return t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			w, err = t.exchange(ctx, tx, client, subject, actor, p)
			return err
		})
	}()
	if err == nil {
		err = because(badSubject, t.inTime(ctx, w))
	}
	if err != nil {
		return Who{}, t.Refused(ctx, client.ID, &seen, "token.exchange", err, p.Origin)
	}
	return w, nil
}

// presented reads the tokens, without asking yet what they are worth.
func (t *Tokens) presented(ctx context.Context, client application.Client, p Exchanging) (subject Access, actor *Access, err error) {
	switch {
	case !client.Exchange || client.Public:
		return subject, nil, noExchange()
	case p.SubjectToken == "":
		return subject, nil, standin.Refuse(standin.Invalid, "token.exchange", "token.subject_missing", "A subject token is expected.").On("subject_token")
	case p.SubjectType != AccessTokenType, p.ActorToken != "" && p.ActorType != AccessTokenType, p.ActorToken == "" && p.ActorType != "",
		p.RequestedType != "" && p.RequestedType != AccessTokenType:
		return subject, nil, standin.Refuse(standin.Invalid, "token.exchange", "token.type", "Only access tokens are exchanged, for access tokens.")
	}
	if subject, err = t.signed(ctx, p.SubjectToken); err != nil {
		return subject, nil, because(badSubject, err)
	}
	if subject.Client != client.ID && !subject.For(string(client.ID)) {
		return subject, nil, badSubject(errors.New("it was not given to this application"))
	}
	if p.ActorToken == "" {
		return subject, nil, nil
	}
	a, err := t.signed(ctx, p.ActorToken)
	if err != nil {
		return subject, nil, because(badActor, err)
	}
	if a.Client != client.ID {
		return subject, nil, badActor(errors.New("it was not given to this application"))
	}
	return subject, &a, nil
}

// because wraps a refusal; what is none stays what it is.
func because(refusal func(error) *standin.Error, err error) error {
	if standin.KindOf(err) == standin.Unauthenticated {
		return refusal(err)
	}
	return err
}

func (t *Tokens) exchange(ctx context.Context, tx *db.Tx, client application.Client, subject Access, actor *Access, p Exchanging) (Who, error) {
	now := standin.Now(t.now)
	s, err := t.readIn(ctx, tx, &subject, now)
	if err != nil {
		return Who{}, because(badSubject, err)
	}
	if client, err = t.applications.Client(ctx, tx, client.ID); err != nil {
		return Who{}, err
	}
	if s.Grant.Organisation != client.Organisation {
		return Who{}, badSubject(errors.New("it is another organisation's")) // THREATS 59
	}
	from := s
	if actor != nil {
		presented := *actor
		a, err := t.readIn(ctx, tx, &presented, now)
		if err != nil {
			return Who{}, because(badActor, err)
		}
		if from, err = t.onBehalf(s, a); err != nil {
			return Who{}, err
		}
	}
	if !from.Acting() {
		return Who{}, standin.Refuse(standin.Invalid, "token.exchange", "token.nobody_acts",
			"Nobody stands in for anybody in this token. Exchange never begins that: it goes on from the token of somebody who does.")
	}
	g, err := exchanged(client, s, from, p)
	if err != nil {
		return Who{}, err
	}
	g.CreatedAt, g.ExpiresAt = now, now.Add(ActingLasts)
	g.ExpiresAt = earlier(earlier(g.ExpiresAt, s.Until), from.Until)
	if err := t.takes(ctx, tx, client, g, false); err != nil {
		return Who{}, err
	}
	if err := insertGrant(ctx, tx, g); err != nil {
		return Who{}, err
	}
	if err := t.record(ctx, tx, g.caller(p.Origin), "token.exchange", nil, g, now); err != nil {
		return Who{}, err
	}
	w := below(from, client, g)
	if client.ThirdParty {
		w.strangers = append(slices.Clip(w.strangers), client.ID)
	}
	return w, t.discreet(ctx, tx, &w)
}

// onBehalf returns the acting session that the exchange goes on from. A is really there: in the subject's own session, or as
// one whom the principal's delegations name and who acts for them now.
func (t *Tokens) onBehalf(s, a Who) (Who, error) {
	other := standin.Refuse(standin.Invalid, "token.exchange", "token.actor_other",
		"The actor token is not of somebody who stands in for the person of the subject token now.").On("actor_token")
	switch {
	case a.Grant.Organisation != s.Grant.Organisation:
		return Who{}, other
	case s.Acting():
		// Somebody else's actor token, or one of another sign-in of theirs.
		if a.Grant.Actor != s.Grant.Actor || a.Grant.Login != s.Grant.Login || a.Acting() && a.Grant.Session != s.Grant.Session {
			return Who{}, other
		}
		return s, nil
	case !a.Acting() && a.Grant.Actor == s.Grant.Actor:
		return s, nil // themselves twice: nobody acts, which is said by name
	case !a.Acting() || a.Grant.Principal != s.Grant.Principal:
		return Who{}, other
	}
	return a, nil
}

// exchanged is the grant that comes of it: below from, and no wider than the subject token nor than that.
func exchanged(client application.Client, s, from Who, p Exchanging) (Grant, error) {
	if s.Grant.Client != client.ID && !slices.Contains(s.Audience, string(client.ID)) {
		return Grant{}, badSubject(errors.New("it is for this application no more"))
	}
	scopes, _ := subset(keep(s.Scopes), from.Scopes)
	scopes, all := subset(p.Scopes, scopes)
	if !all {
		return Grant{}, badScope()
	}
	audience, _ := subset(keep(s.Audience), from.Audience)
	if client.ThirdParty { // which gets no tokens for Standin's own interface in any way
		audience = slices.DeleteFunc(audience, func(to string) bool { return to == Standin })
	}
	audience, all = subset(p.Audience, audience)
	if !all || len(audience) == 0 {
		return Grant{}, badTarget()
	}
	f := from.Grant
	services := append(slices.Clone(s.Grant.Services), client.ID)
	if len(f.Services) > len(s.Grant.Services) {
		services = append(slices.Clone(f.Services), client.ID)
	}
	if len(services) > mostServices {
		return Grant{}, standin.Refuse(standin.Invalid, "token.exchange", "token.chain", "This token was exchanged too often already.")
	}
	return Grant{Organisation: f.Organisation, ID: p.Grant, Client: client.ID, Login: f.Login, Session: f.Session, Actor: f.Actor, Principal: f.Principal,
		Delegation: f.Delegation, actedAt: f.actedAt, Scopes: scopes, Audience: audience, JKT: p.JKT, AuthTime: f.AuthTime, Factors: f.Factors,
		Parent: f.ID, Services: services, Data: p.Data}, nil
}
