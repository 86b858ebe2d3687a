// Package directory owns organisations with their settings, units, people, and the roles that people hold at units; and
// with the roles, who may do what in Standin itself.
//
// It refuses to delete: units, people and roles stay, so that no identifier ever comes to mean somebody else (THREATS 47).
// A person is made inactive. It refuses every change by one who is acting for somebody else, and knows things of other
// organisations as little as things that do not exist.
package directory

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// Directory keeps organisations and people. It is safe for concurrent use.
type Directory struct {
	db           *db.DB
	ledger       *ledger.Ledger
	applications *application.Applications // whose catalogues say which permissions there are
	mandate      Mandate                   // by which limits somebody acts
	principals   Principals                // for whom somebody stands in
	now          func() time.Time
}

// New returns the directory in d.
func New(d *db.DB, l *ledger.Ledger, now func() time.Time) *Directory {
	return &Directory{db: d, ledger: l, applications: application.New(d, l, now), now: now}
}

// Organisation is one company or body. Organisations never see each other.
type Organisation struct {
	ID         standin.OrganisationID
	Name       string
	Settings   Settings
	Guardrails string // the organisation's own, in Cedar
	CreatedAt  time.Time
	Version    int64
}

// Unit is a part of an organisation. Its id is its path, "sales/emea"; the unit "sales" exists too. A path that was a
// unit's once is no other's ever after.
type Unit struct {
	Organisation standin.OrganisationID
	ID           standin.UnitID
	CreatedAt    time.Time
	EndedAt      time.Time      // zero while it lives
	MovedTo      standin.UnitID // the path that the same unit has since then, "" where it ended for good
}

// Living reports whether people, roles and groups can be put at the unit.
func (u Unit) Living() bool { return u.EndedAt.IsZero() }

// Person is one human being in an organisation.
type Person struct {
	Organisation    standin.OrganisationID
	ID              standin.PersonID
	Name            string
	Email           string
	Unit            standin.UnitID   // "" where the person belongs to none
	Manager         standin.PersonID // "" where the person has none
	TimeZone        string           // an IANA name
	Language        string           // a BCP 47 tag, "" where the browser decides
	AcceptedAt      time.Time        // when the privacy notice was accepted, zero where it was not
	AcceptedVersion string
	LastSignIn      time.Time // zero where they never signed in
	InactiveAt      time.Time // zero while active
	ActiveSince     time.Time // of creation or of the last return; logins from before count no more
	CreatedAt       time.Time
	Version         int64
}

// Active reports whether the person may sign in, act, and be acted for.
func (p Person) Active() bool { return p.InactiveAt.IsZero() }

// Holding is a role that a person holds at a unit; Unit "" stands for the person's own unit, whichever that is.
type Holding struct {
	Organisation standin.OrganisationID
	Person       standin.PersonID
	Role         standin.RoleID
	Unit         standin.UnitID
	CreatedAt    time.Time
}

// Role is a role of an organisation.
type Role struct {
	Organisation standin.OrganisationID
	rights.Role
	CreatedAt time.Time
	Version   int64
}

// change runs fn as one transaction. Where it is denied, the refusal is recorded in a transaction of its own.
func (d *Directory) change(ctx context.Context, caller standin.Caller, action, resource string,
	fn func(ctx context.Context, tx *db.Tx) error) error {
	err := d.db.Update(ctx, fn)
	if standin.KindOf(err) != standin.Denied {
		return err
	}
	r := ledger.By(caller)
	r.At, r.Action, r.Resource, r.Outcome, r.Reasons = standin.Now(d.now), action, resource, ledger.Refused, []string{standin.CodeOf(err)}
	if recorded := d.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := d.ledger.Append(ctx, tx, r)
		return err
	}); recorded != nil {
		return recorded
	}
	return err
}

// record appends what was done to resource, and lets the version of the organisation's rules grow where that decides
// anything. before and after are states, or nil.
func (d *Directory) record(ctx context.Context, tx *db.Tx, caller standin.Caller, at time.Time, action, resource string, before, after any) error {
	r := ledger.By(caller)
	r.At, r.Action, r.Resource = at, action, resource
	if before != nil {
		r.Before = ledger.State(before)
	}
	if after != nil {
		r.After = ledger.State(after)
	}
	if _, err := d.ledger.Append(ctx, tx, r); err != nil || !governs(before, after) {
		return err
	}
	return d.applications.RulesChanged(ctx, tx, r.Organisation)
}
