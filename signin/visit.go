package signin

import (
	"context"
	"errors"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// VisitByID is Glance for what holds an access token of the organisation's login instead of its cookie: who is there in it
// now. It proves nothing: the caller has proved the token.
//
// Errors: Unauthenticated "signin.signed_out" or "signin.expired", also where there is no such login; Denied
// "signin.blocked".
func (s *Signin) VisitByID(ctx context.Context, org standin.OrganisationID, id standin.LoginID, origin standin.Origin) (Visit, error) {
	now := standin.Now(s.now)
	var v Visit
	err := s.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		v = Visit{}
		l, err := byID(ctx, tx, org, id)
		if err != nil {
			return err
		}
		here, err := s.present(ctx, tx, l, now)
		if err != nil {
			return err
		}
		v, err = s.visit(ctx, tx, here, now)
		return err
	})
	if over, ok := errors.AsType[lapse](err); ok {
		err = over.Unwrap()
	}
	if err != nil {
		return Visit{}, err
	}
	v.Caller.Origin = origin
	return v, nil
}

// UnusedUntil returns when a login ends that was last seen then and is not used any more.
func (s *Signin) UnusedUntil(seen time.Time) time.Time { return seen.Add(s.options.Idle) }
