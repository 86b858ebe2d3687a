package world

import (
	"context"

	"github.com/goccy/go-yaml/ast"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/world/source"
)

// membership is somebody in a group.
type membership struct {
	group  standin.GroupID
	person standin.PersonID
}

func (m membership) String() string { return string(m.group) + "/" + string(m.person) }

func (r *reader) group(n ast.Node) Group {
	var g Group
	g.Place = r.Mapping(n, "a group", []string{"id", "name", "description", "unit", "members"}, func(key string, v ast.Node) {
		switch key {
		case "id":
			g.ID = standin.GroupID(r.Text(v, "a group's id"))
		case "name":
			g.Name = new(r.Text(v, "a group's name"))
		case "description":
			g.Description = new(r.Text(v, key))
		case "unit":
			g.Unit = new(standin.UnitID(r.Text(v, "a unit")))
		case "members":
			var members []string
			members, g.membersAt = r.Texts(v, "people's ids")
			for _, id := range members {
				g.Members = append(g.Members, standin.PersonID(id))
			}
		}
	})
	r.require(g.Place, "a group", "id")
	return g
}

// loadGroups reads the organisation's groups and who is in them.
func (p *planner) loadGroups(f *facts) error {
	if err := p.directory.EachGroup(p.ctx, p.tx, f.id, func(g directory.Group) error {
		f.groups[g.ID] = g
		return nil
	}); err != nil {
		return err
	}
	return p.directory.EachMember(p.ctx, p.tx, f.id, func(group standin.GroupID, person standin.PersonID) error {
		f.members[membership{group, person}] = true
		return nil
	})
}

// groupsOf plans groups, and then who is put into them. What somebody ended by hand stays ended.
func (p *planner) groupsOf(o *Organisation, f *facts) error {
	for i := range o.Groups {
		if err := p.groupOf(o, &o.Groups[i], f); err != nil {
			return err
		}
	}
	named := map[string]int{}
	for _, g := range f.groups {
		if g.EndedAt.IsZero() {
			named[g.NameKey()]++
		}
	}
	for i := range o.Groups {
		if is := f.groups[o.Groups[i].ID]; is.EndedAt.IsZero() && named[is.NameKey()] > 1 {
			p.problems.Add(o.Groups[i].Of("name"), `another group is called "%s"; each needs a name of its own`, source.Excerpt(is.Name))
		}
	}
	return p.members(o, f)
}

func (p *planner) groupOf(o *Organisation, file *Group, f *facts) error {
	is, exists := f.groups[file.ID]
	if exists && !is.EndedAt.IsZero() {
		p.kept(f, "group", string(file.ID), "ended")
		return nil
	}
	want := is
	if !exists {
		want = directory.Group{Organisation: o.ID, ID: file.ID, Name: string(file.ID), Version: noVersion}
	}
	set(&want.Name, file.Name)
	set(&want.Description, file.Description)
	if file.Unit != nil && *file.Unit != is.Unit {
		touched, err := p.touched(f, "group:"+string(file.ID), "unit")
		if err != nil {
			return err
		}
		if touched {
			p.kept(f, "group", string(file.ID), "unit")
		} else {
			want.Unit = *file.Unit
		}
	}
	want, err := want.Form()
	p.problems.AddAt(file.Place, err)
	if want.Unit != "" && !f.units[want.Unit] {
		p.problems.Add(file.Of("unit"), `there is no unit "%s"; expected is one of %s`, source.Excerpt(string(want.Unit)), list(f.units))
	}
	f.groups[file.ID] = want
	if exists && want == is {
		p.same()
		return nil
	}
	c := Change{Organisation: o.ID, Kind: "group", ID: string(file.ID), Created: !exists}
	if exists {
		c.Fields = differences(shownGroup(is), shownGroup(want))
	} else {
		c.Note = want.Name
	}
	p.then(c, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
		_, _, err := p.World.directory.PutGroupIn(ctx, tx, caller, want)
		return err
	})
	return nil
}

// members plans who is put into groups. Whom somebody took out of one is not put back, and who is inactive not put in.
func (p *planner) members(o *Organisation, f *facts) error {
	var missing []membership
	var resources []string
	for i := range o.Groups {
		g := &o.Groups[i]
		if !f.groups[g.ID].EndedAt.IsZero() {
			continue
		}
		for at, person := range g.Members {
			m := membership{g.ID, person}
			switch _, known := f.people[person]; {
			case !known:
				p.problems.Add(g.membersAt[at], `there is no person "%s" in this organisation`, source.Excerpt(string(person)))
			case f.members[m]:
				p.same()
			default:
				f.members[m] = true
				missing, resources = append(missing, m), append(resources, "member:"+m.String())
			}
		}
	}
	removed, err := p.ledger.Befell(p.ctx, p.tx, f.id, "group.remove", resources)
	if err != nil {
		return err
	}
	for _, m := range missing {
		switch {
		case removed["member:"+m.String()]:
			p.kept(f, "member of group", m.String(), "taken out")
		case !f.people[m.person].Active():
			p.kept(f, "member of group", m.String(), "inactive")
		default:
			p.then(Change{Organisation: f.id, Kind: "member of group", ID: m.String(), Created: true},
				func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
					_, err := p.World.directory.AddMemberIn(ctx, tx, caller, m.group, m.person)
					return err
				})
		}
	}
	return nil
}
