package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// Question asks whether somebody may do something with a record.
type Question struct {
	Actor       string         `json:"actor,omitempty" maxLength:"256" doc:"Who would act; left out, or the principal: in the principal's own name."`
	Principal   string         `json:"principal" minLength:"1" maxLength:"256"`
	Session     string         `json:"session,omitempty" maxLength:"256" doc:"The acting session in which it would be done."`
	Delegation  string         `json:"delegation,omitempty" maxLength:"256" doc:"By which the actor would act, where there are several."`
	Application string         `json:"application" minLength:"1" maxLength:"256"`
	Type        string         `json:"type" minLength:"1" maxLength:"256"`
	ID          string         `json:"id,omitempty" maxLength:"256" doc:"Of the record; left out: none in particular."`
	Action      string         `json:"action" minLength:"1" maxLength:"256"`
	Field       string         `json:"field,omitempty" maxLength:"256" doc:"Left out: the record itself."`
	Properties  map[string]any `json:"properties,omitempty" doc:"What the application would say of the record; owner, entered_by, unit and self_approval are understood."`
	At          *time.Time     `json:"at,omitempty" doc:"Left out: now."`
}

// Explanation is the answer to a question with everything that speaks for it and against it.
type Explanation struct {
	Permit       bool             `json:"permit"`
	Hypothetical bool             `json:"hypothetical" doc:"True where nobody acts: then it says what would be permitted."`
	At           time.Time        `json:"at" doc:"The instant at which it was judged."`
	Delegation   string           `json:"delegation,omitempty" doc:"By which the actor would act."`
	Decisive     *DecisionReason  `json:"decisive,omitempty" doc:"The rule that decided."`
	Reasons      []DecisionReason `json:"reasons" nullable:"false"`
	Changes      []DecisionChange `json:"changes" nullable:"false" doc:"What would each by itself turn the answer into its opposite."`
}

// DecisionReason is one rule that speaks for a permit or against it.
type DecisionReason struct {
	Code        string `json:"code" example:"rights.denied" doc:"Codes are only ever added."`
	For         bool   `json:"for" doc:"Whether it speaks for a permit."`
	Text        string `json:"text" doc:"The same in words."`
	Role        string `json:"role,omitempty"`
	Unit        string `json:"unit,omitempty"`
	Permission  string `json:"permission,omitempty" doc:"The line that decides."`
	Application string `json:"application,omitempty" doc:"Whose guardrail it is."`
	Policy      string `json:"policy,omitempty" doc:"The guardrail's name or number."`
	Line        int    `json:"line,omitempty"`
	Column      int    `json:"column,omitempty"`
}

// DecisionChange is something that would turn the answer into its opposite.
type DecisionChange struct {
	Code       string     `json:"code" example:"decision.when_begun"`
	Text       string     `json:"text" doc:"The same in words."`
	At         *time.Time `json:"at,omitempty"`
	Delegation string     `json:"delegation,omitempty"`
	Permission string     `json:"permission,omitempty"`
	Role       string     `json:"role,omitempty"`
	Unit       string     `json:"unit,omitempty"`
}

// Line is one action on records of one type, and which of them it reaches.
type Line struct {
	Application string      `json:"application"`
	Type        string      `json:"type"`
	Action      string      `json:"action"`
	Category    string      `json:"category"`
	Personal    bool        `json:"personal" doc:"It can be done for nobody but by an entry delegation that names it."`
	Reads       bool        `json:"reads"`
	Approves    bool        `json:"approves"`
	Own         Area        `json:"own" doc:"Which of the principal's own records are reached."`
	Others      Area        `json:"others" doc:"Which of everybody else's are."`
	Fields      []LineField `json:"fields" nullable:"false"`
}

// LineField is a field that the principal reaches in their own name.
type LineField struct {
	Field  string `json:"field"`
	Sealed bool   `json:"sealed"`
	Own    Area   `json:"own"`
	Others Area   `json:"others"`
}

