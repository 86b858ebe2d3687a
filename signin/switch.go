package signin

import (
	"context"
	"errors"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
)

// Act begins to act by the delegation in the login of the token, ends what was acted in it before, and gives the login a
// new token: of parallel tries with one token one succeeds, the others get Conflict (THREATS 27, 38). A factor must have
// been proved within ProofLasts, else Denied "signin.proof_needed" (THREATS 33). Every refusal is recorded with both names.
func (s *Signin) Act(ctx context.Context, token string, id standin.DelegationID, origin standin.Origin, wishes ...acting.Wish) (
	newToken string, begun acting.Session, err error) {
	newToken = standin.NewSecret()
	caller, err := s.within(ctx, token, origin, func(ctx context.Context, tx *db.Tx, here present) error {
		now := standin.Now(s.now)
		if !here.proved(now) {
			return proofNeeded()
		}
		// The login's row comes first, so that parallel tries meet there and not in the sessions.
		if err := s.renew(ctx, tx, here.login, newToken, now, origin); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE logins SET acted_at = $3, chosen_at = $3 WHERE organisation = $1 AND id = $2`, string(here.organisation), string(here.id),
			standin.Micros(now)); err != nil {
			return err
		}
		begun, err = s.acting.Start(ctx, tx, here.caller, id, now, wishes...)
		return err
	})
	if err != nil {
		if caller.Actor != "" {
			err = s.acting.Refused(ctx, caller, "acting.start", id, err)
		}
		return "", acting.Session{}, err
	}
	return newToken, begun, nil
}

// Extend lets the acting session of the token's login last one span longer.
func (s *Signin) Extend(ctx context.Context, token string, origin standin.Origin) (extended acting.Session, err error) {
	caller, err := s.within(ctx, token, origin, func(ctx context.Context, tx *db.Tx, here present) error {
		extended, err = s.acting.Extend(ctx, tx, here.caller, standin.Now(s.now))
		return err
	})
	if err != nil && caller.Acting() {
		err = s.acting.Refused(ctx, caller, "acting.extend", caller.Delegation, err)
	}
	return extended, err
}

// Stop ends what is acted in the login of the token, marks what ended by itself as seen, notes that the person chose to be
// themselves, and gives the login a new token. It needs no permission and no proof, and doing it again changes nothing else (P6).
func (s *Signin) Stop(ctx context.Context, token string, origin standin.Origin) (newToken string, err error) {
	newToken = standin.NewSecret()
	_, err = s.within(ctx, token, origin, func(ctx context.Context, tx *db.Tx, here present) error {
		return s.stop(ctx, tx, here, newToken, origin)
	})
	if err != nil {
		return "", err
	}
	return newToken, nil
}

func (s *Signin) stop(ctx context.Context, tx *db.Tx, here present, newToken string, origin standin.Origin) error {
	now := standin.Now(s.now)
	if err := s.acting.Stop(ctx, tx, here.caller, now); err != nil {
		return err
	}
	if err := choose(ctx, tx, here.login, now); err != nil {
		return err
	}
	return s.renew(ctx, tx, here.login, newToken, now, origin)
}

// within runs fn for the live login of the token in one transaction, and returns who is behind it; nobody where the token
// is not that of a live login.
func (s *Signin) within(ctx context.Context, token string, origin standin.Origin, fn func(ctx context.Context, tx *db.Tx, here present) error) (
	caller standin.Caller, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		caller = standin.Caller{}
		here, err := s.live(ctx, tx, token, standin.Now(s.now))
		if err != nil {
			return err
		}
		here.caller.Origin = origin
		caller = here.caller
		return fn(ctx, tx, here)
	})
	if over, ok := errors.AsType[lapse](err); ok {
		return standin.Caller{}, s.recordLapse(ctx, over)
	}
	return caller, err
}
