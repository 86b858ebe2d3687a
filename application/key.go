package application

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// Key is an API key: a program that asks, or changes, what its entitlements name. Its id is unique in the installation,
// and so is its secret.
type Key struct {
	Organisation standin.OrganisationID
	ID           standin.KeyID
	Name         string    // what people call it, "" where it came from a world file
	May          []string  // of Entitlements; "record" may name the one application in which it counts: "record:desk"
	Expires      time.Time // refused from then on, zero never
	Ended        bool      // refused from now on, and never revived
	MadeBy       standin.Actor
	CreatedAt    time.Time
	Former       time.Time // until when the secret before works, zero where there is none
	UsedAt       time.Time // to the minute, zero where it never was
	Version      int64
}

// Live reports whether the key is answered at the instant.
func (k Key) Live(now time.Time) bool {
	return !k.Ended && (k.Expires.IsZero() || now.Before(k.Expires))
}

// Entitlements returns what API keys can be made for, in order.
func Entitlements() []string { return []string{"admin", "decide", "people", "record", "scim"} }

// Within returns the application in which alone the entitlement counts, and whether it is of that kind: "record:desk". What is
// told by such a key was done in no other application.
func Within(what string) (standin.ApplicationID, bool) {
	id, ok := strings.CutPrefix(what, "record:")
	return standin.ApplicationID(id), ok && rights.ValidName(id) && id != string(rights.Standin)
}

// Covers reports whether what a key was made for comprises the entitlement.
func Covers(may []string, what string) bool {
	all, _, _ := strings.Cut(what, ":")
	return slices.Contains(may, what) || slices.Contains(may, all)
}

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
		if _, ok := Within(what); !ok && !slices.Contains(Entitlements(), what) {
			return standin.Refuse(standin.Invalid, "application.put_key", "application.bad_entitlement",
				`a key cannot be made for "{what}"; decide, record, people, scim or admin is expected, or record:… with an application's id`).
				With("what", shorten(what)).On("may")
		}
	}
	if !readable(k.Name) {
		return badName()
	}
	return nil
}

func badName() error {
	return standin.Refuse(standin.Invalid, "application.name", "application.bad_label",
		"A name has up to {most} characters, none of them a control character.").With("most", maxName).On("name")
}

// applicationsOf refuses what the key would be for in an application that is not there.
func (k Key) applicationsOf(ctx context.Context, tx *db.Tx) error {
	for _, what := range k.May {
		id, ok := Within(what)
		if !ok {
			continue
		}
		if _, err := load(ctx, tx, k.Organisation, id); standin.KindOf(err) == standin.NotFound {
			return standin.Refuse(standin.Invalid, "application.put_key", "application.key_application",
				`there is no application "{id}" for which the key could be`).With("id", shorten(string(id))).On("may")
		} else if err != nil {
			return err
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

// Key returns the caller that the secret proves: the API key itself is the actor. An unknown, ended or expired key is
// Unauthenticated, indistinguishably; so is the secret before a rotation when its overlap is over.
func (r *Applications) Key(ctx context.Context, secret string) (standin.Caller, error) {
	const op = "application.key"
	now := standin.Now(r.now)
	var caller standin.Caller
	err := r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		k, err := scanKey(tx.QueryRow(ctx, selectKeys+` WHERE secret_hash = $1 OR former_hash = $1`, hashed(secret)))
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		if err != nil || !k.key().Live(now) || !k.secrets.match(secret, now) {
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
	c, err := scanClient(tx.QueryRow(ctx, selectClients+` WHERE id = $1`, string(id)))
	if err != nil && !db.IsNotFound(err) {
		return err
	}
	right := c.secrets.match(secret, standin.Now(r.now))
	if err != nil || c.ended() || c.secrets.hash == "" || !right {
		return standin.Refuse(standin.Unauthenticated, "application.client_secret", "application.unknown_client",
			"This client or its secret is not known.")
	}
	return nil
}
