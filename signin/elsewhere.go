package signin

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
)

// LoginState is a login at one instant, for what rests on it elsewhere than in its browser.
type LoginState struct {
	ID        standin.LoginID
	Person    directory.Person
	Factors   []string
	CreatedAt time.Time
	ProvedAt  time.Time
	SeenAt    time.Time // to the minute
	ActedAt   time.Time // last began to act in it, zero where never
	ChosenAt  time.Time // last chose as whom to work, zero where never
	EndsAt    time.Time
}

// Public is what other rooms may know of it.
func (l LoginState) Public() standin.Login {
	return standin.Login{ID: l.ID, Ends: l.EndsAt, Proved: l.ProvedAt, Factors: l.Factors}
}

// LoginByID returns the organisation's login where it lives at now. Nothing is written: the end of one that ended by itself
// is recorded elsewhere and decides nothing.
//
// Errors: Unauthenticated "signin.signed_out" or "signin.expired", also where there is no such login; Denied
// "signin.blocked" where the person is inactive.
func (s *Signin) LoginByID(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.LoginID, now time.Time) (LoginState, error) {
	l, err := byID(ctx, tx, org, id)
	if err != nil {
		return LoginState{}, err
	}
	p, err := s.directory.Person(ctx, tx, org, l.person)
	if err != nil {
		return LoginState{}, err
	}
	if err := s.over(l, p, now); err != nil {
		if lapsed, ok := errors.AsType[lapse](err); ok {
			err = lapsed.Unwrap()
		}
		return LoginState{}, err
	}
	return LoginState{ID: l.id, Person: p, Factors: l.factors, CreatedAt: l.createdAt, ProvedAt: l.provedAt, SeenAt: l.seenAt,
		ActedAt: l.actedAt, ChosenAt: l.chosenAt, EndsAt: l.endsAt}, nil
}

// UseLogin notes, at most once a minute, that the login is used, so that it does not end unused while its applications are.
// It must follow LoginByID in the same transaction, for it asks nothing.
func (s *Signin) UseLogin(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.LoginID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE logins SET seen_at = $3 WHERE organisation = $1 AND id = $2 AND seen_at <= $4 AND ended_at IS NULL`, string(org),
		string(id), standin.Micros(now), standin.Micros(now.Add(-time.Minute)))
	return err
}

// byID returns the login, ended or not; signedOut where there is none.
func byID(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.LoginID) (login, error) {
	l, err := scanLogin(tx.QueryRow(ctx, `SELECT `+loginColumns+` FROM logins WHERE organisation = $1 AND id = $2`, string(org), string(id)))
	if db.IsNotFound(err) {
		err = signedOut()
	}
	return l, err
}

// over returns why the login lives no more at now: nil, what its recorded end says, or a lapse.
func (s *Signin) over(l login, p directory.Person, now time.Time) error {
	if !l.endedAt.IsZero() {
		return ended(l, p)
	}
	if !p.Active() {
		return lapse{l, p.InactiveAt, howInactive, true}
	}
	if p.ActiveSince.After(l.createdAt) {
		return lapse{l, p.ActiveSince, howInactive, false} // they were inactive meanwhile
	}
	if at, how := l.over(now, s.options.Idle); how != "" {
		return lapse{l, at, how, false}
	}
	return nil
}

// StopBy ends the caller's acting session for an application that was given a token of it, marks it as seen, and notes that
// the person chose to be themselves. It needs no permission: what has ended stays as it ended, and a session that the login
// has meanwhile instead is left alone (P6). The record names both people and, before what the application calls itself, the
// client.
//
// The application has no cookie of the login to replace, so the login's token is replaced at the next page of Standin's
// that its browser opens (Visit.Renew): until then whoever held it while acting could only have stopped as well, and the
// identity that a form was made for has changed (THREATS 27, 37).
func (s *Signin) StopBy(ctx context.Context, caller standin.Caller, client standin.ClientID) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		l, err := byID(ctx, tx, caller.Organisation, caller.Login.ID)
		if standin.KindOf(err) == standin.Unauthenticated {
			return nil
		}
		if err != nil || !l.endedAt.IsZero() || l.person != caller.Actor.Person() {
			return err
		}
		session, _, err := s.acting.Live(ctx, tx, l.organisation, l.id, now)
		if err != nil || session.ID == "" || session.ID != caller.Session {
			return err
		}
		if err := s.acting.Stop(ctx, tx, heldBy(l, session, caller.Origin, client), now); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE logins SET chosen_at = $3, renew_at = $3 WHERE organisation = $1 AND id = $2 AND ended_at IS NULL`,
			string(l.organisation), string(l.id), standin.Micros(now))
		return err
	})
}

