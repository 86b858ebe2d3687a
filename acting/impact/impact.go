// Package impact owns what administrators are told before they save: what a change would end, widen or narrow. It runs the
// real change in a transaction, compares before with after, and takes everything back, so what it tells is what would
// happen, and what it is refused is what would be refused.
//
// It refuses to write anything, and keeps no rules of its own: whoever may not make a change is not told what it would do.
package impact

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// Kind says what becomes of the things of an effect.
type Kind string

const (
	EndsSession      Kind = "ends_session"      // a live acting session ends at once
	StopsHeld        Kind = "stops_held"        // the person can no longer act by it
	StopsGranted     Kind = "stops_granted"     // nobody can act for the person by it any more
	Resumes          Kind = "resumes"           // a delegation works again
	EndsDelegation   Kind = "ends_delegation"   // ended for good
	NamesDelegation  Kind = "names_delegation"  // named anew for somebody else
	LosesManager     Kind = "loses_manager"     // their manager can do nothing for them any more
	ChangesManager   Kind = "changes_manager"   // another manager
	HoldsRole        Kind = "holds_role"        // a role that is held by one who will be inactive
	Gains            Kind = "gains"             // a permission more
	Loses            Kind = "loses"             // a permission less
	AffectsPerson    Kind = "affects_person"    // what they may do changes
	AffectsSession   Kind = "affects_session"   // goes on with other rights of its principal
	AffectsCover     Kind = "affects_cover"     // a delegation whose principal's rights change
	RoleLoses        Kind = "role_loses"        // a role's permission that speaks of nothing any more
	LimitNamesGone   Kind = "limit_names_gone"  // limits that name what is gone
	NeedsSecond      Kind = "needs_second"      // it waits until somebody else confirms it
	ExceedsCap       Kind = "exceeds_cap"       // lasts longer than the new longest span; it keeps its end
	ExceedsSession   Kind = "exceeds_session"   // may last longer than the new maximum; its next extension will not
	AcceptsAgain     Kind = "accepts_again"     // is asked to accept the new privacy notice
	ReachesMore      Kind = "reaches_more"      // a role that reaches what is moved, and did not before
	ReachesLess      Kind = "reaches_less"      // a role that does not reach what is moved any more
	MovesUnit        Kind = "moves_unit"        // gets another path
	MovesPerson      Kind = "moves_person"      // belongs to another unit, or to the same by another name
	MovesRole        Kind = "moves_role"        // is held at another path of the same unit
	TakesRole        Kind = "takes_role"        // is taken
	MovesGroup       Kind = "moves_group"       // belongs to another unit
	MovesLimit       Kind = "moves_limit"       // limits that follow the unit
	NamesEndedUnit   Kind = "names_ended_unit"  // limits that let nothing through there any more
	DeactivatePerson Kind = "deactivate_person" // cannot sign in, act, or be acted for
)

// Thing is one of those that an effect is about; what does not belong to its kind is empty.
type Thing struct {
	Person        standin.PersonID
	Name          string
	Delegation    standin.DelegationID
	Session       standin.SessionID
	Actor         standin.PersonID
	ActorName     string
	Principal     standin.PersonID
	PrincipalName string
	Role          standin.RoleID
	RoleName      string
	Unit          standin.UnitID
	Permission    string
	Group         standin.GroupID
	Until         time.Time // of a delegation or session, zero where it has no end
}

// named is how many things of one effect are named.
const named = 20

// Effect is what happens to things of one kind: how many, and the first of them.
type Effect struct {
	Kind  Kind
	Count int
	Some  []Thing
}

// Outcome is what a change would do. Changed is false where everything is so already. Effects come in the order in which
// the kinds are declared, none with a count of 0.
type Outcome struct {
	Changed bool
	Effects []Effect
}

// Of returns the effect of the kind, with a count of 0 where there is none.
func (o Outcome) Of(kind Kind) Effect {
	for _, e := range o.Effects {
		if e.Kind == kind {
			return e
		}
	}
	return Effect{Kind: kind}
}

func (o *Outcome) add(kind Kind, t Thing) {
	i := slices.IndexFunc(o.Effects, func(e Effect) bool { return e.Kind == kind })
	if i < 0 {
		i = len(o.Effects)
		o.Effects = append(o.Effects, Effect{Kind: kind})
	}
	e := &o.Effects[i]
	if e.Count++; len(e.Some) < named {
		e.Some = append(e.Some, t)
	}
}

// order is that of the declarations above.
var order = []Kind{EndsSession, StopsHeld, StopsGranted, Resumes, EndsDelegation, NamesDelegation, LosesManager, ChangesManager, HoldsRole, Gains, Loses,
	AffectsPerson, AffectsSession, AffectsCover, RoleLoses, LimitNamesGone, NeedsSecond, ExceedsCap, ExceedsSession, AcceptsAgain, ReachesMore, ReachesLess, MovesUnit, MovesPerson, MovesRole, TakesRole, MovesGroup, MovesLimit,
	NamesEndedUnit, DeactivatePerson}

// Kinds returns every kind of effect, in the order in which effects come.
func Kinds() []Kind { return slices.Clone(order) }

// Previews tells what changes would do. It is safe for concurrent use.
type Previews struct {
	db          *db.DB
	ledger      *ledger.Ledger
	directory   *directory.Directory
	delegations *delegation.Delegations
	acting      *acting.Acting
	now         func() time.Time
}

