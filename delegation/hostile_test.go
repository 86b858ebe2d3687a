package delegation_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// TestThreat2To4NoTransitiveReach: ann is bob's stand-in, bob is cem's, cem is ann's. Each has exactly the one delegation
// that names them; nothing follows from two.
func TestThreat2To4NoTransitiveReach(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		ring := []standin.PersonID{"ann", "bob", "cem"}
		named := map[standin.PersonID]delegation.Delegation{}
		for i, actor := range ring {
			named[actor] = h.name(cover(actor, ring[(i+1)%3]))
		}
		for i, actor := range ring {
			h.View(func(ctx context.Context, tx *db.Tx) error {
				rows, e := h.ForActor(ctx, tx, acme, actor, h.Now())
				if e != nil || len(rows) != 1 || rows[0].Principal != ring[(i+1)%3] {
					t.Errorf("%s can act by %v, %v", actor, rows, e)
				}
				return nil
			})
		}
		// Acting for bob, ann sees bob's delegations as bob does, and changes none of them.
		views, e := h.ListForActor(t.Context(), by(named["ann"]), "bob", false)
		if e != nil || len(views) != 1 {
			t.Fatalf("got %v, %v", views, e)
		}
		for _, o := range views[0].Options {
			if standin.CodeOf(o.Refusal) != "delegation.not_while_acting" {
				t.Errorf("%s: got %v", o.Verb, o.Refusal)
			}
		}
	})
}

// TestThreat7OwnPowersAddNothing: whoever acts sees what the principal sees, not what they see themselves.
func TestThreat7OwnPowersAddNothing(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		mine, theirs := h.name(cover("bob", "cem")), h.name(cover("hr2", "hr"))
		administrator, staff := by(h.name(cover("boss", "ann"))), by(h.name(cover("ann", "hr")))
		_, _, e := h.ListManaged(t.Context(), administrator, delegation.Query{})
		refused(t, e, standin.Denied, "delegation.not_manager")
		refused(t, err(h.Get(t.Context(), administrator, mine.ID)), standin.NotFound, "delegation.unknown")
		refused(t, err(h.ListForPrincipal(t.Context(), administrator, "cem", true)), standin.NotFound, "delegation.person_unknown")
		list, _, e := h.ListManaged(t.Context(), staff, delegation.Query{})
		if e != nil || len(list) != 4 {
			t.Errorf("acting for hr: got %d, %v; want what hr manages", len(list), e)
		}
		must(h.Get(t.Context(), staff, mine.ID))(t)
		must(h.Get(t.Context(), staff, theirs.ID))(t)
		h.name(cover("ann", "fin")) // ann's own, of finance: not hr's business
		if list, _, e = h.ListManaged(t.Context(), staff, delegation.Query{Actor: "ann"}); e != nil || len(list) != 1 || list[0].Principal != "hr" {
			t.Errorf("acting for hr, ann's own delegations show: %v, %v", list, e)
		}
	})
}

// TestThreat9NamingThemselves: administrators who name themselves obey the rules of impersonation (DESIGN.md P8).
func TestThreat9NamingThemselves(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.person(acme, "dir", "Dora Director", "sales", "director")
		h.person(acme, "peer", "Per Ernst", "sales", "peer") // as high, and no administrator
		h.person(acme, "auditor", "Aud Itor", "sales", "peer")
		must(h.Directory.PutRole(t.Context(), operator(acme), rights.Role{ID: "auditor", Allow: []string{"standin:audit.view"}}, 0))(t)
		must(h.Directory.Hold(t.Context(), operator(acme), "auditor", "auditor", ""))(t)
		h.Update(func(ctx context.Context, tx *db.Tx) error {
			_, _, e := h.Directory.PutPersonIn(ctx, tx, operator(acme), directory.Person{ID: "new", Name: "Neu", Email: "new@acme.example", Unit: "sales"})
			return e
		})
		for principal, code := range map[standin.PersonID]string{"dir": "delegation.above", "hr2": "delegation.peer",
			"peer": "", "auditor": "delegation.peer", "new": "delegation.never_accepted", "ann": "", "fin": "delegation.person_unknown",
			"hr": "delegation.self"} {
			if e := err(h.Name(t.Context(), as(acme, "hr"), cover("hr", principal))); standin.CodeOf(e) != code {
				t.Errorf("for %s: got %v, want %s", principal, e, code)
			}
		}
		// Upward by one's boss's own naming is the ordinary case.
		must(h.Name(t.Context(), as(acme, "dir"), cover("hr", "dir")))(t)
		h.Settings(acme, func(s *directory.Settings) { s.Impersonation.SuperAdminsOnly = true })
		refused(t, err(h.Name(t.Context(), as(acme, "hr"), cover("hr", "cem"))), standin.Denied, "delegation.super_only")
		must(h.Name(t.Context(), as(acme, "boss"), cover("boss", "cem")))(t)
		h.explained()
	})
}

