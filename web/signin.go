package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/frame"
)

// Prove asks for the password once more, when a factor was proved too long ago.
type Prove struct {
	frame.Base
	App    *frame.Asking // the application that the person is on the way to, nil for none
	Return string
	Again  string       // where the form goes that was sent without a proof, "" for none
	Kept   []frame.Kept // what was typed in it
	Trial  string       // the demonstration tells their password to whoever came in without one
}

// Terms shows the organisation's privacy notice. Why says that it cannot be accepted now.
type Terms struct {
	frame.Base
	Version string
	Text    []string
	Changed bool
	Why     string
	App     *frame.Asking
	Return  string
}

func (s *site) showSignIn(w http.ResponseWriter, r *http.Request) {
	if token := signin.Token(r, s.Secure); token != "" {
		if _, err := s.Signin.Resolve(r.Context(), token, frame.Origin(r)); err == nil {
			http.Redirect(w, r, frame.Local(r.FormValue("return")), http.StatusSeeOther)
			return
		}
	}
	s.Show(w, r, http.StatusOK, "signin", s.asksSignIn(w, r, frame.Local(r.FormValue("return"))))
}

// asksSignIn is the page that asks who is here, and names the application that wants to know.
func (s *site) asksSignIn(w http.ResponseWriter, r *http.Request, to string) *frame.SignIn {
	v := &frame.SignIn{Base: s.Plain(r), Return: to}
	if app := s.Asked(w, r, to); app != nil {
		v.Application = app.Name
	}
	return v
}

func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	email, to := strings.TrimSpace(r.PostFormValue("email")), frame.Local(r.PostFormValue("return"))
	token, _, err := s.Signin.Password(r.Context(), email, r.PostFormValue("password"), frame.Origin(r))
	if err != nil {
		s.signInRefused(w, r, email, to, err)
		return
	}
	s.welcome(w, r, token, to)
}

// welcome ends the sign-in that the browser had before, gives it the new one, and leads on: to the choice, where there is
// one and no application's request or page is to ask for it.
func (s *site) welcome(w http.ResponseWriter, r *http.Request, token, to string) {
	if former := signin.Token(r, s.Secure); former != "" {
		if err := s.Signin.Out(r.Context(), former, frame.Origin(r)); err != nil {
			s.Fail(w, r, s.Plain(r), err)
			return
		}
	}
	s.Hold(w, token)
	if s.Asked(w, r, to) != nil || strings.HasPrefix(to, "/choose") {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	here, err := s.Signin.Resolve(r.Context(), token, frame.Origin(r))
	if err != nil {
		s.TurnAway(w, r, err)
		return
	}
	choices, err := s.Acting.Choices(r.Context(), here.Caller)
	if err != nil {
		s.Fail(w, r, s.Plain(r), err)
		return
	}
	if slices.ContainsFunc(choices, func(c acting.Choice) bool { return c.Refusal == nil }) {
		to = "/choose?return=" + url.QueryEscape(to)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (s *site) signInRefused(w http.ResponseWriter, r *http.Request, email, to string, err error) {
	e, known := errors.AsType[*standin.Error](err)
	if !known || e.Kind == standin.Internal || e.Kind == standin.Unavailable {
		s.Fail(w, r, s.Plain(r), err)
		return
	}
	v := s.asksSignIn(w, r, to)
	v.Email = email
	if v.Blocked = e.Code == "signin.blocked"; !v.Blocked {
		v.Problems = []frame.Problem{{Field: "password", Text: v.Base.Error(e)}}
	}
	s.Show(w, r, frame.StatusOf(err), "signin", v)
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.Signin.Out(r.Context(), signin.Token(r, s.Secure), frame.Origin(r)); err != nil {
		s.Fail(w, r, s.Plain(r), err)
		return
	}
	s.Hold(w, "")
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

func (v *visit) showProve() error {
	v.Show(v.W, v.R, http.StatusOK, "prove", v.asking(v.Base, frame.Local(v.R.FormValue("return"))))
	return nil
}

// asking is the page that asks the visitor to prove who they are.
func (v *visit) asking(b frame.Base, to string) *Prove {
	p := &Prove{Base: b, App: v.Asked(v.W, v.R, to), Return: to}
	if v.demo != nil {
		for _, c := range v.demo.People {
			if c.ID == v.Caller.Actor.Person() && v.Caller.Organisation == v.demo.Organisation {
				p.Trial = c.Password
			}
		}
	}
	return p
}

func (v *visit) prove() error {
	to := frame.Local(v.R.PostFormValue("return"))
	err := v.proveNow()
	if problem, ok := v.Problem(err); ok {
		b := v.Base
		b.Problems = []frame.Problem{{Field: "password", Text: problem.Text}}
		v.Show(v.W, v.R, frame.StatusOf(err), "prove", v.asking(b, to))
		return nil
	}
	if err != nil {
		return err
	}
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
	return nil
}

// proveNow proves the factor that was sent along, and gives the browser its new token.
func (v *visit) proveNow() error {
	token, login, err := v.Signin.Prove(v.R.Context(), v.Token, v.R.PostFormValue("password"), frame.Origin(v.R))
	if err != nil {
		return err
	}
	v.Token, v.Caller.Login = token, login
	v.Hold(v.W, token)
	return nil
}

// stale reports whether the factor was proved too long ago for something that gives rights away.
func (v *visit) stale() bool { return v.RequireFactor(v.Base.Now) != nil }

func (v *visit) showTerms() error {
	notice := v.Organisation.Settings.Notice(v.Base.Lang())
	page := &Terms{Base: v.Base, Version: notice.Version, Text: paragraphs(notice.Text), Changed: v.Person.AcceptedVersion != "",
		Return: frame.Local(v.R.FormValue("return"))}
	page.App = v.Asked(v.W, v.R, page.Return)
	if v.Caller.Acting() {
		page.Why = v.Base.T("terms.acting", "Principal", v.Principal.Name)
	}
	v.Show(v.W, v.R, http.StatusOK, "terms", page)
	return nil
}

func (v *visit) acceptTerms() error {
	if err := v.Signin.AcceptNotice(v.R.Context(), v.Caller, v.R.PostFormValue("version")); err != nil {
		return err
	}
	http.Redirect(v.W, v.R, frame.Local(v.R.PostFormValue("return")), http.StatusSeeOther)
	return nil
}

func paragraphs(text string) []string {
	var all []string
	for _, p := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}
