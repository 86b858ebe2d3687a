package standin

import (
	"errors"
	"fmt"
	"strings"
)

// Kind sorts errors by what the caller can do about them. Kinds are part of the wire format: append only.
type Kind string

const (
	Invalid         Kind = "invalid"         // what was sent is wrong; the message says what to change
	NotFound        Kind = "not_found"       // it does not exist, or the caller may not know that it does
	Conflict        Kind = "conflict"        // it changed meanwhile, or exists already
	Denied          Kind = "denied"          // the caller may not do this
	Unauthenticated Kind = "unauthenticated" // nobody is proved to be there
	Unavailable     Kind = "unavailable"     // it cannot be done now; nothing was done
	Internal        Kind = "internal"        // a fault of ours; logged, never shown
	TooMany         Kind = "too_many"        // asked too often; later it will be answered
)

// Error is an error that a person may read. Code names the message in the word catalogues ("error." + Code), Message is
// its English text with {name} where Args has a value for name. Err, the cause, is logged and never shown.
type Error struct {
	Kind    Kind
	Op      string // the room and use case, "delegation.name"
	Code    string // "delegation.over_cap"
	Message string
	Field   string // the input that is to be changed, "" if none
	Args    map[string]string
	Err     error
}

// Refuse returns an error of the kind for the use case op. code is append-only and unique to the message.
func Refuse(kind Kind, op, code, message string) *Error {
	return &Error{Kind: kind, Op: op, Code: code, Message: message}
}

// On names the input that is to be changed.
func (e *Error) On(field string) *Error { e.Field = field; return e }

// With gives the message's placeholder {name} its value.
func (e *Error) With(name string, value any) *Error {
	if e.Args == nil {
		e.Args = map[string]string{}
	}
	e.Args[name] = fmt.Sprint(value)
	return e
}

// Because keeps the cause for the log.
func (e *Error) Because(err error) *Error { e.Err = err; return e }

// Text returns the English message with its values filled in, lengths of time in words.
func (e *Error) Text() string {
	if len(e.Args) == 0 {
		return e.Message
	}
	pairs := make([]string, 0, 2*len(e.Args))
	for name, value := range e.Args {
		pairs = append(pairs, "{"+name+"}", plain(value))
	}
	return strings.NewReplacer(pairs...).Replace(e.Message)
}

// Error is for logs: it names the use case and the cause.
func (e *Error) Error() string {
	s := e.Op + ": " + e.Text()
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first Error in err's chain. An error of no kind is Internal; nil has none.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// CodeOf returns the code of the first Error in err's chain, or "".
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
