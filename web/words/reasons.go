package words

import (
	"regexp"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	parsers "github.com/nicksnyder/go-i18n/v2/i18n/template"
)

// unsaid is a value in a message that nobody kept.
var unsaid = regexp.MustCompile(`["„]?\{\w+\}["“]?`)

// Reason returns what a person reads about the code of a refusal of which nothing but the code was kept, as the record
// does; values in it are left out. A code that the language does not know is returned as it is.
func (w *Words) Reason(code string) string {
	said, tag, err := w.speaking.LocalizeWithTag(&i18n.LocalizeConfig{MessageID: "error." + code, TemplateParser: parsers.IdentityParser{}})
	if err != nil || tag.String() != w.tag {
		return code
	}
	return unsaid.ReplaceAllString(said, "…")
}
