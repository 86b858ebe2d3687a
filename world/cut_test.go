package world

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/standin-id/standin/world/source"
)

// exported lets a comparison look into everything that a file holds, places too.
var exported = cmp.Exporter(func(reflect.Type) bool { return true })

// alike reads the text with its lists cut out and in one piece, which must not differ: not in what is read, not in where
// it stands, not in what is wrong with it.
func alike(t *testing.T, text string) {
	t.Helper()
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	got, problems := understand([]byte(text), now)
	r := &reader{source.New(), now}
	want := r.file(r.Document([]byte(text)))
	if len(r.Problems) == 0 {
		want.check(r)
	}
	if diff := cmp.Diff(r.Problems, problems, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("problems (-whole +cut) of %s:\n%s", source.Excerpt(text), diff)
	}
	if len(problems) > 0 {
		return
	}
	if diff := cmp.Diff(want, got, exported); diff != "" {
		t.Errorf("file (-whole +cut) of %s:\n%s", source.Excerpt(text), diff[:min(len(diff), 2000)])
	}
}

// people are the items of a list of so many people, each indented, and written by a style of its own.
func people(n int, indent string) string {
	var b strings.Builder
	for i := range n {
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, "%s- {id: p-%d, name: Person %d, email: p%d@acme.example}\n", indent, i, i, i)
		case 1:
			fmt.Fprintf(&b, "%s- id: p-%d\n%s  name: Person %d\n\n%s  email: p%d@acme.example\n", indent, i, indent, i, indent, i)
		case 2:
			fmt.Fprintf(&b, "%s- {id: p-%d, name: Person %d,\n%s   email: p%d@acme.example} # the last\n", indent, i, i, indent, i)
		case 3:
			fmt.Fprintf(&b, "%s-\n# a note\n%s  id: p-%d\n%s  name: >-\n%s    Person\n%s    - %d\n%s  email: p%d@acme.example\n", indent, indent, i, indent,
				indent, indent, i, indent, i)
		}
	}
	return b.String()
}

func TestListsThatAreCutOutReadAlike(t *testing.T) {
	const head = "organisations:\n  - id: acme\n"
	long := people(307, "      ")
	for name, text := range map[string]string{
		"long":                head + "    people:\n" + long + "    units: [sales]\n",
		"at the key's column": head + "    people:\n" + people(250, "    ") + "    units: [sales]\n",
		"last without an end": head + "    people:\n" + strings.TrimSuffix(long, "\n"),
		"CRLF":                strings.ReplaceAll(head+"    people:\n"+long+"    units: [sales]\n", "\n", "\r\n"),
		"BOM":                 "\ufeff" + head + "    people:\n" + long,
		"two":                 head + "    people:\n" + long + "    delegations: # those\n      - {id: d-1, principal: p-1, actor: p-2, start: today-1d}\n",
		"empty":               head + "    people:\n    units: [sales]\n",
		"null":                head + "    people: ~\n    delegations: null\n",
		"flow":                head + "    people: [{id: p-1, name: One, email: a@b.example}]\n",
		"anchors across": head + "    settings: {word: &w deputy}\n    people:\n      - &one {id: p-1, name: &n One, email: a@b.example, unit: *w}\n" +
			"    units: [*w]\n    delegations:\n      - {id: d-1, principal: p-1, actor: p-2, purpose: *n}\n",
		"an anchor that comes later": head + "    people:\n      - {id: p-1, name: *n, email: a@b.example}\n    units: [&n sales]\n",
		"the list twice":             "organisations:\n  - &o\n    id: acme\n    people:\n" + people(5, "      ") + "  - *o\n",
		"an anchored list":           head + "    people: &p\n" + long,
		"twice the key":              head + "    people:\n" + people(3, "      ") + "    people:\n" + people(3, "      "),
		"text that looks like it":    head + "    guardrails: |\n      // who\n      people:\n        - somebody\n",
		"name that looks like it":    head + "    name: \"a\n\n      people:\n        - somebody\"\n",
		"somewhere else":             head + "    settings:\n      people:\n        - a\n",
		"a type":                     head + "    applications:\n      - id: desk\n        types:\n          people:\n            - a\n",
		"a closing brace":            head + "    people:\n      - {\n        id: p-1, name: One, email: a@b.example\n      }\n      - {id: p-2, name: Two, email: c@d.example}\n",
		"a tab after the dash":       head + "    people:\n      -\t{id: p-1, name: One, email: a@b.example}\n",
		"lists in the list":          head + "    people:\n      - - a\n        - b\n",
		"an item too far left":       head + "    people:\n      - {id: p-1, name: One, email: a@b.example}\n     - {id: p-2, name: Two, email: c@d.example}\n",
		"another document":           head + "    people:\n" + people(5, "      ") + "---\n" + head,
		"not ended":                  head + "    people:\n      - {id: p-1, name: \"One, email: a@b.example}\n      - {id: p-2}\n",
		"wrong in the middle":        head + "    people:\n" + long + "      - {id: p-x, nam: X}\n" + long,
		"deep":                       head + "    people:\n      - " + strings.Repeat("[", 200) + "\n",
		"as a key":                   head + "    ? people\n    :\n      - {id: p-1, name: One, email: a@b.example}\n",
		"at the top":                 "people:\n  - {id: p-1}\n",
	} {
		t.Run(name, func(t *testing.T) { alike(t, text) })
	}
}
