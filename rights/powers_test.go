package rights

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/standin-id/standin"
)

func holding(unit standin.UnitID, rank int, allow ...string) Holding {
	return Holding{Role: Role{ID: "role", Rank: rank, Allow: allow}, Unit: unit}
}

func TestPowersByScope(t *testing.T) {
	p := Compile([]Holding{
		holding("sales", 10, "standin:audit.view@unit", "standin:delegation.manage@own", "desk:expense.approve"),
		holding("finance/tax", 50, "standin:person.*@unit"),
		holding("", 20, "standin:review.run@unit", "standin:settings.manage"),
	})
	for name, c := range map[string]struct {
		typ, action string
		unit        standin.UnitID
		own, want   bool
	}{
		"held unit":                   {"audit", "view", "sales", false, true},
		"below":                       {"audit", "view", "sales/emea", false, true},
		"a name that begins the same": {"audit", "view", "salesforce", false, false},
		"beside":                      {"audit", "view", "finance", false, false},
		"no unit":                     {"audit", "view", "", false, false},
		"own does not help @unit":     {"audit", "view", "finance", true, false},
		"above":                       {"person", "manage", "finance", false, false},
		"any action":                  {"person", "impersonate", "finance/tax", false, true},
		"own":                         {"delegation", "manage", "finance", true, true},
		"not own":                     {"delegation", "manage", "sales", false, false},
		"held at no unit, @unit":      {"review", "run", "sales", false, false},
		"held at no unit, @unit, own": {"review", "run", "", true, false},
		"organisation":                {"settings", "manage", "", false, true},
		"another application's":       {"expense", "approve", "sales", true, false},
		"never granted":               {"guardrail", "edit", "sales", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := p.Covers(c.typ, c.action, c.unit, c.own); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
	if got := p.Rank(); got != 50 {
		t.Errorf("rank %d", got)
	}
}

func TestZeroPowersAllowNothing(t *testing.T) {
	var p Powers
	if p.Covers("audit", "view", "sales", true) || p.Rank() != 0 {
		t.Error("zero powers allow something")
	}
	if org, units := p.Scopes("audit", "view"); org || units != nil {
		t.Errorf("zero powers reach %v %v", org, units)
	}
}

func TestThreat14WhatDoesNotFitGivesNothing(t *testing.T) {
	p := Compile([]Holding{holding("sales", 0, "standin:audit.view@everywhere", "standin.audit:view", "", "*",
		"standin:audit.view/detail", "standin:audit.view2", "Standin:audit.view", "standi*:audit.view")})
	if p.Covers("audit", "view", "sales", true) {
		t.Error("a malformed permission gives something")
	}
}

func TestPowersScopes(t *testing.T) {
	held := []Holding{
		holding("sales/emea", 0, "standin:audit.view@unit"),
		holding("sales", 0, "standin:*.*@unit"),
		holding("finance", 0, "*:audit.view/*@unit"),
		holding("legal", 0, "standin:audit.view@own"),
		holding("", 0, "standin:audit.view@unit"),
	}
	org, units := Compile(held).Scopes("audit", "view")
	if diff := cmp.Diff([]standin.UnitID{"finance", "sales"}, units); diff != "" || org {
		t.Errorf("org %v, units (-want +got):\n%s", org, diff)
	}
	org, units = Compile(append(held, holding("x", 0, "standin:audit.view"))).Scopes("audit", "view")
	if !org || units != nil {
		t.Errorf("org %v, units %v", org, units)
	}
}

func TestScopesAgreeWithCovers(t *testing.T) {
	every := []standin.UnitID{"", "a", "a/b", "a/b/c", "ab", "c", "c/d"}
	rapid.Check(t, func(t *rapid.T) {
		held := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Holding {
			p := permissions().Draw(t, "permission")
			p.Application, p.Type = "standin", names("audit", "person", "*").Draw(t, "type")
			return holding(rapid.SampledFrom(every).Draw(t, "unit"), 0, p.String())
		}), 0, 4).Draw(t, "held")
		p := Compile(held)
		org, units := p.Scopes("audit", "view")
		for _, unit := range every {
			want := org || unit != "" && slices.ContainsFunc(units, unit.Within)
			if got := p.Covers("audit", "view", unit, false); got != want {
				t.Fatalf("Covers at %q = %v, Scopes say %v (%v, %v)", unit, got, want, org, units)
			}
			if p.Covers("audit", "view", unit, false) && !p.Covers("audit", "view", unit, true) {
				t.Fatalf("owning something at %q takes a power away", unit)
			}
		}
	})
}

func TestMoreRolesNeverTakeAPowerAway(t *testing.T) {
	units := []standin.UnitID{"", "a", "a/b", "c"}
	draw := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Holding {
		p := permissions().Draw(t, "permission")
		p.Application, p.Type = "standin", "audit"
		return holding(rapid.SampledFrom(units).Draw(t, "unit"), rapid.IntRange(0, 9).Draw(t, "rank"), p.String())
	}), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		some, more := draw.Draw(t, "some"), draw.Draw(t, "more")
		before, after := Compile(some), Compile(append(slices.Clone(some), more...))
		for _, unit := range units {
			for _, own := range []bool{false, true} {
				if before.Covers("audit", "view", unit, own) && !after.Covers("audit", "view", unit, own) {
					t.Fatalf("%v and %v cover less than %v alone", some, more, some)
				}
			}
		}
		if after.Rank() < before.Rank() {
			t.Fatal("a role lowers the rank")
		}
	})
}

func TestRoleCheck(t *testing.T) {
	for name, c := range map[string]struct {
		role        Role
		code, field string
	}{
		"good":     {Role{ID: "manager", Rank: 10, Allow: []string{"desk:expense.view@unit", "standin:audit.view@unit"}}, "", ""},
		"highest":  {Role{ID: "manager", Rank: MaxRank, Allow: nil}, "", ""},
		"bad id":   {Role{ID: "the manager", Rank: 10, Allow: nil}, "rights.bad_name", "id"},
		"negative": {Role{ID: "manager", Rank: -1, Allow: nil}, "rights.bad_rank", "rank"},
		"too high": {Role{ID: "manager", Rank: MaxRank + 1, Allow: nil}, "rights.bad_rank", "rank"},
		"unknown":  {Role{ID: "manager", Rank: 0, Allow: []string{"desk:expense.fly"}}, "rights.unknown_action", "allow"},
	} {
		err := c.role.Check(sample)
		if got := standin.CodeOf(err); got != c.code {
			t.Errorf("%s: got %q, want %q", name, got, c.code)
		}
		if err != nil && err.(*standin.Error).Field != c.field {
			t.Errorf("%s: on %q, want %q", name, err.(*standin.Error).Field, c.field)
		}
	}
}

func TestRoleLabel(t *testing.T) {
	if got := (Role{ID: "hr_admin", Name: "Personnel"}).Label(); got != "Personnel" {
		t.Errorf("got %q", got)
	}
	if got := (Role{ID: "hr_admin"}).Label(); got != "hr_admin" {
		t.Errorf("got %q", got)
	}
}
