package world

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"github.com/standin-id/standin"
)

// What bounds a file: its bytes, things within things, and values read, aliases followed.
const (
	maxBytes  = 32 << 20
	maxDepth  = 100
	maxIndent = 1000
	maxValues = 20_000_000
)

// reader reads the values of a YAML document and notes every one that is not as expected. After maxProblems it reads
// on without a word, so that what it returns is worthless: whoever uses it looks at the problems first.
type reader struct {
	problems  Problems
	data      []byte
	anchors   map[string]ast.Node
	values    int
	uncut     bool           // nothing is to be cut out
	cuts      map[int32]*cut // lists that were cut out, by the lines of their keys
	malformed bool           // something was no YAML
	now       time.Time      // from which dates may count, zero where they may not
}

// document parses data and returns its only document, nil where it is empty or was refused.
func (r *reader) document(data []byte) ast.Node {
	r.anchors = map[string]ast.Node{}
	if len(data) > maxBytes {
		r.problems.add(Position{}, "the file has %d bytes; at most %d are read", len(data), maxBytes)
		return nil
	}
	if at, ok := invalidUTF8(data); !ok {
		r.problems.add(at, "UTF-8 is expected")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.IndexByte(data, '\r') >= 0 { // YAML 1.2.2 §5.4: every kind of line break means the same
		data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	r.data = data
	if !r.uncut {
		data, r.cuts = cutLists(data)
	}
	return r.parse(lexer.Tokenize(string(data)))
}

func (r *reader) syntax(err error) {
	var at Position
	message := err.Error()
	if problem, ok := errors.AsType[yaml.Error](err); ok {
		message = problem.GetMessage()
		if t := problem.GetToken(); t != nil {
			at = tokenPosition(t)
		}
	}
	r.problems.add(at, "this is not YAML: %s", excerpt(message))
}

func invalidUTF8(data []byte) (Position, bool) {
	if utf8.Valid(data) {
		return Position{}, true
	}
	at := Position{1, 1}
	for len(data) > 0 {
		c, size := utf8.DecodeRune(data)
		if c == utf8.RuneError && size == 1 {
			break
		}
		if at.Column++; c == '\n' {
			at = Position{at.Line + 1, 1}
		}
		data = data[size:]
	}
	return at, false
}

// tooDeep finds the token that opens one level too many, before the parser descends into it.
func tooDeep(tokens token.Tokens) (Position, bool) {
	flow, row, line := 0, 0, -1
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		}
		switch t.Type {
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			row++
		default:
			row = 0
		}
		first := t.Position.Line != line
		line = t.Position.Line
		if flow > maxDepth || row > maxDepth || first && t.Position.Column > maxIndent {
			return tokenPosition(t), true
		}
	}
	return Position{}, false
}

func tokenPosition(t *token.Token) Position {
	if t == nil || t.Position == nil {
		return Position{}
	}
	return Position{int32(t.Position.Line), int32(t.Position.Column)}
}

