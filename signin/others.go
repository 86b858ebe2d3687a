package signin

import (
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// BrowsersOf returns the person's logins that live, the oldest first. It needs what making them inactive needs; Errors are
// those of directory.MayManage.
func (s *Signin) BrowsersOf(ctx context.Context, caller standin.Caller, person standin.PersonID) (all []Browser, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		all = nil
		if _, err := s.directory.MayManage(ctx, tx, caller, person); err != nil {
			return err
		}
		logins, err := open(ctx, tx, caller.Organisation, person)
		for _, l := range logins {
			if _, how := l.over(standin.Now(s.now), s.options.Idle); how == "" {
				all = append(all, Browser{Login: l.public(), Since: l.createdAt, Seen: l.seenAt, From: l.origin, Here: l.id == caller.Login.ID})
			}
		}
		return err
	})
	return all, err
}

// OutOf ends one of the person's logins, or all of them where id is "", with what is acted in them. It needs what making
// them inactive needs. The person is told for a week who ended them: Ended.
//
// Errors are those of directory.MayManage, and NotFound "signin.no_sign_in" where there is no such login.
func (s *Signin) OutOf(ctx context.Context, caller standin.Caller, person standin.PersonID, id standin.LoginID) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		if _, err := s.directory.MayManage(ctx, tx, caller, person); err != nil {
			return err
		}
		logins, err := open(ctx, tx, caller.Organisation, person)
		if err != nil {
			return err
		}
		logins = slices.DeleteFunc(logins, func(l login) bool {
			_, over := l.over(now, s.options.Idle)
			return over != "" || id != "" && l.id != id
		})
		if len(logins) == 0 {
			return standin.Refuse(standin.NotFound, "signin.out", "signin.no_sign_in", "There is no such sign-in, or it has ended.")
		}
		how := howOther
		if caller.Actor.Person() == person {
			how = howOut
		}
		for _, l := range logins {
			if err := s.end(ctx, tx, l, caller, now, now, how); err != nil {
				return err
			}
		}
		return nil
	})
}

// EndedLogin is a sign-in of the caller's that somebody else ended.
type EndedLogin struct {
	ID     standin.LoginID
	By     standin.Actor
	ByName string // "" where they are no person
	At     time.Time
	From   standin.Origin // where it was used
}

// endedTold is how long a person is told that somebody ended a sign-in of theirs.
const endedTold = 7 * 24 * time.Hour

// Ended returns the caller's own sign-ins that others ended in the last week, the newest first; none while acting, for it
// is their person's to know.
func (s *Signin) Ended(ctx context.Context, caller standin.Caller) (all []EndedLogin, err error) {
	if caller.Acting() || caller.Actor.Person() == "" {
		return nil, nil
	}
	now := standin.Now(s.now)
	err = s.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(ctx, `SELECT `+loginColumns+` FROM logins WHERE organisation = $1 AND person = $2 AND ended_at > $3 AND ended_how = $4
			ORDER BY ended_at DESC, id LIMIT 20`, string(caller.Organisation), string(caller.Actor.Person()), standin.Micros(now.Add(-endedTold)), howOther)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			l, err := scanLogin(rows)
			if err != nil {
				return err
			}
			all = append(all, EndedLogin{ID: l.id, By: l.endedBy, At: l.endedAt, From: l.origin})
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for i, e := range all {
			if e.By.Person() == "" {
				continue
			}
			p, err := s.directory.Person(ctx, tx, caller.Organisation, e.By.Person())
			if err != nil {
				return err
			}
			all[i].ByName = p.Name
		}
		return nil
	})
	return all, err
}
