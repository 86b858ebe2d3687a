package delegation

import (
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// mostActors bounds how many people are named at once.
const mostActors = 50

// Naming is a wish to name stand-ins.
type Naming struct {
	Actors    []standin.PersonID
	Principal standin.PersonID
	Kind      Kind      // "" is Cover
	Start     time.Time // zero is now
	End       time.Time // zero is the longest that the organisation allows
	Purpose   string
	Limits    rights.Limits
}

// Name names stand-ins for the principal, all or none of them, and returns the delegations in the order of the actors. An
// actor who is given twice is named once.
//
// Whoever names themselves for somebody else obeys the rules of impersonation (P8), and nobody names a stand-in as whom they
// could come in for somebody above. Where the organisation asks for it,
// each delegation waits for the yes of its actor, or of its principal where the actor named themselves. Refusals of
// naming somebody are recorded.
func (r *Delegations) Name(ctx context.Context, caller standin.Caller, wish Naming) ([]Delegation, error) {
	now := standin.Now(r.now)
	var named []Delegation
	err := r.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		drafts, err := r.draft(ctx, tx, caller, wish, now)
		if err != nil {
			return err
		}
		for i := range drafts {
			drafts[i].ID = standin.DelegationID(standin.NewID("d"))
			if err := insert(ctx, tx, drafts[i]); err != nil {
				return err
			}
			if err := r.record(ctx, tx, caller, now, "delegation.name", nil, &drafts[i]); err != nil {
				return err
			}
		}
		named = drafts
		return nil
	})
	if err != nil {
		return nil, r.refused(ctx, caller, now, "delegation.name", "person:"+cut(string(wish.Principal)), "", err)
	}
	return named, nil
}

// Preview returns what Name would make, without ids, or its refusal; nothing is written.
func (r *Delegations) Preview(ctx context.Context, caller standin.Caller, wish Naming) ([]Delegation, error) {
	now := standin.Now(r.now)
	var drafts []Delegation
	err := r.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		drafts, err = r.draft(ctx, tx, caller, wish, now)
		return err
	})
	return drafts, err
}

// draft checks the wish and returns what it would make.
func (r *Delegations) draft(ctx context.Context, tx *db.Tx, caller standin.Caller, wish Naming, now time.Time) ([]Delegation, error) {
	principal, err := r.mayName(ctx, tx, caller, wish.Principal)
	if err != nil {
		return nil, err
	}
	org, err := r.directory.Organisation(ctx, tx, caller.Organisation)
	if err != nil {
		return nil, err
	}
	form, err := r.form(ctx, tx, caller, wish)
	if err != nil {
		return nil, err
	}
	form.StartsAt, form.EndsAt, err = window(form.Kind, wish.Start, wish.End, now, org.Settings.Delegation.Max)
	if err != nil {
		return nil, err
	}
	existing, err := query(ctx, tx, selectRows+` AND d.principal = $2 AND d.ended_at IS NULL`, string(caller.Organisation),
		string(principal.ID))
	if err != nil {
		return nil, err
	}
	actors, err := distinct(wish.Actors)
	if err != nil {
		return nil, err
	}
	var drafts []Delegation
	for _, id := range actors {
		d := form
		d.Organisation, d.Principal, d.CreatedAt, d.CreatedBy = caller.Organisation, principal.ID, now, caller.Actor
		d.ChangedAt, d.Version = now, 1
		if d.Actor, err = r.actor(ctx, tx, caller, principal, id, org.Settings); err != nil {
			return nil, err
		}
		if org.Settings.Delegation.Accept {
			d.AskedAt, d.AskedOf = now, d.askedOf(caller.Principal)
		}
		if err := d.refuseDuplicate(existing, now); err != nil {
			return nil, err
		}
		drafts = append(drafts, d)
	}
	return drafts, nil
}

// distinct returns the actors without repetition. It refuses none, and too many.
func distinct(actors []standin.PersonID) ([]standin.PersonID, error) {
	if len(actors) == 0 {
		return nil, standin.Refuse(standin.Invalid, "delegation.name", "delegation.nobody", "Choose who stands in.").On("actors")
	}
	if len(actors) > mostActors {
		return nil, standin.Refuse(standin.Invalid, "delegation.name", "delegation.too_many",
			"At most {most} people can be named at once.").On("actors").With("most", mostActors)
	}
	var once []standin.PersonID
	for _, id := range actors {
		if !slices.Contains(once, id) {
			once = append(once, id)
		}
	}
	return once, nil
}

