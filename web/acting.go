package web

import (
	"net/http"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/frame"
)

// Stop is the page of one button behind a link that cannot post.
type Stop struct {
	frame.Base
	App *frame.Asking // the application that the link stands in, nil where it is none
}

func (v *visit) showStop() error {
	app, err := v.onTheWay("")
	if err != nil {
		return err
	}
	v.Show(v.W, v.R, http.StatusOK, "stop", &Stop{v.Base, app})
	return nil
}

// stop ends acting. It needs no permission and asks for no identity: whoever stops is themselves again (P6).
func (s *site) stop(w http.ResponseWriter, r *http.Request) {
	v := &visit{&frame.Visit{Site: s.Site, W: w, R: r, Token: signin.Token(r, s.Secure)}, s.demo}
	if err := v.backTo(frame.Local(r.PostFormValue("return")), s.stoppedIn(w, r), true); err != nil {
		s.TurnAway(w, r, err)
	}
}

// stoppedIn returns the application whose page led to stopping, nil where that was none, or cannot be said: stopping goes on.
func (s *site) stoppedIn(w http.ResponseWriter, r *http.Request) *frame.Asking {
	id := r.PostFormValue("client")
	if id == "" {
		return nil
	}
	here, err := s.Signin.Glance(r.Context(), signin.Token(r, s.Secure))
	if err != nil {
		return nil
	}
	app, err := s.AskingClient(w, r, here.Caller.Organisation, standin.ClientID(id))
	if err != nil {
		s.Log.WarnContext(r.Context(), "application not read", "error", err)
	}
	return app
}

// backTo makes the person themselves again and leads on, to the application where its page led here; again says that they
// were somebody else. Pages kept from before are not shown again (THREATS 73).
func (v *visit) backTo(to string, app *frame.Asking, again bool) error {
	token, err := v.Signin.Myself(v.R.Context(), v.Token, frame.Origin(v.R))
	if err != nil {
		return err
	}
	v.Hold(v.W, token)
	if again {
		v.W.Header().Set("Clear-Site-Data", `"cache"`)
		if app == nil {
			v.Tell("done.stopped")
		}
	}
	if app != nil && app.Back == "" && app.Begin != "" {
		to = app.Begin
	}
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
	return nil
}

func (v *visit) extend() error {
	if _, err := v.Signin.Extend(v.R.Context(), v.Token, frame.Origin(v.R)); err != nil {
		return err
	}
	v.Tell("done.extended")
	http.Redirect(v.W, v.R, frame.Local(v.R.PostFormValue("return")), http.StatusSeeOther)
	return nil
}
