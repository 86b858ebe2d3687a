// Package words owns what Standin's pages say: the catalogue of messages in each language, and how dates, spans and
// numbers are written in it.
//
// A message that holds markup is parsed by html/template, so a value inside it is always escaped; a name in a message
// without markup is isolated from the direction of the text around it (THREATS 71). The package decides nothing: it is
// told which message to say.
package words

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	parsers "github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"

	"github.com/standin-id/standin"
)

// files are the messages: en.toml and de.toml, and beside them those of a part of the pages, people.en.toml.
//
//go:embed *.toml
var files embed.FS

// Languages are those that pages speak, the first being the default.
var languages = []string{"en", "de"}

// Languages returns the tags of the languages that pages speak, the default first.
func Languages() []string { return append([]string(nil), languages...) }

var catalogue = sync.OnceValue(func() *i18n.Bundle {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	names, err := fs.Glob(files, "*.toml")
	if err != nil {
		panic("words: " + err.Error())
	}
	for _, name := range names {
		if _, err := bundle.LoadMessageFileFS(files, name); err != nil {
			panic(fmt.Sprintf("words: %s: %v", name, err)) // the files are part of the program
		}
	}
	return bundle
})

// Words speaks one language. It may be used by many at once.
type Words struct {
	tag      string
	speaking *i18n.Localizer
}

// In returns the words of the first language that is spoken here among the preferences: language tags, or whole
// Accept-Language headers. Without one it speaks English.
func In(preferences ...string) *Words {
	tags := make([]language.Tag, len(languages))
	for i, tag := range languages {
		tags[i] = language.MustParse(tag)
	}
	matcher := language.NewMatcher(tags)
	chosen := languages[0]
	for _, preference := range preferences {
		asked, _, err := language.ParseAcceptLanguage(preference)
		if err != nil || len(asked) == 0 {
			continue
		}
		if _, i, confidence := matcher.Match(asked...); confidence != language.No {
			chosen = languages[i]
			break
		}
	}
	return &Words{tag: chosen, speaking: i18n.NewLocalizer(catalogue(), chosen)}
}

// Language returns the tag of the language, "en".
func (w *Words) Language() string { return w.tag }

// Text returns the message of the key with the values of args. A key that the language lacks is returned in ⟦⟧.
func (w *Words) Text(key string, args map[string]any) string {
	shown := make(map[string]any, len(args))
	for name, value := range args {
		if s, ok := value.(string); ok {
			value = Isolated(Shown(s))
		}
		shown[name] = value
	}
	return w.say(key, shown)
}

// HTML returns the message of the key, which holds markup, with the values of args escaped.
func (w *Words) HTML(key string, args map[string]any) template.HTML {
	shown := make(map[string]any, len(args))
	for name, value := range args {
		if s, ok := value.(string); ok {
			value = Shown(s)
		}
		shown[name] = value
	}
	return template.HTML(w.say(key, shown)) //nolint:gosec // html/template made it, from the program's own message
}

// Has reports whether the language has the key.
func (w *Words) Has(key string) bool {
	_, tag, err := w.speaking.LocalizeWithTag(&i18n.LocalizeConfig{MessageID: key, TemplateParser: parsers.IdentityParser{}})
	return err == nil && tag.String() == w.tag
}

func (w *Words) say(key string, args map[string]any) string {
	config := &i18n.LocalizeConfig{MessageID: key, TemplateData: args, TemplateParser: parser{}}
	if n, ok := args["Count"]; ok {
		config.PluralCount = n
	}
	text, err := w.speaking.Localize(config)
	if err != nil {
		return "⟦" + key + "⟧"
	}
	return text
}

// Error returns what a person reads about err: the message of its code in this language, else its own English.
func (w *Words) Error(err *standin.Error) string {
	text := err.Message
	if w.tag != languages[0] {
		config := &i18n.LocalizeConfig{MessageID: "error." + err.Code, TemplateParser: parsers.IdentityParser{}}
		if said, lErr := w.speaking.Localize(config); lErr == nil {
			text = said
		}
	}
	pairs := make([]string, 0, 2*len(err.Args))
	for name, value := range err.Args {
		pairs = append(pairs, "{"+name+"}", Isolated(Shown(w.value(value))))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// parser parses a message with markup as html/template does and any other as text/template does. Which one follows from
// the message alone, for go-i18n keeps what was parsed first.
type parser struct{}

func (parser) Cacheable() bool { return true }

func (parser) Parse(src, left, right string) (parsers.ParsedTemplate, error) {
	if !strings.Contains(src, "<") {
		return (&parsers.TextParser{Option: "missingkey=error"}).Parse(src, left, right)
	}
	t, err := template.New("").Option("missingkey=error").Parse(src)
	if err != nil {
		return nil, err
	}
	return markup{t}, nil
}

type markup struct{ *template.Template }

func (m markup) Execute(data any) (string, error) {
	var b strings.Builder
	if err := m.Template.Execute(&b, data); err != nil {
		return "", err
	}
	return b.String(), nil
}
