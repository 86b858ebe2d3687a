package frame

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/words"
)

// Hold gives the browser the token of its sign-in; an empty one takes it away.
func (s *Site) Hold(w http.ResponseWriter, token string) {
	http.SetCookie(w, signin.Cookie(s.Secure, token))
}

const flashCookie = "standin-flash"

// Tell keeps a message of the catalogue for the page that follows.
func (v *Visit) Tell(key string, pairs ...string) {
	values := url.Values{"key": {key}}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set("arg."+pairs[i], pairs[i+1])
	}
	v.Keep(v.W, flashCookie, url.QueryEscape(values.Encode()), 60)
}

// takeFlash returns the message that was kept, once. Only messages of what was done can come this way.
func (v *Visit) takeFlash(b Base) string {
	kept := cookie(v.R, flashCookie)
	if kept == "" || v.R.Method != http.MethodGet || v.R.URL.Path == "/whoami" {
		return ""
	}
	v.Keep(v.W, flashCookie, "", -1)
	text, err := url.QueryUnescape(kept)
	if err != nil {
		return ""
	}
	values, err := url.ParseQuery(text)
	if err != nil || !strings.HasPrefix(values.Get("key"), "done.") || !b.Words.Has(values.Get("key")) {
		return ""
	}
	var pairs []any
	for name := range values {
		if arg, ok := strings.CutPrefix(name, "arg."); ok {
			pairs = append(pairs, arg, words.Shown(values.Get(name)))
		}
	}
	return b.T(values.Get("key"), pairs...)
}

// Returning is the query that leads back to the page, where it was one that can be looked at.
func Returning(r *http.Request) string {
	if r.Method != http.MethodGet || r.URL.RequestURI() == "/" {
		if to := r.PostFormValue("return"); r.Method == http.MethodPost && Local(to) != "/" {
			return "?return=" + url.QueryEscape(Local(to))
		}
		return ""
	}
	return "?return=" + url.QueryEscape(r.URL.RequestURI())
}

// typed returns what somebody had typed into a form that could not be taken.
func typed(b Base, r *http.Request) []Kept {
	var all []Kept
	for _, field := range [][2]string{{"purpose", "name.purpose"}, {"reason", "invitation.reason"}, {"find", "name.find"}} {
		if value := strings.TrimSpace(r.PostFormValue(field[0])); value != "" {
			all = append(all, Kept{Name: field[0], Label: b.T(field[1]), Value: value})
		}
	}
	return all
}
