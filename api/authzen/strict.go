package authzen

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// What a request may be at most. Each of them is far beyond what an application has to ask.
const (
	mostBytes  = 1 << 20 // of a body
	mostValues = 50_000  // in a body, members and elements each counting
	mostDepth  = 16      // objects and lists within each other
)

// malformed says why a text is no request, in words for whoever wrote the program that sent it.
type malformed string

func (m malformed) Error() string { return string(m) }

func fault(at int, what string) error {
	return malformed("byte " + strconv.Itoa(at) + ": " + what)
}

// parse reads a JSON text that has one reading alone, as I-JSON asks (RFC 7493 §2): UTF-8 without unpaired surrogates,
// no member twice, no number beyond what computers agree on. Objects are map[string]any, lists []any, whole numbers int64
// and all others float64. Work and memory are bounded by the
// constants above, whatever the text.
func parse(text []byte) (map[string]any, error) {
	p := parser{text: text}
	p.space()
	if p.at == len(text) || text[p.at] != '{' {
		return nil, fault(p.at, "a JSON object is expected")
	}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at != len(text) {
		return nil, fault(p.at, "something follows the end of the object")
	}
	return v.(map[string]any), nil
}

type parser struct {
	text   []byte
	at     int
	values int
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// value reads one value, which begins here.
func (p *parser) value(depth int) (any, error) {
	if p.at == len(p.text) {
		return nil, fault(p.at, "the text breaks off")
	}
	if p.values++; p.values > mostValues {
		return nil, fault(p.at, fmt.Sprintf("more than %d values are too many", mostValues))
	}
	switch c := p.text[p.at]; {
	case c == '{' || c == '[':
		if depth == mostDepth {
			return nil, fault(p.at, fmt.Sprintf("more than %d objects and lists within each other are too many", mostDepth))
		}
		p.at++
		if c == '{' {
			return p.object(depth + 1)
		}
		return p.list(depth + 1)
	case c == '"':
		return p.str()
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	}
	switch {
	case p.word("true"):
		return true, nil
	case p.word("false"):
		return false, nil
	case p.word("null"):
		return nil, nil
	}
	return nil, fault(p.at, "a JSON value is expected")
}

func (p *parser) word(w string) bool {
	if len(p.text)-p.at < len(w) || string(p.text[p.at:p.at+len(w)]) != w {
		return false
	}
	p.at += len(w)
	return true
}

func (p *parser) object(depth int) (any, error) {
	m := map[string]any{}
	for first := true; ; first = false {
		done, err := p.next('}', first)
		if done || err != nil {
			return m, err
		}
		begin := p.at
		if p.at == len(p.text) || p.text[p.at] != '"' {
			return nil, fault(p.at, "the name of a member is expected")
		}
		name, err := p.str()
		if err != nil {
			return nil, err
		}
		if _, twice := m[name]; twice {
			return nil, fault(begin, "this member is there twice")
		}
		if p.space(); p.at == len(p.text) || p.text[p.at] != ':' {
			return nil, fault(p.at, "a colon is expected")
		}
		p.at++
		p.space()
		if m[name], err = p.value(depth); err != nil {
			return nil, err
		}
	}
}

func (p *parser) list(depth int) (any, error) {
	all := []any{}
	for first := true; ; first = false {
		done, err := p.next(']', first)
		if done || err != nil {
			return all, err
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
}

// next goes on to the next member or element, or past the end, which done tells.
func (p *parser) next(end byte, first bool) (done bool, err error) {
	p.space()
	switch {
	case p.at == len(p.text):
		return false, fault(p.at, "the text breaks off")
	case p.text[p.at] == end:
		p.at++
		return true, nil
	case first:
		return false, nil
	case p.text[p.at] != ',':
		return false, fault(p.at, "a comma is expected")
	}
	p.at++
	if p.space(); p.at < len(p.text) && p.text[p.at] == end {
		return false, fault(p.at, "something is expected after the comma")
	}
	return false, nil
}

// str reads a string, whose opening quote is here.
func (p *parser) str() (string, error) {
	p.at++
	begin := p.at
	for p.at < len(p.text) { // most strings hold nothing but themselves
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return text(p.text[begin : p.at-1]), nil
		case c == '\\' || c < ' ' || c >= utf8.RuneSelf:
			return p.rest(append([]byte(nil), p.text[begin:p.at]...))
		}
		p.at++
	}
	return "", fault(p.at, "the text breaks off")
}

// text returns the bytes as a string, which for what is in every question takes no memory.
func text(b []byte) string {
	switch string(b) {
	case "subject":
		return "subject"
	case "action":
		return "action"
	case "resource":
		return "resource"
	case "context":
		return "context"
	case "type":
		return "type"
	case "id":
		return "id"
	case "name":
		return "name"
	case "properties":
		return "properties"
	case "owner":
		return "owner"
	case "unit":
		return "unit"
	case "acting_session":
		return "acting_session"
	case person:
		return person
	}
	return string(b)
}

// rest reads a string to its end, of which done was read.
func (p *parser) rest(done []byte) (string, error) {
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == '"':
			p.at++
			return string(done), nil
		case c < ' ':
			return "", fault(p.at, "a control character stands in a string without being escaped")
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			done = utf8.AppendRune(done, r)
		default:
			r, size := utf8.DecodeRune(p.text[p.at:])
			if r == utf8.RuneError && size == 1 {
				return "", fault(p.at, "this is not UTF-8")
			}
			done = append(done, p.text[p.at:p.at+size]...)
			p.at += size
		}
	}
	return "", fault(p.at, "the text breaks off")
}

