package rights

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
)

// line returns the line of the list that speaks of the action.
func line(t *testing.T, list []Line, typ, what string) Line {
	t.Helper()
	for _, l := range list {
		if l.Type == typ && l.Action == what {
			return l
		}
	}
	return Line{}
}

func TestB10WhatTheyCouldDo(t *testing.T) {
	v := NewVocabulary(office)
	a := v.Authority("hana", hana)
	sales := Area{Units: []standin.UnitID{"sales"}}
	anywhere := Area{Unitless: true, All: true}
	own := line(t, a.List(nil), "expense", "view")
	want := Line{Application: "office", Type: "expense", Action: "view", Flags: DefaultAction("view"), Reach: Extent{anywhere, sales},
		Fields: []FieldLine{
			{Field: "amount", Reach: Extent{anywhere, sales}},
			{Field: "iban", Sealed: true, Reach: Extent{sales, sales}},
			{Field: "note", Reach: Extent{anywhere, sales}},
			{Field: "pay_rate", Sealed: true, Reach: Extent{anywhere, anywhere}},
		}}
	if diff := cmp.Diff(want, own); diff != "" {
		t.Errorf("in her own name (-want +got):\n%s", diff)
	}
	if own.Reach.Everywhere() || own.Reach.Nowhere() || !own.Fields[3].Reach.Everywhere() {
		t.Errorf("got %+v", own.Reach)
	}

	list := a.List(v.Bounds(Limits{Units: []standin.UnitID{"sales/emea", "sales/emea/uk", "legal"}, Deny: []string{"office:expense.view/note"},
		Allow: []string{"office:expense.view", "office:expense.view/iban", "office:time.approve@own"}}, false))
	seen := line(t, list, "expense", "view")
	emea, both := Area{Units: []standin.UnitID{"sales/emea"}}, Area{Units: []standin.UnitID{"legal", "sales/emea"}}
	if diff := cmp.Diff(Extent{both, emea}, seen.Reach); diff != "" {
		t.Errorf("within limits (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]string{{"amount"}, {"iban"}, {"pay_rate"}}, [][]string{seen.Open(), seen.Opened(), seen.Closed()}); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if got := line(t, list, "time", "approve").Reach; !got.Others.Nowhere() || got.Own.Nowhere() {
		t.Errorf("her own: got %+v", got)
	}
	if len(list) != 2 {
		t.Errorf("got %+v", list)
	}
}

func TestListOfDeniedUnits(t *testing.T) {
	v := NewVocabulary(office)
	a := v.Authority("kim", []Holding{{Role: Role{Allow: []string{"office:report.run"}}, Unit: "sales/emea"},
		{Role: Role{Allow: []string{"office:report.run@own"}}, Unit: "legal"}, {Role: Role{Allow: nil}, Unit: "legal/tax"}})
	for name, c := range map[string]struct {
		limits Limits
		want   Extent
	}{
		"her units": {Limits{Deny: []string{"office:report.run@unit"}},
			Extent{Area{All: true, Except: []standin.UnitID{"legal", "sales/emea"}}, Area{All: true, Except: []standin.UnitID{"legal", "sales/emea"}}}},
		"a part": {Limits{Deny: []string{"office:report.run@unit"}, Units: []standin.UnitID{"sales", "hr"}},
			Extent{Area{Units: []standin.UnitID{"hr", "sales"}, Except: []standin.UnitID{"sales/emea"}}, Area{Units: []standin.UnitID{"hr", "sales"}, Except: []standin.UnitID{"sales/emea"}}}},
		"her own": {Limits{Deny: []string{"office:report.run@own"}}, Extent{Area{}, everywhere()}},
		"one inside": {Limits{Units: []standin.UnitID{"legal/tax", "sales/emea/uk"}, Allow: []string{"office:report.run@unit"}},
			Extent{Area{Units: []standin.UnitID{"legal/tax", "sales/emea/uk"}}, Area{Units: []standin.UnitID{"legal/tax", "sales/emea/uk"}}}},
	} {
		if diff := cmp.Diff(c.want, line(t, a.List(v.Bounds(c.limits, false)), "report", "run").Reach); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := a.List(v.Bounds(Limits{Deny: []string{"nonsense"}}, false)); got != nil {
		t.Errorf("a denial that is not understood leaves %+v", got)
	}
	if got := a.List(v.Bounds(Limits{Deny: []string{"office:report.run@unit"}, Units: []standin.UnitID{"legal", "sales/emea/uk"}}, false)); got != nil {
		t.Errorf("units all of which are denied leave %+v", got)
	}
}

func TestListIsInOrder(t *testing.T) {
	v := NewVocabulary(Catalogues{"b": office["office"], "z": office["office"]})
	list := v.Authority("root", []Holding{{Role: Role{Allow: []string{"*:*.*"}}}}).List(nil)
	if len(list) != 2*16+7 {
		t.Errorf("got %d lines", len(list))
	}
	for i := 1; i < len(list); i++ {
		one, two := list[i-1], list[i]
		if string(one.Application)+":"+one.Type+"."+one.Action >= string(two.Application)+":"+two.Type+"."+two.Action {
			t.Errorf("%s:%s.%s before %s:%s.%s", one.Application, one.Type, one.Action, two.Application, two.Type, two.Action)
		}
	}
}

func TestAreaContains(t *testing.T) {
	a := Area{Units: []standin.UnitID{"a", "c"}, Except: []standin.UnitID{"a/b"}}
	for unit, want := range map[standin.UnitID]bool{"": false, "a": true, "a/b": false, "a/b/c": false, "a/c": true, "ab": false, "c": true, "d": false} {
		if a.Contains(unit) != want {
			t.Errorf("%q: %v", unit, !want)
		}
	}
	for name, c := range map[string]struct {
		area                Area
		nowhere, everywhere bool
	}{
		"zero":      {Area{}, true, false},
		"all":       {everywhere(), false, true},
		"unitless":  {Area{Unitless: true}, false, false},
		"units":     {Area{Units: []standin.UnitID{"a"}}, false, false},
		"all units": {Area{All: true}, false, false},
		"but one":   {Area{Unitless: true, All: true, Except: []standin.UnitID{"a"}}, false, false},
	} {
		if c.area.Nowhere() != c.nowhere || c.area.Everywhere() != c.everywhere {
			t.Errorf("%s: nowhere %v, everywhere %v", name, c.area.Nowhere(), c.area.Everywhere())
		}
	}
	if (Extent{Own: everywhere()}).Everywhere() || (Extent{Others: everywhere()}).Everywhere() || (Extent{Own: everywhere()}).Nowhere() ||
		(Extent{Others: everywhere()}).Nowhere() {
		t.Error("half is taken for the whole")
	}
}

func TestSetsTakeNoMoreRoomThanTheyNeed(t *testing.T) {
	var b bits
	b.add(64, 65)
	if len(b) != 2 || !b.has(64) || b.has(63) || b.has(128) || bits(nil).has(0) {
		t.Errorf("got %b", b)
	}
	small := bits{1 << 3, 1}
	small.remove(bits{1 << 3})
	if small[0] != 0 || small[1] != 1 {
		t.Errorf("got %b", small)
	}
}
