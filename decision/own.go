package decision

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// own answers in the principal's own name, by a view that is at most half a second old. Nothing is recorded unless the
// organisation asks; then the record is durable first, here too.
func (d *Decisions) own(ctx context.Context, caller standin.Caller, q *Question, g *ground) (Answer, error) {
	st, err := d.present(ctx, caller.Organisation, q.Principal)
	if err != nil {
		return Answer{}, err
	}
	if st.book.recordOwn {
		return d.ownRecorded(ctx, caller, q.kept(), st, g)
	}
	g.is(nil, st.book)
	return st.answer(q), nil
}

func (d *Decisions) ownRecorded(ctx context.Context, caller standin.Caller, q *Question, st *standing, g *ground) (Answer, error) {
	ctx, cancel := patient(ctx)
	defer cancel()
	for range tries {
		j := newJob(caller, q, st.answer(q))
		if j.book = st.book; st.known {
			j.actor, j.principal = q.Principal, q.Principal
		}
		out, err := d.writer.write(ctx, j)
		if err != nil {
			return Answer{}, err
		}
		if !out.changed {
			g.is(nil, st.book)
			return d.inTime(ctx, j, out)
		}
		d.office(caller.Organisation).seen.Store(nil)
		if st, err = d.present(ctx, caller.Organisation, q.Principal); err != nil {
			return Answer{}, err
		}
	}
	return d.refuse(ctx, newJob(caller, q, denied(Reason{Code: Changed})))
}

// answer answers in the person's own name.
func (st *standing) answer(q *Question) Answer {
	switch {
	case !st.known:
		return denied(Reason{Code: Unknown})
	case !st.active:
		return denied(Reason{Code: Inactive})
	}
	a := ask(q, q.Principal, q.Principal)
	answer := Answer{Permit: st.book.permits(st.authority, nil, &a)}
	if !answer.Permit || q.Explain {
		answer.Reasons = st.book.reasons(st.authority, nil, &a)
	}
	return answer
}

// present returns the person's standing as it was at most half a second ago.
func (d *Decisions) present(ctx context.Context, org standin.OrganisationID, id standin.PersonID) (*standing, error) {
	of := d.office(org)
	if seen := of.seen.Load(); seen != nil && d.since(seen.at) <= viewLasts {
		if st, ok := d.standings.get(personKey{org, id}); ok && st.book.version == seen.version {
			return st, nil
		}
	}
	return d.look(ctx, of, org, id)
}

// look asks the database for what present wants. Of many who want to know one organisation's version, one asks.
func (d *Decisions) look(ctx context.Context, of *office, org standin.OrganisationID, id standin.PersonID) (st *standing, err error) {
	ctx, cancel := patient(ctx)
	defer cancel()
	select {
	case of.looking <- struct{}{}:
		defer func() { <-of.looking }()
	case <-ctx.Done():
		return nil, unavailable(context.Cause(ctx))
	}
	began := d.now()
	seen := of.seen.Load()
	fresh := seen != nil && d.since(seen.at) <= viewLasts
	if st, ok := d.standings.get(personKey{org, id}); ok && fresh && st.book.version == seen.version {
		return st, nil
	}
	var registered bool
	err = d.read(ctx, func(ctx context.Context, tx *db.Tx) error {
		book, err := d.book(ctx, tx, org)
		if err != nil {
			return err
		}
		if registered, err = anyRegistered(ctx, tx, org); err != nil {
			return err
		}
		st, err = d.standing(ctx, tx, book, org, id)
		return err
	})
	if err == nil && !(fresh && seen.version == st.book.version) {
		of.seen.Store(&sighting{st.book.version, registered, began})
	}
	return st, err
}

// patient returns a context in which a question waits as long as any may.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, patience, errSlow)
}

// read is a view that gives up when patience ends.
func (d *Decisions) read(ctx context.Context, fn func(ctx context.Context, tx *db.Tx) error) error {
	ctx, cancel := patient(ctx)
	defer cancel()
	err := d.db.View(ctx, fn)
	if err != nil && ctx.Err() != nil {
		return unavailable(err)
	}
	return err
}

var errSlow = unavailable(context.DeadlineExceeded)

func unavailable(cause error) error {
	return standin.Refuse(standin.Unavailable, "decision.decide", "decision.unavailable",
		"It cannot be decided now, so the answer is no. Try again in a moment.").Because(cause)
}

// since reports how long ago the instant was; a clock that went back makes it long ago.
func (d *Decisions) since(at time.Time) time.Duration {
	if passed := d.now().Sub(at); passed >= 0 {
		return passed
	}
	return time.Hour
}
