package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/directory/rules"
	"github.com/standin-id/standin/rights"
)

// Guardrails are Cedar policies that forbid.
type Guardrails struct {
	Text    string `json:"text" maxLength:"100000"`
	Version int64  `json:"version,omitempty" minimum:"0" doc:"The organisation's version that the change was made for."`
}

// Application is an application with what its permissions can speak of.
type Application struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	Catalogue  rights.Catalogue `json:"catalogue"`
	Guardrails string           `json:"guardrails" doc:"In Cedar; they only forbid."`
	Policies   string           `json:"policies,omitempty" doc:"The organisation's own, in Cedar. Where there are some, they say in the stead of roles what people may do in it."`
	Entities   string           `json:"entities,omitempty" doc:"What the policies look at: an array in Cedar's JSON form."`
	Version    int64            `json:"version"`
}

func registered(a application.Application) Application {
	return Application{string(a.ID), a.Name, a.Catalogue, a.Guardrails, a.Policies, a.Entities, a.Version}
}

// ApplicationForm is what can be written of an application. All of it is replaced.
type ApplicationForm struct {
	Name       string              `json:"name" maxLength:"1000"`
	Types      map[string]TypeForm `json:"types" maxProperties:"500"`
	Guardrails string              `json:"guardrails,omitempty" maxLength:"100000"`
	Policies   string              `json:"policies,omitempty" maxLength:"100000"`
	Entities   string              `json:"entities,omitempty" maxLength:"300000"`
	Version    int64               `json:"version,omitempty" minimum:"0" doc:"The version that the change was made for."`
}

// TypeForm is one type of record.
type TypeForm struct {
	Label   string                `json:"label,omitempty" maxLength:"1000" doc:"What people read; left out: the name."`
	Actions map[string]ActionForm `json:"actions" maxProperties:"500"`
	Fields  map[string]FieldForm  `json:"fields,omitempty" maxProperties:"500"`
}

// ActionForm is something that can be done with a record. What is left out is as with the actions of a world file.
type ActionForm struct {
	Label    string `json:"label,omitempty" maxLength:"1000"`
	Category string `json:"category,omitempty" maxLength:"200" doc:"general where it is left out."`
	Personal bool   `json:"personal,omitempty" doc:"It can be done for nobody."`
	Reads    *bool  `json:"reads,omitempty" doc:"It changes nothing; left out: whether its name is view, list or search."`
	Approves bool   `json:"approves,omitempty" doc:"It judges somebody's item."`
	Entry    *bool  `json:"entry,omitempty" doc:"An entry delegation may open it, where it is personal; left out: yes."`
}

// FieldForm is a field of a record.
type FieldForm struct {
	Label  string `json:"label,omitempty" maxLength:"1000"`
	Sealed bool   `json:"sealed,omitempty" doc:"Hidden from every stand-in unless the delegation opens it."`
}

func (f ApplicationForm) application(id standin.ApplicationID) application.Application {
	a := application.Application{ID: id, Name: f.Name, Guardrails: f.Guardrails, Policies: f.Policies, Entities: f.Entities, Version: f.Version,
		Catalogue: rights.Catalogue{Types: map[string]rights.Type{}}}
	for name, t := range f.Types {
		typ := rights.Type{Label: t.Label, Actions: map[string]rights.Action{}, Fields: map[string]rights.Field{}}
		for action, form := range t.Actions {
			typ.Actions[action] = form.action(action)
		}
		for field, form := range t.Fields {
			typ.Fields[field] = rights.Field{Label: form.Label, Sealed: form.Sealed}
		}
		a.Catalogue.Types[name] = typ
	}
	return a
}

func (f ActionForm) action(name string) rights.Action {
	a := rights.DefaultAction(name)
	a.Label, a.Personal, a.Approves = f.Label, f.Personal, f.Approves
	if f.Category != "" {
		a.Category = f.Category
	}
	if f.Reads != nil {
		a.Reads = *f.Reads
	}
	if f.Entry != nil {
		a.Entry = *f.Entry
	}
	return a
}

// RulesSaved is what became of a change of what binds.
type RulesSaved struct {
	Changed  bool      `json:"changed" doc:"It holds."`
	Proposal *Proposal `json:"proposal,omitempty" doc:"It takes something away and waits for a second person."`
}

// Proposal is a change of what binds that waits for a second person, or had its answer.
type Proposal struct {
	ID          string     `json:"id"`
	Application string     `json:"application,omitempty" doc:"Left out for the organisation's own guardrails."`
	By          string     `json:"by" example:"person:p-1"`
	Person      string     `json:"person,omitempty" doc:"Who answers for it, and cannot confirm it."`
	At          time.Time  `json:"at"`
	Was         RuleSet    `json:"was"`
	Wish        RuleSet    `json:"wish"`
	Outcome     string     `json:"outcome" enum:"open,confirmed,declined"`
	Outdated    bool       `json:"outdated,omitempty" doc:"Something else holds since, so it can only be declined."`
	AnsweredBy  string     `json:"answered_by,omitempty"`
	AnsweredAt  *time.Time `json:"answered_at,omitempty"`
	Reason      string     `json:"reason,omitempty"`
}

// RuleSet is what binds on one side of a proposal.
type RuleSet struct {
	Guardrails string            `json:"guardrails"`
	Name       string            `json:"name,omitempty"`
	Catalogue  *rights.Catalogue `json:"catalogue,omitempty"`
	Policies   string            `json:"policies,omitempty"`
	Entities   string            `json:"entities,omitempty"`
}

func ruleSet(a application.Application) RuleSet {
	s := RuleSet{Guardrails: a.Guardrails, Name: a.Name, Policies: a.Policies, Entities: a.Entities}
	if a.ID != "" {
		s.Catalogue = &a.Catalogue
	}
	return s
}

