package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"

	"github.com/standin-id/standin"
)

// Seal is the key with which signing keys are sealed in the database. The zero Seal opens nothing.
type Seal struct {
	key [sha256.Size]byte
	set bool
}

// NewSeal makes a seal from crypto/rand.
func NewSeal() Seal {
	s := Seal{set: true}
	rand.Read(s.key[:])
	return s
}

// DeriveSeal returns the seal that follows from another secret (HKDF, RFC 5869): programs that have the same secret and no
// seal yet agree on one without a word.
func DeriveSeal(secret string) Seal {
	s := Seal{set: true}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "standin seal 1", len(s.key))
	if err != nil {
		panic(err) // only for lengths that are not ours
	}
	copy(s.key[:], key)
	return s
}

// ParseSeal reads a seal as Secret writes it.
func ParseSeal(text string) (Seal, error) {
	s := Seal{set: true}
	content, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(content) != len(s.key) {
		return Seal{}, standin.Refuse(standin.Invalid, "keys.seal", "keys.bad_seal",
			"This is not a key that signing keys can be sealed with.")
	}
	copy(s.key[:], content)
	return s, nil
}

// Secret returns the seal as text. Whoever has it and the database can sign tokens.
func (s Seal) Secret() string { return base64.RawStdEncoding.EncodeToString(s.key[:]) }

// String returns what names the seal and tells nothing of it, so that a logged seal is no leak.
func (s Seal) String() string {
	if !s.set {
		return "none"
	}
	sum := sha256.Sum256(append([]byte("standin seal name "), s.key[:]...))
	return hex.EncodeToString(sum[:8])
}

func (s Seal) aead() (cipher.AEAD, error) {
	if !s.set {
		return nil, errors.New("there is no seal")
	}
	block, err := aes.NewCipher(s.key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// shut seals the content for one place alone: what is put elsewhere does not open (NIST SP 800-38D).
func (s Seal) shut(content []byte, place string) (string, error) {
	aead, err := s.aead()
	if err != nil {
		return "", err
	}
	return base64.RawStdEncoding.EncodeToString(aead.Seal(nil, nil, content, []byte(place))), nil
}

func (s Seal) unshut(sealed, place string) ([]byte, error) {
	aead, err := s.aead()
	if err != nil {
		return nil, err
	}
	content, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nil, content, []byte(place))
}
