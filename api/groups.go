package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
)

// Group is people who are addressed together.
type Group struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Unit        string     `json:"unit" doc:"Whose managers of people manage the group; empty for the whole organisation's."`
	EndedAt     *time.Time `json:"ended_at,omitempty" doc:"Absent while it lives."`
	CreatedAt   time.Time  `json:"created_at"`
	Version     int64      `json:"version"`
}

// GroupView is a group as a list shows it.
type GroupView struct {
	Group
	Members int64 `json:"members" doc:"How many active people are in it."`
	Rules   bool  `json:"rules" doc:"Whether the caller may change it."`
}

// GroupForm is what can be written of a group.
type GroupForm struct {
	Name        string `json:"name" maxLength:"1000"`
	Description string `json:"description,omitempty" maxLength:"5000"`
	Unit        string `json:"unit,omitempty" maxLength:"500"`
	Version     int64  `json:"version,omitempty" minimum:"0" doc:"The version that the change was made for."`
}

// Member is a person in a group.
type Member struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Email    string    `json:"email"`
	Unit     string    `json:"unit"`
	Inactive bool      `json:"inactive,omitempty" doc:"They stay in the group and do not count."`
	Since    time.Time `json:"since"`
}

func group(g directory.Group) Group {
	return Group{ID: string(g.ID), Name: g.Name, Description: g.Description, Unit: string(g.Unit), EndedAt: moment(g.EndedAt),
		CreatedAt: g.CreatedAt, Version: g.Version}
}

func groupView(v directory.GroupView) GroupView { return GroupView{group(v.Group), v.Members, v.Rules} }

func member(m directory.Member) Member {
	return Member{ID: string(m.Person.ID), Name: m.Person.Name, Email: m.Person.Email, Unit: string(m.Person.Unit), Inactive: !m.Counts(),
		Since: m.Since}
}

func (f GroupForm) group(id standin.GroupID) directory.Group {
	return directory.Group{ID: id, Name: f.Name, Description: f.Description, Unit: standin.UnitID(f.Unit), Version: f.Version}
}

func (a *api) describeGroups() {
	const tag = "Groups"
	put(a, http.MethodGet, "/groups", about{id: "listGroups", tag: tag, admin: true, people: true, summary: "List groups",
		text: "Living ones, in order of name, of the units where the caller manages people."}, a.listGroups)
	put(a, http.MethodPost, "/groups", about{id: "createGroup", tag: tag, admin: true, people: true, status: http.StatusCreated,
		summary: "Make a group", text: "Needs standin:person.manage at its unit."}, a.createGroup)
	put(a, http.MethodGet, "/groups/{id}", about{id: "getGroup", tag: tag, people: true, summary: "Get a group",
		text: "For those who manage it and those who are in it."}, a.getGroup)
	put(a, http.MethodPut, "/groups/{id}", about{id: "putGroup", tag: tag, admin: true, people: true, summary: "Change a group",
		text: "Needs standin:person.manage at its unit, former and new."}, a.putGroup)
	put(a, http.MethodDelete, "/groups/{id}", about{id: "endGroup", tag: tag, admin: true, people: true, summary: "End a group",
		text: "For good; the record stays."}, a.endGroup)
	put(a, http.MethodGet, "/groups/{id}/members", about{id: "listMembers", tag: tag, people: true, summary: "List who is in a group",
		text: "Inactive people, too, in order of name."}, a.listMembers)
	put(a, http.MethodPut, "/groups/{id}/members/{person}", about{id: "addMember", tag: tag, admin: true, people: true, summary: "Add somebody to a group",
		text: "Needs standin:person.manage at the group's unit."}, a.addMember)
	put(a, http.MethodDelete, "/groups/{id}/members/{person}", about{id: "removeMember", tag: tag, admin: true, people: true,
		summary: "Take somebody out of a group", text: "Needs standin:person.manage at the group's unit."}, a.removeMember)
	put(a, http.MethodGet, "/people/{id}/groups", about{id: "listGroupsOf", tag: tag, people: true, summary: "List the groups that a person is in",
		text: "One's own, and of those whom the caller manages."}, a.listGroupsOf)
}

// GroupPath is the path parameter of operations on one group.
type GroupPath struct {
	ID standin.GroupID `path:"id" maxLength:"200" doc:"The group's id."`
}

type listGroupsIn struct {
	Paging
	Query string `query:"q" maxLength:"200" doc:"Words of the name."`
}

func (a *api) listGroups(ctx context.Context, who standin.Caller, in *listGroupsIn) (*body[Page[GroupView]], error) {
	list, next, err := a.Directory.ListGroups(ctx, who, in.Query, in.Limit, in.After)
	return page(list, next, groupView), err
}

func (a *api) createGroup(ctx context.Context, who standin.Caller, in *body[GroupForm]) (*body[Group], error) {
	g, _, err := a.Directory.PutGroup(ctx, who, in.Body.group(""))
	return &body[Group]{group(g)}, err
}

func (a *api) getGroup(ctx context.Context, who standin.Caller, in *GroupPath) (*body[GroupView], error) {
	v, err := a.Directory.Group(ctx, who, in.ID)
	return &body[GroupView]{groupView(v)}, err
}

type putGroupIn struct {
	GroupPath
	Body GroupForm
}

func (a *api) putGroup(ctx context.Context, who standin.Caller, in *putGroupIn) (*body[Group], error) {
	g, _, err := a.Directory.PutGroup(ctx, who, in.Body.group(in.ID))
	return &body[Group]{group(g)}, err
}

type endGroupIn struct {
	GroupPath
	Version int64 `query:"version" minimum:"0" doc:"The version that was read."`
}

func (a *api) endGroup(ctx context.Context, who standin.Caller, in *endGroupIn) (*body[Changed], error) {
	changed, err := a.Directory.EndGroup(ctx, who, in.ID, in.Version)
	return &body[Changed]{Changed{changed}}, err
}

type listMembersIn struct {
	GroupPath
	Paging
}

func (a *api) listMembers(ctx context.Context, who standin.Caller, in *listMembersIn) (*body[Page[Member]], error) {
	list, next, err := a.Directory.GroupMembers(ctx, who, in.ID, in.Limit, in.After)
	return page(list, next, member), err
}

type memberPath struct {
	GroupPath
	Person standin.PersonID `path:"person" maxLength:"200" doc:"The person's id."`
}

func (a *api) addMember(ctx context.Context, who standin.Caller, in *memberPath) (*body[Changed], error) {
	changed, err := a.Directory.AddMember(ctx, who, in.ID, in.Person)
	return &body[Changed]{Changed{changed}}, err
}

func (a *api) removeMember(ctx context.Context, who standin.Caller, in *memberPath) (*body[Changed], error) {
	changed, err := a.Directory.RemoveMember(ctx, who, in.ID, in.Person)
	return &body[Changed]{Changed{changed}}, err
}

func (a *api) listGroupsOf(ctx context.Context, who standin.Caller, in *PersonPath) (*body[Whole[Group]], error) {
	list, err := a.Directory.GroupsOf(ctx, who, in.ID)
	return whole(list, group), err
}
