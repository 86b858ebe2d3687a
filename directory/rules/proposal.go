package rules

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// Outcome is what became of a proposal.
type Outcome string

const (
	Open      Outcome = "" // it waits for a second person
	Confirmed Outcome = "confirmed"
	Declined  Outcome = "declined"
)

// Proposal is a change of what binds that waits for a second person, or had its answer.
type Proposal struct {
	Organisation standin.OrganisationID
	ID           standin.ProposalID
	Application  standin.ApplicationID   // "" where it is about the organisation's guardrails
	Was, Wish    application.Application // of the organisation's guardrails, with these alone
	By           standin.Actor
	Person       standin.PersonID // who answers for By, and never confirms; "" where that is nobody here
	At           time.Time
	AnsweredBy   standin.Actor
	AnsweredAt   time.Time
	Outcome      Outcome
	Reason       string // why it was declined
	Outdated     bool   // something else is in force since, so it can only be declined

	subject, was, wish string
}

// state is a proposal as its records have it.
type state struct {
	ID         standin.ProposalID `json:"id"`
	Subject    string             `json:"subject"`
	Was        json.RawMessage    `json:"was"`
	Wish       json.RawMessage    `json:"wish"`
	ProposedBy standin.Actor      `json:"proposed_by"`
	Person     standin.PersonID   `json:"person"`
	ProposedAt int64              `json:"proposed_at"`
	AnsweredBy standin.Actor      `json:"answered_by"`
	AnsweredAt *int64             `json:"answered_at"`
	Outcome    Outcome            `json:"outcome"`
	Reason     string             `json:"reason"`
}

func (p Proposal) state() state {
	s := state{p.ID, p.subject, json.RawMessage(p.was), json.RawMessage(p.wish), p.By, p.Person, standin.Micros(p.At), p.AnsweredBy, nil, p.Outcome, p.Reason}
	if !p.AnsweredAt.IsZero() {
		at := standin.Micros(p.AnsweredAt)
		s.AnsweredAt = &at
	}
	return s
}

func (p Proposal) resource() string { return "proposal:" + string(p.ID) }

const columns = `organisation, id, subject, was, wish, proposed_by, person, proposed_at, answered_by, answered_at, outcome, reason`

func scan(row interface{ Scan(...any) error }) (Proposal, error) {
	var p Proposal
	var at, answered db.Time
	if err := row.Scan(&p.Organisation, &p.ID, &p.subject, &p.was, &p.wish, &p.By, &p.Person, &at, &p.AnsweredBy, &answered, &p.Outcome, &p.Reason); err != nil {
		return p, err
	}
	p.At, p.AnsweredAt = at.Time, answered.Time
	id, _ := strings.CutPrefix(p.subject, "application:")
	if p.subject != guardrails {
		p.Application = standin.ApplicationID(id)
	}
	for _, side := range []struct {
		text string
		to   *application.Application
	}{{p.was, &p.Was}, {p.wish, &p.Wish}} {
		var c content
		if err := json.Unmarshal([]byte(side.text), &c); err != nil {
			return p, err
		}
		if side.to.Guardrails = c.Guardrails; c.Application != nil {
			*side.to = c.application()
		}
	}
	return p, nil
}

