// Package standin owns the words that every room shares: identifiers, instants, callers and the kinds of error.
//
// Standin lets one person act for another in software. Two people appear everywhere: the actor, who is really there, and
// the principal, whom they act for. They are always passed in that order. The package depends on the standard library
// only, holds no state and does no I/O.
package standin

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"
)

// Identifiers are opaque text, unique in the installation (a unit's and a role's within its organisation) and never used
// again for anything else (THREATS 47). Each kind has its own type, so that one cannot be passed for another.
type (
	OrganisationID string
	// UnitID is the unit's path within its organisation, "sales/emea".
	UnitID        string
	PersonID      string
	RoleID        string
	GroupID       string
	DelegationID  string
	ApplicationID string
	ClientID      string
	KeyID         string
	// LoginID names one sign-in of one person in one browser.
	LoginID string
	// SessionID names one acting session: one time that an actor uses a delegation.
	SessionID string
	// GrantID names what one application holds on somebody's behalf: its sign-in, or what it exchanged that for.
	GrantID  string
	RecordID string
	// ProposalID names one change of the rules that waits for a second person.
	ProposalID string
)

// Operator is the organisation whose tree holds what the operator of the installation does.
const Operator OrganisationID = "standin"

// NewID returns prefix, a hyphen, and 26 random characters (130 bits from crypto/rand).
func NewID(prefix string) string {
	var b [17]byte
	rand.Read(b[:])
	return prefix + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))[:26]
}

// NewSecret returns 32 bytes from crypto/rand as unpadded base32, for tokens and keys that Standin makes itself.
func NewSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// Micros returns t as UTC microseconds since 1970, the form in which every instant is stored.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// Instant returns the instant that is stored as micros.
func Instant(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// Now reads clock as an instant that survives storing: UTC, whole microseconds.
func Now(clock func() time.Time) time.Time { return clock().UTC().Truncate(time.Microsecond) }

// Moved returns the unit's path once the unit from has the path to; what is not at or below from stays where it is.
func (u UnitID) Moved(from, to UnitID) UnitID {
	if !u.Within(from) {
		return u
	}
	return to + u[len(from):]
}

// Within reports whether the unit is at or below the unit of scope. Nothing is within the empty scope, and no unit at all
// is within none: what names no unit is reached by no permission that needs one.
func (u UnitID) Within(scope UnitID) bool {
	return scope != "" && (u == scope || strings.HasPrefix(string(u), string(scope)+"/"))
}
