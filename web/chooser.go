package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/web/frame"
)

// Chooser asks as whom the person works: themselves first, then everybody whom they may stand in for.
type Chooser struct {
	frame.Base
	App      *frame.Asking // the application that the person is on the way to, nil for none
	Client   string        // whose page they came from: they go back to where signing in there begins
	Return   string
	Find     string
	Filter   bool // there are so many that a search is offered
	Shown    int
	Matching int
	Total    int
	Sections []Section
	Later    []Choice // not available now, with the reason
	Gone     string   // what was chosen ended meanwhile
	View     bool     // the principal's tabs, searches and reports are asked for
}

// Alone reports whether the application takes nobody but the person themselves.
func (p *Chooser) Alone() bool { return p.App != nil && !p.App.StandIns }

// Only returns the one whom the person could act for, nil where there are several or none.
func (p *Chooser) Only() *Choice {
	if p.Total != 1 || p.Shown != 1 {
		return nil
	}
	return &p.Sections[0].Choices[0]
}

// Section is some of the choices under a heading: "", "recent", "ending", "all".
type Section struct {
	Heading string
	Choices []Choice
}

// Choice is one delegation that a person may act by.
type Choice struct {
	Delegation string
	Principal  frame.Who
	Until      time.Time // zero: it does not end
	Can        []string  // its limits in words, each by itself; none: everything that the principal can
	Purpose    string
	Why        string // why it is not available now
	Current    bool
}

const (
	manyChoices = 8  // more than so many are searched
	mostChoices = 20 // so many are shown at once
)

func (v *visit) showChooser() error { return v.chooser(http.StatusOK, "") }

// chooser shows the choices; gone says that what was chosen cannot be started.
func (v *visit) chooser(status int, gone string) error {
	choices, err := v.Acting.Choices(v.R.Context(), v.Caller)
	if err != nil {
		return err
	}
	page := &Chooser{Base: v.Base, Return: frame.Local(v.R.FormValue("return")), Find: strings.TrimSpace(v.R.URL.Query().Get("find")), Gone: gone,
		View: v.Caller.Acting() && v.Session.View}
	if page.App, err = v.onTheWay(page.Return); err != nil {
		return err
	}
	if page.App != nil && page.App.Back == "" {
		page.Client = string(page.App.Client)
	}
	if page.Alone() {
		choices = nil
	}
	if page.Client != "" && page.App.Begin != "" && len(choices) == 0 && !v.Caller.Acting() {
		http.Redirect(v.W, v.R, page.App.Begin, http.StatusSeeOther) // there is nothing to choose: the application goes on with themselves
		return nil
	}
	var now []acting.Choice
	for _, c := range choices {
		if c.Refusal == nil {
			now = append(now, c)
		} else if len(page.Later) < mostChoices {
			page.Later = append(page.Later, v.choice(c))
		}
	}
	page.Total = len(now)
	page.Filter = page.Total > manyChoices
	matching := acting.Matching(now, page.Find)
	page.Matching = len(matching)
	if page.Filter {
		matching = matching[:min(len(matching), mostChoices)]
	}
	page.Shown = len(matching)
	for _, c := range matching {
		page.add(v.choice(c), headings[c.Group])
	}
	page.tell()
	v.Show(v.W, v.R, status, "chooser", page)
	return nil
}

var headings = map[acting.Group]string{acting.Recent: "recent", acting.EndingSoon: "ending", acting.Others: "rest"}

// add puts the choice under its heading; few choices need none.
func (p *Chooser) add(c Choice, heading string) {
	if !p.Filter || p.Find != "" {
		heading = ""
	}
	if len(p.Sections) == 0 || p.Sections[len(p.Sections)-1].Heading != heading {
		p.Sections = append(p.Sections, Section{Heading: heading})
	}
	last := &p.Sections[len(p.Sections)-1]
	last.Choices = append(last.Choices, c)
}

// tell marks those principals whose names look alike.
func (p *Chooser) tell() {
	var people []*frame.Who
	for _, s := range p.Sections {
		for i := range s.Choices {
			people = append(people, &s.Choices[i].Principal)
		}
	}
	for i := range p.Later {
		people = append(people, &p.Later[i].Principal)
	}
	frame.Tell(people)
}

func (v *visit) choice(c acting.Choice) Choice {
	all := Choice{Delegation: string(c.Delegation), Principal: frame.Who{ID: string(c.Principal), Name: c.Name, Note: string(c.Unit)}, Until: c.Until,
		Can: v.Limits(c.Kind, c.Limits), Purpose: c.Purpose, Current: c.Current}
	if e, ok := errors.AsType[*standin.Error](c.Refusal); ok {
		all.Why = v.Base.Error(e)
		if c.State == delegation.Upcoming {
			all.Why = v.Base.T("chooser.starts", "Moment", v.Base.Near(c.StartsAt).Text)
		}
	}
	return all
}

// onTheWay returns the application that the person is on the way to, by an authorization request or from its page.
func (v *visit) onTheWay(to string) (*frame.Asking, error) {
	if app := v.Asked(v.W, v.R, to); app != nil {
		return app, nil
	}
	if id := v.R.FormValue("client"); id != "" {
		return v.AskingClient(v.W, v.R, v.Caller.Organisation, standin.ClientID(id))
	}
	return nil, nil
}

// choose starts acting, or stops, and leads to where the person wanted to go.
func (v *visit) choose() error {
	to, id := frame.Local(v.R.PostFormValue("return")), standin.DelegationID(v.R.PostFormValue("delegation"))
	here := to
	app, err := v.onTheWay(to)
	if err != nil {
		return err
	}
	if app != nil && app.Back == "" && app.Begin != "" {
		here, to = "/choose?client="+url.QueryEscape(string(app.Client)), app.Begin
	}
	if id == "" {
		return v.backTo(to, app, v.Caller.Acting() || v.Session.ID != "")
	}
	var wishes []acting.Wish
	if v.R.PostFormValue("view") != "" {
		wishes = append(wishes, acting.SeeView)
	}
	token, begun, err := v.Signin.Act(v.R.Context(), v.Token, id, frame.Origin(v.R), wishes...)
	switch code := standin.CodeOf(err); {
	case err == nil:
	case code == "signin.proof_needed":
		if app == nil || app.Back != "" {
			here = "/choose?return=" + url.QueryEscape(to)
		}
		http.Redirect(v.W, v.R, "/prove?return="+url.QueryEscape(here), http.StatusSeeOther)
		return nil
	case code == "acting.identity_changed":
		v.ShowChanged()
		return nil
	case standin.KindOf(err) == standin.Denied && code != "signin.blocked", code == "acting.no_delegation":
		e, _ := errors.AsType[*standin.Error](err)
		return v.chooser(http.StatusConflict, v.Base.Error(e))
	default:
		return err
	}
	v.Hold(v.W, token)
	if app == nil { // whoever goes on to an application reads it there
		name := ""
		if row, err := v.Row(begun.Delegation); err == nil {
			name = row.PrincipalPerson.Name
		}
		v.Tell("done.started", "Principal", name)
	}
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
	return nil
}
