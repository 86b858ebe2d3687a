package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

const (
	bodyLimit = 256 << 10 // bytes
	deepest   = 16        // levels of JSON; no body that is described has more
)

// received checks what comes with the request before anything is made of it, and refuses what two readers could read in
// two ways: members and parameters that are there twice, bytes that are no text, a body where none is expected.
func received(op *huma.Operation, r *http.Request) error {
	if err := parameters(op, r); err != nil {
		return err
	}
	if takesList(op) {
		return listed(r)
	}
	text, err := content(r, bodyLimit)
	if err != nil {
		return err
	}
	empty := len(bytes.TrimSpace(text)) == 0
	switch {
	case op.RequestBody == nil && !empty && string(bytes.TrimSpace(text)) != "{}":
		return told(http.StatusUnprocessableEntity, "api.no_body", "This operation takes no body.")
	case op.RequestBody == nil:
		return nil
	case empty && op.RequestBody.Required:
		return told(http.StatusBadRequest, "api.malformed", "This operation needs a body, in JSON.")
	case empty:
		text = nil
	default:
		if err := readable(r.Header, text); err != nil {
			return err
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	return nil
}

// parameters checks path and query, and leaves the query in a form that has one reading.
func parameters(op *huma.Operation, r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return told(http.StatusBadRequest, "api.malformed", "The query of the address is not well-formed.")
	}
	var wrongs []Wrong
	for _, p := range op.Parameters {
		sent := query[p.Name]
		if p.In == "path" {
			sent = []string{r.PathValue(p.Name)}
		}
		switch {
		case p.In == "header" || len(sent) == 0:
		case len(sent) > 1:
			wrongs = append(wrongs, Wrong{Parameter: p.Name, Detail: "This is there more than once."})
		case !plain(sent[0]):
			wrongs = append(wrongs, Wrong{Parameter: p.Name, Detail: "This is not text in UTF-8 without NUL characters."})
		case sent[0] == "" && p.Schema.Type == huma.TypeBoolean:
			wrongs = append(wrongs, Wrong{Parameter: p.Name, Detail: "Either true or false is expected."})
		}
	}
	if wrongs != nil {
		return told(http.StatusUnprocessableEntity, "api.invalid", undescribed, wrongs...)
	}
	r.URL.RawQuery = query.Encode()
	return nil
}

// content reads the whole body, at most so many bytes.
func content(r *http.Request, most int64) ([]byte, error) {
	if r.ContentLength > most {
		return nil, tooLarge(most)
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || int64(len(text)) > most {
		return nil, tooLarge(most)
	}
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return nil, told(http.StatusRequestTimeout, "api.too_slow", "The request's body took too long to arrive.")
	}
	if err != nil {
		return nil, told(http.StatusBadRequest, "api.malformed", "The request's body broke off.")
	}
	return text, nil
}

// readable refuses a body that is not JSON with one reading.
func readable(h http.Header, text []byte) error {
	kind, extra, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset := extra["charset"]
	if err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") || h.Get("Content-Encoding") != "" {
		return told(http.StatusUnsupportedMediaType, "api.media_type",
			"The request's body must be JSON in UTF-8, not compressed, sent as Content-Type: application/json.")
	}
	if !utf8.Valid(text) {
		return told(http.StatusBadRequest, "api.malformed", "The request's body is not UTF-8.")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		return told(http.StatusBadRequest, "api.malformed", "The request's body is not JSON: see "+place(text, err)+".")
	}
	if wrong := survey(text); wrong != nil {
		return told(http.StatusUnprocessableEntity, "api.invalid", undescribed, *wrong)
	}
	return nil
}

// place says where in the text reading failed.
func place(text []byte, err error) string {
	at := len(text)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = min(at, int(e.Offset))
	}
	before := text[:at]
	return fmt.Sprintf("line %d, column %d", 1+bytes.Count(before, []byte("\n")), at-1-bytes.LastIndexByte(before, '\n'))
}

// level is one object or list in which reading is.
type level struct {
	names map[string]bool // of the members so far; nil in a list
	name  string          // the member or the place in the list
	value bool            // the member's name was read, its value is next
	free  bool            // its members are nowhere described
	count int
}

// survey returns the first thing in a JSON text that would be read in more than one way, or is nowhere described: a member
// that is there twice (RFC 8259 §4), or whose name differs from every described one by its letters' case or worse; NUL
// characters, which databases refuse; numbers that are no 64-bit ones; and what nests deeper than any description. nil
// where there is none.
func survey(text []byte) *Wrong {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var path []level
	for {
		token, err := d.Token()
		if err != nil {
			return nil // the end; that the text is JSON was seen before
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			path = path[:len(path)-1]
			continue
		}
		if name, ok := token.(string); ok && len(path) > 0 {
			if l := &path[len(path)-1]; l.names != nil && !l.value {
				if why := misnamed(l.names, name, l.free); why != "" {
					l.name = strings.ToValidUTF8(name[:min(len(name), 100)], "")
					return &Wrong{Pointer: steps(path), Detail: why}
				}
				l.names[name], l.name, l.value = true, name, true
				continue
			}
		}
		if len(path) > 0 {
			path[len(path)-1].advance()
		}
		switch t := token.(type) {
		case string:
			if !plain(t) {
				return &Wrong{Pointer: steps(path), Detail: "This holds a NUL character."}
			}
		case json.Number:
			if _, err := t.Float64(); err != nil {
				return &Wrong{Pointer: steps(path), Detail: "This number is too large."}
			}
		case json.Delim:
			if len(path) == deepest {
				return &Wrong{Pointer: steps(path), Detail: "This nests deeper than anything that is described."}
			}
			inner := level{free: len(path) > 0 && (path[len(path)-1].free || slices.Contains(free, path[len(path)-1].name))}
			if t == '{' {
				inner.names = map[string]bool{}
			}
			path = append(path, inner)
		}
	}
}

// advance notes that a value of the level begins.
func (l *level) advance() {
	if l.names == nil {
		l.name = strconv.Itoa(l.count)
	}
	l.value = false
	l.count++
}

// free are the members whose objects are the sender's own: they are read as they are, whatever the case of their names.
var free = []string{"properties", "before", "after"}

// misnamed says what is wrong with a member's name after those that were there before, "" for nothing. Described members are
// read whatever their case, so no other name is let through that could be one of them.
func misnamed(before map[string]bool, name string, free bool) string {
	switch {
	case before[name]:
		return "This is there more than once."
	case free && plain(name):
		return ""
	case strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || name == "":
		return "unexpected property"
	}
	return ""
}

// steps writes where reading is as a JSON pointer.
func steps(path []level) string {
	var b strings.Builder
	for _, l := range path {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(l.name))
	}
	return b.String()
}

// plain reports whether the text is one that databases keep as it is.
func plain(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

func tooLarge(most int64) error {
	return told(http.StatusRequestEntityTooLarge, "api.too_large", "The request's body is larger than "+strconv.FormatInt(most>>10, 10)+" KiB.")
}

// described reports whether the operation has a parameter of that name in its path or query.
func described(op *huma.Operation, name string) bool {
	return op != nil && slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == name && p.In != "header" })
}
