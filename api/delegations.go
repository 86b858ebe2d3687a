package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
)

func (a *api) describeDelegations() {
	const tag = "Delegations"
	put(a, http.MethodPost, "/delegations", about{id: "nameStandIns", tag: tag, status: http.StatusCreated, fails: []int{404}, summary: "Name stand-ins",
		text: "For oneself, or with standin:delegation.manage for somebody else. Never while acting."}, a.nameStandIns)
	put(a, http.MethodPost, "/delegations/preview", about{id: "previewNaming", tag: tag, fails: []int{404}, summary: "Show what naming would make",
		text: "The same checks as naming; nothing is written."}, a.previewNaming)
	put(a, http.MethodGet, "/candidates", about{id: "findCandidates", tag: tag, fails: []int{404}, summary: "Find colleagues who could stand in",
		text: "In order of name, of the principal's organisation alone. For the principal and those who manage their delegations."}, a.findCandidates)
	put(a, http.MethodGet, "/delegations", about{id: "listManaged", tag: tag, admin: true, summary: "List the delegations that the caller manages",
		text: "Newest first. Needs standin:delegation.manage somewhere; while acting, the principal's."}, a.listManaged)
	put(a, http.MethodGet, "/people/{id}/stand-ins", about{id: "listForPrincipal", tag: tag, summary: "List who stands in for a person",
		text: "For the person themselves and those who manage their delegations."}, a.listForPrincipal)
	put(a, http.MethodGet, "/people/{id}/principals", about{id: "listForActor", tag: tag, summary: "List whom a person stands in for",
		text: "For the person themselves and those who manage the delegations."}, a.listForActor)
	put(a, http.MethodGet, "/delegations/{id}", about{id: "getDelegation", tag: tag, summary: "Get a delegation",
		text: "404 for all but its two people and those who manage it."}, a.getDelegation)
	put(a, http.MethodGet, "/delegations/{id}/history", about{id: "getHistory", tag: tag, summary: "Read what happened to a delegation",
		text: "Newest first, for whoever may see it."}, a.getHistory)
	put(a, http.MethodPatch, "/delegations/{id}", about{id: "editDelegation", tag: tag, summary: "Edit a delegation",
		text: "Dates, purpose, limits. Narrowing holds at once; widening may have to be accepted anew."}, a.editDelegation)
	put(a, http.MethodPost, "/delegations/{id}/preview", about{id: "previewEdit", tag: tag, summary: "Show what editing would make",
		text: "The same checks as editing; nothing is written."}, a.previewEdit)
	put(a, http.MethodDelete, "/delegations/{id}", about{id: "deleteDelegation", tag: tag, status: http.StatusNoContent,
		summary: "Delete an unused delegation", text: "One that was used can only be made inactive. The record stays."}, a.deleteDelegation)
	put(a, http.MethodPost, "/delegations/{id}/accept", about{id: "acceptDelegation", tag: tag, summary: "Accept",
		text: "By the person who was asked. The version is the one that they read."}, a.acceptDelegation)
	put(a, http.MethodPost, "/delegations/{id}/decline", about{id: "declineDelegation", tag: tag, summary: "Decline",
		text: "By the person who was asked, with a reason or without."}, a.declineDelegation)
	put(a, http.MethodPost, "/delegations/{id}/enable", about{id: "enableDelegation", tag: tag, summary: "Enable a standby",
		text: "For a duration, from now."}, a.enableDelegation)
	for _, verb := range []struct {
		path, id, summary, text string
		more                    bool // it lets its actor do more
		do                      func(context.Context, standin.Caller, standin.DelegationID) (delegation.Delegation, error)
	}{
		{"renew", "renewDelegation", "Renew", "It lasts as long as if it were named now.", true, a.Delegations.Renew},
		{"disable", "disableDelegation", "Disable a standby", "Ends the present span at once; it stays named.", false, a.Delegations.Disable},
		{"lay-down", "layDownDelegation", "Lay down", "Ends it for good, by its actor, at any time.", false, a.Delegations.LayDown},
		{"revoke", "revokeDelegation", "Revoke", "Ends it for good, at any time. Once answered, it holds everywhere.", false, a.Delegations.Revoke},
		{"deactivate", "deactivateDelegation", "Pause", "Nothing can be done by it until it is made active again.", false, a.Delegations.Deactivate},
		{"reactivate", "reactivateDelegation", "Make active again", "Sessions from before stay ended.", true, a.Delegations.Reactivate},
	} {
		put(a, http.MethodPost, "/delegations/{id}/"+verb.path, about{id: verb.id, tag: tag, summary: verb.summary, text: verb.text},
			func(ctx context.Context, who standin.Caller, in *DelegationPath) (*body[Delegation], error) {
				if verb.more {
					if err := a.giving(ctx, who); err != nil {
						return nil, err
					}
				}
				_, err := verb.do(ctx, who, in.ID)
				return a.after(ctx, who, in.ID, err)
			})
	}
}

