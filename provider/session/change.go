package session

import (
	"net/http"

	"github.com/standin-id/standin"
)

// Stopped is the answer to a stop: where the browser goes to sign in to the application as themselves, "" where the
// application named no such place and its own page will do.
type Stopped struct {
	Target string `json:"target"`
}

// stop answers POST /.standin/stop: the acting session ends, and the person is themselves in every application. It needs no
// permission, and doing it again changes nothing, so also a token that stands no more stops what it was of (P6). What was
// begun since is left alone.
func (s *Session) stop(w http.ResponseWriter, r *http.Request, b bearer) {
	if b.who.Acting() {
		if err := s.Signin.StopBy(r.Context(), b.who.Caller(b.origin), b.who.Client.ID); err != nil {
			s.refuse(w, r, err)
			return
		}
	}
	answer(w, http.StatusOK, Stopped{Target: b.who.Client.Initiate})
}

// extend answers POST /.standin/extend: the acting session lasts one span longer, as far as its bounds let it.
func (s *Session) extend(w http.ResponseWriter, r *http.Request, b bearer) {
	var err error
	switch {
	case b.over != nil:
		err = s.refused(r, b, b.over)
	case b.who.Grant.Parent != "": // nobody sits before a service behind the application
		err = s.refused(r, b, noToken())
	case !b.who.Acting():
		err = s.refused(r, b, standin.Refuse(standin.Conflict, "session.extend", "session.not_acting", "You are acting for nobody."))
	default:
		_, err = s.Signin.ExtendBy(r.Context(), b.who.Caller(b.origin), b.who.Client.ID)
	}
	if err == nil {
		b, err = s.read(r.Context(), b.token)
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.tell(w, r, b)
}
