package signin

import (
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Out ends the login of the token and what is acted in it. It needs no permission; a token that opens nothing any more is
// no error (P6). The token before the present one opens nothing, but still ends: who leaves in one tab while another one
// switches has left.
func (s *Signin) Out(ctx context.Context, token string, origin standin.Origin) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := byToken(ctx, tx, token)
		if standin.KindOf(err) == standin.Conflict {
			l, err = byFormer(ctx, tx, token)
		}
		if err != nil {
			if standin.KindOf(err) == standin.Unauthenticated {
				return nil
			}
			return err
		}
		now := standin.Now(s.now)
		return s.end(ctx, tx, l, l.caller(origin), now, now, howOut)
	})
}

// OutEverywhere ends every login of the caller's own, this one too. While acting it is the actor's logins that end, never
// the principal's (P9).
func (s *Signin) OutEverywhere(ctx context.Context, caller standin.Caller) error {
	return s.endOwn(ctx, caller, func(login) bool { return true })
}

// OutElsewhere ends one of the caller's own logins, in another browser perhaps; NotFound where they have no such login.
func (s *Signin) OutElsewhere(ctx context.Context, caller standin.Caller, id standin.LoginID) error {
	return s.endOwn(ctx, caller, func(l login) bool { return l.id == id })
}

func (s *Signin) endOwn(ctx context.Context, caller standin.Caller, chosen func(login) bool) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		logins, err := open(ctx, tx, caller.Organisation, caller.Actor.Person())
		if err != nil {
			return err
		}
		logins = slices.DeleteFunc(logins, func(l login) bool { return !chosen(l) })
		if len(logins) == 0 {
			return standin.Refuse(standin.NotFound, "signin.out", "signin.login_unknown", "You have no such sign-in.")
		}
		own := standin.Caller{Organisation: caller.Organisation, Actor: caller.Actor, Principal: caller.Actor.Person(), Login: caller.Login, Origin: caller.Origin}
		for _, l := range logins {
			if err := s.end(ctx, tx, l, own, now, now, howOut); err != nil {
				return err
			}
		}
		return nil
	})
}

// Browser is one login as its person sees it in a list.
type Browser struct {
	standin.Login
	Since time.Time
	Seen  time.Time // to the minute
	From  standin.Origin
	Here  bool // it is the one that asks
}

// Browsers returns the caller's own logins that live, the oldest first. While acting they are the actor's, never the
// principal's.
func (s *Signin) Browsers(ctx context.Context, caller standin.Caller) (all []Browser, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		all = nil
		logins, err := open(ctx, tx, caller.Organisation, caller.Actor.Person())
		for _, l := range logins {
			if _, how := l.over(standin.Now(s.now), s.options.Idle); how == "" {
				all = append(all, Browser{Login: l.public(), Since: l.createdAt, Seen: l.seenAt, From: l.origin, Here: l.id == caller.Login.ID})
			}
		}
		return err
	})
	return all, err
}
