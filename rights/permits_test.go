package rights

import (
	"slices"
	"testing"

	"github.com/standin-id/standin"
)

// office is a catalogue of every kind of thing that rights speak of: a category each, personal actions of which one
// nothing opens, and sealed fields.
var office = Catalogues{"office": {Types: map[string]Type{
	"expense": {
		Actions: map[string]Action{
			"view":      DefaultAction("view"),
			"list":      DefaultAction("list"),
			"edit":      DefaultAction("edit"),
			"enter":     {Category: General, Personal: true, Entry: true},
			"approve":   {Category: "cost_centre", Approves: true, Entry: true},
			"reimburse": {Category: "cost_centre", Approves: true, Entry: true},
		},
		Fields: map[string]Field{"amount": {}, "note": {}, "iban": {Sealed: true}, "pay_rate": {Sealed: true}},
	},
	"time":      {Actions: map[string]Action{"enter": {Category: General, Personal: true, Entry: true}, "approve": {Category: General, Approves: true, Entry: true}}},
	"time_off":  {Actions: map[string]Action{"request": {Category: General, Personal: true}}},
	"project":   {Actions: map[string]Action{"manage": {Category: "project", Entry: true}}},
	"message":   {Actions: map[string]Action{"view": {Category: "notification", Reads: true, Entry: true}, "send": {Category: "notification", Entry: true}}},
	"system":    {Actions: map[string]Action{"configure": {Category: "global", Entry: true}}},
	"report":    {Actions: map[string]Action{"run": {Category: "report", Reads: true, Entry: true}}},
	"dashboard": {Actions: map[string]Action{"view": {Category: "analytics", Reads: true, Entry: true}, "administer": {Category: "analytics", Entry: true}}},
}}}

// hana is who is represented in these tests: a manager of sales, who may see the pay in all the house.
var hana = []Holding{
	{Role: Role{ID: "staff", Allow: []string{"office:*.*@own", "office:message.*@own", "standin:delegation.manage@own"}}, Unit: "sales"},
	{Role: Role{ID: "manager", Allow: []string{"office:expense.*@unit", "office:expense.view/*@unit", "office:project.manage@unit",
		"office:time.approve@unit", "office:report.run@unit", "office:dashboard.*@unit", "standin:audit.view@unit"}}, Unit: "sales"},
	{Role: Role{ID: "payroll", Allow: []string{"office:expense.view/pay_rate"}}},
}

// can answers "office:expense.view/iban of p-2 in sales/emea" for hana, within the limits where there are any.
func can(l *Limits, entry bool, what string, owner standin.PersonID, unit standin.UnitID) (bool, []string) {
	v := NewVocabulary(office)
	p, err := Parse(what)
	if err != nil {
		panic(err)
	}
	q := &Question{Application: p.Application, Type: p.Type, Action: p.Action, Field: p.Field, Owner: owner, Unit: unit}
	var b *Bounds
	if l != nil {
		b = v.Bounds(*l, entry)
	}
	a := v.Authority("hana", hana)
	var against []string
	for _, r := range a.Explain(b, q).Reasons {
		if !r.For {
			against = append(against, r.Code)
		}
	}
	return a.Permits(b, q), against
}

// row is one question and what speaks against it; nothing does where it is permitted.
type row struct {
	what    string
	owner   standin.PersonID
	unit    standin.UnitID
	against []string
}

func check(t *testing.T, l *Limits, entry bool, rows ...row) {
	t.Helper()
	for _, r := range rows {
		got, against := can(l, entry, r.what, r.owner, r.unit)
		if got != (r.against == nil) || !slices.Equal(against, r.against) {
			t.Errorf("%s of %q in %q: got %v, against it %q, want %q", r.what, r.owner, r.unit, got, against, r.against)
		}
	}
}

func no(codes ...string) []string { return codes }