// position returns where a value begins.
func position(n ast.Node) Position {
	switch v := n.(type) {
	case *ast.MappingNode:
		if len(v.Values) > 0 && !v.IsFlowStyle {
			return position(v.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return position(v.Key)
	}
	return tokenPosition(n.GetToken())
}

// resolve follows anchors and aliases to the value that they stand for. It returns nil after noting a problem.
func (r *reader) resolve(n ast.Node) ast.Node {
	for range maxDepth {
		if r.values++; r.values > maxValues {
			r.problems.add(position(n), "at most %d values are read", maxValues)
			return nil
		}
		switch v := n.(type) {
		case nil:
			return nil
		case *ast.AnchorNode:
			r.anchors[v.Name.GetToken().Value] = v.Value
			n = v.Value
		case *ast.AliasNode:
			name := v.Value.GetToken().Value
			target, known := r.anchors[name]
			if !known {
				r.problems.add(position(v), `there is no anchor "%s" before this`, excerpt(name))
				return nil
			}
			n = target
		case *ast.TagNode:
			r.problems.add(position(v), "a plain value is expected, without a tag")
			return nil
		default:
			return n
		}
	}
	r.problems.add(position(n), "an alias stands for itself")
	return nil
}

// mapping reads a mapping of known keys, each at most once, and hands over their values. what names it in problems;
// keys are those that are expected.
func (r *reader) mapping(n ast.Node, what string, keys []string, do func(key string, value ast.Node)) place {
	return r.entries(n, what, func(key string, at Position, value ast.Node) bool {
		for _, k := range keys {
			if k == key {
				do(key, value)
				return true
			}
		}
		r.problems.add(at, `%s has no key "%s"; expected are %s`, what, excerpt(key), strings.Join(keys, ", "))
		return false
	})
}

// entries reads a mapping of any keys, each at most once. Of those that do accepts, the place is kept.
func (r *reader) entries(n ast.Node, what string, do func(key string, at Position, value ast.Node) bool) place {
	n = r.resolve(n)
	if n == nil {
		return place{}
	}
	p := place{self: position(n)}
	if n.Type() == ast.NullType {
		return p
	}
	m, ok := n.(ast.MapNode)
	if !ok {
		r.problems.add(p.self, "%s is expected, as keys with values", what)
		return p
	}
	seen := map[string]bool{}
	for iter := m.MapRange(); iter.Next() && !r.problems.full(); {
		at := position(iter.Key())
		scalar, ok := r.resolve(iter.Key()).(ast.ScalarNode)
		if !ok || iter.Key().IsMergeKey() {
			r.problems.add(at, "a key of %s is expected", what)
			continue
		}
		key := scalar.GetToken().Value
		if seen[key] {
			r.problems.add(at, `the key "%s" is here a second time`, excerpt(key))
			continue
		}
		seen[key] = true
		value := r.whole(at, iter.Value())
		if do(key, at, value) && value != nil {
			p.keys = append(p.keys, keyPlace{key, position(value)})
		}
	}
	return p
}

// list reads a sequence; a value of null is an empty one.
func (r *reader) list(n ast.Node, what string, do func(value ast.Node)) {
	n = r.resolve(n)
	if c, ok := n.(cutNode); ok {
		c.read(r, do)
		return
	}
	if n == nil || n.Type() == ast.NullType {
		return
	}
	s, ok := n.(ast.ArrayNode)
	if !ok {
		r.problems.add(position(n), "a list of %s is expected", what)
		return
	}
	for iter := s.ArrayRange(); iter.Next() && !r.problems.full(); {
		do(iter.Value())
	}
}

// text reads a value as text. A number is its digits as written; true, false and null want quotes.
func (r *reader) text(n ast.Node, what string) string {
	at := n
	n = r.resolve(n)
	switch v := n.(type) {
	case nil:
		return ""
	case *ast.StringNode:
		return v.Value
	case *ast.LiteralNode:
		return v.Value.Value
	case *ast.IntegerNode, *ast.FloatNode:
		return v.GetToken().Value
	}
	r.problems.add(position(at), "%s is expected, as text", what)
	return ""
}

// texts reads a list of texts and where each stands.
func (r *reader) texts(n ast.Node, what string) (texts []string, at []Position) {
	texts = []string{}
	r.list(n, what, func(value ast.Node) {
		texts = append(texts, r.text(value, what))
		at = append(at, position(value))
	})
	return texts, at
}

func (r *reader) flag(n ast.Node, what string) bool {
	at := n
	n = r.resolve(n)
	if b, ok := n.(*ast.BoolNode); ok {
		return b.Value
	}
	if n != nil {
		r.problems.add(position(at), "%s is true or false", what)
	}
	return false
}

func (r *reader) number(n ast.Node, what string) int {
	at := n
	n = r.resolve(n)
	if i, ok := n.(*ast.IntegerNode); ok {
		if value, err := strconv.Atoi(i.GetToken().Value); err == nil {
			return value
		}
	}
	if n != nil {
		r.problems.add(position(at), "%s is a whole number", what)
	}
	return 0
}

// excerpt shortens what was sent, so that a problem stays readable.
func excerpt(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// textOf returns what an error says to a person.
func textOf(err error) string {
	if refusal, ok := errors.AsType[*standin.Error](err); ok {
		return refusal.Text()
	}
	return err.Error()
}

// fieldOf returns the input that a refusal is about.
func fieldOf(err error) string {
	if refusal, ok := errors.AsType[*standin.Error](err); ok {
		return refusal.Field
	}
	return ""
}
