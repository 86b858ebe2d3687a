package decision

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// A job is one answer that waits to be recorded.
type job struct {
	caller       standin.Caller
	question     *Question
	answer       Answer // as it is proposed
	hypothetical bool
	// Who is really there, for whom, and by what; empty where that is not known.
	actor      standin.PersonID
	principal  standin.PersonID
	session    standin.SessionID
	delegation standin.DelegationID
	// What the answer rests on: an acting session's entry, or else the organisation's rules. Both nil: on nothing that
	// could change, for it denies.
	entry *entry
	book  *rulebook

	record  ledger.Record // of the answer that is proposed
	given   atomic.Bool   // up, by who waited for it
	done    chan struct{} // closed when what follows is known
	read    time.Time     // when what it rests on was read
	outcome outcome
	err     error
}

func newJob(caller standin.Caller, q *Question, proposed Answer) *job {
	return &job{caller: caller, question: q, answer: proposed, done: make(chan struct{})}
}

// outcome is what became of a job.
type outcome struct {
	answer  Answer
	changed bool // what it rests on changed, so that nothing was recorded
}

// writer records answers. Those that wait while others are being written share one transaction, and so one reading of
// what they rest on and one sync of the disk.
type writer struct {
	decisions *Decisions
	mu        sync.Mutex
	waiting   []*job
	running   int
	together  int // how many share the next transaction at most
}

const (
	leastTogether, mostTogether = 16, 512
	// swift is how long a transaction may take at most before fewer share the next: an answer that comes late is none.
	swift = viewLasts / 4
	// mostWriters is how many transactions write at once, so that one gathers while the other is being synced.
	mostWriters = 2
	// mostWaiting bounds what waits; more than can be written in time is denied at once.
	mostWaiting = 20_000
)

// kept returns a copy that outlives its question: what is answered from memory allocates nothing.
func (q *Question) kept() *Question {
	k := *q
	return &k
}

// write returns when the job's answer is durable, or was not recorded: then the error is Unavailable. A job that is not
// done when ctx ends is given up by who waits for it, who denies; it may still be recorded.
func (w *writer) write(ctx context.Context, j *job) (outcome, error) {
	if err := w.begin(j); err != nil {
		return outcome{}, err
	}
	return w.wait(ctx, j)
}

// begin queues the job.
func (w *writer) begin(j *job) error {
	var err error
	if j.record, err = j.describe(j.answer); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) >= mostWaiting {
		return unavailable(nil)
	}
	w.waiting = append(w.waiting, j)
	if w.running < mostWriters {
		w.running++
		go w.run()
	}
	return nil
}

func (w *writer) wait(ctx context.Context, j *job) (outcome, error) {
	select {
	case <-j.done:
		return j.outcome, j.err
	case <-ctx.Done():
		j.given.Store(true)
		return outcome{}, unavailable(context.Cause(ctx))
	}
}

// run writes until nothing waits.
func (w *writer) run() {
	for {
		w.mu.Lock()
		w.together = min(max(w.together, leastTogether), mostTogether)
		n := min(len(w.waiting), w.together)
		if n == 0 {
			w.running--
			w.mu.Unlock()
			return
		}
		jobs := slices.Clone(w.waiting[:n])
		w.waiting = slices.Delete(w.waiting, 0, n)
		w.mu.Unlock()
		if wanted := slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return j.given.Load() }); len(wanted) > 0 {
			began := time.Now()
			w.decisions.writeAll(wanted)
			w.pace(len(jobs), time.Since(began))
		}
		for _, j := range jobs {
			close(j.done)
		}
	}
}

// pace lets fewer share a transaction after a slow one, and more after a full one that was swift.
func (w *writer) pace(jobs int, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case took > swift:
		w.together = min(w.together, jobs) / 2
	case took < swift/2 && jobs >= w.together:
		w.together += w.together / 2
	}
}

