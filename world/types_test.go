package world

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

const typesText = `expense:
  label: "Expense"
  actions:
    approve: {label: "Approve or refuse", category: cost_centre, approves: true}
    enter: {personal: true, entry: false}
    "no": {category: "A-1"}
    view: {}
    list: {reads: false}
  fields:
    amount: {}
    bank_account: {label: "Account: \"own\"", sealed: true}
`

func TestTypesAreReadAsTheyAreWritten(t *testing.T) {
	c, err := ReadTypes(typesText)
	if err != nil {
		t.Fatal(err)
	}
	expense := c.Types["expense"]
	if a := expense.Actions["approve"]; a.Label != "Approve or refuse" || !a.Approves || !a.Entry || expense.Fields["bank_account"].Label != `Account: "own"` {
		t.Errorf("got %+v", expense)
	}
	again, err := ReadTypes(WriteTypes(c))
	if diff := cmp.Diff(c, again); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s\n%s", err, diff, WriteTypes(c))
	}
	if c, err := ReadTypes(WriteTypes(rights.Catalogue{})); err != nil || len(c.Types) != 0 {
		t.Errorf("no types: got %+v %v", c, err)
	}
}

func TestTypesSayWhereTheyAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		strings.Replace(typesText, "approves: true", "aproves: true", 1): `Line 4, column 66: an action has no key "aproves"`,
		"expense: {actions: {}}":            "has no actions",
		"expense:\n  actions:\n    view: {": "Line 3, column",
		"- expense":                         "Line 1, column 1:",
	} {
		_, err := ReadTypes(text)
		refusal, ok := err.(*standin.Error)
		if !ok || refusal.Code != "world.types" || refusal.Field != "types" || !strings.Contains(refusal.Text(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzTypes(f *testing.F) {
	f.Add(typesText)
	f.Add("a: {actions: {on: {label: é}}, fields: {1: {}}}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ReadTypes(text)
		if err != nil || c.Check() != nil {
			return
		}
		again, err := ReadTypes(WriteTypes(c))
		if diff := cmp.Diff(c, again); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}
