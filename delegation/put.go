package delegation

import (
	"context"
	"encoding/json"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// Spec is a delegation as a world file says it (DESIGN.md §7).
type Spec struct {
	ID         standin.DelegationID
	Actor      standin.PersonID
	Principal  standin.PersonID
	Kind       Kind      // "" is Cover
	Start      time.Time // zero is the instant of creation
	End        time.Time // zero is the longest that the organisation allows
	Purpose    string
	Limits     rights.Limits
	EnabledFor time.Duration // of a standby, counted at creation alone; 0 leaves it dormant
}

// Put is what PutIn did. Before is nil where there was no delegation; After is what is there now, nil where somebody
// deleted it. Kept names what the file says and was not done, because somebody ended or narrowed it: "deleted", "ended",
// "start", "end", "limits".
type Put struct {
	Before, After *Delegation
	Kept          []string
}

// Changed reports whether anything was written.
func (p Put) Changed() bool {
	return p.After != nil && (p.Before == nil || !same(p.Before.state(), p.After.state()))
}

// said is what a world file last said of a delegation, and what that made of it.
type said struct {
	Start   *int64        `json:"start"`
	End     *int64        `json:"end"`
	Purpose string        `json:"purpose"`
	Limits  rights.Limits `json:"limits"`
	Made    made          `json:"made"`
}

type made struct {
	StartsAt int64         `json:"starts_at"`
	EndsAt   *int64        `json:"ends_at"`
	Limits   rights.Limits `json:"limits"`
}

// PutIn creates the delegation that a world file says, or changes what the file changed since it was last applied, with
// one record; applying again changes nothing. Form, people, organisation and cap are checked; past windows, acceptance
// and who may name whom are not, for the operator speaks: anybody else is Denied (THREATS 15). What somebody deleted,
// ended or narrowed is neither revived nor widened.
func (r *Delegations) PutIn(ctx context.Context, tx *db.Tx, caller standin.Caller, spec Spec) (Put, error) {
	if !caller.Actor.IsOperator() {
		return Put{}, operatorOnly()
	}
	now := standin.Now(r.now)
	want, err := r.formOf(ctx, tx, caller, spec)
	if err != nil {
		return Put{}, err
	}
	org, err := r.directory.Organisation(ctx, tx, caller.Organisation)
	if err != nil {
		return Put{}, err
	}
	limit := org.Settings.Delegation.Max
	before, err := r.Load(ctx, tx, caller.Organisation, spec.ID)
	if db.IsNotFound(err) {
		return r.create(ctx, tx, caller, want, spec, now, limit)
	}
	if err != nil {
		return Put{}, err
	}
	return r.apply(ctx, tx, caller, before, want, spec, now, limit)
}

func operatorOnly() error {
	return standin.Refuse(standin.Denied, "delegation.put", "delegation.operator_only", "Only the operator applies world files.")
}

// formOf checks what the file says by itself.
func (r *Delegations) formOf(ctx context.Context, tx *db.Tx, caller standin.Caller, spec Spec) (Delegation, error) {
	d, err := spec.form(caller)
	if err != nil {
		return d, err
	}
	d.Limits, err = r.checkLimits(ctx, tx, caller.Organisation, d.Kind, spec.Limits)
	return d, err
}

// form checks all of the spec that nothing else need be known for; the limits are left out.
func (spec Spec) form(caller standin.Caller) (Delegation, error) {
	d := Delegation{Organisation: caller.Organisation, ID: spec.ID, Actor: spec.Actor, Principal: spec.Principal, Kind: spec.Kind}
	if !rights.ValidName(string(spec.ID)) {
		return d, standin.Refuse(standin.Invalid, "delegation.put", "delegation.bad_id",
			"\"{id}\" is no id: 1 to 64 letters, digits, _ and - are expected.").On("id").With("id", cut(string(spec.ID)))
	}
	if spec.Actor == spec.Principal {
		return d, selfDeputy()
	}
	var err error
	if d.Kind, err = kindOf(spec.Kind); err != nil {
		return d, err
	}
	if spec.EnabledFor != 0 && d.Kind != Standby {
		return d, standin.Refuse(standin.Invalid, "delegation.put", "delegation.enabled_for", "Only a standby is enabled for a time.").
			On("enabled_for")
	}
	d.Purpose, err = checkPurpose(spec.Purpose, caller)
	return d, err
}

// begin fills in what the spec makes of a new delegation at now, under the cap.
func (d *Delegation) begin(spec Spec, caller standin.Caller, now time.Time, limit time.Duration) (err error) {
	d.StartsAt, d.EndsAt = spec.Start, spec.End
	if d.StartsAt.IsZero() {
		d.StartsAt = now
	}
	if d.EndsAt, err = capped(d.Kind, d.StartsAt, d.EndsAt, limit); err != nil {
		return err
	}
	if err := d.checkWindow(now); err != nil {
		return err
	}
	if spec.EnabledFor != 0 {
		if err := checkSpan(spec.EnabledFor, limit); err != nil {
			return err.(*standin.Error).On("enabled_for")
		}
		d.EnabledAt, d.EnabledUntil = now, now.Add(spec.EnabledFor).Truncate(time.Microsecond)
	}
	d.CreatedAt, d.CreatedBy, d.ChangedAt, d.Version = now, caller.Actor, now, 1
	d.Applied = string(ledger.State(d.saidIn(spec)))
	return nil
}

func (r *Delegations) create(ctx context.Context, tx *db.Tx, caller standin.Caller, d Delegation, spec Spec, now time.Time,
	limit time.Duration) (Put, error) {
	deleted, err := r.wasDeleted(ctx, tx, caller.Organisation, spec.ID)
	if err != nil || deleted {
		return Put{Kept: []string{"deleted"}}, err
	}
	for _, party := range spec.parties() {
		person, err := r.person(ctx, tx, caller.Organisation, party.id, party.field)
		if err != nil {
			return Put{}, err
		}
		if !person.Active() {
			return Put{}, inactivePerson("delegation.put").(*standin.Error).On(party.field)
		}
	}
	if err := d.begin(spec, caller, now, limit); err != nil {
		return Put{}, err
	}
	if err := insert(ctx, tx, d); err != nil {
		return Put{}, err
	}
	return Put{After: &d}, r.record(ctx, tx, caller, now, "delegation.name", nil, &d)
}

// namedParty is one of the two people of a spec, and the field that names them.
type namedParty struct {
	field string
	id    standin.PersonID
}

func (spec Spec) parties() []namedParty {
	return []namedParty{{"actor", spec.Actor}, {"principal", spec.Principal}}
}

// checkWindow refuses a window that is empty or absurd, and lets it lie in the past.
func (d *Delegation) checkWindow(now time.Time) error {
	d.StartsAt, d.EndsAt = d.StartsAt.UTC().Truncate(time.Microsecond), d.EndsAt.UTC().Truncate(time.Microsecond)
	if d.StartsAt.Before(now.Add(-farthest)) || d.StartsAt.After(now.Add(farthest)) {
		return standin.Refuse(standin.Invalid, "delegation.window", "delegation.too_far",
			"This date is more than a hundred years away.").On("start")
	}
	if !d.EndsAt.IsZero() && !d.EndsAt.After(d.StartsAt) {
		return endBeforeStart()
	}
	return checkEnd(d.StartsAt, d.EndsAt, d.StartsAt)
}

// wasDeleted reports whether a delegation of that id was deleted; an id never comes to mean another (THREATS 47).
func (r *Delegations) wasDeleted(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.DelegationID) (bool, error) {
	f := ledger.Filter{Organisation: org, Resource: resource(id), Action: "delegation.delete", Outcome: ledger.Done}
	records, _, err := r.ledger.Page(ctx, tx, f, ledger.Cursor{}, 1)
	return len(records) > 0, err
}

// apply changes what the file changed since it was last applied.
func (r *Delegations) apply(ctx context.Context, tx *db.Tx, caller standin.Caller, before, want Delegation, spec Spec,
	now time.Time, limit time.Duration) (Put, error) {
	put, next, err := before.follow(want, spec, now, limit)
	if err != nil || !put.Changed() {
		return put, err
	}
	put.After.Applied = string(ledger.State(next))
	after, err := r.save(ctx, tx, caller, now, "delegation.edit", before, *put.After)
	put.After = &after
	return put, err
}

// follow returns what the file makes of the delegation at now, and what is to be remembered of the file.
func (d Delegation) follow(want Delegation, spec Spec, now time.Time, limit time.Duration) (Put, said, error) {
	if d.Actor != want.Actor || d.Principal != want.Principal || d.Kind != want.Kind {
		return Put{}, said{}, standin.Refuse(standin.Conflict, "delegation.put", "delegation.other",
			"\"{id}\" is a delegation of another kind or between other people. Give this one another id.").On("id").With("id", spec.ID)
	}
	var last said
	if d.Applied != "" {
		if err := json.Unmarshal([]byte(d.Applied), &last); err != nil {
			return Put{}, said{}, err
		}
	}
	next := want.saidIn(spec)
	next.Made = last.Made
	if same(next, last) {
		return Put{Before: &d, After: &d}, next, nil
	}
	after, kept, err := d.merge(last, &next, limit)
	if err == nil && (after.StartsAt != d.StartsAt || after.EndsAt != d.EndsAt) {
		err = after.checkWindow(now)
	}
	return Put{Before: &d, After: &after, Kept: kept}, next, err
}

// merge returns the delegation with what differs between last and next, as far as that does not widen what somebody
// changed by hand since, and the names of what was kept. It notes in next what was made of it.
func (d Delegation) merge(last said, next *said, limit time.Duration) (Delegation, []string, error) {
	if !d.EndedAt.IsZero() || !d.DeclinedAt.IsZero() {
		return d, []string{"ended"}, nil
	}
	var kept []string
	may := func(field string, asBefore, untouched, widens bool) bool {
		if !asBefore && !untouched && widens {
			kept = append(kept, field)
		}
		return !asBefore && (untouched || !widens)
	}
	after := d
	if next.Start != nil {
		start := standin.Instant(*next.Start)
		if may("start", same(next.Start, last.Start), standin.Micros(d.StartsAt) == last.Made.StartsAt, start.Before(d.StartsAt)) {
			after.StartsAt, next.Made.StartsAt = start, *next.Start
		}
	}
	var end time.Time
	if next.End != nil {
		end = standin.Instant(*next.End)
	}
	end, err := capped(d.Kind, after.StartsAt, end, limit)
	if err != nil {
		return d, nil, err
	}
	if may("end", same(next.End, last.End), same(micros(d.EndsAt), last.Made.EndsAt), laterEnd(d.EndsAt, end)) {
		after.EndsAt, next.Made.EndsAt = end, micros(end)
	}
	if may("limits", same(next.Limits, last.Limits), same(d.Limits, last.Made.Limits), rights.Widens(d.Limits, next.Limits)) {
		after.Limits, next.Made.Limits = next.Limits, next.Limits
	}
	if next.Purpose != last.Purpose {
		after.Purpose = next.Purpose
	}
	return after, kept, nil
}

// saidIn returns what the spec says, once checked as d, and what is made of it if d is that.
func (d Delegation) saidIn(spec Spec) said {
	return said{micros(spec.Start), micros(spec.End), d.Purpose, d.Limits,
		made{standin.Micros(d.StartsAt), micros(d.EndsAt), d.Limits}}
}
