package decision

import (
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// Explanation is an answer with everything that speaks for it and against it, and what would change it.
type Explanation struct {
	Answer
	At time.Time
	// Decisive is the rule that decided: of a refusal the first that speaks against it, of a permit the first for it.
	Decisive Reason
	// Delegation is what the actor would act by, "" in one's own name and where there is none.
	Delegation standin.DelegationID
	// Changes would each by itself turn the answer into its opposite. Each was tried.
	Changes []Change
}

// Explain answers the question as it would be answered at the instant (zero is now), with every reason. Windows, enabled
// spans and the ends of sessions are judged at that instant; roles, limits and guardrails are those of now. Nothing is
// recorded, and what it says permits nothing.
//
// It is for the principal about themselves, for the actor about what they were given, and for those who manage people or
// delegations in the principal's unit; the operator and API keys for "admin" may ask all. For others there is no such
// person: NotFound.
func (d *Decisions) Explain(ctx context.Context, caller standin.Caller, q Question, at time.Time) (Explanation, error) {
	if err := q.check(); err != nil {
		return Explanation{}, err
	}
	if at.IsZero() {
		at = d.now()
	}
	at = at.UTC().Truncate(time.Microsecond)
	q.Explain = true
	if err := q.small(); err != nil {
		return Explanation{}, err
	}
	var e Explanation
	bare := q.bare()
	err := d.read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := d.completeIn(ctx, tx, caller.Organisation, &q); err != nil {
			return err
		}
		c, err := d.caseOf(ctx, tx, caller.Organisation, &q, at)
		if err != nil {
			return err
		}
		if err := d.mayExplain(ctx, tx, caller, c); err != nil {
			return err
		}
		if err := d.veil(ctx, tx, caller, c, bare); err != nil {
			return err
		}
		e = Explanation{Answer: c.answer(), At: at, Delegation: c.row.ID}
		e.Decisive = decisive(e.Answer)
		e.Changes, err = d.changes(ctx, tx, c)
		return err
	})
	return e, err
}

// decisive returns the rule that decided.
func decisive(a Answer) Reason {
	for _, r := range a.Reasons {
		if r.For == a.Permit {
			return r
		}
	}
	return Reason{}
}

// A dispute is a question with all that decides it, so that parts can be changed and the answer tried again.
type dispute struct {
	organisation standin.OrganisationID
	question     Question
	at           time.Time
	actor        standin.PersonID
	principal    directory.Person
	held         []rights.Holding
	book         *rulebook
	authority    *rights.Authority
	acting       bool
	row          delegation.Row // by which somebody acts; zero where there is none
	limits       rights.Limits
	session      *acting.Session
	// refusal is why it is denied before any right is looked at, "" where it is not.
	refusal string
	rows    []delegation.Row // all between the two that are not over, where none was settled on
}

