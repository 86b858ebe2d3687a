package directory

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
)

// NameKey is what no two living groups of an organisation have in common: the name, whatever its case.
func (g Group) NameKey() string { return names.Fold(g.Name) }

// EachGroup calls do for every group of the organisation, living or not, in order of id. do must not use the transaction.
func (d *Directory) EachGroup(ctx context.Context, tx *db.Tx, org standin.OrganisationID, do func(Group) error) error {
	return each(ctx, tx, func(row scanner) error {
		g, err := scanGroup(row)
		if err != nil {
			return err
		}
		return do(g)
	}, `SELECT `+groupColumns+` FROM named_groups g WHERE g.organisation = $1 ORDER BY g.id`, string(org))
}

// EachMember calls do for everybody who is in a group of the organisation, in order of group and person. do must not use the
// transaction.
func (d *Directory) EachMember(ctx context.Context, tx *db.Tx, org standin.OrganisationID, do func(standin.GroupID, standin.PersonID) error) error {
	return each(ctx, tx, func(row scanner) error {
		var group standin.GroupID
		var person standin.PersonID
		if err := row.Scan((*string)(&group), (*string)(&person)); err != nil {
			return err
		}
		return do(group, person)
	}, `SELECT group_id, person FROM group_members WHERE organisation = $1 ORDER BY group_id, person`, string(org))
}
