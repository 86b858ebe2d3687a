package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// stored is one row of signing_keys.
type stored struct {
	Key
	public  string // PKIX
	private string // sealed
	seal    string
}

// state is what records tell of a key: everything but its secret.
type state struct {
	ID        string `json:"id"`
	Algorithm string `json:"algorithm"`
	Public    string `json:"public"`
	MadeAt    int64  `json:"made_at"`
	SignsAt   *int64 `json:"signs_at"`
	RetiredAt *int64 `json:"retired_at"`
	StolenAt  *int64 `json:"stolen_at"`
}

func (s stored) state() state {
	return state{s.ID, s.Algorithm, s.public, standin.Micros(s.MadeAt), micros(s.SignsAt), micros(s.RetiredAt), micros(s.StolenAt)}
}

func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	m := standin.Micros(t)
	return &m
}

func (s stored) resource() string { return "signing_key:" + s.ID }

// place is what ties a sealed key to its row.
func (s stored) place() string { return s.Algorithm + " " + s.ID }

const columns = `id, algorithm, public, private, seal, made_at, signs_at, retired_at, stolen_at`

// load reads the keys that anything can still be signed with, and those that signed, the oldest first.
func load(ctx context.Context, tx *db.Tx) (all []stored, err error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM signing_keys ORDER BY made_at, id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s stored
		var made, signs, retired, stolen db.Time
		if err := rows.Scan(&s.ID, &s.Algorithm, &s.public, &s.private, &s.seal, &made, &signs, &retired, &stolen); err != nil {
			return nil, err
		}
		s.MadeAt, s.SignsAt, s.RetiredAt, s.StolenAt = made.Time, signs.Time, retired.Time, stolen.Time
		if err := s.read(); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// read makes the public half usable, and refuses a row whose id is not that of its key, or whose key is not of its algorithm.
func (s *stored) read() error {
	content, err := base64.RawStdEncoding.DecodeString(s.public)
	if err == nil {
		s.Public, err = x509.ParsePKIXPublicKey(content)
	}
	if err != nil {
		return fmt.Errorf("signing key %s: %w", s.ID, err)
	}
	fits := false
	switch key := s.Public.(type) {
	case *ecdsa.PublicKey:
		fits = s.Algorithm == ES256 && key.Curve == elliptic.P256()
	case *rsa.PublicKey:
		fits = s.Algorithm == RS256 && key.N.BitLen() >= bits
	}
	if id, err := thumbprint(s.Public); err != nil || id != s.ID || !fits {
		return fmt.Errorf("signing key %s is not what its row says", s.ID)
	}
	return nil
}

// bits of an RSA key (RFC 7518 §3.3 wants at least these).
const bits = 2048

// forge makes a new key of the algorithm, sealed, at now.
func forge(algorithm string, seal Seal, now time.Time) (s stored, err error) {
	var private crypto.Signer
	if algorithm == RS256 {
		private, err = rsa.GenerateKey(rand.Reader, bits)
	} else {
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		return s, err
	}
	s = stored{Key: Key{Algorithm: algorithm, Public: private.Public(), MadeAt: now}, seal: seal.String()}
	public, err := x509.MarshalPKIXPublicKey(s.Public)
	if err != nil {
		return s, err
	}
	s.public = base64.RawStdEncoding.EncodeToString(public)
	if s.ID, err = thumbprint(s.Public); err != nil {
		return s, err
	}
	content, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return s, err
	}
	s.private, err = seal.shut(content, s.place())
	return s, err
}

// thumbprint names a public key (RFC 7638 §3).
func thumbprint(public crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}

// open returns what signs with the key. Unavailable "keys.sealed" where it was sealed with another key than seal.
func (s stored) open(seal Seal) (*signer, error) {
	content, err := seal.unshut(s.private, s.place())
	if err != nil {
		return nil, standin.Refuse(standin.Unavailable, "keys.open", "keys.sealed",
			"The signing keys in the database were sealed with another key ({sealed}) than the one in this program's keys file "+
				"({ours}). Put the same keys file on all replicas; if it is lost, run standin keys rotate --stolen.").
			With("sealed", s.seal).With("ours", seal).Because(err)
	}
	private, err := x509.ParsePKCS8PrivateKey(content)
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", s.ID, err)
	}
	switch key := private.(type) {
	case *ecdsa.PrivateKey:
		if key.PublicKey.Equal(s.Public) {
			return newSigner(s.Key, key), nil
		}
	case *rsa.PrivateKey:
		if key.PublicKey.Equal(s.Public) {
			return newSigner(s.Key, key), nil
		}
	}
	return nil, fmt.Errorf("signing key %s has another's secret", s.ID)
}

func (s stored) insert(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO signing_keys (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, CAST($7 AS BIGINT), CAST($8 AS BIGINT), CAST($9 AS BIGINT))`,
		s.ID, s.Algorithm, s.public, s.private, s.seal, standin.Micros(s.MadeAt), db.Time{Time: s.SignsAt}, db.Time{Time: s.RetiredAt},
		db.Time{Time: s.StolenAt})
	return err
}

// save writes what changes in a key's life. The secret of one that signs no more is erased.
func (s stored) save(ctx context.Context, tx *db.Tx) error {
	if !s.RetiredAt.IsZero() {
		s.private = ""
	}
	_, err := tx.Exec(ctx, `UPDATE signing_keys SET private = $2, signs_at = CAST($3 AS BIGINT), retired_at = CAST($4 AS BIGINT),
		stolen_at = CAST($5 AS BIGINT) WHERE id = $1`,
		s.ID, s.private, db.Time{Time: s.SignsAt}, db.Time{Time: s.RetiredAt}, db.Time{Time: s.StolenAt})
	return err
}

// Explain yields the state of every signing key, as the last record of its resource in the operator's tree should tell it;
// nothing for other organisations. yield must not use the transaction.
func (k *Keys) Explain(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	if org != standin.Operator {
		return nil
	}
	all, err := load(ctx, tx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := yield(s.resource(), s.state()); err != nil {
			return err
		}
	}
	return nil
}
