package directory

// Check refuses an organisation whose id, name or settings are malformed. The refusal's field says which.
func (o Organisation) Check() error {
	if err := checkID(string(o.ID)); err != nil {
		return err
	}
	if _, err := checkName(o.Name); err != nil {
		return err
	}
	return o.Settings.Check()
}

// Check refuses a unit whose path is malformed.
func (u Unit) Check() error { return checkUnit(u.ID) }

// Check refuses a person whose id, name, address, time zone or language is malformed. What is "" and may be given later
// is fine. Whether others have the id or address is not known here.
func (p Person) Check() error {
	_, err := p.check()
	return err
}
