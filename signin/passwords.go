package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

const (
	shortestPassword = 8
	longestPassword  = 1000
	hashWait         = 5 * time.Second // how long a sign-in waits to be hashed
)

// common are passwords that everybody tries first, one on a line, in lower case.
//
//go:embed common.txt
var common string

// PasswordHash is a password that was checked and hashed, to be stored.
type PasswordHash struct{ encoded string }

// password is one row of passwords.
type password struct {
	organisation standin.OrganisationID
	person       standin.PersonID
	hash         string
	changedAt    time.Time
}

const passwordColumns = `organisation, person, hash, changed_at`

func scanPassword(row scanner) (p password, err error) {
	var changed db.Time
	err = row.Scan((*string)(&p.organisation), (*string)(&p.person), &p.hash, &changed)
	p.changedAt = changed.Time
	return p, err
}

// passwordState tells which hash is stored by its own hash: from it nothing can be tried out, for the salt is missing, and
// yet a hash that somebody put in its place is found.
type passwordState struct {
	Organisation standin.OrganisationID `json:"organisation"`
	Person       standin.PersonID       `json:"person"`
	Fingerprint  string                 `json:"fingerprint"`
	ChangedAt    int64                  `json:"changed_at"`
}

func (p password) state() passwordState {
	sum := sha256.Sum256([]byte(p.hash))
	return passwordState{p.organisation, p.person, hex.EncodeToString(sum[:]), standin.Micros(p.changedAt)}
}

func (p password) resource() string { return "password:" + string(p.person) }

// Hash checks a new password and hashes it, outside of any transaction, for hashing takes long.
func (s *Signin) Hash(ctx context.Context, text string) (PasswordHash, error) {
	if err := CheckPassword(text); err != nil {
		return PasswordHash{}, err
	}
	release, err := s.hasher.wait(ctx)
	if err != nil {
		return PasswordHash{}, err
	}
	defer release()
	encoded, err := s.hasher.create(normal(text), &s.options.Hash)
	return PasswordHash{encoded}, err
}

// CheckPassword refuses a password that nobody should have. Length counts, not composition (NIST SP 800-63B-4
// §3.1.1.2): 8 to 1,000 characters, none that everybody tries first.
func CheckPassword(text string) error {
	text = normal(text)
	if n := utf8.RuneCountInString(text); n < shortestPassword || n > longestPassword {
		return standin.Refuse(standin.Invalid, "signin.password", "signin.password_length", "A password has {least} to {most} characters.").
			With("least", shortestPassword).With("most", "1,000").On("password")
	}
	if tooCommon(text) {
		return standin.Refuse(standin.Invalid, "signin.password", "signin.password_common",
			"Everybody tries this password first. Choose another one.").On("password")
	}
	return nil
}

// normal is the one form of a password, however the keyboard wrote its accents.
func normal(text string) string { return norm.NFC.String(text) }

func tooCommon(text string) bool {
	text = strings.ToLower(text)
	for line := range strings.Lines(common) {
		if text == strings.TrimSpace(line) {
			return true
		}
	}
	first, _ := utf8.DecodeRuneInString(text)
	return strings.Trim(text, string(first)) == "" || strings.Contains("01234567890123456789", text) || strings.Contains("98765432109876543210", text) ||
		strings.Contains("abcdefghijklmnopqrstuvwxyz", text)
}

// SetPassword is Hash and SetPasswordIn in a transaction of its own.
func (s *Signin) SetPassword(ctx context.Context, caller standin.Caller, person standin.PersonID, text string) error {
	hash, err := s.Hash(ctx, text)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error { return s.SetPasswordIn(ctx, tx, caller, person, hash) })
}

