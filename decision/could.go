package decision

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// Could returns what somebody could do who acted for the principal now by a delegation of that kind and limits,
// guardrails apart: they depend on the record. It is for the principal and for those who manage people or delegations in
// the principal's unit; for others there is no such person: NotFound. Limits that are malformed, or speak of what no
// catalogue has, are Invalid.
func (d *Decisions) Could(ctx context.Context, caller standin.Caller, principal standin.PersonID, limits rights.Limits, kind delegation.Kind) (lines []rights.Line, err error) {
	err = d.read(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := d.knownTo(ctx, tx, caller, principal)
		if err != nil {
			return err
		}
		lines, err = d.lines(ctx, tx, p, &limits, kind)
		return err
	})
	return lines, err
}

// CouldBy returns what its actor could do by the delegation, were it usable now: Could for whoever may see it. By one that is
// over nobody can do anything any more.
func (d *Decisions) CouldBy(ctx context.Context, caller standin.Caller, id standin.DelegationID) (lines []rights.Line, err error) {
	v, err := d.delegations.Get(ctx, caller, id)
	if err != nil || v.State.Over() {
		return nil, err
	}
	err = d.read(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := d.directory.Person(ctx, tx, caller.Organisation, v.Principal)
		if err != nil {
			return err
		}
		lines, err = d.lines(ctx, tx, p, &v.Limits, v.Kind)
		return err
	})
	return lines, err
}

// Seen is what somebody would see as a person.
type Seen struct {
	Person directory.Person
	Own    []rights.Line // what the person may do in their own name
	Lines  []rights.Line // what is left of it within the limits
}

// AsPerson shows an administrator what somebody could do who acted for the person within the limits, before they are
// granted (B9). It needs standin:person.manage or standin:delegation.manage in the person's unit, and not to be acting;
// for others there is no such person: NotFound.
func (d *Decisions) AsPerson(ctx context.Context, caller standin.Caller, person standin.PersonID, limits rights.Limits) (seen Seen, err error) {
	err = d.read(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := d.directory.Person(ctx, tx, caller.Organisation, person)
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		if err := d.mayKnow(ctx, tx, caller, p); err != nil {
			return err
		}
		seen.Person = p
		if seen.Own, err = d.lines(ctx, tx, p, nil, ""); err != nil {
			return err
		}
		seen.Lines, err = d.lines(ctx, tx, p, &limits, delegation.Cover)
		return err
	})
	return seen, err
}

// Holds returns what the person may do in their own name, to whoever Could answers: what there is to be given.
func (d *Decisions) Holds(ctx context.Context, caller standin.Caller, person standin.PersonID) (lines []rights.Line, err error) {
	err = d.read(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := d.knownTo(ctx, tx, caller, person)
		if err != nil {
			return err
		}
		lines, err = d.lines(ctx, tx, p, nil, "")
		return err
	})
	return lines, err
}

// knownTo returns the person where the caller may know what they may do.
func (d *Decisions) knownTo(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID) (directory.Person, error) {
	p, err := d.directory.Person(ctx, tx, caller.Organisation, id)
	if err != nil && !db.IsNotFound(err) {
		return p, err
	}
	if caller.Actor.Person() == id && !caller.Acting() && p.ID != "" {
		return p, nil
	}
	return p, d.mayKnow(ctx, tx, caller, p)
}

// lines lists what the person may do within the limits, in their own name where there are none. An inactive person may
// nothing.
func (d *Decisions) lines(ctx context.Context, tx *db.Tx, p directory.Person, limits *rights.Limits, kind delegation.Kind) ([]rights.Line, error) {
	book, err := d.book(ctx, tx, p.Organisation)
	if err != nil {
		return nil, err
	}
	if limits != nil {
		if err := limits.Check(book.catalogues); err != nil {
			return nil, err
		}
	}
	st, err := d.standing(ctx, tx, book, p.Organisation, p.ID)
	if err != nil || !st.active || book.broken {
		return nil, err
	}
	if limits == nil {
		return st.authority.List(nil), nil
	}
	return st.authority.List(book.vocabulary.Bounds(*limits, kind == delegation.Entry)), nil
}
