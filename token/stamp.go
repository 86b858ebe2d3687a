package token

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
)

// stamp is everything that the grant of a sign-in rests on, as one query reads it by key. What changed, changed its stamp;
// what time alone ends, the proposal knows.
type stamp struct {
	ended                            int64
	client, clientEnded              int64
	login, acted, proved, loginEnds  int64
	actor, actorInactive, actorSince int64
	principal, inactive, since       int64
	session, sessionEnded            int64
	delegation, changed              int64
}

// ground is what was read of a grant: its stamp, and beside it what changes in the ordinary course of things.
type ground struct {
	stamp
	refresh string
	seen    time.Time // of its login
}

// proposal is what a grant says, kept in memory. It only proposes: the transaction that does something by it finds by the
// stamp that all of it still stands, and that no time is over.
type proposal struct {
	who     Who
	stamp   stamp
	clients map[standin.ClientID]int64 // versions of the applications in its audience, -1 of what is none or has ended
	seen    atomic.Int64               // of the login, as it was last read
}

// mayPropose reports whether nothing else bears what the grant says: no consent, no line of exchanges, and no list of those
// who could act.
func (w Who) mayPropose() bool {
	return w.Grant.Parent == "" && !w.Client.ThirdParty && len(w.strangers) == 0 && (w.Acting() || !w.Client.Exchange)
}

// propose returns what the grant says with its stamp, from the transaction that found it; nil where more bears it than the
// stamp tells. keepProposal keeps it once that is durable.
func (t *Tokens) propose(ctx context.Context, tx *db.Tx, w Who) (*proposal, error) {
	if !w.mayPropose() {
		return nil, nil
	}
	grounds, err := readGrounds(ctx, tx, w.Grant.Organisation, []string{string(w.Grant.ID)})
	if err != nil {
		return nil, err
	}
	ids := map[standin.ClientID]bool{}
	for _, a := range w.Grant.Audience {
		if a != Standin {
			ids[standin.ClientID(a)] = true
		}
	}
	versions, err := readClients(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	p := &proposal{who: w, stamp: grounds[w.Grant.ID].stamp, clients: versions}
	p.seen.Store(standin.Micros(w.Login.SeenAt))
	return p, nil
}

func (t *Tokens) keepProposal(p *proposal) {
	if p != nil {
		t.proposals.put(p.who.Grant.ID, p)
	}
}

// still returns what the grant says now by what was found before, if that stands; false where it must be found anew.
func (t *Tokens) still(ctx context.Context, org standin.OrganisationID, id standin.GrantID, now time.Time) (w Who, ok bool, err error) {
	p, found := t.proposals.get(id)
	if !found || p.who.Grant.Organisation != org || !p.timely(now) {
		return Who{}, false, nil
	}
	err = t.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		grounds, err := readGrounds(ctx, tx, org, []string{string(id)})
		if err != nil {
			return err
		}
		ids := make(map[standin.ClientID]bool, len(p.clients))
		for client := range p.clients {
			ids[client] = true
		}
		versions, err := readClients(ctx, tx, ids)
		ok = err == nil && t.stillStands(&job{proposal: p, clients: p.clients, until: p.who.Until}, grounds[id], versions, now)
		return err
	})
	if err != nil || !ok {
		t.proposals.drop(id)
		return Who{}, false, err
	}
	return p.as(now), true, nil
}

// proposed returns what the grant says as it was last found, if it was found lately and its time is not over.
func (t *Tokens) proposed(client application.Client, id standin.GrantID, now time.Time) (*proposal, bool) {
	p, ok := t.proposals.get(id)
	if !ok || p.who.Grant.Organisation != client.Organisation || !p.timely(now) {
		return nil, false
	}
	return p, true
}

// timely reports whether no time of what the proposal rests on is over, and the clock did not go back behind it.
func (p *proposal) timely(now time.Time) bool {
	return now.Before(p.who.Until) && !now.Before(p.who.At)
}

// as returns what the grant says at now, if the proposal still stands.
func (p *proposal) as(now time.Time) Who {
	w := p.who
	w.At, w.Login.SeenAt = now, standin.Instant(p.seen.Load())
	return w
}

