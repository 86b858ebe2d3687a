package acting

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// ByID returns a session of the organisation, as it is stored, with what decides about it: LivenessAt tells what it is at
// an instant. Nothing is written. Of other organisations none is known: NotFound.
//
// A login's end, whoever ends it, ends its session in the same transaction, and no session's limit is beyond the end of
// its login: the session's own row says all that the login has to say.
func (a *Acting) ByID(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.SessionID) (Session, Facts, error) {
	s, err := load(ctx, tx, org, id)
	if err != nil {
		return Session{}, Facts{}, err
	}
	f, err := a.facts(ctx, tx, s)
	return s, f, err
}
