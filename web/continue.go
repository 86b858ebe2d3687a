package web

import (
	"errors"
	"net/http"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/frame"
)

// Demo is what the demonstration adds: the way in without a password, the company's story, and whom to continue as. It
// needs Signin, Organisation and People; Gallery, where it is given, answers below /gallery.
type Demo struct {
	Signin       *signin.Demo
	Organisation standin.OrganisationID
	Company      string
	Story, Steps []Said
	People       []Cast
	Gallery      http.Handler
}

// Cast is somebody of the demonstration's company.
type Cast struct {
	ID        standin.PersonID
	Name      string
	Role, Try Said
	First     bool   // whom to continue as first
	Password  string // known to everybody, for when they are asked to prove who they are
}

// Said is one text in the languages that pages speak, by their tags. English is said where the language is missing.
type Said map[string]string

func (s Said) in(tag string) string {
	if text, ok := s[tag]; ok {
		return text
	}
	return s["en"]
}

// Continue is the demonstration's first page: the company's story and the people to continue as.
type Continue struct {
	frame.Base
	Company string
	Return  string
	Story   []string
	People  []Player
	Steps   []string
}

// Player is somebody to continue as.
type Player struct {
	frame.Who
	Role, Try string
	First     bool
}

func (s *site) showContinue(w http.ResponseWriter, r *http.Request) {
	b := s.Plain(r)
	page := &Continue{Base: b, Company: s.demo.Company, Return: frame.Local(r.FormValue("return"))}
	s.Asked(w, r, page.Return)
	for _, text := range s.demo.Story {
		page.Story = append(page.Story, text.in(b.Lang()))
	}
	for _, text := range s.demo.Steps {
		page.Steps = append(page.Steps, text.in(b.Lang()))
	}
	for _, p := range s.demo.People {
		page.People = append(page.People, Player{Who: frame.Who{ID: string(p.ID), Name: p.Name}, Role: p.Role.in(b.Lang()), Try: p.Try.in(b.Lang()), First: p.First})
	}
	s.Show(w, r, http.StatusOK, "continue", page)
}

// continueAs signs in as the chosen one of the demonstration's people, and as nobody else.
func (s *site) continueAs(w http.ResponseWriter, r *http.Request) {
	chosen := standin.PersonID(r.PostFormValue("person"))
	for _, p := range s.demo.People {
		if p.ID != chosen {
			continue
		}
		token, _, err := s.demo.Signin.ContinueAs(r.Context(), s.demo.Organisation, chosen, frame.Origin(r))
		if e, ok := errors.AsType[*standin.Error](err); ok && e.Code == "signin.blocked" {
			s.TurnAway(w, r, err)
			return
		}
		if err != nil {
			s.Fail(w, r, s.Plain(r), err)
			return
		}
		s.welcome(w, r, token, frame.Local(r.PostFormValue("return")))
		return
	}
	s.Fail(w, r, s.Plain(r), frame.NoPage())
}
