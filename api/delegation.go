package api

import (
	"errors"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// Delegation lets its actor act for its principal.
type Delegation struct {
	ID            string       `json:"id"`
	Actor         Party        `json:"actor"`
	Principal     Party        `json:"principal"`
	Kind          string       `json:"kind" enum:"cover,standby,entry"`
	State         string       `json:"state" enum:"upcoming,active,dormant,waiting,declined,inactive,expired,revoked,laid_down" doc:"What it is now."`
	Since         *time.Time   `json:"since,omitempty" doc:"Since when it is what it is now."`
	Until         *time.Time   `json:"until,omitempty" doc:"Until when it stays so if nobody does anything; absent for no end."`
	Purpose       string       `json:"purpose"`
	Limits        Limits       `json:"limits"`
	Start         time.Time    `json:"start"`
	End           *time.Time   `json:"end,omitempty" doc:"Excluded; absent for no end."`
	CreatedAt     time.Time    `json:"created_at"`
	CreatedBy     string       `json:"created_by" example:"person:p-1"`
	AskedOf       string       `json:"asked_of,omitempty" doc:"The person who was asked to accept."`
	AcceptedAt    *time.Time   `json:"accepted_at,omitempty"`
	DeclinedAt    *time.Time   `json:"declined_at,omitempty"`
	DeclineReason string       `json:"decline_reason,omitempty"`
	EnabledAt     *time.Time   `json:"enabled_at,omitempty" doc:"The beginning of a standby's present or last span."`
	EnabledUntil  *time.Time   `json:"enabled_until,omitempty"`
	InactiveAt    *time.Time   `json:"inactive_at,omitempty"`
	EndedAt       *time.Time   `json:"ended_at,omitempty"`
	EndedBy       string       `json:"ended_by,omitempty" example:"person:p-1"`
	EndedHow      string       `json:"ended_how,omitempty" enum:"revoked,laid_down"`
	UsedAt        *time.Time   `json:"used_at,omitempty" doc:"When it was first used; then it can no longer be deleted."`
	RenewedEnd    *time.Time   `json:"renewed_end,omitempty" doc:"The end that renewing would give; absent where that is refused."`
	Can           []Permission `json:"can" nullable:"false" doc:"What the caller can do with it, and why not."`
	ChangedAt     time.Time    `json:"changed_at"`
	Version       int64        `json:"version"`
}

// Party is one of the two people.
type Party struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	Unit     string `json:"unit,omitempty"`
	TimeZone string `json:"time_zone,omitempty"`
	Inactive bool   `json:"inactive,omitempty"`
}

// Permission says whether something can be done now.
type Permission struct {
	Verb string `json:"verb" enum:"accept,decline,edit,renew,enable,disable,lay_down,revoke,deactivate,reactivate,delete"`
	Can  bool   `json:"can"`
	Code string `json:"code,omitempty" doc:"The code of the rule that forbids it."`
	Why  string `json:"why,omitempty" doc:"The same in words."`
}

// Limits narrow a delegation.
type Limits struct {
	Allow    []string `json:"allow,omitempty" maxItems:"1000" doc:"What may be done; empty for all that the principal may. An entry delegation names its personal actions."`
	Deny     []string `json:"deny,omitempty" maxItems:"1000" doc:"What may not be done, whatever allow says."`
	Units    []string `json:"units,omitempty" maxItems:"1000" doc:"The units at or below which a record must be."`
	ReadOnly bool     `json:"read_only,omitempty" doc:"Only actions that read."`
	Sealed   bool     `json:"sealed,omitempty" doc:"Sealed fields, too."`
}

// Naming is a wish to name stand-ins.
type Naming struct {
	Actors    []string   `json:"actors" minItems:"1" maxItems:"100" nullable:"false" doc:"Who stands in; all are named or none."`
	Principal string     `json:"principal,omitempty" maxLength:"200" doc:"For whom; left out: for the caller."`
	Kind      string     `json:"kind,omitempty" enum:"cover,standby,entry" doc:"Left out: cover."`
	Start     *time.Time `json:"start,omitempty" doc:"Left out: now."`
	End       *time.Time `json:"end,omitempty" doc:"Excluded. Left out: the longest that the organisation allows."`
	Purpose   string     `json:"purpose,omitempty" maxLength:"5000" doc:"What it is for. People must say."`
	Limits    Limits     `json:"limits,omitempty"`
}

