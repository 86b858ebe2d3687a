package api

import (
	"context"
	"net/http"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/rights"
)

// RoleTrial is a role as it is drafted, and what a person would do by it.
type RoleTrial struct {
	Rank        int            `json:"rank,omitempty" minimum:"0" maximum:"1000"`
	Allow       []string       `json:"allow" nullable:"false" maxItems:"1000"`
	Person      string         `json:"person" minLength:"1" maxLength:"256" doc:"Who would do it, in their own name. Who does not hold the role is taken to hold it, at their own unit."`
	Application string         `json:"application" minLength:"1" maxLength:"256"`
	Type        string         `json:"type" minLength:"1" maxLength:"256"`
	Action      string         `json:"action" minLength:"1" maxLength:"256"`
	Field       string         `json:"field,omitempty" maxLength:"256" doc:"Left out: the record itself."`
	Properties  map[string]any `json:"properties,omitempty" doc:"What the application would say of the record; owner, entered_by, unit and self_approval are understood. What is registered is not looked at."`
}

// TriedRole is an answer as it would be by the drafted role.
type TriedRole struct {
	Permit   bool             `json:"permit"`
	Now      bool             `json:"now" doc:"Whether it is permitted by the roles as they are."`
	Held     bool             `json:"held" doc:"Whether the person holds the role."`
	Decisive *DecisionReason  `json:"decisive,omitempty" doc:"The rule that would decide."`
	Reasons  []DecisionReason `json:"reasons" nullable:"false"`
}

type tryRoleIn struct {
	ID   standin.RoleID `path:"id" maxLength:"200" doc:"The role's id; of one that is not there yet, the id it would have."`
	Body RoleTrial
}

func (a *api) describeRoleTrials() {
	put(a, http.MethodPost, "/roles/{id}/try", about{id: "tryRole", tag: "Organisation", admin: true, summary: "Try a role before it is saved", fails: []int{http.StatusNotFound},
		text: "What a person might do in their own name, were the role so, and by which line. Nothing is recorded. " +
			"Needs standin:settings.manage, and standin:person.manage or standin:delegation.manage in the person's unit."}, a.tryRole)
}

func (a *api) tryRole(ctx context.Context, who standin.Caller, in *tryRoleIn) (*body[TriedRole], error) {
	f := in.Body
	q := decision.Question{Principal: standin.PersonID(f.Person), Application: standin.ApplicationID(f.Application), Type: f.Type, Action: f.Action, Field: f.Field}
	var err error
	if q.Resource, err = properties(f.Properties); err != nil {
		return nil, err
	}
	t, err := a.Decisions.TryRole(ctx, who, rights.Role{ID: in.ID, Rank: f.Rank, Allow: f.Allow}, q)
	if err != nil {
		return nil, err
	}
	out := TriedRole{Permit: t.Permit, Now: t.Now, Held: t.Held, Reasons: each(t.Reasons, because)}
	if t.Decisive.Code != "" {
		decisive := because(t.Decisive)
		out.Decisive = &decisive
	}
	return &body[TriedRole]{out}, nil
}
