package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// signer is an opened key.
type signer struct {
	id        string
	algorithm string
	key       crypto.Signer
}

func newSigner(k Key, key crypto.Signer) *signer {
	return &signer{id: k.ID, algorithm: k.Algorithm, key: key}
}

// header is the protected header of what is signed here (RFC 7515 §4).
type header struct {
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	Type      string `json:"typ"`
}

// Sign returns the claims as a signed token in compact form (RFC 7515 §7.1), its "typ" as given. Its errors are those of
// Signer.
func (k *Keys) Sign(ctx context.Context, algorithm, typ string, claims []byte) (string, error) {
	s, err := k.signer(ctx, algorithm)
	if err != nil {
		return "", err
	}
	return s.sign(typ, claims)
}

func (s *signer) sign(typ string, claims []byte) (string, error) {
	head, err := json.Marshal(header{s.algorithm, s.id, typ})
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding
	token := make([]byte, 0, text.EncodedLen(len(head))+text.EncodedLen(len(claims))+text.EncodedLen(bits/8)+2)
	token = text.AppendEncode(token, head)
	token = append(token, '.')
	token = text.AppendEncode(token, claims)
	sum := sha256.Sum256(token)
	var signature []byte
	switch key := s.key.(type) {
	case *ecdsa.PrivateKey:
		signature, err = signES256(key, sum[:])
	case *rsa.PrivateKey:
		signature, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:]) // RFC 7518 §3.3
	default:
		err = fmt.Errorf("nothing signs with a %T", key)
	}
	if err != nil {
		return "", err
	}
	token = append(token, '.')
	return string(text.AppendEncode(token, signature)), nil
}

// signES256 returns R and S one behind the other, 32 bytes each (RFC 7518 §3.4).
func signES256(key *ecdsa.PrivateKey, sum []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, key, sum)
	if err != nil {
		return nil, err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signature, nil
}
