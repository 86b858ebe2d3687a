package delegation

import (
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
)

// mostHanded bounds the lines of one handing on.
const mostHanded = 500

// handedOn is the reason in the records of what was part of a handing on.
const handedOn = "delegation.handed_on"

// Handing says what becomes of what somebody granted and holds who goes away. Every line may be left out.
type Handing struct {
	Person standin.PersonID // who goes
	// End names what they granted and is to end: who stands in for them.
	End []standin.DelegationID
	// Pass says to whom goes what they hold: those for whom they stand in.
	Pass []Passing
	// Reports gives those whose manager they are another one.
	Reports []Reporting
	// Deactivate makes them inactive as well.
	Deactivate bool
}

// Names reports whether somebody is named for somebody by it.
func (h Handing) Names() bool {
	return slices.ContainsFunc(h.Pass, func(p Passing) bool { return p.To != "" })
}

// Passing hands one delegation on to another person, or ends it where To is "".
type Passing struct {
	Delegation standin.DelegationID
	To         standin.PersonID
	Purpose    string // "" keeps what was said
}

// Reporting gives somebody another manager, "" for none.
type Reporting struct {
	Person  standin.PersonID
	Manager standin.PersonID
}

// Handed is what a handing on did.
type Handed struct {
	Ended       []Delegation
	Named       []Delegation
	Reports     []directory.Person
	Deactivated bool
}

// Estate is what there is to hand on of somebody who goes, as far as the caller manages it, without what is over.
type Estate struct {
	Granted []View // who stands in for them
	Held    []View // for whom they stand in
	Reports []directory.Person
}

// EstateOf returns what there is to hand on. It is for those who manage the person or their delegations, and for the person
// themselves; for others there is no such person.
func (r *Delegations) EstateOf(ctx context.Context, caller standin.Caller, person standin.PersonID) (Estate, error) {
	detail, err := r.directory.PersonDetail(ctx, caller, person)
	if err != nil {
		return Estate{}, err
	}
	var e Estate
	if e.Granted, err = r.ListForPrincipal(ctx, caller, detail.ID, false); err != nil && !db.IsNotFound(err) {
		return Estate{}, err
	}
	if e.Held, err = r.ListForActor(ctx, caller, detail.ID, false); err != nil && !db.IsNotFound(err) {
		return Estate{}, err
	}
	after := ""
	for len(e.Reports) < mostHanded {
		page, next, err := r.directory.People(ctx, caller, directory.PeopleFilter{Manager: detail.ID, Inactive: true}, 100, after)
		if err != nil {
			return Estate{}, err
		}
		e.Reports = append(e.Reports, page...)
		if after = next; next == "" {
			break
		}
	}
	return e, nil
}

// HandOn does all that the lines say, or nothing. What was granted ends, which its stand-ins are told. What is held is named
// anew for the other person, by the rules of naming and as the caller's own naming, with the same window and limits, no
// longer than the organisation allows by now and paused where it was; the old one ends. Reports get their manager, and the
// person becomes inactive, by the rules of the directory. Each change has its record.
//
// Conflict where a report has another manager by now, or a delegation is over; nothing is written then.
func (r *Delegations) HandOn(ctx context.Context, caller standin.Caller, wish Handing) (Handed, error) {
	now := standin.Now(r.now)
	var done Handed
	err := r.db.Update(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		done, err = r.HandOnIn(ctx, tx, caller, wish)
		return err
	})
	if err != nil {
		return Handed{}, r.refused(ctx, caller, now, "person.hand_on", "person:"+cut(string(wish.Person)), "", err)
	}
	return done, nil
}

// HandOnIn is HandOn in the caller's transaction.
func (r *Delegations) HandOnIn(ctx context.Context, tx *db.Tx, caller standin.Caller, wish Handing) (done Handed, err error) {
	now := standin.Now(r.now)
	if err := r.mayHandOn(ctx, tx, caller, wish); err != nil {
		return Handed{}, err
	}
	for _, id := range wish.End {
		m, err := r.partOf(ctx, tx, caller, id)
		if err != nil {
			return Handed{}, err
		}
		if m.Principal != wish.Person {
			return Handed{}, unknown(id)
		}
		if done.Ended, err = r.endHanded(ctx, tx, caller, now, m, done.Ended); err != nil {
			return Handed{}, err
		}
	}
	for _, p := range wish.Pass {
		if err := r.pass(ctx, tx, caller, now, wish.Person, p, &done); err != nil {
			return Handed{}, err
		}
	}
	for _, p := range wish.Reports {
		report, err := r.reassign(ctx, tx, caller, wish.Person, p)
		if err != nil {
			return Handed{}, err
		}
		done.Reports = append(done.Reports, report)
	}
	if wish.Deactivate {
		done.Deactivated, err = r.directory.DeactivateIn(ctx, tx, caller, wish.Person)
	}
	return done, err
}

