package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision/trials"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/directory/rules"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/web/frame"
)

// rulesPage is where the organisation's guardrails are changed.
const rulesPage = "/organisation/rules"

func rulesPages() pages {
	return pages{
		"GET " + rulesPage:                          func(v *visit) error { return v.rules(http.StatusOK, nil, nil) },
		"POST " + rulesPage:                         (*visit).changeRules,
		"POST " + rulesPage + "/{proposal}/confirm": (*visit).confirmProposal,
		"POST " + rulesPage + "/{proposal}/decline": (*visit).declineProposal,
	}
}

// Rules shows the organisation's guardrails, tries others before they bind, and lists the changes that wait for a second
// person.
type Rules struct {
	frame.Base
	Tabs     []frame.Tab
	Version  string
	Text     frame.Field
	Trying   *Trying
	Told     string     // what they were told of; saving saves that
	Second   bool       // saving makes a proposal
	Lines    []DiffLine // what the typed text changes
	Theirs   bool       // somebody else was faster: Lines say how what holds now differs from what was typed
	Open     []Proposed
	Answered []Proposed
}

// Proposed is a change that waits for a second person, or had its answer.
type Proposed struct {
	ID, What, By string
	At           frame.Moment
	Lines        []DiffLine
	Mine         bool // they proposed it, and can only take it back
	Outdated     bool
	Outcome      string // of an answered one
	AnsweredBy   string
	AnsweredAt   frame.Moment
	Reason       string
}

// NewRules returns the page over the guardrails that hold, with what was typed; nothing typed shows what holds.
func NewRules(b frame.Base, holds string, version int64, values url.Values, actions []frame.Option) *Rules {
	b.Nav = "organisation"
	page := &Rules{Base: b, Tabs: Tabs(b, "rules"), Version: values.Get("version")}
	text := holds
	if values.Has("guardrails") {
		text = values.Get("guardrails")
	}
	if page.Version == "" {
		page.Version = strconv.FormatInt(version, 10)
	}
	page.Text = b.Fields(frame.Field{Name: "guardrails", Label: b.T("rules.guardrails"), Hint: b.T("rules.guardrails_hint"), Kind: "code", Value: text})[0]
	page.Trying = newTrying(b, rulesPage, values, actions)
	page.Lines = changedLines(holds, text)
	return page
}

// mayEditRules refuses who may not edit guardrails.
func (v *visit) mayEditRules() error {
	if err := v.view(func(ctx context.Context, tx *db.Tx) error {
		return v.Directory.Require(ctx, tx, v.Caller, "guardrail", "edit", "")
	}); err != nil {
		return err
	}
	return v.RequireProof()
}

// rules shows the page; fill adds what was found out.
func (v *visit) rules(status int, values url.Values, fill func(page *Rules)) error {
	if err := v.mayEditRules(); err != nil {
		return err
	}
	all, err := v.Rules.Proposals(v.R.Context(), v.Caller)
	if err != nil {
		return err
	}
	o := v.Visit.Visit.Organisation
	page := NewRules(v.Base, o.Guardrails, o.Version, values, v.actions())
	if fill != nil {
		fill(page)
	}
	for _, p := range all {
		shown := v.proposed(p)
		if p.Outcome == rules.Open {
			page.Open = append(page.Open, shown)
		} else if len(page.Answered) < 10 {
			page.Answered = append(page.Answered, shown)
		}
	}
	v.Show(v.W, v.R, status, "rules", page)
	return nil
}

// actions are those of all catalogues, to be picked.
func (v *visit) actions() []frame.Option {
	all := []frame.Option{{Label: v.Base.T("rules.no_action")}}
	for _, p := range permissions(v.Apps()) {
		if p.Application != "standin" {
			all = append(all, frame.Option{Value: string(p.Application) + ":" + p.Type + "." + p.Verb,
				Label: p.Name + ": " + v.TypeName(p.Application, p.Type) + ", " + v.ActionAlone(p.Application, p.Type, p.Verb)})
		}
	}
	return all
}

