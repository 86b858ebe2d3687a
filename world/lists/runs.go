package lists

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/world/table"
)

func asRefusal(err error, e **standin.Error) bool { return errors.As(err, e) }

// RunID names a plan that is kept, or applied behind the caller's back.
type RunID string

// Run is how far a kept plan has come.
type Run struct {
	Plan    *Plan // nil while it is Running
	Running bool
	Over    bool // it was applied, as far as Failed lets
	Done    int
	Total   int
	Failed  error // why it stopped before the end; what was done is durable
}

// runs are the plans that are kept in this process. Another replica does not know them, and they are gone when it ends; then
// the list is sent again, and what was done is skipped.
type runs struct {
	mu   sync.Mutex
	all  map[RunID]*Run
	last []RunID // in the order in which they were kept
	busy sync.WaitGroup
}

// How much is kept at once; the oldest that does not run is forgotten.
const (
	mostKept     = 20
	mostKeptRows = 3 * table.MostRows // of all plans together
)

// Keep keeps the plan for its caller to look at and to begin.
func (l *Lists) Keep(p *Plan) RunID {
	l.runs.mu.Lock()
	defer l.runs.mu.Unlock()
	if l.runs.all == nil {
		l.runs.all = map[RunID]*Run{}
	}
	rows := len(p.Rows)
	for _, r := range l.runs.all {
		rows += len(r.Plan.Rows)
	}
	l.runs.last = slices.DeleteFunc(l.runs.last, func(id RunID) bool {
		old := l.runs.all[id]
		if old.Running || len(l.runs.all) < mostKept && rows <= mostKeptRows {
			return false
		}
		rows -= len(old.Plan.Rows)
		delete(l.runs.all, id)
		return true
	})
	id := RunID(standin.NewID("list"))
	l.runs.all[id] = &Run{Plan: p, Total: len(p.order)}
	l.runs.last = append(l.runs.last, id)
	return id
}

// Kept returns how far the caller's plan has come; NotFound where there is none of theirs.
func (l *Lists) Kept(caller standin.Caller, id RunID) (Run, error) {
	l.runs.mu.Lock()
	defer l.runs.mu.Unlock()
	r, err := l.runs.of(caller, id)
	if err != nil {
		return Run{}, err
	}
	run := *r
	if run.Running {
		run.Plan = nil // it changes under whoever would read it
	}
	return run, nil
}

func (rs *runs) of(caller standin.Caller, id RunID) (*Run, error) {
	r := rs.all[id]
	if r == nil || caller.Organisation != r.Plan.organisation || caller.Actor != r.Plan.actor {
		return nil, standin.Refuse(standin.NotFound, "list.kept", "list.gone", "This list is not kept any more, or another server keeps it. Send it again; what was done is left as it is.")
	}
	return r, nil
}

// Begin applies the caller's plan in the background, also when ctx is over or the caller signs out; not when they lose the
// power to send it. Begun twice, it runs once.
func (l *Lists) Begin(ctx context.Context, caller standin.Caller, id RunID) error {
	if caller.Acting() {
		return standin.Refuse(standin.Denied, "list.plan", "list.not_while_acting", "Lists are sent and fetched in one's own name. Switch back to yourself first.")
	}
	l.runs.mu.Lock()
	defer l.runs.mu.Unlock()
	r, err := l.runs.of(caller, id)
	if err != nil || r.Running || r.Over {
		return err
	}
	r.Running = true
	l.runs.busy.Go(func() {
		err := l.Apply(context.WithoutCancel(ctx), caller, r.Plan, func(done, total int) {
			l.runs.mu.Lock()
			defer l.runs.mu.Unlock()
			r.Done, r.Total = done, total
		})
		l.runs.mu.Lock()
		defer l.runs.mu.Unlock()
		r.Running, r.Over, r.Failed = false, true, err
	})
	return nil
}

// Wait returns when nothing runs any more.
func (l *Lists) Wait() { l.runs.busy.Wait() }
