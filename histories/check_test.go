package histories_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// wanted is a record that a step must make, exactly once.
type wanted struct {
	org      standin.OrganisationID
	actor    standin.Actor
	action   string
	outcome  ledger.Outcome
	about    *delegated // whose two people the record must name
	refusing string     // the code of the refusal
}

func (h *history) expect(o *organisation, actor standin.Actor, action string) {
	h.wanted = append(h.wanted, wanted{org: o.id, actor: actor, action: action, outcome: ledger.Done})
}

// expectOf expects a record of something done to the delegation or by it.
func (h *history) expectOf(d *delegated, actor standin.Actor, action string) {
	h.wanted = append(h.wanted, wanted{org: d.org.id, actor: actor, action: action, outcome: ledger.Done, about: d})
}

// outcome compares how a step came out with what the oracle says, counts it, and expects the record of a denial.
func (h *history) outcome(step string, a asker, not no, err error) {
	h.rt.Helper()
	kind := standin.KindOf(err)
	h.touch(a.Organisation)
	h.note("  %s by %s (for %s): %s %s", step, a.Actor, a.Principal, kind, standin.CodeOf(err))
	switch {
	case err == nil && len(not) > 0:
		h.fail("%s by %s was done, want it refused as %v", step, a.Actor, not)
	case err != nil && !slices.Contains(not, kind):
		h.fail("%s by %s: %v (%s, %s), want %v", step, a.Actor, err, kind, standin.CodeOf(err), not)
	}
	h.place.tally.count(step, kind)
	switch {
	case err == nil:
	case kind == standin.Denied && a.Actor != "" && (a.login != nil || a.who == nil) && step != "sign in":
		h.wanted = append(h.wanted, wanted{org: a.Organisation, actor: a.Actor, outcome: ledger.Refused, refusing: standin.CodeOf(err)})
	default:
		h.optional = true
	}
}

// touch notes in which organisation the step happens; both are looked at where there is more than one.
func (h *history) touch(id standin.OrganisationID) {
	for _, o := range h.orgs {
		if o.id == id {
			if h.touched != nil && h.touched != o && len(h.wanted) > 0 {
				h.check()
			}
			h.touched = o
		}
	}
}

// skipRecords takes what is recorded as known.
func (h *history) skipRecords() {
	for _, o := range h.orgs {
		h.view(func(ctx context.Context, tx *db.Tx) error {
			records, err := h.fresh(ctx, tx, o)
			for _, r := range records {
				h.known[r.ID], h.newest[o] = true, r.ID
			}
			return err
		})
	}
}

// check compares what is there with the oracle after a step: the records that the step made, the delegations, the sessions.
// Every few steps, and where a record tells of them, it looks at the people as well, and at the organisation in which
// nothing should have happened.
func (h *history) check() {
	h.checked++
	h.checkWith(h.checked%5 == 0)
}

func (h *history) checkAll() { h.checkWith(true) }

func (h *history) checkWith(whole bool) {
	h.settle()
	for _, o := range h.orgs {
		if whole || o == h.touched {
			h.checkIn(o, whole)
		}
	}
	if len(h.wanted) > 0 {
		h.fail("no record of %+v", h.wanted)
	}
	h.optional = false
	live := map[*login]acting.Session{}
	h.view(func(ctx context.Context, tx *db.Tx) error {
		clear(live)
		return h.sessionsNow(ctx, tx, live)
	})
	h.compareSessions(live)
}

// checkIn is check for one organisation.
func (h *history) checkIn(o *organisation, whole bool) {
	var rows map[standin.DelegationID]delegation.Delegation
	var people []directory.Person
	var held []directory.Holding
	var fresh []ledger.Record
	h.view(func(ctx context.Context, tx *db.Tx) (err error) {
		people, held = nil, nil
		if fresh, err = h.fresh(ctx, tx, o); err != nil {
			return err
		}
		if rows, err = h.deleg.Every(ctx, tx, o.id); err != nil {
			return err
		}
		if !whole && !slices.ContainsFunc(fresh, ofPeople) {
			return nil
		}
		if err := h.dir.EachPerson(ctx, tx, o.id, func(p directory.Person) error { people = append(people, p); return nil }); err != nil {
			return err
		}
		return h.dir.EachHolding(ctx, tx, o.id, func(x directory.Holding) error { held = append(held, x); return nil })
	})
	h.compareRecords(fresh)
	h.compareDelegations(o, rows)
	if people != nil {
		h.comparePeople(o, people, held)
	}
}

