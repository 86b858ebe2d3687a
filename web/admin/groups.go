package admin

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web/frame"
)

// Groups lists named groups of people.
type Groups struct {
	frame.Base
	Find                    string
	Rows                    []GroupRow
	First, Next             string
	CanAdd                  bool
	Name, Description, Unit string // as they were typed
	Units                   []frame.Option
}

// GroupRow is a group of a list.
type GroupRow struct {
	ID, Name, Description, Unit string
	Members                     int64
}

// Group is a group with its members.
type Group struct {
	frame.Base
	ID, Name, Description, Unit string
	Version                     string
	Units                       []frame.Option
	Members                     []Member
	First, Next                 string
	Rules, Ended                bool
	Add                         string
}

// Member is somebody in a group. One who is inactive does not count.
type Member struct {
	frame.Who
	Link, Line string
	Counts     bool
}

func (v *visit) groups() error { return v.listGroups(http.StatusOK, nil) }

func (v *visit) listGroups(status int, problems []frame.Problem) error {
	s, err := v.scope()
	if err != nil {
		return err
	}
	q := v.R.URL.Query()
	page := &Groups{Base: v.Base, Find: strings.TrimSpace(q.Get("find")), Name: v.R.PostFormValue("name"), Description: v.R.PostFormValue("description"),
		Unit: v.R.PostFormValue("unit"), CanAdd: (s.allPeople || len(s.people) > 0) && !v.Caller.Acting()}
	page.Nav, page.Problems = "people", problems
	groups, next, err := v.Directory.ListGroups(v.R.Context(), v.Caller, page.Find, peopleRows, q.Get("after"))
	if err != nil {
		return err
	}
	for _, g := range groups {
		page.Rows = append(page.Rows, GroupRow{string(g.ID), g.Name, g.Description, string(g.Unit), g.Members})
	}
	page.First, page.Next = paged("/groups", page.Find, q.Get("after"), next)
	if page.Units, _, err = v.choices(page.Unit, ""); err != nil {
		return err
	}
	v.Show(v.W, v.R, status, "groups", page)
	return nil
}

// paged returns where the first and the next page are, "" where this is it.
func paged(path, find, after, more string) (first, next string) {
	kept := url.Values{}
	if find != "" {
		kept.Set("find", find)
	}
	if after != "" {
		first = path + query(kept)
	}
	if more != "" {
		kept.Set("after", more)
		next = path + query(kept)
	}
	return first, next
}

func (v *visit) typedGroup() directory.Group {
	version, _ := strconv.ParseInt(v.R.PostFormValue("version"), 10, 64)
	return directory.Group{ID: standin.GroupID(v.R.PathValue("group")), Name: v.R.PostFormValue("name"), Description: v.R.PostFormValue("description"),
		Unit: standin.UnitID(v.R.PostFormValue("unit")), Version: version}
}

func (v *visit) addGroup() error {
	if _, err := v.scope(); err != nil {
		return err
	}
	put, _, err := v.Directory.PutGroup(v.R.Context(), v.Caller, v.typedGroup())
	if err != nil {
		p, ok := v.Problem(err)
		if !ok || v.Caller.Acting() {
			return err
		}
		return v.listGroups(frame.StatusOf(err), []frame.Problem{p})
	}
	return v.lead("/groups/"+url.PathEscape(string(put.ID)), "add_group")
}

func (v *visit) showGroup() error { return v.group(http.StatusOK, nil) }

func (v *visit) group(status int, problems []frame.Problem) error {
	if err := v.RequireProof(); err != nil {
		return err
	}
	ctx, id, q := v.R.Context(), standin.GroupID(v.R.PathValue("group")), v.R.URL.Query()
	g, err := v.Directory.Group(ctx, v.Caller, id)
	if err != nil {
		return err
	}
	at := "/groups/" + url.PathEscape(string(g.ID))
	page := &Group{Base: v.Base, ID: string(g.ID), Name: g.Name, Description: g.Description, Unit: string(g.Unit), Version: strconv.FormatInt(g.Version, 10),
		Rules: g.Rules && g.EndedAt.IsZero(), Ended: !g.EndedAt.IsZero(), Add: v.R.PostFormValue("person")}
	page.Nav, page.Problems = "people", problems
	if v.R.PathValue("verb") == "edit" { // what was typed stays, over what is saved now
		typed := v.typedGroup()
		page.Name, page.Description, page.Unit = typed.Name, typed.Description, string(typed.Unit)
	}
	members, next, err := v.Directory.GroupMembers(ctx, v.Caller, id, peopleRows, q.Get("after"))
	if err != nil {
		return err
	}
	for _, m := range members {
		page.Members = append(page.Members, Member{frame.Someone(m.Person.ID, m.Person.Name, m.Person.Unit), v.at(m.Person.ID),
			v.Base.T("group.since", "Moment", v.day(m.Since)), m.Counts()})
	}
	page.First, page.Next = paged(at, "", q.Get("after"), next)
	if page.Units, _, err = v.choices(page.Unit, ""); err != nil {
		return err
	}
	v.Show(v.W, v.R, status, "group", page)
	return nil
}

// changeGroup does one thing with the group, and shows it again.
func (v *visit) changeGroup() error {
	ctx, id, verb := v.R.Context(), standin.GroupID(v.R.PathValue("group")), v.R.PathValue("verb")
	if err := v.RequireProof(); err != nil {
		return err
	}
	if _, err := v.Directory.Group(ctx, v.Caller, id); err != nil {
		return err
	}
	to, done, err := "/groups/"+url.PathEscape(string(id)), verb+"_group", error(nil)
	switch verb {
	case "add":
		p, problem, lookErr := v.someone("person", strings.TrimSpace(v.R.PostFormValue("person")))
		if lookErr != nil {
			return lookErr
		}
		if problem != nil {
			return v.group(http.StatusUnprocessableEntity, []frame.Problem{*problem})
		}
		_, err = v.Directory.AddMember(ctx, v.Caller, id, p.ID)
		done = "add_member"
	case "remove":
		_, err = v.Directory.RemoveMember(ctx, v.Caller, id, standin.PersonID(v.R.PostFormValue("person")))
	case "edit":
		_, _, err = v.Directory.PutGroup(ctx, v.Caller, v.typedGroup())
	case "end":
		_, err = v.Directory.EndGroup(ctx, v.Caller, id, v.typedGroup().Version)
		to = "/groups"
	default:
		return frame.NoPage()
	}
	if err != nil {
		p, ok := v.Problem(err)
		if !ok || v.Caller.Acting() {
			return err
		}
		return v.group(frame.StatusOf(err), []frame.Problem{p})
	}
	return v.lead(to, done)
}
