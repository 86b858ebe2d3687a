// Package names owns what people, groups, units and their ids may be called, and how names and addresses are folded, sorted and
// looked for, alike on every database. It refuses names that show other than what they say. It keeps nothing and asks nobody.
package names

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones are checked the same on every machine
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

const (
	longestName = 200
	mostMarks   = 6 // on one letter
)

// Check returns the name trimmed and in NFC. It refuses names that are empty, too long, show nothing, or hold
// characters that hide or change how the text around them is shown (THREATS 71).
func Check(name string) (string, error) {
	const op = "directory.name"
	name = norm.NFC.String(strings.TrimSpace(name))
	if n := utf8.RuneCountInString(name); n < 1 || n > longestName {
		return "", standin.Refuse(standin.Invalid, op, "directory.name_length", "A name has 1 to {most} characters.").With("most", longestName).On("name")
	}
	if !utf8.ValidString(name) || Deceives(name) || !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		return "", standin.Refuse(standin.Invalid, op, "directory.name_characters",
			"A name has letters or digits, no control characters, and none that hide or change the direction of writing.").On("name")
	}
	return name, nil
}

// Deceives reports whether the text shows other than what it says: by a treacherous character, by a joiner where the
// script joins nothing, or by marks that pile up or fall on the text before it.
func Deceives(text string) bool {
	base, marks := ' ', 0 // what marks and joiners belong to
	for _, r := range text {
		switch {
		case treacherous(r):
			return true
		case joins(r):
			if !unicode.IsLetter(base) && !unicode.IsMark(base) || unicode.In(base, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Han,
				unicode.Hangul, unicode.Hiragana, unicode.Katakana, unicode.Hebrew, unicode.Armenian, unicode.Georgian) {
				return true
			}
		case unicode.Is(unicode.Mn, r):
			if marks++; marks > mostMarks || unicode.IsSpace(base) {
				return true
			}
		default:
			base, marks = r, 0
		}
	}
	return false
}

// joins reports whether r is a joiner, without which Persian and Indic names cannot be written.
func joins(r rune) bool { return r == '\u200C' || r == '\u200D' }

// treacherous reports whether r hides itself or turns the direction of what follows. Selectors of a variant, which some
// Japanese names need, do neither.
func treacherous(r rune) bool {
	switch {
	case joins(r), unicode.Is(unicode.Variation_Selector, r):
		return false
	case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point):
		return true
	}
	return r == utf8.RuneError || r == '\u2800' // a braille pattern without dots
}

// Email returns the address trimmed, and the key under which it is unique in the installation: two addresses that
// differ only in case or in how they are encoded have one key.
func Email(email string) (address, key string, err error) {
	bad := func() (string, string, error) {
		return "", "", standin.Refuse(standin.Invalid, "directory.email", "directory.email", "An e-mail address has the form name@example.org.").On("email")
	}
	address = norm.NFC.String(strings.TrimSpace(email))
	at := strings.LastIndexByte(address, '@')
	if at < 1 || len(address) > 254 || !utf8.ValidString(address) {
		return bad()
	}
	local, domain := address[:at], address[at+1:]
	if strings.ContainsFunc(address, func(r rune) bool {
		return treacherous(r) || joins(r) || unicode.IsSpace(r) || strings.ContainsRune(`"(),:;<>[\]`, r)
	}) ||
		strings.Contains(local, "@") || len(local) > 64 {
		return bad()
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || slices.Contains(strings.Split(ascii, "."), "") {
		return bad()
	}
	return address, Fold(local) + "@" + strings.ToLower(ascii), nil
}

// EmailKey returns the key under which the address is unique in the installation, and whether it is an address at all.
func EmailKey(email string) (string, bool) {
	_, key, err := Email(email)
	return key, err == nil
}

// Fold makes alike what differs only in case or in how it is encoded.
func Fold(s string) string { return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s))) }

// bare folds s and takes its diacritics off, for search: "Müller" becomes "muller".
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(Fold(s)))
}

// Search is what the words of a query are looked for in: every word of the name and the address, each after a space.
func Search(name, email string) string {
	return " " + strings.Join(append(Words(name), bare(email)), " ")
}

// Words are the bare words of s.
func Words(s string) []string {
	return strings.FieldsFunc(bare(s), func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '(' || r == ')' })
}

// SortKey orders names as people expect, alike on every database: hexadecimal digits of the root collation's key.
func SortKey(name string) string {
	var buffer collate.Buffer
	key := collate.New(language.Und, collate.Loose).KeyFromString(&buffer, name)
	return hex.EncodeToString(key[:min(len(key), 200)])
}

// TimeZone refuses what is no time zone on every machine.
func TimeZone(name string) (string, error) {
	if _, err := time.LoadLocation(name); err != nil || ofThisMachine(name) || len(name) > 64 {
		return "", standin.Refuse(standin.Invalid, "directory.time_zone", "directory.time_zone",
			`There is no time zone "{zone}". An IANA name such as Europe/Berlin is expected.`).With("zone", Excerpt(name)).On("time_zone")
	}
	return name, nil
}

// ofThisMachine reports whether the name may mean another time zone, or none, on another machine.
func ofThisMachine(name string) bool {
	return slices.Contains([]string{"", "Local", "localtime", "posixrules", "Factory"}, name) || strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/")
}

// Language returns the tag in its usual form, "" for none, and refuses what is no tag of a language.
func Language(tag string) (string, error) {
	if tag == "" {
		return "", nil
	}
	t, err := language.Parse(tag)
	if err != nil || len(tag) > 35 {
		return "", standin.Refuse(standin.Invalid, "directory.language", "directory.language",
			`"{language}" is no language. A tag such as de or en-GB is expected.`).With("language", Excerpt(tag)).On("language")
	}
	return t.String(), nil
}

// ID refuses what cannot be an identifier of its own, so that ids are safe in records and addresses.
func ID(id string) error {
	if id == "" {
		return standin.Refuse(standin.Invalid, "directory.id", "directory.id_missing", "An id is needed: 1 to 64 letters, digits, _ and -.").On("id")
	}
	if !rights.ValidName(id) {
		return standin.Refuse(standin.Invalid, "directory.id", "directory.id",
			`"{id}" is no id: 1 to 64 letters, digits, _ and - are expected.`).With("id", Excerpt(id)).On("id")
	}
	return nil
}

// Unit refuses what is no path of a unit.
func Unit(id standin.UnitID) error {
	segments := strings.Split(string(id), "/")
	fine := len(id) <= 300 && len(segments) <= 20
	for _, s := range segments {
		fine = fine && rights.ValidName(s)
	}
	if !fine {
		return standin.Refuse(standin.Invalid, "directory.unit", "directory.unit_path",
			`"{unit}" is no unit: names of letters, digits, _ and - are expected, joined by "/".`).With("unit", Excerpt(string(id))).On("unit")
	}
	return nil
}

// Parent returns the unit above, "" for one at the top.
func Parent(id standin.UnitID) standin.UnitID {
	at := strings.LastIndexByte(string(id), '/')
	return id[:max(at, 0)]
}

// Excerpt shortens what was sent, so that an error stays readable.
func Excerpt(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
