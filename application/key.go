package application

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Key is an API key: a program that asks, or changes, what its entitlements name. Its id is unique in the installation,
// and so is its secret.
type Key struct {
	Organisation standin.OrganisationID
	ID           standin.KeyID
	May          []string // of Entitlements
	Ended        bool     // refused from now on, and never revived
}

// Entitlements returns what API keys can be made for, in order.
func Entitlements() []string { return []string{"admin", "decide", "people", "record", "scim"} }

// Check refuses a key with a malformed id or an unknown entitlement.
func (k Key) Check() error {
	if !validID(string(k.ID)) {
		return standin.Refuse(standin.Invalid, "application.put_key", "application.bad_key_id",
			"a key's id has up to {most} letters, digits, and . _ - @").With("most", maxID).On("id")
	}
	if len(k.May) == 0 {
		return standin.Refuse(standin.Invalid, "application.put_key", "application.no_entitlement",
			"at least one of decide, record, people, scim and admin is expected").On("may")
	}
	for _, what := range k.May {
		if !slices.Contains(Entitlements(), what) {
			return standin.Refuse(standin.Invalid, "application.put_key", "application.bad_entitlement",
				`a key cannot be made for "{what}"; decide, record, people, scim or admin is expected`).
				With("what", shorten(what)).On("may")
		}
	}
	return nil
}

// ordered returns a sorted copy without repetition.
func ordered(list []string) []string {
	sorted := append([]string{}, list...)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// hashed returns how a secret is stored: hex SHA-256, for secrets have enough randomness of their own.
func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Key returns the caller that the secret proves: the API key itself is the actor. An unknown or ended key is
// Unauthenticated, indistinguishably.
func (r *Applications) Key(ctx context.Context, secret string) (standin.Caller, error) {
	const op = "application.key"
	var caller standin.Caller
	err := r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		k, stored, err := scanKey(tx.QueryRow(ctx, selectKeys+` WHERE secret_hash = $1`, hashed(secret)))
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		if err != nil || k.ended() || subtle.ConstantTimeCompare([]byte(stored), []byte(hashed(secret))) != 1 {
			return standin.Refuse(standin.Unauthenticated, op, "application.unknown_key", "This API key is not known.")
		}
		caller = standin.Caller{Organisation: k.organisation, Actor: standin.KeyActor(k.ID), May: k.May}
		return nil
	})
	if err != nil {
		return standin.Caller{}, err
	}
	return caller, nil
}

// CheckClientSecret refuses a secret that is not the live client's. A public client has none, and none is right for it.
func (r *Applications) CheckClientSecret(ctx context.Context, tx *db.Tx, id standin.ClientID, secret string) error {
	c, stored, err := scanClient(tx.QueryRow(ctx, selectClients+` WHERE id = $1`, string(id)))
	if err != nil && !db.IsNotFound(err) {
		return err
	}
	right := subtle.ConstantTimeCompare([]byte(stored), []byte(hashed(secret))) == 1
	if err != nil || c.ended() || stored == "" || !right {
		return standin.Refuse(standin.Unauthenticated, "application.client_secret", "application.unknown_client",
			"This client or its secret is not known.")
	}
	return nil
}