// ExtendBy lets the caller's acting session last one span longer, as Extend does, for an application that was given a token
// of it; the record is as StopBy's. Errors are those of Extend, and Denied "acting.over" where the session is not the
// login's any more.
func (s *Signin) ExtendBy(ctx context.Context, caller standin.Caller, client standin.ClientID) (extended acting.Session, err error) {
	var by standin.Caller
	err = s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		by = standin.Caller{}
		l, err := s.LoginByID(ctx, tx, caller.Organisation, caller.Login.ID, now)
		if err == nil && l.Person.ID != caller.Actor.Person() {
			err = signedOut()
		}
		if err != nil {
			return err
		}
		by = named(caller, client)
		by.Login = l.Public()
		extended, err = s.acting.Extend(ctx, tx, by, now)
		return err
	})
	if err != nil && by.Acting() {
		err = s.acting.Refused(ctx, by, "acting.extend", by.Delegation, err)
	}
	return extended, err
}

// heldBy is the caller who acts by the session, through the client.
func heldBy(l login, session acting.Session, origin standin.Origin, client standin.ClientID) standin.Caller {
	c := l.caller(origin)
	c.Principal, c.Session, c.Delegation = session.Principal, session.ID, session.Delegation
	return named(c, client)
}

// named returns the caller with the client in front of what the program calls itself.
func named(c standin.Caller, client standin.ClientID) standin.Caller {
	agent := "client:" + string(client) + " " + c.Origin.Agent
	c.Origin.Agent = agent[:min(len(agent), 300)]
	return c
}

// lapsing is how many logins CloseExpired looks for at a time.
const lapsing = 100

// CloseExpired ends the logins that ended by themselves, unused or at their limit, with what is acted in them, and records
// each with the instant at which it really ended; it returns how many. It decides nothing: whether a login lives is asked
// anew at every use. What follows the record learns of these ends by it.
func (s *Signin) CloseExpired(ctx context.Context) (closed int, err error) {
	for {
		var over []login
		err := s.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			over, err = lapsed(ctx, tx, standin.Now(s.now), s.options.Idle)
			return err
		})
		if err != nil {
			return closed, err
		}
		before := closed
		for _, l := range over {
			ended, err := s.closeIdle(ctx, l)
			if err != nil {
				return closed, err
			}
			if ended {
				closed++
			}
		}
		if len(over) < lapsing || closed == before {
			return closed, nil
		}
	}
}

// lapsed returns logins that ended by themselves by now and have no record of it.
func lapsed(ctx context.Context, tx *db.Tx, now time.Time, idle time.Duration) (over []login, err error) {
	rows, err := tx.Query(ctx, `SELECT `+loginColumns+` FROM logins WHERE ended_at IS NULL AND seen_at <= $1
		UNION SELECT `+loginColumns+` FROM logins WHERE ended_at IS NULL AND ends_at <= $2 LIMIT `+strconv.Itoa(lapsing),
		standin.Micros(now.Add(-idle)), standin.Micros(now))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		l, err := scanLogin(rows)
		if err != nil {
			return nil, err
		}
		over = append(over, l)
	}
	return over, rows.Err()
}

// closeIdle ends the login if it is still over and open when looked at again.
func (s *Signin) closeIdle(ctx context.Context, l login) (done bool, err error) {
	by := standin.Caller{Organisation: l.organisation, Actor: standin.SystemActor("signin")}
	err = s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		l, err := byID(ctx, tx, l.organisation, l.id)
		at, how := l.over(now, s.options.Idle)
		if done = err == nil && how != "" && l.endedAt.IsZero(); !done {
			return err
		}
		return s.end(ctx, tx, l, by, at, now, how)
	})
	return done && err == nil, err
}