// TestThreat9WaitsForThePrincipal: where the organisation asks, the yes is the principal's, now and at every widening.
func TestThreat9WaitsForThePrincipal(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Accept = true })
		wish := cover("hr", "ann")
		wish.End = h.Now().Add(10 * day)
		named, e := h.Name(t.Context(), as(acme, "hr"), wish)
		if e != nil || named[0].AskedOf != "ann" {
			t.Fatalf("got %v, %v", named, e)
		}
		id := named[0].ID
		refused(t, err(h.Accept(t.Context(), as(acme, "hr"), id, 0)), standin.Denied, "delegation.not_asked")
		must(h.Accept(t.Context(), as(acme, "ann"), id, 0))(t)
		h.Pass(day)
		must(h.Renew(t.Context(), as(acme, "hr2"), id))(t) // a friendly colleague
		if h.state(id) != delegation.Waiting {
			t.Errorf("renewed by a peer, it is %s without the principal's yes", h.state(id))
		}
	})
}

// TestThreat16NobodyGivesThemselvesMore: an administrator cannot widen, renew, enable or resume what they act by.
func TestThreat16NobodyGivesThemselvesMore(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		wish := cover("hr", "ann")
		wish.Limits, wish.End = rights.Limits{ReadOnly: true}, h.Now().Add(10*day)
		d, s := h.name(wish), h.name(standby("hr", "ann"))
		me := as(acme, "hr")
		later, none := h.Now().Add(11*day), rights.Limits{}
		refused(t, err(h.Edit(t.Context(), me, d.ID, delegation.Change{End: &later})), standin.Denied, "delegation.own_gain")
		refused(t, err(h.Edit(t.Context(), me, d.ID, delegation.Change{Limits: &none})), standin.Denied, "delegation.own_gain")
		refused(t, err(h.Renew(t.Context(), me, d.ID)), standin.Denied, "delegation.own_gain")
		refused(t, err(h.Enable(t.Context(), me, s.ID, time.Hour)), standin.Denied, "delegation.own_gain")
		must(h.Deactivate(t.Context(), me, d.ID))(t)
		refused(t, err(h.Reactivate(t.Context(), me, d.ID)), standin.Denied, "delegation.own_gain")
		sooner := h.Now().Add(9 * day)
		must(h.Edit(t.Context(), me, d.ID, delegation.Change{End: &sooner, Limits: &rights.Limits{ReadOnly: true, Deny: []string{"desk:expense.view"}}}))(t)
		if got := h.records(acme, "delegation:"+string(s.ID)); got[len(got)-1] != (record{"person:hr", "", "delegation.enable", ledger.Refused, "delegation.own_gain"}) {
			t.Errorf("the refusal is recorded as %v", got)
		}
		h.explained()
	})
}

// TestThreat15EveryWayIn: an API key obeys the same rules as a page, and world files are the operator's alone.
func TestThreat15EveryWayIn(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		admin := key("admin")
		over := cover("bob", "ann")
		over.End = h.Now().Add(91 * day)
		refused(t, err(h.Name(t.Context(), admin, over)), standin.Invalid, "delegation.over_cap")
		refused(t, err(h.Name(t.Context(), admin, cover("rita", "ann"))), standin.NotFound, "delegation.person_unknown")
		refused(t, err(h.Name(t.Context(), admin, cover("ann", "ann"))), standin.Invalid, "delegation.self")
		refused(t, err(h.Name(t.Context(), admin, cover("ann", "rita"))), standin.NotFound, "delegation.person_unknown")
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Accept = true })
		named, e := h.Name(t.Context(), admin, cover("bob", "ann"))
		if e != nil || named[0].StateAt(h.Now()) != delegation.Waiting {
			t.Errorf("a key's naming skips the stand-in's yes: %v, %v", named, e)
		}
		refused(t, err(h.Accept(t.Context(), admin, named[0].ID, 0)), standin.Denied, "delegation.not_asked")
		spec := delegation.Spec{ID: "d-file", Actor: "bob", Principal: "cem"}
		for _, c := range []standin.Caller{admin, as(acme, "boss"), acting("boss", "ann"), {Organisation: acme}} {
			e := h.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error { return err(h.PutIn(ctx, tx, c, spec)) })
			refused(t, e, standin.Denied, "delegation.operator_only")
		}
		h.explained()
	})
}

// TestThreat18Cap: nothing that is named without an end lasts longer than the cap, whoever names it.
func TestThreat18Cap(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		for _, c := range []standin.Caller{as(acme, "ann"), as(acme, "hr"), operator(acme)} {
			wish := cover("bob", "ann")
			wish.Start = h.Now().Add(time.Duration(len(h.everything())) * 100 * day) // windows side by side
			named, e := h.Name(t.Context(), c, wish)
			if e != nil || named[0].EndsAt.Sub(named[0].StartsAt) != 90*day {
				t.Errorf("%s: got %v, %v", c.Actor, named, e)
			}
		}
		put := h.put(delegation.Spec{ID: "d-file", Actor: "bob", Principal: "cem"})
		if put.After.EndsAt.Sub(put.After.StartsAt) != 90*day {
			t.Errorf("from a file: until %v", put.After.EndsAt)
		}
	})
}

