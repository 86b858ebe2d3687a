package session

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
)

// GalleryAt is where the gallery of the element is.
const GalleryAt = "/gallery/element"

//go:embed gallery
var shows embed.FS

// exhibit is the element in one state, in the page of an application that knows nothing of it.
type exhibit struct {
	Name       string
	Side, Dir  string
	Lang       string
	Hostile    bool // the page's own style hides everything that it can
	first, now func(f *facts)
	away       bool // Standin does not answer after the first state
}

func exhibits() []exhibit {
	anna := func(f *facts) { f.acts(42 * time.Minute) }
	over := func(how acting.How, by string) func(f *facts) {
		return func(f *facts) {
			f.acts(42 * time.Minute)
			f.over, f.liveness, f.endedBy = noToken(), acting.Liveness{How: how, At: f.now}, by
		}
	}
	read := func(f *facts) {
		anna(f)
		f.who.Delegation.Limits = rights.Limits{ReadOnly: true}
	}
	all := []exhibit{
		{Name: "acting", first: anna},
		{Name: "top", Side: "top", first: anna},
		{Name: "read-only", first: read},
		{Name: "five-minutes", first: func(f *facts) { f.acts(4 * time.Minute) }},
		{Name: "last-minute", first: func(f *facts) { f.acts(50 * time.Second) }},
		{Name: "cover-ends", first: func(f *facts) {
			f.acts(30 * time.Minute)
			f.who.Session.LimitAt, f.who.Delegation.EndsAt = f.who.Session.ExpiresAt, f.who.Session.ExpiresAt
		}},
		{Name: "support", first: func(f *facts) { read(f); f.who.Delegation.Kind = "support" }},
		{Name: "long-names", first: func(f *facts) {
			anna(f)
			f.who.Principal.Name = "Dr. Maximiliane-Theodora von und zu Hohenfels-Württemberg-Oettingen de la Santísima Trinidad"
			f.who.Actor.Name = "<b>Ada</b> \u202eecalevoL"
		}},
		{Name: "hebrew", Dir: "rtl", Lang: "he", first: func(f *facts) { anna(f); f.who.Principal.Name = "רות לוי" }},
		{Name: "german", Lang: "de", first: anna},
		{Name: "hostile", Hostile: true, first: anna},
		{Name: "checking", first: anna, away: true},
		{Name: "changed", first: anna, now: func(f *facts) { f.oneself(true); f.who.Grant.Login = "l-2" }},
		{Name: "switched", first: anna, now: func(f *facts) { anna(f); f.who.Grant.Session, f.who.Principal.Name = "s-2", "Joe Doe" }},
		{Name: "switch", first: func(f *facts) { f.oneself(true) }},
		{Name: "nothing", first: func(f *facts) { f.oneself(false) }},
		{Name: "signed-out", first: func(f *facts) { f.oneself(true) }, now: func(f *facts) { f.oneself(true); f.over, f.out = noToken(), true }},
	}
	for _, how := range []acting.How{acting.Stopped, acting.TimeUp, acting.LimitReached, acting.Withdrawn, acting.Revoked, acting.DelegationOver,
		acting.DelegationPaused, acting.LaidDown, acting.SignedOut, acting.PrincipalInactive} {
		all = append(all, exhibit{Name: "ended-" + string(how), first: anna, now: over(how, "Ann Lee")})
	}
	return all
}

// acts lets the invented Ada act for Ann for so long yet.
func (f *facts) acts(left time.Duration) {
	end := f.now.Add(left)
	f.who = token.Who{Grant: token.Grant{Session: "s-1", Login: "l-1"}, Client: application.Client{ID: "desk", Initiate: GalleryAt},
		Actor:      directory.Person{ID: "p-ada", Name: "Ada Lovelace", TimeZone: "Europe/Berlin"},
		Principal:  directory.Person{ID: "p-ann", Name: "Ann Lee"},
		Session:    acting.Session{ID: "s-1", ExpiresAt: end, LimitAt: f.now.Add(8 * time.Hour)},
		Delegation: delegation.Delegation{Kind: delegation.Cover, StartsAt: f.now.Add(-time.Hour), EndsAt: f.now.Add(7 * 24 * time.Hour)},
		Login:      signin.LoginState{EndsAt: f.now.Add(10 * time.Hour)}}
}

