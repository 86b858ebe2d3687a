package admin

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/frame"
)

// Person is one person for those who manage them: what is known of them, their roles, groups and deputies, and how they
// come in.
type Person struct {
	frame.Base
	Who                frame.Who
	State, Look        string
	Manager            *frame.Who
	TimeZone, Language string
	SignedIn, Since    string
	Roles              []Held
	AddRoles, Units    []frame.Option
	Groups             []Joined
	AddGroups          []frame.Option
	Mine, Others       []Deputy
	Entry              string // how they come in, in a sentence
	Invited            bool   // there is a link that can still be used
	Link, LinkUntil    string // the link that was just made
	Manages, Names     bool   // the reader may change the person, and name stand-ins for them
	Self, Inactive     bool
	Barred             string // why nothing can be changed now
}

// Held is a role that the person holds at a unit.
type Held struct{ Role, Name, Unit, Says string }

// Joined is a group that the person is in.
type Joined struct{ ID, Name string }

// Deputy is a delegation, seen from one of its people.
type Deputy struct {
	ID                   string
	Other                frame.Who
	State, Label         string
	Line, Purpose, Mutes string
}

func (v *visit) personID() standin.PersonID { return standin.PersonID(v.R.PathValue("person")) }

func (v *visit) at(id standin.PersonID) string { return "/people/" + url.PathEscape(string(id)) }

func (v *visit) showPerson() error { return v.person(http.StatusOK, nil, signin.Link{}) }

// detail returns the person of the address to who may see them.
func (v *visit) detail() (s scope, d directory.Detail, err error) {
	if s, err = v.scope(); err != nil {
		return s, d, err
	}
	d, err = v.Directory.PersonDetail(v.R.Context(), v.Caller, v.personID())
	return s, d, err
}

// person shows the person, with what was wrong and with the link that was just made.
func (v *visit) person(status int, problems []frame.Problem, made signin.Link) error {
	s, d, err := v.detail()
	if err != nil {
		return err
	}
	b := v.Base
	page := &Person{Base: b, Who: frame.Someone(d.ID, d.Name, d.Unit), TimeZone: d.TimeZone, SignedIn: v.day(d.LastSignIn),
		Since: v.day(d.CreatedAt), Self: d.ID == v.Person.ID, Inactive: !d.Active()}
	page.Who.Email, page.Nav, page.Problems = d.Email, "people", problems
	page.State, page.Look = v.personState(d.Person)
	page.Manages, page.Names = s.manages(d.Unit) && !v.Caller.Acting(), (s.names(d.Unit) || page.Self) && d.Active() && !v.Caller.Acting()
	if d.Language != "" {
		page.Language = d.Language
	}
	if d.Manager != "" {
		page.Manager = &frame.Who{ID: string(d.Manager), Name: d.ManagerName}
	}
	if v.Caller.Acting() {
		page.Barred = b.T("people.acting", "Principal", v.Principal.Name)
	}
	page.Roles = v.held(d.Holdings)
	if err := v.belongings(page, d.Person); err != nil {
		return err
	}
	if s.manages(d.Unit) {
		if err := v.entry(page, d.Person, made); err != nil {
			return err
		}
	}
	v.Show(v.W, v.R, status, "person", page)
	return nil
}

func (v *visit) held(holdings []rights.Holding) (all []Held) {
	for _, h := range holdings {
		row := Held{Role: string(h.Role.ID), Name: v.Base.RoleName(h.Role), Unit: string(h.Unit)}
		for i, allow := range h.Role.Allow {
			if i > 0 {
				row.Says += " · "
			}
			row.Says += v.Permission(allow)
		}
		all = append(all, row)
	}
	return all
}

// belongings fills in what the person has beside themselves: groups, deputies, and what could be added.
func (v *visit) belongings(page *Person, p directory.Person) (err error) {
	ctx := v.R.Context()
	if page.Mine, page.Others, err = v.deputies(p.ID); err != nil {
		return err
	}
	groups, err := v.Directory.GroupsOf(ctx, v.Caller, p.ID)
	if err != nil && standin.KindOf(err) != standin.NotFound {
		return err
	}
	in := map[standin.GroupID]bool{}
	for _, g := range groups {
		in[g.ID] = true
		page.Groups = append(page.Groups, Joined{string(g.ID), g.Name})
	}
	if !page.Manages {
		return nil
	}
	offered, _, err := v.Directory.ListGroups(ctx, v.Caller, "", 100, "")
	if err != nil && standin.KindOf(err) != standin.Denied {
		return err
	}
	for _, g := range offered {
		if !in[g.ID] && g.Rules {
			page.AddGroups = append(page.AddGroups, frame.Option{Value: string(g.ID), Label: g.Name})
		}
	}
	page.Units, page.AddRoles, err = v.choices("", "")
	return err
}

