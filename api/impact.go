package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// Outcome is what a change would do.
type Outcome struct {
	Changed bool     `json:"changed" doc:"False where everything is so already."`
	Effects []Effect `json:"effects" nullable:"false"`
}

// Effect is what would happen to things of one kind.
type Effect struct {
	Kind  string  `json:"kind" example:"ends_session"`
	Count int     `json:"count"`
	Some  []Thing `json:"some" nullable:"false" doc:"The first of them."`
}

// Thing is one of those that an effect is about; what does not belong to its kind is absent.
type Thing struct {
	Person        string     `json:"person,omitempty"`
	Name          string     `json:"name,omitempty"`
	Delegation    string     `json:"delegation,omitempty"`
	Session       string     `json:"session,omitempty"`
	Actor         string     `json:"actor,omitempty"`
	ActorName     string     `json:"actor_name,omitempty"`
	Principal     string     `json:"principal,omitempty"`
	PrincipalName string     `json:"principal_name,omitempty"`
	Role          string     `json:"role,omitempty"`
	RoleName      string     `json:"role_name,omitempty"`
	Unit          string     `json:"unit,omitempty"`
	Permission    string     `json:"permission,omitempty"`
	Group         string     `json:"group,omitempty"`
	Until         *time.Time `json:"until,omitempty"`
}

// Estate is what there is to hand on of somebody who goes.
type Estate struct {
	Granted []Delegation `json:"granted" nullable:"false" doc:"Who stands in for them."`
	Held    []Delegation `json:"held" nullable:"false" doc:"For whom they stand in."`
	Reports []Person     `json:"reports" nullable:"false" doc:"Whose manager they are."`
}

// Handing says what becomes of what somebody granted and holds who goes away.
type Handing struct {
	End        []string    `json:"end,omitempty" maxItems:"1000" doc:"Delegations that they granted, and that end."`
	Pass       []Passing   `json:"pass,omitempty" maxItems:"1000" doc:"Delegations that they hold."`
	Reports    []Reporting `json:"reports,omitempty" maxItems:"1000"`
	Deactivate bool        `json:"deactivate,omitempty" doc:"Makes them inactive as well."`
}

// Passing hands one delegation on.
type Passing struct {
	Delegation string `json:"delegation" maxLength:"200"`
	To         string `json:"to,omitempty" maxLength:"200" doc:"The person's id; left out: the delegation ends."`
	Purpose    string `json:"purpose,omitempty" maxLength:"5000" doc:"Left out: as it was."`
}

// Reporting gives somebody another manager.
type Reporting struct {
	Person  string `json:"person" maxLength:"200"`
	Manager string `json:"manager,omitempty" maxLength:"200" doc:"Left out: none."`
}

// Handed is what a handing on did.
type Handed struct {
	Ended       []Delegation `json:"ended" nullable:"false"`
	Named       []Delegation `json:"named" nullable:"false"`
	Reports     []Person     `json:"reports" nullable:"false"`
	Deactivated bool         `json:"deactivated"`
}

func each[T, F any](list []T, form func(T) F) []F { return whole(list, form).Body.Items }

func outcome(o impact.Outcome, err error) (*body[Outcome], error) {
	return &body[Outcome]{Outcome{o.Changed, each(o.Effects, func(e impact.Effect) Effect {
		return Effect{string(e.Kind), e.Count, each(e.Some, thing)}
	})}}, err
}

func thing(t impact.Thing) Thing {
	return Thing{Person: string(t.Person), Name: t.Name, Delegation: string(t.Delegation), Session: string(t.Session), Actor: string(t.Actor),
		ActorName: t.ActorName, Principal: string(t.Principal), PrincipalName: t.PrincipalName, Role: string(t.Role), RoleName: t.RoleName,
		Unit: string(t.Unit), Permission: t.Permission, Group: string(t.Group), Until: moment(t.Until)}
}

func (f Handing) handing(person standin.PersonID) delegation.Handing {
	h := delegation.Handing{Person: person, End: ids[standin.DelegationID](f.End), Deactivate: f.Deactivate}
	for _, p := range f.Pass {
		h.Pass = append(h.Pass, delegation.Passing{Delegation: standin.DelegationID(p.Delegation), To: standin.PersonID(p.To), Purpose: p.Purpose})
	}
	for _, r := range f.Reports {
		h.Reports = append(h.Reports, delegation.Reporting{Person: standin.PersonID(r.Person), Manager: standin.PersonID(r.Manager)})
	}
	return h
}