// DelegationChange says what becomes of a delegation; what is left out stays.
type DelegationChange struct {
	Version int64      `json:"version,omitempty" minimum:"0" doc:"The version that the change was made for."`
	Start   *time.Time `json:"start,omitempty"`
	End     *time.Time `json:"end,omitempty"`
	NoEnd   bool       `json:"no_end,omitempty" doc:"The longest that the organisation allows."`
	Purpose *string    `json:"purpose,omitempty" maxLength:"5000"`
	Limits  *Limits    `json:"limits,omitempty"`
}

func limits(l rights.Limits) Limits {
	return Limits{Allow: l.Allow, Deny: l.Deny, Units: texts(l.Units), ReadOnly: l.ReadOnly, Sealed: l.Sealed}
}

func (l Limits) limits() rights.Limits {
	return rights.Limits{Allow: l.Allow, Deny: l.Deny, Units: ids[standin.UnitID](l.Units), ReadOnly: l.ReadOnly, Sealed: l.Sealed}
}

func (f Naming) naming(who standin.Caller) (delegation.Naming, error) {
	principal, err := forWhom(who, standin.PersonID(f.Principal))
	return delegation.Naming{Actors: ids[standin.PersonID](f.Actors), Principal: principal, Kind: delegation.Kind(f.Kind),
		Start: instant(f.Start), End: instant(f.End), Purpose: f.Purpose, Limits: f.Limits.limits()}, err
}

// forWhom returns the principal that was sent, or else the caller; an API key has to send one, for it is nobody.
func forWhom(who standin.Caller, sent standin.PersonID) (standin.PersonID, error) {
	if sent != "" {
		return sent, nil
	}
	if who.Principal == "" {
		return "", standin.Refuse(standin.Invalid, "api.name", "api.principal_missing", "Say for whom: an API key is nobody.").On("principal")
	}
	return who.Principal, nil
}

func (f DelegationChange) change() (delegation.Change, error) {
	c := delegation.Change{Version: f.Version, Purpose: f.Purpose}
	if f.Start != nil {
		t := instant(f.Start)
		c.Start = &t
	}
	if f.End != nil || f.NoEnd {
		t := instant(f.End)
		c.End = &t
	}
	if f.End != nil && f.NoEnd {
		return c, standin.Refuse(standin.Invalid, "api.edit", "api.end_or_none", "Give an end or no_end, not both.").On("no_end")
	}
	if f.Limits != nil {
		l := f.Limits.limits()
		c.Limits = &l
	}
	return c, nil
}

// bare is the delegation itself, as it is at now.
func bare(d delegation.Delegation, now time.Time) Delegation {
	since, until := d.SpanAt(now)
	return Delegation{ID: string(d.ID), Actor: Party{ID: string(d.Actor)}, Principal: Party{ID: string(d.Principal)}, Kind: string(d.Kind),
		State: string(d.StateAt(now)), Since: moment(since), Until: moment(until), Purpose: d.Purpose, Limits: limits(d.Limits), Start: d.StartsAt,
		End: moment(d.EndsAt), CreatedAt: d.CreatedAt, CreatedBy: string(d.CreatedBy), AskedOf: string(d.AskedOf), AcceptedAt: moment(d.AcceptedAt),
		DeclinedAt: moment(d.DeclinedAt), DeclineReason: d.DeclineReason, EnabledAt: moment(d.EnabledAt), EnabledUntil: moment(d.EnabledUntil),
		InactiveAt: moment(d.InactiveAt), EndedAt: moment(d.EndedAt), EndedBy: string(d.EndedBy), EndedHow: d.EndedHow, UsedAt: moment(d.UsedAt),
		Can: []Permission{}, ChangedAt: d.ChangedAt, Version: d.Version}
}

// seen is the delegation with its people and what the caller can do with it.
func seen(v delegation.View) Delegation {
	f := bare(v.Delegation, time.Time{})
	f.State, f.Since, f.Until, f.RenewedEnd = string(v.State), moment(v.Since), moment(v.Until), moment(v.RenewedEnd)
	f.Actor, f.Principal = party(v.Actor, v.ActorPerson), party(v.Principal, v.PrincipalPerson)
	for _, o := range v.Options {
		p := Permission{Verb: string(o.Verb), Can: o.Refusal == nil}
		if e, ok := errors.AsType[*standin.Error](o.Refusal); ok {
			p.Code, p.Why = e.Code, e.Text()
		}
		f.Can = append(f.Can, p)
	}
	return f
}

func party(id standin.PersonID, p delegation.Person) Party {
	return Party{ID: string(id), Name: p.Name, Unit: string(p.Unit), TimeZone: p.TimeZone, Inactive: !p.InactiveAt.IsZero()}
}
