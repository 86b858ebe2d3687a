package grant

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// desk is an application with everything that a form can offer.
func desk() rights.Catalogues {
	return rights.Catalogues{"desk": {Types: map[string]rights.Type{
		"expense": {Actions: map[string]rights.Action{
			"view":      {Category: "general", Reads: true},
			"edit":      {Category: "general"},
			"approve":   {Category: "cost_centre", Approves: true},
			"reimburse": {Category: "cost_centre", Approves: true},
			"enter":     {Category: "general", Personal: true, Entry: true},
			"terms":     {Category: "general", Personal: true},
		}, Fields: map[string]rights.Field{"amount": {}, "bank_account": {Sealed: true}, "note": {Sealed: true}}},
		"project": {Actions: map[string]rights.Action{"view": {Category: "project", Reads: true}, "manage": {Category: "project"}}},
		"payroll": {Actions: map[string]rights.Action{"view": {Category: "report", Reads: true}}, Fields: map[string]rights.Field{"rate": {Sealed: true}}},
	}}}
}

func offered(t *testing.T, allow ...string) Offer {
	t.Helper()
	r := rights.Role{ID: "r", Allow: allow}
	if err := r.Check(desk()); err != nil {
		t.Fatal(err)
	}
	return For(desk(), []rights.Holding{{Role: r, Unit: "sales"}})
}

func all(t *testing.T) Offer {
	return offered(t, "desk:expense.*/*", "desk:project.*@unit", "standin:*.*")
}

// TestB3OnlyWhatThePrincipalHoldsIsOffered: neither other actions, nor what is personal, nor fields they do not see.
func TestB3OnlyWhatThePrincipalHoldsIsOffered(t *testing.T) {
	names := func(o Offer) (lines, entries, fields []string) {
		for _, l := range o.Lines {
			lines = append(lines, l.Category+" "+l.Permission())
		}
		for _, l := range o.Entries {
			entries = append(entries, l.Permission())
		}
		for _, f := range o.Sealed {
			fields = append(fields, f.Value())
		}
		return lines, entries, fields
	}
	for _, c := range []struct {
		name                   string
		allow                  []string
		lines, entries, fields []string
	}{
		{"nothing", nil, nil, nil, nil},
		{"one action", []string{"desk:expense.view@own"}, []string{"general desk:expense.view"}, nil, nil},
		{"with every field", []string{"desk:expense.view/*"}, []string{"general desk:expense.view"}, nil, []string{"desk:expense/bank_account", "desk:expense/note"}},
		{"with one field", []string{"desk:expense.view", "desk:expense.view/note"}, []string{"general desk:expense.view"}, nil, []string{"desk:expense/note"}},
		{"entering", []string{"desk:expense.enter", "desk:expense.terms"}, nil, []string{"desk:expense.enter"}, nil},
		{"by category, looking first", []string{"*:*.*"},
			[]string{"general desk:expense.view", "general desk:expense.edit", "general standin:audit.view", "cost_centre desk:expense.approve",
				"cost_centre desk:expense.reimburse", "project desk:project.view", "project desk:project.manage", "report desk:payroll.view"},
			[]string{"desk:expense.enter"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, entries, fields := names(offered(t, c.allow...))
			if diff := cmp.Diff([][]string{lines, entries, fields}, [][]string{c.lines, c.entries, c.fields}); diff != "" {
				t.Errorf("offered (-got +want):\n%s", diff)
			}
		})
	}
}

