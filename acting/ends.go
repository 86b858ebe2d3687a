package acting

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
)

// Episode is a session as its principal sees it.
type Episode struct {
	Session
	Liveness
	ActorName     string
	PrincipalName string
}

// InNameOf returns who acts for the person now and who did, newest first, at most limit. It is for the person themselves
// (while acting: whom the caller acts for) and for those who manage their delegations; for others there is no such person.
// Where the limits of a delegation hide that, one who acts by it sees the sessions that rest on it.
func (a *Acting) InNameOf(ctx context.Context, caller standin.Caller, principal standin.PersonID, limit int) ([]Episode, error) {
	return a.episodes(ctx, caller, principal, `principal`, limit)
}

// By returns whom the person acts for now and whom they did, newest first, at most limit, to the same people.
func (a *Acting) By(ctx context.Context, caller standin.Caller, actor standin.PersonID, limit int) ([]Episode, error) {
	return a.episodes(ctx, caller, actor, `actor`, limit)
}

func (a *Acting) episodes(ctx context.Context, caller standin.Caller, person standin.PersonID, column string, limit int) ([]Episode, error) {
	now := standin.Now(a.now)
	var found []Episode
	err := a.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		found = nil
		sql, args := selectSessions+` WHERE organisation = $1 AND `+column+` = $2`, []any{string(caller.Organisation), string(person)}
		own, err := a.directory.SeesOwn(ctx, tx, caller, "delegation", "manage")
		if err == nil && (person != caller.Principal || !own) {
			err = a.mayLookAt(ctx, tx, caller, person)
		}
		if standin.KindOf(err) == standin.NotFound && caller.Acting() && person == caller.Principal {
			sql, args, err = sql+` AND delegation = $3`, append(args, string(caller.Delegation)), nil
		}
		if err != nil {
			return err
		}
		sessions, err := query(ctx, tx, sql+` ORDER BY started_at DESC, id DESC LIMIT `+strconv.Itoa(max(1, min(limit, 200))), args...)
		if err != nil {
			return err
		}
		rows, err := a.delegations.LoadRows(ctx, tx, caller.Organisation, delegationsOf(sessions))
		if err != nil {
			return err
		}
		for _, s := range sessions {
			found = append(found, episode(s, rows, now))
		}
		return nil
	})
	return found, err
}

func episode(s Session, rows map[standin.DelegationID]delegation.Row, now time.Time) Episode {
	row, ok := rows[s.Delegation]
	f := Facts{row, !ok}
	live := s.LivenessAt(f, now)
	if live.Live {
		s = s.within(f, now)
	}
	return Episode{s, live, row.ActorPerson.Name, row.PrincipalPerson.Name}
}

func delegationsOf(sessions []Session) []standin.DelegationID {
	var ids []standin.DelegationID
	for _, s := range sessions {
		if !slices.Contains(ids, s.Delegation) {
			ids = append(ids, s.Delegation)
		}
	}
	return ids
}

// mayLookAt refuses where the person is none whose delegations the caller manages: as if there were no such person
// (THREATS 10).
func (a *Acting) mayLookAt(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID) error {
	unknown := standin.Refuse(standin.NotFound, "acting.list", "acting.person_unknown", "There is no such person in your organisation.")
	if shown(string(id)) != string(id) {
		return unknown
	}
	person, err := a.directory.Person(ctx, tx, caller.Organisation, id)
	if err != nil && !db.IsNotFound(err) {
		return err
	}
	if err == nil {
		err = a.directory.MayRead(ctx, tx, caller, "delegation", "manage", person.Unit)
		if err == nil || standin.KindOf(err) != standin.Denied {
			return err
		}
	}
	return unknown
}

