package directory

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// Require refuses with Denied unless the caller may do the action of Standin's own catalogue ("person", "manage") at the
// unit; "" asks for the whole organisation. The operator may, an API key made for "admin" may, a person in their own
// name may by the roles they hold now. One who is acting may not, whatever the roles of either.
func (d *Directory) Require(ctx context.Context, tx *db.Tx, caller standin.Caller, typ, action string, unit standin.UnitID) error {
	if caller.Acting() {
		return notWhileActing()
	}
	return d.allow(ctx, tx, caller, caller.Actor.Person(), typ, action, unit)
}

// MayRead is Require for looking. One who is acting is answered by the principal's roles, as far as the limits of the
// delegation let them be used, and nothing of their own; and only where the principal could look at people, delegations or
// the record.
func (d *Directory) MayRead(ctx context.Context, tx *db.Tx, caller standin.Caller, typ, action string, unit standin.UnitID) error {
	if !caller.Acting() {
		return d.allow(ctx, tx, caller, caller.Actor.Person(), typ, action, unit)
	}
	reach, err := d.Reach(ctx, tx, caller, typ, action)
	if db.IsNotFound(err) || err == nil && !reach.Covers(unit) {
		return notEntitled(typ, action)
	}
	return err
}

// ScopesOf returns where the caller may look by the action, for filtering lists: everywhere, or else at and below the
// units. With neither, the caller sees only what is their own; while acting, see SeesOwn. While acting, the principal's
// roles answer, narrowed by the limits of the delegation.
func (d *Directory) ScopesOf(ctx context.Context, tx *db.Tx, caller standin.Caller, typ, action string) (all bool, units []standin.UnitID, err error) {
	reach, err := d.Reach(ctx, tx, caller, typ, action)
	return reach.All, reach.Units, err
}

// readsAs returns the person whose roles answer for the caller's looking, "" where the caller is none.
func readsAs(caller standin.Caller, typ, action string) (standin.PersonID, error) {
	if !caller.Acting() {
		return caller.Actor.Person(), nil
	}
	switch typ + "." + action {
	case "audit.view", "person.manage", "delegation.manage":
		return caller.Principal, nil
	}
	return "", notWhileActing()
}

func (d *Directory) allow(ctx context.Context, tx *db.Tx, caller standin.Caller, person standin.PersonID, typ, action string, unit standin.UnitID) error {
	if unbound(caller, typ, action) {
		return nil
	}
	if person != "" {
		powers, err := d.Powers(ctx, tx, caller.Organisation, person)
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		if err == nil && powers.Covers(typ, action, unit, false) {
			return nil
		}
	}
	return notEntitled(typ, action)
}

// unbound reports whether the caller is no person and yet may: the operator, or an API key that was made for it.
func unbound(caller standin.Caller, typ, action string) bool {
	return caller.Actor.IsOperator() || caller.Entitled("admin") ||
		caller.Entitled("people") && typ == "person" && action == "manage"
}

// bound returns the powers that bound what the caller may give to others; every power for the operator and for keys.
func (d *Directory) bound(ctx context.Context, tx *db.Tx, caller standin.Caller) (powers rights.Powers, limited bool, err error) {
	if caller.Actor.IsOperator() || caller.Entitled("admin") {
		return rights.Powers{}, false, nil
	}
	person := caller.Actor.Person()
	if person == "" {
		return rights.Powers{}, true, nil
	}
	powers, err = d.Powers(ctx, tx, caller.Organisation, person)
	return powers, true, err
}

func notWhileActing() error {
	return standin.Refuse(standin.Denied, "directory.require", "directory.not_while_acting",
		"This cannot be done while you are acting for somebody else. Continue as yourself first.")
}

func notEntitled(typ, action string) error {
	return standin.Refuse(standin.Denied, "directory.require", "directory.not_entitled",
		"Your roles do not allow this. It needs {permission}.").With("permission", "standin:"+typ+"."+action)
}
