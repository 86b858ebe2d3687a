package flow

import (
	"net/http"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/web/frame"
)

// Applications are those that the person is signed in to, and those that they allowed to be told about them.
type Applications struct {
	frame.Base
	SignedIn []Entry
	Allowed  []Allowance
}

// Entry is one application that the person is signed in to.
type Entry struct {
	Grant, Name string
	For         *frame.Who // whom they act for there, nil in their own name
	Since       frame.Moment
	Used        frame.Moment // last asked for fresh tokens
	Here        bool         // by the sign-in of this browser
}

// Allowance is what the person allows one application to be told.
type Allowance struct {
	Client, Name string
	Asks         []string
	Since        frame.Moment
}

func (v *visit) applications() error {
	page := &Applications{Base: v.Base}
	if v.Tokens != nil {
		grants, err := v.Tokens.GrantsOf(v.R.Context(), v.Caller)
		if err != nil {
			return err
		}
		for _, g := range grants {
			page.SignedIn = append(page.SignedIn, v.entry(g))
		}
		allowed, err := v.Tokens.Allowances(v.R.Context(), v.Caller)
		if err != nil {
			return err
		}
		for _, a := range allowed {
			page.Allowed = append(page.Allowed, Allowance{Client: string(a.Client), Name: a.ClientName, Asks: Asks(v.Base, a.Scopes), Since: v.Base.Near(a.GivenAt)})
		}
	}
	v.Show(v.W, v.R, http.StatusOK, "own-applications", page)
	return nil
}

func (v *visit) entry(g token.SignedIn) Entry {
	used := g.Grant.RefreshedAt
	if used.IsZero() {
		used = g.Grant.CreatedAt
	}
	e := Entry{Grant: string(g.Grant.ID), Name: g.ClientName, Since: v.Base.Near(g.Grant.CreatedAt), Used: v.Base.Near(used),
		Here: g.Grant.Login == v.Caller.Login.ID}
	if g.Grant.Acting() {
		e.For = &frame.Who{ID: string(g.Grant.Principal), Name: g.PrincipalName}
	}
	return e
}

// changeApplications ends one sign-in, or takes one consent back.
func (v *visit) changeApplications() error {
	ctx, done := v.R.Context(), ""
	var err error
	switch what := v.R.PathValue("what"); {
	case v.Tokens == nil:
		return frame.NoPage()
	case what == "end":
		done, err = "done.application_ended", v.Tokens.EndOwn(ctx, v.Caller, standin.GrantID(v.R.PostFormValue("grant")))
	case what == "withdraw":
		done, err = "done.consent_withdrawn", v.Tokens.Disallow(ctx, v.Caller, standin.ClientID(v.R.PostFormValue("client")))
	default:
		return frame.NoPage()
	}
	if code := standin.CodeOf(err); err != nil && code != "token.no_grant" && code != "token.no_consent" { // which is what was wanted
		return err
	}
	v.Tell(done)
	http.Redirect(v.W, v.R, "/settings/applications", http.StatusSeeOther)
	return nil
}
