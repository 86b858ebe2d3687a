package rights_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// TestP2LookingNarrows: limits leave of what the principal reaches no more than they let through, whatever they say.
func TestP2LookingNarrows(t *testing.T) {
	everything := rights.Reach{All: true, Own: true}
	sales := rights.Reach{Units: []standin.UnitID{"sales"}, Own: true}
	nothing := rights.Reach{}
	ann := rights.Represented{Unit: "sales/emea", Holds: []standin.UnitID{"sales", ""}}
	units := func(own bool, us ...standin.UnitID) rights.Reach { return rights.Reach{Units: us, Own: own} }
	for _, c := range []struct {
		what   string
		limits rights.Limits
		entry  bool
		before rights.Reach
		want   rights.Reach
	}{
		{"none", rights.Limits{}, false, everything, everything},
		{"read only", rights.Limits{ReadOnly: true}, false, everything, everything},
		{"sealed", rights.Limits{Sealed: true}, false, sales, sales},
		{"entry", rights.Limits{Allow: []string{"desk:time.enter"}}, true, everything, nothing},
		{"entry that names it", rights.Limits{Allow: []string{"standin:audit.view"}}, true, everything, nothing},
		{"allowed", rights.Limits{Allow: []string{"standin:audit.view"}}, false, sales, sales},
		{"all allowed", rights.Limits{Allow: []string{"*:*.*"}}, false, everything, everything},
		{"fields allowed", rights.Limits{Allow: []string{"*:*.*/*"}}, false, everything, everything},
		{"one field allowed", rights.Limits{Allow: []string{"*:*.*/pay"}}, false, everything, nothing},
		{"something else allowed", rights.Limits{Allow: []string{"desk:*.*", "standin:person.manage"}}, false, everything, nothing},
		{"malformed allow", rights.Limits{Allow: []string{"standin"}}, false, everything, nothing},
		{"own allowed", rights.Limits{Allow: []string{"standin:audit.view@own"}}, false, everything, units(true)},
		{"units allowed", rights.Limits{Allow: []string{"standin:audit.view@unit"}}, false, everything, units(true, "sales")},
		{"own and units allowed", rights.Limits{Allow: []string{"standin:audit.view@unit", "standin:*.view@own"}}, false, everything, units(true, "sales")},
		{"own and all allowed", rights.Limits{Allow: []string{"standin:audit.view@own", "standin:audit.view"}}, false, everything, everything},
		{"denied", rights.Limits{Deny: []string{"standin:audit.view"}}, false, everything, nothing},
		{"all of it denied", rights.Limits{Deny: []string{"standin:*.*"}}, false, sales, nothing},
		{"own denied", rights.Limits{Deny: []string{"standin:audit.view@own"}}, false, everything, nothing},
		{"something else denied", rights.Limits{Deny: []string{"desk:*.*", "standin:person.manage"}}, false, sales, sales},
		{"malformed deny", rights.Limits{Deny: []string{"standin"}}, false, everything, nothing},
		{"denied and allowed", rights.Limits{Allow: []string{"standin:audit.view"}, Deny: []string{"*:audit.*"}}, false, everything, nothing},
		{"units", rights.Limits{Units: []standin.UnitID{"sales", "finance"}}, false, everything, units(true, "finance", "sales")},
		{"a unit below", rights.Limits{Units: []standin.UnitID{"sales/apac", "finance"}}, false, sales, units(false, "sales/apac")},
		{"a unit above", rights.Limits{Units: []standin.UnitID{"sales"}}, false, units(true, "sales/apac", "sales/emea"), units(true, "sales/apac", "sales/emea")},
		{"a unit twice", rights.Limits{Units: []standin.UnitID{"sales/emea", "sales"}}, false, sales, units(true, "sales")},
		{"a unit like another", rights.Limits{Units: []standin.UnitID{"sale", ""}}, false, sales, nothing},
		{"units and own", rights.Limits{Allow: []string{"standin:audit.view@own"}, Units: []standin.UnitID{"sales"}}, false, everything, units(true)},
		{"nothing of their own", rights.Limits{Allow: []string{"standin:audit.view@own"}}, false, rights.Reach{All: true}, nothing},
	} {
		if diff := cmp.Diff(c.want, c.limits.Looking(c.entry, "audit", "view", ann, c.before)); diff != "" {
			t.Errorf("%s: %s", c.what, diff)
		}
	}
	if got := (rights.Limits{Units: []standin.UnitID{"sales"}}).Looking(false, "audit", "view", rights.Represented{}, everything); got.Own {
		t.Error("one of no unit is within one")
	}
}

// TestReachCovers: a unit is covered at and below, and the whole organisation only by a reach over all of it.
func TestReachCovers(t *testing.T) {
	for _, c := range []struct {
		reach rights.Reach
		unit  standin.UnitID
		want  bool
	}{
		{rights.Reach{}, "", false},
		{rights.Reach{All: true}, "", true},
		{rights.Reach{All: true}, "sales", true},
		{rights.Reach{Units: []standin.UnitID{"sales"}}, "", false},
		{rights.Reach{Units: []standin.UnitID{"sales"}}, "sales", true},
		{rights.Reach{Units: []standin.UnitID{"hr", "sales"}}, "sales/emea", true},
		{rights.Reach{Units: []standin.UnitID{"sales/emea"}}, "sales", false},
		{rights.Reach{Units: []standin.UnitID{""}, Own: true}, "sales", false},
	} {
		if got := c.reach.Covers(c.unit); got != c.want {
			t.Errorf("%+v covers %q: %v", c.reach, c.unit, got)
		}
	}
}