func TestInOnesOwnNameRolesDecide(t *testing.T) {
	check(t, nil, false,
		row{"office:expense.enter", "hana", "", nil},
		row{"office:time_off.request", "hana", "sales", nil},
		row{"office:expense.approve", "bo", "sales/emea", nil},
		row{"office:expense.approve", "bo", "salesforce", no("rights.no_role", "rights.not_own", "rights.outside_unit")},
		row{"office:expense.approve", "", "", no("rights.no_role", "rights.no_owner", "rights.no_unit")},
		row{"office:expense.view/iban", "bo", "sales", nil},
		row{"office:expense.view/iban", "hana", "legal", no("rights.no_role", "rights.sealed_line", "rights.sealed_line", "rights.outside_unit")},
		row{"office:expense.edit/iban", "hana", "sales", no("rights.no_role", "rights.sealed_line", "rights.sealed_line")},
		row{"office:expense.view/pay_rate", "", "", nil},
		row{"office:expense.view/amount", "hana", "legal", nil},
		row{"office:system.configure", "bo", "sales", no("rights.no_role", "rights.not_own")},
		row{"standin:delegation.manage", "hana", "", nil},
		row{"standin:audit.view", "bo", "sales", nil},
		row{"standin:guardrail.edit", "hana", "sales", no("rights.no_role")},
	)
}

func TestB1WhateverThePrincipalCan(t *testing.T) {
	check(t, &Limits{}, false,
		row{"office:expense.view", "bo", "sales", nil},
		row{"office:expense.edit/amount", "bo", "sales", nil},
		row{"office:expense.approve", "bo", "sales", nil},
		row{"office:time.approve", "bo", "sales", nil},
		row{"office:project.manage", "bo", "sales", nil},
		row{"office:message.send", "hana", "", nil},
		row{"office:system.configure", "hana", "", nil},
		row{"office:report.run", "bo", "sales", nil},
		row{"standin:audit.view", "bo", "sales", nil},
	)
}

func TestB2AndNoMore(t *testing.T) {
	everything := &Limits{Allow: []string{"*:*.*/*", "office:expense.approve", "office:system.configure@org"}, Sealed: true}
	check(t, everything, false,
		row{"office:expense.approve", "bo", "legal", no("rights.no_role", "rights.not_own", "rights.outside_unit")},
		row{"office:system.configure", "bo", "legal", no("rights.no_role", "rights.not_own")},
		row{"office:expense.edit/iban", "hana", "sales", no("rights.no_role", "rights.sealed_line", "rights.sealed_line")},
		row{"office:expense.approve", "bo", "sales", nil},
	)
}

func TestB3DefinedRightsLineByLine(t *testing.T) {
	check(t, &Limits{Allow: []string{"office:expense.approve", "office:expense.view@own", "office:dashboard.*@unit"}}, false,
		row{"office:expense.approve", "bo", "sales", nil},
		row{"office:time.approve", "bo", "sales", no("rights.not_in_allow")},
		row{"office:project.manage", "bo", "sales", no("rights.not_in_allow")},
		row{"office:expense.view", "hana", "sales", nil},
		row{"office:expense.view", "bo", "sales", no("rights.not_in_allow", "rights.not_own")},
		row{"office:expense.view", "", "sales", no("rights.not_in_allow", "rights.no_owner")},
		row{"office:dashboard.administer", "bo", "sales/emea", nil},
		row{"office:dashboard.view", "hana", "legal", no("rights.not_in_allow", "rights.outside_unit")},
		row{"office:dashboard.view", "hana", "", no("rights.not_in_allow", "rights.no_unit")},
	)
	check(t, &Limits{Deny: []string{"office:expense.reimburse", "office:time.*@own", "office:report.run@unit"}}, false,
		row{"office:expense.approve", "bo", "sales", nil},
		row{"office:expense.reimburse", "bo", "sales", no("rights.denied")},
		row{"office:time.approve", "bo", "sales", nil},
		row{"office:time.approve", "hana", "sales", no("rights.denied")},
		row{"office:time.approve", "", "sales", no("rights.denied")},
		row{"office:report.run", "hana", "sales", no("rights.denied")},
		row{"office:report.run", "hana", "", no("rights.denied")},
		row{"office:report.run", "hana", "legal", nil},
	)
	check(t, &Limits{Allow: []string{"office:expense.*"}, Deny: []string{"office:expense.view", "office:*.view@own"}}, false,
		row{"office:expense.view", "hana", "sales", no("rights.denied", "rights.denied")},
		row{"office:expense.list", "hana", "sales", nil},
	)
}

func TestB3ForThePrincipalOneByOne(t *testing.T) {
	all := []string{"office:project.manage", "office:time.approve", "office:expense.approve"}
	for chosen := range 8 {
		l := Limits{Allow: []string{"office:message.view"}}
		for i, line := range all {
			if chosen&(1<<i) != 0 {
				l.Allow = append(l.Allow, line)
			}
		}
		for i, line := range all {
			if got, _ := can(&l, false, line, "bo", "sales"); got != (chosen&(1<<i) != 0) {
				t.Errorf("%v: %s is %v", l.Allow, line, got)
			}
		}
	}
}

