package directory

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// MayManage returns the person where the caller may do to them what DeactivateIn does, and refuses as that does: one who is
// acting, who manages nobody there (NotFound, as if there were nobody), and who is below the person.
func (d *Directory) MayManage(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID) (Person, error) {
	return d.managed(ctx, tx, caller, id)
}