// TestFormsMeanLimits: what each form says, and that it is read back as it was filled in.
func TestFormsMeanLimits(t *testing.T) {
	o := all(t)
	switches := []string{"desk:expense.approve", "desk:expense.reimburse", "desk:project.manage"}
	for _, c := range []struct {
		name    string
		form    Form
		entry   bool
		limits  rights.Limits
		missing Missing
	}{
		{name: "nothing chosen", missing: "what"},
		{name: "something else chosen", form: Form{What: "everything"}, missing: "what"},
		{name: "full", form: Form{What: Full, Asked: switches, For: switches}},
		{name: "full, one approval off", form: Form{What: Full, Asked: switches, For: []string{"desk:expense.reimburse", "desk:project.manage"}},
			limits: rights.Limits{Deny: []string{"desk:expense.approve"}}},
		{name: "full, all of the three off", form: Form{What: Full, Asked: switches}, limits: rights.Limits{Deny: switches}},
		{name: "full with one sealed field", form: Form{What: Full, Asked: switches, For: switches, Fields: []string{"desk:expense/note"}},
			limits: rights.Limits{Allow: []string{"*:*.*", "desk:expense.*/note"}}},
		{name: "full with all sealed fields", form: Form{What: Full, Asked: switches, For: switches, Sealed: true}, limits: rights.Limits{Sealed: true}},
		{name: "view", form: Form{What: View, Asked: switches, For: switches}, limits: rights.Limits{ReadOnly: true}},
		{name: "view in two units, with a sealed field",
			form:   Form{What: View, Asked: switches, For: switches, Fields: []string{"desk:expense/bank_account"}, Units: []standin.UnitID{"finance", "sales"}},
			limits: rights.Limits{Allow: []string{"*:*.*", "desk:expense.*/bank_account"}, ReadOnly: true, Units: []standin.UnitID{"finance", "sales"}}},
		{name: "no area", form: Form{What: Areas}, missing: "area"},
		{name: "two lines", form: Form{What: Areas, Asked: switches, For: switches, Lines: []string{"desk:expense.view", "desk:expense.approve"}},
			limits: rights.Limits{Allow: []string{"desk:expense.view", "desk:expense.approve"}}},
		{name: "a sealed field opens for what is ticked alone", form: Form{What: Areas, Asked: switches, For: switches, Lines: []string{"desk:expense.view", "desk:project.view"}, Fields: []string{"desk:expense/note"}},
			limits: rights.Limits{Allow: []string{"desk:expense.view", "desk:project.view", "desk:expense.view/note"}}},
		{name: "a sealed field of which nothing is ticked", form: Form{What: Areas, Lines: []string{"desk:project.view"}, Fields: []string{"desk:expense/note"}}, missing: "field"},
		{name: "a field that is not offered", form: Form{What: Areas, Lines: []string{"desk:expense.view"}, Fields: []string{"desk:expense/secret"}}, missing: "field"},
		{name: "no entry", form: Form{What: Entry}, entry: true, missing: "entry"},
		{name: "entry", form: Form{What: Entry, Entries: []string{"desk:expense.enter"}}, entry: true, limits: rights.Limits{Allow: []string{"desk:expense.enter"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, missing := c.form.Limits(o)
			if missing != c.missing {
				t.Fatalf("got %q missing, want %q", missing, c.missing)
			}
			if missing != "" {
				return
			}
			if diff := cmp.Diff(got, c.limits); diff != "" {
				t.Errorf("limits (-got +want):\n%s", diff)
			}
			if err := got.Check(desk()); err != nil {
				t.Errorf("the limits are refused: %v", err)
			}
			read, exact := Read(o, c.entry, got)
			slices.Sort(c.form.Lines)
			slices.Sort(read.Lines)
			if diff := cmp.Diff(read, c.form); !exact || diff != "" {
				t.Errorf("read back exactly: %v (-got +want):\n%s", exact, diff)
			}
		})
	}
}

// TestAFormIsNeverReadAsMore: whatever the limits, the form that is offered in their place allows nothing that they do
// not; and one that is said to be exact means the same.
func TestAFormIsNeverReadAsMore(t *testing.T) {
	o := all(t)
	r := rand.New(rand.NewPCG(7, 11))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	permission := func() string {
		return pick("desk", "desk", "*", "standin") + ":" + pick("expense", "expense", "project", "*", "audit") + "." + pick("view", "edit", "approve", "manage", "*", "*") +
			pick("", "", "", "/*", "/note", "/bank_account", "/amount") + pick("", "", "", "@own", "@unit")
	}
	exactly, nearly := 0, 0
	for range 20_000 {
		var l rights.Limits
		for range r.IntN(4) {
			l.Allow = append(l.Allow, permission())
		}
		if r.IntN(4) == 0 {
			l.Allow = append(l.Allow, everything)
		}
		for range max(0, r.IntN(5)-2) {
			l.Deny = append(l.Deny, permission())
		}
		if r.IntN(4) == 0 {
			l.Units = []standin.UnitID{standin.UnitID(pick("sales", "finance", "sales/emea"))}
		}
		l.ReadOnly, l.Sealed = r.IntN(4) == 0, r.IntN(4) == 0
		f, exact := Read(o, false, l)
		said, missing := f.Limits(o)
		switch {
		case missing == "area" && !exact:
			continue // nothing is ticked: it says nothing
		case missing != "":
			t.Fatalf("%+v is read as a form without %q", l, missing)
		}
		wide := rights.Widens(l, said) && !reachesLess(o, l, said)
		if wide {
			t.Fatalf("%+v is read as %+v, which says more", l, said)
		}
		if exact {
			exactly++
			if rights.Widens(said, l) || rights.Widens(l, said) {
				t.Fatalf("%+v is said to be just %+v", l, said)
			}
		} else {
			nearly++
		}
	}
	if exactly < 1000 || nearly < 1000 {
		t.Errorf("got %d exact and %d near forms, want many of each", exactly, nearly)
	}
}

// reachesLess goes over every line and field that is offered, where the text of limits alone cannot tell: what the new
// limits leave of a list, the old ones left too.
func reachesLess(o Offer, old, new rights.Limits) bool {
	if old.ReadOnly && !new.ReadOnly && slices.ContainsFunc(o.Lines, func(l Line) bool { return !l.Reads && allows(new, l, "") }) ||
		len(old.Units) > 0 && !slices.Equal(old.Units, new.Units) {
		return false
	}
	for _, l := range o.Lines {
		if allows(new, l, "") && !allows(old, l, "") {
			return false
		}
		for _, f := range o.Sealed {
			if f.Application == l.Application && f.Type == l.Type && allows(new, l, f.Name) && !allows(old, l, f.Name) {
				return false
			}
		}
	}
	return true
}

// allows reads limits line by line, as their text says: what is denied anywhere is denied, what is allowed somewhere only
// is not allowed.
func allows(l rights.Limits, line Line, field string) bool {
	for _, text := range l.Deny {
		if p, err := rights.Parse(text); err != nil || speaks(p, line) && (p.Field == "" || p.Field == rights.Any || p.Field == field || field == "") {
			return false
		}
	}
	if field != "" && l.Sealed && allows(rights.Limits{Allow: l.Allow}, line, "") {
		return true
	}
	if len(l.Allow) == 0 {
		return field == ""
	}
	return slices.ContainsFunc(l.Allow, func(text string) bool {
		p, err := rights.Parse(text)
		return err == nil && p.Scope == rights.Org && speaks(p, line) && (p.Field == field || p.Field == rights.Any)
	})
}

// TestTickingAWholeCategory: every line of it and no other, twice as well as once.
func TestTickingAWholeCategory(t *testing.T) {
	o, f := all(t), Form{What: Areas, Lines: []string{"desk:project.view"}}
	for range 2 {
		f.Tick(o, "cost_centre", true)
	}
	if want := []string{"desk:project.view", "desk:expense.approve", "desk:expense.reimburse"}; !slices.Equal(f.Lines, want) {
		t.Errorf("got %v, want %v", f.Lines, want)
	}
	for range 2 {
		f.Tick(o, "cost_centre", false)
	}
	if want := []string{"desk:project.view"}; !slices.Equal(f.Lines, want) {
		t.Errorf("got %v, want %v", f.Lines, want)
	}
}
