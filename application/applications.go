package application

import (
	"context"
	"encoding/json"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// state is the row of an application as records hold it.
type state struct {
	organisation standin.OrganisationID
	ID           standin.ApplicationID `json:"id"`
	Name         string                `json:"name"`
	Catalogue    rights.Catalogue      `json:"catalogue"`
	Guardrails   string                `json:"guardrails"`
	Policies     string                `json:"policies,omitempty"`
	Entities     string                `json:"entities,omitempty"`
	CreatedAt    int64                 `json:"created_at"`
	Version      int64                 `json:"version"`
}

func (s state) application() Application {
	return Application{s.organisation, s.ID, s.Name, s.Catalogue, s.Guardrails, s.Policies, s.Entities, s.Version}
}

func (s state) resource() string { return "application:" + string(s.ID) }

const selectApplications = `SELECT organisation, id, name, catalogue, guardrails, policies, entities, created_at, version FROM applications`

type scanner interface{ Scan(dest ...any) error }

func scanApplication(row scanner) (state, error) {
	var s state
	var catalogue string
	if err := row.Scan(&s.organisation, &s.ID, &s.Name, &catalogue, &s.Guardrails, &s.Policies, &s.Entities, &s.CreatedAt, &s.Version); err != nil {
		return state{}, err
	}
	return s, json.Unmarshal([]byte(catalogue), &s.Catalogue)
}

// Get returns an application of the organisation.
func (r *Applications) Get(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, id standin.ApplicationID) (Application, error) {
	s, err := load(ctx, tx, organisation, id)
	return s.application(), err
}

func load(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, id standin.ApplicationID) (state, error) {
	s, err := scanApplication(tx.QueryRow(ctx, selectApplications+` WHERE organisation = $1 AND id = $2`,
		string(organisation), string(id)))
	if db.IsNotFound(err) {
		return state{}, standin.Refuse(standin.NotFound, "application.get", "application.not_found",
			"There is no such application.").Because(err)
	}
	return s, err
}

// List returns the organisation's applications in order of their ids.
func (r *Applications) List(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) ([]Application, error) {
	var list []Application
	err := each(ctx, tx, selectApplications+` WHERE organisation = $1 ORDER BY id`, organisation, func(row scanner) error {
		s, err := scanApplication(row)
		list = append(list, s.application())
		return err
	})
	return list, err
}

// Catalogues returns what the organisation's permissions can speak of.
func (r *Applications) Catalogues(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) (rights.Catalogues, error) {
	list, err := r.List(ctx, tx, organisation)
	if err != nil {
		return nil, err
	}
	catalogues := rights.Catalogues{}
	for _, a := range list {
		catalogues[a.ID] = a.Catalogue
	}
	return catalogues, nil
}

// each runs the query for one organisation and hands over its rows.
func each(ctx context.Context, tx *db.Tx, query string, organisation standin.OrganisationID, do func(row scanner) error) error {
	rows, err := tx.Query(ctx, query, string(organisation))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Put creates the application or changes it to what it should be, and reports whether that took a change. It is refused
// where Check refuses it. Its version is not looked at.
func (r *Applications) Put(ctx context.Context, tx *db.Tx, caller standin.Caller, a Application) (changed bool, err error) {
	if err := requireOperator(caller, "application.put"); err != nil {
		return false, err
	}
	a.Version = 0
	return r.put(ctx, tx, caller, a)
}

// Keep is Put for administrators, which needs standin:settings.manage for the whole organisation. Where a.Version is not 0
// and no longer the application's, Conflict. What loosens it is a matter of two people (THREATS 16, 17): proposer is who
// asked for it, "" where nobody but the caller did, and it is refused unless they are two.
func (r *Applications) Keep(ctx context.Context, tx *db.Tx, caller standin.Caller, a Application, proposer standin.Actor) (changed bool, err error) {
	const op = "application.keep"
	a.Organisation = caller.Organisation
	if err := r.mayKeep(ctx, tx, caller, op, nil); err != nil {
		return false, err
	}
	before, err := load(ctx, tx, a.Organisation, a.ID)
	if err != nil && !db.IsNotFound(err) {
		return false, err
	}
	if err := sameVersion(a.Version, before.Version); err != nil {
		return false, err
	}
	alone := proposer == "" || proposer == caller.Actor
	if err == nil && alone && !caller.Actor.IsOperator() && before.application().Loosens(a) {
		return false, standin.Refuse(standin.Denied, op, "application.second",
			"This takes away something that binds people, so somebody else must confirm it.")
	}
	return r.put(ctx, tx, caller, a)
}

func (r *Applications) put(ctx context.Context, tx *db.Tx, caller standin.Caller, a Application) (changed bool, err error) {
	if err := a.Check(); err != nil {
		return false, err
	}
	now := standin.Now(r.now)
	before, err := load(ctx, tx, a.Organisation, a.ID)
	if err != nil && !db.IsNotFound(err) {
		return false, err
	}
	created := err != nil
	if err := sameVersion(a.Version, before.Version); err != nil {
		return false, err
	}
	after := state{a.Organisation, a.ID, a.Name, a.Catalogue, a.Guardrails, a.Policies, a.Entities, before.CreatedAt, before.Version}
	if !created && same(before, after) {
		return false, nil
	}
	if created {
		after.CreatedAt = standin.Micros(now)
	}
	after.Version++
	_, err = tx.Exec(ctx, `INSERT INTO applications (organisation, id, name, catalogue, guardrails, policies, entities, created_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (organisation, id) DO UPDATE SET name = $3, catalogue = $4, guardrails = $5, policies = $6, entities = $7, version = $9`,
		string(a.Organisation), string(a.ID), after.Name, string(ledger.State(after.Catalogue)), after.Guardrails, after.Policies,
		after.Entities, after.CreatedAt, after.Version)
	if err != nil {
		return false, err
	}
	if err := r.RulesChanged(ctx, tx, a.Organisation); err != nil {
		return false, err
	}
	return true, r.record(ctx, tx, caller, change{"application", after.resource(), created, before, after}, now)
}

// same compares states as the record would write them.
func same(before, after any) bool { return string(ledger.State(before)) == string(ledger.State(after)) }
