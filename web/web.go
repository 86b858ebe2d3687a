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
	"github.com/standin-id/standin/web/words"
)

type site struct {
	pages  map[string]*template.Template
	secure bool
	now    func() time.Time
	log    *slog.Logger
}

// plain returns a Base that knows nothing but the browser's language and theme.
func (s *site) plain(r *http.Request) Base {
	b := Base{words: words.In(cookie(r, languageCookie), r.Header.Get("Accept-Language")), zone: time.UTC,
		now: standin.Now(s.now), Path: r.URL.RequestURI(), Word: "deputy", RequestID: standin.RequestOf(r.Context()).ID}
	if theme := cookie(r, themeCookie); theme == "light" || theme == "dark" {
		b.Theme = theme
	}
	return b
}

// show writes the page; a template that fails is a fault of ours and becomes the page of one.
func (s *site) show(w http.ResponseWriter, r *http.Request, status int, name string, view page) {
	if err := s.write(w, status, name, view); err != nil {
		s.log.ErrorContext(r.Context(), "page failed", "page", name, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}
