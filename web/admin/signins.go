package admin

import (
	"net/http"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/frame"
)

// SignIns is where a person is signed in, for those who manage them.
type SignIns struct {
	frame.Base
	Who  frame.Who
	Self bool // the reader's own, which they end under settings
	Rows []SignIn
}

// SignIn is one sign-in of the person.
type SignIn struct {
	ID, Agent, From string
	Since, Seen     frame.Moment
}

func signInPages() pages {
	return pages{
		"GET /people/{person}/sign-ins":  (*visit).showSignIns,
		"POST /people/{person}/sign-ins": (*visit).endSignIns,
	}
}

// NewSignIns returns the page of where the person is signed in.
func NewSignIns(b frame.Base, who frame.Who, self bool, all []signin.Browser) *SignIns {
	page := &SignIns{Base: b, Who: who, Self: self}
	for _, s := range all {
		page.Rows = append(page.Rows, SignIn{ID: string(s.ID), Agent: s.From.Agent, From: s.From.Address, Since: b.Near(s.Since), Seen: b.Near(s.Seen)})
	}
	return page
}

func (v *visit) showSignIns() error { return v.signIns(http.StatusOK, nil) }

func (v *visit) signIns(status int, problems []frame.Problem) error {
	_, d, err := v.detail()
	if err != nil {
		return err
	}
	all, err := v.Signin.BrowsersOf(v.R.Context(), v.Caller, d.ID)
	if err != nil {
		return err
	}
	page := NewSignIns(v.Base, frame.Someone(d.ID, d.Name, d.Unit), d.ID == v.Person.ID, all)
	page.Nav, page.Problems = "people", problems
	v.Show(v.W, v.R, status, "sign-ins", page)
	return nil
}

// endSignIns ends one of the person's sign-ins, or all of them.
func (v *visit) endSignIns() error {
	_, d, err := v.detail()
	if err != nil {
		return err
	}
	id := standin.LoginID(v.R.PostFormValue("login"))
	if id == "" && v.R.PostFormValue("all") == "" {
		return frame.NoPage()
	}
	if err := v.Signin.OutOf(v.R.Context(), v.Caller, d.ID, id); err != nil {
		if standin.CodeOf(err) != "signin.no_sign_in" {
			return err
		}
		return v.signIns(frame.StatusOf(err), []frame.Problem{{Text: v.refusal(err)}})
	}
	return v.lead(v.at(d.ID)+"/sign-ins", "browser_ended")
}
