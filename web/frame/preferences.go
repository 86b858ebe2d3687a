package frame

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/words"
)

const (
	languageCookie = "standin-language"
	themeCookie    = "standin-theme"
	year           = 365 * 24 * 60 * 60
)

// preferences answers POST /preferences: language and theme, which a browser keeps. The language becomes that of whoever is
// signed in, too, so that the banner in applications, which get no cookie of this site, speaks it.
func (s *Site) preferences(w http.ResponseWriter, r *http.Request) {
	if language := r.PostFormValue("language"); slices.Contains(words.Languages(), language) {
		s.Keep(w, languageCookie, language, year)
		s.prefer(r, language)
	}
	switch theme := r.PostFormValue("theme"); theme {
	case "light", "dark":
		s.Keep(w, themeCookie, theme, year)
	case "system":
		s.Keep(w, themeCookie, "", -1)
	}
	http.Redirect(w, r, Local(r.PostFormValue("return")), http.StatusSeeOther)
}

// prefer notes the language with the person who is signed in. While acting nothing of anybody's is changed: the browser alone
// keeps it then, as it does where it cannot be noted.
func (s *Site) prefer(r *http.Request, language string) {
	raw := signin.Token(r, s.Secure)
	if raw == "" || s.Signin == nil {
		return
	}
	here, err := s.Signin.Resolve(r.Context(), raw, Origin(r))
	if err != nil || here.Caller.Acting() || here.Person.Language == language || r.PostFormValue("identity") != stamp(here.Caller) {
		return
	}
	if err := s.Directory.SetPreferences(r.Context(), here.Caller, "", language); err != nil {
		s.Log.WarnContext(r.Context(), "language not noted with the person", "error", err)
	}
}

// Speak lets the browser keep the language; "" leaves it to the person's, or to what the browser asks for.
func (s *Site) Speak(w http.ResponseWriter, language string) {
	if language == "" {
		s.Keep(w, languageCookie, "", -1)
		return
	}
	s.Keep(w, languageCookie, language, year)
}

// Keep sets a cookie that says nothing about who somebody is.
func (s *Site) Keep(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: s.Secure,
		SameSite: http.SameSiteLaxMode})
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// Local returns the address when it is a path of this site, else the first page: nobody is sent elsewhere from here.
func Local(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(address, "/") ||
		strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n\t") {
		return "/"
	}
	return address
}
