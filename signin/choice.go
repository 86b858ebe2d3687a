package signin

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Myself notes that the person of the token's login chose to be themselves, as Chosen then says. Where they act, or what
// was acted ended and was not seen yet, it is Stop; else the login keeps its token, for it keeps its identity, and that is
// returned.
func (s *Signin) Myself(ctx context.Context, token string, origin standin.Origin) (newToken string, err error) {
	_, err = s.within(ctx, token, origin, func(ctx context.Context, tx *db.Tx, here present) error {
		if here.acting.ID == "" {
			newToken = token
			return choose(ctx, tx, here.login, standin.Now(s.now))
		}
		newToken = standin.NewSecret()
		return s.stop(ctx, tx, here, newToken, origin)
	})
	if err != nil {
		return "", err
	}
	return newToken, nil
}

// choose notes that the person chose, as acted_at without a record: a session's start and end have theirs, and to stay
// oneself changes nothing.
func choose(ctx context.Context, tx *db.Tx, l login, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE logins SET chosen_at = $3 WHERE organisation = $1 AND id = $2 AND ended_at IS NULL`, string(l.organisation),
		string(l.id), standin.Micros(now))
	return err
}

// chosen returns when the present identity was chosen, zero where it was not.
func (p present) chosen() time.Time {
	if p.acting.ID != "" && !p.caller.Acting() {
		return time.Time{}
	}
	return p.chosenAt
}

// Renew gives the login of the token another one where Visit.Renew asked for it, and records it. Of parallel requests one
// does; for the others the token stays what it was when they resolved it: "" and no error.
func (s *Signin) Renew(ctx context.Context, token string, origin standin.Origin) (newToken string, err error) {
	newToken = standin.NewSecret()
	_, err = s.within(ctx, token, origin, func(ctx context.Context, tx *db.Tx, here present) error {
		if here.renewAt.IsZero() {
			newToken = ""
			return nil
		}
		return s.renew(ctx, tx, here.login, newToken, standin.Now(s.now), origin)
	})
	if standin.CodeOf(err) == "signin.switched" {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return newToken, nil
}
