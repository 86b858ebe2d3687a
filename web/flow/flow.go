// Package flow owns the pages between people and the applications that they sign in to: allowing an application to be told
// of them, leaving it, what they are signed in to and what they allowed, and what is said where an application's request
// cannot be answered.
//
// It sends nobody anywhere but within this site and to addresses that were registered, and tells an application nothing
// itself: its requests are answered by the provider, to whose addresses these pages lead back.
package flow

import (
	"embed"
	"net/http"
	"net/url"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/frame"
)

//go:embed *.html
var files embed.FS

// visit is one request by somebody who is signed in.
type visit struct{ *frame.Visit }

// Pages are those between people and applications.
func Pages() frame.Set {
	return frame.Set{Files: files, Views: map[string]frame.Page{"consent": &Consent{}, "leaving": &Leave{}, "signed-out": &SignedOut{},
		"stranded": &Stranded{}, "own-applications": &Applications{}}}
}

// Mount adds the pages to the mux.
func Mount(mux *http.ServeMux, s *frame.Site) {
	for pattern, do := range map[string]func(*visit) error{
		"GET /consent":                       (*visit).showConsent,
		"POST /consent":                      (*visit).consent,
		"GET /settings/applications":         (*visit).applications,
		"POST /settings/applications/{what}": (*visit).changeApplications,
	} {
		mux.HandleFunc(pattern, s.SignedIn(func(v *frame.Visit) error { return do(&visit{v}) }, 0))
	}
	shown := s.SignedIn(func(v *frame.Visit) error { return (&visit{v}).showLeave() }, frame.WithoutTerms|frame.AfterEnd)
	mux.HandleFunc("GET /leave", func(w http.ResponseWriter, r *http.Request) {
		if _, err := s.Signin.Glance(r.Context(), signin.Token(r, s.Secure)); standin.KindOf(err) == standin.Unauthenticated {
			http.Redirect(w, r, onward(r), http.StatusSeeOther)
			return
		}
		shown(w, r)
	})
	mux.HandleFunc("POST /leave", func(w http.ResponseWriter, r *http.Request) { leave(s, w, r) })
	mux.HandleFunc("GET /signed-out", func(w http.ResponseWriter, r *http.Request) {
		switch _, err := s.Signin.Glance(r.Context(), signin.Token(r, s.Secure)); {
		case err == nil: // anybody can lead them here; they are asked, and told as whom they are signed in
			http.Redirect(w, r, "/leave", http.StatusSeeOther)
		case standin.KindOf(err) == standin.Unauthenticated:
			s.Show(w, r, http.StatusOK, "signed-out", &SignedOut{s.Plain(r)})
		default:
			s.Fail(w, r, s.Plain(r), err)
		}
	})
}

// SignedOut says that nobody is signed in any more, where an application named no page to go on to.
type SignedOut struct{ frame.Base }

// Leave asks whether whoever signed out of an application signs out of Standin, too (OpenID Connect RP-Initiated Logout
// §2: the person is asked where it is not certain that the application asks for them).
type Leave struct {
	frame.Base
	App    *frame.Asking // nil where it did not say which one it is
	Client string
	Return string
}

// logout is below which the provider's answers to a sign-out are.
const logout = "/oauth2/logout"

// onward returns where the request to leave goes on, which is the provider's own address or the page that says the end.
func onward(r *http.Request) string {
	to := frame.Local(r.FormValue("return"))
	if path, _, _ := strings.Cut(to, "?"); path == logout || strings.HasPrefix(path, logout+"/") {
		return to
	}
	return "/signed-out"
}

func (v *visit) showLeave() error {
	page := &Leave{Base: v.Base, Client: v.R.FormValue("client"), Return: onward(v.R)}
	if page.Client != "" {
		var err error
		if page.App, err = v.AskingClient(v.W, v.R, v.Caller.Organisation, standin.ClientID(page.Client)); err != nil {
			return err
		}
	}
	v.Show(v.W, v.R, http.StatusOK, "leaving", page)
	return nil
}

// leave ends the sign-in, or leaves it, and leads on. It needs no permission and asks for no identity (P6).
func leave(s *frame.Site, w http.ResponseWriter, r *http.Request) {
	to := onward(r)
	if r.PostFormValue("answer") != "out" {
		if to == "/signed-out" {
			to = "/"
		} else if u, err := url.Parse(to); err == nil {
			q := u.Query()
			q.Set("stay", "1")
			u.RawQuery = q.Encode()
			to = u.String()
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	if err := s.Signin.Out(r.Context(), signin.Token(r, s.Secure), frame.Origin(r)); err != nil {
		s.Fail(w, r, s.Plain(r), err)
		return
	}
	s.Hold(w, "")
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, to, http.StatusSeeOther)
}
