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
)

// SignIn asks for e-mail and password.
type SignIn struct {
	Base
	Email       string
	Return      string
	Application string // that asked for the sign-in
	Blocked     bool
}

// Prove asks for the password once more, when a factor was proved too long ago.
type Prove struct {
	Base
	Return string
}

// Terms shows the organisation's privacy notice. Why says that it cannot be accepted now.
type Terms struct {
	Base
	Version string
	Text    []string
	Changed bool
	Why     string
	Return  string
}

func (s *site) showSignIn(w http.ResponseWriter, r *http.Request) {
	if token := signin.Token(r, s.secure); token != "" {
		if _, err := s.Signin.Resolve(r.Context(), token, origin(r)); err == nil {
			http.Redirect(w, r, local(r.FormValue("return")), http.StatusSeeOther)
			return
		}
	}
	s.show(w, r, http.StatusOK, "signin", &SignIn{Base: s.plain(r), Return: local(r.FormValue("return"))})
}

func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	email, to := strings.TrimSpace(r.PostFormValue("email")), local(r.PostFormValue("return"))
	token, _, err := s.Signin.Password(r.Context(), email, r.PostFormValue("password"), origin(r))
	if err != nil {
		s.signInRefused(w, r, email, to, err)
		return
	}
	s.welcome(w, r, token, to)
}

// welcome ends the sign-in that the browser had before, gives it the new one, and leads on: to the choice, where there is
// one.
func (s *site) welcome(w http.ResponseWriter, r *http.Request, token, to string) {
	if former := signin.Token(r, s.secure); former != "" {
		if err := s.Signin.Out(r.Context(), former, origin(r)); err != nil {
			s.fail(w, r, s.plain(r), err)
			return
		}
	}
	s.hold(w, token)
	here, err := s.Signin.Resolve(r.Context(), token, origin(r))
	if err != nil {
		s.turnAway(w, r, err)
		return
	}
	choices, err := s.Acting.Choices(r.Context(), here.Caller)
	if err != nil {
		s.fail(w, r, s.plain(r), err)
		return
	}
	if slices.ContainsFunc(choices, func(c acting.Choice) bool { return c.Refusal == nil }) {
		to = "/choose?return=" + url.QueryEscape(to)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (s *site) signInRefused(w http.ResponseWriter, r *http.Request, email, to string, err error) {
	b := s.plain(r)
	e, known := errors.AsType[*standin.Error](err)
	if !known || e.Kind == standin.Internal || e.Kind == standin.Unavailable {
		s.fail(w, r, b, err)
		return
	}
	v := &SignIn{Base: b, Email: email, Return: to}
	if v.Blocked = e.Code == "signin.blocked"; !v.Blocked {
		v.Problems = []Problem{{Field: "password", Text: b.Error(e)}}
	}
	s.show(w, r, faces[e.Kind].status, "signin", v)
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.Signin.Out(r.Context(), signin.Token(r, s.secure), origin(r)); err != nil {
		s.fail(w, r, s.plain(r), err)
		return
	}
	s.hold(w, "")
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

func (v *visit) showProve() error {
	v.show(v.w, v.r, http.StatusOK, "prove", &Prove{Base: v.base, Return: local(v.r.FormValue("return"))})
	return nil
}

func (v *visit) prove() error {
	to := local(v.r.PostFormValue("return"))
	err := v.proveNow()
	if problem, ok := v.problem(err); ok {
		b := v.base
		b.Problems = []Problem{{Field: "password", Text: problem.Text}}
		v.show(v.w, v.r, faces[standin.KindOf(err)].status, "prove", &Prove{Base: b, Return: to})
		return nil
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// proveNow proves the factor that was sent along, and gives the browser its new token.
func (v *visit) proveNow() error {
	token, login, err := v.Signin.Prove(v.r.Context(), v.token, v.r.PostFormValue("password"), origin(v.r))
	if err != nil {
		return err
	}
	v.token, v.Caller.Login = token, login
	v.hold(v.w, token)
	return nil
}

// stale reports whether the factor was proved too long ago for something that gives rights away.
func (v *visit) stale() bool { return v.base.now.Sub(v.Caller.Login.Proved) >= signin.ProofLasts }

func (v *visit) showTerms() error {
	notice := v.Organisation.Settings.Notice(v.base.Lang())
	page := &Terms{Base: v.base, Version: notice.Version, Text: paragraphs(notice.Text), Changed: v.Person.AcceptedVersion != "",
		Return: local(v.r.FormValue("return"))}
	if v.Caller.Acting() {
		page.Why = v.base.T("terms.acting", "Principal", v.Principal.Name)
	}
	v.show(v.w, v.r, http.StatusOK, "terms", page)
	return nil
}

func (v *visit) acceptTerms() error {
	if err := v.Signin.AcceptNotice(v.r.Context(), v.Caller, v.r.PostFormValue("version")); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, local(v.r.PostFormValue("return")), http.StatusSeeOther)
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