// TestThreat38ParallelNamings: eight tabs name the same stand-in at once; one delegation comes of it, with one record.
func TestThreat38ParallelNamings(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		outcomes := at8(func() error { return err(h.Name(t.Context(), as(acme, "ann"), cover("bob", "ann"))) })
		if outcomes[""] != 1 || outcomes["delegation.duplicate"] != 7 {
			t.Errorf("got %v, want one and seven duplicates", outcomes)
		}
		d := h.everything()[0]
		outcomes = at8(func() error {
			return err(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Version: 1, Purpose: new(standin.NewID("x"))}))
		})
		if outcomes[""] != 1 || outcomes["delegation.changed"] != 7 {
			t.Errorf("got %v, want one edit and seven conflicts", outcomes)
		}
		outcomes = at8(func() error { return h.Delete(t.Context(), as(acme, "ann"), d.ID) })
		if outcomes[""] != 1 || outcomes["delegation.unknown"] != 7 {
			t.Errorf("got %v, want one deletion", outcomes)
		}
		h.explained()
	})
}

// at8 does it eight times at once and counts the codes of what comes of it.
func at8(do func() error) map[string]int {
	var wait sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[string]int{}
	for range 8 {
		wait.Go(func() {
			code := standin.CodeOf(do())
			mu.Lock()
			defer mu.Unlock()
			outcomes[code]++
		})
	}
	wait.Wait()
	return outcomes
}

// TestThreat42NoSweeperDecides: at the very microsecond of its end it is over for everybody, though nobody wrote anything.
func TestThreat42NoSweeperDecides(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		wish, spare := cover("bob", "ann"), standby("cem", "ann")
		wish.End = h.Now().Add(time.Hour)
		d, s := h.name(wish), h.name(spare)
		must(h.Enable(t.Context(), as(acme, "ann"), s.ID, time.Hour))(t)
		before := []delegation.Delegation{h.load(acme, d.ID), h.load(acme, s.ID)}
		for _, c := range []struct {
			at     time.Time
			usable bool
		}{{d.EndsAt.Add(-time.Microsecond), true}, {d.EndsAt, false}} {
			h.Set(c.at)
			for _, id := range []standin.DelegationID{d.ID, s.ID} {
				if _, usable := h.load(acme, id).UsableUntil(h.Now()); usable != c.usable {
					t.Errorf("%s at %v: usable %v, want %v", id, c.at, usable, c.usable)
				}
			}
		}
		if diff := cmp.Diff(before, []delegation.Delegation{h.load(acme, d.ID), h.load(acme, s.ID)}); diff != "" {
			t.Errorf("something wrote: -before +after\n%s", diff)
		}
	})
}

// TestThreat47DeletedIdsStayTaken: no file gives a deleted delegation's id to another.
func TestThreat47DeletedIdsStayTaken(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		spec := delegation.Spec{ID: "d-file", Actor: "bob", Principal: "ann"}
		h.put(spec)
		if e := h.Delete(t.Context(), as(acme, "ann"), "d-file"); e != nil {
			t.Fatal(e)
		}
		for _, actor := range []standin.PersonID{"bob", "cem"} {
			spec.Actor = actor
			if put := h.put(spec); put.After != nil || !cmp.Equal(put.Kept, []string{"deleted"}) {
				t.Errorf("for %s the id lives again: %+v", actor, put)
			}
		}
		if got := len(h.everything()); got != 0 {
			t.Errorf("there are %d", got)
		}
		h.explained()
	})
}

// TestThreat49RevokeWhileTheDatabaseIsAway: an error, never a success that is not durable.
func TestThreat49RevokeWhileTheDatabaseIsAway(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		d := opened(t, source)
		h := settle(t, d)
		one := h.name(cover("bob", "ann"))
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if e := err(h.Revoke(canceled, as(acme, "ann"), one.ID)); standin.KindOf(e) != standin.Unavailable {
			t.Errorf("given up before it began: got %v, want unavailable", e)
		}
		if e := d.Close(); e != nil {
			t.Fatal(e)
		}
		if e := err(h.Revoke(t.Context(), as(acme, "ann"), one.ID)); e == nil {
			t.Error("without a database it says that it was done")
		}
		h.reopen(opened(t, source))
		if h.state(one.ID) != delegation.Active || len(h.records(acme, "delegation:"+string(one.ID))) != 1 {
			t.Errorf("half of it was written: it is %s", h.state(one.ID))
		}
		must(h.Revoke(t.Context(), as(acme, "ann"), one.ID))(t)
		if e := h.DB.Close(); e != nil {
			t.Fatal(e)
		}
		h.reopen(opened(t, source))
		if h.state(one.ID) != delegation.Revoked {
			t.Errorf("acknowledged, and after opening again it is %s", h.state(one.ID))
		}
		h.explained()
	})
}

func opened(t *testing.T, source string) *db.DB {
	t.Helper()
	d, e := db.Open(t.Context(), source)
	if e != nil {
		t.Fatal(e)
	}
	t.Cleanup(func() { _ = d.Close() })
	if _, _, e := d.Migrate(t.Context()); e != nil {
		t.Fatal(e)
	}
	return d
}
