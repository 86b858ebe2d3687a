package logout

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// busy counts what is under way to each application.
type busy struct {
	mu sync.Mutex
	by map[standin.ClientID]int
}

func (b *busy) add(id standin.ClientID, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by[id] += n; b.by[id] <= 0 {
		delete(b.by, id)
	}
}

// now returns a copy of the counts.
func (b *busy) now() map[standin.ClientID]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.by)
}

// looks is for how many commits what is due is looked for once something was said to come.
const looks = 20

// deliver tells applications what is due, until ctx ends and what is under way has been given up.
func (o *Logout) deliver(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	committed, stop := o.db.Committed()
	defer stop()
	soon := 0 // how often to look again: who woke this may not have committed yet
	for ctx.Err() == nil {
		due, err := o.take(ctx)
		if err != nil && ctx.Err() == nil {
			o.log.Warn("what applications are to be told could not be read; it waits", "error", err)
		}
		for _, d := range due {
			all.Go(func() {
				defer o.slots.Release(1)
				defer o.wake() // its place is free
				defer o.busy.add(d.Client, -1)
				if err := o.tell(ctx, d); err != nil && ctx.Err() == nil {
					o.log.Warn("an application was not told that somebody is signed out; it is tried again", "client", d.Client, "error", err)
					o.giveBack(ctx, d)
				}
			})
		}
		if len(due) > 0 {
			continue
		}
		told := committed
		if soon--; soon < 0 {
			told = nil
		}
		select {
		case <-ctx.Done():
		case <-o.woken:
			soon = looks
		case <-told:
		case <-time.After(poll):
			soon = 0
		}
	}
}

// take returns deliveries that are due and left to this program, each with a slot: no more to one application than it may
// have, so that one that hangs holds no others up.
func (o *Logout) take(ctx context.Context) ([]Delivery, error) {
	free := 0
	for free < AtOnce && o.slots.TryAcquire(1) {
		free++
	}
	if free == 0 {
		return nil, nil
	}
	var taken []Delivery
	err := o.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		taken, err = o.due(ctx, tx, free)
		return err
	})
	if err == nil && len(taken) > 0 {
		taken, err = o.hold(ctx, taken)
	}
	if err != nil {
		taken = nil
	}
	o.slots.Release(int64(free - len(taken)))
	return taken, err
}

// due returns what is to be told now, at most free, the longest due first.
func (o *Logout) due(ctx context.Context, tx *db.Tx, free int) ([]Delivery, error) {
	full := []any{standin.Micros(standin.Now(o.now)), EachAtOnce, free}
	var others strings.Builder
	under := o.busy.now()
	for id, n := range under {
		if n >= EachAtOnce {
			full = append(full, string(id))
			others.WriteString(` AND client <> $` + strconv.Itoa(len(full)))
		}
	}
	all, err := list(ctx, tx, `SELECT `+columns+` FROM (SELECT d.*, ROW_NUMBER() OVER (PARTITION BY client ORDER BY due_at, id) AS number
		FROM logout_deliveries d WHERE ended_at IS NULL AND due_at <= $1`+others.String()+`) t
		WHERE number <= $2 ORDER BY due_at, id LIMIT $3`, full...)
	return slices.DeleteFunc(all, func(d Delivery) bool {
		under[d.Client]++
		return under[d.Client] > EachAtOnce
	}), err
}

// hold takes those of the deliveries that no other program has taken.
func (o *Logout) hold(ctx context.Context, due []Delivery) (held []Delivery, err error) {
	until := standin.Now(o.now).Add(taken)
	err = o.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		held = nil
		for _, d := range due {
			ok, err := take(ctx, tx, d, until)
			if err != nil {
				return err
			}
			if ok {
				d.DueAt = until
				held = append(held, d)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, d := range held {
		o.busy.add(d.Client, 1)
	}
	return held, nil
}

// tell sends one delivery and writes down what became of it.
func (o *Logout) tell(ctx context.Context, d Delivery) error {
	var c application.Client
	err := o.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = o.applications.Client(ctx, tx, d.Client)
		return err
	})
	if err != nil {
		return err
	}
	held, next := d.DueAt, d
	if c.BackChannel == "" {
		next.EndedHow = NoMore
	} else {
		problem, err := o.send(ctx, c, d)
		if err != nil {
			return err
		}
		if problem == "" {
			next.EndedHow = Told
		}
		next.Tries, next.Problem = d.Tries+1, problem
	}
	now := standin.Now(o.now)
	next.TriedAt = now
	switch {
	case next.EndedHow != "":
	case now.Sub(d.MadeAt) >= GivesUp:
		next.EndedHow = GivenUp
	default:
		next.DueAt = now.Add(pause(next.Tries))
	}
	if next.EndedHow != "" {
		next.EndedAt = now
	}
	if err := o.finish(context.WithoutCancel(ctx), next, held, now); err != nil {
		return err
	}
	return o.seen(context.WithoutCancel(ctx), c, next)
}

// giveBack leaves a delivery that could not be tried to whoever looks next, without waiting until it is no longer held.
func (o *Logout) giveBack(ctx context.Context, d Delivery) {
	soon := standin.Now(o.now).Add(poll)
	err := o.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := take(ctx, tx, d, soon)
		return err
	})
	if err != nil && ctx.Err() == nil {
		o.log.Warn("what an application is to be told waits until it is held no more", "client", d.Client, "error", err)
	}
}

// pause returns how long to wait after so many tries, longer each time, and never for all at the same instant.
func pause(tries int) time.Duration {
	wait := min(time.Second<<min(tries-1, 20), longest)
	return wait + rand.N(wait/4+1)
}

// finish writes what became of a try; where it was the last, with its record, which names both people.
func (o *Logout) finish(ctx context.Context, d Delivery, held, now time.Time) error {
	return o.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		ours, err := d.save(ctx, tx, held)
		if err != nil || !ours || d.EndedHow == "" || d.EndedHow == NoMore {
			return err
		}
		r := ledger.Record{Organisation: d.Organisation, At: now, Actor: system, Principal: d.principal, Session: d.session, Delegation: d.delegation,
			Action: "client.told_logout", Resource: "client:" + string(d.Client)}
		if d.EndedHow == GivenUp {
			r.Outcome, r.Reasons = ledger.Failed, []string{"logout." + GivenUp}
		}
		_, err = o.ledger.Append(ctx, tx, r)
		return err
	})
}

// seen tells whoever connects the application how telling it goes.
func (o *Logout) seen(ctx context.Context, c application.Client, d Delivery) error {
	if d.EndedHow == NoMore {
		return nil
	}
	problem := ""
	switch d.Problem {
	case "":
	case Private, Unsafe:
		problem = application.WrongPlace
	default:
		problem = application.WrongAddress
	}
	return o.applications.Seen(ctx, c, application.ToldLogout, problem, d.Problem)
}
