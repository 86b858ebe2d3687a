package directory

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
)

// Deactivate is DeactivateIn in a transaction of its own.
func (d *Directory) Deactivate(ctx context.Context, caller standin.Caller, id standin.PersonID) error {
	return d.change(ctx, caller, "person.deactivate", personResource(id), func(ctx context.Context, tx *db.Tx) error {
		_, err := d.DeactivateIn(ctx, tx, caller, id)
		return err
	})
}

// DeactivateIn makes the person inactive: from its commit on they cannot sign in, act or be acted for, and what they had
// begun ends. It needs standin:person.manage. Nobody does it to themselves, nor to the last active person who holds
// standin:*.* for the whole organisation.
func (d *Directory) DeactivateIn(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID) (changed bool, err error) {
	old, err := d.managed(ctx, tx, caller, id)
	if err != nil || !old.Active() {
		return false, err
	}
	if caller.Actor.Person() == id {
		return false, standin.Refuse(standin.Denied, "directory.deactivate", "directory.own_activity", "Nobody makes themselves inactive. Ask another administrator.")
	}
	if err := d.keepAdministrator(ctx, tx, caller.Organisation, func() error {
		return d.setActive(ctx, tx, caller, old, false)
	}); err != nil {
		return false, err
	}
	return true, nil
}

// Reactivate is ReactivateIn in a transaction of its own.
func (d *Directory) Reactivate(ctx context.Context, caller standin.Caller, id standin.PersonID) error {
	return d.change(ctx, caller, "person.reactivate", personResource(id), func(ctx context.Context, tx *db.Tx) error {
		_, err := d.ReactivateIn(ctx, tx, caller, id)
		return err
	})
}

// ReactivateIn makes the person active again. Sign-ins from before stay ended. Who stands in for the person cannot: what they
// could do for them comes back too (THREATS 16).
func (d *Directory) ReactivateIn(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID) (changed bool, err error) {
	old, err := d.managed(ctx, tx, caller, id)
	if err != nil || old.Active() {
		return false, err
	}
	if err := d.mayRaise(ctx, tx, caller, id); err != nil {
		return false, err
	}
	return true, d.setActive(ctx, tx, caller, old, true)
}

func (d *Directory) managed(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID) (Person, error) {
	if err := d.maySee(ctx, tx, caller); err != nil {
		return Person{}, err
	}
	p, err := d.Person(ctx, tx, caller.Organisation, id)
	if err != nil {
		return p, err
	}
	return p, d.manages(ctx, tx, caller, p)
}

func (d *Directory) setActive(ctx context.Context, tx *db.Tx, caller standin.Caller, old Person, active bool) error {
	now := standin.Now(d.now)
	next, action := old, "person.deactivate"
	next.InactiveAt = now
	if active {
		next.InactiveAt, next.ActiveSince, action = time.Time{}, now, "person.reactivate"
	}
	next.Version++
	if _, err := tx.Exec(ctx, `UPDATE people SET inactive_at = $3, active_since = $4, version = $5 WHERE organisation = $1 AND id = $2`,
		string(next.Organisation), string(next.ID), db.Time{Time: next.InactiveAt}, standin.Micros(next.ActiveSince), next.Version); err != nil {
		return err
	}
	return d.record(ctx, tx, caller, now, action, next.resource(), old.state(), next.state())
}

// keepAdministrator runs change and refuses it where it took the organisation's last active administrator away.
func (d *Directory) keepAdministrator(ctx context.Context, tx *db.Tx, org standin.OrganisationID, change func() error) error {
	before, err := d.administrators(ctx, tx, org)
	if err != nil {
		return err
	}
	if err := change(); err != nil || before == 0 {
		return err
	}
	after, err := d.administrators(ctx, tx, org)
	if err == nil && after == 0 {
		err = standin.Refuse(standin.Denied, "directory.administrators", "directory.last_administrator",
			"Somebody active must hold standin:*.* for the whole organisation. Give the role to somebody else first.")
	}
	return err
}

