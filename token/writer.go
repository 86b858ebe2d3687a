package token

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
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
	if err := t.renewAll(ctx, tx, jobs, fallen, now); err != nil {
		return err
	}
	for i, j := range jobs {
		if fallen[i] {
			continue
		}
		j.at = now
		if j.made != nil {
			grants = append(grants, j.made.values()...)
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
	if err := tx.Insert(ctx, intoGrants, grants); err != nil {
		return err
	}
	if _, err := t.ledger.AppendAll(ctx, tx, records); err != nil {
		return err
	}
	return t.standing(ctx, tx, jobs, fallen, now)
}

// renewAll gives the grants that are refreshed their next tokens, where the one presented is still the one that works. The others
// have fallen, with nothing of them written: it is found out elsewhere what became of them.
func (t *Tokens) renewAll(ctx context.Context, tx *db.Tx, jobs []*job, fallen []bool, now time.Time) error {
	var refreshed []*job
	for i, j := range jobs {
		if j.made == nil && !fallen[i] {
			refreshed = append(refreshed, j)
		}
	}
	renewed := make(map[string]bool, len(refreshed)) // by the next token
	err := inParts(refreshed, func(part []*job) error {
		args := make([]any, 0, 4*len(part)+1)
		for _, j := range part {
			args = append(args, string(j.grant.Organisation), string(j.grant.ID), j.old, j.next)
		}
		rows, err := tx.Query(ctx, renewals[len(part)], append(args, standin.Micros(now))...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var next string
			if err := rows.Scan(&next); err != nil {
				return err
			}
			renewed[next] = true
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	for i, j := range jobs {
		fallen[i] = fallen[i] || j.made == nil && !renewed[j.next]
	}
	return nil
}

// renewals are the statements that renew so many grants, of which two may be the same.
var renewals = func() map[int]string {
	all := map[int]string{}
	for size := mostAtOnce; size > 0; size /= 2 {
		rows := make([]string, size)
		for i := range rows {
			rows[i] = fmt.Sprintf("(CAST($%d AS TEXT), CAST($%d AS TEXT), CAST($%d AS TEXT), CAST($%d AS TEXT))", 4*i+1, 4*i+2, 4*i+3, 4*i+4)
		}
		all[size] = `WITH renewal (organisation, id, old, next) AS (VALUES ` + strings.Join(rows, ", ") + `)
			UPDATE grants SET refresh = renewal.next, refreshed_at = $` + strconv.Itoa(4*size+1) + ` FROM renewal
			WHERE grants.organisation = renewal.organisation AND grants.id = renewal.id AND grants.refresh = renewal.old AND grants.ended_at IS NULL
			RETURNING grants.refresh`
	}
	return all
}()

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