// propose writes a proposal, where somebody else could confirm it and none is open about the same.
func (r *Rules) propose(ctx context.Context, tx *db.Tx, caller standin.Caller, subject string, was, wish content) (*Proposal, error) {
	const op = "rules.propose"
	answerable, err := r.directory.Responsible(ctx, tx, caller.Organisation, caller.Actor)
	if err != nil {
		return nil, err
	}
	if len(answerable) == 0 && caller.Actor.Key() != "" {
		// Whoever knows its secret could be anybody, also the only one who is left to confirm (THREATS 16, 17).
		return nil, standin.Refuse(standin.Denied, op, "rules.nobody_answers", "This takes away something that binds people, and nobody in person answers for this API key. "+
			"Let somebody propose it in person, or let the operator change it in the world file.")
	}
	if open, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM proposals WHERE organisation = $1 AND subject = $2 AND answered_at IS NULL`,
		string(caller.Organisation), subject)); err == nil && open.wish == wish.text() && open.was == was.text() {
		return &open, nil
	} else if err == nil {
		return nil, standin.Refuse(standin.Conflict, op, "rules.open", "Another change of this waits to be confirmed. Let it be confirmed or declined first.")
	} else if !db.IsNotFound(err) {
		return nil, err
	}
	others, err := r.others(ctx, tx, caller.Organisation, answerable, subject)
	if err != nil {
		return nil, err
	}
	if len(others) == 0 {
		return nil, standin.Refuse(standin.Denied, op, "rules.nobody_else", "This takes away something that binds people, so a second person must confirm it, and nobody else may. "+
			"Give somebody else a role with standin:guardrail.edit, or let the operator change it in the world file.")
	}
	p := Proposal{Organisation: caller.Organisation, ID: standin.ProposalID(standin.NewID("pr")), By: caller.Actor, At: standin.Now(r.now),
		subject: subject, was: was.text(), wish: wish.text()}
	if len(answerable) > 0 {
		p.Person = answerable[0]
	}
	if _, err := tx.Exec(ctx, `INSERT INTO proposals (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', CAST(NULL AS BIGINT), '', '')`,
		string(p.Organisation), string(p.ID), p.subject, p.was, p.wish, string(p.By), string(p.Person), standin.Micros(p.At)); err != nil {
		return nil, err
	}
	record := ledger.By(caller)
	record.At, record.Action, record.Resource, record.After = p.At, "proposal.create", p.resource(), ledger.State(p.state())
	if _, err := r.ledger.Append(ctx, tx, record); err != nil {
		return nil, err
	}
	p, err = scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM proposals WHERE organisation = $1 AND id = $2`, string(p.Organisation), string(p.ID)))
	return &p, err
}

// others returns who could confirm a proposal about the subject, but for the people who answer for it.
func (r *Rules) others(ctx context.Context, tx *db.Tx, org standin.OrganisationID, answerable []standin.PersonID, subject string) (able []directory.Person, err error) {
	roles, err := r.directory.Roles(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	seen := map[standin.PersonID]bool{}
	for _, person := range answerable {
		seen[person] = true
	}
	for _, role := range roles {
		holders, err := r.directory.HoldersOf(ctx, tx, org, role.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range holders {
			if seen[p.ID] {
				continue
			}
			seen[p.ID] = true
			if err := r.mayConfirm(ctx, tx, standin.Caller{Organisation: org, Actor: standin.PersonActor(p.ID), Principal: p.ID}, subject); err == nil {
				able = append(able, p)
			} else if standin.KindOf(err) != standin.Denied {
				return nil, err
			}
		}
	}
	return able, nil
}

// mayConfirm refuses who may not confirm proposals about the subject.
func (r *Rules) mayConfirm(ctx context.Context, tx *db.Tx, caller standin.Caller, subject string) error {
	if err := r.directory.Require(ctx, tx, caller, "guardrail", "edit", ""); err != nil || subject == guardrails {
		return err
	}
	return r.directory.Require(ctx, tx, caller, "settings", "manage", "")
}

// mostReason bounds the reason of a declining, in characters.
const mostReason = 500

// Confirm puts the proposal into force. It needs what proposing it needed, in one's own name, of a person who is not the
// one who proposed it; and that person must still be allowed to propose it. Where something else is in force since,
// Conflict. Confirming twice changes nothing.
func (r *Rules) Confirm(ctx context.Context, caller standin.Caller, id standin.ProposalID) (p Proposal, err error) {
	return r.answer(ctx, caller, id, Confirmed, "proposal.confirm", func(ctx context.Context, tx *db.Tx, p *Proposal) error {
		const op = "rules.confirm"
		answerable, err := r.directory.Responsible(ctx, tx, p.Organisation, p.By)
		if err != nil {
			return err
		}
		if person := caller.Actor.Person(); person == "" || person == p.Person || slices.Contains(answerable, person) {
			return standin.Refuse(standin.Denied, op, "rules.own_proposal", "You proposed this yourself, or nobody in person confirms it. Somebody else must.")
		}
		if now, err := r.inForce(ctx, tx, *p); err != nil {
			return err
		} else if now.text() != p.was {
			return standin.Refuse(standin.Conflict, op, "rules.outdated", "Something else holds since this was proposed. Let it be proposed anew.")
		}
		if p.Person != "" {
			proposer := standin.Caller{Organisation: p.Organisation, Actor: standin.PersonActor(p.Person), Principal: p.Person}
			if err := r.mayConfirm(ctx, tx, proposer, p.subject); standin.KindOf(err) == standin.Denied {
				return standin.Refuse(standin.Conflict, op, "rules.proposer_gone", "Who proposed this may not do so any more. Decline it, and propose it yourself.")
			} else if err != nil {
				return err
			}
		}
		return r.apply(ctx, tx, caller, *p)
	})
}

// Decline ends the proposal, with a reason of up to 500 characters or without. It needs what proposing it needed; who
// proposed it takes it back so.
func (r *Rules) Decline(ctx context.Context, caller standin.Caller, id standin.ProposalID, reason string) (p Proposal, err error) {
	return r.answer(ctx, caller, id, Declined, "proposal.decline", func(_ context.Context, _ *db.Tx, p *Proposal) error {
		p.Reason = strings.TrimSpace(reason)
		if !utf8.ValidString(p.Reason) || utf8.RuneCountInString(p.Reason) > mostReason {
			return standin.Refuse(standin.Invalid, "rules.decline", "rules.reason", "A reason has at most {most} characters.").With("most", mostReason).On("reason")
		}
		return nil
	})
}

// answer loads the open proposal, lets give answer it, and writes that down.
func (r *Rules) answer(ctx context.Context, caller standin.Caller, id standin.ProposalID, as Outcome, action string,
	give func(ctx context.Context, tx *db.Tx, p *Proposal) error) (answered Proposal, err error) {
	err = r.change(ctx, caller, action, Proposal{ID: id}.resource(), func(ctx context.Context, tx *db.Tx) error {
		if err := r.directory.Require(ctx, tx, caller, "guardrail", "edit", ""); err != nil {
			return err
		}
		before, err := r.load(ctx, tx, caller.Organisation, id)
		if err != nil {
			return err
		}
		if err := r.mayConfirm(ctx, tx, caller, before.subject); err != nil {
			return err
		}
		if answered = before; before.Outcome == as {
			return nil
		}
		if before.Outcome != Open {
			return standin.Refuse(standin.Conflict, "rules.answer", "rules.answered", "Somebody else answered this already.")
		}
		after := before
		after.Outcome, after.Outdated = as, false
		if err := give(ctx, tx, &after); err != nil {
			return err
		}
		after.AnsweredBy, after.AnsweredAt = caller.Actor, standin.Now(r.now)
		if _, err := tx.Exec(ctx, `UPDATE proposals SET answered_by = $3, answered_at = $4, outcome = $5, reason = $6 WHERE organisation = $1 AND id = $2`,
			string(after.Organisation), string(after.ID), string(after.AnsweredBy), standin.Micros(after.AnsweredAt), string(after.Outcome), after.Reason); err != nil {
			return err
		}
		answered = after
		record := ledger.By(caller)
		record.At, record.Action, record.Resource = after.AnsweredAt, action, after.resource()
		record.Before, record.After = ledger.State(before.state()), ledger.State(after.state())
		_, err = r.ledger.Append(ctx, tx, record)
		return err
	})
	return answered, err
}

// load returns a proposal of the organisation, and whether something else is in force since.
func (r *Rules) load(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.ProposalID) (Proposal, error) {
	p, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM proposals WHERE organisation = $1 AND id = $2`, string(org), string(id)))
	if db.IsNotFound(err) {
		return p, standin.Refuse(standin.NotFound, "rules.proposal", "rules.proposal_unknown", "There is no such proposal.").Because(err)
	}
	if err != nil || p.Outcome != Open {
		return p, err
	}
	now, err := r.inForce(ctx, tx, p)
	p.Outdated = err == nil && now.text() != p.was
	return p, err
}