// administrators counts the active people who hold every power of Standin in the whole organisation.
func (d *Directory) administrators(ctx context.Context, tx *db.Tx, org standin.OrganisationID) (n int64, err error) {
	roles, err := d.Roles(ctx, tx, org)
	if err != nil {
		return 0, err
	}
	for _, r := range roles {
		if !r.administers() {
			continue
		}
		var holders int64
		if err := tx.QueryRow(ctx, `SELECT count(DISTINCT p.id) FROM holdings h JOIN people p ON p.organisation = h.organisation AND p.id = h.person
			WHERE h.organisation = $1 AND h.role = $2 AND p.inactive_at IS NULL`, string(org), string(r.ID)).Scan(&holders); err != nil {
			return 0, err
		}
		n += holders
	}
	return n, nil
}

// SetPreferences changes what the caller decides about themselves: the time zone and the language in which pages speak.
// An empty time zone keeps what was. Not while acting.
func (d *Directory) SetPreferences(ctx context.Context, caller standin.Caller, timeZone, lang string) error {
	id := caller.Actor.Person()
	return d.change(ctx, caller, "person.preferences", personResource(id), func(ctx context.Context, tx *db.Tx) error {
		if caller.Acting() || id == "" {
			return notWhileActing()
		}
		old, err := d.Person(ctx, tx, caller.Organisation, id)
		if err != nil {
			return err
		}
		next := old
		if timeZone != "" {
			if next.TimeZone, err = names.TimeZone(timeZone); err != nil {
				return err
			}
		}
		if next.Language, err = names.Language(lang); err != nil || next == old {
			return err
		}
		next.Version++
		if _, err := tx.Exec(ctx, `UPDATE people SET time_zone = $3, language = $4, version = $5 WHERE organisation = $1 AND id = $2`,
			string(next.Organisation), string(id), next.TimeZone, next.Language, next.Version); err != nil {
			return err
		}
		return d.record(ctx, tx, caller, standin.Now(d.now), "person.preferences", next.resource(), old.state(), next.state())
	})
}

// SignedIn notes when the person last signed in, for signin's transaction. It is no change of the person and not
// recorded: the login's own record tells it.
func (d *Directory) SignedIn(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.PersonID, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE people SET last_sign_in = $3 WHERE organisation = $1 AND id = $2`, string(org), string(id), standin.Micros(at))
	return err
}

// AcceptNotice records that the caller accepted this version of the privacy notice, for signin's transaction. Nobody
// accepts for somebody else (THREATS 21), nor a version that is not the one in force.
func (d *Directory) AcceptNotice(ctx context.Context, tx *db.Tx, caller standin.Caller, version string) error {
	id := caller.Actor.Person()
	if caller.Acting() {
		return standin.Refuse(standin.Denied, "directory.accept_notice", "directory.notice_while_acting",
			"Nobody accepts a privacy notice for somebody else. Continue as yourself first.")
	}
	old, err := d.Person(ctx, tx, caller.Organisation, id)
	if err != nil {
		return err
	}
	o, err := d.Organisation(ctx, tx, caller.Organisation)
	if err != nil {
		return err
	}
	if version != o.Settings.Notice(old.Language).Version {
		return standin.Refuse(standin.Conflict, "directory.accept_notice", "directory.notice_changed", "The privacy notice changed meanwhile. Please read the new one.").On("version")
	}
	if old.AcceptedVersion == version {
		return nil
	}
	next, now := old, standin.Now(d.now)
	next.AcceptedAt, next.AcceptedVersion, next.Version = now, version, old.Version+1
	if _, err := tx.Exec(ctx, `UPDATE people SET accepted_at = $3, accepted_version = $4, version = $5 WHERE organisation = $1 AND id = $2`,
		string(next.Organisation), string(id), standin.Micros(now), version, next.Version); err != nil {
		return err
	}
	return d.record(ctx, tx, caller, now, "person.accept_notice", next.resource(), old.state(), next.state())
}
