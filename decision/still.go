package decision

import (
	"context"
	"errors"
	"sync"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// ground is what one answer of several rests on: an acting session's entry, or the organisation's rules; neither where
// nothing that could change bears it.
type ground struct {
	entry *entry
	book  *rulebook
}

func (g *ground) is(e *entry, b *rulebook) {
	if g != nil {
		g.entry, g.book = e, b
	}
}

// stillStand looks once more at what the permits rest on: those that came first waited for the rest. One whose ground has
// fallen meanwhile becomes a refusal, which is recorded where the permit was, all at once. Hypothetical answers permit nothing
// anyway.
func (d *Decisions) stillStand(ctx context.Context, caller standin.Caller, questions []Question, answers []Answer, grounds []ground) error {
	var sessions []standin.SessionID
	for i, g := range grounds[:len(answers)] {
		if g.entry != nil && answers[i].Permit {
			sessions = append(sessions, g.entry.session.ID)
		}
	}
	var stamps map[standin.SessionID]stamp
	var version int64
	read := d.now()
	err := d.read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if stamps, err = readStamps(ctx, tx, distinct(sessions)); err == nil {
			version, err = d.applications.RulesVersion(ctx, tx, caller.Organisation)
		}
		return err
	})
	if err != nil {
		return err
	}
	late, errs := d.since(read) > viewLasts, make([]error, len(answers))
	var over sync.WaitGroup
	for i := range answers {
		g := grounds[i]
		switch {
		case !answers[i].Permit || g.entry == nil && g.book == nil:
			continue
		case !late && g.entry != nil && stamps[g.entry.session.ID] == g.entry.stamp && g.entry.live(read):
			continue
		case !late && g.entry == nil && g.book.version == version:
			continue
		}
		over.Go(func() { answers[i], errs[i] = d.tooLate(ctx, caller, &questions[i], g, answers[i]) })
	}
	over.Wait()
	return errors.Join(errs...)
}

// tooLate is the refusal in place of a permit that waited for too long.
func (d *Decisions) tooLate(ctx context.Context, caller standin.Caller, q *Question, g ground, was Answer) (Answer, error) {
	a := denied(Reason{Code: Late})
	if was.Record == "" {
		return a, nil
	}
	ctx, cancel := patient(ctx)
	defer cancel()
	j := newJob(caller, q.kept(), a)
	if j.actor, j.principal = q.Principal, q.Principal; g.entry != nil {
		s := g.entry.session
		j.actor, j.principal, j.session, j.delegation = s.Actor, s.Principal, s.ID, s.Delegation
	}
	return d.refuse(ctx, j)
}

func distinct[S comparable](all []S) (some []S) {
	seen := map[S]bool{}
	for _, one := range all {
		if !seen[one] {
			seen[one] = true
			some = append(some, one)
		}
	}
	return some
}
