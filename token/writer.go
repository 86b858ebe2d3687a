package token

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// A job is one refresh or exchange whose every check was made on a proposal, and that waits to be written.
type job struct {
	proposal *proposal
	grant    Grant // of the proposal; what was exchanged from it below
	// Of a refresh: the hashes of the token presented and of the next; of an exchange "".
	old, next string
	made      *Grant                     // of an exchange
	clients   map[standin.ClientID]int64 // versions that must be so still
	until     time.Time                  // nothing is given from then on
	record    *ledger.Record             // nil in one's own name

	at     time.Time   // when what it rests on was read
	given  atomic.Bool // up, by who waited
	done   chan struct{}
	fallen bool // what it rests on has changed: nothing was done
	err    error
}

// writer writes jobs. Those that wait while others are being written share one transaction: one reading of what they rest on,
// and one sync of the disk.
type writer struct {
	tokens  *Tokens
	mu      sync.Mutex
	waiting []*job
	running int
}

const (
	// mostTogether is how many jobs share a transaction, mostWriters how many of these there are, so that one gathers while
	// another is being synced; more than mostWaiting are refused at once.
	mostTogether = 128
	mostWriters  = 2
	mostWaiting  = 10_000
	// patience bounds one transaction.
	patience = 10 * time.Second
)

// write returns when the job is durable, or was not done: it reports false where what it rests on has changed.
func (w *writer) write(ctx context.Context, j *job) (bool, error) {
	j.done = make(chan struct{})
	w.mu.Lock()
	if len(w.waiting) >= mostWaiting {
		w.mu.Unlock()
		return false, standin.Refuse(standin.Unavailable, "token.write", "token.busy", "Too many ask at once. Ask again soon.")
	}
	w.waiting = append(w.waiting, j)
	if w.running < mostWriters {
		w.running++
		go w.run()
	}
	w.mu.Unlock()
	select {
	case <-j.done:
		return !j.fallen, j.err
	case <-ctx.Done():
		j.given.Store(true)
		return false, standin.Refuse(standin.Unavailable, "token.write", "token.given_up", "It is not known whether this was done. Ask again.").
			Because(context.Cause(ctx))
	}
}

// run writes until nothing waits.
func (w *writer) run() {
	for {
		w.mu.Lock()
		n := min(len(w.waiting), mostTogether)
		if n == 0 {
			w.running--
			w.mu.Unlock()
			return
		}
		jobs := slices.Clone(w.waiting[:n])
		w.waiting = slices.Delete(w.waiting, 0, n)
		w.mu.Unlock()
		if wanted := slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return j.given.Load() }); len(wanted) > 0 {
			w.tokens.writeAll(wanted)
		}
		for _, j := range jobs {
			close(j.done)
		}
	}
}

// grantValues is how many columns a grant has.
const grantValues = 30

// errFallen undoes a transaction in which something was written whose ground has fallen.
var errFallen = errors.New("token: what a token rests on has changed")

// writeAll writes the jobs in one transaction: first what they do, then it finds that what each rests on stands, so that
// nothing but the commit lies between that reading and the answers. What has fallen is left out, and the rest written anew.
func (t *Tokens) writeAll(jobs []*job) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// In one order everywhere, so that transactions wait for one another and not in a ring.
	sort.Slice(jobs, func(i, k int) bool { return jobs[i].grant.ID < jobs[k].grant.ID })
	fallen := make([]bool, len(jobs))
	err := errFallen
	for errors.Is(err, errFallen) {
		err = t.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error { return t.writeIn(ctx, tx, jobs, fallen) })
	}
	for i, j := range jobs {
		j.fallen, j.err = fallen[i], err
		if err != nil {
			j.fallen = false
		}
	}
}

func (t *Tokens) writeIn(ctx context.Context, tx *db.Tx, jobs []*job, fallen []bool) error {
	now := standin.Now(t.now)
	var grants []any
	var records []ledger.Record
	for i, j := range jobs {
		if fallen[i] {
			continue
		}
		j.at = now
		switch {
		case j.made != nil:
			grants = append(grants, j.made.values()...)
		default:
			n, err := tx.Exec(ctx, `UPDATE grants SET refresh = $3, refreshed_at = $4 WHERE organisation = $1 AND id = $2 AND refresh = $5 AND ended_at IS NULL`,
				string(j.grant.Organisation), string(j.grant.ID), j.next, standin.Micros(now), j.old)
			if err != nil {
				return err
			}
			if n != 1 {
				fallen[i] = true // nothing of it is written yet: it is found out elsewhere what became of it
				continue
			}
		}
		if err := t.useLogin(ctx, tx, j, now); err != nil {
			return err
		}
		if j.record != nil {
			r := *j.record
			r.At = now
			records = append(records, r)
		}
	}
	if err := insertMany(ctx, tx, `INSERT INTO grants (`+grantColumns+`) VALUES `, grantValues, grants); err != nil {
		return err
	}
	if _, err := t.ledger.AppendAll(ctx, tx, records); err != nil {
		return err
	}
	return t.standing(ctx, tx, jobs, fallen, now)
}

// useLogin keeps the login from ending unused, at most once a minute.
func (t *Tokens) useLogin(ctx context.Context, tx *db.Tx, j *job, now time.Time) error {
	if j.made != nil || now.Sub(standin.Instant(j.proposal.seen.Load())) < time.Minute {
		return nil
	}
	return t.signin.UseLogin(ctx, tx, j.grant.Organisation, j.grant.Login, now)
}

// standing finds that what each job rests on is what it was, and marks those for which it is not.
func (t *Tokens) standing(ctx context.Context, tx *db.Tx, jobs []*job, fallen []bool, now time.Time) error {
	ids := map[standin.OrganisationID][]string{}
	clients := map[standin.ClientID]bool{}
	for i, j := range jobs {
		if fallen[i] {
			continue
		}
		if org := j.grant.Organisation; !slices.Contains(ids[org], string(j.grant.ID)) {
			ids[org] = append(ids[org], string(j.grant.ID))
		}
		for id := range j.clients {
			clients[id] = true
		}
	}
	grounds := map[standin.GrantID]ground{}
	for org, some := range ids {
		found, err := readGrounds(ctx, tx, org, some)
		if err != nil {
			return err
		}
		for id, g := range found {
			grounds[id] = g
		}
	}
	versions, err := readClients(ctx, tx, clients)
	if err != nil {
		return err
	}
	for i, j := range jobs {
		if !fallen[i] && !t.stillStands(j, grounds[j.grant.ID], versions, now) {
			fallen[i], err = true, errFallen
		}
	}
	return err
}

func (t *Tokens) stillStands(j *job, g ground, versions map[standin.ClientID]int64, now time.Time) bool {
	for id, version := range j.clients {
		if versions[id] != version {
			return false
		}
	}
	j.proposal.seen.Store(standin.Micros(g.seen))
	return g.stamp == j.proposal.stamp && j.proposal.timely(now) && now.Before(j.until) && now.Before(t.signin.UnusedUntil(g.seen))
}

// insertMany inserts the rows, whose values follow one another, with few statements of few texts.
func insertMany(ctx context.Context, tx *db.Tx, insert string, columns int, values []any) error {
	for size := mostAtOnce; size > 0; size /= 2 {
		for len(values) >= size*columns {
			rows := make([]string, size)
			for i := range rows {
				rows[i] = "(" + places(1+i*columns, columns) + ")"
			}
			if _, err := tx.Exec(ctx, insert+strings.Join(rows, ", "), values[:size*columns]...); err != nil {
				return err
			}
			values = values[size*columns:]
		}
	}
	return nil
}
