// Package world owns organisations as files describe them: it reads a world file, shows what applying it would change,
// and applies it (DESIGN.md §7). The file is the operator speaking: form, references, organisation and cap are checked;
// windows in the past, acceptance and who may name whom are not. It refuses a file as a whole before it writes anything,
// never removes what a file omits, and never revives or widens what somebody ended or narrowed.
package world

import (
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world/source"
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
	source.Place
	ID           standin.OrganisationID
	Name         *string // required where the organisation is created
	Settings     Settings
	Units        []Unit
	Applications []Application
	Roles        []Role
	People       []Person
	Groups       []Group
	Delegations  []Delegation
	Guardrails   *string
	zone         string // that the file names, "" for none
}

// Settings are those that the file sets.
type Settings struct {
	source.Place
	ActingDefault, ActingMax       *time.Duration
	DelegationMax                  *time.Duration // 0 for no cap
	DelegationAccept               *bool
	Word                           *string
	SuperAdminsOnly, NotifyChanges *bool
	RecordOwn                      *bool
	Calls                          *string
	NoticeVersion, NoticeText      *string
	TimeZone                       *string
}

// Unit is a unit of an organisation.
type Unit struct {
	source.Place
	ID standin.UnitID
}

// Application is an application; the organisation is filled in when it is planned.
type Application struct {
	source.Place
	application.Application
}

// Role is a role with the place of each of its permissions.
type Role struct {
	source.Place
	rights.Role
	name    *string // what people read
	allowAt []source.Position
}

// Group is a named group of people with those whom the file puts into it.
type Group struct {
	source.Place
	ID          standin.GroupID
	Name        *string
	Description *string
	Unit        *standin.UnitID
	Members     []standin.PersonID
	membersAt   []source.Position
}

// Person is a person with the roles that the file gives them.
type Person struct {
	source.Place
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
	at   source.Position
	Role standin.RoleID
	Unit standin.UnitID
}

// Delegation is a delegation. Without Start it starts when it is created; without End it ends after the organisation's
// longest span.
type Delegation struct {
	source.Place
	ID               standin.DelegationID
	Actor, Principal standin.PersonID
	Kind             string
	Start, End       *time.Time
	Purpose          *string
	Limits           *rights.Limits
	EnabledFor       time.Duration // of a standby; counts only when it is created, 0 for dormant
	allowAt, denyAt  []source.Position
	unitsAt          []source.Position
	startDay, endDay string // the dates that were written, "" where an instant was
	noted            bool   // a problem of the limits was noted where it stands
}

// Client is an OpenID Connect client with its secret.
type Client struct {
	source.Place
	application.Client
	Secret string
}

// Key is an API key with its secret.
type Key struct {
	source.Place
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
	set(&base.Decisions.RecordOwn, s.RecordOwn)
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
