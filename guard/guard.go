// Package guard owns guardrails: Cedar policies that forbid, whatever the rights (DESIGN.md §5). It refuses policies
// that permit, so that a guardrail can never open anything. It is pure: no I/O, no clock, no state.
package guard

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cedar-policy/cedar-go"

	"github.com/standin-id/standin"
)

// MaxText bounds the text of one set of guardrails, in bytes, and maxDepth its brackets within brackets: the parser
// descends as deep as its text.
const (
	MaxText  = 64 << 10
	maxDepth = 100
)

// Guardrails are policies that parsed and that all forbid. The zero Guardrails forbid nothing.
// They are not changed after Compile and may be shared.
type Guardrails struct {
	index *index // nil where there are none
}

// Compile reads the policies of the text, which may be none. It refuses one that permits, and one whose scope names
// what no question can have, for it would look like a guardrail and forbid nothing. A refusal has the arguments "line"
// and "column", counted from 1 within the text.
func Compile(text string) (Guardrails, error) {
	policies, err := parse(text)
	if err != nil {
		return Guardrails{}, err
	}
	for _, p := range policies {
		if p.Effect() != cedar.Forbid {
			return Guardrails{}, at(standin.Refuse(standin.Invalid, "guard.compile", "guard.not_forbid",
				`line {line}, column {column}: a guardrail only forbids; "forbid" is expected`), p.Position().Line, p.Position().Column)
		}
		if name := stranger(p); name != "" {
			return Guardrails{}, at(standin.Refuse(standin.Invalid, "guard.compile", "guard.never_applies",
				`line {line}, column {column}: no question has {name}, so this would forbid nothing; Person::"…", `+
					`Action::"app:type.action", in one of the groups approves, personal and reads, and Resource::"app:type/…" are known`).
				With("name", shortened(name)), p.Position().Line, p.Position().Column)
		}
	}
	return Guardrails{newIndex(policies, false)}, nil
}

// parse reads policies of either kind.
func parse(text string) (cedar.PolicyList, error) {
	if len(text) > MaxText {
		return nil, standin.Refuse(standin.Invalid, "guard.compile", "guard.too_long",
			"the guardrails are longer than {most} bytes").With("most", MaxText)
	}
	if err := readable(text); err != nil {
		return nil, err
	}
	policies, err := cedar.NewPolicyListFromBytes("", []byte(text))
	if err != nil {
		return nil, syntax(err)
	}
	return policies, nil
}

// Check refuses what Compile refuses.
func Check(text string) error {
	_, err := Compile(text)
	return err
}

// Len returns how many policies there are.
func (g Guardrails) Len() int { return len(g.index.all()) }

// place finds the position that Cedar's parser puts into its errors, and what it says after it.
var place = regexp.MustCompile(`(?s)<input>:(\d+):(\d+):?\s*(.*)$`)

func syntax(err error) error {
	line, column, problem := 1, 1, err.Error()
	if m := place.FindStringSubmatch(problem); m != nil {
		lineNumber, errLine := strconv.Atoi(m[1])
		columnNumber, errColumn := strconv.Atoi(m[2])
		if errors.Join(errLine, errColumn) == nil {
			line, column, problem = lineNumber, columnNumber, m[3]
		}
	}
	return at(standin.Refuse(standin.Invalid, "guard.compile", "guard.syntax",
		"line {line}, column {column}: this is not Cedar: {problem}").With("problem", shortened(problem)).Because(err), line, column)
}

// shortened cuts what somebody else's parser says to what a person may read.
func shortened(problem string) string {
	const most = 200
	if len(problem) <= most {
		return problem
	}
	return strings.ToValidUTF8(problem[:most], "") + "…"
}

func at(refusal *standin.Error, line, column int) *standin.Error {
	return refusal.With("line", line).With("column", column)
}

// readable refuses what must not reach the parser: text that is not UTF-8, and brackets nested too deeply. Brackets in
// strings and comments count as well: no honest text has so many.
func readable(text string) error {
	line, column, depth := 1, 1, 0
	for i, r := range text {
		switch r {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return at(standin.Refuse(standin.Invalid, "guard.compile", "guard.not_utf8",
					"line {line}, column {column}: UTF-8 is expected"), line, column)
			}
		}
		if depth > maxDepth {
			return at(standin.Refuse(standin.Invalid, "guard.compile", "guard.too_deep",
				"line {line}, column {column}: more than {most} brackets within each other").With("most", maxDepth), line, column)
		}
		if column++; r == '\n' {
			line, column = line+1, 1
		}
	}
	return nil
}
