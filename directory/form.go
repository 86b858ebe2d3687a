package directory

import "github.com/standin-id/standin/directory/names"

// Check refuses an organisation whose id, name or settings are malformed. The refusal's field says which.
func (o Organisation) Check() error {
	if err := names.ID(string(o.ID)); err != nil {
		return err
	}
	if _, err := names.Check(o.Name); err != nil {
		return err
	}
	return o.Settings.Check()
}

// Check refuses a unit whose path is malformed.
func (u Unit) Check() error { return names.Unit(u.ID) }

// Check refuses a person whose id, name, address, time zone or language is malformed. What is "" and may be given later
// is fine. Whether others have the id or address is not known here.
func (p Person) Check() error {
	_, err := p.check()
	return err
}

// Form returns the person as they would be kept, name, address and language in their one form, and refuses what Check
// refuses.
func (p Person) Form() (Person, error) {
	_, err := p.check()
	return p, err
}

// Form returns the organisation as it would be kept, its name in its one form, and refuses what Check refuses.
func (o Organisation) Form() (Organisation, error) {
	if err := o.Check(); err != nil {
		return o, err
	}
	name, err := names.Check(o.Name)
	o.Name = name
	return o, err
}

// Administers reports whether whoever holds the role at any unit has every power of Standin in the whole organisation.
func (r Role) Administers() bool { return r.administers() }

// Form returns the group as it would be kept, and refuses what is malformed.
func (g Group) Form() (Group, error) {
	err := g.check()
	return g, err
}