func (f *facts) oneself(choices bool) {
	f.acts(0)
	f.who.Grant.Session, f.who.Session, f.who.Delegation, f.choices = "", acting.Session{}, delegation.Delegation{}, choices
	f.who.Principal = f.who.Actor
}

// Gallery shows the element in every state, with invented people, below /gallery/element. It is for the demonstration and
// for tests, and needs nothing: nothing that it shows is kept or done.
func Gallery(words func(preferences ...string) Words) http.Handler {
	g := &gallery{words: words, pages: template.Must(template.ParseFS(shows, "gallery/*.html"))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+GalleryAt, g.index)
	mux.HandleFunc("GET "+GalleryAt+"/{state}", g.page)
	mux.HandleFunc("GET "+GalleryAt+"/look/{file}", g.look)
	at := GalleryAt + "/{state}" + Prefix
	mux.HandleFunc("GET "+at+"banner.js", serveScript)
	mux.HandleFunc("GET "+at+"state", g.state)
	mux.HandleFunc("GET "+at+"events", g.events)
	mux.HandleFunc("POST "+at+"extend", g.extend)
	mux.HandleFunc("POST "+at+"stop", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, Stopped{Target: GalleryAt}) })
	return mux
}

type gallery struct {
	words func(preferences ...string) Words
	pages *template.Template
}

func exhibited(r *http.Request) (exhibit, bool) {
	all := exhibits()
	i := slices.IndexFunc(all, func(e exhibit) bool { return e.Name == r.PathValue("state") })
	if i < 0 {
		return exhibit{}, false
	}
	return all[i], true
}

func (g *gallery) show(w http.ResponseWriter, page string, of any) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "+
		"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
	_ = g.pages.ExecuteTemplate(w, page, of) // a browser that went away reads nothing
}

func (g *gallery) index(w http.ResponseWriter, _ *http.Request) { g.show(w, "index.html", exhibits()) }

func (g *gallery) page(w http.ResponseWriter, r *http.Request) {
	e, ok := exhibited(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	g.show(w, "page.html", e)
}

func (g *gallery) look(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, shows, "gallery/"+url.PathEscape(r.PathValue("file")))
}

// at returns the exhibit's state, the last where it has two.
func (g *gallery) at(r *http.Request, e exhibit, last bool) State {
	f := facts{now: time.Now().UTC()}
	f.settings = directory.DefaultSettings()
	e.first(&f)
	if last && e.now != nil {
		e.now(&f)
	}
	s := &Session{Config: Config{URL: &url.URL{Path: GalleryAt}}}
	return s.compose(f, g.words(asked(r), r.Header.Get("Accept-Language")))
}

func (g *gallery) state(w http.ResponseWriter, r *http.Request) {
	e, ok := exhibited(r)
	if !ok || e.away {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	answer(w, http.StatusOK, g.at(r, e, true))
}

// extend answers as Standin does: with another hour.
func (g *gallery) extend(w http.ResponseWriter, r *http.Request) {
	e, ok := exhibited(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	first := e.first
	e.first = func(f *facts) { first(f); f.who.Session.ExpiresAt = f.who.Session.ExpiresAt.Add(time.Hour) }
	answer(w, http.StatusOK, g.at(r, e, false))
}

// events says the first state and then the second. What is away says the first once, and nothing to whoever asks again
// within a minute.
func (g *gallery) events(w http.ResponseWriter, r *http.Request) {
	e, ok := exhibited(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	if asked, err := r.Cookie("told"); err == nil && asked.Value == e.Name {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	if e.away {
		http.SetCookie(w, &http.Cookie{Name: "told", Value: e.Name, Path: r.URL.Path, MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for _, last := range []bool{false, true} {
		text, err := json.Marshal(g.at(r, e, last))
		if err != nil || e.now == nil && last {
			break
		}
		if _, err := w.Write([]byte("event: state\ndata: " + string(text) + "\n\n")); err != nil {
			return
		}
	}
	if http.NewResponseController(w).Flush() != nil || e.away {
		<-r.Context().Done()
		return
	}
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			if _, err := w.Write([]byte("event: beat\ndata: -\n\n")); err != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
		}
	}
}
