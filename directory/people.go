package directory

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
)

// PutPerson is PutPersonIn in a transaction of its own.
func (d *Directory) PutPerson(ctx context.Context, caller standin.Caller, p Person) (put Person, changed bool, err error) {
	err = d.change(ctx, caller, "person.change", personResource(p.ID), func(ctx context.Context, tx *db.Tx) error {
		put, changed, err = d.PutPersonIn(ctx, tx, caller, p)
		return err
	})
	return put, changed, err
}

// PutPersonIn creates a person of the caller's organisation, where p.ID is "" or, for the operator, of nobody yet; or
// changes name, address, unit, manager, time zone and language. It needs standin:person.manage at the person's unit,
// old and new. An empty time zone keeps the person's, or takes the organisation's. p.AcceptedAt counts for the operator
// and at creation alone. Where p.Version is not 0 and no longer the person's, Conflict. changed is false where everything
// was so already, and then nothing is recorded.
func (d *Directory) PutPersonIn(ctx context.Context, tx *db.Tx, caller standin.Caller, p Person) (put Person, changed bool, err error) {
	now := standin.Now(d.now)
	p.Organisation = caller.Organisation
	key, err := p.check()
	if err != nil {
		return Person{}, false, err
	}
	if err := d.maySee(ctx, tx, caller); err != nil {
		return Person{}, false, err
	}
	old, exists, clash, err := d.clashes(ctx, tx, caller, p, key)
	if err != nil {
		return Person{}, false, err
	}
	if exists {
		if err := d.manages(ctx, tx, caller, old); err != nil {
			return Person{}, false, err
		}
		if err := sameVersion(p.Version, old.Version); err != nil {
			return Person{}, false, err
		}
	}
	if clash != nil { // told only now, for it would tell that there is somebody outside of the caller's scope (THREATS 10)
		return Person{}, false, clash
	}
	if p.Unit, err = d.place(ctx, tx, caller, old, p); err != nil {
		return Person{}, false, err
	}
	if exists {
		return d.changePerson(ctx, tx, caller, now, old, p, key)
	}
	p, err = d.createPerson(ctx, tx, caller, now, p, key)
	return p, err == nil, err
}

// check brings the person's own words into their form and returns the key of the address.
func (p *Person) check() (key string, err error) {
	if p.ID != "" {
		if err := names.ID(string(p.ID)); err != nil {
			return "", err
		}
	}
	if p.Name, err = names.Check(p.Name); err != nil {
		return "", err
	}
	if p.Email, key, err = names.Email(p.Email); err != nil {
		return "", err
	}
	if p.TimeZone != "" {
		if p.TimeZone, err = names.TimeZone(p.TimeZone); err != nil {
			return "", err
		}
	}
	p.Language, err = names.Language(p.Language)
	return key, err
}

// clashes finds the person whose id p bears; clash refuses ids and addresses that are somebody else's.
func (d *Directory) clashes(ctx context.Context, tx *db.Tx, caller standin.Caller, p Person, key string) (old Person, exists bool, clash, err error) {
	taken, elsewhere := false, false
	err = each(ctx, tx, func(row scanner) error {
		other, _, err := scanPerson(row)
		switch {
		case err != nil:
			return err
		case other.ID == p.ID && other.Organisation == p.Organisation:
			old, exists = other, true
		case other.ID == p.ID:
			elsewhere = true
		default:
			taken = true
		}
		return nil
	}, `SELECT `+personColumns+` FROM people WHERE id = $1 OR email_key = $2`, string(p.ID), key)
	switch {
	case err != nil:
		return old, false, nil, err
	case p.ID != "" && !exists && !caller.Actor.IsOperator():
		return old, false, nil, unknownPerson(p.ID)
	case elsewhere:
		clash = standin.Refuse(standin.Conflict, "directory.put_person", "directory.id_taken", `The id "{id}" is taken. Ids are never used twice.`).
			With("id", p.ID).On("id")
	case taken:
		clash = standin.Refuse(standin.Conflict, "directory.put_person", "directory.email_taken", "This e-mail address belongs to somebody else already.").On("email")
	}
	return old, exists, clash, nil
}

// place returns the unit where p belongs by now. It refuses a unit or manager that the caller may not give, or that cannot
// be.
func (d *Directory) place(ctx context.Context, tx *db.Tx, caller standin.Caller, old, p Person) (standin.UnitID, error) {
	there, ended := p.Unit, error(nil)
	if p.Unit != "" && (old.ID == "" || p.Unit != old.Unit) {
		there, ended = d.living(ctx, tx, p.Organisation, p.Unit)
		if unitOver(ended) && old.ID != "" && caller.Actor.IsOperator() {
			there, ended = old.Unit, nil // a file does not revive what somebody ended
		}
		if ended != nil {
			there = p.Unit
		}
	}
	moved := old.ID == "" || old.Unit != there
	if old.ID != "" && (moved || old.Manager != p.Manager) && caller.Actor.Person() == old.ID {
		return "", standin.Refuse(standin.Denied, "directory.put_person", "directory.own_place", "Nobody changes their own unit or manager. Ask another administrator.").On("unit")
	}
	if moved {
		if err := d.Require(ctx, tx, caller, "person", "manage", there); err != nil {
			return "", err
		}
		if err := d.mayMove(ctx, tx, caller, old, there); err != nil {
			return "", err
		}
		if ended != nil {
			return "", ended
		}
		if old.ID != "" && there != "" {
			if err := d.mayRaise(ctx, tx, caller, old.ID); err != nil { // by what they hold at their own unit, and what limits say of it
				return "", err
			}
		}
	}
	if p.Manager == "" || p.Manager == old.Manager {
		return there, nil
	}
	return there, d.checkManager(ctx, tx, p)
}