// mayName returns the principal, whom the caller may name stand-ins for: oneself, or whom delegation.manage reaches.
// Those who hold it somewhere cannot tell somebody out of their scope from nobody (THREATS 10); those who hold it nowhere
// are denied whoever they ask about.
func (r *Delegations) mayName(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID) (directory.Person, error) {
	person, err := r.principal(ctx, tx, caller, id)
	if err == nil && !person.Active() {
		return directory.Person{}, inactivePerson("delegation.name").(*standin.Error).On("principal")
	}
	return person, err
}

// principal is mayName for a principal who may be inactive.
func (r *Delegations) principal(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID) (directory.Person, error) {
	if caller.Acting() {
		return directory.Person{}, notWhileActing()
	}
	self := id != "" && id == caller.Actor.Person()
	if !self {
		all, units, err := r.directory.ScopesOf(ctx, tx, caller, "delegation", "manage")
		if err != nil {
			return directory.Person{}, err
		}
		if !all && len(units) == 0 {
			return directory.Person{}, standin.Refuse(standin.Denied, "delegation.name", "delegation.not_for_others",
				"You can name stand-ins for yourself only.").On("principal")
		}
	}
	person, err := r.person(ctx, tx, caller.Organisation, id, "principal")
	if err != nil {
		return directory.Person{}, err
	}
	if !self {
		err := r.directory.Require(ctx, tx, caller, "delegation", "manage", person.Unit)
		if standin.KindOf(err) == standin.Denied {
			return directory.Person{}, unknownPerson(id, "principal")
		}
		if err != nil {
			return directory.Person{}, err
		}
	}
	return person, nil
}

// person loads a person of the organisation; field says which input named them.
func (r *Delegations) person(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.PersonID, field string) (directory.Person, error) {
	if !known(id) {
		return directory.Person{}, unknownPerson(id, field)
	}
	person, err := r.directory.Person(ctx, tx, org, id)
	if db.IsNotFound(err) {
		return directory.Person{}, unknownPerson(id, field)
	}
	return person, err
}

func unknownPerson(id standin.PersonID, field string) error {
	return standin.Refuse(standin.NotFound, "delegation.name", "delegation.person_unknown",
		"There is no such person in your organisation.").On(field).With("person", cut(string(id)))
}

// actor checks who is to stand in for the principal.
func (r *Delegations) actor(ctx context.Context, tx *db.Tx, caller standin.Caller, principal directory.Person, id standin.PersonID,
	settings directory.Settings) (standin.PersonID, error) {
	if id == principal.ID {
		return "", selfDeputy()
	}
	person, err := r.person(ctx, tx, caller.Organisation, id, "actors")
	if err != nil {
		return "", err
	}
	if !person.Active() {
		return "", inactivePerson("delegation.name").(*standin.Error).On("actors").With("person", person.Name)
	}
	if id == caller.Actor.Person() {
		return id, r.mayNameThemselves(ctx, tx, person, principal, settings)
	}
	return id, r.oneHand(ctx, tx, caller, person, principal)
}

func selfDeputy() error {
	return standin.Refuse(standin.Invalid, "delegation.name", "delegation.self", "Nobody stands in for themselves. Choose somebody else.").On("actors")
}

// form returns the kind, purpose and limits of the wish, checked.
func (r *Delegations) form(ctx context.Context, tx *db.Tx, caller standin.Caller, wish Naming) (Delegation, error) {
	kind, err := kindOf(wish.Kind)
	d := Delegation{Kind: kind}
	if err != nil {
		return d, err
	}
	if d.Purpose, err = checkPurpose(wish.Purpose, caller); err != nil {
		return d, err
	}
	d.Limits, err = r.checkLimits(ctx, tx, caller.Organisation, d.Kind, wish.Limits)
	return d, err
}

// kindOf returns the kind that is asked for.
func kindOf(kind Kind) (Kind, error) {
	if kind == "" {
		return Cover, nil
	}
	if !kind.Known() {
		return kind, standin.Refuse(standin.Invalid, "delegation.name", "delegation.kind", "The kind is cover, standby or entry.").On("kind")
	}
	return kind, nil
}

// refuseDuplicate refuses a delegation that says what one of the existing says: the same two people, kind and limits, and
// windows that overlap. With other limits it is another delegation, which never merges with the first (C1, THREATS 8).
func (d Delegation) refuseDuplicate(existing []Row, now time.Time) error {
	for _, e := range existing {
		same := e.ID != d.ID && e.Actor == d.Actor && e.Principal == d.Principal && e.Kind == d.Kind && limitsText(e.Delegation) == limitsText(d)
		if same && !e.StateAt(now).Over() && e.overlaps(d) {
			return standin.Refuse(standin.Conflict, "delegation.name", "delegation.duplicate",
				"{name} stands in already with the same limits at that time. Edit that instead.").On("actors").
				With("name", e.ActorPerson.Name).With("delegation", e.ID)
		}
	}
	return nil
}
