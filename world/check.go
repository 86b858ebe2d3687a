package world

import (
	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/directory/names"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world/source"
)

// check notes what contradicts itself within the file: malformed things, and names given twice.
func (f *File) check(r *reader) {
	seen := newGiven(&r.Problems)
	for i := range f.Organisations {
		o := &f.Organisations[i]
		seen.once("the organisation", string(o.ID), o.Of("id"))
		o.check(&r.Problems, seen)
	}
	for i := range f.Clients {
		c := &f.Clients[i]
		seen.once("the client", string(c.ID), c.Of("id"))
		c.check(&r.Problems)
	}
	for i := range f.Keys {
		k := &f.Keys[i]
		seen.once("the API key", string(k.ID), k.Of("id"))
		if k.Secret != "" {
			r.Problems.AddError(k.Of("secret"), application.CheckSecret(k.Secret))
			seen.twice("secret "+k.Secret, k.Of("secret"), "another API key has this secret; each needs its own")
		}
		r.Problems.AddAt(k.Place, k.Key.Check())
	}
}

func (o *Organisation) check(ps *Problems, seen *given) {
	if !rights.ValidName(string(o.ID)) || o.ID == standin.Operator {
		ps.Add(o.Of("id"), `"%s" cannot be an organisation's id; up to 64 letters, digits, _ and - are expected, and not "standin"`,
			source.Excerpt(string(o.ID)))
	}
	for _, u := range o.Units {
		seen.once("the unit", string(o.ID)+" "+string(u.ID), u.Self)
		ps.AddError(u.Self, directory.Unit{ID: u.ID}.Check())
	}
	for i := range o.Applications {
		a := &o.Applications[i]
		seen.once("the application", string(o.ID)+" "+string(a.ID), a.Of("id"))
		ps.AddAt(a.Place, a.Check())
	}
	for i := range o.Roles {
		role := &o.Roles[i]
		seen.once("the role", string(o.ID)+" "+string(role.ID), role.Of("id"))
	}
	for i := range o.People {
		if ps.Full() {
			return
		}
		p := &o.People[i]
		seen.once("the person", string(p.ID), p.Of("id"))
		p.check(ps, seen)
	}
	for i := range o.Groups {
		g := &o.Groups[i]
		seen.once("the group", string(o.ID)+" "+string(g.ID), g.Of("id"))
	}
	for i := range o.Delegations {
		if ps.Full() {
			return
		}
		d := &o.Delegations[i]
		seen.once("the delegation", string(d.ID), d.Of("id"))
		d.check(ps)
	}
}

func (p *Person) check(ps *Problems, seen *given) {
	ps.AddAt(p.Place, p.over(directory.Person{}).Check())
	if key, ok := names.EmailKey(p.Email); ok {
		seen.twice("email "+key, p.Of("email"), "somebody else in the file has this e-mail address already")
	}
	held := map[HeldRole]bool{}
	for _, h := range p.Roles {
		at := h.at
		h.at = source.Position{}
		if held[h] {
			ps.Add(at, "this role is here a second time")
		}
		held[h] = true
	}
}

func (d *Delegation) check(ps *Problems) {
	if !rights.ValidName(string(d.ID)) {
		ps.Add(d.Of("id"), `"%s" cannot be a delegation's id; up to 64 letters, digits, _ and - are expected`, source.Excerpt(string(d.ID)))
	}
	if !delegation.Kind(d.Kind).Known() {
		ps.Add(d.Of("kind"), `there is no kind "%s"; cover, standby or entry is expected`, source.Excerpt(d.Kind))
	}
	if d.Actor == d.Principal {
		ps.Add(d.Of("actor"), "nobody stands in for themselves; another actor is expected")
	}
	if d.Start != nil && d.End != nil && !d.Start.Before(*d.End) {
		ps.Add(d.Of("end"), "the end must be after the start")
	}
	if d.EnabledFor != 0 && d.Kind != string(delegation.Standby) {
		ps.Add(d.Of("enabled_for"), "only a standby is enabled")
	}
}

func (c *Client) check(ps *Problems) {
	if c.Secret != "" {
		if c.Public {
			ps.Add(c.Of("secret"), "a public client cannot keep a secret; none is expected")
		}
		ps.AddError(c.Of("secret"), application.CheckSecret(c.Secret))
	}
	ps.AddAt(c.Place, c.Client.Check())
}

// given finds what is in a file twice.
type given struct {
	problems *Problems
	seen     map[string]source.Position
}

func newGiven(ps *Problems) *given { return &given{ps, map[string]source.Position{}} }

func (n *given) once(what, name string, at source.Position) {
	if first, again := n.seen[what+" "+name]; again {
		n.problems.Add(at, `%s "%s" is in the file already, on line %d`, what, source.Excerpt(name[lastWord(name):]), first.Line)
		return
	}
	n.seen[what+" "+name] = at
}

func (n *given) twice(name string, at source.Position, message string) {
	if first, again := n.seen[name]; again {
		n.problems.Add(at, "%s (line %d)", message, first.Line)
		return
	}
	n.seen[name] = at
}

// lastWord returns where the name itself begins, after the organisation that it is in.
func lastWord(name string) int {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == ' ' {
			return i + 1
		}
	}
	return 0
}