func TestB3ViewOrChange(t *testing.T) {
	check(t, &Limits{ReadOnly: true}, false,
		row{"office:expense.view", "bo", "sales", nil},
		row{"office:report.run", "bo", "sales", nil},
		row{"office:expense.edit", "bo", "sales", no("rights.read_only")},
		row{"office:expense.enter", "hana", "sales", no("rights.personal", "rights.read_only")},
	)
}

func TestB3ByUnit(t *testing.T) {
	check(t, &Limits{Units: []standin.UnitID{"legal", "sales/emea"}}, false,
		row{"office:expense.approve", "bo", "sales/emea/uk", nil},
		row{"office:expense.approve", "bo", "sales", no("rights.outside_units")},
		row{"office:expense.view", "hana", "", no("rights.unit_unsaid")},
		row{"office:expense.view", "hana", "legal", nil},
		row{"office:expense.approve", "bo", "legal", no("rights.no_role", "rights.not_own", "rights.outside_unit")},
	)
	check(t, &Limits{Units: []standin.UnitID{""}}, false,
		row{"office:expense.view", "hana", "", no("rights.unit_unsaid")},
		row{"office:expense.view", "hana", "sales", no("rights.outside_units")},
	)
}

func TestB4SealedFieldsStayHidden(t *testing.T) {
	sealed := row{"office:expense.view/iban", "bo", "sales", nil}
	closed := func(codes ...string) row { return row{sealed.what, sealed.owner, sealed.unit, codes} }
	check(t, nil, false, sealed)
	check(t, &Limits{}, false, closed("rights.sealed"), row{"office:expense.view/amount", "bo", "sales", nil})
	check(t, &Limits{Sealed: true}, false, sealed)
	check(t, &Limits{Allow: []string{"office:expense.view"}}, false, closed("rights.not_in_allow", "rights.sealed_line"))
	check(t, &Limits{Allow: []string{"office:expense.view"}, Sealed: true}, false, sealed)
	check(t, &Limits{Allow: []string{"office:expense.view/iban"}}, false, sealed,
		row{"office:expense.view/pay_rate", "bo", "sales", no("rights.not_in_allow")},
		row{"office:expense.view/amount", "bo", "sales", no("rights.not_in_allow")},
		row{"office:expense.view", "bo", "sales", no("rights.not_in_allow")})
	check(t, &Limits{Allow: []string{"office:expense.view/amount"}, Sealed: true}, false, closed("rights.not_in_allow"))
	check(t, &Limits{Allow: []string{"office:expense.view/*"}}, false, sealed, row{"office:expense.view", "bo", "sales", nil})
	check(t, &Limits{Sealed: true, Deny: []string{"office:expense.view/iban"}}, false, closed("rights.denied"),
		row{"office:expense.view/pay_rate", "bo", "sales", nil}, row{"office:expense.view", "bo", "sales", nil})
}

func TestB4ReadAndWriteArePerField(t *testing.T) {
	check(t, &Limits{Allow: []string{"office:expense.view", "office:expense.edit/note"}}, false,
		row{"office:expense.view/note", "bo", "sales", nil},
		row{"office:expense.edit/note", "bo", "sales", nil},
		row{"office:expense.view/amount", "bo", "sales", nil},
		row{"office:expense.edit/amount", "bo", "sales", no("rights.not_in_allow")},
		row{"office:expense.edit", "bo", "sales", no("rights.not_in_allow")},
	)
	check(t, &Limits{Deny: []string{"office:expense.*/*", "office:expense.edit/note"}}, false,
		row{"office:expense.view", "bo", "sales", nil},
		row{"office:expense.view/amount", "bo", "sales", no("rights.denied")},
		row{"office:expense.edit/note", "bo", "sales", no("rights.denied", "rights.denied")},
	)
	check(t, &Limits{Deny: []string{"office:expense.view"}}, false,
		row{"office:expense.view/amount", "bo", "sales", no("rights.denied")})
}