// EndByPrincipal ends a session at once: its principal's right, and that of those who manage their delegations; not while
// acting. When it returns nil the end is durable and holds everywhere; what has ended already stays as it ended.
func (a *Acting) EndByPrincipal(ctx context.Context, caller standin.Caller, id standin.SessionID) error {
	now := standin.Now(a.now)
	err := a.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if caller.Acting() {
			return standin.Refuse(standin.Denied, "acting.end", "acting.not_while_acting",
				"Nobody ends a session of others while acting for somebody. Switch back to yourself first.")
		}
		unknown := standin.Refuse(standin.NotFound, "acting.end", "acting.session_unknown", "There is no such session.")
		if shown(string(id)) != string(id) {
			return unknown
		}
		s, err := load(ctx, tx, caller.Organisation, id)
		if err == nil && s.Principal != caller.Principal {
			err = a.mayLookAt(ctx, tx, caller, s.Principal)
		}
		if db.IsNotFound(err) {
			return unknown
		}
		if err != nil {
			return err
		}
		f, err := a.facts(ctx, tx, s)
		if err != nil {
			return err
		}
		live := s.LivenessAt(f, now)
		switch {
		case !s.EndedAt.IsZero():
			return nil
		case live.Live:
			_, err = a.end(ctx, tx, caller, s, Liveness{How: Withdrawn, At: now}, now, false)
		default:
			_, err = a.end(ctx, tx, a.clock(s.Organisation), s, live, now, false)
		}
		return err
	})
	if kind := standin.KindOf(err); kind == standin.Denied || kind == standin.NotFound {
		return a.refusedSession(ctx, caller, id, now, err)
	}
	return err
}

func (a *Acting) refusedSession(ctx context.Context, caller standin.Caller, id standin.SessionID, now time.Time, cause error) error {
	rec := ledger.By(caller)
	rec.At, rec.Action, rec.Resource = now, "acting.end", "session:"+shown(string(id))
	rec.Outcome, rec.Reasons = ledger.Refused, []string{standin.CodeOf(cause)}
	err := a.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := a.ledger.Append(ctx, tx, rec)
		return err
	})
	if err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

// closing is how many sessions CloseExpired looks at in one transaction.
const closing = 200

// CloseExpired writes down the ends of sessions that are over and unrecorded, each with the instant at which it really
// ended, and returns how many. It decides nothing: whether a session is live is asked anew at every use.
func (a *Acting) CloseExpired(ctx context.Context) (closed int, err error) {
	now := standin.Now(a.now)
	after := ""
	for {
		var open []Session
		var over []Session
		err := a.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
			open, over = nil, nil
			found, err := query(ctx, tx, selectSessions+` WHERE ended_at IS NULL AND login > $1 ORDER BY login LIMIT `+
				strconv.Itoa(closing), after)
			if err != nil {
				return err
			}
			open = found
			over, err = a.over(ctx, tx, open, now)
			return err
		})
		if err != nil {
			return closed, err
		}
		for _, s := range over {
			done, err := a.close(ctx, s, now)
			if err != nil {
				return closed, err
			}
			if done {
				closed++
			}
		}
		if len(open) < closing {
			return closed, nil
		}
		after = string(open[len(open)-1].Login)
	}
}

// over returns those of the sessions that are not live at now.
func (a *Acting) over(ctx context.Context, tx *db.Tx, sessions []Session, now time.Time) ([]Session, error) {
	var over []Session
	for len(sessions) > 0 {
		org := sessions[0].Organisation
		var same, rest []Session
		for _, s := range sessions {
			if s.Organisation == org {
				same = append(same, s)
			} else {
				rest = append(rest, s)
			}
		}
		rows, err := a.delegations.LoadRows(ctx, tx, org, delegationsOf(same))
		if err != nil {
			return nil, err
		}
		for _, s := range same {
			row, ok := rows[s.Delegation]
			if !s.LivenessAt(Facts{row, !ok}, now).Live {
				over = append(over, s)
			}
		}
		sessions = rest
	}
	return over, nil
}

// close records the end of the session if it is still over and open when looked at again.
func (a *Acting) close(ctx context.Context, s Session, now time.Time) (done bool, err error) {
	err = a.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		done = false
		s, err := load(ctx, tx, s.Organisation, s.ID)
		if err != nil || !s.EndedAt.IsZero() {
			return err
		}
		f, err := a.facts(ctx, tx, s)
		if err != nil {
			return err
		}
		live := s.LivenessAt(f, now)
		if live.Live {
			return nil
		}
		_, err = a.end(ctx, tx, a.clock(s.Organisation), s, live, now, false)
		done = err == nil
		return err
	})
	return done, err
}

// Explain hands over every session of the organisation as records hold it, to be compared with the last record of each.
func (a *Acting) Explain(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	rows, err := tx.Query(ctx, selectSessions+` WHERE organisation = $1`, string(org))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		s, err := scan(rows)
		if err != nil {
			return err
		}
		if err := yield(resource(s.ID), s.state()); err != nil {
			return err
		}
	}
	return rows.Err()
}
