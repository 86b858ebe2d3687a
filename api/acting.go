package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/delegation"
)

// Session is one time that an actor uses a delegation.
type Session struct {
	ID            string     `json:"id"`
	Actor         string     `json:"actor" doc:"The person's id."`
	ActorName     string     `json:"actor_name,omitempty"`
	Principal     string     `json:"principal" doc:"The person's id."`
	PrincipalName string     `json:"principal_name,omitempty"`
	Delegation    string     `json:"delegation"`
	StartedAt     time.Time  `json:"started_at"`
	ExpiresAt     time.Time  `json:"expires_at" doc:"It ends then, unless extended."`
	LimitAt       time.Time  `json:"limit_at" doc:"No extension goes beyond."`
	View          bool       `json:"view" doc:"The principal's tabs, searches and reports were asked for."`
	Live          bool       `json:"live"`
	EndedAt       *time.Time `json:"ended_at,omitempty" doc:"When it really ended."`
	EndedHow      string     `json:"ended_how,omitempty" example:"stopped" doc:"Such as stopped, switched, time_up, withdrawn, revoked."`
}

// Choice is one delegation by which the caller could act.
type Choice struct {
	Delegation string     `json:"delegation"`
	Principal  Party      `json:"principal"`
	Kind       string     `json:"kind" enum:"cover,standby,entry"`
	Purpose    string     `json:"purpose"`
	Limits     Limits     `json:"limits"`
	State      string     `json:"state"`
	Until      *time.Time `json:"until,omitempty" doc:"Until when it stays so; absent for no end."`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
	Group      string     `json:"group" enum:"recent,ending_soon,others,not_now"`
	Current    bool       `json:"current" doc:"The caller acts by it now."`
	Can        bool       `json:"can" doc:"Whether it can be started now."`
	Code       string     `json:"code,omitempty" doc:"The code of the rule that forbids it."`
	Why        string     `json:"why,omitempty" doc:"The same in words."`
}

// Alert is something about a delegation that its two people are told.
type Alert struct {
	Kind       string     `json:"kind" enum:"asked,ends_soon,named,enabled,disabled,accepted,declined,paused,ended,widened,narrowed"`
	At         time.Time  `json:"at" doc:"When it happened, or will."`
	By         string     `json:"by,omitempty" example:"person:p-1"`
	ByName     string     `json:"by_name,omitempty"`
	Delegation Delegation `json:"delegation"`
}

func session(s acting.Session, l acting.Liveness) Session {
	return Session{ID: string(s.ID), Actor: string(s.Actor), Principal: string(s.Principal), Delegation: string(s.Delegation),
		StartedAt: s.StartedAt, ExpiresAt: s.ExpiresAt, LimitAt: s.LimitAt, View: s.View, Live: l.Live, EndedAt: moment(l.At), EndedHow: string(l.How)}
}

func episode(e acting.Episode) Session {
	s := session(e.Session, e.Liveness)
	s.ActorName, s.PrincipalName = e.ActorName, e.PrincipalName
	return s
}

func choice(c acting.Choice) Choice {
	f := Choice{Delegation: string(c.Delegation), Principal: Party{ID: string(c.Principal), Name: c.Name, Unit: string(c.Unit), TimeZone: c.TimeZone},
		Kind: string(c.Kind), Purpose: c.Purpose, Limits: limits(c.Limits), State: string(c.State), Until: moment(c.Until),
		LastUsedAt: moment(c.LastUsed), Group: string(c.Group), Current: c.Current, Can: c.Refusal == nil}
	if e, ok := errors.AsType[*standin.Error](c.Refusal); ok {
		f.Code, f.Why = e.Code, e.Text()
	}
	return f
}

