package world

import (
	"context"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/directory/names"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/world/source"
)

// people plans people, those first whom others have as their manager, and then the roles that they hold.
func (p *planner) people(o *Organisation, f *facts) error {
	was := make(map[standin.PersonID]directory.Person, len(f.people))
	for _, person := range f.people {
		was[person.ID] = person
	}
	for i := range o.People {
		person := &o.People[i]
		will, err := person.over(was[person.ID]).Form()
		p.problems.AddAt(person.Place, err)
		f.people[person.ID] = will
	}
	if err := p.taken(o, f); err != nil {
		return err
	}
	heights := f.heights()
	for i := range o.People {
		p.references(&o.People[i], f, heights[o.People[i].ID])
	}
	if p.problems.Full() {
		return nil
	}
	for _, person := range p.managersFirst(o, f) {
		is, exists := was[person.ID]
		if exists {
			if err := p.keepUnit(f, is); err != nil {
				return err
			}
		}
		p.person(o, f, person, is, exists)
	}
	return p.held(o, f, was)
}

// taken notes ids and addresses that somebody else has.
func (p *planner) taken(o *Organisation, f *facts) error {
	ids := make([]standin.PersonID, len(o.People))
	emails := make([]string, len(o.People))
	for i, person := range o.People {
		ids[i], emails[i] = person.ID, person.Email
	}
	byID, byEmail, err := p.World.directory.Taken(p.ctx, p.tx, ids, emails)
	if err != nil {
		return err
	}
	for i := range o.People {
		person := &o.People[i]
		if h, taken := byID[person.ID]; taken && h.Organisation != o.ID {
			p.problems.Add(person.Of("id"), `the id "%s" is taken by another organisation; another is expected`, source.Excerpt(string(person.ID)))
		}
		key, _ := names.EmailKey(person.Email)
		if h, taken := byEmail[key]; taken && (h.Person != person.ID || h.Organisation != o.ID) {
			p.problems.Add(person.Of("email"), `"%s" is somebody else's e-mail address already`, source.Excerpt(person.Email))
		}
	}
	return nil
}

// references notes units, managers and roles that there are not, passwords that nobody should have, and people who would
// be their own managers.
func (p *planner) references(person *Person, f *facts, height int) {
	is := f.people[person.ID]
	if is.Unit != "" && !f.units[is.Unit] {
		p.problems.Add(person.Of("unit"), `there is no unit "%s"; expected is one of %s`, source.Excerpt(string(is.Unit)), list(f.units))
	}
	if _, known := f.people[is.Manager]; is.Manager != "" && !known {
		p.problems.Add(person.Of("manager"), `there is no person "%s" in this organisation`, source.Excerpt(string(is.Manager)))
	} else if height == circular {
		p.problems.Add(person.Of("manager"), "nobody is their own manager, nor the manager of somebody above them")
	} else if height-1 > directory.DeepestManagers {
		p.problems.Add(person.Of("manager"), "at most %d people are expected to stand above one another", directory.DeepestManagers)
	}
	if person.Password != "" {
		p.problems.AddError(person.Of("password"), signin.CheckPassword(person.Password))
	}
	for _, h := range person.Roles {
		if _, known := f.roles[h.Role]; !known {
			p.problems.Add(h.at, `there is no role "%s"; expected is one of %s`, source.Excerpt(string(h.Role)), list(f.roles))
		}
		if h.Unit != "" && !f.units[h.Unit] {
			p.problems.Add(h.at, `there is no unit "%s"; expected is one of %s`, source.Excerpt(string(h.Unit)), list(f.units))
		}
	}
}

// managersFirst orders the file's people so that each comes after their manager.
func (p *planner) managersFirst(o *Organisation, f *facts) []*Person {
	inFile := make(map[standin.PersonID]*Person, len(o.People))
	for i := range o.People {
		inFile[o.People[i].ID] = &o.People[i]
	}
	ordered := make([]*Person, 0, len(o.People))
	placed := map[standin.PersonID]bool{}
	for i := range o.People {
		var chain []*Person
		for next := &o.People[i]; next != nil && !placed[next.ID]; next = inFile[f.people[next.ID].Manager] {
			placed[next.ID] = true
			chain = append(chain, next)
		}
		slices.Reverse(chain)
		ordered = append(ordered, chain...)
	}
	return ordered
}

// person plans one person. Password and acceptance count when the person is created.
func (p *planner) person(o *Organisation, f *facts, file *Person, is directory.Person, exists bool) {
	want := f.people[file.ID]
	c := Change{Organisation: o.ID, Kind: "person", ID: string(file.ID), Created: !exists}
	if exists {
		if is == want {
			p.same()
			return
		}
		c.Fields = differences(shownPerson(is), shownPerson(want))
		p.then(c, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
			_, _, err := p.World.directory.PutPersonIn(ctx, tx, caller, want)
			return err
		})
		return
	}
	c.Note = want.Name
	want.Version = noVersion
	if file.AcceptedTerms {
		want.AcceptedAt = p.now
	}
	want.ActiveSince = p.now // so that delegations planned later know an active person
	f.people[file.ID] = want
	p.thenHash(c, file.Password, func(ctx context.Context, tx *db.Tx, caller standin.Caller, hash signin.PasswordHash) error {
		_, changed, err := p.World.directory.PutPersonIn(ctx, tx, caller, want)
		if err != nil || !changed || file.Password == "" {
			return err
		}
		return p.World.signin.SetPasswordIn(ctx, tx, caller, want.ID, hash)
	})
}

// held plans the roles that people do not hold yet. One that somebody took from them is not given back.
func (p *planner) held(o *Organisation, f *facts, was map[standin.PersonID]directory.Person) error {
	var missing []directory.Holding
	var known []string // names of holdings of people who were there before
	for i := range o.People {
		person := &o.People[i]
		for _, role := range person.Roles {
			h := directory.Holding{Organisation: f.id, Person: person.ID, Role: role.Role, Unit: role.Unit}
			if f.holdings[h] {
				p.same()
				continue
			}
			missing = append(missing, h)
			if _, existed := was[person.ID]; existed {
				known = append(known, "holding:"+nameOf(h))
			}
		}
	}
	released, err := p.ledger.Befell(p.ctx, p.tx, f.id, "role.release", known)
	if err != nil {
		return err
	}
	for _, h := range missing {
		name := nameOf(h)
		if released["holding:"+name] {
			p.kept(f, "role of person", name, "taken away")
			continue
		}
		f.holdings[h] = true
		p.then(Change{Organisation: f.id, Kind: "role of person", ID: name, Created: true},
			func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
				_, err := p.World.directory.HoldIn(ctx, tx, caller, h.Person, h.Role, h.Unit)
				return err
			})
	}
	return nil
}

// nameOf names a holding as its records do.
func nameOf(h directory.Holding) string {
	name := string(h.Person) + "/" + string(h.Role)
	if h.Unit != "" {
		name += "@" + string(h.Unit)
	}
	return name
}
