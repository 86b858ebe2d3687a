package application

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
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
		if err := made.applicationsOf(ctx, tx); err != nil {
			return err
		}
		if err := s.save(ctx, tx); err != nil {
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
	_, changed, err = revise(ctx, r, caller, "key.change", string(id), r.liveKey(caller, id, wish.May),
		func(ctx context.Context, tx *db.Tx, before keyState, now time.Time) (keyState, error) {
			if err := sameVersion(version, before.Version); err != nil {
				return before, err
			}
			if err := wish.check(now, instant(before.ExpiresAt).Time); err != nil {
				return before, err
			}
			before.Name, before.May, before.ExpiresAt = wish.Name, ordered(wish.May), micros(db.Time{Time: wish.Expires})
			return before, before.key().applicationsOf(ctx, tx)
		})
	return changed, err
}

// RotateKey gives an API key a new secret, which is told only now. The secret before works for the overlap more, 0 to
// LongestOverlap; the one before that ends. It needs what MakeKey needs for what the key may do.
func (r *Applications) RotateKey(ctx context.Context, caller standin.Caller, id standin.KeyID, overlap time.Duration) (rotated Key, secret string, err error) {
	secret = standin.NewSecret()
	after, _, err := revise(ctx, r, caller, "key.rotate", string(id), r.liveKey(caller, id, nil),
		func(ctx context.Context, tx *db.Tx, before keyState, now time.Time) (keyState, error) {
			if err := r.mayKeep(ctx, tx, caller, "application.rotate_key", before.May); err != nil {
				return before, err
			}
			if err := checkOverlap(overlap); err != nil {
				return before, err
			}
			return before.with(before.secrets.rotate(hashed(secret), now, now.Add(overlap))), nil
		})
	if err != nil {
		return Key{}, "", err
	}
	return after.key(), secret, nil
}

// EndKey ends an API key of the caller's organisation for good. Ending it twice changes nothing. It needs
// standin:settings.manage for the whole organisation.
func (r *Applications) EndKey(ctx context.Context, caller standin.Caller, id standin.KeyID) error {
	return end(ctx, r, caller, "key.end", string(id), r.liveKey(caller, id, nil))
}

// liveKey finds the live key of the caller's organisation, where the caller may keep keys that may do this.
func (r *Applications) liveKey(caller standin.Caller, id standin.KeyID, may []string) find[keyState] {
	const op = "application.keep_key"
	return func(ctx context.Context, tx *db.Tx) (keyState, error) {
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
