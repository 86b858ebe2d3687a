package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/standin-id/standin"
)

// Key signs checkpoints. Its name is the installation's.
type Key struct {
	name    string
	private ed25519.PrivateKey
	text    string
}

// NewKey makes a key for the installation of that name: not empty, no spaces, no plus.
func NewKey(name string) (Key, error) {
	text, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return Key{}, err
	}
	return ParseKey(text)
}

// ParseKey reads a key as Secret writes it.
func ParseKey(text string) (Key, error) {
	bad := standin.Refuse(standin.Invalid, "ledger.key", "ledger.bad_key", "The ledger's signing key cannot be read.")
	text = strings.TrimSpace(text)
	s, err := note.NewSigner(text)
	if err != nil {
		return Key{}, bad // not its cause, which could quote the key
	}
	parts := strings.SplitN(text, "+", 5) // PRIVATE, KEY, name, hash, seed
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return Key{}, bad
	}
	return Key{name: s.Name(), private: ed25519.NewKeyFromSeed(seed[1:]), text: text}, nil
}

// Secret returns the key in the form of golang.org/x/mod/sumdb/note. Whoever has it can sign other histories.
func (k Key) Secret() string { return k.text }

// String returns the key's name, so that a logged key tells nothing.
func (k Key) String() string { return k.name }

// Verifier returns the key's public half.
func (k Key) Verifier() Verifier {
	if k.private == nil {
		return Verifier{} // no key: nothing verifies by it
	}
	return Verifier{name: k.name, public: k.private.Public().(ed25519.PublicKey)}
}

// signer returns the key under the origin's name, as C2SP tlog-checkpoint wants it.
func (k Key) signer(origin string) (note.Signer, error) {
	v, err := k.Verifier().verifier(origin)
	return signer{v, k.private}, err
}

type signer struct {
	note.Verifier
	private ed25519.PrivateKey
}

func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.private, msg), nil }

// Verifier checks checkpoints. It is public.
type Verifier struct {
	name   string
	public ed25519.PublicKey
}

// ParseVerifier reads a verifier as String writes it.
func ParseVerifier(text string) (Verifier, error) {
	text = strings.TrimSpace(text)
	bad := standin.Refuse(standin.Invalid, "ledger.key", "ledger.bad_verifier", "The ledger's public key cannot be read. It has the form name+hash+key.")
	v, err := note.NewVerifier(text)
	if err != nil {
		return Verifier{}, bad.Because(err)
	}
	key, err := base64.StdEncoding.DecodeString(text[len(v.Name())+1+8+1:])
	if err != nil || len(key) != 1+ed25519.PublicKeySize {
		return Verifier{}, bad
	}
	return Verifier{name: v.Name(), public: key[1:]}, nil
}

// Name returns the installation's name.
func (v Verifier) Name() string { return v.name }

// String returns the verifier in the form of golang.org/x/mod/sumdb/note.
func (v Verifier) String() string {
	text, err := note.NewEd25519VerifierKey(v.name, v.public)
	if err != nil {
		return ""
	}
	return text
}

// verifier returns the same key under the name of an origin.
func (v Verifier) verifier(origin string) (note.Verifier, error) {
	text, err := note.NewEd25519VerifierKey(origin, v.public)
	if err != nil {
		return nil, err
	}
	return note.NewVerifier(text)
}
