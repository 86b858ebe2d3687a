package api

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/decision/trials"
	"github.com/standin-id/standin/guard"
)

// Draft is a text of guardrails to be tried.
type Draft struct {
	Application string `json:"application,omitempty" maxLength:"200" doc:"Whose they are; left out: the organisation's own."`
	Guardrails  string `json:"guardrails" maxLength:"100000"`
}

func (d Draft) draft() trials.Draft {
	return trials.Draft{Application: standin.ApplicationID(d.Application), Guardrails: d.Guardrails}
}

// GuardrailTrial is what a draft would do.
type GuardrailTrial struct {
	Tried    int            `json:"tried" doc:"How many recorded answers were tried."`
	Opened   int            `json:"opened" doc:"To so many a guardrail objected, and none would; then rights and limits decide."`
	Closed   int            `json:"closed" doc:"So many were yes, and would be no."`
	Changes  []AnswerChange `json:"changes" nullable:"false" doc:"The first fifty of them."`
	Sessions []LiveSession  `json:"sessions" nullable:"false" doc:"The live acting sessions that this touches."`
}

// AnswerChange is a recorded answer that would be another.
type AnswerChange struct {
	Record        string      `json:"record"`
	At            time.Time   `json:"at"`
	Actor         string      `json:"actor"`
	ActorName     string      `json:"actor_name"`
	Principal     string      `json:"principal"`
	PrincipalName string      `json:"principal_name"`
	Action        string      `json:"action" example:"desk:expense.approve"`
	Resource      string      `json:"resource,omitempty" doc:"The record's id within its type."`
	Session       string      `json:"session,omitempty"`
	Opens         bool        `json:"opens"`
	Objections    []Objection `json:"objections" nullable:"false" doc:"Those that come or, where it opens, go."`
}

// Objection is a guardrail that objects.
type Objection struct {
	Code        string `json:"code" example:"guard.forbidden"`
	Application string `json:"application,omitempty" doc:"Whose it is; left out: the organisation's own, or built in."`
	Policy      string `json:"policy,omitempty" doc:"Its @id, else its number."`
	Line        int    `json:"line,omitempty"`
	Column      int    `json:"column,omitempty"`
	Text        string `json:"text" doc:"In English."`
}

// LiveSession is an acting session that goes on.
type LiveSession struct {
	ID            string `json:"id"`
	Actor         string `json:"actor"`
	ActorName     string `json:"actor_name"`
	Principal     string `json:"principal"`
	PrincipalName string `json:"principal_name"`
}

func objection(r guard.Reason) Objection {
	return Objection{r.Code, string(r.Application), r.Policy, r.Line, r.Column, r.Said().Text()}
}

func answerChange(c trials.Change) AnswerChange {
	q := c.Question
	return AnswerChange{Record: string(c.Record), At: c.At, Actor: string(q.Actor), ActorName: c.ActorName, Principal: string(q.Principal), PrincipalName: c.Name,
		Action: string(q.Application) + ":" + q.Type + "." + q.Action, Resource: q.ID, Session: string(c.Session), Opens: c.Opens, Objections: each(c.Reasons, objection)}
}

func (a *api) tryGuardrails(ctx context.Context, who standin.Caller, in *body[Draft]) (*body[GuardrailTrial], error) {
	t, err := a.Trials.Recorded(ctx, who, in.Body.draft())
	return &body[GuardrailTrial]{GuardrailTrial{t.Tried, t.Opened, t.Closed, each(t.Changes, answerChange), each(t.Sessions, func(e acting.Episode) LiveSession {
		return LiveSession{string(e.ID), string(e.Actor), e.ActorName, string(e.Principal), e.PrincipalName}
	})}}, err
}

// GuardrailQuestion is one question that is made up.
type GuardrailQuestion struct {
	Draft
	Actor        string         `json:"actor" maxLength:"200"`
	Principal    string         `json:"principal,omitempty" maxLength:"200" doc:"Left out: the actor, in their own name."`
	Asked        string         `json:"asked" maxLength:"200" doc:"The application of the action."`
	Type         string         `json:"type" maxLength:"200"`
	Action       string         `json:"action" maxLength:"200"`
	Resource     string         `json:"resource,omitempty" maxLength:"1000" doc:"The record's id within its type."`
	Owner        string         `json:"owner,omitempty" maxLength:"200"`
	EnteredBy    string         `json:"entered_by,omitempty" maxLength:"200"`
	Unit         string         `json:"unit,omitempty" maxLength:"500"`
	SelfApproval bool           `json:"self_approval,omitempty"`
	Properties   map[string]any `json:"properties,omitempty" maxProperties:"100"`
}

func (q GuardrailQuestion) question() guard.Question {
	return guard.Question{Actor: standin.PersonID(q.Actor), Principal: standin.PersonID(q.Principal), Application: standin.ApplicationID(q.Asked),
		Type: q.Type, Action: q.Action, ID: q.Resource, Owner: standin.PersonID(q.Owner), EnteredBy: standin.PersonID(q.EnteredBy), Unit: standin.UnitID(q.Unit),
		SelfApproval: q.SelfApproval, Properties: q.Properties}
}

// GuardrailAnswer is what guardrails say of a question, now and with the draft.
type GuardrailAnswer struct {
	Before []Objection `json:"before" nullable:"false"`
	After  []Objection `json:"after" nullable:"false"`
}

func (a *api) askGuardrails(ctx context.Context, who standin.Caller, in *body[GuardrailQuestion]) (*body[GuardrailAnswer], error) {
	v, err := a.Trials.Question(ctx, who, in.Body.draft(), in.Body.question())
	return &body[GuardrailAnswer]{GuardrailAnswer{each(v.Before, objection), each(v.After, objection)}}, err
}