// mostProposals bounds a list of proposals.
const mostProposals = 100

// Proposals returns the newest 100 proposals, those that wait first. It needs standin:guardrail.edit, in one's own name.
func (r *Rules) Proposals(ctx context.Context, caller standin.Caller) (list []Proposal, err error) {
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		list = nil
		if err := r.directory.Require(ctx, tx, caller, "guardrail", "edit", ""); err != nil {
			return err
		}
		if err := r.each(ctx, tx, caller.Organisation, func(p Proposal) error {
			list = append(list, p)
			return nil
		}); err != nil {
			return err
		}
		list = list[:min(len(list), mostProposals)]
		for i, p := range list {
			if p.Outcome != Open {
				continue
			}
			if list[i], err = r.load(ctx, tx, p.Organisation, p.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// Explain yields the state of every proposal of the organisation, as the last record of it should tell it. yield must not
// use the transaction.
func (r *Rules) Explain(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	return r.each(ctx, tx, org, func(p Proposal) error { return yield(p.resource(), p.state()) })
}

// each calls do for every proposal of the organisation, those that wait first, then the newest first.
func (r *Rules) each(ctx context.Context, tx *db.Tx, org standin.OrganisationID, do func(Proposal) error) error {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM proposals WHERE organisation = $1
		ORDER BY CASE WHEN answered_at IS NULL THEN 0 ELSE 1 END, proposed_at DESC, id`, string(org))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scan(rows)
		if err != nil {
			return err
		}
		if err := do(p); err != nil {
			return err
		}
	}
	return rows.Err()
}