func (a *api) describeImpact() {
	const tag = "What a change would do"
	const text = "What it would end, widen or narrow; nothing is written. Refused where the change itself would be."
	preview := func(id, summary string) about {
		return about{id: id, tag: tag, admin: true, summary: summary, text: text}
	}
	put(a, http.MethodPost, "/people/{id}/preview", preview("previewPerson", "Show what changing a person would do"), a.previewPerson)
	put(a, http.MethodPost, "/people/{id}/deactivate/preview", preview("previewDeactivate", "Show what making a person inactive would do"),
		func(ctx context.Context, who standin.Caller, in *PersonPath) (*body[Outcome], error) {
			return outcome(a.Previews.Deactivate(ctx, who, in.ID))
		})
	put(a, http.MethodPost, "/people/{id}/reactivate/preview", preview("previewReactivate", "Show what making a person active again would do"),
		func(ctx context.Context, who standin.Caller, in *PersonPath) (*body[Outcome], error) {
			return outcome(a.Previews.Reactivate(ctx, who, in.ID))
		})
	put(a, http.MethodPost, "/people/{id}/roles/{role}/preview", preview("previewHold", "Show what giving a role would do"),
		func(ctx context.Context, who standin.Caller, in *roleOfPersonIn) (*body[Outcome], error) {
			return outcome(a.Previews.Hold(ctx, who, in.ID, in.Role, in.Unit))
		})
	put(a, http.MethodPost, "/people/{id}/roles/{role}/release/preview", preview("previewRelease", "Show what taking a role would do"),
		func(ctx context.Context, who standin.Caller, in *roleOfPersonIn) (*body[Outcome], error) {
			return outcome(a.Previews.Release(ctx, who, in.ID, in.Role, in.Unit))
		})
	put(a, http.MethodPost, "/roles/{id}/preview", preview("previewRole", "Show what changing a role would do"), a.previewRole)
	put(a, http.MethodPost, "/organisation/preview", preview("previewOrganisation", "Show what changing the settings would do"), a.previewOrganisation)
	put(a, http.MethodPost, "/units/{path}/move", about{id: "moveUnit", tag: "Organisation", admin: true, summary: "Move or rename a unit",
		text: "With all below it; limits of delegations follow. Needs standin:settings.manage at both parents."}, a.moveUnit)
	put(a, http.MethodPost, "/units/{path}/move/preview", preview("previewMoveUnit", "Show what moving a unit would do"), a.previewMoveUnit)
	put(a, http.MethodDelete, "/units/{path}", about{id: "endUnit", tag: "Organisation", admin: true, summary: "End a unit",
		text: "Its people go to the heir; roles held there are taken. Needs standin:settings.manage."}, a.endUnit)
	put(a, http.MethodPost, "/units/{path}/end/preview", preview("previewEndUnit", "Show what ending a unit would do"), a.previewEndUnit)
	put(a, http.MethodGet, "/people/{id}/estate", about{id: "getEstate", tag: tag, admin: true, summary: "List what a person who goes leaves behind",
		text: "For those who manage the person or their delegations, and the person."}, a.getEstate)
	put(a, http.MethodPost, "/people/{id}/hand-on", about{id: "handOn", tag: tag, admin: true, summary: "Hand on what a person granted and holds",
		text: "All lines or none. What is held is named anew for the other person, by the rules of naming."}, a.handOn)
	put(a, http.MethodPost, "/people/{id}/hand-on/preview", preview("previewHandOn", "Show what handing on would do"), a.previewHandOn)
}

func (a *api) previewPerson(ctx context.Context, who standin.Caller, in *putPersonIn) (*body[Outcome], error) {
	return outcome(a.Previews.PutPerson(ctx, who, in.Body.person(in.ID)))
}

func (a *api) previewRole(ctx context.Context, who standin.Caller, in *putRoleIn) (*body[Outcome], error) {
	return outcome(a.Previews.PutRole(ctx, who, rights.Role{ID: in.ID, Name: in.Body.Name, Rank: in.Body.Rank, Allow: in.Body.Allow}, in.Body.Version))
}

func (a *api) previewOrganisation(ctx context.Context, who standin.Caller, in *body[OrganisationForm]) (*body[Outcome], error) {
	o, err := a.wanted(ctx, who, in.Body)
	if err != nil {
		return nil, err
	}
	return outcome(a.Previews.PutOrganisation(ctx, who, o))
}

// Move says where a unit goes.
type Move struct {
	To string `json:"to" maxLength:"500" doc:"Its new path."`
}

type moveUnitIn struct {
	UnitPath
	Body Move
}

func (a *api) moveUnit(ctx context.Context, who standin.Caller, in *moveUnitIn) (*body[Changed], error) {
	changed, err := a.Delegations.MoveUnit(ctx, who, in.Path, standin.UnitID(in.Body.To))
	return &body[Changed]{Changed{changed}}, err
}

func (a *api) previewMoveUnit(ctx context.Context, who standin.Caller, in *moveUnitIn) (*body[Outcome], error) {
	return outcome(a.Previews.MoveUnit(ctx, who, in.Path, standin.UnitID(in.Body.To)))
}

type endUnitIn struct {
	UnitPath
	Heir standin.UnitID `query:"heir" maxLength:"500" doc:"The unit to which its people go."`
}

func (a *api) endUnit(ctx context.Context, who standin.Caller, in *endUnitIn) (*body[Changed], error) {
	changed, err := a.Directory.EndUnit(ctx, who, in.Path, in.Heir)
	return &body[Changed]{Changed{changed}}, err
}

func (a *api) previewEndUnit(ctx context.Context, who standin.Caller, in *endUnitIn) (*body[Outcome], error) {
	return outcome(a.Previews.EndUnit(ctx, who, in.Path, in.Heir))
}

func (a *api) getEstate(ctx context.Context, who standin.Caller, in *PersonPath) (*body[Estate], error) {
	e, err := a.Delegations.EstateOf(ctx, who, in.ID)
	return &body[Estate]{Estate{each(e.Granted, seen), each(e.Held, seen), each(e.Reports, person)}}, err
}

type handOnIn struct {
	PersonPath
	Body Handing
}

func (a *api) handOn(ctx context.Context, who standin.Caller, in *handOnIn) (*body[Handed], error) {
	wish := in.Body.handing(in.ID)
	if v := asker(ctx).visit; v != nil && wish.Names() {
		if err := v.RequireFactor(a.now()); err != nil { // as for naming one by one
			return nil, err
		}
	}
	h, err := a.Delegations.HandOn(ctx, who, wish)
	asIs := func(d delegation.Delegation) Delegation { return bare(d, a.now()) }
	return &body[Handed]{Handed{each(h.Ended, asIs), each(h.Named, asIs), each(h.Reports, person), h.Deactivated}}, err
}

func (a *api) previewHandOn(ctx context.Context, who standin.Caller, in *handOnIn) (*body[Outcome], error) {
	return outcome(a.Previews.HandOn(ctx, who, in.Body.handing(in.ID)))
}