// giving refuses what lets a stand-in do more where no factor was proved lately, as naming them does (THREATS 15, 25). Keys have none
// to prove, and whoever acts gives nothing at all.
func (a *api) giving(ctx context.Context, who standin.Caller) error {
	if v := asker(ctx).visit; v != nil && !who.Acting() {
		return v.RequireFactor(a.now())
	}
	return nil
}

// editing asks for a proof, where one is due, before somebody else's delegation is changed (THREATS 35).
func (a *api) editing(ctx context.Context, who standin.Caller, id standin.DelegationID) error {
	if v := asker(ctx).visit; v == nil || !v.NeedsProof {
		return nil
	}
	d, err := a.Delegations.Get(ctx, who, id)
	if err != nil {
		return err
	}
	return administering(ctx, who.Principal == d.Actor || who.Principal == d.Principal)
}

// DelegationPath is the path parameter of operations on one delegation.
type DelegationPath struct {
	ID standin.DelegationID `path:"id" maxLength:"200" doc:"The delegation's id."`
}

// after returns the delegation as the caller sees it once it was changed.
func (a *api) after(ctx context.Context, who standin.Caller, id standin.DelegationID, err error) (*body[Delegation], error) {
	if err != nil {
		return nil, err
	}
	v, err := a.Delegations.Get(ctx, who, id)
	return &body[Delegation]{seen(v)}, err
}

func (a *api) nameStandIns(ctx context.Context, who standin.Caller, in *body[Naming]) (*body[Whole[Delegation]], error) {
	wish, err := in.Body.naming(who)
	if err != nil {
		return nil, err
	}
	if err := a.giving(ctx, who); err != nil {
		return nil, err
	}
	named, err := a.Delegations.Name(ctx, who, wish)
	return whole(named, func(d delegation.Delegation) Delegation { return bare(d, d.CreatedAt) }), err
}

// NamingPreview is what naming would make.
type NamingPreview struct {
	Items []Delegation `json:"items" nullable:"false"`
	Idle  []string     `json:"idle" nullable:"false" doc:"Lines of limits.allow that open nothing, for the principal may do nothing of what they name."`
}

func (a *api) previewNaming(ctx context.Context, who standin.Caller, in *body[Naming]) (*body[NamingPreview], error) {
	wish, err := in.Body.naming(who)
	if err != nil {
		return nil, err
	}
	drafts, err := a.Delegations.Preview(ctx, who, wish)
	if err != nil {
		return nil, err
	}
	idle, err := a.Delegations.Idle(ctx, who, wish.Principal, wish.Kind, wish.Limits)
	return &body[NamingPreview]{NamingPreview{each(drafts, func(d delegation.Delegation) Delegation { return bare(d, d.CreatedAt) }), append([]string{}, idle...)}}, err
}

type findCandidatesIn struct {
	Paging
	Principal standin.PersonID `query:"principal" maxLength:"200" doc:"For whom; left out: for the caller."`
	Query     string           `query:"q" maxLength:"200" doc:"Words of the name or the address."`
}

func (a *api) findCandidates(ctx context.Context, who standin.Caller, in *findCandidatesIn) (*body[Page[Candidate]], error) {
	principal, err := forWhom(who, in.Principal)
	if err != nil {
		return nil, err
	}
	after, err := in.place(ofCandidates)
	if err != nil {
		return nil, err
	}
	found, next, err := a.Delegations.Candidates(ctx, who, principal, in.Query, in.Limit, after)
	return page(found, mark(ofCandidates, next), candidate), err
}

type listManagedIn struct {
	Paging
	Actor     standin.PersonID `query:"actor" maxLength:"200" doc:"Who stands in."`
	Principal standin.PersonID `query:"principal" maxLength:"200" doc:"For whom."`
	State     delegation.State `query:"state" enum:"upcoming,active,dormant,waiting,declined,inactive,expired,revoked,laid_down" doc:"What it is now."`
	Over      bool             `query:"over" doc:"Those that are over, too."`
}

func (a *api) listManaged(ctx context.Context, who standin.Caller, in *listManagedIn) (*body[Page[Delegation]], error) {
	after, err := in.place(ofDelegations)
	if err != nil {
		return nil, err
	}
	views, next, err := a.Delegations.ListManaged(ctx, who, delegation.Query{Actor: in.Actor, Principal: in.Principal, State: in.State,
		Over: in.Over, After: after, Limit: in.Limit})
	return page(views, mark(ofDelegations, next), seen), err
}

