package application

import (
	"context"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// Keys and clients live alike: they are made, changed, given other secrets and ended for good, each time as a new version
// of their row.

// row is a key or a client as it is stored.
type row[S any] interface {
	resource() string
	next() S         // the same as another version
	over(at int64) S // the same, ended
	save(ctx context.Context, tx *db.Tx) error
}

// find loads what is to be changed, and refuses who may not change it and what was ended.
type find[S any] func(ctx context.Context, tx *db.Tx) (S, error)

// revise loads a row, lets change make another of it, and stores and records that where it is another. action is that of
// the record: "key.change".
func revise[S row[S]](ctx context.Context, r *Applications, caller standin.Caller, action, id string, load find[S],
	change func(ctx context.Context, tx *db.Tx, before S, now time.Time) (S, error)) (after S, changed bool, err error) {
	kind, _, _ := strings.Cut(action, ".")
	err = r.keep(ctx, caller, action, kind+":"+id, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(r.now)
		changed = false
		before, err := load(ctx, tx)
		if err != nil {
			return err
		}
		if after, err = change(ctx, tx, before, now); err != nil {
			return err
		}
		if changed = !same(before, after); !changed {
			return nil
		}
		after = after.next()
		if err := after.save(ctx, tx); err != nil {
			return err
		}
		return r.recordAs(ctx, tx, caller, action, changeOf(kind, before, after), now)
	})
	return after, changed, err
}

func changeOf[S row[S]](kind string, before, after S) change {
	return change{kind, after.resource(), false, before, after}
}

// end ends a row for good. Ending it twice changes nothing.
func end[S row[S]](ctx context.Context, r *Applications, caller standin.Caller, action, id string, load find[S]) error {
	_, _, err := revise(ctx, r, caller, action, id, load, func(_ context.Context, _ *db.Tx, before S, now time.Time) (S, error) {
		return before.over(standin.Micros(now)), nil
	})
	if standin.CodeOf(err) == "application.ended" {
		return nil
	}
	return err
}

// keep runs fn as one transaction. Where it is denied, the refusal is recorded in a transaction of its own.
func (r *Applications) keep(ctx context.Context, caller standin.Caller, action, resource string, fn func(ctx context.Context, tx *db.Tx) error) error {
	err := r.db.Update(ctx, fn)
	if standin.KindOf(err) != standin.Denied || caller.Organisation == "" || caller.Actor == "" {
		return err
	}
	refused := ledger.By(caller)
	refused.At, refused.Action, refused.Resource, refused.Outcome = standin.Now(r.now), action, resource, ledger.Refused
	refused.Reasons = []string{standin.CodeOf(err)}
	if recorded := r.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := r.ledger.Append(ctx, tx, refused)
		return err
	}); recorded != nil {
		return recorded
	}
	return err
}

// sameVersion refuses a change that was made up while looking at another version; 0 was made up without looking.
func sameVersion(seen, now int64) error {
	if seen != 0 && seen != now {
		return standin.Refuse(standin.Conflict, "application.change", "application.changed", "Somebody else changed this meanwhile. Look again and try once more.")
	}
	return nil
}
