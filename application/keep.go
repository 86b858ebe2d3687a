package application

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// KeepKeys is what an administrator decides about an API key.
type KeepKeys struct {
	Name    string
	May     []string  // of Entitlements
	Expires time.Time // zero never
}

// check refuses what a key cannot be, as field and code say. before is when it expired until now.
func (k KeepKeys) check(now, before time.Time) error {
	const op = "application.keep_key"
	if k.Name == "" || !readable(k.Name) {
		return namelessKey(op)
	}
	if !k.Expires.IsZero() && !k.Expires.After(now) && !k.Expires.Equal(before) {
		return standin.Refuse(standin.Invalid, op, "application.expired", "A key expires in the future, or never.").On("expires")
	}
	return Key{ID: "k", May: k.May}.Check()
}

func namelessKey(op string) error {
	return standin.Refuse(standin.Invalid, op, "application.nameless",
		"Give it a name of 1 to {most} characters, so that others know what it is for.").With("most", maxName).On("name")
}

// MakeKey makes an API key of the caller's organisation and returns it with its secret, which is told only now. It needs
// standin:settings.manage for the whole organisation, and nobody makes a key that may do more than they may.
func (r *Applications) MakeKey(ctx context.Context, caller standin.Caller, wish KeepKeys) (made Key, secret string, err error) {
	secret = standin.NewSecret()
	id := standin.KeyID(standin.NewID("k"))
	err = r.keep(ctx, caller, "key.create", "key:"+string(id), func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(r.now)
		if err := r.mayKeep(ctx, tx, caller, "application.make_key", wish.May); err != nil {
			return err
		}
		if err := wish.check(now, time.Time{}); err != nil {
			return err
		}
		s := keyState{organisation: caller.Organisation, ID: id, Name: wish.Name, May: ordered(wish.May), MadeBy: caller.Actor,
			CreatedAt: standin.Micros(now), ExpiresAt: micros(db.Time{Time: wish.Expires}), Version: 1}.with(secrets{}.become(hashed(secret)))
		made = s.key()
		if err := saveKey(ctx, tx, s); err != nil {
			return err
		}
		return r.record(ctx, tx, caller, change{"key", s.resource(), true, nil, s}, now)
	})
	if err != nil {
		return Key{}, "", err
	}
	return made, secret, nil
}

// ChangeKey gives an API key another name, other entitlements or another end. It needs what MakeKey needs, for what the
// key may do afterwards. Where version is not 0 and no longer the key's, Conflict; an ended key is Conflict, too.
func (r *Applications) ChangeKey(ctx context.Context, caller standin.Caller, id standin.KeyID, wish KeepKeys, version int64) (changed bool, err error) {
	err = r.keep(ctx, caller, "key.change", "key:"+string(id), func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(r.now)
		changed = false
		before, err := r.kept(ctx, tx, caller, id, wish.May)
		if err != nil {
			return err
		}
		if err := sameVersion(version, before.Version); err != nil {
			return err
		}
		if err := wish.check(now, instant(before.ExpiresAt).Time); err != nil {
			return err
		}
		after := before
		after.Name, after.May, after.ExpiresAt = wish.Name, ordered(wish.May), micros(db.Time{Time: wish.Expires})
		if changed = !same(before, after); !changed {
			return nil
		}
		after.Version++
		if err := saveKey(ctx, tx, after); err != nil {
			return err
		}
		return r.recordAs(ctx, tx, caller, "key.change", change{"key", after.resource(), false, before, after}, now)
	})
	return changed, err
}

// RotateKey gives an API key a new secret, which is told only now. The secret before works for the overlap more, 0 to
// LongestOverlap; the one before that ends. It needs what MakeKey needs for what the key may do.
func (r *Applications) RotateKey(ctx context.Context, caller standin.Caller, id standin.KeyID, overlap time.Duration) (rotated Key, secret string, err error) {
	secret = standin.NewSecret()
	err = r.keep(ctx, caller, "key.rotate", "key:"+string(id), func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(r.now)
		before, err := r.kept(ctx, tx, caller, id, nil)
		if err != nil {
			return err
		}
		if err := r.mayKeep(ctx, tx, caller, "application.rotate_key", before.May); err != nil {
			return err
		}
		if err := checkOverlap(overlap); err != nil {
			return err
		}
		after := before.with(before.secrets.rotate(hashed(secret), now, now.Add(overlap)))
		after.Version++
		rotated = after.key()
		if err := saveKey(ctx, tx, after); err != nil {
			return err
		}
		return r.recordAs(ctx, tx, caller, "key.rotate", change{"key", after.resource(), false, before, after}, now)
	})
	if err != nil {
		return Key{}, "", err
	}
	return rotated, secret, nil
}

// EndKey ends an API key of the caller's organisation for good. Ending it twice changes nothing. It needs
// standin:settings.manage for the whole organisation.
func (r *Applications) EndKey(ctx context.Context, caller standin.Caller, id standin.KeyID) error {
	return r.keep(ctx, caller, "key.end", "key:"+string(id), func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(r.now)
		before, err := r.kept(ctx, tx, caller, id, nil)
		if standin.CodeOf(err) == "application.ended" {
			return nil
		}
		if err != nil {
			return err
		}
		after := before
		after.EndedAt, after.Version = standin.Micros(now), before.Version+1
		if err := saveKey(ctx, tx, after); err != nil {
			return err
		}
		return r.recordAs(ctx, tx, caller, "key.end", change{"key", after.resource(), false, before, after}, now)
	})
}

// kept returns the live key of the caller's organisation, where the caller may keep keys that may do this.
func (r *Applications) kept(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.KeyID, may []string) (keyState, error) {
	const op = "application.keep_key"
	if err := r.mayKeep(ctx, tx, caller, op, may); err != nil {
		return keyState{}, err
	}
	s, err := scanKey(tx.QueryRow(ctx, selectKeys+` WHERE organisation = $1 AND id = $2`, string(caller.Organisation), string(id)))
	if db.IsNotFound(err) {
		return s, standin.Refuse(standin.NotFound, op, "application.key_not_found", "There is no such API key.").Because(err)
	}
	if err != nil {
		return s, err
	}
	return s, mayPut(op, false, true, s.ended())
}

// KeptKeys returns the API keys of the caller's organisation, ended ones too, in order of their ids. It needs
// standin:settings.manage for the whole organisation.
func (r *Applications) KeptKeys(ctx context.Context, caller standin.Caller) (list []Key, err error) {
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		list = nil
		if err := r.mayKeep(ctx, tx, caller, "application.keys", nil); err != nil {
			return err
		}
		list, err = r.Keys(ctx, tx, caller.Organisation)
		return err
	})
	return list, err
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
