// Package source owns how values are read from a YAML file so that whatever is wrong with them can be told with line and
// column. It refuses files that are too large or too deep to be read safely, keys that are not expected or there twice,
// tags, and values of another kind than was asked for.
package source

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/standin-id/standin"
)

// Position is a place in the file, counted from 1. Columns count characters. The zero Position is nowhere in it.
type Position struct{ Line, Column int32 }

// Place says where a thing and its keys stand in the file.
type Place struct {
	Self Position
	keys []keyAt
}

type keyAt struct {
	name string
	at   Position
}

// At returns the place of a thing without keys.
func At(n ast.Node) Place { return Place{Self: PositionOf(n)} }

// Of returns where the value of the key stands, or else the thing itself.
func (p Place) Of(name string) Position {
	for _, k := range p.keys {
		if k.name == name {
			return k.at
		}
	}
	return p.Self
}

// Has reports whether the thing has the key.
func (p Place) Has(name string) bool {
	for _, k := range p.keys {
		if k.name == name {
			return true
		}
	}
	return false
}

// With returns the place with the keys of an inner thing, "outer.inner" each.
func (p Place) With(outer string, inner Place) Place {
	for _, k := range inner.keys {
		p.keys = append(p.keys, keyAt{outer + "." + k.name, k.at})
	}
	return p
}

// PositionOf returns where a value begins.
func PositionOf(n ast.Node) Position {
	switch v := n.(type) {
	case *ast.MappingNode:
		if len(v.Values) > 0 && !v.IsFlowStyle {
			return PositionOf(v.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return PositionOf(v.Key)
	}
	return tokenPosition(n.GetToken())
}

func tokenPosition(t *token.Token) Position {
	if t == nil || t.Position == nil {
		return Position{}
	}
	return Position{int32(t.Position.Line), int32(t.Position.Column)}
}

// Problem is one thing in a file that is not as expected.
type Problem struct {
	At      Position // zero where the file as a whole is meant
	Message string
}

// String returns "line 12, column 5: …".
func (p Problem) String() string {
	if p.At == (Position{}) {
		return p.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", p.At.Line, p.At.Column, p.Message)
}

// Problems are the problems of one file, in the order in which they were found, at most MostProblems.
type Problems []Problem

// MostProblems is how many problems of a file are noted. Whoever finds them full can stop looking.
const MostProblems = 20

// Error lists the problems, a line each, so that they can be shown as what a refusal is because of.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n  ")
}

// Full reports whether there are so many problems that no more are noted.
func (ps Problems) Full() bool { return len(ps) >= MostProblems }

// Add notes a problem, unless there are enough of them.
func (ps *Problems) Add(at Position, format string, args ...any) {
	if !ps.Full() {
		*ps = append(*ps, Problem{at, fmt.Sprintf(format, args...)})
	}
}

// AddError notes what a refusal says to a person, if there is one.
func (ps *Problems) AddError(at Position, err error) {
	if err != nil {
		ps.Add(at, "%s", TextOf(err))
	}
}

// AddAt notes a refusal at that key of the thing which the refusal's field names.
func (ps *Problems) AddAt(p Place, err error) { ps.AddError(p.Of(FieldOf(err)), err) }

// TextOf returns what an error says to a person.
func TextOf(err error) string {
	if refusal, ok := errors.AsType[*standin.Error](err); ok {
		return refusal.Text()
	}
	return err.Error()
}

// FieldOf returns the input that a refusal is about, "" where it names none.
func FieldOf(err error) string {
	if refusal, ok := errors.AsType[*standin.Error](err); ok {
		return refusal.Field
	}
	return ""
}

// Excerpt shortens what was sent, so that a problem stays readable.
func Excerpt(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
