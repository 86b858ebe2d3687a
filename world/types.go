package world

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world/source"
)

// ReadTypes reads the types of an application's catalogue, as they stand below "types" in a world file. A refusal has the
// first problem with its line and column, and wraps all of them as Problems.
func ReadTypes(text string) (rights.Catalogue, error) {
	r := &reader{Reader: source.New()}
	c := rights.Catalogue{Types: map[string]rights.Type{}}
	if n := r.Document([]byte(text)); n != nil {
		c = r.types(n)
	}
	if len(r.Problems) == 0 {
		return c, nil
	}
	return rights.Catalogue{}, standin.Refuse(standin.Invalid, "world.types", "world.types", "Line {line}, column {column}: {problem}").
		With("line", r.Problems[0].At.Line).With("column", r.Problems[0].At.Column).With("problem", r.Problems[0].Message).Because(r.Problems).On("types")
}

// WriteTypes writes the catalogue as ReadTypes reads it, each action and field in a line of its own, in order of name. What
// goes without saying is left out.
func WriteTypes(c rights.Catalogue) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.Types)) {
		t := c.Types[name]
		b.WriteString(plain(name) + ":\n")
		if t.Label != "" {
			b.WriteString("  label: " + quoted(t.Label) + "\n")
		}
		b.WriteString("  actions:\n")
		for _, action := range slices.Sorted(maps.Keys(t.Actions)) {
			b.WriteString("    " + plain(action) + ": {" + strings.Join(marks(action, t.Actions[action]), ", ") + "}\n")
		}
		if len(t.Fields) == 0 {
			continue
		}
		b.WriteString("  fields:\n")
		for _, field := range slices.Sorted(maps.Keys(t.Fields)) {
			var said []string
			f := t.Fields[field]
			if f.Label != "" {
				said = append(said, "label: "+quoted(f.Label))
			}
			if f.Sealed {
				said = append(said, "sealed: true")
			}
			b.WriteString("    " + plain(field) + ": {" + strings.Join(said, ", ") + "}\n")
		}
	}
	return b.String()
}

// marks are what is not as the action's name alone says.
func marks(name string, a rights.Action) (said []string) {
	usual := rights.DefaultAction(name)
	if a.Label != "" {
		said = append(said, "label: "+quoted(a.Label))
	}
	if a.Category != usual.Category {
		said = append(said, "category: "+plain(a.Category))
	}
	for _, m := range []struct {
		key       string
		is, usual bool
	}{{"personal", a.Personal, usual.Personal}, {"reads", a.Reads, usual.Reads}, {"approves", a.Approves, usual.Approves}, {"entry", a.Entry, usual.Entry}} {
		if m.is != m.usual {
			said = append(said, m.key+": "+map[bool]string{true: "true", false: "false"}[m.is])
		}
	}
	return said
}

// word is a name that YAML reads as text wherever it stands.
var word = regexp.MustCompile(`^[a-z][a-z_]*$`)

// plain writes a name, quoted where YAML could read something else.
func plain(name string) string {
	if word.MatchString(name) && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, name) {
		return name
	}
	return quoted(name)
}

// quoted writes a text between quotes; JSON's are YAML's.
func quoted(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err) // a string is always written
	}
	return strings.TrimSuffix(b.String(), "\n")
}
