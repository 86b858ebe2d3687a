package directory

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// ReportsOf returns the active people whose manager the person is, in order of name, for rooms that tell what a change
// would do.
func (d *Directory) ReportsOf(ctx context.Context, tx *db.Tx, org standin.OrganisationID, manager standin.PersonID) (people []Person, err error) {
	return d.people(ctx, tx, `WHERE organisation = $1 AND manager = $2 AND inactive_at IS NULL ORDER BY sort_key, id`, string(org), string(manager))
}

// HoldersOf returns the active people who hold the role at whatever unit, in order of name, each once.
func (d *Directory) HoldersOf(ctx context.Context, tx *db.Tx, org standin.OrganisationID, role standin.RoleID) (people []Person, err error) {
	return d.people(ctx, tx, `WHERE organisation = $1 AND inactive_at IS NULL
		AND EXISTS (SELECT 1 FROM holdings h WHERE h.organisation = people.organisation AND h.person = people.id AND h.role = $2)
		ORDER BY sort_key, id`, string(org), string(role))
}

// Held is a role that somebody active holds at a unit, their own or one by name.
type Held struct {
	Person   standin.PersonID
	Name     string
	Role     standin.RoleID
	RoleName string // what people read for it
	Unit     standin.UnitID
}

// HeldOver returns the roles with a permission "@unit" that active people hold at the unit or one above it, in order of
// person and role.
func (d *Directory) HeldOver(ctx context.Context, tx *db.Tx, org standin.OrganisationID, unit standin.UnitID) (held []Held, err error) {
	all, err := d.Roles(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	labels := map[standin.RoleID]string{}
	for _, r := range all {
		for _, text := range r.Allow {
			if p, err := rights.Parse(text); err == nil && p.Scope == rights.Unit {
				labels[r.ID] = r.Label()
			}
		}
	}
	err = each(ctx, tx, func(row scanner) error {
		var h Held
		var own standin.UnitID
		if err := row.Scan((*string)(&h.Person), &h.Name, (*string)(&own), (*string)(&h.Role), (*string)(&h.Unit)); err != nil {
			return err
		}
		if h.Unit == "" {
			h.Unit = own
		}
		label, reaches := labels[h.Role]
		if h.RoleName = label; reaches && unit.Within(h.Unit) {
			held = append(held, h)
		}
		return nil
	}, `SELECT p.id, p.name, COALESCE(p.unit, ''), h.role, h.unit FROM holdings h JOIN people p ON p.organisation = h.organisation AND p.id = h.person
		WHERE h.organisation = $1 AND p.inactive_at IS NULL ORDER BY p.id, h.role, h.unit`, string(org))
	return held, err
}

func (d *Directory) people(ctx context.Context, tx *db.Tx, which string, args ...any) (people []Person, err error) {
	err = each(ctx, tx, func(row scanner) error {
		p, _, err := scanPerson(row)
		people = append(people, p)
		return err
	}, `SELECT `+personColumns+` FROM people `+which, args...)
	return people, err
}
