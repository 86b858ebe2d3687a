// Package keys owns the keys that sign Standin's tokens: one for each algorithm that signs, the next one published ahead,
// and those before until what they signed is over. They are the installation's own, made at first use exactly once however
// many programs begin together, kept in the database sealed with a key of the keys file, replaced every ninety days and
// whenever somebody says so, stolen ones at once.
//
// It refuses to sign with a key that it cannot open, to know a key whose state it has not read for half a second, and to
// let any algorithm but the key's own decide about a signature (RFC 8725 §3.1).
package keys

import (
	"context"
	"crypto"
	"log/slog"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// The algorithms that sign (RFC 7518 §3.1).
const (
	ES256 = "ES256"
	RS256 = "RS256"
)

const (
	// Fresh is how old what is known of the keys may be when it is used. A key that was called stolen is refused
	// everywhere within this time.
	Fresh = 500 * time.Millisecond
	// Lasts is how long a key signs before the next one does by itself.
	Lasts = 90 * 24 * time.Hour
	// Published is how long a key is in the key set after it signed last; no token lives that long.
	Published = 24 * time.Hour
)

// The reasons for which a key is in the state that it is in.
const (
	Next    = "next"    // published ahead
	Signs   = "signs"   // new tokens are signed with it
	Retired = "retired" // what it signed is good until it is over
	Stolen  = "stolen"  // what it signed means nothing any more
)

// Key is one signing key without its secret.
type Key struct {
	ID        string // its thumbprint (RFC 7638), "kid" in tokens
	Algorithm string
	Public    crypto.PublicKey
	MadeAt    time.Time
	SignsAt   time.Time // zero while it is next
	RetiredAt time.Time // zero until it signs no more
	StolenAt  time.Time // zero unless somebody said that it was stolen
}

// State returns Next, Signs, Retired or Stolen.
func (k Key) State() string {
	switch {
	case !k.StolenAt.IsZero():
		return Stolen
	case !k.RetiredAt.IsZero():
		return Retired
	case !k.SignsAt.IsZero():
		return Signs
	}
	return Next
}

// Known reports whether what the key signed may be believed, and is therefore in the key set, at now.
func (k Key) Known(now time.Time) bool {
	return k.StolenAt.IsZero() && (k.RetiredAt.IsZero() || now.Before(k.RetiredAt.Add(Published)))
}

// Keys signs and knows what was signed. It is safe for concurrent use.
type Keys struct {
	db        *db.DB
	ledger    *ledger.Ledger
	directory *directory.Directory
	seal      Seal
	now       func() time.Time
	log       *slog.Logger

	mu   sync.Mutex // one reads, the others wait for what it finds
	view *view
	open map[string]*signer // by key id, so that a key is opened once

	making sync.Mutex // first keys: it takes long, and what is signed with others does not wait for it
}

// New returns the keys in d, sealed with seal. Nothing is made before a key is needed.
func New(d *db.DB, l *ledger.Ledger, dir *directory.Directory, seal Seal, now func() time.Time, log *slog.Logger) *Keys {
	return &Keys{db: d, ledger: l, directory: dir, seal: seal, now: now, log: log, open: map[string]*signer{}}
}

// view is the keys as they were read at an instant.
type view struct {
	at      time.Time
	byID    map[string]stored
	signing map[string]stored // by algorithm
	set     jose.JSONWebKeySet
}

// state returns the keys as they were at most Fresh ago. Unavailable where the database does not say.
func (k *Keys) state(ctx context.Context) (*view, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.fresh(ctx)
}

func (k *Keys) fresh(ctx context.Context) (*view, error) {
	now := k.now()
	if v := k.view; v != nil {
		if age := now.Sub(v.at); age >= 0 && age < Fresh {
			return v, nil
		}
	}
	var rows []stored
	err := k.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err = load(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	k.view = look(rows, now)
	return k.view, nil
}

// look arranges the rows as they are at now.
func look(rows []stored, now time.Time) *view {
	v := &view{at: now, byID: map[string]stored{}, signing: map[string]stored{}}
	for _, r := range rows {
		if !r.Known(now) {
			continue
		}
		v.byID[r.ID] = r
		if r.State() == Signs {
			v.signing[r.Algorithm] = r
		}
		v.set.Keys = append(v.set.Keys, jose.JSONWebKey{Key: r.Public, KeyID: r.ID, Algorithm: r.Algorithm, Use: "sig"})
	}
	return v
}

// drop makes the next use read anew.
func (k *Keys) drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.view = nil
}

// Signer returns the key that signs with the algorithm, and its id, making it at first use. A signer that was returned goes
// on working; whether what it signs is believed is asked when it is read. Unavailable "keys.sealed" where it was sealed with
// another key than ours, Invalid for an algorithm that none signs with.
func (k *Keys) Signer(ctx context.Context, algorithm string) (kid string, key crypto.Signer, err error) {
	s, err := k.signer(ctx, algorithm)
	if err != nil {
		return "", nil, err
	}
	return s.id, s.key, nil
}

func (k *Keys) signer(ctx context.Context, algorithm string) (*signer, error) {
	if algorithm != ES256 && algorithm != RS256 {
		return nil, standin.Refuse(standin.Invalid, "keys.sign", "keys.algorithm", "Standin does not sign with {algorithm}.").
			With("algorithm", algorithm)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	v, err := k.fresh(ctx)
	if err != nil {
		return nil, err
	}
	row, ok := v.signing[algorithm]
	if !ok {
		k.mu.Unlock()
		err := k.begin(ctx, algorithm)
		k.mu.Lock()
		if err != nil {
			return nil, err
		}
		k.view = nil
		ctx, cancel := patiently(ctx)
		defer cancel()
		if v, err = k.fresh(ctx); err != nil {
			return nil, err
		}
		if row, ok = v.signing[algorithm]; !ok {
			return nil, standin.Refuse(standin.Unavailable, "keys.sign", "keys.none", "There is no signing key yet. Try again.")
		}
	}
	if s := k.open[row.ID]; s != nil {
		return s, nil
	}
	s, err := row.open(k.seal)
	if err != nil {
		return nil, err
	}
	k.open[row.ID] = s
	return s, nil
}

// Verifier returns the key of the id and its algorithm, by which alone a signature is checked. Unauthenticated "keys.unknown" where
// there is none, where it was stolen, or where all that it signed is over.
func (k *Keys) Verifier(ctx context.Context, kid string) (algorithm string, key crypto.PublicKey, err error) {
	v, err := k.state(ctx)
	if err != nil {
		return "", nil, err
	}
	row, ok := v.byID[kid]
	if !ok {
		return "", nil, standin.Refuse(standin.Unauthenticated, "keys.verify", "keys.unknown",
			"This was signed with a key that Standin does not know, or knows no more.")
	}
	return row.Algorithm, row.Public, nil
}

// Public returns the key set that applications check signatures with (RFC 7517 §5): the keys that sign, those that will,
// and those that did until what they signed is over. There is always one of ES256 in it; RS256 is in it once a client asked
// for it.
func (k *Keys) Public(ctx context.Context) (jose.JSONWebKeySet, error) {
	if _, err := k.signer(ctx, ES256); err != nil && standin.CodeOf(err) != "keys.sealed" {
		return jose.JSONWebKeySet{}, err
	}
	v, err := k.state(ctx)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	return jose.JSONWebKeySet{Keys: append([]jose.JSONWebKey(nil), v.set.Keys...)}, nil
}

// Check reports why this program cannot sign, nil where it can. It makes nothing.
func (k *Keys) Check(ctx context.Context) error {
	v, err := k.state(ctx)
	if err != nil {
		return err
	}
	for _, row := range v.signing {
		if _, err := row.open(k.seal); err != nil {
			return err
		}
	}
	return nil
}