// changeRules tries what was typed against recorded answers or a question that is made up, or saves it.
func (v *visit) changeRules() error {
	values := v.R.PostForm
	text := v.typed("guardrails")
	values.Set("guardrails", text)
	version, _ := strconv.ParseInt(v.text("version"), 10, 64) // 0 is whichever is there
	draft := trials.Draft{Guardrails: text}
	if values.Get("do") == "ask" {
		return v.askRules(draft, values)
	}
	if values.Get("do") != "save" || values.Get("told") != tried(values) {
		found, err := v.Trials.Recorded(v.R.Context(), v.Caller, draft)
		if err != nil {
			return v.refuseRules(values, err)
		}
		next, err := guard.Compile(text)
		if err != nil {
			return v.refuseRules(values, err)
		}
		return v.rules(http.StatusOK, values, func(page *Rules) {
			page.Trying.Tried = v.shownTrial(found)
			page.Told, page.Second = tried(values), directory.LoosensGuardrails(v.Visit.Visit.Organisation.Guardrails, next)
		})
	}
	saved, err := v.Rules.PutGuardrails(v.R.Context(), v.Caller, text, version)
	switch {
	case err != nil:
		return v.refuseRules(values, err)
	case saved.Proposal != nil:
		return v.lead(rulesPage, "proposed")
	case !saved.Changed:
		return v.lead(rulesPage, "unchanged")
	}
	return v.lead(rulesPage, "guardrails")
}

// tried tells whether the guardrails are those whose trial was shown.
func tried(values url.Values) string {
	return fingerprint(url.Values{"guardrails": values["guardrails"], "version": values["version"]})
}

// refuseRules shows the page as it was sent, with what is to be changed.
func (v *visit) refuseRules(values url.Values, err error) error {
	p, ok := v.Problem(err)
	refusal, known := errors.AsType[*standin.Error](err)
	if !ok || !known {
		return err
	}
	if p.Field = refusal.Field; strings.HasPrefix(refusal.Code, "guard.") {
		p.Field = "guardrails"
	}
	if p.Field != "guardrails" && !asks(p.Field) {
		p.Field = ""
	}
	v.Base.Problems = append(v.Base.Problems, p)
	return v.rules(frame.StatusOf(err), values, func(page *Rules) {
		if page.Theirs = refusal.Code == "directory.changed"; page.Theirs {
			page.Version = strconv.FormatInt(v.Visit.Visit.Organisation.Version, 10)
		}
	})
}

// askRules tries what was typed with one question.
func (v *visit) askRules(draft trials.Draft, values url.Values) error {
	said, err := v.ask(draft, values)
	if err != nil {
		return v.refuseRules(values, err)
	}
	return v.rules(http.StatusOK, values, func(page *Rules) { page.Trying.Said = said })
}

// proposed shows a proposal.
func (v *visit) proposed(p rules.Proposal) Proposed {
	b := v.Base
	named := func(a standin.Actor) string {
		if person := a.Person(); person != "" {
			name, _ := v.NameOf(person)
			return name
		}
		return v.Machine(a)
	}
	shown := Proposed{ID: string(p.ID), What: b.T("rules.of_organisation"), By: named(p.By), At: b.At(p.At), Mine: v.Caller.Actor.Person() == p.Person,
		Outdated: p.Outdated, Reason: p.Reason}
	shown.Lines = changedLines(p.Was.Guardrails, p.Wish.Guardrails)
	if p.Application != "" {
		shown.What = b.T("rules.of_application", "Name", frame.Who{Name: p.Wish.Name}.Shown())
		shown.Lines = changedLines(applicationText(p.Was), applicationText(p.Wish))
	}
	if p.Outcome != rules.Open {
		shown.Outcome, shown.AnsweredBy, shown.AnsweredAt = b.T("rules."+string(p.Outcome)), named(p.AnsweredBy), b.At(p.AnsweredAt)
	}
	return shown
}

func (v *visit) confirmProposal() error {
	if err := v.RequireProof(); err != nil {
		return err
	}
	_, err := v.Rules.Confirm(v.R.Context(), v.Caller, standin.ProposalID(v.R.PathValue("proposal")))
	return v.answered(err, "confirmed")
}

func (v *visit) declineProposal() error {
	if err := v.RequireProof(); err != nil {
		return err
	}
	_, err := v.Rules.Decline(v.R.Context(), v.Caller, standin.ProposalID(v.R.PathValue("proposal")), v.text("reason"))
	return v.answered(err, "declined")
}

// answered leads back to the rules, or says there why it was refused.
func (v *visit) answered(err error, done string) error {
	if problems, ok := v.problems(err); ok {
		v.Base.Problems = append(v.Base.Problems, problems...)
		return v.rules(frame.StatusOf(err), nil, nil)
	} else if err != nil {
		return err
	}
	return v.lead(rulesPage, done)
}
