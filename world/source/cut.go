package source

import (
	"bytes"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// A parsed document takes a hundred times the memory of its text, and nearly all of a large file is in two lists. Their
// items are cut out by lines, which YAML's indentation allows, and parsed some at a time when the list is read; blank
// lines stand in the document for them. Where the document turns out to have no such list at that line (it was text that
// looks like one), or is no YAML, the file is read again in one piece.

// cut is a list that was cut out of a document, of items that begin with a dash in the same column.
type cut struct {
	parts  []part
	line   int32 // of the first item
	column int32
	used   int // how often the list was read
}

// part is some items of a list.
type part struct {
	text  []byte
	above int // lines before it
	items int
}

// atOncePart is how many items are parsed at once.
const atOncePart = 100

// cutLists returns the document without the lists below these keys, and the lists by the lines of the keys.
func cutLists(data []byte, keys []string) (rest []byte, cuts map[int32]*cut) {
	cuts = map[int32]*cut{}
	if len(keys) == 0 {
		return data, cuts
	}
	rest = make([]byte, 0, 1024)
	for line := 1; len(data) > 0; line++ {
		text := firstLine(data)
		rest, data = append(rest, text...), data[len(text):]
		if !slices.Contains(keys, bareKey(text)) {
			continue
		}
		list, size, lines := cutList(data, line, indentation(text))
		if list == nil {
			continue
		}
		cuts[int32(line)] = list
		rest = append(rest, bytes.Repeat([]byte("\n"), lines)...)
		data, line = data[size:], line+lines
	}
	return rest, cuts
}

// bareKey returns the key of a line that has nothing else but a comment.
func bareKey(line []byte) string {
	key, rest, _ := bytes.Cut(bytes.TrimLeft(line, " "), []byte(":"))
	if rest = bytes.TrimLeft(rest, " \n"); len(rest) > 0 && rest[0] != '#' {
		return ""
	}
	return string(key)
}

// cutList cuts out the list that begins data, and returns how many bytes and lines it has.
func cutList(data []byte, above, least int) (list *cut, size, lines int) {
	dash := -1
	var now part
	begins := 0 // of now
	end := func(at int) {
		if now.items > 0 {
			now.text = data[begins:at]
			list.parts = append(list.parts, now)
		}
	}
	for size < len(data) {
		text := firstLine(data[size:])
		indent := indentation(text)
		bare := bytes.TrimSpace(text)
		if len(bare) > 0 && bare[0] != '#' {
			item := bare[0] == '-' && (len(bare) == 1 || bare[1] == ' ' || bare[1] == '\t')
			switch {
			case dash < 0 && (!item || indent < least):
				return nil, 0, 0
			case dash < 0:
				dash = indent
				list = &cut{line: int32(above + lines + 1), column: int32(indent + 1)}
			}
			if indent < dash || indent == dash && !item {
				break
			}
			if indent == dash {
				if now.items == atOncePart {
					end(size)
					now.items = 0
				}
				if now.items == 0 {
					now, begins = part{above: above + lines}, size
				}
				now.items++
			}
		}
		size, lines = size+len(text), lines+1
	}
	if list != nil {
		end(size)
	}
	return list, size, lines
}

// firstLine returns the first line with its end.
func firstLine(data []byte) []byte {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return data[:i+1]
	}
	return data
}

func indentation(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }

// cutNode stands in the document for a list that was cut out. Whoever does not know of it sees no value.
type cutNode struct {
	*ast.NullNode
	*cut
}

// whole returns the list that was cut out below the key, or else the value itself.
func (r *Reader) whole(key Position, value ast.Node) ast.Node {
	c := r.cuts[key.Line]
	if c == nil || value != nil && value.Type() != ast.NullType {
		return value
	}
	at := &token.Position{Line: int(c.line), Column: int(c.column)}
	return cutNode{ast.Null(token.New("", "", at)), c}
}

// read parses the list and hands over its items.
func (c cutNode) read(r *Reader, do func(value ast.Node)) {
	c.used++
	for _, p := range c.parts {
		if r.Problems.Full() {
			return
		}
		tokens := lexer.Tokenize(string(p.text))
		for _, t := range tokens {
			t.Position.Line += p.above
		}
		body := r.parse(tokens)
		if body == nil {
			continue
		}
		s, ok := body.(*ast.SequenceNode)
		if !ok || len(s.Values) != p.items {
			c.used++ // this is no such list after all
			return
		}
		for _, value := range s.Values {
			if !r.Problems.Full() {
				do(value)
			}
		}
	}
}

// Trustworthy reports whether each list that was cut out was found, and read once, and nothing was malformed. Where not,
// both values and problems may be wrong.
func (r *Reader) Trustworthy() bool {
	if r.malformed {
		return false
	}
	for _, c := range r.cuts {
		if c.used != 1 {
			return false
		}
	}
	return true
}

// parse returns the only document of the tokens, nil where it is empty or was refused.
func (r *Reader) parse(tokens token.Tokens) ast.Node {
	if at, deep := tooDeep(tokens); deep {
		r.Problems.Add(at, "at most %d things within each other are read", maxDepth)
		return nil
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		r.malformed = true
		r.syntax(err)
		return nil
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			r.Problems.Add(PositionOf(doc.Body), "one document is expected in a file, not several")
			return nil
		}
		body = doc.Body
	}
	return body
}
