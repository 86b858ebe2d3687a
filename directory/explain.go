package directory

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
)

// Explain yields the state of every row of the organisation, as the last record of its resource should tell it. yield must
// not use the transaction.
func (d *Directory) Explain(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	o, err := d.Organisation(ctx, tx, org)
	if err != nil {
		return err
	}
	if err := yield(o.resource(), o.state()); err != nil {
		return err
	}
	if err := each(ctx, tx, func(row scanner) error {
		u, err := scanUnit(row)
		if err != nil {
			return err
		}
		return yield(u.resource(), u.state())
	}, `SELECT `+unitColumns+` FROM units WHERE organisation = $1`, string(org)); err != nil {
		return err
	}
	if err := each(ctx, tx, func(row scanner) error { return explainPerson(row, yield) },
		`SELECT `+personColumns+` FROM people WHERE organisation = $1`, string(org)); err != nil {
		return err
	}
	if err := each(ctx, tx, func(row scanner) error {
		r, err := scanRole(row)
		if err != nil {
			return err
		}
		return yield(r.resource(), r.state())
	}, `SELECT `+roleColumns+` FROM roles WHERE organisation = $1`, string(org)); err != nil {
		return err
	}
	if err := d.EachHolding(ctx, tx, org, func(h Holding) error { return yield(h.resource(), h.state()) }); err != nil {
		return err
	}
	return d.explainGroups(ctx, tx, org, yield)
}

func explainPerson(row scanner, yield func(resource string, state any) error) error {
	p, key, err := scanPerson(row)
	if err != nil {
		return err
	}
	state := p.state()
	if right, _ := names.EmailKey(p.Email); right != key {
		state.EmailKey = key
	}
	return yield(p.resource(), state)
}

// EachPerson calls do for every person of the organisation, active or not, in order of id. do must not use the
// transaction.
func (d *Directory) EachPerson(ctx context.Context, tx *db.Tx, org standin.OrganisationID, do func(Person) error) error {
	return each(ctx, tx, func(row scanner) error {
		p, _, err := scanPerson(row)
		if err != nil {
			return err
		}
		return do(p)
	}, `SELECT `+personColumns+` FROM people WHERE organisation = $1 ORDER BY id`, string(org))
}

// EachHolding calls do for every role that somebody of the organisation holds, in order of person, role and unit. do must
// not use the transaction.
func (d *Directory) EachHolding(ctx context.Context, tx *db.Tx, org standin.OrganisationID, do func(Holding) error) error {
	return each(ctx, tx, func(row scanner) error {
		var h Holding
		var created db.Time
		if err := row.Scan((*string)(&h.Organisation), (*string)(&h.Person), (*string)(&h.Role), (*string)(&h.Unit), &created); err != nil {
			return err
		}
		h.CreatedAt = created.Time
		return do(h)
	}, `SELECT organisation, person, role, unit, created_at FROM holdings WHERE organisation = $1 ORDER BY person, role, unit`, string(org))
}
