package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// Person is somebody in the organisation.
type Person struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	Email        string     `json:"email"`
	Unit         string     `json:"unit" doc:"The unit's path; empty for none."`
	Manager      string     `json:"manager" doc:"The manager's id; empty for none."`
	TimeZone     string     `json:"time_zone" example:"Europe/Berlin"`
	Language     string     `json:"language" doc:"A BCP 47 tag; empty where the browser decides."`
	AcceptedAt   *time.Time `json:"accepted_at,omitempty" doc:"When they accepted the privacy notice."`
	LastSignInAt *time.Time `json:"last_sign_in_at,omitempty"`
	InactiveAt   *time.Time `json:"inactive_at,omitempty" doc:"Since when they are inactive; absent while active."`
	CreatedAt    time.Time  `json:"created_at"`
	Version      int64      `json:"version"`
}

// Detail is a person with the roles they hold.
type Detail struct {
	Person
	ManagerName string    `json:"manager_name,omitempty"`
	Roles       []Holding `json:"roles" nullable:"false"`
}

// Holding is a role held at a unit.
type Holding struct {
	Role string `json:"role"`
	Unit string `json:"unit" doc:"Where it is held; empty for a person who belongs to no unit."`
	Rank int    `json:"rank"`
}

// Candidate is what everybody may see of a colleague.
type Candidate struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Unit  string `json:"unit"`
}

// PersonForm is what can be written of a person.
type PersonForm struct {
	Name     string `json:"name" maxLength:"1000"`
	Email    string `json:"email" maxLength:"1000"`
	Unit     string `json:"unit,omitempty" maxLength:"500"`
	Manager  string `json:"manager,omitempty" maxLength:"200"`
	TimeZone string `json:"time_zone,omitempty" maxLength:"100" doc:"Left out: as it is, or the organisation's."`
	Language string `json:"language,omitempty" maxLength:"50"`
	Version  int64  `json:"version,omitempty" minimum:"0" doc:"The version that the change was made for."`
}

func person(p directory.Person) Person {
	return Person{ID: string(p.ID), Name: p.Name, Email: p.Email, Unit: string(p.Unit), Manager: string(p.Manager),
		TimeZone: p.TimeZone, Language: p.Language, AcceptedAt: moment(p.AcceptedAt), LastSignInAt: moment(p.LastSignIn),
		InactiveAt: moment(p.InactiveAt), CreatedAt: p.CreatedAt, Version: p.Version}
}

func candidate(c directory.Candidate) Candidate {
	return Candidate{string(c.ID), c.Name, c.Email, string(c.Unit)}
}

func holding(h rights.Holding) Holding {
	return Holding{Role: string(h.Role.ID), Unit: string(h.Unit), Rank: h.Role.Rank}
}

func (f PersonForm) person(id standin.PersonID) directory.Person {
	return directory.Person{ID: id, Name: f.Name, Email: f.Email, Unit: standin.UnitID(f.Unit), Manager: standin.PersonID(f.Manager),
		TimeZone: f.TimeZone, Language: f.Language, Version: f.Version}
}

func (a *api) describePeople() {
	const tag = "People"
	put(a, http.MethodGet, "/colleagues", about{id: "searchPeople", tag: tag, people: true, summary: "Search colleagues to name",
		text: "Active colleagues in order of name. Each word of the query begins a word of the name or address. Not while acting."}, a.searchPeople)
	put(a, http.MethodGet, "/people", about{id: "listPeople", tag: tag, admin: true, people: true, summary: "List people",
		text: "The people of the units where the caller may manage people or delegations; while acting, where the principal may."}, a.listPeople)
	put(a, http.MethodPost, "/people", about{id: "createPerson", tag: tag, admin: true, people: true, status: http.StatusCreated,
		summary: "Create a person", text: "Needs standin:person.manage at the person's unit."}, a.createPerson)
	put(a, http.MethodGet, "/people/{id}", about{id: "getPerson", tag: tag, admin: true, people: true, summary: "Get a person with their roles",
		text: "404 where there is nobody of that id whom the caller may see."}, a.getPerson)
	put(a, http.MethodPut, "/people/{id}", about{id: "putPerson", tag: tag, admin: true, people: true, summary: "Change a person",
		text: "Replaces name, address, unit, manager and language. Needs standin:person.manage at the old and the new unit."}, a.putPerson)
	put(a, http.MethodPost, "/people/{id}/deactivate", about{id: "deactivatePerson", tag: tag, admin: true, people: true, status: http.StatusNoContent,
		summary: "Make a person inactive", text: "They can no longer sign in, act or be acted for, and what they had begun ends."}, a.deactivatePerson)
	put(a, http.MethodPost, "/people/{id}/reactivate", about{id: "reactivatePerson", tag: tag, admin: true, people: true, status: http.StatusNoContent,
		summary: "Make a person active again", text: "Sign-ins and sessions from before stay ended."}, a.reactivatePerson)
	put(a, http.MethodPut, "/people/{id}/roles/{role}", about{id: "holdRole", tag: tag, admin: true, summary: "Give a person a role at a unit",
		text: "Nobody gives what they do not hold, nor anything to themselves."}, a.holdRole)
	put(a, http.MethodDelete, "/people/{id}/roles/{role}", about{id: "releaseRole", tag: tag, admin: true, summary: "Take a role at a unit from a person",
		text: "Somebody active keeps holding standin:*.* for the whole organisation."}, a.releaseRole)
}

