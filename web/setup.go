package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/frame"
)

// SetUp makes the first organisation and its first administrator, by the one-time link of an empty installation.
type SetUp struct {
	frame.Base
	Token  string
	Over   bool // the link opens nothing
	Basics []frame.Field
	First  []frame.Field
}

// zones are suggested where a time zone is asked for; any other can be typed.
var zones = []string{"UTC", "Europe/Berlin", "Europe/London", "Europe/Paris", "Europe/Rome", "Europe/Istanbul", "Africa/Cairo", "Africa/Lagos",
	"America/New_York", "America/Chicago", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney"}

// NewSetUp returns the page with what was typed, by the names of its inputs.
func NewSetUp(b frame.Base, token string, typed func(name string) string) *SetUp {
	page := &SetUp{Base: b, Token: token}
	page.Basics = b.Fields(
		frame.Field{Name: "name", Label: b.T("setup.name"), Value: typed("name"), Required: true, Most: 200, Complete: "organization"},
		frame.Field{Name: "id", Label: b.T("setup.short"), Hint: b.T("setup.short_hint"), Value: typed("id"), Required: true, Most: 64},
		frame.Field{Name: "zone", Label: b.T("settings.zone"), Hint: b.T("setup.zone_hint"), Value: typed("zone"), Options: ZoneOptions()},
		frame.Field{Name: "units", Label: b.T("setup.units"), Hint: b.T("setup.units_hint"), Value: typed("units"), Kind: "lines"})
	page.First = b.Fields(
		frame.Field{Name: "person", Label: b.T("setup.person"), Value: typed("person"), Required: true, Most: 200, Complete: "name"},
		frame.Field{Name: "email", Label: b.T("signin.email"), Value: typed("email"), Kind: "email", Required: true, Complete: "username"},
		frame.Field{Name: "password", Label: b.T("signin.password"), Hint: b.T("settings.password_hint"), Kind: "password", Required: true, Complete: "new-password"})
	return page
}

// ZoneOptions are the zones that are suggested.
func ZoneOptions() (all []frame.Option) {
	for _, z := range zones {
		all = append(all, frame.Option{Value: z, Label: z})
	}
	return all
}

func (s *site) showSetUp(w http.ResponseWriter, r *http.Request) {
	token := r.FormValue("token")
	if err := s.Signin.SetUpOpen(r.Context(), token, frame.Origin(r)); err != nil {
		s.refuseSetUp(w, r, token, err)
		return
	}
	s.Show(w, r, http.StatusOK, "setup", NewSetUp(s.Plain(r), token, func(name string) string {
		if name == "zone" {
			return "UTC"
		}
		return ""
	}))
}

// setUp makes the organisation and signs its administrator in.
func (s *site) setUp(w http.ResponseWriter, r *http.Request) {
	token, _, err := s.Signin.SetUp(r.Context(), r.PostFormValue("token"), founding(s.Plain(r), r), frame.Origin(r))
	if err != nil {
		s.refuseSetUp(w, r, r.PostFormValue("token"), err)
		return
	}
	s.Hold(w, token)
	http.Redirect(w, r, "/organisation", http.StatusSeeOther)
}

// refuseSetUp shows the form again with what is to be changed, or that the link is over.
func (s *site) refuseSetUp(w http.ResponseWriter, r *http.Request, token string, err error) {
	b := s.Plain(r)
	e, known := errors.AsType[*standin.Error](err)
	switch {
	case known && e.Code == "signin.link_unknown":
		s.Show(w, r, http.StatusNotFound, "setup", &SetUp{Base: b, Over: true})
	case known && (e.Kind == standin.Invalid || e.Kind == standin.Conflict):
		b.Problems = faults(b, founding(b, r), e)
		s.Show(w, r, frame.StatusOf(err), "setup", NewSetUp(b, token, r.PostFormValue))
	default:
		s.Fail(w, r, b, err)
	}
}

// founding returns what was typed.
func founding(b frame.Base, r *http.Request) signin.Founding {
	value := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	wish := signin.Founding{ID: standin.OrganisationID(value("id")), Name: value("name"), TimeZone: value("zone"), Administrator: value("person"),
		Email: value("email"), Password: r.PostFormValue("password"), Language: b.Lang()}
	for line := range strings.Lines(value("units")) {
		if unit := strings.TrimSpace(line); unit != "" {
			wish.Units = append(wish.Units, standin.UnitID(unit))
		}
	}
	return wish
}

// faults returns everything that is to be changed in the form, in its order, for which setting up was refused with e: the
// rooms refuse by the first that they find.
func faults(b frame.Base, wish signin.Founding, e *standin.Error) (all []frame.Problem) {
	check := func(field string, err error) {
		if e, known := errors.AsType[*standin.Error](err); known {
			all = append(all, frame.Problem{Field: field, Text: b.Error(e)})
		}
	}
	right := directory.Organisation{ID: "o", Name: "o", Settings: directory.DefaultSettings()}
	named, id, zoned := right, right, right
	named.Name, id.ID = wish.Name, wish.ID
	if wish.TimeZone != "" {
		zoned.Settings.TimeZone = wish.TimeZone
	}
	check("name", named.Check())
	check("id", id.Check())
	check("zone", zoned.Check())
	for _, u := range wish.Units {
		check("units", directory.Unit{ID: u}.Check())
	}
	check("person", directory.Person{Name: wish.Administrator, Email: "o@standin.example"}.Check())
	check("email", directory.Person{Name: "o", Email: wish.Email}.Check())
	check("password", signin.CheckPassword(wish.Password))
	if len(all) == 0 {
		all = []frame.Problem{{Field: map[string]string{"id": "id", "email": "email", "password": "password", "unit": "units", "units": "units"}[e.Field], Text: b.Error(e)}}
	}
	return all
}