// writeAll records the jobs' answers in one transaction. It writes first and then finds that what each answer rests on
// stands, so that nothing but the commit lies between that reading and the answers. What has fallen is left out, and the
// rest is written anew.
func (d *Decisions) writeAll(jobs []*job) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, errSlow)
	defer cancel()
	fallen := make([]bool, len(jobs))
	var read time.Time
	var outcomes []outcome
	err := errFallen
	for errors.Is(err, errFallen) {
		err = d.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
			outcomes = make([]outcome, len(jobs))
			if err := d.recordAll(ctx, tx, jobs, fallen, standin.Now(d.now), outcomes); err != nil {
				return err
			}
			read = d.now()
			return d.stand(ctx, tx, jobs, fallen, outcomes, read)
		})
	}
	for i, j := range jobs {
		if j.read = read; err != nil {
			j.err = unavailable(err)
		} else {
			j.outcome = outcomes[i]
		}
	}
}

// errFallen undoes a transaction in which an answer was recorded whose ground has fallen.
var errFallen = errors.New("decision: what an answer rests on has changed")

// stand finds that what each recorded answer rests on is what it was, and marks those for which it is not.
func (d *Decisions) stand(ctx context.Context, tx *db.Tx, jobs []*job, fallen []bool, outcomes []outcome, now time.Time) error {
	stands, err := d.stands(ctx, tx, jobs)
	if err != nil {
		return err
	}
	for i, j := range jobs {
		switch {
		case fallen[i]:
		case !stands(j):
			fallen[i], err = true, errFallen
		case j.entry != nil && outcomes[i].answer.Permit && !j.entry.live(now):
			err = errFallen // its time ran out meanwhile: written anew, it is a refusal
		}
	}
	return err
}

// stands reports of each job whether what its answer rests on is what it was. All of it is read by key, at one instant
// for each acting session and each organisation's rules.
func (d *Decisions) stands(ctx context.Context, tx *db.Tx, jobs []*job) (func(*job) bool, error) {
	var sessions []standin.SessionID
	versions := map[standin.OrganisationID]int64{}
	asked := map[standin.SessionID]bool{}
	for _, j := range jobs {
		org := j.caller.Organisation
		switch {
		case j.entry != nil && !asked[j.entry.session.ID]:
			asked[j.entry.session.ID] = true
			sessions = append(sessions, j.entry.session.ID)
		case j.entry == nil && j.book != nil:
			if _, ok := versions[org]; ok {
				continue
			}
			version, err := d.applications.RulesVersion(ctx, tx, org)
			if err != nil {
				return nil, err
			}
			versions[org] = version
		}
	}
	stamps, err := readStamps(ctx, tx, sessions)
	return func(j *job) bool {
		switch {
		case j.entry != nil:
			return stamps[j.entry.session.ID] == j.entry.stamp
		case j.book != nil:
			return versions[j.caller.Organisation] == j.book.version
		}
		return !j.answer.Permit || j.hypothetical
	}, err
}

// recordAll records what becomes of each job whose ground has not fallen; now is the instant of all.
func (d *Decisions) recordAll(ctx context.Context, tx *db.Tx, jobs []*job, fallen []bool, now time.Time, outcomes []outcome) error {
	records := make([]ledger.Record, 0, len(jobs))
	recorded := make([]int, 0, len(jobs))
	for i, j := range jobs {
		if fallen[i] {
			outcomes[i].changed = true
			continue
		}
		r, answer := j.record, j.answer
		if j.entry != nil && !j.entry.live(now) {
			var err error
			answer = over(answer)
			if r, err = j.describe(answer); err != nil {
				return err
			}
		}
		outcomes[i].answer = answer
		r.At = now
		records, recorded = append(records, r), append(recorded, i)
	}
	ids, err := d.ledger.AppendAll(ctx, tx, records)
	if err != nil {
		return err
	}
	for n, i := range recorded {
		outcomes[i].answer.Record = ids[n]
	}
	return nil
}

// refuse records a refusal that rests on nothing, and answers it.
func (d *Decisions) refuse(ctx context.Context, j *job) (Answer, error) {
	out, err := d.writer.write(ctx, j)
	return out.answer, err
}

// inTime returns the outcome's answer, or a refusal where a permit is later after its reading than it may be: that is
// recorded, too.
func (d *Decisions) inTime(ctx context.Context, j *job, out outcome) (Answer, error) {
	if !out.answer.Permit || d.since(j.read) <= viewLasts {
		return out.answer, nil
	}
	late := *newJob(j.caller, j.question, denied(Reason{Code: Late}))
	late.actor, late.principal, late.session, late.delegation = j.actor, j.principal, j.session, j.delegation
	return d.refuse(ctx, &late)
}