// caseOf gathers what decides the question.
func (d *Decisions) caseOf(ctx context.Context, tx *db.Tx, org standin.OrganisationID, q *Question, at time.Time) (*dispute, error) {
	c := &dispute{organisation: org, question: *q, at: at, actor: q.Actor}
	var err error
	if c.book, err = d.book(ctx, tx, org); err != nil {
		return nil, err
	}
	switch {
	case q.Session != "":
		err = d.sessionCase(ctx, tx, c)
	case q.Actor == "" || q.Actor == q.Principal:
		c.actor = q.Principal
		if q.Delegation != "" {
			c.refusal = DelegationAlone
		}
	default:
		c.acting = true
		err = d.delegationCase(ctx, tx, c)
	}
	if err != nil {
		return nil, err
	}
	c.principal, err = d.directory.Person(ctx, tx, org, q.Principal)
	if db.IsNotFound(err) {
		c.refusal = Unknown
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	if c.refusal == "" && !c.principal.Active() {
		c.refusal = Inactive
	}
	c.held, err = d.directory.Holdings(ctx, tx, org, q.Principal)
	c.authority = c.book.vocabulary.Authority(q.Principal, c.held)
	return c, err
}

func (d *Decisions) sessionCase(ctx context.Context, tx *db.Tx, c *dispute) error {
	q := &c.question
	c.acting = true
	s, f, err := d.acting.ByID(ctx, tx, c.organisation, q.Session)
	if db.IsNotFound(err) {
		c.refusal = NoSession
		return nil
	}
	if err != nil {
		return err
	}
	if q.Principal != s.Principal || q.Actor != "" && q.Actor != s.Actor || q.Delegation != "" && q.Delegation != s.Delegation {
		c.refusal = OtherSession
		return nil
	}
	c.actor, c.session, c.row, c.limits = s.Actor, &s, f.Row, f.Limits
	if !s.LivenessAt(f, c.at).Live || c.at.Before(s.StartedAt) {
		c.refusal = SessionOver
	}
	return nil
}

func (d *Decisions) delegationCase(ctx context.Context, tx *db.Tx, c *dispute) error {
	row, refusal, err := d.between(ctx, tx, c.organisation, &c.question, c.at)
	if err != nil {
		return err
	}
	if c.row, c.limits, c.refusal = row, row.Limits, refusal; refusal != NoDelegation && refusal != SeveralOfThem {
		return nil
	}
	all, err := d.delegations.ForActor(ctx, tx, c.organisation, c.question.Actor, c.at)
	for _, r := range all {
		if r.Principal == c.question.Principal && (c.question.Delegation == "" || r.ID == c.question.Delegation) {
			c.rows = append(c.rows, r)
		}
	}
	return err
}

// permit answers without reasons.
func (c *dispute) permit() bool { return c.permits(&c.question, c.bounds()) }

// bounds are nil in one's own name.
func (c *dispute) bounds() *rights.Bounds {
	if !c.acting {
		return nil
	}
	return c.book.vocabulary.Bounds(c.limits, c.row.Kind == delegation.Entry)
}

// answer answers the case as it stands.
func (c *dispute) answer() Answer {
	a := Answer{Hypothetical: c.acting && c.session == nil}
	if c.refusal != "" {
		a.Reasons = []Reason{{Code: c.refusal}}
		if c.row.ID == "" && c.acting || c.refusal == Unknown {
			return a
		}
	}
	asked := ask(&c.question, c.actor, c.question.Principal)
	bounds := c.bounds()
	a.Permit = c.refusal == "" && c.book.permits(c.authority, bounds, &asked)
	a.Reasons = append(a.Reasons, c.book.reasons(c.authority, bounds, &asked)...)
	return a
}

// mayExplain refuses whoever may not know what the principal may do.
func (d *Decisions) mayExplain(ctx context.Context, tx *db.Tx, caller standin.Caller, c *dispute) error {
	person := caller.Actor.Person()
	switch {
	case person != "" && !caller.Acting() && person == c.question.Principal:
		return nil
	case person != "" && caller.Acting() && (c.session == nil || c.session.ID != caller.Session):
		return unknownPerson()
	case person != "" && person == c.actor && c.concerns(d.now()):
		return nil
	case caller.Acting():
		return unknownPerson()
	}
	return d.mayKnow(ctx, tx, caller, c.principal)
}

// veil takes away what is registered of the record, where the question did not say it, unless the caller may list what is
// registered or the principal, as they are asked about, may do this or look at it: else reasons would tell whose it is, where
// it belongs and what guardrails find in it.
func (d *Decisions) veil(ctx context.Context, tx *db.Tx, caller standin.Caller, c *dispute, bare bool) error {
	if !bare || c.question.bare() || c.permit() || c.views() {
		return nil
	}
	err := d.mayRegister(ctx, tx, caller)
	if standin.KindOf(err) != standin.Denied {
		return err
	}
	c.question.Resource = Resource{}
	return nil
}

// views reports whether the record may be looked at in some way.
func (c *dispute) views() bool {
	bounds, q := c.bounds(), c.question
	q.Field = ""
	return slices.ContainsFunc(c.book.actions(q.Application, q.Type), func(action string) bool {
		q.Action = action
		a := ask(&q, c.actor, q.Principal)
		return c.book.flag(&a) && a.guard.Flags.Reads && c.permits(&q, bounds)
	})
}

// concerns reports whether the actor is told: by a delegation of theirs that is not over now, whatever instant is asked about.
func (c *dispute) concerns(now time.Time) bool {
	return c.row.ID != "" && !c.row.StateAt(now).Over() ||
		slices.ContainsFunc(c.rows, func(r delegation.Row) bool { return !r.StateAt(now).Over() })
}

// mayKnow refuses whoever manages neither the person nor their delegations.
func (d *Decisions) mayKnow(ctx context.Context, tx *db.Tx, caller standin.Caller, p directory.Person) error {
	if caller.Acting() {
		return unknownPerson()
	}
	for _, typ := range []string{"delegation", "person"} {
		err := d.directory.MayRead(ctx, tx, caller, typ, "manage", p.Unit)
		if err == nil && p.ID != "" {
			return nil
		}
		if err != nil && standin.KindOf(err) != standin.Denied {
			return err
		}
	}
	return unknownPerson()
}

func unknownPerson() error {
	return standin.Refuse(standin.NotFound, "decision.explain", "decision.nobody", "There is no such person.").On("principal")
}
