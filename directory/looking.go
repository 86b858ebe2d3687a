package directory

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// Mandate returns the present limits of the delegation by which the caller acts, and whether it is an entry delegation. It
// is Denied once they can no longer act by it.
type Mandate func(ctx context.Context, tx *db.Tx, caller standin.Caller) (l rights.Limits, entry bool, err error)

// BoundBy tells the directory who knows by which limits somebody acts; delegation.New does, before anything is asked. Until
// then nobody who is acting sees anything.
func (d *Directory) BoundBy(m Mandate) { d.mandate = m }

// Reach returns where the caller may look by the action: ScopesOf and SeesOwn at once. While acting it is what the principal
// reaches, narrowed by the limits of the delegation as they are now (P2).
func (d *Directory) Reach(ctx context.Context, tx *db.Tx, caller standin.Caller, typ, action string) (rights.Reach, error) {
	reader, err := readsAs(caller, typ, action)
	if err != nil {
		return rights.Reach{}, err
	}
	if reader == "" {
		return rights.Reach{All: unbound(caller, typ, action)}, nil
	}
	home, inactive, held, err := d.held(ctx, tx, caller.Organisation, reader)
	if err != nil {
		return rights.Reach{}, err
	}
	reach := rights.Reach{Own: true}
	if inactive.IsZero() {
		reach.All, reach.Units = rights.Compile(held).Scopes(typ, action)
	}
	if !caller.Acting() {
		return reach, nil
	}
	if d.mandate == nil {
		return rights.Reach{}, notWhileActing()
	}
	limits, entry, err := d.mandate(ctx, tx, caller)
	if err != nil {
		return rights.Reach{}, err
	}
	principal := rights.Represented{Unit: home}
	for _, h := range held {
		principal.Holds = append(principal.Holds, h.Unit)
	}
	return limits.Looking(entry, typ, action, principal, reach), nil
}

// SeesOwn reports whether the caller may look at what is their own by the action, as everybody may in their own name: their
// own record by "audit.view", stand-ins of theirs by "delegation.manage", themselves by "person.manage". While acting it is
// the principal's own, as far as the limits of the delegation let it be seen.
func (d *Directory) SeesOwn(ctx context.Context, tx *db.Tx, caller standin.Caller, typ, action string) (bool, error) {
	if !caller.Acting() {
		return caller.Principal != "", nil
	}
	reach, err := d.Reach(ctx, tx, caller, typ, action)
	return reach.Own, err
}

// beyondLimits is the refusal of looking at what the delegation does not open.
func beyondLimits(typ, action string) error {
	return standin.Refuse(standin.Denied, "directory.require", "directory.beyond_limits",
		"The limits by which you act for this person do not let you see this. It would need {permission}.").With("permission", "standin:"+typ+"."+action)
}
