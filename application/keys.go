package application

import (
	"context"
	"encoding/json"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// keyState is the row of an API key as records hold it, without its secret.
type keyState struct {
	organisation standin.OrganisationID
	ID           standin.KeyID `json:"id"`
	May          []string      `json:"may"`
	CreatedAt    int64         `json:"created_at"`
	EndedAt      int64         `json:"ended_at"`
	Version      int64         `json:"version"`
}

func (s keyState) ended() bool { return s.EndedAt != 0 }

func (s keyState) resource() string { return "key:" + string(s.ID) }

func (s keyState) key() Key { return Key{s.organisation, s.ID, s.May, s.ended()} }

const selectKeys = `SELECT organisation, id, may, created_at, ended_at, version, secret_hash FROM api_keys`

func scanKey(row scanner) (s keyState, secretHash string, err error) {
	var may string
	var ended db.Time
	if err := row.Scan(&s.organisation, &s.ID, &may, &s.CreatedAt, &ended, &s.Version, &secretHash); err != nil {
		return keyState{}, "", err
	}
	s.EndedAt = micros(ended)
	return s, secretHash, json.Unmarshal([]byte(may), &s.May)
}

// KeyByID returns an API key by its id, of whatever organisation, for an id is unique in the installation.
func (r *Applications) KeyByID(ctx context.Context, tx *db.Tx, id standin.KeyID) (Key, error) {
	s, _, err := scanKey(tx.QueryRow(ctx, selectKeys+` WHERE id = $1`, string(id)))
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
		s, _, err := scanKey(row)
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
	before, hash, err := scanKey(tx.QueryRow(ctx, selectKeys+` WHERE id = $1`, string(k.ID)))
	if err != nil && !db.IsNotFound(err) {
		return false, err
	}
	created := err != nil
	if err := mayPut(op, created, before.organisation == k.Organisation, before.ended()); err != nil {
		return false, err
	}
	oldHash := hash
	if secret != "" || created {
		if err := CheckSecret(secret); err != nil {
			return false, err
		}
		hash = hashed(secret)
	}
	now := standin.Now(r.now)
	after := keyState{k.Organisation, k.ID, ordered(k.May), before.CreatedAt, 0, before.Version}
	if !created && hash == oldHash && same(before, after) {
		return false, nil
	}
	if err := secretIsFree(ctx, tx, op, k.ID, hash); err != nil {
		return false, err
	}
	if created {
		after.CreatedAt = standin.Micros(now)
	}
	after.Version++
	if err := saveKey(ctx, tx, after, hash); err != nil {
		return false, err
	}
	return true, r.record(ctx, tx, caller, change{"key", after.resource(), created, before, after}, now)
}

// SecretHolder returns the API key that has the secret, NotFound where none has.
func (r *Applications) SecretHolder(ctx context.Context, tx *db.Tx, secret string) (standin.KeyID, error) {
	var id standin.KeyID
	err := tx.QueryRow(ctx, `SELECT id FROM api_keys WHERE secret_hash = $1`, hashed(secret)).Scan(&id)
	return id, err
}

func secretIsFree(ctx context.Context, tx *db.Tx, op string, id standin.KeyID, hash string) error {
	var holder standin.KeyID
	err := tx.QueryRow(ctx, `SELECT id FROM api_keys WHERE secret_hash = $1`, hash).Scan(&holder)
	if err == nil && holder != id {
		return standin.Refuse(standin.Conflict, op, "application.secret_taken",
			"Another key has this secret. Choose another, for the secret alone says which key asks.").On("secret")
	}
	if db.IsNotFound(err) {
		return nil
	}
	return err
}

func saveKey(ctx context.Context, tx *db.Tx, s keyState, hash string) error {
	_, err := tx.Exec(ctx, `INSERT INTO api_keys (organisation, id, secret_hash, may, created_at, ended_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (organisation, id) DO UPDATE SET secret_hash = $3, may = $4, ended_at = $6, version = $7`,
		string(s.organisation), string(s.ID), hash, string(ledger.State(s.May)), s.CreatedAt, instant(s.EndedAt), s.Version)
	return err
}

// EndKey ends an API key for good. Ending it twice changes nothing.
func (r *Applications) EndKey(ctx context.Context, caller standin.Caller, id standin.KeyID) error {
	if err := requireOperator(caller, "application.end_key"); err != nil {
		return err
	}
	now := standin.Now(r.now)
	return r.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		before, hash, err := scanKey(tx.QueryRow(ctx, selectKeys+` WHERE organisation = $1 AND id = $2`,
			string(caller.Organisation), string(id)))
		if err != nil || before.ended() {
			return err
		}
		after := before
		after.EndedAt, after.Version = standin.Micros(now), before.Version+1
		if err := saveKey(ctx, tx, after, hash); err != nil {
			return err
		}
		return r.recordAs(ctx, tx, caller, "key.end", change{"key", after.resource(), false, before, after}, now)
	})
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
		s, _, err := scanClient(row)
		if err != nil {
			return err
		}
		return yield(s.resource(), s)
	})
	if err != nil {
		return err
	}
	return each(ctx, tx, selectKeys+` WHERE organisation = $1 ORDER BY id`, organisation, func(row scanner) error {
		s, _, err := scanKey(row)
		if err != nil {
			return err
		}
		return yield(s.resource(), s)
	})
}
