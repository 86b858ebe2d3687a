package delegation_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

const limit = 90 * day // acme's; rival has none, and asks nobody

// expected is what a delegation should be, kept as plain facts of what happened, without any instant but its window's.
type expected struct {
	org              standin.OrganisationID
	actor, principal standin.PersonID
	kind             delegation.Kind
	readOnly         bool
	from, until      time.Time
	enabledUntil     time.Time
	waiting, paused  bool
	ended, used      bool
	wasOver          bool
}

func (x expected) over(now time.Time) bool {
	return x.ended || !x.until.IsZero() && !now.Before(x.until)
}

func (x expected) usable(now time.Time) bool {
	return !x.over(now) && !x.waiting && !x.paused && !now.Before(x.from) && (x.kind != delegation.Standby || now.Before(x.enabledUntil))
}

func (x expected) clashes(y expected, now time.Time) bool {
	return x.actor == y.actor && x.principal == y.principal && x.kind == y.kind && x.readOnly == y.readOnly && !y.over(now) &&
		(x.until.IsZero() || y.from.Before(x.until)) && (y.until.IsZero() || x.from.Before(y.until))
}

// fewer lets rapid try half as often as usual, unless it was told how often: each of its tries is a story of many commits.
func fewer(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if before := checks.Value.String(); before == checks.DefValue {
		if err := checks.Value.Set("50"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = checks.Value.Set(before) })
	}
}

// history is one run of things done by five people, with what should have come of them.
type history struct {
	*house
	rt     *rapid.T
	people []standin.PersonID // three of acme, two of rival
	want   map[standin.DelegationID]*expected
	ids    []standin.DelegationID // in the order of naming
	done   map[string]int         // how often each thing succeeded, over all runs
}

// TestHistories lets people of two organisations do anything to delegations in any order, and compares each outcome, and
// after each step everything that is there, with a naive expectation.
func TestHistories(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Accept = true })
		h.Settings(rival, func(s *directory.Settings) { s.Delegation.Max = 0 })
		fewer(t)
		run, done := 0, map[string]int{}
		rapid.Check(t, func(rt *rapid.T) {
			run++
			hist := &history{house: h, rt: rt, want: map[standin.DelegationID]*expected{}, done: done}
			for i, org := range []standin.OrganisationID{acme, acme, acme, rival, rival} {
				id := standin.PersonID(fmt.Sprintf("p%d-%d", run, i))
				hist.people = append(hist.people, id)
				h.person(org, id, "Per Son", "sales", "staff")
			}
			rt.Repeat(map[string]func(*rapid.T){
				"": hist.check, "name": hist.naming, "edit": hist.edit, "renew": hist.renew, "answer": hist.answer, "enable": hist.enable,
				"disable": hist.disable, "pause": hist.pause, "end": hist.end, "delete": hist.delete, "use": hist.firstUse,
				"later": hist.later,
			})
		})
		for _, what := range []string{"naming", "edit", "renewal", "yes", "no", "enabling", "disabling", "pause", "resumption", "laying down",
			"revocation", "deletion", "use"} {
			if done[what] == 0 {
				t.Errorf("%s never succeeded: these histories show nothing of it", what)
			}
		}
		t.Log(done)
		h.explained()
	})
}

func (h *history) draw(name string, low, high int) int {
	return rapid.IntRange(low, high).Draw(h.rt, name)
}

func (h *history) orgOf(id standin.PersonID) standin.OrganisationID {
	if id == h.people[3] || id == h.people[4] {
		return rival
	}
	return acme
}

// somebody returns a caller, in their own name or now and then acting for a colleague.
func (h *history) somebody() standin.Caller {
	me := h.people[h.draw("who", 0, 4)]
	caller := as(h.orgOf(me), me)
	if h.draw("acting", 0, 5) == 5 {
		caller.Principal, caller.Session, caller.Delegation = h.people[h.draw("for", 0, 4)], "s-1", "d-1"
	}
	return caller
}

// one returns a delegation, which is named first where there is none, and a caller, mostly the one whom usual picks.
func (h *history) one(usual func(x *expected) standin.PersonID) (standin.DelegationID, *expected, standin.Caller) {
	for len(h.ids) == 0 {
		h.naming(h.rt)
	}
	id := h.ids[h.draw("which", 0, len(h.ids)-1)]
	return h.by(id, usual)
}

