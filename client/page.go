package client

import (
	"context"
	"encoding/json"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// notice is a page of the client's own: what is so, and one thing to do.
type notice struct {
	Lang, Title, Text, Action, Button, Link, Label string
}

var noticePage = template.Must(template.New("notice").Parse(`<!doctype html>
<html lang="{{.Lang}}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title>
<main><h1>{{.Title}}</h1>{{with .Text}}<p>{{.}}</p>{{end}}
{{if .Action}}<form method="post" action="{{.Action}}"><button>{{.Button}}</button></form>{{end}}
{{if .Link}}<p><a href="{{.Link}}">{{.Label}}</a></p>{{end}}</main></html>
`))

// said are the client's few words, by language.
var said = map[string]map[string]string{
	"en": {
		"sign_out": "Sign out",
		"again":    "Sign in", "retry": "Try again",
		"nobody": "You are not signed in", "nobody_text": "The sign-in did not come to its end, or was begun in another window long ago. Nothing was done.",
		"ended": "Your access has ended", "ended_text": "Nothing more is sent in anybody's name. Sign in to go on as yourself.",
		"away": "This cannot be shown right now", "away_text": "It is not certain whether your access still stands, so nothing is done. Try again in a moment.",
		"wrong": "This does not work", "wrong_text": "The request came from another site, or is not what was expected. Nothing was done.",
	},
	"de": {
		"sign_out": "Abmelden",
		"again":    "Anmelden", "retry": "Noch einmal versuchen",
		"nobody": "Sie sind nicht angemeldet", "nobody_text": "Die Anmeldung kam nicht zu Ende oder wurde vor langer Zeit in einem anderen Fenster begonnen. Nichts ist geschehen.",
		"ended": "Ihr Zugriff ist beendet", "ended_text": "Es wird nichts mehr in jemandes Namen gesendet. Melden Sie sich an, um als Sie selbst weiterzuarbeiten.",
		"away": "Das lässt sich gerade nicht zeigen", "away_text": "Es ist nicht sicher, ob Ihr Zugriff noch gilt; darum geschieht nichts. Versuchen Sie es gleich noch einmal.",
		"wrong": "Das geht nicht", "wrong_text": "Die Anfrage kam von einer anderen Seite oder ist nicht, was erwartet wurde. Nichts ist geschehen.",
	},
}

func language(r *http.Request) string {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(r.Header.Get("Accept-Language"))), "de") {
		return "de"
	}
	return "en"
}

// show writes a page of the client's own. Its policy lets in nothing from anywhere.
func (c *Client) show(w http.ResponseWriter, r *http.Request, status int, n notice) {
	n.Lang = language(r)
	words := said[n.Lang]
	for _, field := range []*string{&n.Title, &n.Text, &n.Button, &n.Label} {
		if text, ok := words[*field]; ok {
			*field = text
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", n.Lang)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; form-action 'self' "+c.Issuer+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = noticePage.Execute(w, n) // whoever went away needs no page
}

// unknown answers where nobody may pass: it sends a browser that wants a page to sign in and come back, says 503 where Standin
// does not answer, and 401 to everything else.
func (c *Client) unknown(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, ErrNobody) && !errors.Is(err, ErrEnded) {
		c.refuse(w, r, http.StatusServiceUnavailable, err)
		return
	}
	if navigates(r) {
		c.signIn(w, r, r.URL.RequestURI())
		return
	}
	c.refuse(w, r, http.StatusUnauthorized, err)
}

// navigates reports whether a browser asks for a page.
func navigates(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" && mode != "navigate" {
		return false
	}
	return r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// refuse answers what goes no further, and keeps why for the log.
func (c *Client) refuse(w http.ResponseWriter, r *http.Request, status int, why error) {
	level := slog.LevelWarn
	if status >= 500 && errors.Is(r.Context().Err(), context.Canceled) && context.Cause(r.Context()) == context.Canceled {
		level = slog.LevelDebug // whoever asked has gone
	}
	c.log.Log(r.Context(), level, "a request was refused", "path", r.URL.Path, "status", status, "error", why)
	if c.Refuse != nil {
		c.Refuse(w, r, status, why)
		return
	}
	n := notice{Title: "wrong", Text: "wrong_text", Link: path.Join(c.base, "login"), Label: "again"}
	switch {
	case status >= 500:
		w.Header().Set("Retry-After", "5")
		n = notice{Title: "away", Text: "away_text", Link: c.local(r.URL.RequestURI()), Label: "retry"}
	case errors.Is(why, ErrEnded):
		n.Title, n.Text = "ended", "ended_text"
	case errors.Is(why, ErrNobody) || errors.Is(why, errAttempt):
		n.Title, n.Text = "nobody", "nobody_text"
	}
	if back := c.local(r.URL.RequestURI()); status < 500 && r.Method == http.MethodGet && back != "/" {
		n.Link += "?" + url.Values{"return": {back}}.Encode()
	}
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		c.show(w, r, status, n)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	words := said[language(r)]
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": words[n.Title], "detail": words[n.Text]})
}

// statusOf is the status that says why it goes no further.
func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrEnded), errors.Is(err, ErrNobody):
		return http.StatusUnauthorized
	case errors.Is(err, errClaims):
		return http.StatusForbidden
	}
	return http.StatusServiceUnavailable
}
