package source

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// MaxBytes is how long a file may be.
const MaxBytes = 32 << 20

// What else bounds a file: things within things, and values read, aliases followed.
const (
	maxDepth  = 100
	maxIndent = 1000
	maxValues = 20_000_000
)

// Reader reads the values of one YAML document and notes every one that is not as expected. After MostProblems it reads
// on without a word, so that what it returns is worthless: whoever uses it looks at the problems first. It is not safe
// for concurrent use.
type Reader struct {
	Problems Problems

	lists     []string // keys of large lists
	data      []byte
	anchors   map[string]ast.Node
	values    int
	cuts      map[int32]*cut // lists that were cut out, by the lines of their keys
	malformed bool           // something was no YAML
}

// New returns a reader that reads the lists below these keys a hundred items at a time, where it can. Read without them
// what Trustworthy doubts.
func New(lists ...string) *Reader { return &Reader{lists: lists} }

// Document parses data and returns its only document, nil where it is empty or was refused.
func (r *Reader) Document(data []byte) ast.Node {
	r.anchors = map[string]ast.Node{}
	if len(data) > MaxBytes {
		r.Problems.Add(Position{}, "the file has %d bytes; at most %d are read", len(data), MaxBytes)
		return nil
	}
	if at, ok := invalidUTF8(data); !ok {
		r.Problems.Add(at, "UTF-8 is expected")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.IndexByte(data, '\r') >= 0 { // YAML 1.2.2 §5.4: every kind of line break means the same
		data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	r.data = data
	data, r.cuts = cutLists(data, r.lists)
	return r.parse(lexer.Tokenize(string(data)))
}

func (r *Reader) syntax(err error) {
	var at Position
	message := err.Error()
	if problem, ok := errors.AsType[yaml.Error](err); ok {
		message = problem.GetMessage()
		if t := problem.GetToken(); t != nil {
			at = tokenPosition(t)
		}
	}
	r.Problems.Add(at, "this is not YAML: %s", Excerpt(message))
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

// Resolve follows anchors and aliases to the value that they stand for. It returns nil after noting a problem.
func (r *Reader) Resolve(n ast.Node) ast.Node {
	for range maxDepth {
		if r.values++; r.values > maxValues {
			r.Problems.Add(PositionOf(n), "at most %d values are read", maxValues)
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
				r.Problems.Add(PositionOf(v), `there is no anchor "%s" before this`, Excerpt(name))
				return nil
			}
			n = target
		case *ast.TagNode:
			r.Problems.Add(PositionOf(v), "a plain value is expected, without a tag")
			return nil
		default:
			return n
		}
	}
	r.Problems.Add(PositionOf(n), "an alias stands for itself")
	return nil
}

// Mapping reads a mapping of known keys, each at most once, and hands over their values. what names it in problems;
// keys are those that are expected.
func (r *Reader) Mapping(n ast.Node, what string, keys []string, do func(key string, value ast.Node)) Place {
	return r.Entries(n, what, func(key string, at Position, value ast.Node) bool {
		for _, k := range keys {
			if k == key {
				do(key, value)
				return true
			}
		}
		r.Problems.Add(at, `%s has no key "%s"; expected are %s`, what, Excerpt(key), strings.Join(keys, ", "))
		return false
	})
}

// Entries reads a mapping of any keys, each at most once. Of those that do accepts, the place is kept.
func (r *Reader) Entries(n ast.Node, what string, do func(key string, at Position, value ast.Node) bool) Place {
	n = r.Resolve(n)
	if n == nil {
		return Place{}
	}
	p := Place{Self: PositionOf(n)}
	if n.Type() == ast.NullType {
		return p
	}
	m, ok := n.(ast.MapNode)
	if !ok {
		r.Problems.Add(p.Self, "%s is expected, as keys with values", what)
		return p
	}
	seen := map[string]bool{}
	for iter := m.MapRange(); iter.Next() && !r.Problems.Full(); {
		at := PositionOf(iter.Key())
		scalar, ok := r.Resolve(iter.Key()).(ast.ScalarNode)
		if !ok || iter.Key().IsMergeKey() {
			r.Problems.Add(at, "a key of %s is expected", what)
			continue
		}
		key := scalar.GetToken().Value
		if seen[key] {
			r.Problems.Add(at, `the key "%s" is here a second time`, Excerpt(key))
			continue
		}
		seen[key] = true
		value := r.whole(at, iter.Value())
		if do(key, at, value) && value != nil {
			p.keys = append(p.keys, keyAt{key, PositionOf(value)})
		}
	}
	return p
}

// List reads a sequence; a value of null is an empty one.
func (r *Reader) List(n ast.Node, what string, do func(value ast.Node)) {
	n = r.Resolve(n)
	if c, ok := n.(cutNode); ok {
		c.read(r, do)
		return
	}
	if n == nil || n.Type() == ast.NullType {
		return
	}
	s, ok := n.(ast.ArrayNode)
	if !ok {
		r.Problems.Add(PositionOf(n), "a list of %s is expected", what)
		return
	}
	for iter := s.ArrayRange(); iter.Next() && !r.Problems.Full(); {
		do(iter.Value())
	}
}

// Text reads a value as text. A number is its digits as written; true, false and null want quotes.
func (r *Reader) Text(n ast.Node, what string) string {
	at := n
	n = r.Resolve(n)
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
	r.Problems.Add(PositionOf(at), "%s is expected, as text", what)
	return ""
}

// Texts reads a list of texts and where each stands.
func (r *Reader) Texts(n ast.Node, what string) (texts []string, at []Position) {
	texts = []string{}
	r.List(n, what, func(value ast.Node) {
		texts = append(texts, r.Text(value, what))
		at = append(at, PositionOf(value))
	})
	return texts, at
}

// Flag reads true or false; anything else is a problem and false.
func (r *Reader) Flag(n ast.Node, what string) bool {
	at := n
	n = r.Resolve(n)
	if b, ok := n.(*ast.BoolNode); ok {
		return b.Value
	}
	if n != nil {
		r.Problems.Add(PositionOf(at), "%s is true or false", what)
	}
	return false
}

// Number reads a whole number; anything else is a problem and 0.
func (r *Reader) Number(n ast.Node, what string) int {
	at := n
	n = r.Resolve(n)
	if i, ok := n.(*ast.IntegerNode); ok {
		if value, err := strconv.Atoi(i.GetToken().Value); err == nil {
			return value
		}
	}
	if n != nil {
		r.Problems.Add(PositionOf(at), "%s is a whole number", what)
	}
	return 0
}

// Indent returns how far the first written line after the given one is indented.
func (r *Reader) Indent(after int32) int32 {
	lines := strings.SplitN(string(r.data), "\n", int(after)+50)
	for _, line := range lines[min(int(after), len(lines)):] {
		if bare := strings.TrimLeft(line, " "); strings.TrimSpace(bare) != "" {
			return int32(len(line) - len(bare))
		}
	}
	return 0
}