func ofPeople(r ledger.Record) bool {
	return strings.HasPrefix(r.Action, "person.") || strings.HasPrefix(r.Action, "role.") || r.Action == "login.create"
}

// fresh returns the records that no check has seen.
func (h *history) fresh(ctx context.Context, tx *db.Tx, o *organisation) (fresh []ledger.Record, err error) {
	const most = 10
	for after, full := (ledger.Cursor{}), true; full; {
		page, next, err := h.ledger.Page(ctx, tx, ledger.Filter{Organisation: o.id}, after, most)
		if err != nil {
			return nil, err
		}
		after, full = next, len(page) == most
		for _, r := range page {
			if h.known[r.ID] {
				return fresh, nil
			}
			fresh = append(fresh, r)
		}
	}
	return fresh, nil
}

// sessionsNow asks what is live in each login that had a session.
func (h *history) sessionsNow(ctx context.Context, tx *db.Tx, live map[*login]acting.Session) error {
	for _, p := range h.everybody {
		for _, l := range p.logins {
			if l.session == nil || l.session.seen {
				continue
			}
			s, liveness, err := h.acting.Live(ctx, tx, p.org.id, l.id, h.clock)
			if err != nil {
				return err
			}
			if liveness.Live {
				live[l] = s
			}
		}
	}
	return nil
}

func (h *history) compareDelegations(o *organisation, rows map[standin.DelegationID]delegation.Delegation) {
	there := 0
	for _, d := range h.delegations {
		if d.org != o || d.deleted {
			continue
		}
		there++
		r, ok := rows[d.id]
		until, usable := r.UsableUntil(h.clock)
		switch {
		case !ok:
			h.fail("%s is gone", d.id)
		case r.Actor != d.actor.id || r.Principal != d.principal.id || r.Kind != d.kind || !r.StartsAt.Equal(d.start) || !r.EndsAt.Equal(d.end) ||
			r.Limits.ReadOnly != d.limits.readOnly || (len(r.Limits.Units) > 0) != d.limits.units ||
			(len(r.Limits.Allow) > 0) != d.limits.audit || (len(r.Limits.Deny) > 0) != d.limits.hidden || r.Purpose != d.purpose:
			h.fail("%s is %+v, want %+v", d.id, r, *d)
		case usable != d.usable(h.clock) || usable && !until.Equal(d.until()) || r.StateAt(h.clock).Over() != d.over(h.clock) ||
			r.UsedAt.IsZero() == d.used:
			h.fail("%s is %s until %v: %+v, want %+v", d.id, r.StateAt(h.clock), until, r, *d)
		}
	}
	if there != len(rows) {
		h.fail("%s has %d delegations, want %d", o.id, len(rows), there)
	}
}

func (h *history) comparePeople(o *organisation, people []directory.Person, held []directory.Holding) {
	if len(people) != len(o.people) {
		h.fail("%s has %d people, want %d", o.id, len(people), len(o.people))
	}
	for _, r := range people {
		p := h.people[r.ID]
		manager := standin.PersonID("")
		if p.manager != nil {
			manager = p.manager.id
		}
		if r.Unit != p.unit || r.Manager != manager || r.Active() != p.active || !r.LastSignIn.Equal(p.lastSignIn) || r.AcceptedAt.IsZero() == p.accepted {
			h.fail("%s is %+v, want %+v", p.id, r, *p)
		}
	}
	count := 0
	for _, p := range o.people {
		count += len(p.held)
	}
	for _, x := range held {
		if !slices.Contains(h.people[x.Person].held, holding{x.Role, x.Unit}) {
			h.fail("%s holds %s at %q, want %v", x.Person, x.Role, x.Unit, h.people[x.Person].held)
		}
	}
	if count != len(held) {
		h.fail("%s has %d held roles, want %d", o.id, len(held), count)
	}
}