const selectGrounds = `SELECT g.id, COALESCE(g.ended_at, 0), g.refresh, c.version, COALESCE(c.ended_at, 0), COALESCE(l.ended_at, 0),
		COALESCE(l.acted_at, 0), l.proved_at, l.ends_at, l.seen_at, a.version, COALESCE(a.inactive_at, 0), a.active_since, p.version,
		COALESCE(p.inactive_at, 0), p.active_since, COALESCE(s.version, 0), COALESCE(s.ended_at, 0), COALESCE(d.version, 0),
		COALESCE(d.changed_at, 0)
	FROM grants g
	JOIN clients c ON c.id = g.client
	JOIN logins l ON l.organisation || '' = g.organisation AND l.id = g.login
	JOIN people a ON a.organisation || '' = g.organisation AND a.id = g.actor
	JOIN people p ON p.organisation || '' = g.organisation AND p.id = g.principal
	LEFT JOIN sessions s ON s.organisation || '' = g.organisation AND s.id = g.session
	LEFT JOIN delegations d ON d.organisation || '' = g.organisation AND d.id = g.delegation
	WHERE g.organisation = $1 AND g.id IN (`

// mostAtOnce is how many grants one query reads. Queries are of 1, 2, 4 … so that there are few texts to prepare.
const mostAtOnce = 32

// readGrounds reads the grounds of the organisation's grants by key.
func readGrounds(ctx context.Context, tx *db.Tx, org standin.OrganisationID, ids []string) (map[standin.GrantID]ground, error) {
	found := make(map[standin.GrantID]ground, len(ids))
	err := inParts(ids, func(part []string) error {
		rows, err := tx.Query(ctx, selectGrounds+places(2, len(part))+`)`, append([]any{string(org)}, anys(part)...)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id standin.GrantID
			var g ground
			var seen db.Time
			if err := rows.Scan((*string)(&id), &g.ended, &g.refresh, &g.client, &g.clientEnded, &g.login, &g.acted, &g.proved, &g.loginEnds, &seen,
				&g.actor, &g.actorInactive, &g.actorSince, &g.principal, &g.inactive, &g.since, &g.session, &g.sessionEnded, &g.delegation,
				&g.changed); err != nil {
				return err
			}
			g.seen = seen.Time
			found[id] = g
		}
		return rows.Err()
	})
	return found, err
}

// readClients returns the versions of the applications, -1 of what is none or has ended.
func readClients(ctx context.Context, tx *db.Tx, ids map[standin.ClientID]bool) (map[standin.ClientID]int64, error) {
	found := make(map[standin.ClientID]int64, len(ids))
	all := make([]string, 0, len(ids))
	for id := range ids {
		found[id] = -1
		all = append(all, string(id))
	}
	return found, inParts(all, func(part []string) error {
		rows, err := tx.Query(ctx, `SELECT id, version FROM clients WHERE ended_at IS NULL AND id IN (`+places(1, len(part))+`)`, anys(part)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id standin.ClientID
			var version int64
			if err := rows.Scan((*string)(&id), &version); err != nil {
				return err
			}
			found[id] = version
		}
		return rows.Err()
	})
}

// inParts calls do with all in parts of 32, 16, 8 … 1.
func inParts[T any](all []T, do func(part []T) error) error {
	for size := mostAtOnce; size > 0; size /= 2 {
		for len(all) >= size {
			if err := do(all[:size]); err != nil {
				return err
			}
			all = all[size:]
		}
	}
	return nil
}

// places returns "$2, $3" for two from the second on.
func places(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	return b.String()
}

func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, s := range texts {
		all[i] = s
	}
	return all
}

// kept holds values that were asked for lately, at most so many: what is not asked for while one half fills up goes with the
// other. It never makes a value true.
type kept[K comparable, V any] struct {
	mu       sync.Mutex
	half     int
	new, old map[K]V
}

func keeping[K comparable, V any](most int) *kept[K, V] {
	return &kept[K, V]{half: max(1, most/2), new: map[K]V{}}
}

func (k *kept[K, V]) get(key K) (V, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.new[key]
	if !ok {
		if v, ok = k.old[key]; ok {
			k.set(key, v)
		}
	}
	return v, ok
}

func (k *kept[K, V]) put(key K, v V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.set(key, v)
}

func (k *kept[K, V]) set(key K, v V) {
	if _, has := k.new[key]; !has && len(k.new) >= k.half {
		k.old, k.new = k.new, make(map[K]V, k.half)
	}
	k.new[key] = v
}

func (k *kept[K, V]) drop(key K) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.new, key)
	delete(k.old, key)
}
