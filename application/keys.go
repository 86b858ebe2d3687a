package application

import (
	"context"
	"encoding/json"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// keyState is the row of an API key as records hold it, without its secrets and without when it was last used.
type keyState struct {
	organisation standin.OrganisationID
	secrets      secrets
	usedAt       time.Time
	ID           standin.KeyID `json:"id"`
	Name         string        `json:"name"`
	May          []string      `json:"may"`
	Fingerprint  string        `json:"fingerprint"`
	FormerUntil  int64         `json:"former_until"`
	MadeBy       standin.Actor `json:"made_by"`
	CreatedAt    int64         `json:"created_at"`
	ExpiresAt    int64         `json:"expires_at"`
	EndedAt      int64         `json:"ended_at"`
	Version      int64         `json:"version"`
}

// with returns the state with these secrets, and what it tells of them.
func (s keyState) with(all secrets) keyState {
	s.secrets, s.Fingerprint, s.FormerUntil = all, all.fingerprint(), all.formerUntil
	return s
}

func (s keyState) ended() bool { return s.EndedAt != 0 }

func (s keyState) resource() string { return "key:" + string(s.ID) }

func (s keyState) key() Key {
	return Key{Organisation: s.organisation, ID: s.ID, Name: s.Name, May: s.May, Expires: instant(s.ExpiresAt).Time, Ended: s.ended(),
		MadeBy: s.MadeBy, CreatedAt: standin.Instant(s.CreatedAt), Former: instant(s.FormerUntil).Time, UsedAt: s.usedAt, Version: s.Version}
}

const selectKeys = `SELECT organisation, id, name, may, made_by, created_at, expires_at, ended_at, used_at, version, secret_hash,
	former_hash, former_until, salt FROM api_keys`

func scanKey(row scanner) (s keyState, err error) {
	var may string
	var expires, ended, used, formerUntil db.Time
	var all secrets
	if err := row.Scan(&s.organisation, &s.ID, &s.Name, &may, &s.MadeBy, &s.CreatedAt, &expires, &ended, &used, &s.Version, &all.hash,
		&all.former, &formerUntil, &all.salt); err != nil {
		return keyState{}, err
	}
	all.formerUntil = micros(formerUntil)
	s.ExpiresAt, s.EndedAt, s.usedAt = micros(expires), micros(ended), used.Time
	s = s.with(all)
	err = json.Unmarshal([]byte(may), &s.May)
	return s, err
}

// KeyByID returns an API key by its id, of whatever organisation, for an id is unique in the installation.
func (r *Applications) KeyByID(ctx context.Context, tx *db.Tx, id standin.KeyID) (Key, error) {
	s, err := scanKey(tx.QueryRow(ctx, selectKeys+` WHERE id = $1`, string(id)))
	if db.IsNotFound(err) {
		return Key{}, standin.Refuse(standin.NotFound, "application.key", "application.key_not_found",
			"There is no such API key.").Because(err)
	}
	return s.key(), err
}

// Keys returns the organisation's API keys, ended ones too, in order of their ids.
func (r *Applications) Keys(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) ([]Key, error) {
	var list []Key
	err := each(ctx, tx, selectKeys+` WHERE organisation = $1 ORDER BY id`, organisation, func(row scanner) error {
		s, err := scanKey(row)
		list = append(list, s.key())
		return err
	})
	return list, err
}

// PutKey creates the API key or changes it to what it should be, and reports whether that took a change. An empty secret
// leaves the secret as it is; when it is created, a key needs one. An ended key, an id that another organisation holds,
// and a secret that another key has are Conflict.
func (r *Applications) PutKey(ctx context.Context, tx *db.Tx, caller standin.Caller, k Key, secret string) (changed bool, err error) {
	const op = "application.put_key"
	if err := requireOperator(caller, op); err != nil {
		return false, err
	}
	if err := k.Check(); err != nil {
		return false, err
	}
	before, err := scanKey(tx.QueryRow(ctx, selectKeys+` WHERE id = $1`, string(k.ID)))
	if err != nil && !db.IsNotFound(err) {
		return false, err
	}
	created := err != nil
	if err := mayPut(op, created, before.organisation == k.Organisation, before.ended()); err != nil {
		return false, err
	}
	after := before
	after.organisation, after.ID, after.May = k.Organisation, k.ID, ordered(k.May)
	if k.Name != "" {
		after.Name = k.Name
	}
	if secret != "" || created {
		if err := CheckSecret(secret); err != nil {
			return false, err
		}
		after = after.with(before.secrets.become(hashed(secret)))
	}
	now := standin.Now(r.now)
	if !created && same(before, after) {
		return false, nil
	}
	if err := after.key().applicationsOf(ctx, tx); err != nil {
		return false, err
	}
	if err := secretIsFree(ctx, tx, op, k.ID, after.secrets.hash); err != nil {
		return false, err
	}
	if created {
		after.CreatedAt, after.MadeBy = standin.Micros(now), caller.Actor
	}
	after.Version++
	if err := after.save(ctx, tx); err != nil {
		return false, err
	}
	return true, r.record(ctx, tx, caller, change{"key", after.resource(), created, before, after}, now)
}

// SecretHolder returns the API key that has the secret, or had it before the last rotation; NotFound where none has.
func (r *Applications) SecretHolder(ctx context.Context, tx *db.Tx, secret string) (standin.KeyID, error) {
	return holder(ctx, tx, hashed(secret))
}

func holder(ctx context.Context, tx *db.Tx, hash string) (id standin.KeyID, err error) {
	err = tx.QueryRow(ctx, `SELECT id FROM api_keys WHERE secret_hash = $1 OR former_hash = $1`, hash).Scan(&id)
	return id, err
}

func secretIsFree(ctx context.Context, tx *db.Tx, op string, id standin.KeyID, hash string) error {
	has, err := holder(ctx, tx, hash)
	if err == nil && has != id {
		return standin.Refuse(standin.Conflict, op, "application.secret_taken",
			"Another key has this secret. Choose another, for the secret alone says which key asks.").On("secret")
	}
	if db.IsNotFound(err) {
		return nil
	}
	return err
}

func (s keyState) next() keyState {
	s.Version++
	return s
}

func (s keyState) over(at int64) keyState {
	s.EndedAt = at
	return s
}

func (s keyState) save(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO api_keys (organisation, id, secret_hash, may, created_at, ended_at, version, name, made_by, expires_at,
			salt, former_hash, former_until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (organisation, id) DO UPDATE SET secret_hash = $3, may = $4, ended_at = $6, version = $7, name = $8, expires_at = $10,
			salt = $11, former_hash = $12, former_until = $13`,
		string(s.organisation), string(s.ID), s.secrets.hash, string(ledger.State(s.May)), s.CreatedAt, instant(s.EndedAt), s.Version, s.Name,
		string(s.MadeBy), instant(s.ExpiresAt), s.secrets.salt, s.secrets.former, instant(s.secrets.formerUntil))
	return err
}

// Explain hands over every current row of the organisation as its last record should tell it.
func (r *Applications) Explain(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, yield func(resource string, state any) error) error {
	err := each(ctx, tx, selectApplications+` WHERE organisation = $1 ORDER BY id`, organisation, func(row scanner) error {
		s, err := scanApplication(row)
		if err != nil {
			return err
		}
		return yield(s.resource(), s)
	})
	if err != nil {
		return err
	}
	err = each(ctx, tx, selectClients+` WHERE organisation = $1 ORDER BY id`, organisation, func(row scanner) error {
		s, err := scanClient(row)
		if err != nil {
			return err
		}
		return yield(s.resource(), s)
	})
	if err != nil {
		return err
	}
	return each(ctx, tx, selectKeys+` WHERE organisation = $1 ORDER BY id`, organisation, func(row scanner) error {
		s, err := scanKey(row)
		if err != nil {
			return err
		}
		return yield(s.resource(), s)
	})
}
