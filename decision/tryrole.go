package decision

import (
	"context"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// TriedRole is an answer as it would be, were a role as it is drafted.
type TriedRole struct {
	Answer
	// Decisive is the rule that would decide; of several that permit, one of the drafted role's where there is one.
	Decisive Reason
	// Held says that the person holds the role. Else it is answered as though they held it, at their own unit.
	Held bool
	// Now says whether it is permitted by the roles as they are.
	Now bool
}

// TryRole answers a question in its principal's own name as it would be answered, were the role as the draft has it, with
// every reason. Of the record it looks at what the question says, and not at what is registered. Nothing is recorded, and
// what it says permits nothing.
//
// It needs standin:settings.manage, in one's own name, as changing the role does; and of the principal what Explain needs:
// for others there is no such person, NotFound. What no role can be is Invalid, as when it is saved.
func (d *Decisions) TryRole(ctx context.Context, caller standin.Caller, draft rights.Role, q Question) (t TriedRole, err error) {
	if err := q.check(); err != nil {
		return TriedRole{}, err
	}
	if err := q.small(); err != nil {
		return TriedRole{}, err
	}
	if q.Session != "" || q.Delegation != "" || q.Actor != "" && q.Actor != q.Principal {
		return TriedRole{}, standin.Refuse(standin.Invalid, "decision.try_role", "decision.own_name", "A role is tried with somebody who acts in their own name.").On("actor")
	}
	q.Explain = true
	err = d.read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := d.directory.Require(ctx, tx, caller, "settings", "manage", ""); err != nil {
			return err
		}
		if _, err := d.knownTo(ctx, tx, caller, q.Principal); err != nil {
			return err
		}
		c, err := d.caseOf(ctx, tx, caller.Organisation, &q, standin.Now(d.now))
		if err != nil {
			return err
		}
		if err := draft.Check(c.book.catalogues); err != nil {
			return err
		}
		t = TriedRole{Now: c.permit()}
		c.held = slices.Clone(c.held)
		for i := range c.held {
			if c.held[i].Role.ID == draft.ID {
				c.held[i].Role, t.Held = draft, true
			}
		}
		if !t.Held {
			c.held = append(c.held, rights.Holding{Role: draft, Unit: c.principal.Unit})
		}
		c.authority = c.book.vocabulary.Authority(q.Principal, c.held)
		t.Answer = c.answer()
		t.Decisive = decisive(t.Answer)
		for _, r := range t.Reasons {
			if t.Permit && r.For && r.Role == draft.ID {
				t.Decisive = r
				break
			}
		}
		return nil
	})
	return t, err
}
