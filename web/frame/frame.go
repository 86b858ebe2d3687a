// Package frame owns what all pages have in common: who is here and as whom, the layout with its banner and menu, words
// and times in the reader's language, the way in and out, and the pages that say that something is not so.
//
// It shows no page of its own beyond those, and decides nothing: it asks signin who is here, and refuses what comes from
// another site or was made for another identity than the present one.
package frame

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/decision/trials"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/directory/checks"
	"github.com/standin-id/standin/directory/rules"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/keys"
	"github.com/standin-id/standin/token/logout"
	"github.com/standin-id/standin/web/words"
	"github.com/standin-id/standin/world/exports"
	"github.com/standin-id/standin/world/lists"
)

// Rooms are the rooms whose use cases the pages call.
type Rooms struct {
	DB           *db.DB
	Applications *application.Applications
	Directory    *directory.Directory
	Delegations  *delegation.Delegations
	Acting       *acting.Acting
	Decisions    *decision.Decisions
	Rules        *rules.Rules
	Trials       *trials.Trials
	Signin       *signin.Signin
	Previews     *impact.Previews
	Lists        *lists.Lists
	Checks       *checks.Checks
	Exports      *exports.Exports
	Tokens       *token.Tokens // nil where no application signs in here
	Signing      *keys.Keys
	Logout       *logout.Logout
}

// Config says what the pages stand on.
type Config struct {
	Rooms
	// Secure says that browsers reach the pages by https: cookies are then theirs alone, "__Host-".
	Secure bool
	Now    func() time.Time
	Log    *slog.Logger
	// Trial offers the way in without a password. Only the command demo has one.
	Trial bool
}

// Site is everything that answers with pages. It may be used by many at once.
type Site struct {
	Config
	pages map[string]*template.Template
}

// Page is a view struct that embeds Base.
type Page interface{ base() *Base }

// Set is the pages of a package: their templates, NAME.html, and by name an example of each page's struct, which the tests
// hold against its template. Shared are files with parts that several of them write.
type Set struct {
	Files  fs.FS
	Views  map[string]Page
	Shared []string
}

//go:embed *.html
var files embed.FS

// Pages are the frame's own.
func Pages() Set {
	return Set{Files: files, Views: map[string]Page{"signin": &SignIn{}, "ended": &Ended{}, "changed": &Changed{}, "error": &Failure{}}}
}

var functions = template.FuncMap{"icon": icon, "shown": words.Shown}

// Parse returns the templates of all pages of the sets, each with the layout and the shared parts.
func Parse(sets ...Set) map[string]*template.Template {
	frame := template.Must(template.New("layout.html").Funcs(functions).ParseFS(files, "layout.html", "parts.html", "fields.html"))
	all := map[string]*template.Template{}
	for _, set := range sets {
		for name := range set.Views {
			all[name] = template.Must(template.Must(frame.Clone()).ParseFS(set.Files, append([]string{name + ".html"}, set.Shared...)...))
		}
	}
	return all
}

// New returns a site that shows the pages of the sets, and its own.
func New(c Config, sets ...Set) *Site {
	pages := Parse(Pages())
	maps.Copy(pages, Parse(sets...))
	return &Site{Config: c, pages: pages}
}

// Mount adds what every page needs: files to load, preferences, who is here, and an answer for addresses that are no page.
func (s *Site) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /assets/{file}", serveAsset)
	mux.HandleFunc("POST /preferences", s.preferences)
	if s.Signin != nil {
		mux.HandleFunc("GET /whoami", s.whoAmI)
		mux.HandleFunc("/", s.lost)
	}
}

// lost answers for addresses that are no page, under the banner where somebody acts.
func (s *Site) lost(w http.ResponseWriter, r *http.Request) {
	b := s.Plain(r)
	if here, err := s.Signin.Glance(r.Context(), signin.Token(r, s.Secure)); err == nil {
		v := &Visit{Site: s, W: w, R: r, Visit: here}
		if dressed, err := v.dress(); err == nil {
			b = dressed
		}
	}
	s.Fail(w, r, b, NoPage())
}

// Plain returns a Base that knows nothing but the browser's language and theme.
func (s *Site) Plain(r *http.Request) Base {
	b := Base{Words: words.In(cookie(r, languageCookie), r.Header.Get("Accept-Language")), Location: time.UTC,
		Now: standin.Now(s.Now), Path: r.URL.RequestURI(), Word: "deputy", RequestID: standin.RequestOf(r.Context()).ID,
		Demo: s.Trial}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		b.Path = "/"
	}
	if theme := cookie(r, themeCookie); theme == "light" || theme == "dark" {
		b.Theme = theme
	}
	return b
}

// Show writes the page of the name; a template that fails is a fault of ours.
func (s *Site) Show(w http.ResponseWriter, r *http.Request, status int, name string, view Page) {
	if err := s.write(w, status, name, view); err != nil {
		s.Log.ErrorContext(r.Context(), "page failed", "page", name, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// write renders the page whole before a byte is sent, so that a fault in a template becomes an error and not half a page.
func (s *Site) write(w http.ResponseWriter, status int, name string, view Page) error {
	var b bytes.Buffer
	if err := s.pages[name].Execute(&b, view); err != nil {
		return fmt.Errorf("web: page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", view.base().Lang())
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

// ShowPart writes one named part of a page, for a script that puts it in place.
func (s *Site) ShowPart(w http.ResponseWriter, name, part string, view Page) error {
	var b bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&b, part, view); err != nil {
		return fmt.Errorf("web: part %s of page %s: %w", part, name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := b.WriteTo(w)
	return err
}
