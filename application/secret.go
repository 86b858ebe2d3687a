package application

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"

	"github.com/standin-id/standin"
)

// Overlap is how long the secret before goes on working after a rotation, unless another span is chosen.
const Overlap = 24 * time.Hour

// LongestOverlap is the most that can be chosen.
const LongestOverlap = 7 * 24 * time.Hour

// secrets are what a row keeps of a secret and of the one before it: hashes, and the salt of their fingerprint.
type secrets struct {
	hash        string // "" where there is none
	former      string
	formerUntil int64 // the former one works before that instant; 0 never
	salt        string
}

// fingerprint tells in records which hashes are stored. Nothing can be tried out on it, for the salt is missing, and yet
// hashes that somebody put in their place are found. Rows from before there was a salt have none.
func (s secrets) fingerprint() string {
	if s.salt == "" {
		return ""
	}
	return hashed(s.salt + ":" + s.hash + ":" + s.former)
}

// become returns the secrets with another hash as the only one that works.
func (s secrets) become(hash string) secrets {
	if hash == s.hash {
		return s
	}
	return secrets{hash: hash, salt: standin.NewSecret()}
}

// rotate returns the secrets with another hash, and the present one working until then, where that is ahead.
func (s secrets) rotate(hash string, now, until time.Time) secrets {
	next := secrets{hash: hash, salt: standin.NewSecret()}
	if until.After(now) {
		next.former, next.formerUntil = s.hash, standin.Micros(until)
	}
	return next
}

// match reports whether the secret is the present one, or the former one while that works.
func (s secrets) match(secret string, now time.Time) bool {
	hash := []byte(hashed(secret))
	present := subtle.ConstantTimeCompare([]byte(s.hash), hash) == 1
	former := subtle.ConstantTimeCompare([]byte(s.former), hash) == 1
	return present || former && standin.Micros(now) < s.formerUntil
}

// hashed returns how a secret is stored: hex SHA-256, for secrets have enough randomness of their own.
func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// CheckSecret refuses a secret that is too short to keep anybody out, or too long to be one.
func CheckSecret(secret string) error {
	if len(secret) < minSecret || len(secret) > maxSecret {
		return standin.Refuse(standin.Invalid, "application.secret", "application.bad_secret",
			"a secret has {least} to {most} bytes").With("least", minSecret).With("most", maxSecret).On("secret")
	}
	return nil
}

func checkOverlap(overlap time.Duration) error {
	if overlap < 0 || overlap > LongestOverlap {
		return standin.Refuse(standin.Invalid, "application.rotate", "application.overlap",
			"The secret before works for 0 to {days} days more.").With("days", int(LongestOverlap/(24*time.Hour))).On("overlap")
	}
	return nil
}
