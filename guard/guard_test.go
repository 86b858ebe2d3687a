package guard

import (
	"strings"
	"testing"

	"github.com/standin-id/standin"
)

func TestCompile(t *testing.T) {
	for text, want := range map[string]int{
		"":                                      0,
		"// nothing\n ":                         0,
		"forbid (principal, action, resource);": 1,
		`forbid (principal, action == Action::"desk:expense.approve", resource)
		 when { context.acting && resource.amount > 5000 };
		 @id("own") forbid (principal, action in Action::"approves", resource)
		 unless { resource has self_approval && resource.self_approval };`: 2,
	} {
		g, err := Compile(text)
		if err != nil || g.Len() != want {
			t.Errorf("Compile(%q) has %d policies, %v", text, g.Len(), err)
		}
	}
}

func TestCheckSaysWhere(t *testing.T) {
	const good = "forbid (principal, action, resource);\n"
	for text, want := range map[string][3]string{
		"permit (principal, action, resource);":                           {"guard.not_forbid", "1", "1"},
		good + "  permit (principal, action, resource);":                  {"guard.not_forbid", "2", "3"},
		good + "@id(\"a\")\npermit (principal, action, resource);":        {"guard.not_forbid", "2", "1"},
		good + "forbid (principal, action);":                              {"guard.syntax", "2", ""},
		good + "forbid (principal, action, resource)":                     {"guard.syntax", "2", ""},
		good + good + "allow (principal, action, resource);":              {"guard.syntax", "3", ""},
		good + "forbid (principal, action, resource) when { \"open };":    {"guard.syntax", "2", ""},
		good + "forbid (principal, action, resource) when { x.y > 1.5 };": {"guard.syntax", "2", ""},
		good + "\xff": {"guard.not_utf8", "2", "1"},
		good + "forbid (principal, action, resource) when {" + strings.Repeat("(", 200): {"guard.too_deep", "2", "143"},
		strings.Repeat("!", MaxText+1): {"guard.too_long", "", ""},
	} {
		err := Check(text)
		refusal, ok := err.(*standin.Error)
		if !ok || refusal.Kind != standin.Invalid || refusal.Code != want[0] {
			t.Errorf("Check(%.60q) = %v, want %s", text, err, want[0])
			continue
		}
		if refusal.Args["line"] != want[1] || want[2] != "" && refusal.Args["column"] != want[2] {
			t.Errorf("Check(%.60q) at %s:%s, want %s:%s", text, refusal.Args["line"], refusal.Args["column"], want[1], want[2])
		}
	}
}

func TestRefusalStaysShort(t *testing.T) {
	err := Check(strings.Repeat("x", MaxText))
	if got := len(err.(*standin.Error).Text()); got > 400 {
		t.Errorf("the refusal has %d bytes", got)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("forbid (principal, action, resource) when { context.acting };")
	f.Add("permit (principal, action, resource);")
	f.Add("forbid (principal == Person::\"a\", action in [Action::\"b\"], resource is R) unless { -1 < [1, {}].contains(2) };")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := Compile(text)
		if err != nil {
			if standin.KindOf(err) != standin.Invalid {
				t.Fatalf("Compile(%q) = %v", text, err)
			}
			if g.Len() != 0 {
				t.Fatalf("Compile(%q) refused and kept %d policies", text, g.Len())
			}
			return
		}
		if strings.Contains(text, "permit") && !strings.Contains(text, "forbid") && g.Len() > 0 {
			t.Fatalf("Compile(%q) let a permit through", text)
		}
	})
}