type searchPeopleIn struct {
	Paging
	Query   string   `query:"q" maxLength:"200" doc:"Words of the name or the address; empty for everybody."`
	Exclude []string `query:"exclude" maxItems:"100" doc:"Ids to leave out."`
}

func (a *api) searchPeople(ctx context.Context, who standin.Caller, in *searchPeopleIn) (*body[Page[Candidate]], error) {
	after, err := in.place(ofCandidates)
	if err != nil {
		return nil, err
	}
	found, next, err := a.Directory.SearchPeople(ctx, who, in.Query, ids[standin.PersonID](in.Exclude), in.Limit, after)
	return page(found, mark(ofCandidates, next), candidate), err
}

type listPeopleIn struct {
	Paging
	Query    string           `query:"q" maxLength:"200" doc:"Words of the name or the address."`
	Unit     standin.UnitID   `query:"unit" maxLength:"500" doc:"At or below this unit."`
	Manager  standin.PersonID `query:"manager" maxLength:"200" doc:"Managed by this person."`
	Inactive bool             `query:"inactive" doc:"Inactive people, too."`
}

func (a *api) listPeople(ctx context.Context, who standin.Caller, in *listPeopleIn) (*body[Page[Person]], error) {
	after, err := in.place(ofPeople)
	if err != nil {
		return nil, err
	}
	people, next, err := a.Directory.People(ctx, who,
		directory.PeopleFilter{Query: in.Query, Unit: in.Unit, Manager: in.Manager, Inactive: in.Inactive}, in.Limit, after)
	return page(people, mark(ofPeople, next), person), err
}

func (a *api) createPerson(ctx context.Context, who standin.Caller, in *body[PersonForm]) (*body[Person], error) {
	p, _, err := a.Directory.PutPerson(ctx, who, in.Body.person(""))
	return &body[Person]{person(p)}, err
}

func (a *api) getPerson(ctx context.Context, who standin.Caller, in *PersonPath) (*body[Detail], error) {
	d, err := a.Directory.PersonDetail(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	out := Detail{Person: person(d.Person), ManagerName: d.ManagerName, Roles: whole(d.Holdings, holding).Body.Items}
	return &body[Detail]{out}, nil
}

type putPersonIn struct {
	PersonPath
	Body PersonForm
}

func (a *api) putPerson(ctx context.Context, who standin.Caller, in *putPersonIn) (*body[Person], error) {
	p, _, err := a.Directory.PutPerson(ctx, who, in.Body.person(in.ID))
	return &body[Person]{person(p)}, err
}

func (a *api) deactivatePerson(ctx context.Context, who standin.Caller, in *PersonPath) (*none, error) {
	return &none{}, a.Directory.Deactivate(ctx, who, in.ID)
}

func (a *api) reactivatePerson(ctx context.Context, who standin.Caller, in *PersonPath) (*none, error) {
	return &none{}, a.Directory.Reactivate(ctx, who, in.ID)
}

type roleOfPersonIn struct {
	PersonPath
	Role standin.RoleID `path:"role" maxLength:"200" doc:"The role's id."`
	Unit standin.UnitID `query:"unit" maxLength:"500" doc:"Where it is held; empty for the person's own unit, whichever that is."`
}

func (a *api) holdRole(ctx context.Context, who standin.Caller, in *roleOfPersonIn) (*body[Changed], error) {
	changed, err := a.Directory.Hold(ctx, who, in.ID, in.Role, in.Unit)
	return &body[Changed]{Changed{changed}}, err
}

func (a *api) releaseRole(ctx context.Context, who standin.Caller, in *roleOfPersonIn) (*body[Changed], error) {
	changed, err := a.Directory.Release(ctx, who, in.ID, in.Role, in.Unit)
	return &body[Changed]{Changed{changed}}, err
}