// SetPasswordIn gives the person the password and ends their logins. Only the operator may.
func (s *Signin) SetPasswordIn(ctx context.Context, tx *db.Tx, caller standin.Caller, person standin.PersonID, hash PasswordHash) error {
	now := standin.Now(s.now)
	if !caller.Actor.IsOperator() || hash.encoded == "" {
		return standin.Refuse(standin.Denied, "signin.set_password", "signin.operator_only", "Only the operator of the installation sets passwords.")
	}
	if _, err := s.directory.Person(ctx, tx, caller.Organisation, person); err != nil {
		return err
	}
	if err := s.savePassword(ctx, tx, ledger.By(caller), "password.set", password{caller.Organisation, person, hash.encoded, now}, now); err != nil {
		return err
	}
	logins, err := open(ctx, tx, caller.Organisation, person)
	for _, l := range logins {
		if err := s.end(ctx, tx, l, caller, now, now, howPassword); err != nil {
			return err
		}
	}
	return err
}

// HasPassword reports whether the person has one.
func (s *Signin) HasPassword(ctx context.Context, tx *db.Tx, org standin.OrganisationID, person standin.PersonID) (bool, error) {
	p, err := loadPassword(ctx, tx, org, person)
	return p.hash != "", err
}

// loadPassword returns the person's password, with no hash where there is none.
func loadPassword(ctx context.Context, tx *db.Tx, org standin.OrganisationID, person standin.PersonID) (password, error) {
	p, err := scanPassword(tx.QueryRow(ctx, `SELECT `+passwordColumns+` FROM passwords WHERE organisation = $1 AND person = $2`, string(org), string(person)))
	if db.IsNotFound(err) {
		return password{organisation: org, person: person}, nil
	}
	return p, err
}

func (s *Signin) savePassword(ctx context.Context, tx *db.Tx, by ledger.Record, action string, p password, now time.Time) error {
	old, err := loadPassword(ctx, tx, p.organisation, p.person)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO passwords (organisation, person, hash, changed_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organisation, person) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at`,
		string(p.organisation), string(p.person), p.hash, standin.Micros(p.changedAt)); err != nil {
		return err
	}
	var before any
	if old.hash != "" {
		before = old.state()
	}
	return s.record(ctx, tx, by, now, action, p.resource(), before, p.state())
}

// hasher bounds how much memory hashing takes: so many at once, so many waiting, the rest is refused.
type hasher struct {
	options Options
	slots   chan struct{}
	queue   chan struct{}
	dummy   string // looks like a hash and is that of no password; compared with where there is none
	check   func(text, hash string) (right bool, made *argon2id.Params, err error)
	create  func(text string, with *argon2id.Params) (string, error)
}

func newHasher(o Options) *hasher {
	return &hasher{options: o, slots: make(chan struct{}, o.Hashing), queue: make(chan struct{}, o.Hashing+o.Waiting), dummy: noHash(o.Hash),
		check: argon2id.CheckHash, create: argon2id.CreateHash}
}

// noHash is random bytes in the form of a hash made with p. Nothing is hashed for it, so that the first address that
// nobody has takes no longer than the second.
func noHash(p argon2id.Params) string {
	salt, key := make([]byte, p.SaltLength), make([]byte, p.KeyLength)
	rand.Read(salt)
	rand.Read(key)
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.Memory, p.Iterations, p.Parallelism, text(salt), text(key))
}

// wait returns once a password may be hashed; release must be called after it.
func (h *hasher) wait(ctx context.Context) (release func(), err error) {
	busy := func() error {
		return standin.Refuse(standin.TooMany, "signin.password", "signin.busy", "Too many people are signing in at once. Try again in a moment.")
	}
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, busy()
	}
	leave := func() { <-h.queue }
	patience := time.NewTimer(hashWait)
	defer patience.Stop()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; leave() }, nil
	case <-patience.C:
		err = busy()
	case <-ctx.Done():
		err = standin.Refuse(standin.Unavailable, "signin.password", "signin.given_up", "The request was given up before it was answered.").Because(ctx.Err())
	}
	leave()
	return nil, err
}

// matches compares in constant time; without a hash it takes as long and says no (THREATS 81). stale says that the hash
// was made with other parameters than those of today.
func (h *hasher) matches(text, hash string) (right, stale bool, err error) {
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	right, made, err := h.check(normal(text), hash)
	if err != nil {
		return false, false, err
	}
	return right && known, known && *made != h.options.Hash, nil
}