func proposal(p rules.Proposal) Proposal {
	f := Proposal{ID: string(p.ID), Application: string(p.Application), By: string(p.By), Person: string(p.Person), At: p.At, Was: ruleSet(p.Was), Wish: ruleSet(p.Wish),
		Outcome: string(p.Outcome), Outdated: p.Outdated, AnsweredBy: string(p.AnsweredBy), AnsweredAt: moment(p.AnsweredAt), Reason: p.Reason}
	if p.Outcome == rules.Open {
		f.Outcome = "open"
	}
	return f
}

func rulesSaved(s rules.Saved, err error) (*body[RulesSaved], error) {
	f := RulesSaved{Changed: s.Changed}
	if s.Proposal != nil {
		p := proposal(*s.Proposal)
		f.Proposal = &p
	}
	return &body[RulesSaved]{f}, err
}

func (a *api) describeRules() {
	const tag = "Rules"
	const second = " What takes something away that binds people waits for a second person, as a proposal."
	put(a, http.MethodPut, "/organisation/guardrails", about{id: "putGuardrails", tag: tag, admin: true, summary: "Replace the organisation's guardrails",
		text: "Needs standin:guardrail.edit. What is not Cedar, or does anything but forbid, is refused." + second}, a.putGuardrails)
	put(a, http.MethodPost, "/guardrails/try", about{id: "tryGuardrails", tag: tag, admin: true, summary: "Try guardrails before they bind",
		text: "Against the newest recorded answers. Nothing is written. Needs standin:guardrail.edit."}, a.tryGuardrails)
	put(a, http.MethodPost, "/guardrails/ask", about{id: "askGuardrails", tag: tag, admin: true, summary: "Try guardrails with one question",
		text: "Which guardrails object to it now, and which of those that are tried would. Needs standin:guardrail.edit."}, a.askGuardrails)
	put(a, http.MethodGet, "/applications", about{id: "listApplications", tag: tag, admin: true, summary: "List the applications with their catalogues",
		text: "Needs standin:settings.manage."}, a.listApplications)
	put(a, http.MethodPut, "/applications/{id}", about{id: "putApplication", tag: tag, admin: true, summary: "Create or change an application",
		text: "Needs standin:settings.manage, and standin:guardrail.edit for what loosens it." + second}, a.putApplication)
	put(a, http.MethodPost, "/applications/{id}/preview", about{id: "previewApplication", tag: tag, admin: true, summary: "Show what changing an application would do",
		text: "Permissions of roles and of limits that would speak of nothing, and the people that touches. Nothing is written."}, a.previewApplication)
	put(a, http.MethodGet, "/proposals", about{id: "listProposals", tag: tag, admin: true, summary: "List changes of the rules that wait, or were answered",
		text: "The newest hundred, those that wait first. Needs standin:guardrail.edit."}, a.listProposals)
	put(a, http.MethodPost, "/proposals/{id}/confirm", about{id: "confirmProposal", tag: tag, admin: true, summary: "Confirm a change of the rules",
		text: "In person, and not by who proposed it. Needs what proposing it needed."}, a.confirmProposal)
	put(a, http.MethodPost, "/proposals/{id}/decline", about{id: "declineProposal", tag: tag, admin: true, summary: "Decline a change of the rules, or take it back",
		text: "Needs what proposing it needed."}, a.declineProposal)
}

func (a *api) putGuardrails(ctx context.Context, who standin.Caller, in *body[Guardrails]) (*body[RulesSaved], error) {
	return rulesSaved(a.Rules.PutGuardrails(ctx, who, in.Body.Text, in.Body.Version))
}

func (a *api) listApplications(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[Application]], error) {
	list, err := a.Rules.KeptApplications(ctx, who)
	return whole(list, registered), err
}

// ApplicationPath is the path parameter of operations on one application.
type ApplicationPath struct {
	ID standin.ApplicationID `path:"id" maxLength:"200" doc:"The application's id."`
}

type putApplicationIn struct {
	ApplicationPath
	Body ApplicationForm
}

func (a *api) putApplication(ctx context.Context, who standin.Caller, in *putApplicationIn) (*body[RulesSaved], error) {
	return rulesSaved(a.Rules.PutApplication(ctx, who, in.Body.application(in.ID)))
}

func (a *api) previewApplication(ctx context.Context, who standin.Caller, in *putApplicationIn) (*body[Outcome], error) {
	return outcome(a.Previews.PutApplication(ctx, who, in.Body.application(in.ID)))
}

func (a *api) listProposals(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[Proposal]], error) {
	list, err := a.Rules.Proposals(ctx, who)
	return whole(list, proposal), err
}

// ProposalPath is the path parameter of operations on one proposal.
type ProposalPath struct {
	ID standin.ProposalID `path:"id" maxLength:"200" doc:"The proposal's id."`
}

func (a *api) confirmProposal(ctx context.Context, who standin.Caller, in *ProposalPath) (*body[Proposal], error) {
	p, err := a.Rules.Confirm(ctx, who, in.ID)
	return &body[Proposal]{proposal(p)}, err
}

// Declining says why.
type Declining struct {
	Reason string `json:"reason,omitempty" maxLength:"5000"`
}

type declineProposalIn struct {
	ProposalPath
	Body Declining
}

func (a *api) declineProposal(ctx context.Context, who standin.Caller, in *declineProposalIn) (*body[Proposal], error) {
	p, err := a.Rules.Decline(ctx, who, in.ID, in.Body.Reason)
	return &body[Proposal]{proposal(p)}, err
}
