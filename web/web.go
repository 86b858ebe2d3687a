// Package web owns the pages: it reads what a browser sends, calls one use case of a room, and shows the outcome in the
// person's language. It decides nothing, keeps nothing, and refuses what comes from another site or was made for another
// identity than the present one.
package web

import (
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/words"
)

// Rooms are the rooms whose use cases the pages call.
type Rooms struct {
	DB           *db.DB
	Applications *application.Applications
	Directory    *directory.Directory
	Delegations  *delegation.Delegations
	Acting       *acting.Acting
	Signin       *signin.Signin
}

// Config says what the pages stand on.
type Config struct {
	Rooms
	// Secure says that browsers reach the pages by https: cookies are then theirs alone, "__Host-".
	Secure bool
	Now    func() time.Time
	Log    *slog.Logger
	// Demo adds the page of people to continue as, and the gallery. Only the command demo gives it.
	Demo *Demo
}

type site struct {
	Rooms
	pages  map[string]*template.Template
	secure bool
	now    func() time.Time
	log    *slog.Logger
	demo   *Demo
}

// New returns the handler of all pages, and of what they load.
func New(c Config) http.Handler {
	s := &site{Rooms: c.Rooms, pages: parse(), secure: c.Secure, now: c.Now, log: c.Log, demo: c.Demo}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{file}", serveAsset)
	mux.HandleFunc("POST /preferences", s.preferences)
	mux.HandleFunc("GET /signin", s.showSignIn)
	mux.HandleFunc("POST /signin", s.signIn)
	mux.HandleFunc("POST /signout", s.signOut)
	mux.HandleFunc("GET /whoami", s.whoAmI)
	mux.HandleFunc("POST /stop", s.stop)
	mux.HandleFunc("/", s.lost)
	for pattern, p := range map[string]struct {
		do   func(*visit) error
		also allowance
	}{
		"GET /{$}":                        {(*visit).home, 0},
		"GET /prove":                      {(*visit).showProve, withoutTerms},
		"POST /prove":                     {(*visit).prove, withoutTerms},
		"GET /terms":                      {(*visit).showTerms, withoutTerms},
		"POST /terms":                     {(*visit).acceptTerms, withoutTerms},
		"GET /choose":                     {(*visit).showChooser, afterEnd},
		"POST /choose":                    {(*visit).choose, afterEnd},
		"GET /stop":                       {(*visit).showStop, 0},
		"POST /extend":                    {(*visit).extend, 0},
		"GET /cover/name":                 {(*visit).showName, 0},
		"POST /cover/name":                {(*visit).name, 0},
		"GET /cover/{delegation}":         {(*visit).showDelegation, 0},
		"GET /cover/{delegation}/edit":    {(*visit).showEdit, 0},
		"POST /cover/{delegation}/edit":   {(*visit).edit, 0},
		"POST /cover/{delegation}/{verb}": {(*visit).change, 0},
		"GET /audit":                      {(*visit).audit, 0},
		"GET /audit/export":               {(*visit).exportAudit, 0},
	} {
		mux.HandleFunc(pattern, s.signedIn(p.do, p.also))
	}
	if s.demo != nil {
		mux.HandleFunc("GET /continue", s.showContinue)
		mux.HandleFunc("POST /continue", s.continueAs)
		mux.HandleFunc("GET /gallery", s.serveGallery)
		mux.HandleFunc("GET /gallery/{page}/{state}", s.serveGallery)
	}
	return guarded(mux)
}

// lost answers for addresses that are no page, under the banner where somebody acts.
func (s *site) lost(w http.ResponseWriter, r *http.Request) {
	b := s.plain(r)
	if here, err := s.Signin.Glance(r.Context(), signin.Token(r, s.secure)); err == nil {
		v := &visit{site: s, w: w, r: r, Visit: here}
		if dressed, err := v.dress(); err == nil {
			b = dressed
		}
	}
	s.fail(w, r, b, notFound())
}

// plain returns a Base that knows nothing but the browser's language and theme.
func (s *site) plain(r *http.Request) Base {
	b := Base{words: words.In(cookie(r, languageCookie), r.Header.Get("Accept-Language")), zone: time.UTC,
		now: standin.Now(s.now), Path: r.URL.RequestURI(), Word: "deputy", RequestID: standin.RequestOf(r.Context()).ID,
		Demo: s.demo != nil}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		b.Path = "/"
	}
	if theme := cookie(r, themeCookie); theme == "light" || theme == "dark" {
		b.Theme = theme
	}
	return b
}

// show writes the page; a template that fails is a fault of ours.
func (s *site) show(w http.ResponseWriter, r *http.Request, status int, name string, view page) {
	if err := s.write(w, status, name, view); err != nil {
		s.log.ErrorContext(r.Context(), "page failed", "page", name, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}
