package web

import (
	"errors"
	"net/http"

	"github.com/standin-id/standin"
)

// Failure is the page of an error, with a way back to Myself.
type Failure struct {
	Base
	Status        int
	Icon          string
	Heading, Text string
	Rule          string // the rule that said no
	Saved         string
	Again         string
}

func notFound() error {
	return standin.Refuse(standin.NotFound, "web.page", "web.no_page", "It does not exist, or it is not for you to see.")
}

// faces says how each kind of error looks: its status, its picture, its heading.
var faces = map[standin.Kind]struct {
	status        int
	icon, heading string
}{
	standin.Invalid:         {http.StatusUnprocessableEntity, "triangle-alert", "failure.e400"},
	standin.NotFound:        {http.StatusNotFound, "search", "failure.e404"},
	standin.Conflict:        {http.StatusConflict, "repeat-2", "failure.e409"},
	standin.Denied:          {http.StatusForbidden, "lock", "failure.e403"},
	standin.Unauthenticated: {http.StatusUnauthorized, "lock", "failure.e403"},
	standin.Unavailable:     {http.StatusServiceUnavailable, "pause", "failure.e503"},
	standin.Internal:        {http.StatusInternalServerError, "triangle-alert", "failure.e500"},
	standin.TooMany:         {http.StatusTooManyRequests, "hourglass", "failure.e429"},
}

// fail writes the page of the error. What caused it goes to the log, never to the page.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	b := s.plain(r)
	face := faces[standin.KindOf(err)]
	v := &Failure{Base: b, Status: face.status, Icon: face.icon, Heading: b.T(face.heading), Text: b.T("failure.e500_text")}
	if e, ok := errors.AsType[*standin.Error](err); ok && e.Kind != standin.Internal {
		v.Text = b.words.Error(e)
		if e.Kind == standin.Denied {
			v.Rule = e.Code
		}
	}
	s.show(w, r, face.status, "error", v)
}