// deputies are who stands in for the person, and for whom they stand in, as far as the reader may know.
func (v *visit) deputies(id standin.PersonID) (mine, others []Deputy, err error) {
	granted, err := v.Delegations.ListForPrincipal(v.R.Context(), v.Caller, id, false)
	if err != nil && standin.KindOf(err) != standin.NotFound {
		return nil, nil, err
	}
	held, err := v.Delegations.ListForActor(v.R.Context(), v.Caller, id, false)
	if err != nil && standin.KindOf(err) != standin.NotFound {
		return nil, nil, err
	}
	for _, d := range granted {
		mine = append(mine, v.deputy(d, frame.Someone(d.Actor, d.ActorPerson.Name, d.ActorPerson.Unit)))
	}
	for _, d := range held {
		others = append(others, v.deputy(d, frame.Someone(d.Principal, d.PrincipalPerson.Name, d.PrincipalPerson.Unit)))
	}
	return mine, others, nil
}

func (v *visit) deputy(d delegation.View, other frame.Who) Deputy {
	state := frame.StateName(d.State)
	return Deputy{ID: string(d.ID), Other: other, State: state, Label: v.Base.T("state." + state), Line: v.Line(d), Purpose: d.Purpose}
}

// entry says how the person comes in.
func (v *visit) entry(page *Person, p directory.Person, made signin.Link) error {
	st, err := v.Signin.StandingOf(v.R.Context(), v.Caller, p.ID)
	if err != nil {
		return err
	}
	b := v.Base
	switch {
	case !st.Password.IsZero():
		page.Entry = b.T("person.has_password", "Moment", v.day(st.Password))
	default:
		page.Entry = b.T("person.no_password")
	}
	if page.Invited = !st.Invited.IsZero(); page.Invited {
		page.Entry += " " + b.T("person.invited", "By", v.maker(st.By), "Moment", b.Until(st.Expires).Text)
	}
	if made.Token != "" {
		scheme := "http"
		if v.Secure {
			scheme = "https"
		}
		page.Link = signin.Address(scheme+"://"+v.R.Host, signin.LinkPage, made.Token)
		page.LinkUntil = b.Until(made.Expires).Text
	}
	return nil
}

// maker names who made a link.
func (v *visit) maker(by standin.Actor) string {
	if id := by.Person(); id != "" {
		if name, err := v.NameOf(id); err == nil {
			return name
		}
	}
	return v.Machine(by)
}

// changePerson does one thing with the person, and shows them again.
func (v *visit) changePerson() error {
	ctx, id, verb := v.R.Context(), v.personID(), v.R.PathValue("verb")
	if _, _, err := v.detail(); err != nil {
		return err
	}
	group := standin.GroupID(v.R.PostFormValue("group"))
	var err error
	switch verb {
	case "invite":
		made, err := v.Signin.Invite(ctx, v.Caller, id)
		if err != nil {
			return v.refusePerson(err)
		}
		return v.person(http.StatusOK, nil, made)
	case "uninvite":
		err = v.Signin.Uninvite(ctx, v.Caller, id)
	case "hold", "release":
		return v.changeRole(verb)
	case "join":
		_, err = v.Directory.AddMember(ctx, v.Caller, group, id)
	case "part":
		_, err = v.Directory.RemoveMember(ctx, v.Caller, group, id)
	case "reactivate":
		return v.reactivate()
	default:
		return frame.NoPage()
	}
	if err != nil {
		return v.refusePerson(err)
	}
	return v.lead(v.at(id), verb+"_person")
}

// refusePerson shows the person as they are now, and why nothing was done.
func (v *visit) refusePerson(err error) error {
	p, ok := v.Problem(err)
	if !ok || v.Caller.Acting() {
		return err
	}
	p.Field = ""
	return v.person(frame.StatusOf(err), []frame.Problem{p}, signin.Link{})
}

// someone returns the one person whom the text can mean: an id, "Name (id)", or a name or address; or what is wrong.
func (v *visit) someone(field, text string) (directory.Person, *frame.Problem, error) {
	var p directory.Person
	err := v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		p, err = v.Directory.Person(ctx, tx, v.Caller.Organisation, standin.PersonID(inBrackets(text)))
		return err
	})
	if err == nil || standin.KindOf(err) != standin.NotFound {
		return p, nil, err
	}
	found, _, err := v.Directory.SearchPeople(v.R.Context(), v.Caller, text, nil, 2, "")
	switch {
	case err != nil:
		return p, nil, err
	case len(found) == 0:
		return p, &frame.Problem{Field: field, Text: v.Base.T("audit.nobody", "Find", text)}, nil
	case len(found) > 1:
		return p, &frame.Problem{Field: field, Text: v.Base.T("person.several", "Find", text, "First", named(found[0]), "Second", named(found[1]))}, nil
	}
	p.ID, p.Name, p.Email, p.Unit, p.ActiveSince = found[0].ID, found[0].Name, found[0].Email, found[0].Unit, time.Time{}
	return p, nil, nil
}

func named(c directory.Candidate) string { return c.Name + " (" + string(c.ID) + ")" }