func (a *api) describeActing() {
	const tag = "Acting"
	put(a, http.MethodGet, "/choices", about{id: "listChoices", tag: tag, person: true, summary: "List whom the caller could act for",
		text: "Recent ones first, then those that end soon, then by name, and last those that cannot be started now, with the reason. " +
			"Oneself is not among them."}, a.listChoices)
	put(a, http.MethodPost, "/acting", about{id: "startActing", tag: tag, person: true, status: http.StatusCreated, fails: []int{404}, summary: "Start to act for somebody",
		text: "By a delegation of one's own, within one's sign-in, whose password was proved in the last 15 minutes. Ends what was acted " +
			"before. Sets the cookie."}, a.startActing)
	put(a, http.MethodGet, "/acting", about{id: "getActing", tag: tag, person: true, fails: []int{404}, summary: "Get the present acting session",
		text: "404 in one's own name. One that ended stays until the caller turns away from it by starting or stopping."}, a.getActing)
	put(a, http.MethodPost, "/acting/extend", about{id: "extendActing", tag: tag, person: true, summary: "Stay longer",
		text: "One span more, never beyond the session's limit."}, a.extendActing)
	put(a, http.MethodDelete, "/acting", about{id: "stopActing", tag: tag, person: true, status: http.StatusNoContent, stops: true, summary: "Stop acting, or choose oneself",
		text: "Needs no permission; doing it again changes nothing. In one's own name it notes that one chose to be oneself, so that " +
			"applications ask no more. Sets the cookie."}, a.stopActing)
	put(a, http.MethodGet, "/people/{id}/sessions-in-their-name", about{id: "listSessionsInNameOf", tag: tag, summary: "List who acts, and acted, for a person",
		text: "Newest first. For the person themselves and those who manage their delegations."}, a.listSessionsInNameOf)
	put(a, http.MethodGet, "/people/{id}/sessions", about{id: "listSessionsBy", tag: tag, summary: "List whom a person acts, and acted, for",
		text: "Newest first. For the person themselves and those who manage their delegations."}, a.listSessionsBy)
	put(a, http.MethodPost, "/sessions/{id}/end", about{id: "endSession", tag: tag, status: http.StatusNoContent, summary: "End somebody's acting in one's own name",
		text: "By the principal and those who manage their delegations, not while acting. Once answered, it holds everywhere."}, a.endSession)
	put(a, http.MethodGet, "/alerts", about{id: "listAlerts", tag: tag, person: true, summary: "List what the caller is told about their delegations",
		text: "What waits for an answer first, then what ends soon, then the news of the last week."}, a.listAlerts)
}

type listChoicesIn struct {
	Query string `query:"q" maxLength:"200" doc:"Words of the principal's name, unit or the purpose."`
}

func (a *api) listChoices(ctx context.Context, who standin.Caller, in *listChoicesIn) (*body[Whole[Choice]], error) {
	choices, err := a.Acting.Choices(ctx, who)
	return whole(acting.Matching(choices, in.Query), choice), err
}

// Start says by which delegation somebody wants to act.
type Start struct {
	Delegation standin.DelegationID `json:"delegation" maxLength:"200" doc:"One of the caller's choices."`
	View       bool                 `json:"view,omitempty" doc:"See the principal's tabs, searches and reports, laid under one's own until the session ends."`
}

func (a *api) startActing(ctx context.Context, _ standin.Caller, in *body[Start]) (*withCookie[Session], error) {
	from := asker(ctx)
	var wishes []acting.Wish
	if in.Body.View {
		wishes = append(wishes, acting.SeeView)
	}
	token, s, err := a.Signin.Act(ctx, from.token, in.Body.Delegation, from.origin, wishes...)
	if err == nil {
		begun := from.Caller
		begun.Principal, begun.Session, begun.Delegation = s.Principal, s.ID, s.Delegation
		standin.RequestOf(ctx).AskedBy(begun)
	}
	return &withCookie[Session]{a.cookie(token), session(s, acting.Liveness{Live: true})}, err
}

func (a *api) getActing(ctx context.Context, who standin.Caller, _ *none) (*body[Session], error) {
	from := asker(ctx)
	if from.visit.Session.ID == "" {
		return nil, standin.Refuse(standin.NotFound, "api.acting", "api.not_acting", "You act for nobody.")
	}
	s := session(from.visit.Session, from.visit.Ended)
	s.Live = who.Acting()
	return &body[Session]{s}, nil
}

func (a *api) extendActing(ctx context.Context, _ standin.Caller, _ *none) (*body[Session], error) {
	from := asker(ctx)
	s, err := a.Signin.Extend(ctx, from.token, from.origin)
	return &body[Session]{session(s, acting.Liveness{Live: true})}, err
}

func (a *api) stopActing(ctx context.Context, _ standin.Caller, _ *none) (*onlyCookie, error) {
	from := asker(ctx)
	token, err := a.Signin.Myself(ctx, from.token, from.origin)
	return &onlyCookie{a.cookie(token)}, err
}

type sessionsIn struct {
	PersonPath
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"20" doc:"How many at most."`
}

func (a *api) listSessionsInNameOf(ctx context.Context, who standin.Caller, in *sessionsIn) (*body[Whole[Session]], error) {
	list, err := a.Acting.InNameOf(ctx, who, in.ID, in.Limit)
	return whole(list, episode), err
}

func (a *api) listSessionsBy(ctx context.Context, who standin.Caller, in *sessionsIn) (*body[Whole[Session]], error) {
	list, err := a.Acting.By(ctx, who, in.ID, in.Limit)
	return whole(list, episode), err
}

type sessionPath struct {
	ID standin.SessionID `path:"id" maxLength:"200" doc:"The acting session's id."`
}

func (a *api) endSession(ctx context.Context, who standin.Caller, in *sessionPath) (*none, error) {
	return &none{}, a.Acting.EndByPrincipal(ctx, who, in.ID)
}

func (a *api) listAlerts(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[Alert]], error) {
	list, err := a.Delegations.Alerts(ctx, who)
	return whole(list, func(one delegation.Alert) Alert {
		return Alert{Kind: string(one.Kind), At: one.At, By: string(one.By), ByName: one.ByName, Delegation: seen(one.View)}
	}), err
}
