package directory

import (
	"context"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
)

// Group is people who are addressed together, whatever their units; a unit, with everybody at or below it, is addressed
// without one. It gives nobody a right.
//
// Whoever manages people at the group's unit manages the group; where it has no unit, whoever does in the whole
// organisation.
type Group struct {
	Organisation standin.OrganisationID
	ID           standin.GroupID
	Name         string // unique among the organisation's living groups, whatever its case
	Description  string
	Unit         standin.UnitID // "" where the group is the whole organisation's
	EndedAt      time.Time      // zero while it lives
	CreatedAt    time.Time
	Version      int64
}

// Member is a person in a group. A person who is inactive stays in it and does not count.
type Member struct {
	Person Person
	Since  time.Time
}

// Counts reports whether what is addressed to the group reaches the member.
func (m Member) Counts() bool { return m.Person.Active() }

// PutGroup is PutGroupIn in a transaction of its own.
func (d *Directory) PutGroup(ctx context.Context, caller standin.Caller, g Group) (put Group, changed bool, err error) {
	err = d.change(ctx, caller, "group.change", groupResource(g.ID), func(ctx context.Context, tx *db.Tx) error {
		put, changed, err = d.PutGroupIn(ctx, tx, caller, g)
		return err
	})
	return put, changed, err
}

// PutGroupIn creates a group of the caller's organisation, where g.ID is "" or, for the operator, of no group yet; or
// changes name, description and unit. It needs standin:person.manage at the group's unit, old and new. Where g.Version is
// not 0 and no longer the group's, Conflict; a name that another living group has is Conflict too. changed is false where
// everything was so already, and then nothing is recorded.
func (d *Directory) PutGroupIn(ctx context.Context, tx *db.Tx, caller standin.Caller, g Group) (put Group, changed bool, err error) {
	now := standin.Now(d.now)
	g.Organisation = caller.Organisation
	if err := g.check(); err != nil {
		return Group{}, false, err
	}
	if err := d.maySee(ctx, tx, caller); err != nil {
		return Group{}, false, err
	}
	old, err := d.oldGroup(ctx, tx, caller, g)
	if err != nil {
		return Group{}, false, err
	}
	if old.ID == "" || g.Unit != old.Unit {
		if err := d.Require(ctx, tx, caller, "person", "manage", g.Unit); err != nil {
			return Group{}, false, err
		}
		if g.Unit, err = d.living(ctx, tx, g.Organisation, g.Unit); err != nil {
			return Group{}, false, err
		}
	}
	if err := d.freeName(ctx, tx, g); err != nil {
		return Group{}, false, err
	}
	if old.ID == "" {
		g, err = d.createGroup(ctx, tx, caller, now, g)
		return g, err == nil, err
	}
	next := old
	next.Name, next.Description, next.Unit = g.Name, g.Description, g.Unit
	if next == old {
		return old, false, nil
	}
	next.Version++
	return next, true, d.saveGroup(ctx, tx, caller, now, "group.change", old, next)
}

// oldGroup returns the group that g is to become of, the zero Group where g is new.
func (d *Directory) oldGroup(ctx context.Context, tx *db.Tx, caller standin.Caller, g Group) (Group, error) {
	if g.ID == "" {
		return Group{}, nil
	}
	old, err := d.ruledGroup(ctx, tx, caller, g.ID)
	if db.IsNotFound(err) && caller.Actor.IsOperator() {
		return Group{}, nil
	}
	if err != nil {
		return Group{}, err
	}
	if !old.EndedAt.IsZero() {
		return Group{}, groupEnded()
	}
	return old, sameVersion(g.Version, old.Version)
}

// freeName refuses a name that another living group has.
func (d *Directory) freeName(ctx context.Context, tx *db.Tx, g Group) error {
	var id string
	err := tx.QueryRow(ctx, `SELECT id FROM named_groups WHERE organisation = $1 AND name_key = $2 AND ended_at IS NULL`, string(g.Organisation), names.Fold(g.Name)).Scan(&id)
	switch {
	case db.IsNotFound(err) || err == nil && id == string(g.ID):
		return nil
	case err != nil:
		return err
	}
	return standin.Refuse(standin.Conflict, "directory.put_group", "directory.group_name_taken", "Another group has this name already.").On("name")
}

