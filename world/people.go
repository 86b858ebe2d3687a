package world

import (
	"context"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
)

// people plans people, those first whom others have as their manager, and then the roles that they hold.
func (p *planner) people(o *Organisation, f *facts) error {
	was := make(map[standin.PersonID]directory.Person, len(f.people))
	for _, person := range f.people {
		was[person.ID] = person
	}
	for i := range o.People {
		person := &o.People[i]
		f.people[person.ID] = person.over(was[person.ID])
	}
	if err := p.taken(o, f); err != nil {
		return err
	}
	for i := range o.People {
		p.references(&o.People[i], f)
	}
	if p.problems.full() {
		return nil
	}
	for _, person := range p.managersFirst(o, f) {
		is, exists := was[person.ID]
		p.person(o, f, person, is, exists)
	}
	for i := range o.People {
		_, existed := was[o.People[i].ID]
		if err := p.held(f, &o.People[i], existed); err != nil {
			return err
		}
	}
	return nil
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
			p.problems.add(person.of("id"), `the id "%s" is taken by another organisation; another is expected`, excerpt(string(person.ID)))
		}
		key, _ := directory.EmailKey(person.Email)
		if h, taken := byEmail[key]; taken && (h.Person != person.ID || h.Organisation != o.ID) {
			p.problems.add(person.of("email"), `"%s" is somebody else's e-mail address already`, excerpt(person.Email))
		}
	}
	return nil
}

// references notes units, managers and roles that there are not, passwords that nobody should have, and people who would
// be their own managers.
func (p *planner) references(person *Person, f *facts) {
	is := f.people[person.ID]
	if is.Unit != "" && !f.units[is.Unit] {
		p.problems.add(person.of("unit"), `there is no unit "%s"; expected is one of %s`, excerpt(string(is.Unit)), list(f.units))
	}
	if _, known := f.people[is.Manager]; is.Manager != "" && !known {
		p.problems.add(person.of("manager"), `there is no person "%s" in this organisation`, excerpt(string(is.Manager)))
	} else if f.managesThemselves(person.ID) {
		p.problems.add(person.of("manager"), "nobody is their own manager, nor the manager of somebody above them")
	}
	if person.Password != "" {
		p.problems.addError(person.of("password"), signin.CheckPassword(person.Password))
	}
	for _, h := range person.Roles {
		if _, known := f.roles[h.Role]; !known {
			p.problems.add(h.at, `there is no role "%s"; expected is one of %s`, excerpt(string(h.Role)), list(f.roles))
		}
		if h.Unit != "" && !f.units[h.Unit] {
			p.problems.add(h.at, `there is no unit "%s"; expected is one of %s`, excerpt(string(h.Unit)), list(f.units))
		}
	}
}

// managesThemselves walks upward from the person. A circle that does not hold the person is noted where its people are.
func (f *facts) managesThemselves(id standin.PersonID) bool {
	above := f.people[id].Manager
	for range len(f.people) {
		if above == "" || above == id {
			break
		}
		above = f.people[above].Manager
	}
	return above == id && id != ""
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
		c.Fields = differences(is, want)
		p.then(c, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
			_, _, err := p.World.directory.PutPersonIn(ctx, tx, caller, want)
			return err
		})
		return
	}
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

// held plans the roles that a person does not hold yet. One that somebody took from them is not given back.
func (p *planner) held(f *facts, person *Person, existed bool) error {
	for _, h := range person.Roles {
		holding := directory.Holding{Organisation: f.id, Person: person.ID, Role: h.Role, Unit: h.Unit}
		if f.holdings[holding] {
			p.same()
			continue
		}
		name := string(person.ID) + "/" + string(h.Role)
		if h.Unit != "" {
			name += "@" + string(h.Unit)
		}
		if existed {
			released, err := p.released(f, name)
			if err != nil {
				return err
			}
			if released {
				p.kept(f, "role", name, "taken away")
				continue
			}
		}
		p.then(Change{Organisation: f.id, Kind: "role of person", ID: name, Created: true},
			func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
				_, err := p.World.directory.HoldIn(ctx, tx, caller, person.ID, h.Role, h.Unit)
				return err
			})
	}
	return nil
}

// released reports whether a role was taken from a person, by the name of its holding.
func (p *planner) released(f *facts, holding string) (released bool, err error) {
	err = p.eachRecord(ledger.Filter{Organisation: f.id, Resource: "holding:" + strings.TrimSpace(holding), Action: "role.release",
		Outcome: ledger.Done}, func(ledger.Record) bool {
		released = true
		return false
	})
	return released, err
}
