package world

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/standin-id/standin"
)

// Difference is what applying a file changes. Every change is one record or, for a person with a password, two.
type Difference struct {
	Changes []Change `json:"changes"`
	Same    int      `json:"same"` // things that are as the file says
	Kept    []Kept   `json:"kept"`
}

// Change is one thing created or changed.
type Change struct {
	Organisation standin.OrganisationID `json:"organisation"`
	Kind         string                 `json:"kind"` // "person"
	ID           string                 `json:"id"`
	Created      bool                   `json:"created"`
	Fields       []Field                `json:"fields,omitempty"` // of what is changed
}

// Field is one field of what is changed, before and after.
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

// Created returns how many things are created, Changed how many are changed.
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

// Write writes the difference for people: "+ person p-1" and "~ person p-1: unit sales -> finance", then the counts.
func (d Difference) Write(to io.Writer) error {
	var b bytes.Buffer
	shown := map[string]int{}
	for _, c := range d.Changes {
		kind := fmt.Sprint(c.Organisation, c.Kind, c.Created)
		if shown[kind]++; shown[kind] > mostShown {
			continue
		}
		if c.Created {
			fmt.Fprintf(&b, "+ %s %s\n", c.Kind, c.ID)
			continue
		}
		fmt.Fprintf(&b, "~ %s %s\n", c.Kind, c.ID)
		for _, f := range c.Fields {
			fmt.Fprintf(&b, "    %s: %s -> %s\n", f.Name, shorten(f.Before), shorten(f.After))
		}
	}
	for _, k := range d.Kept {
		fmt.Fprintf(&b, "= %s %s: %s stays, for somebody changed it by hand\n", k.Kind, k.ID, k.What)
	}
	fmt.Fprintf(&b, "%d to create, %d to change, %d the same\n", d.Created(), d.Changed(), d.Same)
	_, err := to.Write(b.Bytes())
	return err
}

// shorten keeps a value on one line.
func shorten(value string) string {
	value = string(bytes.ReplaceAll([]byte(value), []byte("\n"), []byte("⏎")))
	if value == "" {
		return "(none)"
	}
	return excerpt(value)
}

// unshown are fields that say when and by whom, not what.
var unshown = []string{"Organisation", "ID", "id", "CreatedAt", "Version", "ActiveSince", "LastSignIn", "InactiveAt",
	"AcceptedAt", "AcceptedVersion", "Ended"}

// differences compares two values of one type field by field, as JSON writes them.
func differences(before, after any) []Field {
	old, new := flat(before), flat(after)
	var fields []Field
	for _, f := range new {
		if at := slices.IndexFunc(old, func(o Field) bool { return o.Name == f.Name }); at < 0 || old[at].After != f.After {
			was := ""
			if at >= 0 {
				was = old[at].After
			}
			fields = append(fields, Field{f.Name, was, f.After})
		}
	}
	for _, o := range old {
		if !slices.ContainsFunc(new, func(f Field) bool { return f.Name == o.Name }) {
			fields = append(fields, Field{o.Name, o.After, ""})
		}
	}
	return fields
}

// flat returns a value's fields in order of their names, those of values within it as "outer.inner".
func flat(value any) []Field {
	text, err := json.Marshal(value)
	if err != nil {
		panic("world: a value cannot be written as JSON: " + err.Error())
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		panic("world: JSON cannot be read back: " + err.Error())
	}
	var fields []Field
	flatten("", tree, &fields)
	slices.SortFunc(fields, func(a, b Field) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return fields
}

func flatten(name string, value any, to *[]Field) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if name == "" && slices.Contains(unshown, key) {
				continue
			}
			path := key
			if name != "" {
				path = name + "." + key
			}
			flatten(path, inner, to)
		}
	case string:
		*to = append(*to, Field{Name: name, After: v})
	default:
		text, err := json.Marshal(v)
		if err != nil {
			panic("world: a value cannot be written as JSON: " + err.Error())
		}
		if string(text) == "null" {
			text = nil
		}
		*to = append(*to, Field{Name: name, After: string(text)})
	}
}

// ordered returns a sorted copy without repetition.
func ordered(texts []string) []string {
	sorted := slices.Clone(texts)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}
