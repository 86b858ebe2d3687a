package exports

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// Open returns one of the caller's own exports for Write, and records that they fetch it. They must see of the record what
// they saw when they asked.
//
// Errors: NotFound "export.unknown"; Conflict "export.not_done" while it runs and where it did not come to its end; Denied
// "export.narrowed", "export.gone" and "export.not_while_acting".
func (x *Exports) Open(ctx context.Context, caller standin.Caller, id string) (e Export, err error) {
	now := standin.Now(x.now)
	err = x.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if e, err = x.mine(ctx, tx, caller, id); err != nil {
			return err
		}
		if e.How != Done {
			return standin.Refuse(standin.Conflict, "export.fetch", "export.not_done", "This export is not finished, so there is nothing to fetch.")
		}
		if _, err := x.still(ctx, tx, e, now); err != nil {
			return err
		}
		r := ledger.By(caller)
		r.At, r.Action, r.Resource = now, "audit.export_fetch", e.resource()
		_, err = x.ledger.Append(ctx, tx, r)
		return err
	})
	if err != nil {
		return Export{}, err
	}
	return e, nil
}

// Write writes the whole export that Open returned. Before each part it asks whether the caller may still read it, and
// still, if that is given; what either refuses breaks it off.
func (x *Exports) Write(ctx context.Context, e Export, to io.Writer, still func() error) error {
	for number := range e.parts {
		if still != nil {
			if err := still(); err != nil {
				return err
			}
		}
		var content string
		err := x.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
			if _, err := x.still(ctx, tx, e, standin.Now(x.now)); err != nil {
				return err
			}
			err := tx.QueryRow(ctx, `SELECT content FROM record_export_parts WHERE organisation = $1 AND export = $2 AND number = $3`,
				string(e.Organisation), e.ID, number).Scan(&content)
			if db.IsNotFound(err) {
				return unknown() // deleted meanwhile
			}
			return err
		})
		if err != nil {
			return err
		}
		text, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(content)))
		if err != nil {
			return err
		}
		if _, err := io.Copy(to, text); err != nil {
			return err
		}
	}
	return nil
}
