package decision

import (
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
)

// hypothetical answers whether the actor could, if they acted now for the principal. It permits nothing, and is recorded as
// asked by who asks.
func (d *Decisions) hypothetical(ctx context.Context, caller standin.Caller, asked *Question) (Answer, error) {
	ctx, cancel := patient(ctx)
	defer cancel()
	q := asked.kept()
	var answer Answer
	err := d.read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		answer, err = d.suppose(ctx, tx, caller.Organisation, q, standin.Now(d.now))
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	j := newJob(caller, q, answer)
	j.hypothetical = true
	out, err := d.writer.write(ctx, j)
	return out.answer, err
}

// suppose answers as if the actor acted at now, by the state that the transaction sees.
func (d *Decisions) suppose(ctx context.Context, tx *db.Tx, org standin.OrganisationID, q *Question, now time.Time) (Answer, error) {
	row, refusal, err := d.between(ctx, tx, org, q, now)
	if err != nil {
		return Answer{}, err
	}
	if refusal != "" {
		return Answer{Hypothetical: true, Reasons: []Reason{{Code: refusal}}}, nil
	}
	book, err := d.book(ctx, tx, org)
	if err != nil {
		return Answer{}, err
	}
	st, err := d.standing(ctx, tx, book, org, q.Principal)
	if err != nil {
		return Answer{}, err
	}
	bounds := book.vocabulary.Bounds(row.Limits, row.Kind == delegation.Entry)
	a := ask(q, q.Actor, q.Principal)
	answer := Answer{Hypothetical: true, Permit: book.permits(st.authority, bounds, &a)}
	if !answer.Permit || q.Explain {
		answer.Reasons = book.reasons(st.authority, bounds, &a)
	}
	return answer, nil
}

// between returns the delegation by which the question's actor could act for its principal at now, or the code of why there
// is none.
func (d *Decisions) between(ctx context.Context, tx *db.Tx, org standin.OrganisationID, q *Question, now time.Time) (delegation.Row, string, error) {
	for _, id := range []standin.PersonID{q.Principal, q.Actor} {
		switch p, err := d.directory.Person(ctx, tx, org, id); {
		case db.IsNotFound(err):
			return delegation.Row{}, Unknown, nil
		case err != nil:
			return delegation.Row{}, "", err
		case !p.Active():
			return delegation.Row{}, Inactive, nil
		}
	}
	rows, err := d.delegations.ForActor(ctx, tx, org, q.Actor, now)
	if err != nil {
		return delegation.Row{}, "", err
	}
	rows = slices.DeleteFunc(rows, func(r delegation.Row) bool {
		_, usable := r.UsableUntil(now)
		return !usable || r.Actor != q.Actor || r.Principal != q.Principal || q.Delegation != "" && r.ID != q.Delegation
	})
	switch len(rows) {
	case 0:
		return delegation.Row{}, NoDelegation, nil
	case 1:
		return rows[0], "", nil
	}
	return delegation.Row{}, SeveralOfThem, nil
}