// Area is a set of records by their units; with nothing in it, none.
type Area struct {
	All      bool     `json:"all,omitempty" doc:"Records of every unit."`
	Unitless bool     `json:"unitless,omitempty" doc:"Records of no unit."`
	Units    []string `json:"units,omitempty" doc:"Or of those at or below these."`
	Except   []string `json:"except,omitempty" doc:"But none at or below these."`
}

// CouldForm says by what somebody would act for a person.
type CouldForm struct {
	Kind   string `json:"kind,omitempty" enum:"cover,standby,entry" doc:"Left out: cover."`
	Limits Limits `json:"limits,omitempty"`
}

// Seen is what somebody would see who acted for a person, beside what the person may do.
type Seen struct {
	Person Party  `json:"person"`
	Own    []Line `json:"own" nullable:"false" doc:"In the person's own name."`
	Lines  []Line `json:"lines" nullable:"false" doc:"What is left of it within the limits."`
}

type couldIn struct {
	PersonPath
	Body CouldForm
}

type asPersonIn struct {
	PersonPath
	Body struct {
		Limits Limits `json:"limits,omitempty"`
	}
}

func (a *api) describeDecisions() {
	const tag = "Decisions"
	put(a, http.MethodPost, "/explain", about{id: "explain", tag: tag, summary: "Explain an answer", fails: []int{http.StatusNotFound},
		text: "The answer as it would be at an instant, the rule that decides, everything else that speaks for it and against it, and what would turn it into its opposite. " +
			"It is for the principal, for the actor about what they were given, and for those who manage people or delegations in the principal's unit. " +
			"Nothing is recorded, and nothing is permitted by it: applications ask over AuthZEN, at /access/v1/evaluation."}, a.explain)
	put(a, http.MethodGet, "/people/{id}/could", about{id: "getHolds", tag: tag, summary: "List what a person may do",
		text: "In their own name; it is what they could let others do. Guardrails are not looked at, for they depend on the record."}, a.getHolds)
	put(a, http.MethodPost, "/people/{id}/could", about{id: "getCould", tag: tag, summary: "List what a stand-in could do",
		text: "For the person, within these limits, before anybody is named. Each sealed field stands there by its name, open or not."}, a.getCould)
	put(a, http.MethodGet, "/delegations/{id}/could", about{id: "getCouldBy", tag: tag, summary: "List what can be done by a delegation",
		text: "Whether or not it can be used just now."}, a.getCouldBy)
	put(a, http.MethodPost, "/people/{id}/see-as", about{id: "seeAsPerson", tag: tag, admin: true, summary: "See as a person, within limits",
		text: "What somebody would see and could do who acted for the person within these limits, before they are granted. " +
			"It needs standin:person.manage or standin:delegation.manage in the person's unit."}, a.seeAsPerson)
}

func (a *api) explain(ctx context.Context, who standin.Caller, in *body[Question]) (*body[Explanation], error) {
	q, err := in.Body.question()
	if err != nil {
		return nil, err
	}
	e, err := a.Decisions.Explain(ctx, who, q, instant(in.Body.At))
	if err != nil {
		return nil, err
	}
	f := Explanation{Permit: e.Permit, Hypothetical: e.Hypothetical, At: e.At, Delegation: string(e.Delegation), Reasons: each(e.Reasons, because),
		Changes: each(e.Changes, func(c decision.Change) DecisionChange {
			return DecisionChange{Code: c.Code, Text: c.Said().Text(), At: moment(c.At), Delegation: string(c.Delegation), Permission: c.Permission,
				Role: string(c.Role), Unit: string(c.Unit)}
		})}
	if e.Decisive.Code != "" {
		decisive := because(e.Decisive)
		f.Decisive = &decisive
	}
	return &body[Explanation]{f}, nil
}

