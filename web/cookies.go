package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/words"
)

// hold gives the browser the token of its sign-in; an empty one takes it away.
func (s *site) hold(w http.ResponseWriter, token string) {
	http.SetCookie(w, signin.Cookie(s.secure, token))
}

const flashCookie = "standin-flash"

// tell keeps a message of the catalogue for the page that follows.
func (v *visit) tell(key string, pairs ...string) {
	values := url.Values{"key": {key}}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set("arg."+pairs[i], pairs[i+1])
	}
	v.keep(v.w, flashCookie, url.QueryEscape(values.Encode()), 60)
}

// takeFlash returns the message that was kept, once. Only messages of what was done can come this way.
func (v *visit) takeFlash(b Base) string {
	kept := cookie(v.r, flashCookie)
	if kept == "" || v.r.Method != http.MethodGet || v.r.URL.Path == "/whoami" {
		return ""
	}
	v.keep(v.w, flashCookie, "", -1)
	text, err := url.QueryUnescape(kept)
	if err != nil {
		return ""
	}
	values, err := url.ParseQuery(text)
	if err != nil || !strings.HasPrefix(values.Get("key"), "done.") || !b.words.Has(values.Get("key")) {
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

// returning is the query that leads back to the page, where it was one that can be looked at.
func returning(r *http.Request) string {
	if r.Method != http.MethodGet || r.URL.RequestURI() == "/" {
		if to := r.PostFormValue("return"); r.Method == http.MethodPost && local(to) != "/" {
			return "?return=" + url.QueryEscape(local(to))
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
