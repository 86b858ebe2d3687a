package scenarios

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/standin-id/standin/guard"
)

// TestTheDocumentsGuardrails: the examples of docs/guardrails.md are what they say.
func TestTheDocumentsGuardrails(t *testing.T) {
	text, err := os.ReadFile("../docs/guardrails.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```(cedar|json)\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 4 {
		t.Fatalf("got %d examples", len(blocks))
	}
	entities := ""
	for _, b := range blocks {
		if b[1] == "json" {
			entities = b[2]
		}
	}
	for _, b := range blocks {
		if b[1] != "cedar" {
			continue
		}
		if strings.Contains(b[2], "permit (") {
			if p, err := guard.CompilePolicies(b[2], entities); err != nil || p.Len() == 0 {
				t.Errorf("no policy in %s: %v", b[2], err)
			}
		} else if g := compile(t, b[2]); g.Len() == 0 {
			t.Errorf("no guardrail in %s", b[2])
		}
	}
}