type listOfPersonIn struct {
	PersonPath
	Over bool `query:"over" doc:"Those that are over, too."`
}

func (a *api) listForPrincipal(ctx context.Context, who standin.Caller, in *listOfPersonIn) (*body[Whole[Delegation]], error) {
	views, err := a.Delegations.ListForPrincipal(ctx, who, in.ID, in.Over)
	return whole(views, seen), err
}

func (a *api) listForActor(ctx context.Context, who standin.Caller, in *listOfPersonIn) (*body[Whole[Delegation]], error) {
	views, err := a.Delegations.ListForActor(ctx, who, in.ID, in.Over)
	return whole(views, seen), err
}

func (a *api) getDelegation(ctx context.Context, who standin.Caller, in *DelegationPath) (*body[Delegation], error) {
	return a.after(ctx, who, in.ID, nil)
}

type getHistoryIn struct {
	DelegationPath
	Paging
}

func (a *api) getHistory(ctx context.Context, who standin.Caller, in *getHistoryIn) (*body[Page[Record]], error) {
	after, err := in.record()
	if err != nil {
		return nil, err
	}
	var records []ledger.Record
	records, after, err = a.Delegations.History(ctx, who, in.ID, after, in.Limit)
	return page(records, markRecord(after), record), err
}

type editIn struct {
	DelegationPath
	Body DelegationChange
}

func (a *api) editDelegation(ctx context.Context, who standin.Caller, in *editIn) (*body[Delegation], error) {
	change, err := in.Body.change()
	if err == nil {
		err = a.editing(ctx, who, in.ID)
	}
	if err == nil {
		change.Widening = a.giving(ctx, who)
		_, err = a.Delegations.Edit(ctx, who, in.ID, change)
	}
	return a.after(ctx, who, in.ID, err)
}

// Edited is a delegation before and after a change.
type Edited struct {
	Before Delegation `json:"before"`
	After  Delegation `json:"after"`
	Idle   []string   `json:"idle" nullable:"false" doc:"Lines of limits.allow that open nothing, for the principal may do nothing of what they name."`
}

func (a *api) previewEdit(ctx context.Context, who standin.Caller, in *editIn) (*body[Edited], error) {
	change, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	before, after, err := a.Delegations.PreviewEdit(ctx, who, in.ID, change)
	if err != nil {
		return nil, err
	}
	now := standin.Now(a.now)
	idle, err := a.Delegations.Idle(ctx, who, after.Principal, after.Kind, after.Limits)
	return &body[Edited]{Edited{bare(before, now), bare(after, now), append([]string{}, idle...)}}, err
}

func (a *api) deleteDelegation(ctx context.Context, who standin.Caller, in *DelegationPath) (*none, error) {
	return &none{}, a.Delegations.Delete(ctx, who, in.ID)
}

// Acceptance says what is accepted.
type Acceptance struct {
	Version int64 `json:"version,omitempty" minimum:"0" doc:"The version that was read."`
}

type acceptIn struct {
	DelegationPath
	Body *Acceptance
}

func (a *api) acceptDelegation(ctx context.Context, who standin.Caller, in *acceptIn) (*body[Delegation], error) {
	if due := a.giving(ctx, who); due != nil {
		if d, err := a.Delegations.Get(ctx, who, in.ID); err == nil && d.AskedOf == d.Principal && who.Principal == d.Principal {
			return nil, due // the principal's yes gives
		}
	}
	_, err := a.Delegations.Accept(ctx, who, in.ID, given(in.Body).Version)
	return a.after(ctx, who, in.ID, err)
}

// Refusal says why somebody declines.
type Refusal struct {
	Reason string `json:"reason,omitempty" maxLength:"5000"`
}

type declineIn struct {
	DelegationPath
	Body *Refusal
}

func (a *api) declineDelegation(ctx context.Context, who standin.Caller, in *declineIn) (*body[Delegation], error) {
	_, err := a.Delegations.Decline(ctx, who, in.ID, given(in.Body).Reason)
	return a.after(ctx, who, in.ID, err)
}

// Enabling says for how long a standby is enabled.
type Enabling struct {
	Duration Span `json:"duration" doc:"For how long, from now."`
}

type enableIn struct {
	DelegationPath
	Body Enabling
}

func (a *api) enableDelegation(ctx context.Context, who standin.Caller, in *enableIn) (*body[Delegation], error) {
	err := a.giving(ctx, who)
	if err == nil {
		_, err = a.Delegations.Enable(ctx, who, in.ID, time.Duration(in.Body.Duration))
	}
	return a.after(ctx, who, in.ID, err)
}