const escapes = `"\/bfnrt`

// escape reads what a backslash, which is here, stands for.
func (p *parser) escape() (rune, error) {
	begin := p.at
	if p.at++; p.at == len(p.text) {
		return 0, fault(p.at, "the text breaks off")
	}
	c := p.text[p.at]
	if c == 'u' {
		return p.unicode(begin)
	}
	for i := range len(escapes) {
		if escapes[i] == c {
			p.at++
			return rune("\"\\/\b\f\n\r\t"[i]), nil
		}
	}
	return 0, fault(begin, "there is no such escape")
}

// unicode reads the escape of a character, whose u is here: one that two escapes write, where the first is half of one.
func (p *parser) unicode(begin int) (rune, error) {
	r, ok := p.hex()
	if ok && utf16.IsSurrogate(r) {
		var low rune
		if ok = p.at+1 < len(p.text) && p.text[p.at] == '\\' && p.text[p.at+1] == 'u'; ok {
			p.at++
			low, ok = p.hex()
		}
		r = utf16.DecodeRune(r, low)
		ok = ok && r != utf8.RuneError
	}
	switch {
	case !ok:
		return 0, fault(begin, "this escapes no character")
	case r == 0:
		return 0, fault(begin, "a NUL character is in no name and no id")
	}
	return r, nil
}

// hex reads u and four digits.
func (p *parser) hex() (rune, bool) {
	if p.at+5 > len(p.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.text[p.at+1:p.at+5]), 16, 16)
	p.at += 5
	return rune(n), err == nil
}

// number reads a number, which begins here.
func (p *parser) number() (any, error) {
	begin, whole := p.at, true
	if p.text[p.at] == '-' {
		p.at++
	}
	zero := p.at < len(p.text) && p.text[p.at] == '0'
	if n := p.digits(); n == 0 || zero && n > 1 {
		return nil, fault(begin, "this is no number")
	}
	if p.at < len(p.text) && p.text[p.at] == '.' {
		whole = false
		if p.at++; p.digits() == 0 {
			return nil, fault(begin, "this is no number")
		}
	}
	if p.at < len(p.text) && p.text[p.at]|0x20 == 'e' {
		whole = false
		if p.at++; p.at < len(p.text) && (p.text[p.at] == '+' || p.text[p.at] == '-') {
			p.at++
		}
		if p.digits() == 0 {
			return nil, fault(begin, "this is no number")
		}
	}
	text := string(p.text[begin:p.at])
	if n, err := strconv.ParseInt(text, 10, 64); whole && err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if whole || err != nil {
		return nil, fault(begin, "this number is out of range")
	}
	return f, nil
}

func (p *parser) digits() (n int) {
	for ; p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9'; p.at++ {
		n++
	}
	return n
}
