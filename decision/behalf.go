package decision

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// tries is how often an answer is found anew whose ground changed meanwhile.
const tries = 4

// entry is what an acting session may do, compiled from one consistent state of the database. It only proposes: the
// transaction that records a permit finds by the stamp that all of it still stands.
type entry struct {
	session  acting.Session
	facts    acting.Facts
	standing *standing // of the principal
	bounds   *rights.Bounds
	stamp    stamp
	// The session is live from since on until until, if the entry still stands: nothing but time can end it then.
	since, until time.Time
}

// stamp is everything that an entry rests on, as one query reads it by key. What changed, changed its stamp.
type stamp struct {
	organisation                        standin.OrganisationID
	session, delegation, changed, rules int64
	actorInactive, actorSince           int64
	principalInactive, principalSince   int64
}

// onBehalf answers within an acting session. Every answer is recorded before it is given.
func (d *Decisions) onBehalf(ctx context.Context, caller standin.Caller, asked *Question, g *ground) (Answer, error) {
	q := asked.kept()
	ctx, cancel := patient(ctx)
	defer cancel()
	if d.apart.Load() {
		return d.refuse(ctx, newJob(caller, q, denied(Reason{Code: ClocksApart})))
	}
	for range tries {
		e, err := d.entry(ctx, caller.Organisation, q.Session)
		if db.IsNotFound(err) {
			return d.refuse(ctx, newJob(caller, q, denied(Reason{Code: NoSession})))
		}
		if err != nil {
			return Answer{}, err
		}
		j := e.propose(caller, q)
		out, err := d.writer.write(ctx, j)
		if err != nil {
			return Answer{}, err
		}
		if !out.changed {
			g.is(e, nil)
			return d.inTime(ctx, j, out)
		}
		d.sessions.drop(q.Session)
	}
	return d.refuse(ctx, newJob(caller, q, denied(Reason{Code: Changed})))
}

// propose returns the answer as it is to be recorded, if the entry still stands then.
func (e *entry) propose(caller standin.Caller, q *Question) *job {
	if q.Principal != e.session.Principal || q.Actor != "" && q.Actor != e.session.Actor ||
		q.Delegation != "" && q.Delegation != e.session.Delegation {
		// Whoever is asked about did nothing by this session, so its people are not named in the record.
		return newJob(caller, q, denied(Reason{Code: OtherSession}))
	}
	j := newJob(caller, q, Answer{})
	j.entry = e
	j.actor, j.principal, j.session, j.delegation = e.session.Actor, e.session.Principal, e.session.ID, e.session.Delegation
	if !e.standing.known || !e.standing.active {
		j.answer = denied(Reason{Code: Inactive})
		return j
	}
	a := ask(q, e.session.Actor, e.session.Principal)
	j.answer.Permit = e.standing.book.permits(e.standing.authority, e.bounds, &a)
	if !j.answer.Permit || q.Explain {
		j.answer.Reasons = e.standing.book.reasons(e.standing.authority, e.bounds, &a)
	}
	return j
}

// entry returns the session's, kept or read. NotFound where the organisation has no such session.
func (d *Decisions) entry(ctx context.Context, org standin.OrganisationID, id standin.SessionID) (*entry, error) {
	if e, ok := d.sessions.get(id); ok {
		if e.session.Organisation != org {
			return nil, standin.Refuse(standin.NotFound, "decision.decide", "decision.no_session", "There is no such acting session.")
		}
		return e, nil
	}
	var e *entry
	err := d.read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		e, err = d.readEntry(ctx, tx, org, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	d.sessions.put(id, e)
	return e, nil
}

func (d *Decisions) readEntry(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.SessionID) (*entry, error) {
	s, f, err := d.acting.ByID(ctx, tx, org, id)
	if err != nil {
		return nil, err
	}
	stamps, err := readStamps(ctx, tx, []standin.SessionID{id})
	if err != nil {
		return nil, err
	}
	book, err := d.book(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	st, err := d.standing(ctx, tx, book, org, s.Principal)
	if err != nil {
		return nil, err
	}
	e := &entry{session: s, facts: f, standing: st, stamp: stamps[id],
		bounds: book.vocabulary.Bounds(f.Limits, f.Kind == delegation.Entry)}
	e.foresee(standin.Now(d.now))
	return e, nil
}

// foresee notes how long the session lives if it lives at now: no longer than its time, and than its delegation's.
func (e *entry) foresee(now time.Time) {
	if !e.session.LivenessAt(e.facts, now).Live {
		return
	}
	e.since, e.until = now, e.session.ExpiresAt
	if usable, _ := e.facts.UsableUntil(now); !usable.IsZero() && usable.Before(e.until) {
		e.until = usable
	}
}

// live reports whether the session is, given that the entry still stands.
func (e *entry) live(now time.Time) bool {
	return !now.Before(e.since) && now.Before(e.until) || e.session.LivenessAt(e.facts, now).Live
}

// over is what an answer becomes when the session has ended: no, with what spoke against it anyway.
func over(proposed Answer) Answer {
	a := denied(Reason{Code: SessionOver})
	for _, r := range proposed.Reasons {
		if !r.For {
			a.Reasons = append(a.Reasons, r)
		}
	}
	return a
}

// readStamps reads by key what the sessions rest on. A session that is gone has none.
func readStamps(ctx context.Context, tx *db.Tx, ids []standin.SessionID) (map[standin.SessionID]stamp, error) {
	found := make(map[standin.SessionID]stamp, len(ids))
	for len(ids) > 0 {
		part := ids[:min(len(ids), mostPlaces)]
		ids = ids[len(part):]
		if err := readStampsOf(ctx, tx, part, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func readStampsOf(ctx context.Context, tx *db.Tx, ids []standin.SessionID, found map[standin.SessionID]stamp) error {
	places, args := in(ids)
	// The || leaves a database without statistics only the index on the ids, as in delegation's list.
	rows, err := tx.Query(ctx, `SELECT s.id, s.organisation, s.version, COALESCE(d.version, 0), COALESCE(d.changed_at, 0),
			COALESCE(a.inactive_at, 0), COALESCE(a.active_since, 0), COALESCE(p.inactive_at, 0), COALESCE(p.active_since, 0),
			COALESCE(r.version, 0)
		FROM sessions s
		LEFT JOIN delegations d ON d.organisation || '' = s.organisation AND d.id = s.delegation
		LEFT JOIN people a ON a.organisation || '' = s.organisation AND a.id = s.actor
		LEFT JOIN people p ON p.organisation || '' = s.organisation AND p.id = s.principal
		LEFT JOIN rules r ON r.organisation = s.organisation
		WHERE s.id IN (`+places+`)`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id standin.SessionID
		var st stamp
		if err := rows.Scan((*string)(&id), (*string)(&st.organisation), &st.session, &st.delegation, &st.changed, &st.actorInactive,
			&st.actorSince, &st.principalInactive, &st.principalSince, &st.rules); err != nil {
			return err
		}
		found[id] = st
	}
	return rows.Err()
}
