package rights_test

import (
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

func TestLabels(t *testing.T) {
	for label, want := range map[string]string{
		"": "", "Approve an expense": "", "Spesen genehmigen – für andere": "", strings.Repeat("ä", 100): "",
		strings.Repeat("a", 101): "rights.bad_label", "two\nlines": "rights.bad_label", "turned \u202e around": "rights.bad_label",
		"no UTF-8 \xff": "rights.bad_label",
	} {
		for part, c := range map[string]rights.Catalogue{
			"a type":    labelled(rights.Type{Label: label}),
			"a field":   labelled(rights.Type{Fields: map[string]rights.Field{"amount": {Label: label}}}),
			"an action": {Types: map[string]rights.Type{"expense": {Actions: map[string]rights.Action{"view": {Label: label, Category: rights.General, Entry: true}}}}},
		} {
			if got := standin.CodeOf(c.Check()); got != want {
				t.Errorf("%s %q: got %q, want %q", part, label, got, want)
			}
		}
	}
}

// labelled returns a catalogue with the type, which can be viewed.
func labelled(t rights.Type) rights.Catalogue {
	t.Actions = map[string]rights.Action{"view": rights.DefaultAction("view")}
	return rights.Catalogue{Types: map[string]rights.Type{"expense": t}}
}
