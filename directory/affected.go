package directory

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
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

func (d *Directory) people(ctx context.Context, tx *db.Tx, which string, args ...any) (people []Person, err error) {
	err = each(ctx, tx, func(row scanner) error {
		p, _, err := scanPerson(row)
		people = append(people, p)
		return err
	}, `SELECT `+personColumns+` FROM people `+which, args...)
	return people, err
}