func TestB5ReportsRunByThePrincipalsRights(t *testing.T) {
	check(t, &Limits{Units: []standin.UnitID{"sales"}}, false,
		row{"office:report.run", "bo", "sales/emea", nil},
		row{"office:report.run", "bo", "legal", no("rights.no_role", "rights.not_own", "rights.outside_unit", "rights.outside_units")},
	)
	v := NewVocabulary(office)
	a := v.Authority("hana", hana)
	if got := line(t, a.List(v.Bounds(Limits{}, false)), "report", "run"); got.Reach.Nowhere() {
		t.Error("reports do not appear")
	}
	if got := line(t, a.List(v.Bounds(Limits{Deny: []string{"office:report.*"}}, false)), "report", "run"); got.Application != "" {
		t.Errorf("%+v appears", got)
	}
}

func TestB6PersonalActionsAreDoneForNobody(t *testing.T) {
	for _, l := range []Limits{{}, {Sealed: true}, {Allow: []string{"office:*.*", "standin:*.*"}}} {
		check(t, &l, false,
			row{"office:expense.enter", "hana", "sales", no("rights.personal")},
			row{"office:time_off.request", "hana", "sales", no("rights.personal")},
			row{"standin:delegation.manage", "hana", "sales", no("rights.personal")},
		)
	}
}

func TestB6AnEntryDelegationOpensWhatItNames(t *testing.T) {
	entry := &Limits{Allow: []string{"office:expense.enter", "office:time_off.request", "office:expense.view", "standin:delegation.manage"}}
	check(t, entry, true,
		row{"office:expense.enter", "hana", "sales", nil},
		row{"office:expense.enter/amount", "hana", "sales", nil},
		row{"office:expense.enter", "bo", "legal", no("rights.no_role", "rights.not_own", "rights.outside_unit")},
		row{"office:time.enter", "hana", "sales", no("rights.not_in_allow")},
		row{"office:time_off.request", "hana", "sales", no("rights.entry_never")},
		row{"office:expense.view", "hana", "sales", no("rights.entry_only")},
		row{"standin:delegation.manage", "hana", "", no("rights.entry_never")},
		row{"standin:audit.view", "hana", "sales", no("rights.entry_only", "rights.not_in_allow")},
	)
	for _, line := range []string{"office:expense.*", "office:*.enter", "*:expense.enter"} {
		check(t, &Limits{Allow: []string{line}}, true,
			row{"office:expense.enter", "hana", "sales", no("rights.not_in_allow", "rights.entry_wildcard")})
	}
	check(t, &Limits{}, true, row{"office:expense.enter", "hana", "sales", no("rights.not_in_allow")})
	check(t, &Limits{Allow: []string{"office:expense.enter"}, ReadOnly: true}, true,
		row{"office:expense.enter", "hana", "sales", no("rights.read_only")})
}

func TestB8AnalyticsMirrorsThePrincipals(t *testing.T) {
	administer := row{"office:dashboard.administer", "bo", "sales", nil}
	check(t, nil, false, administer)
	check(t, &Limits{}, false, administer)
	administer.against = no("rights.denied")
	check(t, &Limits{Deny: []string{"office:dashboard.administer"}}, false, administer, row{"office:dashboard.view", "bo", "sales", nil})
}

func TestWhatNoCatalogueHasIsPermittedToNobody(t *testing.T) {
	for what, code := range map[string]string{
		"lost:expense.view":        "rights.unknown_application",
		"office:lost.view":         "rights.unknown_type",
		"office:expense.lost":      "rights.unknown_action",
		"office:expense.view/lost": "rights.unknown_field",
		"office:report.run/amount": "rights.unknown_field",
		"*:expense.view":           "rights.unknown_application",
		"office:*.view":            "rights.unknown_type",
		"office:expense.*":         "rights.unknown_action",
		"office:expense.view/*":    "rights.unknown_field",
	} {
		check(t, nil, false, row{what, "hana", "sales", no(code)})
		check(t, &Limits{}, false, row{what, "hana", "sales", no(code)})
	}
}

func TestThreat13LimitsThatAreNotUnderstoodClose(t *testing.T) {
	check(t, &Limits{Allow: []string{"office.expense:view", "office:expense.fly", "office:expense.list"}}, false,
		row{"office:expense.view", "hana", "sales", no("rights.not_in_allow", "rights.allow_unknown", "rights.allow_unknown")},
		row{"office:expense.list", "hana", "sales", nil})
	for _, deny := range []string{"", "*", "office.expense", "office:expense.fly", "office:report.run/amount", "gone:a.b", "office:expense.view@team"} {
		check(t, &Limits{Deny: []string{deny}}, false, row{"office:expense.view", "hana", "sales", no("rights.deny_unknown")})
	}
	check(t, &Limits{Deny: []string{"office:report.run/*"}}, false, row{"office:expense.view", "hana", "sales", nil})
}