// compareSessions holds what is live against the oracle, and both against P7 in its plainest words.
func (h *history) compareSessions(live map[*login]acting.Session) {
	alive := 0
	for _, s := range h.sessions {
		if s.dead {
			continue
		}
		alive++
		r, ok := live[s.login]
		if !ok || r.ID != s.id {
			h.fail("%s of %s is not live, want it so until %v: %+v", s.id, s.by.id, s.lasts(), *s.by)
		}
		if !r.ExpiresAt.Equal(s.lasts()) {
			h.fail("%s lasts until %v, want %v", s.id, r.ExpiresAt, s.lasts())
		}
	}
	if alive != len(live) {
		h.fail("%d sessions are live, want %d: %+v", len(live), alive, live)
	}
	for l, r := range live {
		d := l.session.by
		if !h.clock.Before(r.ExpiresAt) || r.ExpiresAt.After(l.ends) || r.ExpiresAt.Sub(r.StartedAt) > day || !l.who.active || !d.principal.active ||
			!d.usable(h.clock) || !d.end.IsZero() && r.ExpiresAt.After(d.end) || r.Actor != l.who.id {
			h.fail("%+v is live by %+v", r, *d)
		}
	}
}

// compareRecords holds what was recorded in this step against what should have been: nothing less, nothing more. Ends that
// came by themselves are written down whenever somebody notices, once each.
func (h *history) compareRecords(fresh []ledger.Record) {
	for _, r := range fresh {
		h.known[r.ID] = true
		if strings.HasPrefix(string(r.Actor), "system:") {
			h.ended(r)
			continue
		}
		found := slices.IndexFunc(h.wanted, func(w wanted) bool { return w.fits(r) })
		switch {
		case found >= 0:
			h.wanted = slices.Delete(h.wanted, found, found+1)
		case h.optional && r.Outcome == ledger.Refused:
			h.optional = false
		default:
			h.fail("an unexpected record: %s", text(r))
		}
	}
}

func (w wanted) fits(r ledger.Record) bool {
	if w.org != r.Organisation || w.actor != r.Actor || w.outcome != r.Outcome || w.action != "" && w.action != r.Action {
		return false
	}
	if w.refusing != "" && !slices.Contains(r.Reasons, w.refusing) {
		return false
	}
	if w.about == nil {
		return true
	}
	all := text(r)
	return strings.Contains(all, `"`+string(w.about.actor.id)+`"`) && strings.Contains(all, `"`+string(w.about.principal.id)+`"`) &&
		strings.Contains(all, string(w.about.id))
}

func text(r ledger.Record) string {
	raw, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// ended takes a record in which Standin itself wrote down an end: of something that is over, once, never with an instant
// from before it was. It may be a later one, where what ended it was undone before anybody noticed.
func (h *history) ended(r ledger.Record) {
	var state struct {
		EndedAt int64 `json:"ended_at"`
	}
	if err := json.Unmarshal(r.After, &state); err != nil {
		h.fail("%v in %s", err, text(r))
	}
	switch r.Action {
	case "acting.end":
		for _, s := range h.sessions {
			if r.Resource == "session:"+string(s.id) && s.dead && !s.told && r.Principal == s.by.principal.id && state.EndedAt >= standin.Micros(s.died) &&
				!h.clock.Before(standin.Instant(state.EndedAt)) {
				s.told = true
				return
			}
		}
	case "login.end":
		for _, p := range h.everybody {
			for _, l := range p.logins {
				if r.Resource == "login:"+string(l.id) && l.dead && !l.told {
					l.told = true
					return
				}
			}
		}
	}
	h.fail("an end that was not: %s", text(r))
}
