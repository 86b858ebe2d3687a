// Package rights is the algebra of what may be done: catalogues, permissions, roles held at units, and the limits of a
// delegation (DESIGN.md §5).
//
// It owns the words and the rules over them, and nothing else: it does no I/O, reads no clock, takes no context and keeps
// no state. What it cannot parse or does not know never permits: a malformed permission covers nothing, and a missing
// unit is within no unit.
package rights

import (
	"strconv"
	"strings"

	"github.com/standin-id/standin"
)

// Any stands for one whole segment of a permission.
const Any = "*"

// Scope says to which records a permission reaches. No scope but Org includes another: what is one's own may lie in
// somebody else's unit.
type Scope uint8

const (
	Own  Scope = iota // the record's owner is the person
	Unit              // the record's unit is at or below the unit where the role is held
	Org               // every record of the organisation
)

var scopeNames = [...]string{Own: "own", Unit: "unit", Org: "org"}

// String returns the scope as it is written after "@".
func (s Scope) String() string {
	if int(s) < len(scopeNames) {
		return scopeNames[s]
	}
	return "scope " + strconv.Itoa(int(s))
}

// includes reports whether every record that t reaches is certainly reached by s.
func (s Scope) includes(t Scope) bool { return s == Org || s == t }

// Permission is one line of a role or of limits: "app:type.action[/field][@scope]". Any may stand for each segment but
// the scope. The zero Permission covers nothing.
type Permission struct {
	Application standin.ApplicationID
	Type        string
	Action      string
	Field       string // "" for the record and its unsealed fields, Any for sealed ones too, a name for that field alone
	Scope       Scope  // Org where none was written
}

// maxName bounds every segment, and with it the whole permission.
const maxName = 64

// ValidName reports whether name can be a segment of a permission: 1 to 64 letters of ASCII, digits, "_" and "-",
// beginning with a letter or a digit.
func ValidName(name string) bool {
	n := nameLength(name)
	return n > 0 && n == len(name) && n <= maxName
}

// nameLength returns how many bytes of s, from its beginning, are a name.
func nameLength(s string) int {
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || c != '_' && c != '-') {
			return i
		}
	}
	return len(s)
}

// Parse reads one permission. A refusal says at which character what was expected.
func Parse(text string) (Permission, error) {
	s := reader{text: text}
	p := Permission{Scope: Org}
	p.Application = standin.ApplicationID(s.segment("an application"))
	s.separator(":")
	p.Type = s.segment("a type")
	s.separator(".")
	p.Action = s.segment("an action")
	if s.optional("/") {
		p.Field = s.segment("a field")
	}
	if s.optional("@") {
		p.Scope = s.scope()
	}
	s.end()
	if s.err != nil {
		return Permission{}, s.err
	}
	return p, nil
}

// reader walks over the text of a permission and keeps its first fault, after which it reads nothing more.
type reader struct {
	text string
	at   int
	err  error
}

func (s *reader) rest() string { return s.text[s.at:] }

func (s *reader) expected(what string) {
	if s.err == nil {
		s.err = standin.Refuse(standin.Invalid, "rights.parse", "rights.permission_form",
			`"{text}" is no permission (app:type.action[/field][@scope]): at character {at}, {expected} is expected`).
			With("text", excerpt(s.text)).With("at", s.at+1).With("expected", what)
	}
}

func (s *reader) segment(what string) string {
	if s.err != nil {
		return ""
	}
	n := nameLength(s.rest())
	if n == 0 && strings.HasPrefix(s.rest(), Any) {
		n = len(Any)
	}
	if n == 0 || n > maxName {
		s.expected(what + " (up to 64 letters, digits, _ and -, or *)")
		return ""
	}
	name := s.rest()[:n]
	s.at += n
	return name
}

func (s *reader) separator(sep string) {
	if s.err == nil && !s.optional(sep) {
		s.expected(`"` + sep + `"`)
	}
}

func (s *reader) optional(sep string) bool {
	if s.err != nil || !strings.HasPrefix(s.rest(), sep) {
		return false
	}
	s.at += len(sep)
	return true
}

func (s *reader) scope() Scope {
	for scope, name := range scopeNames {
		if s.err == nil && s.rest() == name {
			s.at += len(name)
			return Scope(scope)
		}
	}
	s.expected(`"own", "unit" or "org"`)
	return Own
}

func (s *reader) end() {
	if s.err == nil && s.at < len(s.text) {
		s.expected("the end")
	}
}

// excerpt shortens what was sent, so that an error stays readable.
func excerpt(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// String returns the canonical text: Parse reads it back to the same permission, and equal permissions have one text.
// The scope Org is not written.
func (p Permission) String() string {
	var b strings.Builder
	b.WriteString(string(p.Application))
	b.WriteByte(':')
	b.WriteString(p.Type)
	b.WriteByte('.')
	b.WriteString(p.Action)
	if p.Field != "" {
		b.WriteByte('/')
		b.WriteString(p.Field)
	}
	if p.Scope != Org {
		b.WriteByte('@')
		b.WriteString(p.Scope.String())
	}
	return b.String()
}

// matches reports whether the permission speaks of the action, whatever its field and scope.
func (p Permission) matches(application standin.ApplicationID, typ, action string) bool {
	return segmentCovers(string(p.Application), string(application)) && segmentCovers(p.Type, typ) &&
		segmentCovers(p.Action, action)
}

// answersRecord reports whether the permission answers a question that names no field.
func (p Permission) answersRecord() bool { return p.Field == "" || p.Field == Any }

// allowIncludes reports whether everything that q allows is certainly allowed by p too, whatever the catalogue says.
func (p Permission) allowIncludes(q Permission) bool {
	field := p.Field == Any || p.Field == q.Field
	return field && p.Scope.includes(q.Scope) && p.matches(q.Application, q.Type, q.Action)
}

// denyIncludes reports whether everything that q denies is certainly denied by p too. In deny, no field part closes all.
func (p Permission) denyIncludes(q Permission) bool {
	field := p.Field == "" || p.Field == q.Field || p.Field == Any && q.Field != ""
	return field && p.Scope.includes(q.Scope) && p.matches(q.Application, q.Type, q.Action)
}

// segmentCovers reports whether the segment of a permission covers name, which may itself be Any.
func segmentCovers(segment, name string) bool {
	return segment != "" && (segment == Any || segment == name)
}