func TestNobodysAuthorityPermitsNothing(t *testing.T) {
	q := &Question{Application: "office", Type: "report", Action: "run", Owner: "hana"}
	for _, a := range []*Authority{nil, {}} {
		e := a.Explain(nil, q)
		if a.Permits(nil, q) || a.Within(NewVocabulary(office).Bounds(Limits{}, false), q) || e.Permit || e.Reasons[0].Code != "rights.no_authority" || a.List(nil) != nil {
			t.Errorf("%+v permits, or says %+v", a, e)
		}
	}
	anybody := NewVocabulary(office).Authority("", []Holding{{Role: Role{Allow: []string{"office:report.run@own", "office:report.run@unit"}}}})
	if q.Owner = ""; anybody.Permits(nil, q) {
		t.Error("what belongs to nobody is anybody's")
	}
}

func TestBoundsOfOtherRulesPermitNothing(t *testing.T) {
	q := &Question{Application: "office", Type: "report", Action: "run", Owner: "hana"}
	a, b := NewVocabulary(office).Authority("hana", hana), NewVocabulary(office).Bounds(Limits{}, false)
	e := a.Explain(b, q)
	if a.Permits(b, q) || a.Within(b, q) || a.List(b) != nil || e.Permit || e.Reasons[len(e.Reasons)-1].Code != "rights.other_rules" {
		t.Errorf("permitted, or said %+v", e)
	}
}

// Where an application's own policies take the place of roles, limits narrow all the same.
func TestWithinAsksTheLimitsAlone(t *testing.T) {
	v := NewVocabulary(office)
	a := v.Authority("hana", nil)
	b := v.Bounds(Limits{Allow: []string{"office:report.run@own", "office:expense.enter"}}, false)
	q := Question{Application: "office", Type: "report", Action: "run", Owner: "hana"}
	if !a.Within(b, &q) || a.Permits(b, &q) || a.Within(nil, &q) {
		t.Error("limits do not let through what they allow, or roles do")
	}
	for name, q := range map[string]Question{
		"somebody else's": {Application: "office", Type: "report", Action: "run", Owner: "bo"},
		"nobody's":        {Application: "office", Type: "report", Action: "run"},
		"personal":        {Application: "office", Type: "expense", Action: "enter", Owner: "hana"},
		"unknown":         {Application: "office", Type: "report", Action: "lost", Owner: "hana"},
	} {
		if a.Within(b, &q) {
			t.Errorf("%s is let through", name)
		}
	}
}

func TestVocabularyKnows(t *testing.T) {
	v := NewVocabulary(Catalogues{"office": office["office"], Standin: {Types: map[string]Type{"trick": {Actions: map[string]Action{"play": DefaultAction("play")}}}}})
	for what, code := range map[string]string{
		"office:expense.approve":    "",
		"office:expense.view/iban":  "",
		"standin:audit.view":        "",
		"standin:trick.play":        "rights.unknown_type",
		"lost:expense.view":         "rights.unknown_application",
		"office:report.run/amount":  "rights.unknown_field",
		"office:expense.view/*":     "rights.unknown_field",
		"standin:audit.view/detail": "rights.unknown_field",
	} {
		p, _ := Parse(what)
		if got := standin.CodeOf(v.Known(p.Application, p.Type, p.Action, p.Field)); got != code {
			t.Errorf("%s: got %q, want %q", what, got, code)
		}
		if _, known := v.Action(&Question{Application: p.Application, Type: p.Type, Action: p.Action, Field: p.Field}); known != (code == "") {
			t.Errorf("%s: known %v", what, known)
		}
	}
	if a, _ := v.Action(&Question{Application: "office", Type: "expense", Action: "approve"}); !a.Approves || a.Category != "cost_centre" {
		t.Errorf("got %+v", a)
	}
	if _, known := NewVocabulary(nil).Action(&Question{Application: Standin, Type: "audit", Action: "view"}); !known {
		t.Error("Standin's own is not known")
	}
}
