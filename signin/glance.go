package signin

import (
	"context"
	"errors"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Glance is Resolve for a page that watches by itself: nothing is written, so that an open page does not keep its login
// from ending unused. Its errors are those of Resolve.
func (s *Signin) Glance(ctx context.Context, token string) (Visit, error) {
	now := standin.Now(s.now)
	var v Visit
	err := s.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		v = Visit{}
		here, err := s.live(ctx, tx, token, now)
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
	return v, nil
}