// New returns previews of changes in d.
func New(d *db.DB, l *ledger.Ledger, dir *directory.Directory, deleg *delegation.Delegations, act *acting.Acting, now func() time.Time) *Previews {
	return &Previews{db: d, ledger: l, directory: dir, delegations: deleg, acting: act, now: now}
}

// errTakenBack ends the transaction of a preview.
var errTakenBack = errors.New("impact: taken back")

// trial is one change that is tried: where it happens, and what is found.
type trial struct {
	*Previews
	tx  *db.Tx
	org standin.OrganisationID
	now time.Time
	Outcome
}

// try runs fn in a transaction that is taken back whatever happens, and returns what fn found.
func (p *Previews) try(ctx context.Context, caller standin.Caller, fn func(ctx context.Context, t *trial) error) (Outcome, error) {
	now := standin.Now(p.now)
	var found Outcome
	err := p.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		t := &trial{Previews: p, tx: tx, org: caller.Organisation, now: now}
		if err := fn(ctx, t); err != nil {
			return err
		}
		found = t.Outcome
		return errTakenBack
	})
	if !errors.Is(err, errTakenBack) {
		return Outcome{}, err
	}
	slices.SortStableFunc(found.Effects, func(a, b Effect) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
	return found, nil
}

// line is a permission that a person has at a unit.
type line struct {
	unit       standin.UnitID
	permission string
}

// standing is what rests on a person.
type standing struct {
	rows  []delegation.Row // not over
	live  []acting.Episode
	lines []line
}

// works reports whether somebody can act by it, now or later, without anybody but its parties doing something.
func works(r delegation.Row, now time.Time) bool {
	return !r.StateAt(now).Over() && r.ActorPerson.InactiveAt.IsZero() && r.PrincipalPerson.InactiveAt.IsZero()
}

// stands loads what rests on the person, who may be about to come into being.
func (t *trial) stands(ctx context.Context, person standin.PersonID) (s standing, err error) {
	if person == "" {
		return s, nil
	}
	if s.rows, err = t.delegations.ForPerson(ctx, t.tx, t.org, person, t.now); err != nil {
		return s, err
	}
	if s.live, err = t.acting.LiveIn(ctx, t.tx, t.org, person, t.now); err != nil {
		return s, err
	}
	p, err := t.directory.Person(ctx, t.tx, t.org, person)
	if db.IsNotFound(err) || err == nil && !p.Active() {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	held, err := t.directory.Holdings(ctx, t.tx, t.org, person)
	s.lines = lines(held)
	return s, err
}

// lines are the permissions of the roles; one with the scope "@unit" at each unit, others once.
func lines(held []rights.Holding) (all []line) {
	for _, h := range held {
		for _, text := range h.Role.Allow {
			l := line{permission: text}
			if p, err := rights.Parse(text); err == nil && p.Scope == rights.Unit {
				l.unit = h.Unit
			}
			if !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	return all
}

// covered reports whether one of the lines certainly allows what l does.
func (l line) covered(by []line) bool {
	return slices.ContainsFunc(by, func(b line) bool {
		reaches := b.unit == "" || l.unit.Within(b.unit)
		return reaches && !rights.Widens(rights.Limits{Allow: []string{b.permission}}, rights.Limits{Allow: []string{l.permission}})
	})
}

// compare adds what a change did to what rests on the person.
func (t *trial) compare(person standin.PersonID, before, after standing) {
	for _, e := range before.live {
		thing := thingOf(e)
		switch i := slices.IndexFunc(after.live, func(a acting.Episode) bool { return a.ID == e.ID }); {
		case i < 0:
			t.add(EndsSession, thing)
		case e.Principal == person && !slices.Equal(before.lines, after.lines):
			t.add(AffectsSession, thing)
		}
	}
	t.compareRows(person, before.rows, after.rows)
	for _, l := range after.lines {
		if !l.covered(before.lines) {
			t.add(Gains, Thing{Person: person, Permission: l.permission, Unit: l.unit})
		}
	}
	for _, l := range before.lines {
		if !l.covered(after.lines) {
			t.add(Loses, Thing{Person: person, Permission: l.permission, Unit: l.unit})
		}
	}
}

func (t *trial) compareRows(person standin.PersonID, before, after []delegation.Row) {
	for _, was := range before {
		is := was
		is.EndedAt, is.EndedHow = t.now, delegation.EndedRevoked // unless it is still there
		for _, row := range after {
			if row.ID == was.ID {
				is = row
			}
		}
		switch did, does := works(was, t.now), works(is, t.now); {
		case did && !does && was.Actor == person:
			t.add(StopsHeld, thingOfRow(was))
		case did && !does:
			t.add(StopsGranted, thingOfRow(was))
		case does && !did:
			t.add(Resumes, thingOfRow(was))
		}
	}
}

func thingOf(e acting.Episode) Thing {
	return Thing{Session: e.ID, Delegation: e.Delegation, Actor: e.Actor, ActorName: e.ActorName, Principal: e.Principal, PrincipalName: e.PrincipalName,
		Until: e.ExpiresAt}
}

func thingOfRow(r delegation.Row) Thing {
	return Thing{Delegation: r.ID, Actor: r.Actor, ActorName: r.ActorPerson.Name, Principal: r.Principal, PrincipalName: r.PrincipalPerson.Name, Until: r.EndsAt}
}

func thingOfPerson(p directory.Person) Thing { return Thing{Person: p.ID, Name: p.Name, Unit: p.Unit} }