func because(r decision.Reason) DecisionReason {
	return DecisionReason{Code: r.Code, For: r.For, Text: r.Said().Text(), Role: string(r.Role), Unit: string(r.At), Permission: r.Permission,
		Application: string(r.From), Policy: r.Policy, Line: r.Line, Column: r.Column}
}

// question returns what is asked. Properties that are understood have to be of the type that they are read as.
func (f Question) question() (decision.Question, error) {
	q := decision.Question{Actor: standin.PersonID(f.Actor), Principal: standin.PersonID(f.Principal), Session: standin.SessionID(f.Session),
		Delegation: standin.DelegationID(f.Delegation), Application: standin.ApplicationID(f.Application), Type: f.Type, ID: f.ID,
		Action: f.Action, Field: f.Field}
	var err error
	q.Resource, err = properties(f.Properties)
	return q, err
}

// properties reads what an application says of a record.
func properties(m map[string]any) (decision.Resource, error) {
	r := decision.Resource{Properties: m}
	for name, into := range map[string]*string{"owner": (*string)(&r.Owner), "entered_by": (*string)(&r.EnteredBy), "unit": (*string)(&r.Unit)} {
		text, ok := m[name].(string)
		if *into = text; m[name] != nil && !ok {
			return r, standin.Refuse(standin.Invalid, "api.properties", "api.property_text", `"{property}" of a record is text.`).
				With("property", name).On("properties." + name)
		}
	}
	flag, ok := m["self_approval"].(bool)
	if r.SelfApproval = flag; m["self_approval"] != nil && !ok {
		return r, standin.Refuse(standin.Invalid, "api.properties", "api.property_flag", `"{property}" of a record is either true or false.`).
			With("property", "self_approval").On("properties.self_approval")
	}
	return r, nil
}

func (a *api) getHolds(ctx context.Context, who standin.Caller, in *PersonPath) (*body[Whole[Line]], error) {
	lines, err := a.Decisions.Holds(ctx, who, in.ID)
	return whole(lines, line), err
}

func (a *api) getCould(ctx context.Context, who standin.Caller, in *couldIn) (*body[Whole[Line]], error) {
	kind := delegation.Kind(in.Body.Kind)
	if kind == "" {
		kind = delegation.Cover
	}
	lines, err := a.Decisions.Could(ctx, who, in.ID, in.Body.Limits.limits(), kind)
	return whole(lines, line), err
}

func (a *api) getCouldBy(ctx context.Context, who standin.Caller, in *DelegationPath) (*body[Whole[Line]], error) {
	lines, err := a.Decisions.CouldBy(ctx, who, in.ID)
	return whole(lines, line), err
}

func (a *api) seeAsPerson(ctx context.Context, who standin.Caller, in *asPersonIn) (*body[Seen], error) {
	s, err := a.Decisions.AsPerson(ctx, who, in.ID, in.Body.Limits.limits())
	return &body[Seen]{Seen{Person: Party{ID: string(s.Person.ID), Name: s.Person.Name, Unit: string(s.Person.Unit), TimeZone: s.Person.TimeZone,
		Inactive: !s.Person.Active()}, Own: each(s.Own, line), Lines: each(s.Lines, line)}}, err
}

func line(l rights.Line) Line {
	return Line{Application: string(l.Application), Type: l.Type, Action: l.Action, Category: l.Flags.Category, Personal: l.Flags.Personal,
		Reads: l.Flags.Reads, Approves: l.Flags.Approves, Own: area(l.Reach.Own), Others: area(l.Reach.Others),
		Fields: each(l.Fields, func(f rights.FieldLine) LineField {
			return LineField{Field: f.Field, Sealed: f.Sealed, Own: area(f.Reach.Own), Others: area(f.Reach.Others)}
		})}
}

func area(a rights.Area) Area {
	return Area{All: a.All, Unitless: a.Unitless, Units: texts(a.Units), Except: texts(a.Except)}
}
