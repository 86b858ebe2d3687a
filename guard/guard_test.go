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

// TestWhatNeverAppliesIsRefused: a scope that no question can meet would be a guardrail that guards nothing.
func TestWhatNeverAppliesIsRefused(t *testing.T) {
	for scope, want := range map[string]string{
		`principal, action, resource`: "",
		`principal == Person::"p-1", action == Action::"a:b.c", resource == Resource::"a:b/1"`:    "",
		`principal is Person, action in Action::"reads", resource is Resource`:                    "",
		`principal in Person::"p-1", action in Action::"approves", resource in Resource::"a:b/1"`: "",
		`principal, action in [Action::"personal", Action::"a:b.c"], resource`:                    "",
		`principal == User::"p-1", action, resource`:                                              `User::"p-1"`,
		`principal in Group::"g", action, resource`:                                               `Group::"g"`,
		`principal is User, action, resource`:                                                     `User::""`,
		`principal is Person in Group::"g", action, resource`:                                     `Group::"g"`,
		`principal, action == Action::"approves", resource`:                                       `Action::"approves"`,
		`principal, action == Action::"approve", resource`:                                        `Action::"approve"`,
		`principal, action in Action::"writes", resource`:                                         `Action::"writes"`,
		`principal, action == Act::"a:b.c", resource`:                                             `Act::"a:b.c"`,
		`principal, action in Act::"approves", resource`:                                          `Act::"approves"`,
		`principal, action == Action::"a:b", resource`:                                            `Action::"a:b"`,
		`principal, action == Action::"a.b:c", resource`:                                          `Action::"a.b:c"`,
		`principal, action == Action::"a:b.c.d", resource`:                                        `Action::"a:b.c.d"`,
		`principal, action == Action::"a:*.c", resource`:                                          `Action::"a:*.c"`,
		`principal, action == Action::":b.c", resource`:                                           `Action::":b.c"`,
		`principal, action == Action::"a:.c", resource`:                                           `Action::"a:.c"`,
		`principal, action == Action::"a:b.", resource`:                                           `Action::"a:b."`,
		`principal, action in [Action::"a:b.c", Action::"x"], resource`:                           `Action::"x"`,
		`principal, action, resource == Expense::"1"`:                                             `Expense::"1"`,
		`principal, action, resource is Expense`:                                                  `Expense::""`,
	} {
		err := Check("\n  forbid (" + scope + ");")
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", scope, err)
			}
			continue
		}
		refusal, ok := err.(*standin.Error)
		if !ok || refusal.Code != "guard.never_applies" {
			t.Errorf("%s: got %v, want it refused", scope, err)
			continue
		}
		if refusal.Args["name"] != want || refusal.Args["line"] != "2" || refusal.Args["column"] != "3" {
			t.Errorf("%s: got %v", scope, refusal.Args)
		}
	}
}

// TestBounds: what is exactly as long or as deep as may be is taken.
func TestBounds(t *testing.T) {
	if err := Check(strings.Repeat(" ", MaxText)); err != nil {
		t.Error(err)
	}
	if got := standin.CodeOf(Check(strings.Repeat(" ", MaxText+1))); got != "guard.too_long" {
		t.Errorf("got %q", got)
	}
	nested := func(depth int) string {
		return "forbid (principal, action, resource) when {" + strings.Repeat("(", depth-1) + "true" + strings.Repeat(")", depth-1) + "};"
	}
	if err := Check(nested(maxDepth)); err != nil {
		t.Error(err)
	}
	if got := standin.CodeOf(Check(nested(maxDepth + 1))); got != "guard.too_deep" {
		t.Errorf("got %q", got)
	}
	for _, length := range []int{0, 199, 200} {
		if text := strings.Repeat("x", length); shortened(text) != text {
			t.Errorf("%d bytes are cut to %d", length, len(shortened(text)))
		}
	}
	if got, want := shortened(strings.Repeat("x", 199)+"ä"), strings.Repeat("x", 199)+"…"; got != want {
		t.Errorf("got %q", got)
	}
}
