package delegation_test

import (
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// roles adds what the tests of this file give.
func (h *house) roles() {
	h.T.Helper()
	for id, allow := range map[standin.RoleID][]string{"clerk": {"desk:expense.view@unit"}, "judge": {"desk:expense.approve"}} {
		must(h.Directory.PutRole(h.T.Context(), operator(acme), rights.Role{ID: id, Allow: allow}, 0))(h.T)
	}
}

// gives says what of giving ann more is refused with the code for the caller, "" for nothing.
func (h *house) gives(caller standin.Caller, code string) {
	h.T.Helper()
	kind := standin.Kind("")
	if code != "" {
		kind = standin.Denied
	}
	ctx, before := h.T.Context(), len(h.records(acme, "holding:ann/judge"))
	refused(h.T, err(h.Directory.Hold(ctx, caller, "ann", "judge", "")), kind, code)
	records := h.records(acme, "holding:ann/judge")
	if last := records[len(records)-1]; len(records) != before+1 || last.Reason != code {
		h.T.Errorf("the record is %v, want one with %q", records[before:], code)
	}
	refused(h.T, err(h.Directory.PutRole(ctx, caller, rights.Role{ID: "clerk", Allow: []string{"desk:expense.view"}}, 0)), kind, code)
	must(h.Directory.PutRole(ctx, operator(acme), rights.Role{ID: "clerk", Allow: []string{"desk:expense.view@unit"}}, 0))(h.T)
	must(h.Directory.Release(ctx, operator(acme), "ann", "judge", ""))(h.T)
}

// TestThreat16GivingMoreToWhomOneStandsInFor: whatever the delegation is, as long as it is not over. The operator and another
// administrator may all the time.
func TestThreat16GivingMoreToWhomOneStandsInFor(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.roles()
		must(h.Directory.Hold(t.Context(), operator(acme), "ann", "clerk", ""))(t)
		h.person(acme, "chief", "Chia Chief", "", "super")
		boss, ann := as(acme, "boss"), as(acme, "ann")
		h.gives(boss, "")
		begin := func(wish delegation.Naming) func() standin.DelegationID {
			return func() standin.DelegationID { return h.name(wish).ID }
		}
		later := cover("boss", "ann")
		later.Start = h.Now().Add(100 * day)
		over := cover("boss", "ann")
		over.End = h.Now().Add(time.Hour)
		for _, c := range []struct {
			name  string
			begin func() standin.DelegationID
			state delegation.State
			code  string
		}{
			{"live", begin(cover("boss", "ann")), delegation.Active, "directory.stands_in"},
			{"upcoming", begin(later), delegation.Upcoming, "directory.stands_in"},
			{"standby", begin(standby("boss", "ann")), delegation.Dormant, "directory.stands_in"},
			{"paused", func() standin.DelegationID {
				id := h.name(cover("boss", "ann")).ID
				must(h.Deactivate(t.Context(), ann, id))(t)
				return id
			}, delegation.Inactive, "directory.stands_in"},
			{"not accepted yet", func() standin.DelegationID {
				h.Settings(acme, func(s *directory.Settings) { s.Delegation.Accept = true })
				return h.name(cover("boss", "ann")).ID
			}, delegation.Waiting, "directory.stands_in"},
			{"declined", func() standin.DelegationID {
				id := h.name(cover("boss", "ann")).ID
				must(h.Decline(t.Context(), boss, id, "no"))(t)
				h.Settings(acme, func(*directory.Settings) {})
				return id
			}, delegation.Declined, ""},
			{"expired", func() standin.DelegationID {
				id := h.name(over).ID
				h.Pass(time.Hour)
				return id
			}, delegation.Expired, ""},
			{"the other way round", func() standin.DelegationID { return h.name(cover("ann", "boss")).ID }, delegation.Active, ""},
		} {
			id := c.begin()
			if got := h.state(id); got != c.state {
				t.Fatalf("%s: it is %s", c.name, got)
			}
			t.Log(c.name)
			h.gives(boss, c.code)
			h.gives(as(acme, "chief"), "")
			h.gives(operator(acme), "")
			if !c.state.Over() {
				d := h.load(acme, id)
				must(h.Revoke(t.Context(), as(acme, d.Principal), id))(t)
			}
			h.gives(boss, "")
		}
	})
}

