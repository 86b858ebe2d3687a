package world

import (
	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// check notes what contradicts itself within the file: malformed things, and names given twice.
func (f *File) check(r *reader) {
	seen := newNames(&r.problems)
	for i := range f.Organisations {
		o := &f.Organisations[i]
		seen.once("the organisation", string(o.ID), o.of("id"))
		o.check(&r.problems, seen)
	}
	for i := range f.Clients {
		c := &f.Clients[i]
		seen.once("the client", string(c.ID), c.of("id"))
		c.check(&r.problems)
	}
	for i := range f.Keys {
		k := &f.Keys[i]
		seen.once("the API key", string(k.ID), k.of("id"))
		if k.Secret != "" {
			r.problems.addError(k.of("secret"), application.CheckSecret(k.Secret))
			seen.twice("secret "+k.Secret, k.of("secret"), "another API key has this secret; each needs its own")
		}
		r.problems.addAt(k.place, k.Key.Check())
	}
}

func (o *Organisation) check(ps *Problems, seen *names) {
	if !rights.ValidName(string(o.ID)) || o.ID == standin.Operator {
		ps.add(o.of("id"), `"%s" cannot be an organisation's id; up to 64 letters, digits, _ and - are expected, and not "standin"`,
			excerpt(string(o.ID)))
	}
	for _, u := range o.Units {
		seen.once("the unit", string(o.ID)+" "+string(u.ID), u.self)
		ps.addError(u.self, directory.Unit{ID: u.ID}.Check())
	}
	for i := range o.Applications {
		a := &o.Applications[i]
		seen.once("the application", string(o.ID)+" "+string(a.ID), a.of("id"))
		ps.addAt(a.place, a.Check())
	}
	for i := range o.Roles {
		role := &o.Roles[i]
		seen.once("the role", string(o.ID)+" "+string(role.ID), role.of("id"))
	}
	for i := range o.People {
		if ps.full() {
			return
		}
		p := &o.People[i]
		seen.once("the person", string(p.ID), p.of("id"))
		p.check(ps, seen)
	}
	for i := range o.Delegations {
		if ps.full() {
			return
		}
		d := &o.Delegations[i]
		seen.once("the delegation", string(d.ID), d.of("id"))
		d.check(ps)
	}
}

func (p *Person) check(ps *Problems, seen *names) {
	ps.addAt(p.place, p.over(directory.Person{}).Check())
	if key, ok := directory.EmailKey(p.Email); ok {
		seen.twice("email "+key, p.of("email"), "somebody else in the file has this e-mail address already")
	}
	held := map[HeldRole]bool{}
	for _, h := range p.Roles {
		at := h.at
		h.at = Position{}
		if held[h] {
			ps.add(at, "this role is here a second time")
		}
		held[h] = true
	}
}

func (d *Delegation) check(ps *Problems) {
	if !rights.ValidName(string(d.ID)) {
		ps.add(d.of("id"), `"%s" cannot be a delegation's id; up to 64 letters, digits, _ and - are expected`, excerpt(string(d.ID)))
	}
	if !delegation.Kind(d.Kind).Known() {
		ps.add(d.of("kind"), `there is no kind "%s"; cover, standby or entry is expected`, excerpt(d.Kind))
	}
	if d.Actor == d.Principal {
		ps.add(d.of("actor"), "nobody stands in for themselves; another actor is expected")
	}
	if d.Start != nil && d.End != nil && !d.Start.Before(*d.End) {
		ps.add(d.of("end"), "the end must be after the start")
	}
	if d.EnabledFor != 0 && d.Kind != string(delegation.Standby) {
		ps.add(d.of("enabled_for"), "only a standby is enabled")
	}
}

func (c *Client) check(ps *Problems) {
	if c.Secret != "" {
		if c.Public {
			ps.add(c.of("secret"), "a public client cannot keep a secret; none is expected")
		}
		ps.addError(c.of("secret"), application.CheckSecret(c.Secret))
	}
	ps.addAt(c.place, c.Client.Check())
}

// addAt notes a refusal at the key of the thing that it is about.
func (ps *Problems) addAt(p place, err error) {
	if err != nil {
		ps.add(p.of(fieldOf(err)), "%s", textOf(err))
	}
}

// names finds what is in a file twice.
type names struct {
	problems *Problems
	seen     map[string]Position
}

func newNames(ps *Problems) *names { return &names{ps, map[string]Position{}} }

func (n *names) once(what, name string, at Position) {
	if first, again := n.seen[what+" "+name]; again {
		n.problems.add(at, `%s "%s" is in the file already, on line %d`, what, excerpt(name[lastWord(name):]), first.Line)
		return
	}
	n.seen[what+" "+name] = at
}

func (n *names) twice(name string, at Position, message string) {
	if first, again := n.seen[name]; again {
		n.problems.add(at, "%s (line %d)", message, first.Line)
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
