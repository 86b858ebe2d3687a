// Package token owns what applications hold on people's behalf: authorization requests, codes, grants with their refresh
// tokens, what an access token says, token exchange, and consent.
//
// It refuses a token for anybody who does not stand at that instant: every refresh, exchange and look asks login, acting
// session, delegation, both people and client anew, in one transaction with what it writes. It refuses to begin acting by
// exchange, to widen what a token opens, to let two hold one refresh token, and to say anything of an acting identity
// without naming the actor. Secrets are stored as their SHA-256.
package token

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token/keys"
)

// Tokens keeps grants and what belongs to them. It is safe for concurrent use. A use case that returned nil is durable,
// with its record.
type Tokens struct {
	db           *db.DB
	ledger       *ledger.Ledger
	applications *application.Applications
	directory    *directory.Directory
	delegations  *delegation.Delegations
	acting       *acting.Acting
	signin       *signin.Signin
	keys         *keys.Keys
	issuer       string
	now          func() time.Time
	refusals     *refusals
	proposals    *kept[standin.GrantID, *proposal]
	checked      *kept[[sha256.Size]byte, seen]
	writer       *writer
}

// House is what Tokens stands on. Issuer is the public address, which is in every token.
type House struct {
	DB           *db.DB
	Ledger       *ledger.Ledger
	Applications *application.Applications
	Directory    *directory.Directory
	Delegations  *delegation.Delegations
	Acting       *acting.Acting
	Signin       *signin.Signin
	Keys         *keys.Keys
	Issuer       string
}

// New returns the tokens of the house.
func New(h House, now func() time.Time) *Tokens {
	t := &Tokens{db: h.DB, ledger: h.Ledger, applications: h.Applications, directory: h.Directory, delegations: h.Delegations, acting: h.Acting,
		signin: h.Signin, keys: h.Keys, issuer: h.Issuer, now: now, refusals: &refusals{}, proposals: keeping[standin.GrantID, *proposal](mostProposed),
		checked: keeping[[sha256.Size]byte, seen](mostSeen)}
	t.writer = &writer{tokens: t}
	return t
}

// At returns the same tokens under a public address, for programs that learn theirs late.
func (t *Tokens) At(issuer string) *Tokens {
	at := *t
	at.issuer, at.checked = issuer, keeping[[sha256.Size]byte, seen](mostSeen)
	at.writer = &writer{tokens: &at}
	return &at
}

// Issuer returns the public address that is in every token.
func (t *Tokens) Issuer() string { return t.issuer }

const (
	// ActingLasts is the longest that an access token lives while acting (DESIGN.md P5).
	ActingLasts = 5 * time.Minute
	// OwnLasts is the longest that one lives in one's own name.
	OwnLasts = 15 * time.Minute
	// CodeLasts is how long an authorization code can be redeemed.
	CodeLasts = time.Minute
	// RequestLasts is how long an authorization request waits for a person.
	RequestLasts = 30 * time.Minute
	// Standin is the audience of tokens that open Standin's own API.
	Standin = "standin"
	// mostServices bounds how many times a token is exchanged on.
	mostServices = 5
)

// Hashed returns what is stored of a secret: tokens are random, so one SHA-256 is enough.
func Hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func same(stored, presented string) bool {
	return stored != "" && subtle.ConstantTimeCompare([]byte(stored), []byte(Hashed(presented))) == 1
}

// NewGrantID returns an id for a grant.
func NewGrantID() standin.GrantID { return standin.GrantID(standin.NewID("g")) }

// NewSecret returns a secret of the grant, for its code: the grant's id, a dot, and 32 random bytes.
func NewSecret(id standin.GrantID) string { return string(id) + "." + standin.NewSecret() }

// newRefresh returns a refresh token of the grant's family: the grant's id, what all of the family have in common and nobody
// knows who never had one of them, and 32 random bytes.
func newRefresh(id standin.GrantID, family string) string {
	return string(id) + "." + family + "." + standin.NewSecret()
}

// newFamily returns what the refresh tokens of a grant have in common: 130 random bits.
func newFamily() string { return standin.NewSecret()[:familyLength] }

// familyOf returns what the refresh token has in common with the others of its grant, "" where it is none.
func familyOf(refresh string) string {
	parts := strings.Split(refresh, ".")
	if len(parts) != 3 || len(parts[1]) != familyLength || len(parts[2]) != secretLength {
		return ""
	}
	return parts[1]
}

// GrantOf returns the grant whose code or refresh token the text claims to be, "" where it has not that form.
func GrantOf(secret string) standin.GrantID {
	id, rest, ok := strings.Cut(secret, ".")
	if !ok || len(id) != grantIDLength || len(rest) < secretLength || len(rest) > familyLength+1+secretLength || !strings.HasPrefix(id, "g-") || !plainText(secret) {
		return ""
	}
	return standin.GrantID(id)
}

const (
	grantIDLength = 28
	familyLength  = 26
	secretLength  = 52
)

// plainText reports whether the text has only bytes that an id or a secret can have.
func plainText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-'
	})
}