// TestThreat16OtherWaysToGiveMore: bringing them elsewhere, bringing a unit below theirs or below one that limits name, making
// them active again. What gives nothing more stays free.
func TestThreat16OtherWaysToGiveMore(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.roles()
		ctx, boss, op := t.Context(), as(acme, "boss"), operator(acme)
		must(h.Directory.Hold(ctx, op, "ann", "clerk", ""))(t)
		must(h.Directory.PutUnit(ctx, op, "finance/cash"))(t)
		wish := cover("boss", "fin")
		wish.Limits.Units = []standin.UnitID{"sales/emea"}
		h.name(cover("boss", "ann"))
		limited := h.name(wish)

		person := func(unit standin.UnitID) directory.Person {
			return directory.Person{ID: "ann", Name: "Ann Other", Email: "ann@acme.example", Unit: unit}
		}
		put := func(p directory.Person) error {
			_, _, e := h.Directory.PutPerson(ctx, boss, p)
			return e
		}
		refused(t, put(person("finance")), standin.Denied, "directory.stands_in")
		refused(t, put(person("sales")), "", "")
		must(h.Directory.PutUnit(ctx, op, "hall"))(t)
		_, _, e := h.Directory.PutPerson(ctx, op, person("hall"))
		must(0, e)(t)
		refused(t, err(h.Directory.EndUnit(ctx, boss, "hall", "sales")), standin.Denied, "directory.stands_in")
		must(h.Directory.EndUnit(ctx, op, "hall", "sales"))(t)
		refused(t, err(h.MoveUnit(ctx, boss, "finance/cash", "sales/cash")), standin.Denied, "directory.stands_in")
		refused(t, err(h.MoveUnit(ctx, boss, "finance/cash", "sales/emea/cash")), standin.Denied, "directory.stands_in")
		must(h.Directory.Release(ctx, boss, "ann", "clerk", ""))(t)
		must(h.Directory.Release(ctx, boss, "ann", "staff", ""))(t)
		refused(t, err(h.MoveUnit(ctx, boss, "finance/cash", "sales/emea/cash")), standin.Denied, "delegation.own_gain")
		must(h.MoveUnit(ctx, boss, "finance/cash", "sales/cash"))(t)
		must(h.MoveUnit(ctx, boss, "sales/emea", "emea"))(t)
		if got := h.load(acme, limited.ID).Limits.Units; len(got) != 1 || got[0] != "emea" {
			t.Errorf("got the limits %v, want them to follow", got)
		}
		must(h.Directory.Hold(ctx, op, "ann", "clerk", ""))(t)
		must(h.Directory.Hold(ctx, boss, "ann", "clerk", ""))(t) // which they hold
		must(h.Directory.PutRole(ctx, boss, rights.Role{ID: "clerk", Rank: 3, Name: "Clerk", Allow: []string{"desk:expense.view@unit"}}, 0))(t)
		must(h.Directory.PutRole(ctx, boss, rights.Role{ID: "clerk", Allow: []string{}}, 0))(t)
		must(0, h.Directory.Deactivate(ctx, boss, "ann"))(t)
		refused(t, h.Directory.Reactivate(ctx, boss, "ann"), standin.Denied, "directory.stands_in")
		must(0, h.Directory.Reactivate(ctx, op, "ann"))(t)
	})
}

// TestThreat16AKeyCountsAsItsMaker: and gives its maker nothing either, made by a key of theirs or rotated by them.
func TestThreat16AKeyCountsAsItsMaker(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.roles()
		h.person(acme, "chief", "Chia Chief", "", "super")
		must(h.Directory.Hold(t.Context(), operator(acme), "ann", "clerk", ""))(t)
		ctx, apps := t.Context(), application.New(h.DB, ledger.New(h.DB, h.Now), h.Now).With(h.Directory.MayKeepAccess)
		made := func(by standin.Caller) standin.Caller {
			k, _, e := apps.MakeKey(ctx, by, application.KeepKeys{Name: "key", May: []string{"admin"}})
			must(0, e)(t)
			return standin.Caller{Organisation: acme, Actor: standin.KeyActor(k.ID), May: k.May}
		}
		boss, chief, none := made(as(acme, "boss")), made(as(acme, "chief")), made(operator(acme))
		second, rotated := made(boss), made(as(acme, "chief"))
		for _, by := range []standin.Caller{as(acme, "boss"), rotated} { // a key that rotates itself is nobody else's for it
			_, _, e := apps.RotateKey(ctx, by, rotated.Actor.Key(), 0)
			must(0, e)(t)
		}
		for _, k := range []standin.Caller{boss, chief, none, second, rotated} {
			h.gives(k, "")
		}
		h.name(cover("boss", "ann"))
		for _, k := range []standin.Caller{boss, second, rotated} {
			h.gives(k, "directory.key_gain")
			refused(t, err(h.Directory.Hold(ctx, k, "boss", "judge", "")), standin.Denied, "directory.key_gain")
			must(h.Directory.Hold(ctx, k, "cem", "judge", ""))(t)
			must(h.Directory.Release(ctx, k, "cem", "judge", ""))(t)
		}
		for _, k := range []standin.Caller{chief, none} {
			h.gives(k, "")
		}
		must(h.Directory.Hold(ctx, none, "boss", "judge", ""))(t)
	})
}
