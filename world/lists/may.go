package lists

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Entitled refuses callers for whom no list is: who may manage neither people nor delegations, and all who are acting.
// What is kept for somebody is theirs to see only as long as this lets them.
func (l *Lists) Entitled(ctx context.Context, caller standin.Caller) error {
	return l.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, _, err := l.scope(ctx, tx, caller, People)
		if standin.KindOf(err) == standin.Denied {
			_, _, err = l.scope(ctx, tx, caller, Delegations)
		}
		return err
	})
}