// DeepestManagers is how many people may stand above one another.
const DeepestManagers = 1000

// checkManager refuses a manager who does not exist, or who is managed by the person.
func (d *Directory) checkManager(ctx context.Context, tx *db.Tx, p Person) error {
	above := p.Manager
	for range DeepestManagers {
		if above == p.ID {
			break
		}
		manager, err := d.Person(ctx, tx, p.Organisation, above)
		if err != nil {
			return onField(err, "manager")
		}
		if manager.Manager == "" || p.ID == "" {
			return nil
		}
		above = manager.Manager
	}
	return standin.Refuse(standin.Invalid, "directory.put_person", "directory.manager_cycle", "Nobody is their own manager, nor the manager of somebody above them.").On("manager")
}

func (d *Directory) createPerson(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, p Person, key string) (Person, error) {
	o, err := d.Organisation(ctx, tx, p.Organisation)
	if err != nil {
		return p, err
	}
	if p.ID == "" {
		p.ID = standin.PersonID(standin.NewID("p"))
	}
	if p.TimeZone == "" {
		p.TimeZone = o.Settings.TimeZone
	}
	accepted := !p.AcceptedAt.IsZero() && caller.Actor.IsOperator()
	p.AcceptedAt, p.AcceptedVersion = time.Time{}, ""
	if accepted {
		p.AcceptedAt, p.AcceptedVersion = now, o.Settings.Notice(p.Language).Version
	}
	p.LastSignIn, p.InactiveAt, p.ActiveSince, p.CreatedAt, p.Version = time.Time{}, time.Time{}, now, now, 1
	_, err = tx.Exec(ctx, `INSERT INTO people (organisation, id, name, email, email_key, search, sort_key, unit, manager, time_zone, language, accepted_at,
			accepted_version, active_since, created_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15)`,
		string(p.Organisation), string(p.ID), p.Name, p.Email, key, names.Search(p.Name, p.Email), names.SortKey(p.Name), unitOrNull(p.Unit), string(p.Manager),
		p.TimeZone, p.Language, db.Time{Time: p.AcceptedAt}, p.AcceptedVersion, standin.Micros(now), p.Version)
	if err != nil {
		return p, err
	}
	return p, d.record(ctx, tx, caller, now, "person.create", p.resource(), nil, p.state())
}

func (d *Directory) changePerson(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, old, p Person, key string) (Person, bool, error) {
	next := old
	next.Name, next.Email, next.Unit, next.Manager, next.Language = p.Name, p.Email, p.Unit, p.Manager, p.Language
	if p.TimeZone != "" {
		next.TimeZone = p.TimeZone
	}
	if next == old {
		return old, false, nil
	}
	next.Version++
	if _, err := tx.Exec(ctx, `UPDATE people SET name = $3, email = $4, email_key = $5, search = $6, sort_key = $7, unit = $8, manager = $9, time_zone = $10,
			language = $11, version = $12 WHERE organisation = $1 AND id = $2`,
		string(next.Organisation), string(next.ID), next.Name, next.Email, key, names.Search(next.Name, next.Email), names.SortKey(next.Name), unitOrNull(next.Unit),
		string(next.Manager), next.TimeZone, next.Language, next.Version); err != nil {
		return old, false, err
	}
	return next, true, d.record(ctx, tx, caller, now, "person.change", next.resource(), old.state(), next.state())
}

func unitOrNull(id standin.UnitID) any {
	if id == "" {
		return nil
	}
	return string(id)
}

// maySee refuses, alike whatever they ask about, callers who may manage nobody at all.
func (d *Directory) maySee(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
	if caller.Acting() {
		return notWhileActing()
	}
	all, units, err := d.ScopesOf(ctx, tx, caller, "person", "manage")
	if err != nil && !db.IsNotFound(err) {
		return err
	}
	if !all && len(units) == 0 {
		return notEntitled("person", "manage")
	}
	return nil
}

// manages refuses what the caller may not do to the person: NotFound where the person is outside of their scope, which
// must look as if there were nobody (THREATS 10), Denied where the person is above them.
func (d *Directory) manages(ctx context.Context, tx *db.Tx, caller standin.Caller, p Person) error {
	if err := d.maySee(ctx, tx, caller); err != nil {
		return err
	}
	err := d.Require(ctx, tx, caller, "person", "manage", p.Unit)
	if standin.KindOf(err) == standin.Denied {
		return unknownPerson(p.ID)
	}
	if err != nil || unbound(caller, "person", "manage") {
		return err
	}
	mine, err := d.Powers(ctx, tx, caller.Organisation, caller.Actor.Person())
	if err != nil {
		return err
	}
	theirs, err := d.rank(ctx, tx, p)
	if err != nil {
		return err
	}
	if theirs > mine.Rank() {
		return standin.Refuse(standin.Denied, "directory.manage", "directory.above", "{name} has a higher role than yours.").With("name", p.Name)
	}
	return nil
}

// rank is that of the person's roles, even while they are inactive.
func (d *Directory) rank(ctx context.Context, tx *db.Tx, p Person) (int, error) {
	held, err := d.Holdings(ctx, tx, p.Organisation, p.ID)
	highest := 0
	for _, h := range held {
		highest = max(highest, h.Role.Rank)
	}
	return highest, err
}