// mayHandOn refuses whoever has nothing to do with the person: as if there were none (THREATS 10).
func (r *Delegations) mayHandOn(ctx context.Context, tx *db.Tx, caller standin.Caller, wish Handing) error {
	if caller.Acting() {
		return notWhileActing()
	}
	if len(wish.End) > mostHanded || len(wish.Pass) > mostHanded || len(wish.Reports) > mostHanded {
		return standin.Refuse(standin.Invalid, "delegation.hand_on", "delegation.too_much_handed",
			"At most {most} lines of each kind can be handed on at once.").With("most", mostHanded)
	}
	person, err := r.person(ctx, tx, caller.Organisation, wish.Person, "person")
	if err != nil || caller.Actor.Person() == person.ID {
		return err
	}
	for _, typ := range []string{"delegation", "person"} {
		err = r.directory.Require(ctx, tx, caller, typ, "manage", person.Unit)
		if err == nil || standin.KindOf(err) != standin.Denied {
			return err
		}
	}
	return unknownPerson(wish.Person, "person")
}

// partOf loads the delegation for one who may end it.
func (r *Delegations) partOf(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.DelegationID) (matter, error) {
	m, err := r.meet(ctx, tx, caller, id)
	if err != nil {
		return m, err
	}
	return m, m.whoMay(DoRevoke, caller.Principal, m.party)
}

// endHanded ends the delegation where it had not ended, and adds it to those that were.
func (r *Delegations) endHanded(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, m matter, ended []Delegation) ([]Delegation, error) {
	if !m.EndedAt.IsZero() {
		return ended, nil
	}
	d := m.Delegation
	d.EndedAt, d.EndedBy, d.EndedHow = now, caller.Actor, EndedRevoked
	d, err := r.save(ctx, tx, caller, now, "delegation."+string(DoRevoke), m.Delegation, d, handedOn)
	return append(ended, d), err
}

// pass names the other person for what the leaver holds, and ends that.
func (r *Delegations) pass(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time, leaver standin.PersonID, p Passing, done *Handed) error {
	m, err := r.partOf(ctx, tx, caller, p.Delegation)
	if err != nil {
		return err
	}
	if m.Actor != leaver {
		return unknown(p.Delegation)
	}
	if state := m.StateAt(now); state.Over() {
		return over(state)
	}
	if p.To == leaver {
		return standin.Refuse(standin.Invalid, "delegation.hand_on", "delegation.hand_to_leaver", "Choose somebody else than the person who leaves.").On("to")
	}
	if done.Ended, err = r.endHanded(ctx, tx, caller, now, m, done.Ended); err != nil || p.To == "" {
		return err
	}
	drafts, err := r.draft(ctx, tx, caller, m.passedTo(p, now), now)
	if err != nil {
		return err
	}
	d := drafts[0]
	d.ID = standin.DelegationID(standin.NewID("d"))
	if !m.InactiveAt.IsZero() {
		d.InactiveAt = now // what was paused is not set free by handing it on
	}
	if err := insert(ctx, tx, d); err != nil {
		return err
	}
	done.Named = append(done.Named, d)
	return r.record(ctx, tx, caller, now, "delegation.name", nil, &d, handedOn)
}

// passedTo is the wish to name the other person for the same, as long as is allowed by now.
func (m matter) passedTo(p Passing, now time.Time) Naming {
	wish := Naming{Actors: []standin.PersonID{p.To}, Principal: m.Principal, Kind: m.Kind, End: m.EndsAt, Purpose: m.Purpose, Limits: m.Limits}
	if m.StartsAt.After(now) {
		wish.Start = m.StartsAt
	}
	if p.Purpose != "" {
		wish.Purpose = p.Purpose
	}
	if longest := m.settings.Delegation.Max; longest > 0 && m.Kind != Standby && !wish.End.IsZero() {
		wish.End = earliest(wish.End, latest(wish.Start, now).Add(longest))
	}
	return wish
}

// reassign gives a report of the leaver another manager.
func (r *Delegations) reassign(ctx context.Context, tx *db.Tx, caller standin.Caller, leaver standin.PersonID, p Reporting) (directory.Person, error) {
	report, err := r.person(ctx, tx, caller.Organisation, p.Person, "reports")
	if err != nil {
		return report, err
	}
	if report.Manager != leaver || p.Manager == leaver {
		if err := r.directory.Require(ctx, tx, caller, "person", "manage", report.Unit); err != nil {
			return report, unknownPerson(p.Person, "reports")
		}
		return report, standin.Refuse(standin.Conflict, "delegation.hand_on", "delegation.not_report",
			"{name} needs another manager than the person who leaves, or has one by now.").On("reports").With("name", report.Name)
	}
	report.Manager = p.Manager
	report, _, err = r.directory.PutPersonIn(ctx, tx, caller, report)
	return report, err
}
