// Package dpop owns what a proof of possession says: DPoP, RFC 9449. Whoever holds a token that is bound to a key shows with
// each request that they hold the key, too.
//
// It refuses a proof that is not for this request, this token and this minute, one that is signed by anything but the key
// it carries, and one whose key is not public. It keeps nothing: that a proof is used once is the caller's to see to, by
// Proof.Once.
package dpop

import (
	"crypto"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Header is the name of the header that carries a proof (§4.1).
const Header = "DPoP"

const (
	// Lasts is how old a proof may be, and how far ahead a client's clock (§11.1).
	Lasts = time.Minute
	most  = 8 << 10 // bytes of a proof
)

// Algorithms are those by which proofs may be signed: none that needs a shared secret (§4.3 no. 5).
var Algorithms = [...]jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.RS256, jose.PS256, jose.EdDSA}

// Proof is what a proof showed.
type Proof struct {
	Thumbprint string // of its key (RFC 7638), as tokens name it in cnf.jkt
	// Once is to be remembered until Until, and refused when it comes again. It is of the key and the proof's jti together,
	// so that nobody uses up somebody else's.
	Once  string
	Until time.Time
}

// Want is what a proof has to be for.
type Want struct {
	Method, URL string
	AccessToken string // "" where the request presents none
	Thumbprint  string // of the key that the token is bound to; "" where any key will do
	Now         time.Time
}

// claims of a proof (§4.2).
type claims struct {
	ID     string      `json:"jti"`
	Method string      `json:"htm"`
	URL    string      `json:"htu"`
	Issued json.Number `json:"iat"`
	Hash   string      `json:"ath"`
}

// From returns the request's one proof; "" where it has none, an error where it has several (§4.3 no. 1).
func From(r *http.Request) (string, error) {
	switch all := r.Header.Values(Header); len(all) {
	case 0:
		return "", nil
	case 1:
		return all[0], nil
	}
	return "", errors.New("the request has more than one DPoP header")
}

// Check reads the proof and refuses it unless it is for what is wanted (§4.3).
func Check(proof string, want Want) (Proof, error) {
	if len(proof) > most {
		return Proof{}, errors.New("the proof is too long")
	}
	signed, err := jose.ParseSignedCompact(proof, Algorithms[:])
	if err != nil || len(signed.Signatures) != 1 {
		return Proof{}, errors.New("the proof is no signed JWT")
	}
	header := signed.Signatures[0].Protected
	if header.ExtraHeaders[jose.HeaderType] != "dpop+jwt" {
		return Proof{}, errors.New("the proof's typ is not dpop+jwt")
	}
	if header.JSONWebKey == nil || !header.JSONWebKey.Valid() || !header.JSONWebKey.IsPublic() {
		return Proof{}, errors.New("the proof carries no public key")
	}
	payload, err := signed.Verify(header.JSONWebKey.Key)
	if err != nil {
		return Proof{}, errors.New("the proof is not signed by the key it carries")
	}
	sum, err := header.JSONWebKey.Thumbprint(crypto.SHA256)
	if err != nil {
		return Proof{}, errors.New("the proof's key has no thumbprint")
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return Proof{}, errors.New("the proof's claims cannot be read")
	}
	p := Proof{Thumbprint: base64.RawURLEncoding.EncodeToString(sum)}
	if err := c.meet(want); err != nil {
		return Proof{}, err
	}
	if want.Thumbprint != "" && subtle.ConstantTimeCompare([]byte(p.Thumbprint), []byte(want.Thumbprint)) == 0 {
		return Proof{}, errors.New("the proof is by another key than the token's")
	}
	once := sha256.Sum256([]byte(p.Thumbprint + "\x00" + c.ID))
	p.Once, p.Until = base64.RawURLEncoding.EncodeToString(once[:]), want.Now.Add(2*Lasts)
	return p, nil
}

// meet refuses claims that are not for what is wanted.
func (c claims) meet(want Want) error {
	if c.ID == "" || len(c.ID) > 256 {
		return errors.New("the proof needs a jti")
	}
	if c.Method != want.Method {
		return errors.New("the proof is for another method")
	}
	if !same(c.URL, want.URL) {
		return errors.New("the proof is for another address")
	}
	seconds, err := c.Issued.Float64()
	if err != nil || seconds < 0 || seconds > 1<<53 {
		return errors.New("the proof needs an iat")
	}
	if at := time.Unix(int64(seconds), 0); at.Before(want.Now.Add(-Lasts)) || at.After(want.Now.Add(Lasts)) {
		return errors.New("the proof is not of this minute")
	}
	if want.AccessToken == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(want.AccessToken))
	if subtle.ConstantTimeCompare([]byte(c.Hash), []byte(base64.RawURLEncoding.EncodeToString(sum[:]))) == 0 {
		return errors.New("the proof is for another access token")
	}
	return nil
}

// same compares two addresses without their queries and fragments (§4.3 no. 9): scheme and host in any case, and the port
// that the scheme has anyway left out or not (RFC 3986 §6.2).
func same(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	if errX != nil || errY != nil || x.User != nil || x.Opaque != "" {
		return false
	}
	return strings.EqualFold(x.Scheme, y.Scheme) && strings.EqualFold(bare(x), bare(y)) && x.EscapedPath() == y.EscapedPath()
}

func bare(u *url.URL) string {
	switch strings.ToLower(u.Scheme) {
	case "https":
		return strings.TrimSuffix(u.Host, ":443")
	case "http":
		return strings.TrimSuffix(u.Host, ":80")
	}
	return u.Host
}
