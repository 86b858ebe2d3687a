package delegation

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/standin-id/standin"
)

const (
	longestText = 500 // characters of a purpose or a reason
	longestID   = 100 // bytes
)

// clean returns text on one line, without spaces around it. It refuses text that is too long, and characters that are
// unseen or steer the direction of what is read (THREATS 71). Which text, field says.
func clean(text, field string) (string, error) {
	if !utf8.ValidString(text) {
		return "", unreadable(field)
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Zl, r) ||
			unicode.Is(unicode.Zp, r) || r == utf8.RuneError || r == '\uFEFF' || (r >= 0xE0000 && r <= 0xE007F):
			return "", unreadable(field)
		default:
			b.WriteRune(r)
		}
	}
	text = strings.TrimSpace(b.String())
	if utf8.RuneCountInString(text) > longestText {
		return "", standin.Refuse(standin.Invalid, "delegation.text", "delegation.too_long",
			"This is too long. At most {most} characters are kept.").On(field).With("most", longestText)
	}
	return text, nil
}

func unreadable(field string) error {
	return standin.Refuse(standin.Invalid, "delegation.text", "delegation.unreadable",
		"This holds characters that cannot be seen or that turn the direction of reading. Type it anew.").On(field)
}

// checkPurpose cleans a purpose. People say one (A8); programs and the operator need not.
func checkPurpose(text string, caller standin.Caller) (string, error) {
	text, err := clean(text, "purpose")
	if err == nil && text == "" && caller.Actor.Person() != "" {
		return "", standin.Refuse(standin.Invalid, "delegation.text", "delegation.purpose_missing",
			"Say what it is for, such as \"annual leave\".").On("purpose")
	}
	return text, err
}

// known reports whether id can be one at all, so that no database is asked for what it cannot hold.
func known[ID ~string](id ID) bool {
	return id != "" && len(id) <= longestID && utf8.ValidString(string(id)) && !strings.ContainsRune(string(id), 0)
}

// cut shortens what somebody sent, for a message or a record, to what can be stored and shown.
func cut(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > longestID {
		return string(runes[:longestID]) + "…"
	}
	return text
}
