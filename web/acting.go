package web

import (
	"net/http"

	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/frame"
)

// Stop is the page of one button behind a link that cannot post.
type Stop struct{ frame.Base }

func (v *visit) showStop() error {
	v.Show(v.W, v.R, http.StatusOK, "stop", &Stop{v.Base})
	return nil
}

// stop ends acting. It needs no permission and asks for no identity: whoever stops is themselves again (P6).
func (s *site) stop(w http.ResponseWriter, r *http.Request) {
	v := &visit{&frame.Visit{Site: s.Site, W: w, R: r, Token: signin.Token(r, s.Secure)}, s.demo}
	if err := v.backTo(frame.Local(r.PostFormValue("return")), true); err != nil {
		s.TurnAway(w, r, err)
	}
}

// backTo makes the person themselves again and leads on; again says that they were somebody else. Pages kept from before are not shown again (THREATS 73).
func (v *visit) backTo(to string, again bool) error {
	token, err := v.Signin.Stop(v.R.Context(), v.Token, frame.Origin(v.R))
	if err != nil {
		return err
	}
	v.Hold(v.W, token)
	v.W.Header().Set("Clear-Site-Data", `"cache"`)
	if again {
		v.Tell("done.stopped")
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