// standby is one which prefers a standby in that state, and makes a dormant one where there is none.
func (h *history) standby(state delegation.State) (standin.DelegationID, *expected, standin.Caller) {
	if state == delegation.Dormant {
		h.nameA(delegation.Standby)
	}
	for i := len(h.ids) - 1; i >= 0; i-- {
		x := h.want[h.ids[i]]
		if x.kind != delegation.Standby || h.load(x.org, h.ids[i]).StateAt(h.Now()) != state {
			continue
		}
		return h.by(h.ids[i], thePrincipal)
	}
	return h.one(thePrincipal)
}

func (h *history) by(id standin.DelegationID, usual func(x *expected) standin.PersonID) (standin.DelegationID, *expected, standin.Caller) {
	x := h.want[id]
	switch h.draw("by", 0, 9) {
	case 9:
		return id, x, h.somebody()
	case 8:
		return id, x, as(x.org, x.actor)
	case 7:
		return id, x, as(x.org, x.principal)
	}
	return id, x, as(x.org, usual(x))
}

// outcome compares what happened with what should have, and that the record tells it with the real actor's name.
func (h *history) outcome(what string, id standin.DelegationID, caller standin.Caller, want bool, got error) {
	if want != (got == nil) {
		h.rt.Fatalf("%s of %s by %s (acting: %v) at %v: got %v, want success %v; it is %+v", what, id, caller.Actor, caller.Acting(),
			h.Now(), got, want, h.want[id])
	}
	if got == nil {
		h.done[what]++
	}
	if id == "" || got != nil && standin.KindOf(got) != standin.Denied {
		return
	}
	last := ledger.Record{}
	h.View(func(ctx context.Context, tx *db.Tx) error {
		page, _, err := h.Ledger.Page(ctx, tx, ledger.Filter{Organisation: caller.Organisation, Resource: "delegation:" + string(id)}, ledger.Cursor{}, 1)
		if len(page) > 0 {
			last = page[0]
		}
		return err
	})
	outcome := ledger.Done
	if got != nil {
		outcome = ledger.Refused
	}
	if last.Outcome != outcome || outcome == ledger.Refused && last.Actor != caller.Actor {
		h.rt.Fatalf("%s of %s by %s: the last record is %+v", what, id, caller.Actor, last)
	}
}

func thePrincipal(x *expected) standin.PersonID { return x.principal }

func theActor(x *expected) standin.PersonID { return x.actor }

// recorded returns the id where what is done changes something, so that a record of it can be expected.
func recorded(id standin.DelegationID, changes bool) standin.DelegationID {
	if changes {
		return id
	}
	return ""
}

func (h *history) own(x *expected, c standin.Caller, who standin.PersonID) bool {
	return !c.Acting() && c.Organisation == x.org && c.Principal == who
}

// colleague returns somebody else of the caller's organisation.
func (h *history) colleague(caller standin.Caller) standin.PersonID {
	var others []standin.PersonID
	for _, id := range h.people {
		if h.orgOf(id) == caller.Organisation && id != caller.Principal {
			others = append(others, id)
		}
	}
	return others[h.draw("colleague", 0, len(others)-1)]
}

func (h *history) naming(*rapid.T) {
	h.nameA([]delegation.Kind{delegation.Cover, delegation.Standby}[h.draw("kind", 0, 1)])
}

func (h *history) nameA(kind delegation.Kind) {
	caller := h.somebody()
	principal, actor := caller.Principal, h.colleague(caller)
	if h.draw("anybody", 0, 6) == 6 {
		actor = h.people[h.draw("actor", 0, 4)]
	}
	if h.draw("for another", 0, 6) == 6 {
		principal = h.people[h.draw("principal", 0, 4)]
	}
	x := &expected{org: caller.Organisation, actor: actor, principal: principal, kind: kind, readOnly: h.draw("read only", 0, 1) == 1,
		from: h.Now(), waiting: caller.Organisation == acme}
	wish := delegation.Naming{Actors: []standin.PersonID{actor}, Principal: principal, Kind: x.kind, Purpose: "leave",
		Limits: rights.Limits{ReadOnly: x.readOnly}}
	fine := !caller.Acting() && caller.Principal == principal && actor != principal && h.orgOf(actor) == caller.Organisation
	if h.draw("starts", 0, 1) == 1 {
		wish.Start = h.Now().Add(time.Duration(h.draw("start", 0, 130)-30) * time.Hour)
		fine = fine && !wish.Start.Before(h.Now().Add(-day))
		if wish.Start.After(h.Now()) {
			x.from = wish.Start
		}
	}
	capped := caller.Organisation == acme && x.kind != delegation.Standby
	switch {
	case h.draw("ends", 0, 1) == 1:
		wish.End = x.from.Add(time.Duration(h.draw("end", 0, 2405)-5) * time.Hour)
		x.until = wish.End
		fine = fine && wish.End.After(h.Now()) && wish.End.After(x.from) && !(capped && wish.End.After(x.from.Add(limit)))
	case capped:
		x.until = x.from.Add(limit)
	}
	for _, y := range h.want {
		fine = fine && !x.clashes(*y, h.Now())
	}
	named, err := h.Name(h.T.Context(), caller, wish)
	h.outcome("naming", "", caller, fine, err)
	if err == nil {
		h.want[named[0].ID] = x
		h.ids = append(h.ids, named[0].ID)
	}
}