func (d *Directory) createGroup(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, g Group) (Group, error) {
	if _, err := d.Organisation(ctx, tx, g.Organisation); err != nil {
		return g, err
	}
	if g.ID == "" {
		g.ID = standin.GroupID(standin.NewID("g"))
	}
	g.CreatedAt, g.EndedAt, g.Version = now, time.Time{}, 1
	_, err := tx.Exec(ctx, `INSERT INTO named_groups (organisation, id, name, name_key, search, sort_key, description, unit, created_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		string(g.Organisation), string(g.ID), g.Name, names.Fold(g.Name), groupSearch(g.Name), names.SortKey(g.Name), g.Description, unitOrNull(g.Unit), standin.Micros(now), g.Version)
	if err != nil {
		return g, err
	}
	return g, d.record(ctx, tx, caller, now, "group.create", g.resource(), nil, g.state())
}

func groupSearch(name string) string { return " " + strings.Join(names.Words(name), " ") }

func (d *Directory) saveGroup(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, action string, old, next Group) error {
	_, err := tx.Exec(ctx, `UPDATE named_groups SET name = $3, name_key = $4, search = $5, sort_key = $6, description = $7, unit = $8, ended_at = $9,
			version = $10 WHERE organisation = $1 AND id = $2`,
		string(next.Organisation), string(next.ID), next.Name, names.Fold(next.Name), groupSearch(next.Name), names.SortKey(next.Name), next.Description, unitOrNull(next.Unit),
		db.Time{Time: next.EndedAt}, next.Version)
	if err != nil {
		return err
	}
	return d.record(ctx, tx, caller, now, action, next.resource(), old.state(), next.state())
}

// EndGroup is EndGroupIn in a transaction of its own.
func (d *Directory) EndGroup(ctx context.Context, caller standin.Caller, id standin.GroupID, version int64) (changed bool, err error) {
	err = d.change(ctx, caller, "group.end", groupResource(id), func(ctx context.Context, tx *db.Tx) error {
		changed, err = d.EndGroupIn(ctx, tx, caller, id, version)
		return err
	})
	return changed, err
}

// EndGroupIn ends the group for good: nothing reaches its members through it any more, and its name is free. It needs what
// changing it needs. Where version is not 0 and no longer the group's, Conflict. changed is false where it was over already.
func (d *Directory) EndGroupIn(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.GroupID, version int64) (changed bool, err error) {
	old, err := d.ruledGroup(ctx, tx, caller, id)
	if err != nil || !old.EndedAt.IsZero() {
		return false, err
	}
	if err := sameVersion(version, old.Version); err != nil {
		return false, err
	}
	next, now := old, standin.Now(d.now)
	next.EndedAt = now
	next.Version++
	return true, d.saveGroup(ctx, tx, caller, now, "group.end", old, next)
}

// AddMember is AddMemberIn in a transaction of its own.
func (d *Directory) AddMember(ctx context.Context, caller standin.Caller, group standin.GroupID, person standin.PersonID) (changed bool, err error) {
	err = d.change(ctx, caller, "group.add", memberResource(group, person), func(ctx context.Context, tx *db.Tx) error {
		changed, err = d.AddMemberIn(ctx, tx, caller, group, person)
		return err
	})
	return changed, err
}

// AddMemberIn adds the person to the group. It needs standin:person.manage at the group's unit and at the person's; nobody
// adds themselves, for then they would read what is addressed to others. changed is false where they were in it already.
func (d *Directory) AddMemberIn(ctx context.Context, tx *db.Tx, caller standin.Caller, group standin.GroupID, person standin.PersonID) (changed bool, err error) {
	g, err := d.ruledGroup(ctx, tx, caller, group)
	if err != nil {
		return false, err
	}
	if !g.EndedAt.IsZero() {
		return false, groupEnded()
	}
	p, err := d.Person(ctx, tx, caller.Organisation, person)
	if err != nil {
		return false, err
	}
	err = d.Require(ctx, tx, caller, "person", "manage", p.Unit)
	switch {
	case standin.KindOf(err) == standin.Denied:
		return false, unknownPerson(person)
	case err != nil:
		return false, err
	case caller.Actor.Person() == person:
		return false, standin.Refuse(standin.Denied, "directory.add_member", "directory.own_group", "Nobody adds themselves to a group. Ask another administrator.").On("person")
	case !p.Active():
		return false, standin.Refuse(standin.Invalid, "directory.add_member", "directory.inactive_member", "{name} is inactive.").With("name", p.Name).On("person")
	}
	now := standin.Now(d.now)
	n, err := tx.Exec(ctx, `INSERT INTO group_members (organisation, group_id, person, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		string(g.Organisation), string(g.ID), string(p.ID), standin.Micros(now))
	if err != nil || n == 0 {
		return false, err
	}
	return true, d.record(ctx, tx, caller, now, "group.add", memberResource(g.ID, p.ID), nil, memberState{g.Organisation, g.ID, p.ID, standin.Micros(now)})
}

// RemoveMember is RemoveMemberIn in a transaction of its own.
func (d *Directory) RemoveMember(ctx context.Context, caller standin.Caller, group standin.GroupID, person standin.PersonID) (changed bool, err error) {
	err = d.change(ctx, caller, "group.remove", memberResource(group, person), func(ctx context.Context, tx *db.Tx) error {
		changed, err = d.RemoveMemberIn(ctx, tx, caller, group, person)
		return err
	})
	return changed, err
}

// RemoveMemberIn takes the person out of the group, which needs standin:person.manage at the group's unit, wherever the
// person is by now. changed is false where they were not in it.
func (d *Directory) RemoveMemberIn(ctx context.Context, tx *db.Tx, caller standin.Caller, group standin.GroupID, person standin.PersonID) (changed bool, err error) {
	g, err := d.ruledGroup(ctx, tx, caller, group)
	if err != nil {
		return false, err
	}
	var since db.Time
	err = tx.QueryRow(ctx, `SELECT created_at FROM group_members WHERE organisation = $1 AND group_id = $2 AND person = $3`,
		string(g.Organisation), string(g.ID), string(person)).Scan(&since)
	if db.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM group_members WHERE organisation = $1 AND group_id = $2 AND person = $3`,
		string(g.Organisation), string(g.ID), string(person)); err != nil {
		return false, err
	}
	return true, d.record(ctx, tx, caller, standin.Now(d.now), "group.remove", memberResource(g.ID, person),
		memberState{g.Organisation, g.ID, person, standin.Micros(since.Time)}, nil)
}

// ruledGroup loads the group for one who changes it: NotFound outside of their scope, as if there were none (THREATS 10).
func (d *Directory) ruledGroup(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.GroupID) (Group, error) {
	if err := d.maySee(ctx, tx, caller); err != nil {
		return Group{}, err
	}
	g, err := d.loadGroup(ctx, tx, caller.Organisation, id)
	if err != nil {
		return Group{}, err
	}
	err = d.Require(ctx, tx, caller, "person", "manage", g.Unit)
	if standin.KindOf(err) == standin.Denied {
		return Group{}, unknownGroup(id)
	}
	return g, err
}
