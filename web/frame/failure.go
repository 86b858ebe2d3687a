package frame

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

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

// NoPage is what is answered for what does not exist, or is not for the reader to see.
func NoPage() error {
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

// StatusOf returns the status with which the error is answered.
func StatusOf(err error) int { return faces[standin.KindOf(err)].status }

// Fail writes the page of the error, for who b is. What caused it goes to the log, never to the page.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, b Base, err error) {
	face := faces[standin.KindOf(err)]
	v := &Failure{Base: b, Status: face.status, Icon: face.icon, Heading: b.T(face.heading), Text: b.T("failure.e500_text")}
	e, known := errors.AsType[*standin.Error](err)
	switch {
	case !known || e.Kind == standin.Internal:
		s.Log.ErrorContext(r.Context(), "request failed", "error", err)
	case e.Kind == standin.NotFound:
		v.Text = b.T("failure.e404_text")
	default:
		v.Text = b.Error(e)
		if e.Kind == standin.Denied {
			v.Rule = e.Code
		}
		if e.Kind == standin.Unavailable {
			if e.Code != "db.unknown" { // which says that it may have been
				v.Saved = b.T("failure.not_saved")
			}
			s.Log.WarnContext(r.Context(), "unavailable", "error", err)
		}
		if r.Method == http.MethodGet && (e.Kind == standin.Unavailable || e.Kind == standin.Conflict) {
			v.Again = r.URL.RequestURI()
		}
	}
	s.Show(w, r, face.status, "error", v)
}

// Fail writes the page for a status that no handler came to answer with: a request that was refused before, or a handler
// that panicked. It needs no room.
func Fail(log *slog.Logger, now func() time.Time) func(w http.ResponseWriter, r *http.Request, status int) {
	s := New(Config{Now: now, Log: log})
	return func(w http.ResponseWriter, r *http.Request, status int) {
		b := s.Plain(r)
		v := &Failure{Base: b, Status: status, Icon: "triangle-alert", Heading: b.T("failure.e500"), Text: b.T("failure.e500_text")}
		for _, face := range faces {
			if face.status == status {
				v.Icon, v.Heading = face.icon, b.T(face.heading)
			}
		}
		switch {
		case status == http.StatusNotFound:
			v.Text = b.T("failure.e404_text")
		case status == http.StatusServiceUnavailable:
			v.Text = b.T("failure.maintenance_text")
		case status < http.StatusInternalServerError:
			v.Text = b.T("failure.not_saved")
		}
		if status == http.StatusForbidden || status == http.StatusMisdirectedRequest {
			v.Icon, v.Heading, v.Text = "lock", b.T("failure.e403"), b.T("failure.elsewhere")
		}
		armour(w.Header())
		s.Show(w, r, status, "error", v)
	}
}

// inputs are the inputs of forms, by the names that rooms have for them.
var inputs = map[string]string{"actors": "actor", "start": "start", "end": "end", "purpose": "purpose", "reason": "reason",
	"limits": "what", "limits.allow": "area", "limits.deny": "area", "limits.units": "in_unit", "duration": "span", "name": "name", "email": "email", "unit": "unit",
	"manager": "manager", "time_zone": "zone", "description": "description", "person": "person"}

// Problem returns what a person can change in a form so that it is taken; ok is false where the error is of another kind.
func (v *Visit) Problem(err error) (p Problem, ok bool) {
	e, known := errors.AsType[*standin.Error](v.inWords(err))
	if !known {
		return p, false
	}
	switch e.Kind {
	case standin.Invalid, standin.Denied, standin.Conflict, standin.TooMany, standin.Unauthenticated, standin.NotFound:
		if strings.HasPrefix(e.Code, "signin.") && e.Code != "signin.not_right" && e.Kind != standin.TooMany || e.Code == "acting.over" {
			return p, false
		}
		return Problem{Field: inputs[e.Field], Text: v.Base.Error(e)}, true
	}
	return p, false
}