func (h *history) edit(*rapid.T) {
	id, x, caller := h.one(thePrincipal)
	end := h.Now().Truncate(time.Hour).Add(time.Duration(h.draw("end", 0, 2405)-5) * time.Hour)
	fine := h.own(x, caller, x.principal) && !x.over(h.Now())
	changes := !end.Equal(x.until)
	if changes {
		base := x.from
		if h.Now().After(base) {
			base = h.Now()
		}
		fine = fine && end.After(h.Now()) && end.After(x.from) && !(x.org == acme && x.kind != delegation.Standby && end.After(base.Add(limit)))
	}
	wider := !x.until.IsZero() && end.After(x.until)
	after := *x
	after.until = end
	for other, y := range h.want {
		fine = fine && !(wider && other != id && after.clashes(*y, h.Now()))
	}
	_, err := h.Edit(h.T.Context(), caller, id, delegation.Change{End: &end})
	h.outcome("edit", recorded(id, changes), caller, fine, err)
	if err == nil {
		x.until = end
		x.waiting = x.waiting || wider && x.org == acme
	}
}

func (h *history) renew(*rapid.T) {
	h.nameA(delegation.Cover)
	h.later(h.rt)
	id, x, caller := h.one(thePrincipal)
	end := x.until.Add(limit)
	if x.org == acme {
		end = x.from.Add(limit)
		if h.Now().After(x.from) {
			end = h.Now().Add(limit)
		}
	}
	fine := h.own(x, caller, x.principal) && !x.over(h.Now()) && x.kind != delegation.Standby && !x.until.IsZero() && end.After(x.until)
	_, err := h.Renew(h.T.Context(), caller, id)
	h.outcome("renewal", id, caller, fine, err)
	if err == nil {
		x.until = end
	}
}

func (h *history) answer(*rapid.T) {
	id, x, caller := h.one(theActor)
	fine := h.own(x, caller, x.actor) && !x.over(h.Now()) && x.waiting
	if h.draw("no", 0, 1) == 0 {
		_, err := h.Accept(h.T.Context(), caller, id, 0)
		h.outcome("yes", id, caller, fine, err)
		x.waiting = x.waiting && err != nil
		return
	}
	_, err := h.Decline(h.T.Context(), caller, id, "")
	h.outcome("no", id, caller, fine, err)
	x.ended = x.ended || err == nil
}

func (h *history) enable(*rapid.T) {
	id, x, caller := h.standby(delegation.Dormant)
	span := time.Duration(h.draw("span", 1, 2400)) * time.Hour
	fine := h.own(x, caller, x.principal) && !x.over(h.Now()) && x.kind == delegation.Standby && !x.paused && !x.waiting &&
		!h.Now().Before(x.from) && !(x.org == acme && span > limit)
	_, err := h.Enable(h.T.Context(), caller, id, span)
	h.outcome("enabling", id, caller, fine, err)
	if err == nil {
		x.enabledUntil = h.Now().Add(span)
	}
}

func (h *history) disable(*rapid.T) {
	h.enable(h.rt)
	id, x, caller := h.standby(delegation.Active)
	fine := h.own(x, caller, x.principal) && x.kind == delegation.Standby && x.usable(h.Now())
	_, err := h.Disable(h.T.Context(), caller, id)
	h.outcome("disabling", id, caller, fine, err)
	if err == nil {
		x.enabledUntil = h.Now()
	}
}

