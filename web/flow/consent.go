package flow

import (
	"net/http"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/web/frame"
)

// Consent asks whether an application of somebody else may be told about the person.
type Consent struct {
	frame.Base
	App    *frame.Asking
	Asks   []string // what it wants to know, in words
	Return string
}

// plain are the scopes that have words of their own; others are shown as they are written.
var plain = []string{"openid", "profile", "email", "offline_access"}

// Asks returns what the scopes open, in words, once each and in a settled order.
func Asks(b frame.Base, scopes []string) (all []string) {
	for _, s := range plain {
		if slices.Contains(scopes, s) {
			all = append(all, b.T("consent.scope."+s))
		}
	}
	for _, s := range scopes {
		if text := b.T("consent.scope.further", "Scope", s); !slices.Contains(plain, s) && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

func (v *visit) showConsent() error {
	to := frame.Local(v.R.FormValue("return"))
	request, err := v.asked(to)
	if err != nil {
		return v.stranded(err)
	}
	if !request.ThirdParty {
		http.Redirect(v.W, v.R, to, http.StatusSeeOther) // nobody has to allow it
		return nil
	}
	v.Show(v.W, v.R, http.StatusOK, "consent", &Consent{Base: v.Base, App: v.Asked(v.W, v.R, to), Asks: Asks(v.Base, request.Scopes), Return: to})
	return nil
}

// consent allows what the request asks for, and nothing that the form says.
func (v *visit) consent() error {
	to := frame.Local(v.R.PostFormValue("return"))
	request, err := v.asked(to)
	if err == nil {
		err = v.Tokens.Allow(v.R.Context(), v.Caller, request.Client, request.Scopes)
	}
	if err != nil {
		return v.stranded(err)
	}
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
	return nil
}

// asked returns the request that the address leads to; one of another organisation's application is unknown here (P12).
func (v *visit) asked(to string) (token.Request, error) {
	request, err := v.Waiting(v.R.Context(), to)
	if err == nil && request.Organisation != v.Caller.Organisation {
		err = frame.NoPage()
	}
	return request, err
}

// stranded shows that the request is over; other errors are answered like everywhere.
func (v *visit) stranded(err error) error {
	if standin.CodeOf(err) != "token.request_over" {
		return err
	}
	v.Show(v.W, v.R, http.StatusNotFound, "stranded", &Stranded{Base: v.Base, Code: RequestOver})
	return nil
}
