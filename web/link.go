package web

import (
	"errors"
	"net/http"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/frame"
)

// Link sets a password by a link that an administrator made.
type Link struct {
	frame.Base
	Token string
	Over  bool      // the link opens nothing
	Who   frame.Who // whose password it sets
	Email string
	Again bool   // they have a password already
	By    string // who made the link
	Fields
}

// Fields are the inputs of a form.
type Fields []frame.Field

// NewLink returns the page of a link that works; made is when it was made.
func NewLink(b frame.Base, token string, shown signin.Invited) *Link {
	l := &Link{Base: b, Token: token, Who: frame.Who{ID: string(shown.Person.ID), Name: shown.Person.Name}, Email: shown.Person.Email, Again: shown.Again,
		By: madeBy(b, shown.By, shown.ByName)}
	l.Organisation = shown.Organisation.Name
	l.Fields = b.Fields(frame.Field{Name: "password", Label: b.T("link.password"), Hint: b.T("settings.password_hint"), Kind: "password", Required: true,
		Complete: "new-password"})
	return l
}

// madeBy names who made a link.
func madeBy(b frame.Base, by standin.Actor, name string) string {
	switch {
	case name != "":
		return name
	case by.Key() != "":
		return b.T("actor.key", "Key", string(by.Key()))
	}
	return b.T("actor.operator")
}

func (s *site) showLink(w http.ResponseWriter, r *http.Request) {
	token := r.FormValue("token")
	shown, err := s.Signin.Invitation(r.Context(), token, frame.Origin(r))
	if err != nil {
		s.refuseLink(w, r, err)
		return
	}
	s.Show(w, r, http.StatusOK, "link", NewLink(s.Plain(r), token, shown))
}

// useLink sets the password and signs its person in.
func (s *site) useLink(w http.ResponseWriter, r *http.Request) {
	sent := r.PostFormValue("token")
	token, _, err := s.Signin.AcceptInvitation(r.Context(), sent, r.PostFormValue("password"), frame.Origin(r))
	if e, ok := errors.AsType[*standin.Error](err); ok && e.Kind == standin.Invalid {
		shown, err := s.Signin.Invitation(r.Context(), sent, frame.Origin(r))
		if err != nil {
			s.refuseLink(w, r, err)
			return
		}
		b := s.Plain(r)
		b.Problems = []frame.Problem{{Field: "password", Text: b.Error(e)}}
		s.Show(w, r, http.StatusUnprocessableEntity, "link", NewLink(b, sent, shown))
		return
	}
	if err != nil {
		s.refuseLink(w, r, err)
		return
	}
	s.welcome(w, r, token, "/")
}

func (s *site) refuseLink(w http.ResponseWriter, r *http.Request, err error) {
	if standin.CodeOf(err) == "signin.link_unknown" {
		s.Show(w, r, http.StatusNotFound, "link", &Link{Base: s.Plain(r), Over: true})
		return
	}
	s.Fail(w, r, s.Plain(r), err)
}

// LinkUsed tells that the person's password was set by a link that somebody else made.
type LinkUsed struct {
	By         string
	Made, Used frame.Moment
	Address    string
}

// linkUsed is what the visitor is yet to be told, nil for nothing.
func (v *visit) linkUsed() *LinkUsed {
	if v.Told == nil {
		return nil
	}
	return &LinkUsed{By: madeBy(v.Base, v.Told.By, v.Told.ByName), Made: v.Base.At(v.Told.Made), Used: v.Base.At(v.Told.Used), Address: v.Told.From.Address}
}

// knowLink notes that the visitor knows.
func (v *visit) knowLink() error {
	if err := v.Signin.KnowLink(v.R.Context(), v.Caller); err != nil {
		return err
	}
	http.Redirect(v.W, v.R, "/", http.StatusSeeOther)
	return nil
}
