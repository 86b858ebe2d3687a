// Package world owns organisations as files describe them: it reads a world file, shows what applying it would change,
// and applies it (DESIGN.md §7). The file is the operator speaking: form, references, organisation and cap are checked;
// windows in the past, acceptance and who may name whom are not. It refuses a file as a whole before it writes anything,
// never removes what a file omits, and never revives or widens what somebody ended or narrowed.
package world

import (
	"fmt"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// File is what a world file says, well formed and free of contradictions within itself. A nil pointer stands for a key
// that the file omits: what is there stays as it is, and what is created gets the default.
type File struct {
	Name          string
	Organisations []Organisation
	Clients       []Client
	Keys          []Key
}

// Organisation is one organisation with everything in it that the file names.
type Organisation struct {
	place
	ID           standin.OrganisationID
	Name         *string // required where the organisation is created
	Settings     Settings
	Units        []Unit
	Applications []Application
	Roles        []Role
	People       []Person
	Delegations  []Delegation
	Guardrails   *string
}

// Settings are those that the file sets.
type Settings struct {
	place
	ActingDefault, ActingMax       *time.Duration
	DelegationMax                  *time.Duration // 0 for no cap
	DelegationAccept               *bool
	Word                           *string
	SuperAdminsOnly, NotifyChanges *bool
	Calls                          *string
	NoticeVersion, NoticeText      *string
	TimeZone                       *string
}

// Unit is a unit of an organisation.
type Unit struct {
	place
	ID standin.UnitID
}

// Application is an application; the organisation is filled in when it is planned.
type Application struct {
	place
	application.Application
}

// Role is a role with the place of each of its permissions.
type Role struct {
	place
	rights.Role
	allowAt []Position
}

// Person is a person with the roles that the file gives them.
type Person struct {
	place
	ID            standin.PersonID
	Name, Email   string
	Password      string // counts only when the person is created, "" for none
	AcceptedTerms bool   // counts only when the person is created
	Unit          *standin.UnitID
	Manager       *standin.PersonID
	TimeZone      *string
	Language      *string
	Roles         []HeldRole
}

// HeldRole is a role at a unit; where the unit is "", at the person's own.
type HeldRole struct {
	at   Position
	Role standin.RoleID
	Unit standin.UnitID
}

// Delegation is a delegation. Without Start it starts when it is created; without End it ends after the organisation's
// longest span.
type Delegation struct {
	place
	ID               standin.DelegationID
	Actor, Principal standin.PersonID
	Kind             string
	Start, End       *time.Time
	Purpose          *string
	Limits           *rights.Limits
	EnabledFor       time.Duration // of a standby; counts only when it is created, 0 for dormant
	allowAt, denyAt  []Position
	unitsAt          []Position
	noted            bool // a problem of the limits was noted where it stands
}

// Client is an OpenID Connect client with its secret.
type Client struct {
	place
	application.Client
	Secret string
}

// Key is an API key with its secret.
type Key struct {
	place
	application.Key
	Secret string
}

// Over returns the settings with what the file sets.
func (s Settings) Over(base directory.Settings) directory.Settings {
	set(&base.Acting.Default, s.ActingDefault)
	set(&base.Acting.Max, s.ActingMax)
	set(&base.Delegation.Max, s.DelegationMax)
	set(&base.Delegation.Accept, s.DelegationAccept)
	set(&base.Word, s.Word)
	set(&base.Impersonation.SuperAdminsOnly, s.SuperAdminsOnly)
	set(&base.Impersonation.NotifyChanges, s.NotifyChanges)
	set(&base.Calls, s.Calls)
	set(&base.PrivacyNotice.Version, s.NoticeVersion)
	set(&base.PrivacyNotice.Text, s.NoticeText)
	set(&base.TimeZone, s.TimeZone)
	return base
}

// over returns the person with what the file says.
func (p *Person) over(base directory.Person) directory.Person {
	base.ID, base.Name, base.Email = p.ID, p.Name, p.Email
	set(&base.Unit, p.Unit)
	set(&base.Manager, p.Manager)
	if p.TimeZone != nil && *p.TimeZone != "" { // nobody is without a time zone
		base.TimeZone = *p.TimeZone
	}
	set(&base.Language, p.Language)
	return base
}

// set overwrites what the file does not omit.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// Position is a place in the file, counted from 1. Columns count characters.
type Position struct{ Line, Column int32 }

// place says where a thing and its keys stand in the file.
type place struct {
	self Position
	keys []keyPlace
}

type keyPlace struct {
	key string
	at  Position
}

// of returns where the value of the key stands, or else the thing itself.
func (p place) of(key string) Position {
	for _, k := range p.keys {
		if k.key == key {
			return k.at
		}
	}
	return p.self
}

// Problem is one thing in a file that is not as expected.
type Problem struct {
	At      Position // zero where the file as a whole is meant
	Message string
}

// String returns "line 12, column 5: …".
func (p Problem) String() string {
	if p.At == (Position{}) {
		return p.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", p.At.Line, p.At.Column, p.Message)
}

// Problems are the problems of one file, in the order in which they were found, at most maxProblems.
type Problems []Problem

const maxProblems = 20

// Error lists the problems, a line each, so that they can be shown as what a refusal is because of.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n  ")
}

// refuse makes one refusal of all problems, nil if there are none.
func (ps Problems) refuse(file string) error {
	if len(ps) == 0 {
		return nil
	}
	return standin.Refuse(standin.Invalid, "world.load", "world.problems", "{file} is not as expected, so nothing of it was applied.").
		With("file", file).Because(ps)
}

// add notes a problem, unless there are enough of them.
func (ps *Problems) add(at Position, format string, args ...any) {
	if !ps.full() {
		*ps = append(*ps, Problem{at, fmt.Sprintf(format, args...)})
	}
}

// addError notes what a refusal says, if there is one.
func (ps *Problems) addError(at Position, err error) {
	if err != nil {
		ps.add(at, "%s", textOf(err))
	}
}

func (ps *Problems) full() bool { return len(*ps) >= maxProblems }
