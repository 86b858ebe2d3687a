package token

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/ledger"
)

// refreshSwiftly does what Refresh does for a grant that is proposed: everything is checked and made outside of the
// transaction, which writes it together with others' and finds that it still stands. It reports false, and has done nothing,
// where anything is not as proposed: then Refresh finds out by itself, and refuses what is to be refused.
func (t *Tokens) refreshSwiftly(ctx context.Context, client application.Client, p Renewal) (w Who, next string, done bool, err error) {
	now := standin.Now(t.now)
	id := GrantOf(p.Token)
	if id == "" {
		return Who{}, "", false, nil
	}
	found, ok := t.proposed(client, id, now)
	if !ok {
		return Who{}, "", false, nil
	}
	w = found.as(now)
	scopes, all := subset(p.Scopes, w.Scopes)
	if !all || w.Client.ID != client.ID || w.Client.Version != client.Version || w.Grant.JKT != p.JKT {
		return Who{}, "", false, nil
	}
	next = newRefresh(id, familyOf(p.Token))
	w.Scopes = scopes
	j := &job{proposal: found, grant: w.Grant, old: Hashed(p.Token), next: Hashed(next), clients: found.clients, until: w.Until}
	if w.Acting() {
		r := refreshed(w.Grant, p.Origin)
		j.record = &r
	}
	if done, err = t.writer.write(ctx, j); err == nil && done {
		w.At = j.at
		if err = t.inTime(ctx, w); err != nil {
			err = t.Refused(ctx, client.ID, &w.Grant, "token.refresh", err, p.Origin)
		}
	}
	return t.swiftly(w, next, done, err)
}

// swiftly forgets a proposal that did not stand.
func (t *Tokens) swiftly(w Who, next string, done bool, err error) (Who, string, bool, error) {
	if err != nil || !done {
		t.proposals.drop(w.Grant.ID)
		return Who{}, "", false, err
	}
	return w, next, true, nil
}

// exchangeSwiftly is Exchange in the same way, for the token of an acting session that was signed in to and nothing beside it.
func (t *Tokens) exchangeSwiftly(ctx context.Context, client application.Client, subject Access, p Exchanging) (w Who, done bool, err error) {
	now := standin.Now(t.now)
	found, ok := t.proposed(client, subject.Grant, now)
	if !ok || !found.who.Acting() {
		return Who{}, false, nil
	}
	s, err := narrowed(found.as(now), &subject, now)
	if err != nil {
		return Who{}, false, nil
	}
	g, err := exchanged(client, s, s, p)
	if err != nil || client.Ended || !client.StandIns || client.ThirdParty {
		return Who{}, false, nil
	}
	g.CreatedAt, g.ExpiresAt = now, earlier(now.Add(ActingLasts), s.Until)
	clients := map[standin.ClientID]int64{client.ID: client.Version}
	for id, version := range found.clients {
		if id == client.ID && version != client.Version {
			return Who{}, false, nil
		}
		clients[id] = version
	}
	r := ledger.By(g.caller(p.Origin))
	r.Action, r.Resource, r.After = "token.exchange", g.resource(), ledger.State(g.state())
	j := &job{proposal: found, grant: found.who.Grant, made: &g, clients: clients, until: g.ExpiresAt, record: &r}
	if done, err = t.writer.write(ctx, j); err != nil || !done {
		t.proposals.drop(found.who.Grant.ID)
		return Who{}, false, err
	}
	s.At = j.at
	return below(s, client, g), true, nil
}

// below is what a grant says that was exchanged from what from says.
func below(from Who, client application.Client, g Grant) Who {
	w := from
	w.Grant, w.Client, w.Scopes, w.Audience, w.Until, w.MayAct = g, client, g.Scopes, g.Audience, g.ExpiresAt, nil
	return w
}

// seen is an access token whose signature was checked.
type seen struct {
	access Access
	key    string
}

// mostSeen and mostProposed bound what is kept in memory.
const (
	mostSeen     = 20_000
	mostProposed = 10_000
)

// recall returns what an access token says whose signature was checked before. Whether its key is still believed is asked anew.
func (t *Tokens) recall(ctx context.Context, raw string) (Access, bool) {
	s, ok := t.checked.get(sha256.Sum256([]byte(raw)))
	if !ok {
		return Access{}, false
	}
	if _, _, err := t.keys.Verifier(ctx, s.key); err != nil {
		return Access{}, false
	}
	a := s.access
	a.Scopes, a.Audience = slices.Clone(a.Scopes), slices.Clone(a.Audience)
	return a, true
}

func (t *Tokens) remember(raw, key string, a Access, now time.Time) {
	if now.Before(a.ExpiresAt) {
		t.checked.put(sha256.Sum256([]byte(raw)), seen{a, key})
	}
}