func (h *history) pause(*rapid.T) {
	id, x, caller := h.one(thePrincipal)
	fine := h.own(x, caller, x.principal) && !x.over(h.Now())
	if (h.draw("as fits", 0, 4) == 4) == x.paused {
		_, err := h.Deactivate(h.T.Context(), caller, id)
		h.outcome("pause", id, caller, fine && !x.paused, err)
		x.paused = x.paused || err == nil
		if h.draw("again", 0, 1) == 1 {
			return
		}
		h.check(h.rt)
		h.later(h.rt)
		fine, caller = !x.over(h.Now()), as(x.org, x.principal)
	}
	_, err := h.Reactivate(h.T.Context(), caller, id)
	h.outcome("resumption", id, caller, fine && x.paused, err)
	x.paused = x.paused && err != nil
}

func (h *history) end(*rapid.T) {
	id, x, caller := h.one(func(x *expected) standin.PersonID {
		return []standin.PersonID{x.actor, x.principal}[h.draw("side", 0, 1)]
	})
	var err error
	told := recorded(id, !x.ended)
	if caller.Principal == x.actor {
		_, err = h.LayDown(h.T.Context(), caller, id)
		h.outcome("laying down", told, caller, h.own(x, caller, x.actor), err)
	} else {
		_, err = h.Revoke(h.T.Context(), caller, id)
		h.outcome("revocation", told, caller, h.own(x, caller, x.principal), err)
	}
	x.ended = x.ended || err == nil
}

func (h *history) delete(*rapid.T) {
	id, x, caller := h.one(thePrincipal)
	if h.draw("really", 0, 3) != 3 {
		return
	}
	err := h.Delete(h.T.Context(), caller, id)
	h.outcome("deletion", id, caller, h.own(x, caller, x.principal) && !x.used, err)
	if err == nil {
		delete(h.want, id)
		for i := range h.ids {
			if h.ids[i] == id {
				h.ids = append(h.ids[:i:i], h.ids[i+1:]...)
				break
			}
		}
	}
}

func (h *history) firstUse(*rapid.T) {
	id, x, _ := h.one(thePrincipal)
	if !x.usable(h.Now()) {
		return
	}
	h.Update(func(ctx context.Context, tx *db.Tx) error { return h.Use(ctx, tx, as(x.org, x.actor), id, h.Now()) })
	x.used = true
	h.done["use"]++
}

func (h *history) later(*rapid.T) {
	h.Pass(time.Duration(h.draw("minutes", 1, 100)*h.draw("times", 1, 100)) * time.Minute)
}

// check compares all that is there with what is expected, and asks it as a stranger.
func (h *history) check(*rapid.T) {
	h.View(func(ctx context.Context, tx *db.Tx) error {
		for _, id := range h.ids {
			x := h.want[id]
			d, err := h.Load(ctx, tx, x.org, id)
			if err != nil {
				return err
			}
			state := d.StateAt(h.Now())
			until, usable := d.UsableUntil(h.Now())
			if usable != x.usable(h.Now()) || state.Over() != x.over(h.Now()) || !d.UsedAt.IsZero() != x.used {
				h.rt.Fatalf("%s is %s (%+v) at %v, want %+v", id, state, d, h.Now(), x)
			}
			if usable && !until.IsZero() && (d.StateAt(until.Add(-time.Microsecond)) != delegation.Active || d.StateAt(until) == delegation.Active) {
				h.rt.Fatalf("%s says that it is usable until %v: %+v", id, until, d)
			}
			if x.wasOver && !state.Over() {
				h.rt.Fatalf("%s came back: it is %s (%+v)", id, state, d)
			}
			x.wasOver = state.Over()
			if x.org == acme && d.Kind != delegation.Standby && d.EndsAt.Sub(latestOf(d.StartsAt, h.Now())) > limit {
				h.rt.Fatalf("%s goes beyond the cap: %+v at %v", id, d, h.Now())
			}
			if _, err := h.Load(ctx, tx, other(x.org), id); standin.KindOf(err) != standin.NotFound {
				h.rt.Fatalf("the other organisation sees %s: %v", id, err)
			}
		}
		return nil
	})
}

func latestOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func other(org standin.OrganisationID) standin.OrganisationID {
	if org == acme {
		return rival
	}
	return acme
}
