package signin

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// ChangePassword gives the person of the token's login another password, for which they enter the one they have, and ends
// their other sign-ins and the links with which their password could be set. The login gets a new token, and counts as
// proved. Never while acting: credentials are nobody's but their person's (P4, P9).
//
// Errors are those of Resolve, Password and CheckPassword; Denied "signin.not_while_acting". A wrong present password
// counts as a failed sign-in.
func (s *Signin) ChangePassword(ctx context.Context, token, former, text string, origin standin.Origin) (newToken string, l standin.Login, err error) {
	var email string
	by, err := s.within(ctx, token, origin, func(_ context.Context, _ *db.Tx, here present) error {
		email = here.person.Email
		return here.requireOwn()
	})
	if err != nil {
		if standin.KindOf(err) == standin.Denied && by.Actor != "" {
			err = s.recordRefusal(ctx, ledger.By(by), "password.change", "password:"+string(by.Actor.Person()), err)
		}
		return "", l, err
	}
	if err := CheckPassword(text); err != nil {
		return "", l, err
	}
	c, err := s.claimed(ctx, email, former, origin)
	if err != nil {
		return "", l, err
	}
	if !c.right || !c.person.Active() {
		return "", l, s.refuse(ctx, by, c, "password.change", email)
	}
	hash, err := s.Hash(ctx, text)
	if err != nil {
		return "", l, err
	}
	newToken = standin.NewSecret()
	_, err = s.within(ctx, token, origin, func(ctx context.Context, tx *db.Tx, here present) error {
		l, err = s.change(ctx, tx, here, c, hash, newToken, origin)
		return err
	})
	if err != nil {
		return "", standin.Login{}, err
	}
	return newToken, l, nil
}

// requireOwn refuses one who is acting.
func (p present) requireOwn() error {
	if p.caller.Acting() {
		return notWhileActing("signin.change_password")
	}
	return nil
}

// change puts the new password in the place of the one that was claimed, in the login that is here.
func (s *Signin) change(ctx context.Context, tx *db.Tx, here present, c claim, hash PasswordHash, token string, origin standin.Origin) (standin.Login, error) {
	now := standin.Now(s.now)
	if err := here.requireOwn(); err != nil {
		return standin.Login{}, err
	}
	if here.person.ID != c.person.ID {
		return standin.Login{}, notRight()
	}
	c.fresh = "" // the former one is about to go
	if err := s.confirm(ctx, tx, c, here.person.Email, origin, now); err != nil {
		return standin.Login{}, err
	}
	if err := s.savePassword(ctx, tx, ledger.By(here.caller), "password.change", password{here.organisation, here.person.ID, hash.encoded, now}, now); err != nil {
		return standin.Login{}, err
	}
	if _, err := s.endInvitations(ctx, tx, here.caller, here.person.ID, howChanged, now); err != nil {
		return standin.Login{}, err
	}
	others, err := open(ctx, tx, here.organisation, here.person.ID)
	if err != nil {
		return standin.Login{}, err
	}
	for _, l := range others {
		if l.id == here.id {
			continue
		}
		if err := s.end(ctx, tx, l, here.caller, now, now, howPassword); err != nil {
			return standin.Login{}, err
		}
	}
	proved, err := s.prove(ctx, tx, here, token, now)
	return proved.public(), err
}
