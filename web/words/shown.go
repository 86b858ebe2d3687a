package words

import (
	"strings"
	"unicode"
)

// longest is how much of a name or a purpose pages show; the rest is cut. Whole texts stay in the record.
const longest = 200

// Shown returns text as it may be shown: without the characters that steer the direction of what follows (THREATS 71)
// and without control characters, and no longer than 200 characters.
func Shown(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if unicode.Is(unicode.Bidi_Control, r) || (unicode.IsControl(r) && r != '\n') || r == unicode.ReplacementChar {
			continue
		}
		if n++; n > longest {
			return b.String() + "…"
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Isolated returns text with the direction of its letters kept to itself, where it is written from right to left. It is
// for places that take no markup; elsewhere the bdi element does it.
func Isolated(text string) string {
	for _, r := range text {
		if RightToLeft(r) {
			return "\u2068" + text + "\u2069"
		}
	}
	return text
}

// RightToLeft reports whether the letter is of a script that is written from right to left.
func RightToLeft(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
}

// Initials returns at most two letters for the round mark that stands beside a name.
func Initials(name string) string {
	fields := strings.FieldsFunc(Shown(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(fields) == 0 {
		return "?"
	}
	first := []rune(fields[0])[:1]
	if len(fields) == 1 {
		return strings.ToUpper(string(first))
	}
	return strings.ToUpper(string(first) + string([]rune(fields[len(fields)-1])[:1]))
}

// Skeleton returns name as an eye that does not look closely takes it: small letters, common look-alikes of other
// scripts as Latin ones, signs and spaces gone. Two names with one skeleton are told apart by their ids on the page.
func Skeleton(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(Shown(name)) {
		if alike, ok := lookAlike[r]; ok {
			r = alike
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

var lookAlike = map[rune]rune{
	'а': 'a', 'е': 'e', 'о': 'o', 'р': 'p', 'с': 'c', 'у': 'y', 'х': 'x', 'і': 'i', 'ј': 'j', 'ѕ': 's', 'һ': 'h', 'к': 'k',
	'м': 'm', 'т': 't', 'в': 'b', 'н': 'h', 'α': 'a', 'ο': 'o', 'ν': 'v', 'ρ': 'p', 'ι': 'i', 'κ': 'k', 'τ': 't', 'υ': 'u',
	'0': 'o', '1': 'l', 'ı': 'i', 'ä': 'a', 'ö': 'o', 'ü': 'u', 'é': 'e', 'è': 'e', 'á': 'a', 'í': 'i', 'ó': 'o', 'ł': 'l',
}
