package rights

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/standin-id/standin"
)

var sample = Catalogues{"desk": {Types: map[string]Type{
	"expense": {
		Actions: map[string]Action{
			"view":    DefaultAction("view"),
			"approve": {Category: "cost_centre", Approves: true, Entry: true},
			"enter":   {Category: General, Personal: true, Entry: true},
		},
		Fields: map[string]Field{"amount": {}, "bank_account": {Sealed: true}},
	},
	"report": {Actions: map[string]Action{"run": DefaultAction("run")}},
}}}

func TestCataloguesCheck(t *testing.T) {
	for permission, want := range map[string]string{
		"desk:expense.approve":         "",
		"desk:expense.view/amount@own": "",
		"desk:*.run":                   "",
		"desk:expense.*/bank_account":  "",
		"desk:*.*/amount":              "",
		"*:expense.view":               "",
		"*:*.*/*":                      "",
		"standin:audit.view@unit":      "",
		"standin:*.*@org":              "",
		"*:person.impersonate":         "",
		"desk.expense":                 "rights.permission_form",
		"bank:expense.view":            "rights.unknown_application",
		"desk:invoice.view":            "rights.unknown_type",
		"standin:expense.view":         "rights.unknown_type",
		"desk:expense.run":             "rights.unknown_action",
		"*:expense.run":                "rights.unknown_action",
		"desk:*.fly":                   "rights.unknown_action",
		"desk:expense.view/colour":     "rights.unknown_field",
		"desk:report.run/amount":       "rights.unknown_field",
		"desk:report.*/amount":         "rights.unknown_field",
	} {
		if got := standin.CodeOf(sample.Check(permission)); got != want {
			t.Errorf("Check(%q) = %q, want %q", permission, got, want)
		}
	}
	err := sample.Check("desk:expense.fly@unit").(*standin.Error)
	want := `"desk:expense.fly@unit": type "expense" of application "desk" has no action "fly"`
	if got := err.Text(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCatalogueCheck(t *testing.T) {
	one := func(typ, action string, a Action, fields ...string) Catalogue {
		t := Type{Actions: map[string]Action{action: a}, Fields: map[string]Field{}}
		for _, f := range fields {
			t.Fields[f] = Field{}
		}
		return Catalogue{Types: map[string]Type{typ: t}}
	}
	for name, c := range map[string]struct {
		catalogue Catalogue
		want      string
	}{
		"sample":            {sample["desk"], ""},
		"standin":           {StandinCatalogue(), ""},
		"none":              {Catalogue{}, ""},
		"bad type":          {one("a.b", "view", DefaultAction("view")), "rights.bad_name"},
		"bad action":        {one("a", "*", DefaultAction("view")), "rights.bad_name"},
		"bad field":         {one("a", "view", DefaultAction("view"), "x/y"), "rights.bad_name"},
		"bad category":      {one("a", "view", Action{Category: "cost centre", Entry: true}), "rights.bad_name"},
		"no category":       {one("a", "view", Action{Entry: true}), "rights.bad_name"},
		"no actions":        {Catalogue{Types: map[string]Type{"a": {}}}, "rights.no_actions"},
		"entry, impersonal": {one("a", "view", Action{Category: General}), "rights.entry_not_personal"},
	} {
		if got := standin.CodeOf(c.catalogue.Check()); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// The words "*" and "a type without actions" must not meet: a wildcard action needs an action to stand for.
func TestWildcardNeedsAnAction(t *testing.T) {
	empty := Catalogues{"desk": {Types: map[string]Type{"expense": {}}}}
	if got := standin.CodeOf(empty.Check("desk:expense.*")); got != "rights.unknown_action" {
		t.Errorf("got %q", got)
	}
}

func TestDefaultActionReads(t *testing.T) {
	for name, want := range map[string]bool{"view": true, "list": true, "search": true, "approve": false, "views": false} {
		if got := DefaultAction(name); got.Reads != want || got.Personal || got.Approves || !got.Entry {
			t.Errorf("DefaultAction(%q) = %+v", name, got)
		}
	}
}

func TestStandinCatalogueOpensOnlyReadingToStandIns(t *testing.T) {
	for typ, what := range StandinCatalogue().Types {
		for name, action := range what.Actions {
			if reads := typ+"."+name == "audit.view"; action.Personal == reads || action.Entry != reads || action.Reads != reads {
				t.Errorf("%s.%s = %+v", typ, name, action)
			}
		}
	}
}

func TestCatalogueJSONIsCanonical(t *testing.T) {
	text, err := json.Marshal(Catalogue{Types: map[string]Type{
		"b": {Actions: map[string]Action{"view": DefaultAction("view")}, Fields: map[string]Field{"z": {Sealed: true}, "a": {}}},
		"a": {Actions: map[string]Action{"run": {Category: "report"}}},
	}})
	want := `{"types":{
		"a":{"actions":{"run":{"category":"report","personal":false,"reads":false,"approves":false,"entry":false}}},
		"b":{"actions":{"view":{"category":"general","personal":false,"reads":true,"approves":false,"entry":true}},
			"fields":{"a":{"sealed":false},"z":{"sealed":true}}}}}`
	if want = strings.NewReplacer("\n", "", "\t", "").Replace(want); err != nil || string(text) != want {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
}

func TestCataloguesAreBounded(t *testing.T) {
	c := Catalogue{Types: map[string]Type{"small": {Actions: map[string]Action{"view": DefaultAction("view")}}}}
	big := Type{Actions: map[string]Action{}, Fields: map[string]Field{}}
	for i := range 100 {
		big.Actions[fmt.Sprint("a", i)] = DefaultAction("view")
	}
	for i := range 98 {
		big.Fields[fmt.Sprint("f", i)] = Field{}
	}
	c.Types["big"] = big
	for i := range 99 {
		c.Types["small"].Actions[fmt.Sprint("a", i)] = DefaultAction("view")
	}
	if err := c.Check(); err != nil {
		t.Errorf("10,000: %v", err)
	}
	c.Types["small"].Actions["one_more"] = DefaultAction("view")
	err := c.Check()
	if standin.CodeOf(err) != "rights.too_large" || !strings.Contains(err.Error(), "this is 10001; at most 10000") {
		t.Errorf("10,001: %v", err)
	}
}
