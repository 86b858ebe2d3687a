package rights

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/standin-id/standin"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Permission{
		"desk:expense.approve":               {"desk", "expense", "approve", "", Org},
		"desk:expense.approve@org":           {"desk", "expense", "approve", "", Org},
		"desk:expense.approve@unit":          {"desk", "expense", "approve", "", Unit},
		"desk:expense.view@own":              {"desk", "expense", "view", "", Own},
		"desk:expense.view/bank_account":     {"desk", "expense", "view", "bank_account", Org},
		"desk:expense.view/*@unit":           {"desk", "expense", "view", "*", Unit},
		"standin:*.*@org":                    {"standin", "*", "*", "", Org},
		"*:*.*":                              {"*", "*", "*", "", Org},
		"Desk-2:Cost_Centre.view-all/9a@own": {"Desk-2", "Cost_Centre", "view-all", "9a", Own},
	} {
		got, err := Parse(text)
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseSaysWhereAndWhatWasExpected(t *testing.T) {
	for text, want := range map[string][2]string{
		"":                                {"1", "an application"},
		"expense.approve":                 {"8", `":"`},
		":expense.view":                   {"1", "an application"},
		"desk:":                           {"6", "a type"},
		"desk:expense":                    {"13", `"."`},
		"desk:expense.":                   {"14", "an action"},
		"desk:exp*.view":                  {"9", `"."`},
		"desk:*x.view":                    {"7", `"."`},
		"desk:expense.view/":              {"19", "a field"},
		"desk:expense.view/@own":          {"19", "a field"},
		"desk:expense.view@":              {"19", `"own", "unit" or "org"`},
		"desk:expense.view@team":          {"19", `"own", "unit" or "org"`},
		"desk:expense.view@own ":          {"19", `"own", "unit" or "org"`},
		"desk:expense.view x":             {"18", "the end"},
		" desk:expense.view":              {"1", "an application"},
		"desk:expense.view/a/b":           {"20", "the end"},
		"desk:ausgabe.prüfen":             {"16", "the end"},
		"desk:_x.view":                    {"6", "a type"},
		strings.Repeat("a", 65) + ":b.c":  {"1", "an application"},
		"desk:expense.view\u202e":         {"18", "the end"},
		"desk:expense.view@own@unit":      {"19", `"own", "unit" or "org"`},
		"desk:expense.approve\x00@own":    {"21", "the end"},
		"desk:expense.approve/\xff\xfeab": {"22", "a field"},
	} {
		_, err := Parse(text)
		refusal, ok := err.(*standin.Error)
		if !ok {
			t.Errorf("Parse(%q) = %v, want a refusal", text, err)
			continue
		}
		if got := refusal.Args["at"]; got != want[0] {
			t.Errorf("Parse(%q) at %s, want %s", text, got, want[0])
		}
		if got := refusal.Args["expected"]; !strings.HasPrefix(got, want[1]) {
			t.Errorf("Parse(%q) expected %q, want %q", text, got, want[1])
		}
		if refusal.Kind != standin.Invalid || refusal.Code != "rights.permission_form" {
			t.Errorf("Parse(%q) = %s %s", text, refusal.Kind, refusal.Code)
		}
	}
}

func TestRefusalStaysShort(t *testing.T) {
	_, err := Parse(strings.Repeat("é", 10_000))
	if got := len(err.(*standin.Error).Text()); got > 300 {
		t.Errorf("refusal of a long text has %d bytes", got)
	}
}

func TestScopeString(t *testing.T) {
	for scope, want := range map[Scope]string{Org: "org", Org + 1: "scope 3", 9: "scope 9"} {
		if got := scope.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"": false, "a": true, "9": true, "_a": false, "-a": false, "a_b-c": true, "a b": false, "*": false, "ä": false,
		strings.Repeat("x", 64): true, strings.Repeat("x", 65): false,
		"z": true, "A": true, "Z": true, "0": true, "`": false, "{": false, "@": false, "[": false, "/": false, ":": false,
	} {
		if got := ValidName(name); got != want {
			t.Errorf("ValidName(%q) = %v", name, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"desk:expense.approve", "*:*.*/*@own", "a:b.c/d@unit", "standin:audit.view@org", "a:b.c@",
		"::..//@@", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			if p != (Permission{}) {
				t.Fatalf("Parse(%q) refused and returned %v", text, p)
			}
			return
		}
		again, err := Parse(p.String())
		if err != nil || again != p {
			t.Fatalf("Parse(%q) = %v, whose text %q reads as %v, %v", text, p, p.String(), again, err)
		}
		if text != p.String() && text != p.String()+"@org" {
			t.Fatalf("%q is not the text %q", text, p.String())
		}
	})
}

func names(universe ...string) *rapid.Generator[string] { return rapid.SampledFrom(universe) }

// permissions draws from a small universe, so that permissions often meet.
func permissions() *rapid.Generator[Permission] {
	return rapid.Custom(func(t *rapid.T) Permission {
		return Permission{
			Application: standin.ApplicationID(names("desk", "bank", "*").Draw(t, "application")),
			Type:        names("expense", "report", "*").Draw(t, "type"),
			Action:      names("view", "approve", "*").Draw(t, "action"),
			Field:       names("", "", "amount", "iban", "*").Draw(t, "field"),
			Scope:       Scope(rapid.IntRange(int(Own), int(Org)).Draw(t, "scope")),
		}
	})
}

func TestPermissionTextIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := permissions().Draw(t, "permission")
		got, err := Parse(p.String())
		if err != nil || got != p {
			t.Fatalf("%v reads as %v, %v", p, got, err)
		}
	})
}

func TestTheLongestThatFits(t *testing.T) {
	longest := strings.Repeat("a", 64)
	if p, err := Parse(longest + ":" + longest + "." + longest + "/" + longest); err != nil || p.Field != longest {
		t.Errorf("got %+v, %v", p, err)
	}
	for length, want := range map[int]string{80: strings.Repeat("!", 80), 81: strings.Repeat("!", 80) + "…"} {
		_, err := Parse(strings.Repeat("!", length))
		if got := err.(*standin.Error).Args["text"]; got != want {
			t.Errorf("%d bytes are shown as %q", length, got)
		}
	}
}
