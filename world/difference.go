package world

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/world/source"
)

// Difference is what applying a file changes. Every change is one record or, for a person with a password, two.
type Difference struct {
	Changes []Change `json:"changes"`
	Same    int      `json:"same"` // things that are as the file says
	Kept    []Kept   `json:"kept"`
	Dates   []Dates  `json:"dates,omitempty"` // of organisations whose file has dates without a time of day
}

// Dates says in which zone dates without a time of day are days.
type Dates struct {
	Organisation standin.OrganisationID `json:"organisation"`
	Zone         string                 `json:"zone"`
	From         string                 `json:"from"` // who names it: "file", "organisation", or "default" for nobody
}

// String says it in a sentence.
func (d Dates) String() string {
	why := map[string]string{"organisation": ", the organisation's time zone", "default": ", for the file names no time_zone in its settings"}
	return fmt.Sprintf("dates of %s are days in %s%s", d.Organisation, d.Zone, why[d.From])
}

// Change is one thing created or changed.
type Change struct {
	Organisation standin.OrganisationID `json:"organisation"`
	Kind         string                 `json:"kind"` // "person"
	ID           string                 `json:"id"`
	Created      bool                   `json:"created"`
	Note         string                 `json:"note,omitempty"`   // who or what that is, of what is created
	Fields       []Field                `json:"fields,omitempty"` // of what is changed
}

// Field is one field of what is changed, before and after, by its key in the file. Of a list of texts, each text that
// comes or goes is a field of its own.
type Field struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Kept is something that the file says and that is not done, because somebody ended or narrowed it by hand.
type Kept struct {
	Organisation standin.OrganisationID `json:"organisation"`
	Kind         string                 `json:"kind"`
	ID           string                 `json:"id"`
	What         string                 `json:"what"`
}

// Created returns how many things are created.
func (d Difference) Created() int { return d.count(true) }

// Changed returns how many things that exist are changed.
func (d Difference) Changed() int { return d.count(false) }

func (d Difference) count(created bool) int {
	n := 0
	for _, c := range d.Changes {
		if c.Created == created {
			n++
		}
	}
	return n
}

// Empty reports whether there is nothing to apply.
func (d Difference) Empty() bool { return len(d.Changes) == 0 }

// mostShown bounds how many things of one kind Write lists; all are counted.
const mostShown = 50

// Write writes the difference for people, each organisation's by itself: "+ person p-1 (First Last)", and "~ person p-1"
// with a line for each field; at the end the counts.
func (d Difference) Write(to io.Writer) error {
	type group struct {
		organisation standin.OrganisationID
		kind         string
		created      bool
	}
	all, shown := map[group]int{}, map[group]int{}
	for _, c := range d.Changes {
		all[group{c.Organisation, c.Kind, c.Created}]++
	}
	var b bytes.Buffer
	last := standin.OrganisationID("")
	for _, c := range d.Changes {
		if c.Organisation != last {
			fmt.Fprintf(&b, "%s:\n", c.Organisation)
			last = c.Organisation
		}
		g := group{c.Organisation, c.Kind, c.Created}
		switch shown[g]++; {
		case shown[g] <= mostShown:
			c.write(&b)
		case shown[g] == mostShown+1:
			fmt.Fprintf(&b, "  %s %s: and %d more\n", c.sign(), c.Kind, all[g]-mostShown)
		}
	}
	for _, k := range d.Kept {
		fmt.Fprintf(&b, "= %s %s: %s stays as it is, for somebody changed it by hand\n", k.Kind, k.ID, k.What)
	}
	for _, in := range d.Dates {
		fmt.Fprintf(&b, "%s\n", in)
	}
	fmt.Fprintf(&b, "%d to create, %d to change, %d the same\n", d.Created(), d.Changed(), d.Same)
	_, err := to.Write(b.Bytes())
	return err
}

func (c Change) sign() string {
	if c.Created {
		return "+"
	}
	return "~"
}

func (c Change) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "  %s %s %s", c.sign(), c.Kind, c.ID)
	if c.Note != "" {
		fmt.Fprintf(b, " (%s)", shorten(c.Note))
	}
	b.WriteByte('\n')
	if c.Created {
		return
	}
	for _, f := range c.Fields {
		if !strings.Contains(f.Before+f.After, "\n") {
			fmt.Fprintf(b, "      %s: %s -> %s\n", f.Name, shorten(f.Before), shorten(f.After))
			continue
		}
		fmt.Fprintf(b, "      %s:\n", f.Name)
		lines(b, "-", f.Before, f.After)
		lines(b, "+", f.After, f.Before)
	}
}

// lines writes the lines of a text that are not in the other one, the first twenty.
func lines(b *bytes.Buffer, sign, text, other string) {
	const most = 20
	there := strings.Split(other, "\n")
	n := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if slices.Contains(there, line) {
			continue
		}
		if n++; n > most {
			fmt.Fprintf(b, "        %s …\n", sign)
			return
		}
		fmt.Fprintf(b, "        %s %s\n", sign, shorten(line))
	}
}

// shorten keeps a value on one line, and terminals safe from it.
func shorten(value string) string {
	if value == "" {
		return "(none)"
	}
	return source.Excerpt(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, value))
}

// differences compares what is shown of a thing before and after.
func differences(before, after map[string]any) []Field {
	old, new := flat(before), flat(after)
	names := maps.Clone(old)
	maps.Copy(names, new)
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, is := old[name], new[name]
		if was.text == is.text {
			continue
		}
		come, gone := without(is.list, was.list), without(was.list, is.list)
		if len(come)+len(gone) == 0 { // no lists, or one in another order
			fields = append(fields, Field{name, was.text, is.text})
		}
		for _, text := range gone {
			fields = append(fields, Field{name, text, ""})
		}
		for _, text := range come {
			fields = append(fields, Field{name, "", text})
		}
	}
	return fields
}

func without(texts, others []string) []string {
	return slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return slices.Contains(others, t) })
}

// shownValue is one value as JSON writes it, a text bare; of a list of texts, each.
type shownValue struct {
	text string
	list []string
}

// flat returns the values by their names, those of values within values as "outer.inner".
func flat(shown map[string]any) map[string]shownValue {
	text, err := json.Marshal(shown)
	if err != nil {
		panic("world: a value cannot be written as JSON: " + err.Error())
	}
	var tree map[string]any
	if err := json.Unmarshal(text, &tree); err != nil {
		panic("world: JSON cannot be read back: " + err.Error())
	}
	values := map[string]shownValue{}
	flatten("", tree, values)
	return values
}

func flatten(path string, tree map[string]any, to map[string]shownValue) {
	for key, value := range tree {
		key = path + key
		switch v := value.(type) {
		case nil:
		case map[string]any:
			flatten(key+".", v, to)
		case string:
			if v != "" {
				to[key] = shownValue{text: v}
			}
		default:
			text, err := json.Marshal(v)
			if err != nil {
				panic("world: a value cannot be written as JSON: " + err.Error())
			}
			if string(text) != "[]" {
				to[key] = shownValue{string(text), textsIn(v)}
			}
		}
	}
}

// textsIn returns the texts of a list of nothing else.
func textsIn(value any) []string {
	list, _ := value.([]any)
	var texts []string
	for _, v := range list {
		text, ok := v.(string)
		if !ok {
			return nil
		}
		texts = append(texts, text)
	}
	return texts
}

// ordered returns a sorted copy without repetition.
func ordered(texts []string) []string {
	sorted := slices.Clone(texts)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}
