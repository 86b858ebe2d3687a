package world

import (
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// facts are an organisation as it will be: what is there, and over it what the file brings.
type facts struct {
	id           standin.OrganisationID
	is           *directory.Organisation // nil where it is to be created
	version      int64                   // of the organisation, once its settings are put
	settings     directory.Settings
	units        map[standin.UnitID]bool
	applications map[standin.ApplicationID]application.Application
	catalogues   rights.Catalogues
	roles        map[standin.RoleID]directory.Role
	people       map[standin.PersonID]directory.Person
	holdings     map[directory.Holding]bool // without their instants
	groups       map[standin.GroupID]directory.Group
	members      map[membership]bool
	delegations  map[standin.DelegationID]delegation.Delegation
	administered bool // before the file, somebody active administers
}

// load reads the organisation and its applications, which are all that clients and keys refer to.
func (p *planner) load(id standin.OrganisationID) (*facts, error) {
	f := &facts{id: id, version: 1, settings: directory.DefaultSettings(), units: map[standin.UnitID]bool{},
		applications: map[standin.ApplicationID]application.Application{}, catalogues: rights.Catalogues{},
		roles: map[standin.RoleID]directory.Role{}, people: map[standin.PersonID]directory.Person{},
		holdings: map[directory.Holding]bool{}, groups: map[standin.GroupID]directory.Group{}, members: map[membership]bool{}}
	p.facts[id] = f
	is, err := p.directory.Organisation(p.ctx, p.tx, id)
	if db.IsNotFound(err) {
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	f.is, f.settings, f.version = &is, is.Settings, is.Version
	applications, err := p.applications.List(p.ctx, p.tx, id)
	for _, a := range applications {
		f.applications[a.ID], f.catalogues[a.ID] = a, a.Catalogue
	}
	return f, err
}

// loadRest reads everything else in an organisation that is there.
func (p *planner) loadRest(f *facts) error {
	units, err := p.directory.EveryUnit(p.ctx, p.tx, f.id)
	if err != nil {
		return err
	}
	for _, u := range units {
		f.units[u.ID] = true
	}
	roles, err := p.directory.Roles(p.ctx, p.tx, f.id)
	if err != nil {
		return err
	}
	for _, r := range roles {
		f.roles[r.ID] = r
	}
	if err := p.directory.EachPerson(p.ctx, p.tx, f.id, func(person directory.Person) error {
		f.people[person.ID] = person
		return nil
	}); err != nil {
		return err
	}
	if err := p.directory.EachHolding(p.ctx, p.tx, f.id, func(h directory.Holding) error {
		h.CreatedAt = time.Time{}
		f.holdings[h] = true
		return nil
	}); err != nil {
		return err
	}
	if err := p.loadGroups(f); err != nil {
		return err
	}
	f.administered = f.administrator()
	f.delegations, err = p.delegations.Every(p.ctx, p.tx, f.id)
	return err
}

// administrator reports whether somebody active holds a role that has every power of Standin in the organisation.
func (f *facts) administrator() bool {
	for h := range f.holdings {
		if person, known := f.people[h.Person]; known && person.Active() && f.roles[h.Role].Administers() {
			return true
		}
	}
	return false
}

// Where somebody stands in the order of managers, if nowhere below a top.
const (
	unseen   = 0
	circular = -1 // above themselves
	beneath  = -2 // below somebody who is
)

// heights returns the place of each person below the top, who is at 1, or circular or beneath.
func (f *facts) heights() map[standin.PersonID]int {
	heights := make(map[standin.PersonID]int, len(f.people))
	for id := range f.people {
		var chain []standin.PersonID
		for heights[id] == unseen {
			heights[id] = circular // until it shows otherwise
			chain = append(chain, id)
			above := f.people[id].Manager
			if _, known := f.people[above]; !known {
				heights[id], chain = 1, chain[:len(chain)-1]
				break
			}
			id = above
		}
		height := heights[id]
		for i := len(chain) - 1; i >= 0; i-- {
			switch at := chain[i]; {
			case height > 0:
				height++
				heights[at] = height
			case height == beneath || !slices.Contains(chain, id):
				heights[at] = beneath
			case at == id: // the circle is closed; what hangs below it is none
				height = beneath
			}
		}
	}
	return heights
}
