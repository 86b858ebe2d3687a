package world

import (
	"context"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world/source"
)

func (p *planner) organisation(o *Organisation) error {
	f, err := p.load(o.ID)
	if err != nil {
		return err
	}
	if f.is != nil {
		if err := p.loadRest(f); err != nil {
			return err
		}
	}
	if err := p.settings(o, f); err != nil {
		return err
	}
	p.units(o, f)
	if err := p.appsOf(o, f); err != nil {
		return err
	}
	closing, err := p.roles(o, f)
	if err != nil {
		return err
	}
	if err := p.guardrails(o, f); err != nil {
		return err
	}
	if err := p.people(o, f); err != nil || p.problems.Full() {
		return err
	}
	p.close(f, closing)
	if err := p.groupsOf(o, f); err != nil {
		return err
	}
	return p.delegationsOf(o, f)
}

// settings plans the organisation itself.
func (p *planner) settings(o *Organisation, f *facts) error {
	want := directory.Organisation{ID: o.ID, Name: string(o.ID)}
	if f.is != nil {
		want = *f.is
	}
	set(&want.Name, o.Name)
	want.Settings = o.Settings.Over(f.settings)
	var err error
	if f.is != nil {
		if want.Settings, err = p.keepSettings(f, want.Settings); err != nil {
			return err
		}
	}
	want, err = want.Form()
	if err != nil {
		at := o.Settings.Of(strings.TrimPrefix(source.FieldOf(err), "settings."))
		if !strings.HasPrefix(source.FieldOf(err), "settings") || at == (source.Position{}) {
			at = o.Of(source.FieldOf(err))
		}
		p.problems.AddError(at, err)
	}
	f.settings = want.Settings
	c := Change{Organisation: o.ID, Kind: "organisation", ID: string(o.ID), Created: f.is == nil}
	if f.is != nil {
		if c.Fields = differences(shownOrganisation(*f.is), shownOrganisation(want)); len(c.Fields) == 0 {
			p.same()
			return nil
		}
		f.version++
	}
	p.then(c, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
		_, err := p.World.directory.PutOrganisationIn(ctx, tx, caller, want)
		return err
	})
	return nil
}

// units plans units, each after its parent.
func (p *planner) units(o *Organisation, f *facts) {
	units := slices.Clone(o.Units)
	slices.SortStableFunc(units, func(a, b Unit) int { return strings.Count(string(a.ID), "/") - strings.Count(string(b.ID), "/") })
	for _, u := range units {
		if f.units[u.ID] {
			p.same()
			continue
		}
		if at := strings.LastIndexByte(string(u.ID), '/'); at >= 0 && !f.units[u.ID[:at]] {
			p.problems.Add(u.Self, `there is no unit "%s" for "%s" to be in; it is expected among the units`, u.ID[:at], u.ID)
			continue
		}
		f.units[u.ID] = true
		p.then(Change{Organisation: o.ID, Kind: "unit", ID: string(u.ID), Created: true},
			func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
				_, err := p.World.directory.PutUnitIn(ctx, tx, caller, u.ID)
				return err
			})
	}
}

// appsOf plans applications. What somebody changed by hand so that it binds more, stays; so does what the file does not say.
func (p *planner) appsOf(o *Organisation, f *facts) (err error) {
	for i := range o.Applications {
		want := o.Applications[i].Application
		want.Organisation = o.ID
		is, exists := f.applications[want.ID]
		if exists {
			if want, err = p.keepApplication(f, o.Applications[i].Place, is, want); err != nil {
				return err
			}
		}
		f.applications[want.ID], f.catalogues[want.ID] = want, want.Catalogue
		c := Change{Organisation: o.ID, Kind: "application", ID: string(want.ID), Created: !exists}
		if exists {
			if c.Fields = differences(shownApplication(is), shownApplication(want)); len(c.Fields) == 0 {
				p.same()
				continue
			}
		}
		p.then(c, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
			_, err := p.applications.Put(ctx, tx, caller, want)
			return err
		})
	}
	return nil
}

// A closing is a change of a role that takes powers over the organisation from it. It comes after those who get them.
type closing struct {
	role   *Role
	change Change
	do     func(ctx context.Context, tx *db.Tx, caller standin.Caller) error
}

// roles plans roles, and returns what is to be planned after people. What somebody took out of a role by hand is not put
// back.
func (p *planner) roles(o *Organisation, f *facts) (last []closing, err error) {
	for i := range o.Roles {
		r := &o.Roles[i]
		p.problems.AddAt(r.Place, rights.Role{ID: r.ID, Rank: r.Rank}.Check(f.catalogues))
		p.permissions(r.Allow, r.allowAt, f.catalogues)
		is, exists := f.roles[r.ID]
		want := r.Role
		want.Name = is.Name
		set(&want.Name, r.name)
		if exists {
			if want, err = p.keepRole(f, is.Role, want); err != nil {
				return nil, err
			}
		}
		will := directory.Role{Organisation: o.ID, Role: want}
		f.roles[r.ID] = will
		c := Change{Organisation: o.ID, Kind: "role", ID: string(r.ID), Created: !exists}
		if exists {
			if c.Fields = differences(shownRole(is.Role), shownRole(want)); len(c.Fields) == 0 {
				p.same()
				continue
			}
		}
		do := func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
			_, err := p.World.directory.PutRoleIn(ctx, tx, caller, want, orNew(is.Version))
			return err
		}
		if exists && is.Administers() && !will.Administers() {
			last = append(last, closing{r, c, do})
			continue
		}
		p.then(c, do)
	}
	return last, nil
}

// close plans what takes powers over the organisation away, and refuses it where nobody would be left with them.
func (p *planner) close(f *facts, last []closing) {
	for _, c := range last {
		p.then(c.change, c.do)
	}
	if len(last) > 0 && f.administered && !f.administrator() {
		role := last[len(last)-1].role
		p.problems.Add(role.Of("allow"), `nobody would administer "%s" any more; somebody active is expected to hold standin:*.* in all of it`,
			source.Excerpt(string(f.id)))
	}
}

// permissions notes each one that is malformed or unknown, where it stands.
func (p *planner) permissions(texts []string, at []source.Position, catalogues rights.Catalogues) {
	for i, text := range texts {
		p.problems.AddError(at[i], catalogues.Check(text))
	}
}

// guardrails plans the organisation's own guardrails. What somebody changed by hand may forbid more, and stays.
func (p *planner) guardrails(o *Organisation, f *facts) error {
	is := ""
	if f.is != nil {
		is = f.is.Guardrails
	}
	if o.Guardrails == nil || *o.Guardrails == is {
		return nil
	}
	if touched, err := p.touched(f, "organisation:"+string(o.ID), "guardrails"); err != nil || touched {
		if touched {
			p.kept(f, "organisation", string(o.ID), "guardrails")
		}
		return err
	}
	want, version := *o.Guardrails, f.version
	c := Change{Organisation: o.ID, Kind: "guardrails", ID: string(o.ID), Created: is == "", Fields: []Field{{"guardrails", is, want}}}
	p.then(c, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
		_, err := p.World.directory.PutGuardrailsIn(ctx, tx, caller, want, version)
		return err
	})
	return nil
}
