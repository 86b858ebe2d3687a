package directory

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
)

// Holder is somebody who has an id or an address already.
type Holder struct {
	Organisation standin.OrganisationID
	Person       standin.PersonID
}

// Taken returns who has the ids and the addresses already, in whatever organisation, for both are unique in the
// installation. It is for the operator's commands; nobody else learns of other organisations. byEmail is keyed by
// EmailKey; malformed addresses are nobody's.
func (d *Directory) Taken(ctx context.Context, tx *db.Tx, ids []standin.PersonID, emails []string) (
	byID map[standin.PersonID]Holder, byEmail map[string]Holder, err error) {
	byID, byEmail = map[standin.PersonID]Holder{}, map[string]Holder{}
	var asked, keys []string
	for _, id := range ids {
		asked = append(asked, string(id))
	}
	for _, email := range emails {
		if key, ok := names.EmailKey(email); ok {
			keys = append(keys, key)
		}
	}
	err = takenBy(ctx, tx, "id", asked, func(h Holder, _ string) { byID[h.Person] = h })
	if err != nil {
		return nil, nil, err
	}
	err = takenBy(ctx, tx, "email_key", keys, func(h Holder, key string) { byEmail[key] = h })
	return byID, byEmail, err
}

// takenBy looks the values up in the column, some hundred at a time.
func takenBy(ctx context.Context, tx *db.Tx, column string, values []string, found func(h Holder, key string)) error {
	for part := range slices.Chunk(values, 400) {
		places := make([]string, len(part))
		args := make([]any, len(part))
		for i, value := range part {
			places[i], args[i] = "$"+strconv.Itoa(i+1), value
		}
		err := each(ctx, tx, func(row scanner) error {
			var h Holder
			var key string
			if err := row.Scan((*string)(&h.Organisation), (*string)(&h.Person), &key); err != nil {
				return err
			}
			found(h, key)
			return nil
		}, `SELECT organisation, id, email_key FROM people WHERE `+column+` IN (`+strings.Join(places, ", ")+`)`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}
